//! The check `websocket`: opens a WebSocket and holds what is said over it against what is expected.
//!
//! A server that cannot be reached, does not go over to WebSocket, or says something else is critical. A right that is missing
//! is a fault.

mod close;
mod config;
mod frame;
mod head;
mod judge;
mod socket;
mod talk;
mod upgrade;
mod url;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::WebSocket;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::close::{Goodbye, read as goodbye};
    pub use crate::frame::{Frame, read as frame, write};
    pub use crate::head::{Head, read as head};
    pub use crate::upgrade::accept;
}

/// Keeps nothing between runs.
#[check(
    name = "websocket",
    summary = "Opens a WebSocket and compares what is said over it with what is expected"
)]
pub fn run(config: WebSocket, _: Run) -> Verdict {
    judge::judge(&config)
}
