//! Watchkeep's own form. Published: a member may be added, none changes its meaning or goes. Every member is
//! always there; what does not apply is null or empty.
//!
//! It holds nothing that differs between attempts (their number, whether it was told before): a service that knows
//! `Idempotency-Key` may compare the bodies.

use serde_json::Value;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{rfc3339, title};
use watchkeep_sdk::{Notice, Picture};

use crate::json::{Object, collect, list, number_or_null, object, text, text_or_null};

/// The version of this form. It rises only for a change that a reader has to know about.
const VERSION: u32 = 1;

pub(crate) fn of(notification: &Notification) -> Value {
    object([
        ("version", Value::from(VERSION)),
        ("id", text(&notification.id)),
        ("dedup_key", text(&notification.dedup_key)),
        ("kind", text(kind(notification.kind))),
        ("title", text(&title(notification))),
        ("receiver", text(&notification.receiver)),
        ("reason", text(&notification.reason)),
        ("at", moment(notification.at)),
        ("link", text(&notification.link)),
        ("group_labels", Value::Object(labels(&notification.group_labels))),
        ("common_labels", Value::Object(labels(&notification.common_labels))),
        ("alerts", list(&notification.alerts, alert)),
        ("omitted", Value::from(notification.omitted)),
        ("event", notification.event.as_ref().map_or(Value::Null, event)),
    ])
}

/// The labels as an object; of labels with the same name, the last one is kept.
pub(crate) fn labels(labels: &[Label]) -> Object {
    collect(&mut labels.iter().map(|label| (label.name.as_str(), text(&label.value))))
}

pub(crate) fn moment(timestamp: u64) -> Value {
    Value::String(rfc3339(timestamp))
}

fn alert(alert: &Alert) -> Value {
    object([
        ("id", text(&alert.id)),
        ("check", text(&alert.check)),
        ("finding", text_or_null(alert.finding.as_deref())),
        ("state", text(state(alert.state))),
        ("previous_state", text_or_null(alert.previous.map(state))),
        ("severity", text(severity(alert.severity))),
        ("summary", text(&alert.summary)),
        ("details", text_or_null(alert.details.as_deref())),
        ("since", moment(alert.since)),
        ("until", alert.until.map_or(Value::Null, moment)),
        ("last_good", alert.last_good.map_or(Value::Null, moment)),
        ("acknowledged_by", text_or_null(alert.acknowledged_by.as_deref())),
        ("assigned_to", text_or_null(alert.assigned_to.as_deref())),
        ("actions", list(&alert.actions, |action| text(action))),
        ("runbook", text_or_null(alert.runbook.as_deref())),
        ("link", text(&alert.link)),
        ("labels", Value::Object(labels(&alert.labels))),
        ("metrics", list(&alert.metrics, metric)),
        ("pictures", list(&alert.pictures, picture)),
    ])
}

fn metric(metric: &Metric) -> Value {
    object([
        ("name", text(&metric.name)),
        ("value", Value::from(metric.value)),
        ("unit", text(&metric.unit)),
        ("labels", Value::Object(labels(&metric.labels))),
        ("warning", metric.warning.as_ref().map_or(Value::Null, range)),
        ("critical", metric.critical.as_ref().map_or(Value::Null, range)),
        ("min", number_or_null(metric.min)),
        ("max", number_or_null(metric.max)),
    ])
}

fn range(range: &Range) -> Value {
    object([
        ("low", number_or_null(range.low)),
        ("high", number_or_null(range.high)),
        ("inside", Value::from(range.inside)),
    ])
}

fn picture(picture: &Picture) -> Value {
    object([
        ("id", text(&picture.id)),
        ("name", text(&picture.name)),
        ("media_type", text(&picture.media_type)),
        ("size_bytes", Value::from(picture.size)),
        ("url", text(&picture.url)),
    ])
}

fn event(event: &Notice) -> Value {
    object([
        ("check", text(&event.check)),
        ("thread", text(&event.thread)),
        ("severity", text(severity(event.severity))),
        ("title", text(&event.title)),
        ("body", text(&event.body)),
        ("link", text_or_null(event.link.as_deref())),
        ("at", moment(event.at)),
        ("labels", Value::Object(labels(&event.labels))),
    ])
}

fn kind(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Firing => "firing",
        NotificationKind::Reminder => "reminder",
        NotificationKind::Resolved => "resolved",
        NotificationKind::Acknowledged => "acknowledged",
        NotificationKind::Escalated => "escalated",
        NotificationKind::HandedOver => "handed-over",
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
