//! Alertmanager's webhook, version 4, so that what was made for it works unchanged. It knows only firing and
//! resolved: reminders, escalations and acknowledgements are firing alerts, and an event is one that is over.

use serde_json::{Value, json};
use watchkeep_sdk::Notice;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::rfc3339;

use crate::generic::{labels, severity, state};

/// How Alertmanager writes the end of what has not ended.
const NOT_ENDED: &str = "0001-01-01T00:00:00Z";

pub(crate) fn body(notification: &Notification) -> Value {
    let alerts: Vec<Value> = match &notification.event {
        Some(event) => vec![of_event(event, notification)],
        None => notification.alerts.iter().map(of_alert).collect(),
    };
    let any_fires = alerts.iter().any(|alert| alert["status"] == "firing");
    json!({
        "version": "4",
        "groupKey": notification.dedup_key,
        "truncatedAlerts": notification.omitted,
        "status": if any_fires { "firing" } else { "resolved" },
        "receiver": notification.receiver,
        "groupLabels": labels(&notification.group_labels),
        "commonLabels": labels(&notification.common_labels),
        "commonAnnotations": common(&alerts),
        "externalURL": notification.link,
        "alerts": alerts,
    })
}

fn of_alert(alert: &Alert) -> Value {
    let mut all = labels(&alert.labels);
    all["alertname"] = Value::from(alert.check.as_str());
    all["state"] = Value::from(state(alert.state));
    all["severity"] = Value::from(severity(alert.severity));
    let mut annotations = json!({ "summary": alert.summary });
    if let Some(finding) = &alert.finding {
        all["finding"] = Value::from(finding.as_str());
    }
    if let Some(details) = &alert.details {
        annotations["description"] = Value::from(details.as_str());
    }
    if let Some(runbook) = &alert.runbook {
        annotations["runbook_url"] = Value::from(runbook.as_str());
    }
    json!({
        "status": if alert.until.is_some() { "resolved" } else { "firing" },
        "labels": all,
        "annotations": annotations,
        "startsAt": rfc3339(alert.since),
        "endsAt": alert.until.map_or_else(|| NOT_ENDED.to_owned(), rfc3339),
        "generatorURL": alert.link,
        "fingerprint": fingerprint(&alert.id),
    })
}

fn of_event(event: &Notice, notification: &Notification) -> Value {
    let mut all = labels(&event.labels);
    all["alertname"] = Value::from(event.check.as_str());
    all["severity"] = Value::from(severity(event.severity));
    all["kind"] = Value::from("event");
    json!({
        "status": "firing",
        "labels": all,
        "annotations": { "summary": event.title, "description": event.body },
        "startsAt": rfc3339(event.at),
        "endsAt": rfc3339(event.at),
        "generatorURL": event.link.as_deref().unwrap_or(&notification.link),
        "fingerprint": fingerprint(&notification.id),
    })
}

/// Sixteen hexadecimal digits, as Alertmanager's; FNV-1a, stable for an alert's life.
fn fingerprint(id: &str) -> String {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// What all alerts say alike.
fn common(alerts: &[Value]) -> Value {
    let Some(first) = alerts.first().and_then(|alert| alert["annotations"].as_object()) else {
        return json!({});
    };
    let alike =
        |(name, value): &(&String, &Value)| alerts.iter().all(|alert| &alert["annotations"][*name] == *value);
    Value::Object(first.iter().filter(alike).map(|(name, value)| (name.clone(), value.clone())).collect())
}
