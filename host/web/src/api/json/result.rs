//! One run's result.

use std::collections::BTreeMap;

use serde::Serialize;
use watchkeep_core::commit::ResultRow;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Attachment, Event, Finding, Metric};

use super::{labels, seconds, time};

#[derive(Serialize)]
pub(crate) struct ResultItem {
    run: String,
    sequence: u64,
    scheduled_at: String,
    finished_at: String,
    took_seconds: f64,
    late_seconds: f64,
    location: String,
    generation: Option<String>,
    state: &'static str,
    outcome: &'static str,
    summary: String,
    details: Option<String>,
    metrics: Vec<MetricItem>,
    findings: Vec<FindingItem>,
    events: Vec<EventItem>,
    attachments: Vec<AttachmentItem>,
    failure: Option<FailureItem>,
}

#[derive(Serialize)]
struct MetricItem {
    name: String,
    value: f64,
    unit: String,
    labels: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct FindingItem {
    key: String,
    state: &'static str,
    summary: String,
    link: Option<String>,
    labels: BTreeMap<String, String>,
    metrics: Vec<MetricItem>,
}

#[derive(Serialize)]
struct EventItem {
    id: String,
    thread: String,
    severity: &'static str,
    title: String,
    body: String,
    link: Option<String>,
    at: String,
    labels: BTreeMap<String, String>,
}

impl EventItem {
    fn of(event: &Event) -> Self {
        Self {
            id: event.id.clone(),
            thread: event.thread.clone(),
            severity: event.severity.as_str(),
            title: event.title.clone(),
            body: event.body.clone(),
            link: event.link.clone(),
            at: time(event.at),
            labels: labels(&event.labels),
        }
    }
}

#[derive(Serialize)]
struct AttachmentItem {
    id: String,
    name: String,
    media_type: String,
    size_bytes: u64,
    series: Option<String>,
    url: String,
}

impl AttachmentItem {
    fn of(attachment: &Attachment) -> Self {
        Self {
            id: attachment.digest.to_string(),
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            size_bytes: attachment.size_bytes,
            series: attachment.series.clone(),
            url: format!("/snapshots/{}", attachment.digest),
        }
    }
}

#[derive(Serialize)]
struct FailureItem {
    reason: &'static str,
    stage: &'static str,
    message: String,
    hint: Option<String>,
    backtrace: Option<String>,
}

impl MetricItem {
    fn of(metric: &Metric) -> Self {
        Self {
            name: metric.name.clone(),
            value: metric.value,
            unit: metric.unit.clone(),
            labels: labels(&metric.labels),
        }
    }
}

impl FindingItem {
    fn of(finding: &Finding) -> Self {
        Self {
            key: finding.key.to_string(),
            state: finding.state.as_str(),
            summary: finding.summary.clone(),
            link: finding.link.clone(),
            labels: labels(&finding.labels),
            metrics: finding.metrics.iter().map(MetricItem::of).collect(),
        }
    }
}

impl ResultItem {
    pub(crate) fn of(row: &ResultRow) -> Self {
        let (report, failure) = match &row.outcome {
            Outcome::Report(report) => (Some(report), None),
            Outcome::Failed(failure) => (None, Some(failure)),
        };
        Self {
            run: row.run.to_string(),
            sequence: row.sequence,
            scheduled_at: time(row.run.scheduled_at),
            finished_at: time(row.finished_at),
            took_seconds: seconds(row.took),
            late_seconds: seconds(row.late),
            location: row.location.to_string(),
            generation: row.generation.map(|digest| digest.to_string()),
            state: row.outcome.state().as_str(),
            outcome: row.outcome.kind(),
            summary: row.outcome.summary().to_owned(),
            details: report.and_then(|report| report.details.clone()),
            metrics: report.map_or_else(Vec::new, |r| r.metrics.iter().map(MetricItem::of).collect()),
            findings: report.map_or_else(Vec::new, |r| r.findings.iter().map(FindingItem::of).collect()),
            events: report.map_or_else(Vec::new, |r| r.events.iter().map(EventItem::of).collect()),
            attachments: report
                .map_or_else(Vec::new, |r| r.attachments.iter().map(AttachmentItem::of).collect()),
            failure: failure.map(|failure| FailureItem {
                reason: failure.reason.as_str(),
                stage: failure.stage.as_str(),
                message: failure.message.clone(),
                hint: failure.hint.clone(),
                backtrace: failure.backtrace.clone(),
            }),
        }
    }
}
