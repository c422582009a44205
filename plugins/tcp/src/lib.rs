//! The check `tcp`: opens a TCP port, at once or under TLS, and holds what is said there against what is expected.
//!
//! A port that does not open, or says something else, is critical. A right that is missing is a fault.

mod config;
mod talk;

use watchkeep_sdk::net::{self, Failure, FailureKind};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{check, clipped};

pub use config::Tcp;
use talk::Wrong;

/// Keeps nothing between runs.
#[check(name = "tcp", summary = "Opens a TCP port and compares what is said there with what is expected")]
pub fn run(config: Tcp, _: Run) -> Verdict {
    let began = clock::monotonic();
    let opened = talk::open(&config);
    let took = clock::monotonic() - began;
    let mut complaints = Complaints::default();
    let opening = match (opened, config.expect_closed) {
        (Ok(_), true) => {
            complaints.critical("the port is open; expected is that it is closed");
            format!("open in {}", net::span(took))
        }
        (Err(failure), true) => return closed(&failure, took),
        (Err(failure), false) => unreachable(&failure, &mut complaints)?,
        (Ok(connection), false) => match talk::talk(&config, connection) {
            Ok(said) if said.is_empty() => format!("open in {}", net::span(took)),
            Ok(said) => format!("open in {}; it says `{}`", net::span(took), clipped(&said)),
            Err(Wrong::Fault(fault)) => return Err(fault.into()),
            Err(Wrong::Said(sentence)) => {
                complaints.critical(sentence);
                format!("open in {}", net::span(took))
            }
        },
    };
    complaints.slowness(took, config.response_time_warning, config.response_time_critical);
    let report = complaints.verdict(opening)?;
    let success = report.state != State::Critical;
    let duration = Metric::response_time(took, config.response_time_warning, config.response_time_critical);
    Ok(report.metric("probe_success", success).with(duration))
}

/// The sentence is the whole of it; a fault is none of the target's.
fn unreachable(failure: &Failure, complaints: &mut Complaints) -> Result<String, Stop> {
    match failure.as_fault() {
        Some(fault) => Err(fault.into()),
        None => {
            complaints.critical(failure.sentence());
            Ok(String::new())
        }
    }
}

/// A port that nobody answers at is as closed as one that refuses; one of which that is not known is not.
fn closed(failure: &Failure, took: Duration) -> Verdict {
    if let Some(fault) = failure.as_fault() {
        return Err(fault.into());
    }
    let is_closed = matches!(
        failure.kind,
        FailureKind::Refused | FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::Reset
    );
    let is_looked_up = failure.phase != net::Phase::Name;
    let report = match is_closed && is_looked_up {
        true => Report::ok(format!("closed, as expected: {}", failure.sentence())),
        false => Report::critical(failure.sentence()),
    };
    let success = report.state == State::Ok;
    Ok(report.metric("probe_success", success).metric("probe_duration_seconds", took))
}
