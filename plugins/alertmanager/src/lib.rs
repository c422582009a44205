//! The notifier `alertmanager`: sends alerts to Alertmanager, as Prometheus does.
//!
//! Alertmanager knows an alert by its labels and nothing else. So the labels that were sent last are kept for each life:
//! when they change (it got worse, a check reports other labels), the alert under the old ones is ended.

mod alert;
mod config;
mod json;
mod sent;

mod cluster;

use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;

pub use config::Alertmanager;
use serde_json::Value;

#[notifier(name = "alertmanager", summary = "Sends alerts to Alertmanager, as Prometheus does")]
pub fn deliver(config: Alertmanager, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let lasts = u64::try_from(config.lasts.as_millis()).unwrap_or(u64::MAX);
    let mut alerts: Vec<Value> = Vec::new();
    let mut sent = sent::Sent::default();
    for each in &notification.alerts {
        let labels = alert::labels(each);
        if let Some(before) = sent.before(each).filter(|before| *before != labels) {
            alerts.push(alert::ended(each, before, notification.at));
        }
        sent.now(each, &labels);
        alerts.push(alert::of(each, labels, &notification, lasts));
    }
    if notification.alerts.is_empty() {
        alerts.push(alert::without_life(&notification));
    }
    cluster::tell(&config, &text(&Value::Array(alerts)))?;
    sent.keep();
    Ok(None)
}
