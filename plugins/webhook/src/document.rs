//! Watchkeep's own form. Published: a member may be added, none changes its meaning or goes. Every member is
//! always there; what does not apply is null or empty.
//!
//! It holds nothing that differs between attempts (their number, whether it was told before): a service that knows
//! `Idempotency-Key` may compare the bodies.

use serde_json::{Map, Value, json};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{rfc3339, title};
use watchkeep_sdk::{Notice, Picture, Severity};

/// Of this form. It rises only for a change that a reader has to know of.
const VERSION: u32 = 1;

pub(crate) fn of(notification: &Notification) -> Value {
    json!({
        "version": VERSION,
        "id": notification.id,
        "dedup_key": notification.dedup_key,
        "kind": kind(notification.kind),
        "title": title(notification),
        "receiver": notification.receiver,
        "reason": notification.reason,
        "at": rfc3339(notification.at),
        "link": notification.link,
        "group_labels": labels(&notification.group_labels),
        "common_labels": labels(&notification.common_labels),
        "alerts": notification.alerts.iter().map(alert).collect::<Vec<_>>(),
        "omitted": notification.omitted,
        "event": notification.event.as_ref().map(event),
    })
}

/// As an object; of labels with the same name the last one stays.
pub(crate) fn labels(labels: &[Label]) -> Map<String, Value> {
    labels.iter().map(|label| (label.name.clone(), Value::from(label.value.as_str()))).collect()
}

fn alert(alert: &Alert) -> Value {
    json!({
        "id": alert.id,
        "check": alert.check,
        "finding": alert.finding,
        "state": state(alert.state),
        "previous_state": alert.previous.map(state),
        "severity": severity(alert.severity),
        "summary": alert.summary,
        "details": alert.details,
        "since": rfc3339(alert.since),
        "until": alert.until.map(rfc3339),
        "acknowledged_by": alert.acknowledged_by,
        "actions": alert.actions,
        "runbook": alert.runbook,
        "link": alert.link,
        "labels": labels(&alert.labels),
        "metrics": alert.metrics.iter().map(metric).collect::<Vec<_>>(),
        "pictures": alert.pictures.iter().map(picture).collect::<Vec<_>>(),
    })
}

fn metric(metric: &Metric) -> Value {
    json!({
        "name": metric.name,
        "value": metric.value,
        "unit": metric.unit,
        "labels": labels(&metric.labels),
        "warning": metric.warning.as_ref().map(range),
        "critical": metric.critical.as_ref().map(range),
        "min": metric.min,
        "max": metric.max,
    })
}

fn range(range: &Range) -> Value {
    json!({ "low": range.low, "high": range.high, "inside": range.inside })
}

fn picture(picture: &Picture) -> Value {
    json!({
        "id": picture.id,
        "name": picture.name,
        "media_type": picture.media_type,
        "size_bytes": picture.size,
        "url": picture.url,
    })
}

fn event(event: &Notice) -> Value {
    json!({
        "check": event.check,
        "thread": event.thread,
        "severity": severity(event.severity),
        "title": event.title,
        "body": event.body,
        "link": event.link,
        "at": rfc3339(event.at),
        "labels": labels(&event.labels),
    })
}

fn kind(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Firing => "firing",
        NotificationKind::Reminder => "reminder",
        NotificationKind::Resolved => "resolved",
        NotificationKind::Acknowledged => "acknowledged",
        NotificationKind::Escalated => "escalated",
        NotificationKind::Event => "event",
        NotificationKind::Test => "test",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Critical => "critical",
        State::Unknown => "unknown",
    }
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
