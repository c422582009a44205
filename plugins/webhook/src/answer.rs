//! What the receiver's answer means for the delivery.

use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

/// When a receiver asks for patience and does not say how much.
const PATIENCE_MS: u64 = 10_000;

pub(crate) fn judge(answer: &Response) -> Result<Option<String>, DeliveryError> {
    match answer.status {
        200..300 => Ok(None),
        429 => Err(DeliveryError::RetryAfter(retry_after(answer).unwrap_or(PATIENCE_MS))),
        503 => Err(match retry_after(answer) {
            Some(millis) => DeliveryError::RetryAfter(millis),
            None => DeliveryError::Retryable(said(answer)),
        }),
        408 | 425 | 500..600 => Err(DeliveryError::Retryable(said(answer))),
        300..400 => Err(DeliveryError::Rejected(format!(
            "{}; hint: redirects are not followed, write the address it moved to",
            said(answer)
        ))),
        _ => Err(DeliveryError::Rejected(said(answer))),
    }
}

/// Seconds only: the other form, a date, is rare and needs the receiver's clock.
fn retry_after(answer: &Response) -> Option<u64> {
    let seconds = answer.header("retry-after")?.trim().parse::<u64>().ok()?;
    Some(seconds.saturating_mul(1_000))
}

fn said(answer: &Response) -> String {
    let text = answer.text();
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    match text.is_empty() {
        true => format!("the receiver answered {}", answer.status),
        false => format!("the receiver answered {}: {text}", answer.status),
    }
}
