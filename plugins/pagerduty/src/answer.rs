//! What PagerDuty's answer means for the delivery.

use serde_json::Value;
use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

/// It takes about 120 events a minute for one key, and does not say when it takes more.
const PATIENCE_MS: u64 = 10_000;

pub(crate) fn judge(answer: &Response) -> Result<(), DeliveryError> {
    match answer.status {
        200..300 => Ok(()),
        429 => {
            let seconds = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
            let span = seconds.map_or(PATIENCE_MS, |seconds| seconds.saturating_mul(1_000));
            Err(DeliveryError::RetryAfter(span))
        }
        408 | 500..600 => Err(DeliveryError::Retryable(said(answer))),
        _ => Err(DeliveryError::Rejected(match hint(answer) {
            Some(hint) => format!("{}; hint: {hint}", said(answer)),
            None => said(answer),
        })),
    }
}

fn said(answer: &Response) -> String {
    let json = answer.json().unwrap_or_default();
    let errors = json["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let parts: Vec<&str> = json["message"].as_str().into_iter().chain(errors).take(6).collect();
    let text = if parts.is_empty() { answer.text().into_owned() } else { parts.join(": ") };
    let text: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    match text.trim() {
        "" => format!("PagerDuty answered {}", answer.status),
        text => format!("PagerDuty answered {}: {text}", answer.status),
    }
}

fn hint(answer: &Response) -> Option<&'static str> {
    const KEY: &str = "the secret has to be the 32 characters of an Events API v2 integration key, \
                       and the EU service region has a `url` of its own";
    let text = answer.text().to_ascii_lowercase();
    let about_key = text.contains("routing_key") || text.contains("routing key");
    (about_key || matches!(answer.status, 401 | 403)).then_some(KEY)
}
