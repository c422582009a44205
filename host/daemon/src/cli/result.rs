//! A check's result for people, from the JSON that `check run` gets and `plugin run` makes: state and summary, then the
//! rest of the report, line by line.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Attachment, Event, Finding, Metric, State};
use watchkeep_core::time::Wall;

use super::output::{field, plain, print_line};

/// The result of a plugin that was run by hand, in the API's form.
pub(crate) fn as_json(outcome: &Outcome) -> Value {
    let list = |items: Vec<Value>| Value::Array(items);
    let (report, failure) = match outcome {
        Outcome::Report(report) => (Some(report), None),
        Outcome::Failed(failure) => (None, Some(failure)),
    };
    json!({
        "state": outcome.state().as_str(),
        "outcome": outcome.kind(),
        "summary": outcome.summary(),
        "details": report.map_or_else(
            || failure.and_then(|failure| failure.backtrace.clone()),
            |report| report.details.clone(),
        ),
        "hint": failure.and_then(|failure| failure.hint.clone()),
        "metrics": list(report.iter().flat_map(|report| &report.metrics).map(metric).collect()),
        "findings": list(report.iter().flat_map(|report| &report.findings).map(finding).collect()),
        "events": list(report.iter().flat_map(|report| &report.events).map(event).collect()),
        "attachments": list(report.iter().flat_map(|report| &report.attachments).map(attachment).collect()),
        "labels": report.map_or_else(|| json!({}), |report| labels(&report.labels)),
    })
}

fn metric(metric: &Metric) -> Value {
    json!({ "name": metric.name, "value": metric.value, "unit": metric.unit, "labels": labels(&metric.labels) })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "key": finding.key.to_string(),
        "state": finding.state.as_str(),
        "summary": finding.summary,
        "link": finding.link,
        "labels": labels(&finding.labels),
        "metrics": finding.metrics.iter().map(metric).collect::<Vec<_>>(),
    })
}

fn event(event: &Event) -> Value {
    json!({
        "id": event.id,
        "thread": event.thread,
        "severity": event.severity.as_str(),
        "title": event.title,
        "body": event.body,
        "link": event.link,
        "at": moment(event.at),
        "labels": labels(&event.labels),
    })
}

fn attachment(attachment: &Attachment) -> Value {
    json!({
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "series": attachment.series,
    })
}

fn labels(labels: &Labels) -> Value {
    labels
        .iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// RFC 3339.
fn moment(at: Wall) -> Option<String> {
    at.utc().map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// Prints a result; `took` is a text for people. Returns the exit code of a Nagios plugin.
pub(crate) fn print(result: &Value, took: &str) -> Result<ExitCode> {
    lines(result, took).iter().try_for_each(|line| print_line(line))?;
    Ok(nagios(&field(result, "state")))
}

fn lines(result: &Value, took: &str) -> Vec<String> {
    let state = field(result, "state");
    let mut lines = vec![format!("{}: {} ({took})", state.to_uppercase(), plain(&field(result, "summary")))];
    // The API tells the hint with the failure.
    let failure = result.get("failure").cloned().unwrap_or_default();
    let hint = [field(result, "hint"), field(&failure, "hint")].concat();
    if !hint.is_empty() {
        lines.push(format!("  hint: {}", plain(&hint)));
    }
    let details = [field(result, "details"), field(&failure, "backtrace")].concat();
    lines.extend(details.lines().map(|line| format!("  {}", plain(line))));
    lines.extend(list(result, "metrics").iter().map(|metric| format!("  {}", metric_line(metric))));
    for finding in list(result, "findings") {
        let (key, state) = (field(finding, "key"), field(finding, "state").to_uppercase());
        lines.push(plain(&format!("  finding {key}: {state}: {}", field(finding, "summary"))));
        lines.extend(list(finding, "metrics").iter().map(|metric| format!("    {}", metric_line(metric))));
    }
    for event in list(result, "events") {
        let (id, severity) = (field(event, "id"), field(event, "severity"));
        lines.push(plain(&format!("  event {id}: {severity}: {}", field(event, "title"))));
    }
    for attachment in list(result, "attachments") {
        let size = field(attachment, "size_bytes");
        let (name, kind) = (field(attachment, "name"), field(attachment, "media_type"));
        lines.push(plain(&format!("  attachment {name}: {kind}, {size} bytes")));
    }
    lines
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn metric_line(metric: &Value) -> String {
    let labels = metric.get("labels").and_then(Value::as_object).into_iter().flatten();
    let labels: String =
        labels.map(|(name, value)| format!(" {name}={}", value.as_str().unwrap_or_default())).collect();
    let unit = field(metric, "unit");
    let unit = if unit.is_empty() { unit } else { format!(" {unit}") };
    plain(&format!("{}{labels} = {}{unit}", field(metric, "name"), field(metric, "value")))
}

/// 0 ok, 1 warning, 2 critical, 3 unknown.
pub(crate) fn nagios(state: &str) -> ExitCode {
    let code = [State::Ok, State::Warning, State::Critical].iter().position(|known| known.as_str() == state);
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_report_holds_is_told_a_line_each_and_drives_no_terminal() {
        let result = json!({
            "state": "warning",
            "summary": "1 of 2\u{1b}[2J warning",
            "details": "first\nsecond",
            "metrics": [{ "name": "disk_used", "value": 0.9, "unit": "ratio", "labels": { "disk": "var" } }],
            "findings": [
                { "key": "var", "state": "warning", "summary": "var is full\nforged: ok", "metrics": [
                    { "name": "free", "value": 3, "unit": "", "labels": {} },
                ] },
            ],
            "events": [{ "id": "e1", "severity": "info", "title": "released" }],
            "attachments": [{ "name": "page.png", "media_type": "image/png", "size_bytes": 12 }],
        });
        assert_eq!(
            lines(&result, "3.0ms"),
            [
                "WARNING: 1 of 2 [2J warning (3.0ms)",
                "  first",
                "  second",
                "  disk_used disk=var = 0.9 ratio",
                "  finding var: WARNING: var is full forged: ok",
                "    free = 3",
                "  event e1: info: released",
                "  attachment page.png: image/png, 12 bytes",
            ]
        );
    }

    #[test]
    fn a_failure_of_a_running_host_is_told_with_its_hint_and_where_it_was() {
        let result = json!({
            "state": "unknown",
            "summary": "plugin `x` trapped",
            "failure": { "hint": "look there", "backtrace": "plugin.py line 3" },
        });
        assert_eq!(
            lines(&result, "1.0ms"),
            ["UNKNOWN: plugin `x` trapped (1.0ms)", "  hint: look there", "  plugin.py line 3"]
        );
    }
}
