//! Hot loading, the part that decides: when a file in the plugin folder has settled, and whether a new generation
//! is kept or gives way to the one before it. What it asks for more than before is `grant::asks_for_more`.

mod canary;
mod settle;

pub use canary::{Caller, Canary, Ending, Evidence, Offence, Record, Ruling};
pub use settle::{Settle, Settler, is_plugin_file};
