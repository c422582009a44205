//! Durations such as `1h30m` and `500ms`.

use std::time::Duration;

use super::{Config, Place, Problems, Schema, Value};

impl Config for Duration {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^([0-9]+(ms|s|m|h|d))+$","examples":["500ms","10s","1h30m"],"x-watchkeep-hint":"write whole numbers with `ms`, `s`, `m`, `h` or `d`: `500ms`, `10s`, `1h30m`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::String(text) => match parse(&text) {
                Some(span) => Some(span),
                None => problems
                    .add(place, format!("`{text}` is not a duration; hint: write `500ms`, `10s` or `1h30m`")),
            },
            _ => problems.add(place, "must be a span such as `10s`"),
        }
    }
}

fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let factor = match &rest[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        millis = millis.checked_add(count.checked_mul(factor)?)?;
        rest = &rest[unit..];
    }
    (!text.is_empty()).then(|| Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_sums_of_counted_units() {
        assert_eq!(parse("1h30m"), Some(Duration::from_secs(5_400)));
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("2d"), Some(Duration::from_secs(172_800)));
        for wrong in ["", "5", "s", "1.5s", "5 s", "-1s", "1w", "99999999999999999999s"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
