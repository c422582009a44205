//! One alert as Alertmanager takes it.

use serde_json::Value;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood, rfc3339};

use crate::json::{Object, set};

/// What has no life of its own (an event, a test) lasts so long: enough to be told, and then it is over.
const MOMENT_MS: u64 = 300_000;
const VALUE_CHARS_MAX: usize = 1_024;
const DETAILS_CHARS_MAX: usize = 8_000;

/// What Alertmanager knows it by: the same while it is as bad as it is. `state` says the same as `severity` and more often.
pub(crate) fn labels(alert: &Alert) -> Object {
    let mut labels = sanitized(&alert.labels);
    labels.remove("state");
    set(&mut labels, "alertname", alert.check.as_str());
    if let Some(finding) = &alert.finding {
        set(&mut labels, "finding", finding.as_str());
    }
    set(&mut labels, "severity", severity(alert));
    labels
}

pub(crate) fn of(alert: &Alert, labels: Object, notification: &Notification, lasts_ms: u64) -> Value {
    let ends_at = alert.until.unwrap_or_else(|| notification.at.saturating_add(lasts_ms));
    let mut entry = entry(labels, annotations(alert, notification), alert.since, ends_at);
    set_page(&mut entry, &alert.link);
    Value::Object(entry)
}

/// The same problem under the labels that it had.
pub(crate) fn ended(alert: &Alert, labels: Object, at: u64) -> Value {
    let mut annotations = Object::new();
    set(&mut annotations, "summary", "goes on under other labels");
    let mut entry = entry(labels, annotations, alert.since, alert.until.unwrap_or(at));
    set_page(&mut entry, &alert.link);
    Value::Object(entry)
}

/// The entry for an event, or for an operator's test.
pub(crate) fn without_life(notification: &Notification) -> Value {
    let mut annotations = Object::new();
    let (mut labels, at) = match &notification.event {
        Some(event) => {
            let mut labels = sanitized(&event.labels);
            set(&mut labels, "alertname", event.check.as_str());
            set(&mut labels, "kind", "event");
            set(
                &mut labels,
                "severity",
                match event.severity {
                    Severity::Info => "info",
                    Severity::Warning => "warning",
                    Severity::Error => "critical",
                },
            );
            set(&mut annotations, "summary", event.title.as_str());
            set_text(&mut annotations, "description", &event.body);
            (labels, event.at)
        }
        None => {
            let mut labels = sanitized(&notification.common_labels);
            set(&mut labels, "alertname", "watchkeep-test");
            set(&mut labels, "kind", "test");
            set(&mut labels, "severity", "info");
            set(&mut annotations, "summary", wording::title(notification));
            (labels, notification.at)
        }
    };
    // Two of one check are two.
    set(&mut labels, "notice", notification.id.as_str());
    let mut entry = entry(labels, annotations, at, notification.at.saturating_add(MOMENT_MS));
    set_page(&mut entry, wording::link_of(notification));
    Value::Object(entry)
}

fn entry(labels: Object, annotations: Object, starts_at: u64, ends_at: u64) -> Object {
    let mut entry = Object::new();
    set(&mut entry, "labels", labels);
    set(&mut entry, "annotations", annotations);
    // One that ends before it starts is refused.
    set(&mut entry, "startsAt", rfc3339(starts_at.min(ends_at)));
    set(&mut entry, "endsAt", rfc3339(ends_at));
    entry
}

/// What is no address would make Alertmanager refuse all of it.
fn set_page(entry: &mut Object, link: &str) {
    if wording::is_page(link) {
        set(entry, "generatorURL", link);
    }
}

fn annotations(alert: &Alert, notification: &Notification) -> Object {
    let mut annotations = Object::new();
    let at = notification.at;
    set(&mut annotations, "summary", alert.summary.as_str());
    set_text(&mut annotations, "description", alert.details.as_deref().unwrap_or_default());
    set_text(&mut annotations, "since", &wording::since(alert, at));
    set_text(&mut annotations, "last_ok", &alert.last_good.map(rfc3339).unwrap_or_default());
    set_text(&mut annotations, "measured", &wording::measured(alert).join("\n"));
    set_text(&mut annotations, "recovery", &alert.actions.join("\n"));
    set_text(&mut annotations, "acknowledged_by", alert.acknowledged_by.as_deref().unwrap_or_default());
    set_text(&mut annotations, "assigned_to", alert.assigned_to.as_deref().unwrap_or_default());
    set_text(&mut annotations, "runbook_url", alert.runbook.as_deref().unwrap_or_default());
    set_text(&mut annotations, "told_because", &notification.reason);
    annotations
}

/// What does not apply is left out.
fn set_text(object: &mut Object, name: &str, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        set(object, name, text.chars().take(DETAILS_CHARS_MAX).collect::<String>());
    }
}

/// In Prometheus's words. An alert that is over has the one that it had, as far as is known.
fn severity(alert: &Alert) -> &'static str {
    let word = |state| match state {
        State::Critical => Some("critical"),
        State::Warning | State::Unknown => Some("warning"),
        State::Ok => None,
    };
    match wording::mood(alert) {
        // What is over ends under the labels with which it was told.
        _ if alert.until.is_some() => alert.previous.and_then(word).unwrap_or("critical"),
        Mood::Critical | Mood::Resolved | Mood::Ended => "critical",
        Mood::Warning | Mood::Unknown => "warning",
    }
}

fn sanitized(labels: &[Label]) -> Object {
    let mut object = Object::new();
    for label in labels.iter().filter(|label| !label.value.is_empty()) {
        let value: String = label.value.chars().take(VALUE_CHARS_MAX).collect();
        set(&mut object, &name(&label.name), value);
    }
    object
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`; another character becomes `_`.
fn name(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = text.chars().map(plain).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_label_has_a_name_that_prometheus_takes() {
        for (given, taken) in [("team", "team"), ("a-b.c", "a_b_c"), ("2x", "_2x"), ("", "_"), ("é", "_")] {
            assert_eq!(name(given), taken);
        }
    }
}
