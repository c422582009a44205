//! The decisions of hot loading: when a file in the plugin folder has settled, and whether a new generation is kept or
//! replaced by the one before it. Whether it asks for more than before is decided by `grant::asks_for_more`.

mod canary;
mod settle;

pub use canary::{Caller, Canary, Ending, Evidence, Offence, Record, Ruling};
pub use settle::{Settle, Settler, is_plugin_file};
