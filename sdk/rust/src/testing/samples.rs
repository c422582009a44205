//! Sample values, to be changed where a test needs it.

use crate::action::Occasion;
use crate::http::Certificate;
use crate::notification::{Alert, Notification, NotificationKind, Picture};
use crate::report::{Label, Severity, State};

/// The time of the scripted clock at first: 2026-03-04 05:06:07 UTC.
pub const NOW: u64 = 1_772_600_767_000;

/// A critical alert of a check that has failed for five minutes.
pub fn alert(check: &str) -> Alert {
    Alert {
        id: "5f2a9c".to_owned(),
        check: check.to_owned(),
        finding: None,
        state: State::Critical,
        previous: Some(State::Ok),
        severity: Severity::Error,
        summary: "connection refused by 192.0.2.1:443 after 3 ms".to_owned(),
        details: None,
        metrics: Vec::new(),
        since: NOW - 300_000,
        until: None,
        last_good: Some(NOW - 330_000),
        acknowledged_by: None,
        assigned_to: None,
        actions: Vec::new(),
        runbook: None,
        link: format!("https://watch.example.com/checks/{check}"),
        pictures: Vec::new(),
        labels: vec![Label::new("check", check), Label::new("team", "web")],
    }
}

/// An occasion to act on a check that has failed for five minutes.
pub fn occasion(check: &str) -> Occasion {
    Occasion {
        id: "o1".to_owned(),
        attempt: 1,
        check: check.to_owned(),
        finding: None,
        config: "{}".to_owned(),
        summary: "connection refused by 192.0.2.1:443 after 3 ms".to_owned(),
        since: NOW - 300_000,
        deadline: 10_000,
        labels: vec![Label::new("check", check), Label::new("team", "web")],
    }
}

/// A picture of an alert; its bytes must be added to the host.
pub fn picture(id: &str, media_type: &str, size: u64) -> Picture {
    Picture {
        id: id.to_owned(),
        name: id.to_owned(),
        media_type: media_type.to_owned(),
        size,
        url: format!("https://watch.example.com/snapshots/{id}"),
    }
}

/// A notification that reports these alerts for the first time.
pub fn notification(alerts: impl IntoIterator<Item = Alert>) -> Notification {
    Notification {
        id: "n1".to_owned(),
        dedup_key: "5f2a9c-chat".to_owned(),
        kind: NotificationKind::Firing,
        attempt: 1,
        told_before: false,
        previous_id: None,
        receiver: "chat".to_owned(),
        config: "{}".to_owned(),
        reason: "3 failures in a row".to_owned(),
        group_labels: vec![Label::new("team", "web")],
        common_labels: vec![Label::new("team", "web")],
        alerts: alerts.into_iter().collect(),
        omitted: 0,
        event: None,
        link: "https://watch.example.com/alerts".to_owned(),
        at: NOW,
        deadline: 10_000,
    }
}

/// A certificate that is valid from a month before [`NOW`] until `not_after`.
pub fn certificate(name: &str, not_after: u64) -> Certificate {
    Certificate {
        subject: format!("CN={name}"),
        issuer: "CN=Example CA".to_owned(),
        serial: "01".to_owned(),
        not_before: NOW - 30 * 86_400_000,
        not_after,
        names: vec![name.to_owned()],
        signature_algorithm: "ecdsa-with-SHA256".to_owned(),
        key_algorithm: "EC".to_owned(),
        key_bits: 256,
        sha256: "00".repeat(32),
    }
}

/// The JSON Schema of a manifest, parsed.
#[track_caller]
pub fn schema(manifest: &crate::Manifest) -> serde_json::Value {
    match serde_json::from_str(manifest.config_schema) {
        Ok(schema) => schema,
        Err(error) => panic!("the schema of `{}` is not JSON: {error}", manifest.name),
    }
}
