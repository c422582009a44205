//! The notifier `webhook`: posts JSON, in a shape of its own or in that of Alertmanager's webhook.
//!
//! Each attempt of a notification bears the same `Idempotency-Key`, so that a receiver can drop a repeat.

mod alertmanager;
mod answer;
mod config;
mod generic;

use watchkeep_sdk::prelude::*;

use config::Format;
pub use config::Webhook;

#[notifier(name = "webhook", summary = "Posts JSON: its own, or Alertmanager's version 4")]
pub fn deliver(config: Webhook, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let body = match config.format {
        Format::Generic => generic::body(&notification),
        Format::AlertmanagerV4 => alertmanager::body(&notification),
    };
    let mut request = http::to(config.method.as_str(), &config.url)
        .header("idempotency-key", &notification.id)
        .json(watchkeep_sdk::config::text(&body))
        .redirects_max(0)
        .body_bytes_max(4 << 10)
        .timeout(config.timeout);
    for (name, value) in &config.headers.0 {
        request = request.header(name, value);
    }
    for (name, secret) in &config.secret_headers.0 {
        request = request.secret_header(name, secret);
    }
    if let Some(bearer) = &config.bearer {
        request = request.bearer(bearer);
    }
    if let Some(basic) = &config.basic {
        request = request.basic(&basic.user, &basic.password);
    }
    answer::judge(&request.send()?)
}
