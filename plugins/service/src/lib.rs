//! The check `service`: judges units and timers of systemd, ports and processes of the machine that the host runs on, each unit,
//! timer, port and rule for processes as a finding of its own.
//!
//! A right that is missing is a fault, as is a machine that cannot be asked: what runs on it need not be down.

mod config;
mod ports;
mod processes;
mod timers;
mod units;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Service;

/// Keeps how often units had been restarted.
#[check(name = "service", summary = "Judges systemd's units and timers, ports and processes of this machine")]
pub fn run(config: Service, _: Run) -> Verdict {
    let mut findings = units::findings(&config)?;
    findings.extend(timers::findings(&config)?);
    findings.extend(ports::findings(&config)?);
    for rule in &config.processes {
        findings.push(processes::finding(rule)?);
    }
    // Two rules may be about the same thing.
    Finding::tell_apart(&mut findings);
    let report = match &*findings {
        // For a single one, its own state and summary are shown, well or not.
        [only] => {
            let (state, summary) = (only.state, only.summary.clone());
            Report { findings, ..Report::new(state, summary) }
        }
        _ => Report::worst_of(findings),
    };
    Ok(report.worst_first(config.findings_max as usize, "findings"))
}
