//! The check `ssh`: looks at an SSH server's version, its host keys and the algorithms that it offers. Nobody logs in.
//!
//! A server that cannot be reached, shows another key than expected, or cannot prove that it is its own, is critical. A right that is missing is a fault.

mod config;
mod exchange;
mod groups;
mod judge;
mod keys;
mod proof;
mod visit;
mod weak;
mod wire;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Ssh;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::wire::{Offer, Reply, disconnect, key_type, offer, payload, reply, strings};
}

/// Keeps nothing between runs.
#[check(
    name = "ssh",
    summary = "Inspects an SSH server's version, its host keys and the algorithms that it offers"
)]
pub fn run(config: Ssh, _: Run) -> Verdict {
    judge::judge(&config)
}
