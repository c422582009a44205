//! The check `system`: judges the machine that the host runs on: how full its disks are and when they will be, memory, load,
//! network links, pressure, the clock, file handles, temperatures and whether a restart is needed, each as a finding of its own.
//!
//! A reading that was not granted is a fault. One that the machine does not give is a finding that is unknown, and the others are
//! judged all the same.

mod clock;
mod config;
mod counters;
mod disks;
mod file_handles;
mod forecast;
mod links;
mod load;
mod memory;
mod pressure;
mod reboot;
mod temperatures;
mod words;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::SystemError;

use config::Part;
pub use config::System;
use counters::Counters;

/// Keeps how full disks were, what counters said, and since when a restart is needed.
#[check(
    name = "system",
    summary = "Judges this machine: disks, memory, load, links, clock, temperatures and more"
)]
pub fn run(config: System, _: Run) -> Verdict {
    let now = watchkeep_sdk::clock::now();
    let mut counters = Counters::load(now);
    let mut findings = Vec::new();
    for part in Part::ALL {
        if !config.parts.0.contains(&part) {
            continue;
        }
        let read = match part {
            Part::Disks => system::disks().map(|disks| disks::findings(&config, &disks, now)),
            Part::Memory => system::memory().map(|memory| memory::findings(&config, &memory)),
            Part::Load => system::load().map(|load| load::findings(&config, &load, &mut counters)),
            Part::Links => system::links().map(|links| links::findings(&config, &links, &mut counters)),
            Part::Pressure => system::pressure().map(|told| pressure::findings(&config, &told)),
            Part::Clock => system::clock_sync().map(|told| vec![clock::finding(&config, &told)]),
            Part::FileHandles => system::file_handles().map(|told| file_handles::findings(&config, &told)),
            Part::Temperatures => system::temperatures().map(|all| temperatures::findings(&config, &all)),
            Part::Reboot => match system::reboot_needed() {
                Ok(told) => Ok(vec![reboot::finding(&config, &told, now)?]),
                Err(error) => Err(error),
            },
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
    Finding::tell_apart(&mut findings);
    Ok(Report::worst_of(findings).worst_first(config.findings_max as usize, "findings"))
}
