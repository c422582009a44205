//! The check `detectify`: starts a scan of an application on time, follows it across runs, and reports what the last one found,
//! each finding with an alert of its own.
//!
//! What Detectify found is judged. That Detectify cannot be asked, or refuses, is a fault: it says nothing of the application.

mod api;
mod config;
mod findings;
mod judge;
mod scan;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Detectify;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::findings::{Severity, findings};
}

/// Remembers when it last asked for a scan: one begins some seconds later.
#[check(name = "detectify", summary = "Starts scans of Detectify on time and reports what they found")]
pub fn run(config: Detectify, _: Run) -> Verdict {
    if !config.entitled {
        return Ok(Report::new(State::Unknown, format!("not scanned: {}", config.not_entitled_reason)));
    }
    let api = api::Api::new(&config);
    let profile = scan::profile(&api)?;
    let scan = scan::status(&api)?;
    let next = scan::next(&config, &profile, scan.as_ref(), scan::asked_at(), clock::now());
    let done = scan::act(&api, &next)?;
    let found = findings::read(&api)?;
    Ok(judge::report(&config, &profile, &next, done, found.as_ref(), clock::now()))
}
