//! What Telegram's answer means for the delivery.

use serde_json::Value;
use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

/// It takes about twenty messages a minute in a group, and says how long to wait.
const PATIENCE_MS: u64 = 5_000;

/// Why a call came to nothing.
pub(crate) enum Trouble {
    /// The message to edit was deleted.
    Gone,
    /// It is there and stays as it is.
    Fixed(String),
    Failed(DeliveryError),
}

impl From<Trouble> for DeliveryError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Gone => DeliveryError::Rejected("the message is gone".to_owned()),
            Trouble::Fixed(said) => DeliveryError::Rejected(said),
            Trouble::Failed(error) => error,
        }
    }
}

/// What the method gives back.
pub(crate) fn judge(answer: &Response) -> Result<Value, Trouble> {
    let json = answer.json().unwrap_or_default();
    if answer.is_success() {
        if json["ok"] == Value::Bool(true) {
            return Ok(json["result"].clone());
        }
        let message = "the answer says neither that it was taken nor why not".to_owned();
        return Err(Trouble::Failed(DeliveryError::Unsure(message)));
    }
    let description = json["description"].as_str().unwrap_or_default();
    let said = said(answer, description);
    if description.contains("message to edit not found") || description.contains("MESSAGE_ID_INVALID") {
        return Err(Trouble::Gone);
    }
    if description.contains("is not modified") || description.contains("message can't be edited") {
        return Err(Trouble::Fixed(said));
    }
    Err(Trouble::Failed(match answer.status {
        429 => DeliveryError::RetryAfter(retry_after(answer, &json)),
        408 | 500..600 => DeliveryError::Retryable(said),
        _ => DeliveryError::Rejected(match hint(answer.status, description, &json) {
            Some(hint) => format!("{said}; hint: {hint}"),
            None => said,
        }),
    }))
}

fn retry_after(answer: &Response, json: &Value) -> u64 {
    let body = json["parameters"]["retry_after"].as_u64();
    let header = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
    body.or(header).map_or(PATIENCE_MS, |seconds| seconds.saturating_mul(1_000))
}

fn said(answer: &Response, description: &str) -> String {
    let text = if description.is_empty() { answer.text().into_owned() } else { description.to_owned() };
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    match text.trim() {
        "" => format!("Telegram answered {}", answer.status),
        text => format!("Telegram answered {}: {text}", answer.status),
    }
}

fn hint(status: u16, description: &str, json: &Value) -> Option<String> {
    if let Some(id) = json["parameters"]["migrate_to_chat_id"].as_i64() {
        return Some(format!("the group became a larger one; write `chat = \"{id}\"`"));
    }
    let hint = match status {
        401 | 404 => {
            "the secret has to be `https://api.telegram.org/bot` with the token from @BotFather after it"
        }
        403 => "add the bot to the chat, or let it post there; a person has to write to it first",
        400 if description.contains("chat not found") => "write the chat's id, and add the bot to the chat",
        400 if description.contains("thread not found") => "the group has no such `topic`",
        _ => return None,
    };
    Some(hint.to_owned())
}
