//! The notifier `pagerduty`: triggers, acknowledges and resolves incidents through PagerDuty's Events API v2.
//!
//! An alert's life is one incident: its dedup key is ours, so that an event that is sent twice counts once. What is no
//! more than news becomes a change event, which is shown beside incidents and pages nobody.

mod details;
mod event;

mod answer;

use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;

use event::Event;

/// Triggers, acknowledges and resolves incidents.
#[derive(Config)]
pub struct PagerDuty {
    /// The integration key of a service (or of an event orchestration): *Integrations* -> *Events API v2*. 32 characters.
    routing_key: Secret,
    /// PagerDuty's Events API; in the EU service region it is `https://events.eu.pagerduty.com`.
    #[config(grants = "http", default = "https://events.pagerduty.com")]
    url: String,
    /// The source that incidents name; default: the check's name.
    source: Option<String>,
    /// How long to wait for the answer.
    #[config(default = "10s")]
    timeout: Duration,
}

#[notifier(
    name = "pagerduty",
    summary = "Triggers, acknowledges and resolves incidents in PagerDuty",
    grouping = "per_alert",
    request(capability = "http", target = "https://events.pagerduty.com", reason = "to send events"),
    request(
        capability = "http",
        target = "https://events.eu.pagerduty.com",
        reason = "to send events in the EU service region"
    )
)]
pub fn deliver(config: PagerDuty, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let event = Event::of(&notification, config.source.as_deref());
    // Nothing that a target says may stand where the key goes.
    let holder = holder(&text(&event.body(&notification, "")));
    let body = text(&event.body(&notification, &holder));
    let answer = http::post(format!("{}{}", config.url.trim_end_matches('/'), event.path()))
        .json(body)
        .placeholder(&holder, &config.routing_key)
        .timeout(config.timeout)
        .redirects_max(0)
        .body_bytes_max(8 << 10)
        .send()?;
    answer::judge(&answer)?;
    Ok(Some(notification.dedup_key))
}

/// A text that does not occur.
fn holder(body: &str) -> String {
    let mut number = 0_u32;
    loop {
        let holder = format!("ROUTING-KEY-{number}");
        if !body.contains(&holder) {
            return holder;
        }
        number += 1;
    }
}
