//! What the answer says of the delivery: taken, not yet, or never.

use watchkeep_sdk::http::Response;
use watchkeep_sdk::prelude::*;

use crate::retry_after;

/// How much of the service's answer is quoted, in characters.
const EXCERPT_CHARS_MAX: usize = 200;

pub(crate) fn judge(answer: &Response) -> Result<Option<String>, DeliveryError> {
    match answer.status {
        200..=299 => Ok(None),
        408 | 425 | 429 | 500..=599 => Err(match retry_after::of(answer) {
            Some(span) => DeliveryError::RetryAfter(span),
            None => DeliveryError::Retryable(said(answer)),
        }),
        300..=399 => Err(DeliveryError::Rejected(moved(answer))),
        _ => Err(DeliveryError::Rejected(said(answer))),
    }
}

/// `status 400: unknown field`.
fn said(answer: &Response) -> String {
    let excerpt = excerpt(&answer.text());
    match excerpt.as_str() {
        "" => format!("status {}", answer.status),
        excerpt => format!("status {}: {excerpt}", answer.status),
    }
}

fn moved(answer: &Response) -> String {
    match answer.header("location") {
        Some(location) => {
            format!("status {} to `{}`; hint: post to where it leads", answer.status, excerpt(location))
        }
        None => said(answer),
    }
}

/// The beginning, as one line.
fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    for (at, word) in
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).enumerate()
    {
        if at > 0 {
            excerpt.push(' ');
        }
        excerpt.push_str(word);
    }
    if let Some((at, _)) = excerpt.char_indices().nth(EXCERPT_CHARS_MAX) {
        excerpt.truncate(at);
        excerpt.push_str("...");
    }
    excerpt
}
