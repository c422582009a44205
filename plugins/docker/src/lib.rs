//! The check `docker`: judges the containers of a Docker daemon by its API, over a socket of this machine or over TCP, each as
//! a finding of its own.
//!
//! What the daemon says of a container is judged. That the daemon cannot be asked is one fault, whatever the number of
//! containers. Only GET is used.

mod config;
mod history;
mod inspect;
mod judge;
mod list;
mod report;
mod statistics;

use watchkeep_sdk::check;
use watchkeep_sdk::docker::Api;
use watchkeep_sdk::prelude::*;

pub use config::Docker;
pub use list::{exit_code_in, health_in};

/// Keeps how often containers had been restarted, and which were looked at when.
#[check(name = "docker", summary = "Judges the containers of a Docker daemon")]
pub fn run(config: Docker, _: Run) -> Verdict {
    let api = Api::open(&config.daemon, config.timeout).map_err(|refusal| refusal.fault(""))?;
    let listing = list::read(&config, &api)?;
    let inspected = inspect::in_turn(&config, &api, &listing.containers)?;
    Ok(report::report(&config, &listing, &inspected))
}
