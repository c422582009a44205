//! The shape of Watchkeep's own, documented in README.md. It grows by new keys; what is there stays.

use serde_json::{Map, Value, json};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{rfc3339, title};
use watchkeep_sdk::{Notice, Picture};

pub(crate) fn body(notification: &Notification) -> Value {
    json!({
        "version": 1,
        "id": notification.id,
        "dedup_key": notification.dedup_key,
        "kind": kind(notification.kind),
        "title": title(notification),
        "reason": notification.reason,
        "receiver": notification.receiver,
        "attempt": notification.attempt,
        "told_before": notification.told_before,
        "at": rfc3339(notification.at),
        "link": notification.link,
        "group_labels": labels(&notification.group_labels),
        "common_labels": labels(&notification.common_labels),
        "alerts": notification.alerts.iter().map(alert).collect::<Vec<_>>(),
        "alerts_omitted": notification.omitted,
        "event": notification.event.as_ref().map(event),
    })
}

pub(crate) fn labels(labels: &[Label]) -> Value {
    let pairs = labels.iter().map(|label| (label.name.clone(), Value::from(label.value.as_str())));
    Value::Object(pairs.collect::<Map<_, _>>())
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

pub(crate) fn state(state: State) -> &'static str {
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
    })
}

/// Alerts outside the bounds, or inside them when `inside`; a missing bound is null.
fn range(range: &Range) -> Value {
    json!({ "low": range.low, "high": range.high, "inside": range.inside })
}

fn picture(picture: &Picture) -> Value {
    json!({ "name": picture.name, "media_type": picture.media_type, "bytes": picture.size, "url": picture.url })
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
