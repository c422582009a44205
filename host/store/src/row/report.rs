//! Outcomes and reports.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use watchkeep_core::ids::{Digest, FindingKey};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, Outcome};
use watchkeep_core::report::{Attachment, Bounds, Event, Finding, Metric, Range, Report};
use watchkeep_core::time::Wall;

use super::convert::{LabelsRow, cores, labels, labels_row, owned, rows};
use super::enums::{FailureReasonRow, SeverityRow, StageRow, StateRow};

#[derive(Serialize, Deserialize)]
pub(crate) enum OutcomeRow<'a> {
    Report(#[serde(borrow)] ReportRow<'a>),
    Failed(#[serde(borrow)] FailureRow<'a>),
}

impl<'a> From<&'a Outcome> for OutcomeRow<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Report(report) => OutcomeRow::Report((&**report).into()),
            Outcome::Failed(failure) => OutcomeRow::Failed((&**failure).into()),
        }
    }
}
impl From<OutcomeRow<'_>> for Outcome {
    fn from(row: OutcomeRow<'_>) -> Self {
        match row {
            OutcomeRow::Report(report) => Outcome::Report(Arc::new(report.into())),
            OutcomeRow::Failed(failure) => Outcome::Failed(Arc::new(failure.into())),
        }
    }
}

/// The label that says which finding a metric belongs to.
pub(crate) const FINDING: &str = "finding";

impl OutcomeRow<'_> {
    /// The values of one metric, of the report and then of its findings, with their labels. The labels of a finding's
    /// metric are laid over the finding's own, and `finding` is the finding's key.
    pub(super) fn values_of(&self, metric: &str) -> Vec<(f64, Labels)> {
        let OutcomeRow::Report(report) = self else { return Vec::new() };
        let own = report.metrics.iter().filter(|row| row.name == metric);
        let mut values: Vec<_> = own.map(|row| (row.value, row.labels.iter().copied().collect())).collect();
        for finding in &report.findings {
            for row in finding.metrics.iter().filter(|row| row.name == metric) {
                let labels =
                    finding.labels.iter().chain(&row.labels).copied().chain([(FINDING, finding.key)]);
                values.push((row.value, labels.collect()));
            }
        }
        values
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct FailureRow<'a> {
    reason: FailureReasonRow,
    stage: StageRow,
    message: &'a str,
    hint: Option<&'a str>,
    backtrace: Option<&'a str>,
}

impl<'a> From<&'a Failure> for FailureRow<'a> {
    fn from(failure: &'a Failure) -> Self {
        let Failure { reason, stage, message, hint, backtrace } = failure;
        FailureRow {
            reason: (*reason).into(),
            stage: (*stage).into(),
            message,
            hint: hint.as_deref(),
            backtrace: backtrace.as_deref(),
        }
    }
}
impl From<FailureRow<'_>> for Failure {
    fn from(row: FailureRow<'_>) -> Self {
        Failure {
            reason: row.reason.into(),
            stage: row.stage.into(),
            message: row.message.to_owned(),
            hint: owned(row.hint),
            backtrace: owned(row.backtrace),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ReportRow<'a> {
    state: StateRow,
    summary: &'a str,
    details: Option<&'a str>,
    #[serde(borrow)]
    metrics: Vec<MetricRow<'a>>,
    #[serde(borrow)]
    findings: Vec<FindingRow<'a>>,
    #[serde(borrow)]
    events: Vec<EventRow<'a>>,
    #[serde(borrow)]
    attachments: Vec<AttachmentRow<'a>>,
    #[serde(borrow)]
    labels: LabelsRow<'a>,
}

impl<'a> From<&'a Report> for ReportRow<'a> {
    fn from(report: &'a Report) -> Self {
        let Report { state, summary, details, metrics, findings, events, attachments, labels } = report;
        ReportRow {
            state: (*state).into(),
            summary,
            details: details.as_deref(),
            metrics: rows(metrics),
            findings: rows(findings),
            events: rows(events),
            attachments: rows(attachments),
            labels: labels_row(labels),
        }
    }
}
impl From<ReportRow<'_>> for Report {
    fn from(row: ReportRow<'_>) -> Self {
        Report {
            state: row.state.into(),
            summary: row.summary.to_owned(),
            details: owned(row.details),
            metrics: cores(row.metrics),
            findings: cores(row.findings),
            events: cores(row.events),
            attachments: cores(row.attachments),
            labels: labels(row.labels),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RangeRow {
    low: Option<f64>,
    high: Option<f64>,
    inside: bool,
}

impl From<&Range> for RangeRow {
    fn from(range: &Range) -> Self {
        let Range { low, high, inside } = *range;
        RangeRow { low, high, inside }
    }
}
impl From<RangeRow> for Range {
    fn from(row: RangeRow) -> Self {
        Range { low: row.low, high: row.high, inside: row.inside }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct MetricRow<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    warning: Option<RangeRow>,
    critical: Option<RangeRow>,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(borrow)]
    labels: LabelsRow<'a>,
}

impl<'a> From<&'a Metric> for MetricRow<'a> {
    fn from(metric: &'a Metric) -> Self {
        let Metric { name, value, unit, bounds: _, labels } = metric;
        let Bounds { warning, critical, min, max } = metric.bounds();
        MetricRow {
            name,
            value: *value,
            unit,
            warning: warning.as_ref().map(RangeRow::from),
            critical: critical.as_ref().map(RangeRow::from),
            min,
            max,
            labels: labels_row(labels),
        }
    }
}
impl From<MetricRow<'_>> for Metric {
    fn from(row: MetricRow<'_>) -> Self {
        Metric {
            name: row.name.to_owned(),
            value: row.value,
            unit: row.unit.to_owned(),
            bounds: Bounds {
                warning: row.warning.map(Range::from),
                critical: row.critical.map(Range::from),
                min: row.min,
                max: row.max,
            }
            .boxed(),
            labels: labels(row.labels),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FindingRow<'a> {
    key: &'a str,
    state: StateRow,
    summary: &'a str,
    #[serde(borrow)]
    labels: LabelsRow<'a>,
    #[serde(borrow)]
    metrics: Vec<MetricRow<'a>>,
    link: Option<&'a str>,
}

impl<'a> From<&'a Finding> for FindingRow<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { key, state, summary, labels, metrics, link } = finding;
        FindingRow {
            key: key.as_str(),
            state: (*state).into(),
            summary,
            labels: labels_row(labels),
            metrics: rows(metrics),
            link: link.as_deref(),
        }
    }
}
impl From<FindingRow<'_>> for Finding {
    fn from(row: FindingRow<'_>) -> Self {
        Finding {
            key: FindingKey::new(row.key),
            state: row.state.into(),
            summary: row.summary.to_owned(),
            labels: labels(row.labels),
            metrics: cores(row.metrics),
            link: owned(row.link),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct EventRow<'a> {
    id: &'a str,
    thread: &'a str,
    severity: SeverityRow,
    title: &'a str,
    body: &'a str,
    link: Option<&'a str>,
    at: i64,
    #[serde(borrow)]
    labels: LabelsRow<'a>,
}

impl<'a> From<&'a Event> for EventRow<'a> {
    fn from(event: &'a Event) -> Self {
        let Event { id, thread, severity, title, body, link, at, labels } = event;
        EventRow {
            id,
            thread,
            severity: (*severity).into(),
            title,
            body,
            link: link.as_deref(),
            at: at.millis(),
            labels: labels_row(labels),
        }
    }
}
impl From<EventRow<'_>> for Event {
    fn from(row: EventRow<'_>) -> Self {
        Event {
            id: row.id.to_owned(),
            thread: row.thread.to_owned(),
            severity: row.severity.into(),
            title: row.title.to_owned(),
            body: row.body.to_owned(),
            link: owned(row.link),
            at: Wall::from_millis(row.at),
            labels: labels(row.labels),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct AttachmentRow<'a> {
    name: &'a str,
    media_type: &'a str,
    size_bytes: u64,
    digest: [u8; 32],
    series: Option<&'a str>,
}

impl<'a> From<&'a Attachment> for AttachmentRow<'a> {
    fn from(attachment: &'a Attachment) -> Self {
        let Attachment { name, media_type, size_bytes, digest, series } = attachment;
        AttachmentRow {
            name,
            media_type,
            size_bytes: *size_bytes,
            digest: digest.0,
            series: series.as_deref(),
        }
    }
}
impl From<AttachmentRow<'_>> for Attachment {
    fn from(row: AttachmentRow<'_>) -> Self {
        Attachment {
            name: row.name.to_owned(),
            media_type: row.media_type.to_owned(),
            size_bytes: row.size_bytes,
            digest: Digest(row.digest),
            series: owned(row.series),
        }
    }
}
