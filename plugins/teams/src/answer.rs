//! What the workflow's answer means for the delivery. It says that the card was taken, not that it was posted.

use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

/// A workflow takes about four a second, and does not always say how long to wait.
const PATIENCE_MS: u64 = 5_000;

pub(crate) fn judge(answer: &Response) -> Result<Option<String>, DeliveryError> {
    match answer.status {
        200..300 => Ok(None),
        429 => {
            let seconds = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
            let span = seconds.map_or(PATIENCE_MS, |seconds| seconds.saturating_mul(1_000));
            Err(DeliveryError::RetryAfter(span))
        }
        408 | 500..600 => Err(DeliveryError::Retryable(said(answer))),
        _ => Err(DeliveryError::Rejected(match hint(answer.status) {
            Some(hint) => format!("{}; hint: {hint}", said(answer)),
            None => said(answer),
        })),
    }
}

/// `Teams answered 400: WorkflowTriggerIsNotEnabled: Could not execute workflow`.
fn said(answer: &Response) -> String {
    let json = answer.json().unwrap_or_default();
    let error = &json["error"];
    let text = match (error["code"].as_str(), error["message"].as_str()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => answer.text().into_owned(),
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    match text.trim() {
        "" => format!("Teams answered {}", answer.status),
        text => format!("Teams answered {}: {text}", answer.status),
    }
}

fn hint(status: u16) -> Option<&'static str> {
    match status {
        400 | 401 | 403 | 404 | 410 => Some(
            "the workflow is gone, switched off, or not for everybody; look at it in *Workflows*, and put its URL into the secret anew",
        ),
        413 => Some("the card is too large; this is the plugin's mistake: use another version of it"),
        _ => None,
    }
}
