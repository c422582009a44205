//! The check `websocket`: opens a WebSocket and holds what is said over it against what is expected.
//!
//! A server that cannot be reached, does not go over to WebSocket, or says something else is critical. A right that is missing
//! is a fault.

mod config;
mod judge;
mod talk;
mod upgrade;
mod url;
mod way;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::WebSocket;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use watchkeep_sdk::websocket::bytes::{Frame, frame, goodbye, head, write};
    pub use watchkeep_sdk::websocket::{Goodbye, Head, accept};
}

/// Keeps nothing between runs.
#[check(
    name = "websocket",
    summary = "Opens a WebSocket and compares what is said over it with what is expected"
)]
pub fn run(config: WebSocket, _: Run) -> Verdict {
    judge::judge(&config)
}
