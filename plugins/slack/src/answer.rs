//! What Slack's answer means for the delivery.

use serde_json::Value;
use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

use crate::words::{Meaning, meaning};

/// When Slack asks for patience and does not say how much: its pace is about one message a second.
const PATIENCE_MS: u64 = 2_000;

/// Why a call of the Web API came to nothing.
pub(crate) enum Trouble {
    /// Slack's own word, and what that means for the delivery.
    Said { word: String, means: DeliveryError },
    /// There was no such word.
    Failed(DeliveryError),
}

impl From<Trouble> for DeliveryError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Said { means, .. } => means,
            Trouble::Failed(error) => error,
        }
    }
}

impl Trouble {
    /// One of these words.
    pub(crate) fn says(&self, words: &[&str]) -> bool {
        match self {
            Trouble::Said { word, .. } => words.contains(&word.as_str()),
            Trouble::Failed(_) => false,
        }
    }
    pub(crate) fn sentence(self) -> String {
        match DeliveryError::from(self) {
            DeliveryError::RetryAfter(millis) => format!("Slack asks to wait {millis} ms"),
            DeliveryError::Retryable(said) | DeliveryError::Unsure(said) | DeliveryError::Rejected(said) => {
                said
            }
        }
    }
}

/// A webhook answers `ok`, or a status with a word.
pub(crate) fn of_webhook(answer: &Response) -> Result<Option<String>, DeliveryError> {
    if let Some(error) = by_status(answer) {
        return Err(error);
    }
    if answer.is_success() {
        return Ok(None);
    }
    let text = answer.text();
    Err(match meaning(text.trim().split([':', ' ']).next().unwrap_or_default()) {
        Meaning::Never(Some(hint)) => DeliveryError::Rejected(format!("{}; hint: {hint}", said(answer))),
        Meaning::Never(None) | Meaning::Patience | Meaning::Later | Meaning::Unsure => {
            DeliveryError::Rejected(said(answer))
        }
    })
}

/// The Web API answers 200 with `ok`, whatever became of it.
pub(crate) fn of_api(method: &str, answer: &Response) -> Result<Value, Trouble> {
    if let Some(error) = by_status(answer) {
        return Err(Trouble::Failed(error));
    }
    let value = match answer.json() {
        Ok(value) if answer.is_success() => value,
        Ok(_) | Err(_) if answer.is_success() => {
            let message = format!("{method}: the answer is not JSON, so it may have been taken");
            return Err(Trouble::Failed(DeliveryError::Unsure(message)));
        }
        Ok(_) | Err(_) => return Err(Trouble::Failed(DeliveryError::Rejected(said(answer)))),
    };
    if value["ok"] == Value::Bool(true) {
        return Ok(value);
    }
    let Some(word) = value["error"].as_str() else {
        let message = format!("{method}: the answer says neither that it was taken nor why not");
        return Err(Trouble::Failed(DeliveryError::Unsure(message)));
    };
    let word = excerpt(word, 100);
    let sentence = format!("{method}: {word}{}", more(&value));
    let means = match meaning(&word) {
        Meaning::Patience => DeliveryError::RetryAfter(retry_after(answer)),
        Meaning::Later => DeliveryError::Retryable(sentence),
        Meaning::Unsure => DeliveryError::Unsure(sentence),
        Meaning::Never(Some(hint)) => DeliveryError::Rejected(format!("{sentence}; hint: {hint}")),
        Meaning::Never(None) => DeliveryError::Rejected(sentence),
    };
    Err(Trouble::Said { word, means })
}

/// What a status says whoever answers.
fn by_status(answer: &Response) -> Option<DeliveryError> {
    match answer.status {
        429 => Some(DeliveryError::RetryAfter(retry_after(answer))),
        408 | 500..600 => Some(DeliveryError::Retryable(said(answer))),
        _ => None,
    }
}

fn retry_after(answer: &Response) -> u64 {
    let seconds = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
    seconds.map_or(PATIENCE_MS, |seconds| seconds.saturating_mul(1_000))
}

fn said(answer: &Response) -> String {
    match excerpt(answer.text().trim(), 200).as_str() {
        "" => format!("Slack answered {}", answer.status),
        text => format!("Slack answered {}: {text}", answer.status),
    }
}

/// What else the answer says: the scope that is missing, or what is wrong with a refused message.
fn more(answer: &Value) -> String {
    let needed = answer["needed"].as_str().map(|scope| format!("needs `{}`", excerpt(scope, 100)));
    let messages = answer["response_metadata"]["messages"].as_array();
    let messages = messages.into_iter().flatten().filter_map(Value::as_str).map(|text| excerpt(text, 200));
    let all: Vec<String> = needed.into_iter().chain(messages).take(3).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join("; ")) }
}

fn excerpt(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars_max).collect()
}
