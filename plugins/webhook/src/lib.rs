//! The notifier `webhook`: posts each notification as JSON, in a form of its own or in that of Alertmanager's
//! webhook.
//!
//! Every attempt of a notification posts the same bytes under the same `Idempotency-Key`, so that a service that
//! knows the header takes it once. Nothing is kept and nothing of the answer is used but whether it was taken.

mod alertmanager;
mod answer;
mod config;
mod document;
mod json;
mod retry_after;

use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;

use config::Format;
pub use config::Webhook;

/// As much of a refusal as is worth reading.
const ANSWER_BYTES_MAX: u64 = 1 << 10;

#[notifier(name = "webhook", summary = "Posts alerts as JSON to a URL, also in Alertmanager's form")]
pub fn deliver(config: Webhook, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let document = match config.format {
        Format::Json => document::of(&notification),
        Format::Alertmanager => alertmanager::of(&notification),
    };
    let mut request = http::to(config.method.as_str(), &config.url).timeout(config.timeout);
    for (name, value) in [("content-type", "application/json"), ("idempotency-key", notification.id.as_str())]
    {
        if !config.sets(name) {
            request = request.header(name, value);
        }
    }
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
    let body = text(&document);
    if let Some(signature) = &config.signature {
        let digest = http::Hmac::sha256(&signature.header).prefix("sha256=").text(body.as_str());
        request = request.hmac(&signature.key, digest);
    }
    // A redirect would turn the POST into a GET that delivers nothing and still answers 200.
    let answer = request.body(body).redirects_max(0).body_bytes_max(ANSWER_BYTES_MAX).send()?;
    answer::judge(&answer)
}
