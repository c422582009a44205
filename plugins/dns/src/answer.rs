//! One server's answer to the question of the config.

use watchkeep_sdk::clipped;
use watchkeep_sdk::dns::Answer;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::config::Dns;
use crate::{question, signatures, values};

/// As many are shown.
const SHOWN_MAX: usize = 10;

/// A fault is none of the server's.
pub(crate) fn of(config: &Dns, server: Option<&str>, now: u64) -> Result<Finding, Stop> {
    let key = format!("{} at {}", config.kind.0, server.unwrap_or("the host's resolver"));
    let answer = match question::asked(config, &config.name, &config.kind.0, server) {
        Ok(answer) => answer,
        Err(none) => return Ok(Finding::new(key, State::Critical, none.told()?)),
    };
    let mut complaints = Complaints::default();
    let values = values_of(config, &answer);
    let is_expected = config.expect_status.0.iter().any(|status| status.0 == answer.status);
    if is_expected {
        held_against(config, &answer.status, &values, &mut complaints);
    } else {
        let expected: Vec<&str> = config.expect_status.0.iter().map(|status| status.0).collect();
        complaints.critical(format!("it says {}; expected {}", answer.status, expected.join(" or ")));
    }
    if config.authoritative && !answer.authoritative {
        complaints.critical("the answer is not the server's own");
    }
    if config.authenticated && !answer.authenticated {
        complaints.critical("the resolver does not say that it has checked the signatures");
    }
    let signed = if config.asks_for_signatures() && is_expected {
        signatures::judge(config, &answer, now, &mut complaints)
    } else {
        None
    };
    complaints.slowness(answer.elapsed(), config.response_time_warning, config.response_time_critical);
    let shown = shown(&values);
    let opening = format!("{} {shown} in {}", config.kind.0, span(answer.elapsed()));
    let report = complaints.report(complaints.state(), opening);
    let mut finding = Finding::new(key, report.state, report.summary);
    let (warning, critical) = (config.response_time_warning, config.response_time_critical);
    finding.metrics.push(Metric::response_time(answer.elapsed(), warning, critical));
    finding.metrics.push(Metric::new("dns_answers", values.len() as f64, ""));
    if let Some(ttl) = answer.records(&config.kind.0).map(|record| record.ttl).min() {
        finding.metrics.push(Metric::new("dns_ttl_seconds", f64::from(ttl), "seconds"));
    }
    finding.metrics.extend(signed);
    if config.server.0.len() > 1 {
        let server = server.unwrap_or_default();
        finding.metrics = finding.metrics.into_iter().map(|metric| metric.label("server", server)).collect();
    }
    Ok(finding)
}

/// The answers of the type that was asked for, each once.
fn values_of(config: &Dns, answer: &Answer) -> Vec<String> {
    let mut values: Vec<String> =
        answer.records(&config.kind.0).map(|record| values::plain(&config.kind.0, &record.data)).collect();
    values.sort();
    values.dedup();
    values
}

fn held_against(config: &Dns, status: &str, values: &[String], complaints: &mut Complaints) {
    let kind = &*config.kind.0;
    let plain = |wanted: &String| values::plain(kind, wanted);
    let wanted: Vec<String> = config.expect.0.iter().map(plain).collect();
    let some = config.expect_some.0.iter().map(plain);
    let missing: Vec<String> =
        wanted.iter().cloned().chain(some).filter(|wanted| !values.contains(wanted)).collect();
    if !missing.is_empty() {
        complaints.critical(format!("{} is missing", shown(&missing)));
    }
    if !wanted.is_empty() {
        let more: Vec<String> = values.iter().filter(|value| !wanted.contains(value)).cloned().collect();
        if !more.is_empty() {
            complaints.critical(format!("{} is not expected", shown(&more)));
        }
    }
    let unwanted: Vec<String> =
        config.do_not_expect.0.iter().map(plain).filter(|unwanted| values.contains(unwanted)).collect();
    if !unwanted.is_empty() {
        complaints.critical(format!("{} must not be there", shown(&unwanted)));
    }
    // Whoever expects nothing in particular expects something.
    let is_bare = wanted.is_empty() && config.expect_some.0.is_empty();
    if status == "NOERROR" && is_bare && config.do_not_expect.0.is_empty() && values.is_empty() {
        complaints.critical(format!("there is no record of type {kind}"));
    }
}

/// `a, b and 3 more`.
pub(crate) fn shown(values: &[String]) -> String {
    if values.is_empty() {
        return "nothing".to_owned();
    }
    let first: Vec<String> =
        values.iter().take(SHOWN_MAX).map(|value| format!("`{}`", clipped(value))).collect();
    match values.len().saturating_sub(SHOWN_MAX) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
