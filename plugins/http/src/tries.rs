//! How often it is asked before a failure counts, and for which families of addresses. Whoever is asked again, or after
//! another, gets a fair part of the run's time.

use watchkeep_sdk::http::Family;
use watchkeep_sdk::prelude::*;

use crate::config::Fetch;
use crate::exchange::{Draft, Trouble, Turn};
use crate::veil::Veil;
use crate::{journey, judge};

pub(crate) fn all(config: &Fetch, now: u64) -> Verdict {
    match config.way.ip_family.each() {
        [family] => tried(config, *family, 0, now),
        families => each(config, families, now),
    }
}

/// Every family is a finding with its own state and numbers.
fn each(config: &Fetch, families: &[Family], now: u64) -> Verdict {
    let mut findings = Vec::new();
    let mut faults = Vec::new();
    for (at, family) in families.iter().enumerate() {
        let (key, name) = if *family == Family::Ipv4 { ("ipv4", "IPv4") } else { ("ipv6", "IPv6") };
        let later = u32::try_from(families.len() - at - 1).unwrap_or(0) * u32::from(config.attempts);
        let report = match tried(config, *family, later, now) {
            Ok(report) => report,
            Err(Stop::Judged(report)) => *report,
            Err(Stop::Fault(fault)) => {
                findings.push(Finding::new(
                    key.to_owned(),
                    State::Unknown,
                    format!("{name}: could not be judged"),
                ));
                faults.push(fault);
                continue;
            }
        };
        let mut finding = Finding::new(key.to_owned(), report.state, format!("{name}: {}", report.summary));
        finding.metrics = report.metrics;
        findings.push(finding);
    }
    let mut report = Report::worst_of(findings);
    if report.state != State::Critical
        && let Some(fault) = faults.pop()
    {
        return Err(fault.into());
    }
    if report.state == State::Ok {
        report.summary.clear();
        for finding in &report.findings {
            let and = if report.summary.is_empty() { "" } else { "; " };
            report.summary.push_str(and);
            report.summary.push_str(&finding.summary);
        }
    }
    let success = report.state != State::Critical;
    Ok(report.metric("probe_success", success))
}

/// `later` is how many tries of others are to have their part of the time.
fn tried(config: &Fetch, family: Family, later: u32, now: u64) -> Verdict {
    let mut first: Option<String> = None;
    let attempts = u32::from(config.attempts);
    for attempt in 1..attempts {
        let verdict = once(config, Turn { family, ends: part(attempts - attempt + 1 + later), now });
        match verdict {
            Ok(report) if report.state == State::Critical => {
                first.get_or_insert(report.summary);
            }
            other => return other.map(|report| told(report, attempt, first, attempts)),
        }
    }
    let verdict = once(config, Turn { family, ends: part(1 + later), now });
    verdict.map(|report| told(report, attempts, first, attempts))
}

/// When this try has to end, if others are to have their part.
fn part(parts: u32) -> Option<Duration> {
    (parts > 1).then(|| clock::monotonic() + clock::remaining() / parts)
}

/// That something failed at first is not lost.
fn told(report: Report, attempt: u32, first: Option<String>, attempts: u32) -> Report {
    let report = match attempts {
        1 => report,
        _ => report.metric("probe_attempts", attempt),
    };
    let Some(first) = first else { return report };
    let more = match report.state {
        State::Critical => format!("try {attempt} of {attempts}; the first one said: {first}"),
        State::Ok | State::Warning | State::Unknown => format!("the first try failed: {first}"),
    };
    let summary = format!("{}; {more}", report.summary);
    report.summary(summary)
}

fn once(config: &Fetch, turn: Turn) -> Verdict {
    if !config.step.0.is_empty() {
        return journey::run(config, turn);
    }
    let (way, ask) = (&config.way, &config.ask);
    let draft = match Draft::new(config, None) {
        Ok(draft) => draft,
        Err(Trouble::Fault(fault)) => return Err(fault.into()),
        Err(Trouble::Said(sentence)) => return Ok(Report::critical(sentence)),
    };
    let redirects = if ask.follow_redirects { http::REDIRECTS_MAX } else { 0 };
    // What nobody looks at is not copied into the sandbox.
    let body_max = if ask.reads_body() { ask.body_bytes(way) } else { 0 };
    let exchange = draft.fetch(turn, Duration::ZERO, redirects, None, body_max);
    judge::exchange(way, ask, &exchange, turn.now, &Veil::default())
}
