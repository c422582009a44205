//! The check `dns`: asks name servers, and holds what they answer against what is expected: records in any order, one serial
//! on all servers of a zone, its delegation, its signatures, its mail records.
//!
//! A server that does not answer, or answers something else, is critical. A right that is missing is a fault.

mod answer;
mod config;
mod delegation;
mod mail;
mod question;
mod servers;
mod signatures;
mod values;
mod zone;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Dns;

/// What reads texts of strangers, for the fuzzer.
pub mod texts {
    pub use crate::signatures::expiry;
    pub use crate::values::{plain, text};
}

/// Keeps nothing between runs.
#[check(
    name = "dns",
    summary = "Queries name servers and compares answers, zones and mail records with what is expected"
)]
pub fn run(config: Dns, run: Run) -> Verdict {
    let mut findings = Vec::new();
    let servers = config.servers();
    if config.asks_for_records() {
        for server in &servers {
            findings.push(answer::of(&config, *server, run.scheduled_at)?);
        }
    }
    zone::look(&config, &mut findings)?;
    mail::look(&config, &mut findings)?;
    // One answer is the check's own matter, several things are findings.
    match findings.len() {
        1 => {
            let only = findings.remove(0);
            let mut report = Report::new(only.state, only.summary);
            report.metrics = only.metrics;
            let success = report.state != State::Critical;
            Ok(report.metric("probe_success", success))
        }
        _ => {
            let mut report = Report::worst_of(findings);
            let success = report.state != State::Critical;
            report = report.metric("probe_success", success);
            Ok(report)
        }
    }
}
