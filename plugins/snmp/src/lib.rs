//! The check `snmp`: asks an SNMP agent of version 2c or 3 for values and tables and holds them against thresholds.
//!
//! An agent that does not answer is critical. A right that is missing, a user or a password that the agent does not take, and
//! an agent that refuses to say are faults.

mod ber;
mod config;
mod counters;
mod get;
mod judge;
mod message;
mod oid;
mod pdu;
mod report;
mod rows;
mod session;
mod usm;
mod walk;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Snmp;

/// What reads bytes of strangers, and what writes them: for the fuzzer, and for doubles.
pub mod bytes {
    pub use crate::ber::{integer, wrap};
    pub use crate::config::{Cipher, Digest};
    pub use crate::message::{Head, Sealed, read_community, read_scoped, read_sealed};
    pub use crate::oid::Oid;
    pub use crate::pdu::{Kind, Pdu, Value};
}

use counters::Counters;
use get::Got;
use oid::Oid;
use pdu::Value;
use session::Session;

/// `sysUpTime.0`: hundredths of a second since the agent started.
const UPTIME: &str = "1.3.6.1.2.1.1.3.0";

/// Keeps what counters said.
#[check(name = "snmp", summary = "Queries an SNMP agent and compares values and tables with thresholds")]
pub fn run(config: Snmp, _: Run) -> Verdict {
    let mut session = Session::open(&config)?;
    let most = usize::from(config.answer_values_max);
    let asks_nothing = config.values.is_empty() && config.tables.is_empty();
    let uptime = (asks_nothing || config.has_rates()).then(|| Oid::parse(UPTIME)).flatten();
    let names: Vec<&Oid> = uptime.iter().chain(config.values.iter().map(|item| &item.oid)).collect();
    let mut got = get::get(&mut session, &names, most)?;
    let up = match uptime {
        Some(_) => hundredths(&got.remove(0)),
        None => None,
    };
    let mut counters = config.has_rates().then(|| Counters::at(clock::now(), up));
    let mut findings = values(&config, &got, &mut counters);
    for table in &config.tables {
        findings.extend(rows::findings(&mut session, table, most, &mut counters)?);
    }
    if let Some(counters) = counters {
        counters.keep()?;
    }
    let report = if asks_nothing { alive(up) } else { together(findings, config.tables.is_empty()) };
    Ok(timed(report, &config, session.slowest))
}

fn hundredths(got: &Got) -> Option<u64> {
    match got {
        Ok(Value::Ticks(hundredths)) => Some(*hundredths),
        Ok(_) | Err(_) => None,
    }
}

fn values(config: &Snmp, got: &[Got], counters: &mut Option<Counters>) -> Vec<Finding> {
    let one = |(item, got): (&config::Item, &Got)| {
        let mut complaints = Complaints::default();
        let seen = judge::judge(item, &item.oid, got, counters, &mut complaints);
        let state = rows::state(&complaints);
        let mut finding = Finding::new(&*item.name, state, complaints.report(state, seen.said).summary);
        finding.metrics.extend(seen.metric);
        finding
    };
    config.values.iter().zip(got).map(one).collect()
}

/// Nothing is asked of it but that it answers.
fn alive(up: Option<u64>) -> Report {
    let Some(up) = up else { return Report::ok("it answers") };
    let minutes = up / 6_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    Report::ok(format!("it answers, and is up for {days} d {hours} h {minutes} min")).with(Metric::new(
        "snmp_uptime",
        up as f64 / 100.0,
        "seconds",
    ))
}

/// A single value is the check's own.
fn together(mut findings: Vec<Finding>, are_values: bool) -> Report {
    match findings.pop() {
        Some(only) if are_values && findings.is_empty() => {
            let mut report = Report::new(only.state, only.summary);
            report.metrics = only.metrics;
            report
        }
        last => Report::worst_of(findings.into_iter().chain(last)),
    }
}

/// With how long the slowest answer took.
fn timed(mut report: Report, config: &Snmp, took: Duration) -> Report {
    let mut slow = Complaints::default();
    slow.slowness(took, config.response_time_warning, config.response_time_critical);
    let said = slow.report(slow.state(), String::new());
    match (slow.state(), report.state) {
        (State::Ok, _) => {}
        (State::Critical, _) | (State::Warning, State::Ok | State::Unknown) => {
            report.state = slow.state();
            report.summary = format!("{}; {}", report.summary, said.summary);
        }
        (_, _) => report.summary = format!("{}; {}", report.summary, said.summary),
    }
    let success = report.state != State::Critical;
    let time = Metric::response_time(took, config.response_time_warning, config.response_time_critical);
    report.metric("probe_success", success).with(time)
}
