//! Moments as senders write them.

use watchkeep_sdk::config::Value;
use watchkeep_sdk::wording::from_rfc3339;

/// Beyond this it is no count of seconds: that moment lies 3,000 years ahead.
const SECONDS_MAX: f64 = 1e11;

/// Seconds since 1970, UTC.
pub fn read(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => counted(number.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            match text.get(4..5) {
                Some("-") => written(text),
                _ => counted(number(text)?),
            }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number as JSON writes it.
pub(crate) fn number(text: &str) -> Option<f64> {
    watchkeep_sdk::config::parse::<f64>(text).ok()
}

/// In seconds, or in a thousandth, a millionth or a billionth of them: whichever is of our time.
fn counted(number: f64) -> Option<f64> {
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    let mut seconds = number;
    for _ in 0..3 {
        if seconds >= SECONDS_MAX {
            seconds /= 1_000.0;
        }
    }
    (seconds < SECONDS_MAX).then_some(seconds)
}

/// One without a zone is of UTC.
fn written(text: &str) -> Option<f64> {
    let mut text = text.to_owned();
    if !text.bytes().skip(11).any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-')) {
        text.push('Z');
    }
    Some(from_rfc3339(&text)? as f64 / 1_000.0)
}
