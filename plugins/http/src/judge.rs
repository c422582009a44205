//! What the answer, or its absence, says of the target.

use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{Failure, Response};
use watchkeep_sdk::prelude::*;

use crate::config::Http;
use crate::metrics;

const DAY: Duration = Duration::from_secs(86_400);

/// What is wrong, the worst first; nothing when all is well.
#[derive(Default)]
struct Verdicts {
    critical: Vec<String>,
    warning: Vec<String>,
}

pub(crate) fn response(config: &Http, response: &Response, now: u64) -> Verdict {
    let mut verdicts = Verdicts::default();
    status(config, response, &mut verdicts);
    content(config, response, &mut verdicts)?;
    speed(config, response, &mut verdicts);
    certificate(config, response, now, &mut verdicts);

    let state = verdicts.state();
    let took = http::span(response.elapsed());
    let mut summary = format!("status {} in {took}", response.status);
    for said in verdicts.critical.iter().chain(&verdicts.warning) {
        summary.push_str("; ");
        summary.push_str(said);
    }
    let mut report = Report::new(state, summary);
    metrics::of_response(&mut report, config, response);
    Ok(report)
}

/// Nobody answered: the target is down, unless it was the host that refused.
pub(crate) fn failure(config: &Http, failure: &Failure) -> Verdict {
    if let Some(fault) = failure.as_fault() {
        return Err(fault.into());
    }
    let mut report = Report::critical(failure.sentence());
    metrics::of_failure(&mut report, config, failure);
    Ok(report)
}

impl Verdicts {
    fn state(&self) -> State {
        match (self.critical.is_empty(), self.warning.is_empty()) {
            (true, true) => State::Ok,
            (true, false) => State::Warning,
            (false, _) => State::Critical,
        }
    }
}

fn status(config: &Http, response: &Response, verdicts: &mut Verdicts) {
    let expected = &config.expect_status.0;
    if !expected.iter().any(|range| range.contains(response.status)) {
        let expected = expected.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let at = if response.redirects.is_empty() { String::new() } else { format!(" at {}", response.url) };
        verdicts.critical.push(format!("expected {expected}{at}"));
    }
}

fn content(config: &Http, response: &Response, verdicts: &mut Verdicts) -> Result<(), Fault> {
    if !config.reads_body() {
        return Ok(());
    }
    let text = response.text();
    // Not to be found in a part says nothing of the whole.
    let unread = || {
        Fault::inconclusive(format!(
            "the answer is longer than the {} bytes that were read; hint: raise `body_max`",
            config.body_max.bytes()
        ))
    };
    for wanted in &config.find.0 {
        match (text.contains(wanted.as_str()), response.truncated) {
            (true, _) => {}
            (false, false) => verdicts.critical.push(format!("`{wanted}` is not in the answer")),
            (false, true) => return Err(unread()),
        }
    }
    for unwanted in &config.do_not_find.0 {
        if text.contains(unwanted.as_str()) {
            verdicts.critical.push(format!("`{unwanted}` is in the answer"));
        }
    }
    if config.json.is_empty() {
        return Ok(());
    }
    match response.json() {
        Ok(document) => json(config, &document, verdicts),
        Err(_) if response.truncated => return Err(unread()),
        Err(error) => verdicts.critical.push(format!("the answer is not JSON: {error}")),
    }
    Ok(())
}

fn json(config: &Http, document: &Value, verdicts: &mut Verdicts) {
    let wrong = config.json.iter().filter_map(|assertion| assertion.judge(document).err());
    verdicts.critical.extend(wrong);
}

fn speed(config: &Http, response: &Response, verdicts: &mut Verdicts) {
    let took = response.elapsed();
    match (config.response_time_critical, config.response_time_warning) {
        (Some(limit), _) if took > limit => verdicts.critical.push(slower(limit)),
        (_, Some(limit)) if took > limit => verdicts.warning.push(slower(limit)),
        (_, _) => {}
    }
}

fn slower(limit: Duration) -> String {
    format!("slower than {}", http::span(limit))
}

fn certificate(config: &Http, response: &Response, now: u64, verdicts: &mut Verdicts) {
    let Some(first) = response.tls.as_ref().and_then(http::TlsFacts::earliest_expiry) else { return };
    let left = Duration::from_millis(first.not_after.saturating_sub(now));
    let days = |days: u32| DAY * days;
    let said = || match left.as_secs() / DAY.as_secs() {
        _ if left.is_zero() => format!("certificate `{}` has expired", first.subject),
        0 => format!("certificate `{}` expires in {} hours", first.subject, left.as_secs() / 3_600),
        1 => format!("certificate `{}` expires in 1 day", first.subject),
        days => format!("certificate `{}` expires in {days} days", first.subject),
    };
    if left.is_zero() || left < days(config.tls_expiry_critical_days) {
        verdicts.critical.push(said());
    } else if left < days(config.tls_expiry_warning_days) {
        verdicts.warning.push(said());
    }
}
