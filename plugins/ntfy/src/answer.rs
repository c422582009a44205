//! What the server's answer means for the delivery.

use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

/// The public server takes a message every five seconds, and does not say when it takes the next.
const PATIENCE_MS: u64 = 5_000;
/// Its error for a day's messages that are used up.
const DAILY_LIMIT: u64 = 42_908;
const AN_HOUR_MS: u64 = 3_600_000;

pub(crate) fn judge(answer: &Response) -> Result<Option<String>, DeliveryError> {
    let json = answer.json().unwrap_or_default();
    match answer.status {
        200..300 => match json["id"].as_str() {
            Some(id) => Ok(Some(id.chars().take(64).collect())),
            // A page of somebody in between is no push.
            None => Err(DeliveryError::Unsure("the answer is not from an ntfy server".to_owned())),
        },
        429 => {
            let seconds = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
            let patience = if json["code"].as_u64() == Some(DAILY_LIMIT) { AN_HOUR_MS } else { PATIENCE_MS };
            let span = seconds.map_or(patience, |seconds| seconds.saturating_mul(1_000));
            Err(DeliveryError::RetryAfter(span))
        }
        408 | 500..600 => Err(DeliveryError::Retryable(said(answer, json["error"].as_str()))),
        status => {
            let said = said(answer, json["error"].as_str());
            Err(DeliveryError::Rejected(match hint(status) {
                Some(hint) => format!("{said}; hint: {hint}"),
                None => said,
            }))
        }
    }
}

fn said(answer: &Response, error: Option<&str>) -> String {
    let text = error.map_or_else(|| answer.text().into_owned(), str::to_owned);
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    match text.trim() {
        "" => format!("ntfy answered {}", answer.status),
        text => format!("ntfy answered {}: {text}", answer.status),
    }
}

fn hint(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("the server does not know this `token`, or this user with this password"),
        403 => Some("the topic is protected; set `token` or `basic` of somebody who may write to it"),
        404 => Some("`server` is the address of an ntfy server without the topic"),
        _ => None,
    }
}
