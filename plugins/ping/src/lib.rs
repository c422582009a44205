//! The check `ping`: sends echo requests and judges how many are lost, how long the others take, and how much that varies.
//!
//! A host that answers none of them, or has no address, is critical. A right that is missing is a fault.

mod config;
mod echoes;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Ping;

/// Keeps nothing between runs.
#[check(name = "ping", summary = "Sends echo requests and judges loss, round trips and jitter")]
pub fn run(config: Ping, _: Run) -> Verdict {
    match config.families() {
        [one] => echoes::look(&config, *one).map(|seen| seen.report(&config)),
        several => echoes::each(&config, several),
    }
}
