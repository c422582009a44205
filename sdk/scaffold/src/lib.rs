//! What `watchkeep plugin new` writes into a new plugin's folder. Pure: it makes names and texts, and writes nothing.
//!
//! A plugin in Rust carries the SDK and the contract of the program that made it in its folder `watchkeep`, so that
//! it builds on any machine, in any place, beside any checkout; `--sdk` names another SDK instead. One in Python or
//! JavaScript carries the contract in `wit/deps`.

mod component;
mod embedded;
mod name;
mod plugin;
mod rust;

pub use name::{Name, NameError};
pub use plugin::{File, Kind, Language, Plugin, Sdk};
