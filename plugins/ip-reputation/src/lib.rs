//! The check `ip-reputation`: asks block lists that speak DNS (RFC 5782) about addresses that mail is sent from. Each address is
//! a finding with a score.
//!
//! A list is believed only if it passes its own test, in every run; one that refuses to answer has said nothing of an address.

mod ask;
mod config;
mod judge;
mod lists;
mod names;
mod volume;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::IpReputation;

/// What reads answers of strangers, for the fuzzer.
pub mod answers {
    pub use crate::ask::{Said, read, reason};
}

/// Keeps nothing between runs.
#[check(name = "ip-reputation", summary = "Queries block lists about addresses, and scores what they say")]
pub fn run(config: IpReputation, _: Run) -> Verdict {
    let began = clock::monotonic();
    let lists = lists::of(&config);
    let mut asked = Vec::new();
    for list in &lists {
        asked.push(ask::list(&config, list)?);
    }
    let volumes = volume::of(&config)?;
    let report = judge::report(&config, &lists, &asked, &volumes)?;
    let success = report.state != State::Critical;
    let took = clock::monotonic() - began;
    Ok(report.metric("probe_success", success).metric("probe_duration_seconds", took))
}
