//! What Slack's answer means for the delivery.

use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

/// When Slack asks for patience and does not say how much: its pace is about one message a second.
const PATIENCE_MS: u64 = 2_000;

pub(crate) fn judge(answer: &Response) -> Result<Option<String>, DeliveryError> {
    match answer.status {
        200..300 => Ok(None),
        429 => Err(DeliveryError::RetryAfter(retry_after(answer))),
        408 | 500..600 => Err(DeliveryError::Retryable(said(answer))),
        _ => Err(DeliveryError::Rejected(match hint(answer.text().trim()) {
            Some(hint) => format!("{}; hint: {hint}", said(answer)),
            None => said(answer),
        })),
    }
}

fn retry_after(answer: &Response) -> u64 {
    let seconds = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
    seconds.map_or(PATIENCE_MS, |seconds| seconds.saturating_mul(1_000))
}

fn said(answer: &Response) -> String {
    let text = answer.text();
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    if text.is_empty() {
        format!("Slack answered {}", answer.status)
    } else {
        format!("Slack answered {}: {text}", answer.status)
    }
}

/// What to do about the words that Slack documents for incoming webhooks.
fn hint(word: &str) -> Option<&'static str> {
    match word.split([':', ' ']).next()? {
        "no_service" | "no_service_id" | "no_active_hooks" | "invalid_token" | "no_team"
        | "team_disabled" => {
            Some("the webhook was removed or disabled; make a new one and put its URL into the secret")
        }
        "channel_not_found" => Some("the webhook's channel is gone; make a webhook for another one"),
        "channel_is_archived" => Some("unarchive the channel, or make a webhook for another one"),
        "action_prohibited" | "posting_to_general_channel_denied" | "user_not_found" => {
            Some("an administrator of the workspace has restricted this; ask for it to be allowed")
        }
        _ => None,
    }
}
