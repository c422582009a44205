//! What an incident shows below its title.

use serde_json::{Map, Value, json};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording;

use crate::event::cut;

const DETAILS_CHARS_MAX: usize = 20_000;
const MEMBERS_MAX: usize = 50;

pub(crate) fn of(notification: &Notification) -> Value {
    let mut details = Map::new();
    let mut set = |name: &str, value: Value| {
        details.insert(name.to_owned(), value);
    };
    if !notification.reason.is_empty() {
        set("reason", Value::from(notification.reason.as_str()));
    }
    match notification.alerts.as_slice() {
        [] => {}
        [alert] => of_alert(alert, notification.at, &mut set),
        alerts => {
            let members = alerts.iter().take(MEMBERS_MAX).map(|alert| {
                let (word, name) = (wording::mood(alert).word(), wording::location(alert));
                let since = wording::since(alert, notification.at);
                Value::from(format!("{word} {name}: {}, {since}", cut(&alert.summary, 300)))
            });
            set("alerts", members.collect());
            let unseen = alerts.len().saturating_sub(MEMBERS_MAX) as u64 + u64::from(notification.omitted);
            if unseen > 0 {
                set("and more", Value::from(unseen));
            }
            set("labels", labels(&notification.common_labels));
        }
    }
    if let Some(event) = &notification.event {
        if !event.body.trim().is_empty() {
            set("details", Value::from(cut(event.body.trim(), DETAILS_CHARS_MAX)));
        }
        set("labels", labels(&event.labels));
    }
    Value::Object(details)
}

/// Where all of it would be too much.
pub(crate) fn in_short() -> Value {
    json!({ "left out": "the event would have been larger than PagerDuty takes" })
}

fn of_alert(alert: &Alert, at: u64, set: &mut dyn FnMut(&str, Value)) {
    set("summary", Value::from(alert.summary.as_str()));
    set("since", Value::from(wording::since(alert, at)));
    if let Some(line) = wording::last_good(alert, at) {
        set("last ok", Value::from(line.trim_start_matches("last ok at ")));
    }
    let measured = wording::measured(alert);
    if !measured.is_empty() {
        set("measured", Value::from(measured));
    }
    if !alert.actions.is_empty() {
        set("recovery", Value::from(alert.actions.clone()));
    }
    if let Some(person) = &alert.acknowledged_by {
        set("taken by", Value::from(person.as_str()));
    }
    if let Some(who) = &alert.assigned_to {
        set("handed to", Value::from(who.as_str()));
    }
    if let Some(runbook) = &alert.runbook {
        set("runbook", Value::from(runbook.as_str()));
    }
    if let Some(details) = alert.details.as_deref().map(str::trim).filter(|details| !details.is_empty()) {
        set("details", Value::from(cut(details, DETAILS_CHARS_MAX)));
    }
    set("labels", labels(&alert.labels));
}

fn labels(labels: &[Label]) -> Value {
    labels.iter().map(|label| (label.name.clone(), Value::from(label.value.as_str()))).collect()
}
