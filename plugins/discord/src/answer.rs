//! What Discord's answer means for the delivery.

use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

/// It takes five messages in two seconds, and nearly always says how long to wait.
const PATIENCE_MS: u64 = 2_000;

/// Why a message was not edited.
pub(crate) enum Trouble {
    /// Somebody deleted it.
    Gone,
    Failed(DeliveryError),
}

pub(crate) fn of_post(answer: &Response) -> Result<String, DeliveryError> {
    if !answer.is_success() {
        return Err(refused(answer));
    }
    let id = answer.json().ok().and_then(|json| json["id"].as_str().map(str::to_owned));
    id.filter(|id| crate::is_id(id)).ok_or_else(|| {
        DeliveryError::Unsure(
            "the answer does not say which message it is, so it may have been posted".to_owned(),
        )
    })
}

pub(crate) fn of_edit(answer: &Response) -> Result<(), Trouble> {
    const UNKNOWN_MESSAGE: u64 = 10_008;
    if answer.is_success() {
        return Ok(());
    }
    let code = answer.json().ok().and_then(|json| json["code"].as_u64());
    Err(if code == Some(UNKNOWN_MESSAGE) { Trouble::Gone } else { Trouble::Failed(refused(answer)) })
}

fn refused(answer: &Response) -> DeliveryError {
    match answer.status {
        429 => DeliveryError::RetryAfter(retry_after(answer)),
        408 | 500..600 => DeliveryError::Retryable(said(answer)),
        401 | 403 | 404 => {
            let hint = "the webhook was removed; make a new one and put its URL into the secret";
            DeliveryError::Rejected(format!("{}; hint: {hint}", said(answer)))
        }
        _ => DeliveryError::Rejected(said(answer)),
    }
}

/// The body knows parts of a second; what stands before Discord has only the header.
fn retry_after(answer: &Response) -> u64 {
    let body = answer.json().ok().and_then(|json| json["retry_after"].as_f64());
    let header = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
    let body =
        body.filter(|seconds| (0.0..1e9).contains(seconds)).map(|seconds| (seconds * 1_000.0) as u64 + 1);
    body.or(header.map(|seconds| seconds.saturating_mul(1_000))).unwrap_or(PATIENCE_MS)
}

fn said(answer: &Response) -> String {
    let message = answer.json().ok().and_then(|json| json["message"].as_str().map(str::to_owned));
    let text = message.unwrap_or_else(|| answer.text().into_owned());
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    match text.trim() {
        "" => format!("Discord answered {}", answer.status),
        text => format!("Discord answered {}: {text}", answer.status),
    }
}
