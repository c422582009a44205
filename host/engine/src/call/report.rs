//! Checks that a report keeps the contract. Pure: contract values in, the core's report or the first problem out.
//! Secrets were taken out before.

use std::fmt;

use watchkeep_core::ids::{Digest, FindingKey};
use watchkeep_core::labels::Labels;
use watchkeep_core::report::{Attachment, Bounds, Event, Finding, Metric, Range, Report};
use watchkeep_core::time::Wall;

use super::convert;
use crate::contract::types;
use crate::http::mask::Mask;

const SUMMARY_BYTES_MAX: usize = 1 << 10;
const DETAILS_BYTES_MAX: usize = 64 << 10;
const TEXT_BYTES_MAX: usize = 4 << 10;
const NAME_BYTES_MAX: usize = 256;
const METRICS_MAX: usize = 1_000;
const FINDINGS_MAX: usize = 1_000;
const EVENTS_MAX: usize = 200;
const ATTACHMENTS_MAX: usize = 16;
const ATTACHMENT_BYTES_MAX: usize = 8 << 20;
const LABELS_MAX: usize = 64;

/// Where in the report something is wrong, and what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReportProblem {
    place: String,
    problem: String,
}
impl fmt::Display for ReportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.place, self.problem)
    }
}

type Checked<T> = Result<T, ReportProblem>;

pub(super) fn problem(place: &str, problem: impl Into<String>) -> ReportProblem {
    ReportProblem { place: place.to_owned(), problem: problem.into() }
}

/// The report, and the bytes of its attachments in their order.
pub(crate) fn checked(report: types::Report) -> Checked<(Report, Vec<Vec<u8>>)> {
    let types::Report { state, summary, details, metrics, findings, events, attachments, labels } = report;
    within("metrics", metrics.len(), METRICS_MAX)?;
    within("findings", findings.len(), FINDINGS_MAX)?;
    within("events", events.len(), EVENTS_MAX)?;
    within("attachments", attachments.len(), ATTACHMENTS_MAX)?;
    let mut metrics_left = METRICS_MAX - metrics.len();
    let mut seen = std::collections::BTreeSet::new();
    let findings = findings
        .into_iter()
        .map(|finding| {
            let count = finding.metrics.len();
            metrics_left = metrics_left.checked_sub(count).ok_or_else(|| {
                problem("findings", format!("have more than {METRICS_MAX} metrics with the report's own"))
            })?;
            let finding = checked_finding(finding)?;
            if !seen.insert(finding.key.clone()) {
                return Err(problem("findings", format!("have the key `{}` twice", finding.key)));
            }
            Ok(finding)
        })
        .collect::<Checked<_>>()?;
    let (attachments, bytes) = checked_attachments(attachments)?;
    let report = Report {
        state: convert::state_from(state),
        summary: one_line(text("summary", summary, SUMMARY_BYTES_MAX)?),
        details: details.map(|details| text("details", details, DETAILS_BYTES_MAX)).transpose()?,
        metrics: checked_metrics(metrics)?,
        findings,
        events: events.into_iter().map(checked_event).collect::<Checked<_>>()?,
        attachments,
        labels: checked_labels("labels", labels)?,
    };
    Ok((report, bytes))
}

fn checked_finding(finding: types::Finding) -> Checked<Finding> {
    let types::Finding { key, state, summary, labels, metrics, link } = finding;
    Ok(Finding {
        key: FindingKey::new(name("findings.key", key)?),
        state: convert::state_from(state),
        summary: one_line(text("findings.summary", summary, SUMMARY_BYTES_MAX)?),
        labels: checked_labels("findings.labels", labels)?,
        metrics: checked_metrics(metrics)?,
        link: checked_link("findings.link", link)?,
    })
}

/// Collected into a list of its own: the contract's metrics are larger, and their memory would be kept with the report.
fn checked_metrics(metrics: Vec<types::Metric>) -> Checked<Vec<Metric>> {
    let mut checked = Vec::with_capacity(metrics.len());
    for metric in metrics {
        checked.push(checked_metric(metric)?);
    }
    Ok(checked)
}

fn checked_metric(metric: types::Metric) -> Checked<Metric> {
    let types::Metric { name, value, unit, warning, critical, min, max, labels } = metric;
    if !is_metric_name(&name) {
        let message = format!("is not a metric name: {:?}", shorten(&name));
        return Err(problem("metrics.name", message));
    }
    let number = |what: &str, number: f64| {
        // Negative zero compares equal and prints differently: one form is stored.
        if number.is_finite() {
            Ok(number + 0.0)
        } else {
            Err(problem(what, format!("of `{name}` is {number}")))
        }
    };
    let bound = |what: &str, bound: Option<f64>| bound.map(|value| number(what, value)).transpose();
    let range = |what: &str, range: Option<types::Range>| {
        range
            .map(|types::Range { low, high, inside }| {
                Ok(Range { low: bound(what, low)?, high: bound(what, high)?, inside })
            })
            .transpose()
    };
    Ok(Metric {
        value: number("metrics.value", value)?,
        unit: unit_name(unit)?,
        bounds: Bounds {
            warning: range("metrics.warning", warning)?,
            critical: range("metrics.critical", critical)?,
            min: bound("metrics.min", min)?,
            max: bound("metrics.max", max)?,
        }
        .boxed(),
        labels: checked_labels("metrics.labels", labels)?,
        name,
    })
}

fn checked_event(event: types::Event) -> Checked<Event> {
    let types::Event { id, thread, severity, title, body, link, at, labels } = event;
    let thread = if thread.is_empty() { thread } else { name("events.thread", thread)? };
    Ok(Event {
        id: name("events.id", id)?,
        thread,
        severity: convert::severity_from(severity),
        title: one_line(text("events.title", title, SUMMARY_BYTES_MAX)?),
        body: text("events.body", body, DETAILS_BYTES_MAX)?,
        link: checked_link("events.link", link)?,
        at: Wall::from_millis(i64::try_from(at).map_err(|_| problem("events.at", "is beyond all times"))?),
        labels: checked_labels("events.labels", labels)?,
    })
}

fn checked_attachments(attachments: Vec<types::Attachment>) -> Checked<(Vec<Attachment>, Vec<Vec<u8>>)> {
    let total: usize = attachments.iter().map(|attachment| attachment.data.len()).sum();
    if total > ATTACHMENT_BYTES_MAX {
        return Err(problem(
            "attachments",
            format!("have {total} bytes, {ATTACHMENT_BYTES_MAX} are allowed"),
        ));
    }
    attachments
        .into_iter()
        .map(|types::Attachment { name: file, media_type, data, series }| {
            let attachment = Attachment {
                name: name("attachments.name", file)?,
                media_type: name("attachments.media-type", media_type)?,
                size_bytes: data.len() as u64,
                digest: Digest::of(&data),
                series: series.map(|series| name("attachments.series", series)).transpose()?,
            };
            Ok((attachment, data))
        })
        .collect::<Checked<Vec<_>>>()
        .map(|attachments| attachments.into_iter().unzip())
}

fn checked_labels(place: &str, labels: Vec<types::Label>) -> Checked<Labels> {
    if labels.is_empty() {
        return Ok(Labels::default());
    }
    within(place, labels.len(), LABELS_MAX)?;
    labels
        .into_iter()
        .map(|types::Label { name, value }| {
            if !is_label_name(&name) {
                return Err(problem(place, format!("have an invalid name: {:?}", shorten(&name))));
            }
            Ok((name, text(place, value, SUMMARY_BYTES_MAX)?))
        })
        .collect()
}

fn checked_link(place: &str, link: Option<String>) -> Checked<Option<String>> {
    link.map(|link| {
        // Pages make it a link, so only web addresses are allowed.
        if !link.starts_with("https://") && !link.starts_with("http://") {
            return Err(problem(place, "is not a link to `http` or `https`"));
        }
        text(place, link, TEXT_BYTES_MAX)
    })
    .transpose()
}

fn within(place: &str, count: usize, max: usize) -> Checked<()> {
    if count <= max { Ok(()) } else { Err(problem(place, format!("are {count}, {max} are allowed"))) }
}

fn text(place: &str, text: String, bytes_max: usize) -> Checked<String> {
    if text.len() > bytes_max {
        return Err(problem(place, format!("has {} bytes, {bytes_max} are allowed", text.len())));
    }
    Ok(text)
}

/// An identifier of the plugin's own: not empty, no control characters.
fn name(place: &str, value: String) -> Checked<String> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(problem(place, "is empty or has control characters"));
    }
    text(place, value, NAME_BYTES_MAX)
}

fn unit_name(unit: String) -> Checked<String> {
    let is_unit = unit.len() <= 32 && unit.bytes().all(|b| b.is_ascii_alphanumeric() || b"_%/".contains(&b));
    if is_unit {
        Ok(unit)
    } else {
        Err(problem("metrics.unit", "is not a unit such as `seconds` or `bytes`"))
    }
}

fn is_metric_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= NAME_BYTES_MAX
        && bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b':')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= NAME_BYTES_MAX
        && bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn shorten(text: &str) -> &str {
    &text[..text.floor_char_boundary(80)]
}

/// How long a sentence may be that a plugin says outside of a report.
const SENTENCE_BYTES_MAX: usize = 4 << 10;
/// How much of a sentence is searched for secrets: enough for what is shown, plus a secret that crosses the end of it.
const SENTENCE_LOOKED_BYTES_MAX: usize = 64 << 10;

/// A plugin's sentence as one line, without secrets, and bounded.
pub(super) fn sentence(text: &str, mask: &Mask) -> String {
    let text = &text[..text.floor_char_boundary(SENTENCE_LOOKED_BYTES_MAX)];
    mask.told_within(&one_line(text.to_owned()), SENTENCE_BYTES_MAX)
}

/// Turns line breaks into spaces: summaries and messages are one line everywhere.
pub(super) fn one_line(text: String) -> String {
    if text.contains(['\n', '\r']) { text.replace("\r\n", " ").replace(['\n', '\r'], " ") } else { text }
}
