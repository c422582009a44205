//! Expected statuses of HTTP.

use std::fmt;

use super::{Config, Place, Problems, Schema, Value, text};

/// One status or a range of them: `200`, `"200"` or `"200-299"`.
///
/// ```
/// use watchkeep_sdk::config::{StatusRange, parse};
///
/// let range = parse::<StatusRange>(r#""200-299""#).unwrap();
/// assert!(range.contains(204) && !range.contains(301));
/// assert!(parse::<StatusRange>("99").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusRange {
    low: u16,
    high: u16,
}

impl StatusRange {
    /// Whether it holds this status.
    pub fn contains(self, status: u16) -> bool {
        (self.low..=self.high).contains(&status)
    }
    fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        Self::new(code(low)?, code(high)?)
    }
    fn new(low: u16, high: u16) -> Option<Self> {
        (low <= high && low >= 100 && high <= 599).then_some(Self { low, high })
    }
}

/// Three digits: `u16::from_str` would take a sign as well.
fn code(text: &str) -> Option<u16> {
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.bytes().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            write!(f, "{}", self.low)
        } else {
            write!(f, "{}-{}", self.low, self.high)
        }
    }
}

impl Config for StatusRange {
    const SCHEMA: Schema = Schema::Json(
        r#""type":["string","integer"],"pattern":"^[1-5][0-9]{2}(-[1-5][0-9]{2})?$","minimum":100,"maximum":599,"x-watchkeep-hint":"write a status such as `204`, or a range such as `200-299` in quotes""#,
    );

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let parsed = match &value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => number
                .as_u64()
                .and_then(|code| u16::try_from(code).ok())
                .and_then(|code| Self::new(code, code)),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        match parsed {
            Some(range) => Some(range),
            None => problems
                .add(place, format!("{} is not a status; hint: write 204, or \"200-299\"", text(&value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_both_its_ends() {
        let range = StatusRange::parse("200-299").unwrap();
        assert!([200, 250, 299].into_iter().all(|status| range.contains(status)));
        assert!(![199, 300].into_iter().any(|status| range.contains(status)));
        assert_eq!(StatusRange::parse("404").unwrap().to_string(), "404");
    }

    #[test]
    fn what_is_no_status_is_refused() {
        for wrong in ["", "20", "2xx", "299-200", "099", "600", "+20", "200-", "200-299-300", " 200"] {
            assert_eq!(StatusRange::parse(wrong), None, "{wrong}");
        }
    }
}
