//! The check `system`: judges the machine that the host runs on: how full its disks are and when they will be, memory, load and
//! network links, each as a finding of its own.
//!
//! A reading that was not granted is a fault. One that the machine does not give is a finding that is unknown, and the others are
//! judged all the same.

mod config;
mod counters;
mod disks;
mod forecast;
mod links;
mod load;
mod memory;
mod words;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::SystemError;

use config::Part;
pub use config::System;
use counters::Counters;

/// Keeps how full disks were, and what counters said.
#[check(name = "system", summary = "Judges this machine's disks, memory, load and network links")]
pub fn run(config: System, _: Run) -> Verdict {
    let now = clock::now();
    let mut counters = Counters::load(now);
    let mut findings = Vec::new();
    for part in [Part::Disks, Part::Memory, Part::Load, Part::Links] {
        if !config.parts.0.contains(&part) {
            continue;
        }
        let read = match part {
            Part::Disks => system::disks().map(|disks| disks::findings(&config, &disks, now)),
            Part::Memory => system::memory().map(|memory| memory::findings(&config, &memory)),
            Part::Load => system::load().map(|load| load::findings(&config, &load, &mut counters)),
            Part::Links => system::links().map(|links| links::findings(&config, &links, &mut counters)),
        };
        match read {
            Ok(of_part) => findings.extend(of_part),
            Err(SystemError::Denied(message)) => return Err(Fault::Denied(message).into()),
            Err(SystemError::Unsupported(said) | SystemError::Other(said)) => {
                findings
                    .push(Finding::unknown(part.name(), format!("{} cannot be read: {said}", part.name())));
            }
        }
    }
    counters.keep()?;
    words::tell_apart(&mut findings);
    Ok(Report::worst_of(findings).worst_first(config.findings_max as usize, "findings"))
}
