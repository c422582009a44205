//! Words that stand for values.

use std::sync::Arc;

use watchkeep_core::delivery::AttemptResult;
use watchkeep_core::heartbeat::{Ping, PingKind};
use watchkeep_core::ids::FindingKey;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::{Event, Finding, Report, State};
use watchkeep_core::time::Wall;

use crate::support::setup::{severity, span, unquote, words};

pub(super) fn wall(text: &str) -> Result<Wall, String> {
    let at = chrono::DateTime::parse_from_rfc3339(text).map_err(|error| format!("`{text}`: {error}"))?;
    Ok(Wall::from_millis(at.timestamp_millis()))
}

pub(super) fn time(at: Wall) -> String {
    let utc = at.utc().expect("a moment within chrono's years");
    let form = if at.millis() % 1000 == 0 { "%H:%M:%S" } else { "%H:%M:%S%.3f" };
    utc.format(form).to_string()
}

pub(super) fn outcome(words: &[&str]) -> Result<Outcome, String> {
    let (what, rest) = words.split_first().ok_or("say what it answers")?;
    let state = match *what {
        "ok" => State::Ok,
        "warning" => State::Warning,
        "critical" => State::Critical,
        "unknown" => State::Unknown,
        "failing" => return failure(rest),
        other => return Err(format!("`{other}` is no outcome")),
    };
    let labels_and_findings = parts_of(rest)?;
    let summary = rest.iter().find(|word| word.starts_with('"')).map_or(*what, |word| unquote(word));
    let (findings, events, labels) = labels_and_findings;
    Ok(Outcome::Report(Arc::new(Report {
        state,
        summary: summary.to_owned(),
        details: None,
        metrics: Vec::new(),
        findings,
        events,
        attachments: Vec::new(),
        labels: labels.into_iter().collect(),
    })))
}

type Parts = (Vec<Finding>, Vec<Event>, Vec<(String, String)>);

/// `label=value`, `{sda1 critical "95 %" mount=/}` for a finding, `<deploy-7 info "v7 is live" thread=v7>` for an event.
fn parts_of(rest: &[&str]) -> Result<Parts, String> {
    let (mut findings, mut events, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for word in rest.iter().filter(|word| !word.starts_with('"')) {
        if let Some(inner) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            findings.extend(finding(inner)?);
        } else if let Some(inner) = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
            events.extend(event(inner)?);
        } else if let Some((name, value)) = word.split_once('=') {
            labels.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok((findings, events, labels))
}

/// `disk[1-600] critical` makes six hundred.
fn many(name: &str) -> Result<Vec<String>, String> {
    let Some((stem, range)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) else {
        return Ok(vec![name.to_owned()]);
    };
    let (from, to) = range.split_once('-').ok_or_else(|| format!("`{range}` is no range"))?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("`{text}` is no number"));
    Ok((number(from)?..=number(to)?).map(|place| format!("{stem}{place}")).collect())
}

fn finding(inner: &str) -> Result<Vec<Finding>, String> {
    let words = words(inner);
    let [name, state, rest @ ..] = words.as_slice() else { return Err(format!("`{inner}` is no finding")) };
    let state = match state.as_str() {
        "ok" => State::Ok,
        "warning" => State::Warning,
        "critical" => State::Critical,
        "unknown" => State::Unknown,
        other => return Err(format!("`{other}` is no state")),
    };
    let summary = rest.iter().find(|word| word.starts_with('"')).map_or(state.as_str(), |word| unquote(word));
    let labels: Vec<(String, String)> = rest
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let findings = many(name)?.into_iter().map(|key| Finding {
        key: FindingKey::from(key.as_str()),
        state,
        summary: summary.to_owned(),
        labels: labels.iter().cloned().collect(),
        metrics: Vec::new(),
        link: None,
    });
    Ok(findings.collect())
}

fn event(inner: &str) -> Result<Vec<Event>, String> {
    let words = words(inner);
    let [id, severity_word, rest @ ..] = words.as_slice() else {
        return Err(format!("`{inner}` is no event"));
    };
    let title = rest.iter().find(|word| word.starts_with('"')).map_or(id.as_str(), |word| unquote(word));
    let named: Vec<(&str, &str)> = rest.iter().filter_map(|word| word.split_once('=')).collect();
    let thread = named.iter().find(|(name, _)| *name == "thread").map_or("", |(_, value)| *value);
    let severity = severity(severity_word)?;
    let events = many(id)?.into_iter().map(|id| Event {
        title: if title == words[0] { id.clone() } else { title.to_owned() },
        id,
        thread: thread.to_owned(),
        severity,
        body: String::new(),
        link: None,
        at: Wall::from_millis(0),
        labels: named
            .iter()
            .filter(|(name, _)| *name != "thread")
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    });
    Ok(events.collect())
}

pub(super) fn ping(words: &[&str]) -> Result<Ping, String> {
    let (kind, rest) = words.split_first().ok_or("say what is pinged")?;
    let kind = match *kind {
        "start" => PingKind::Start,
        "success" => PingKind::Success,
        "fail" => PingKind::Fail,
        "log" => PingKind::Log,
        status => PingKind::Exit(status.parse().map_err(|_| format!("`{status}` is no ping"))?),
    };
    let run_id = rest.iter().find_map(|word| word.strip_prefix("rid=")).map(str::to_owned);
    let body = rest.iter().find(|word| word.starts_with('"')).map_or("", |word| unquote(word)).to_owned();
    Ok(Ping { kind, run_id, body })
}

fn failure(words: &[&str]) -> Result<Outcome, String> {
    let reason = match words.first() {
        Some(&"trap") => FailureReason::Trap,
        Some(&"timeout") => FailureReason::WallTime,
        Some(&"memory") => FailureReason::Memory,
        Some(&"denied") => FailureReason::Denied,
        Some(&"inconclusive") => FailureReason::Inconclusive,
        Some(&"invalid-report") => FailureReason::InvalidReport,
        Some(&"host") => FailureReason::Host,
        _ => return Err("say how it fails".into()),
    };
    let message = words.get(1).map_or(reason.as_str(), |word| unquote(word)).to_owned();
    let stage = Stage::Call;
    Ok(Outcome::Failed(Arc::new(Failure { reason, stage, message, hint: None, backtrace: None })))
}

pub(super) fn attempt_result(words: &[&str]) -> Result<Option<AttemptResult>, String> {
    Ok(Some(match words {
        ["nothing"] => return Ok(None),
        ["delivered"] => AttemptResult::Delivered(None),
        ["delivered", id] => AttemptResult::Delivered(Some(unquote(id).to_owned())),
        ["retryable"] => AttemptResult::Retryable("refused".into()),
        ["unsure"] => AttemptResult::Unsure("no answer".into()),
        ["rejected"] => AttemptResult::Rejected("bad request".into()),
        ["retry-after", text] => AttemptResult::RetryAfter(span(text)?, "slow down".into()),
        other => return Err(format!("`{}` is no result", other.join(" "))),
    }))
}
