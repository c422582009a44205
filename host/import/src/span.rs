//! Durations as other tools write them, and as this one does.

const MILLIS: u64 = 1;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const UNITS: [(&str, u64); 7] =
    [("ms", MILLIS), ("y", 365 * DAY), ("w", 7 * DAY), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)];

/// Parses `1h30m`, `1.5s`, `500ms` or `2d` to milliseconds; smaller units are rounded down.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let small = ["us", "µs", "μs", "ns"].into_iter().find(|unit| rest.starts_with(unit));
        if let Some(unit) = small {
            rest = &rest[unit.len()..];
            continue;
        }
        let (unit, millis) = UNITS.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        total += number * millis as f64;
        rest = &rest[unit.len()..];
    }
    Some(total as u64)
}

/// Writes a duration, as in `1h30m`.
pub(crate) fn write(millis: u64) -> String {
    let mut left = millis;
    let mut text = String::new();
    for (unit, size) in [("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLIS)] {
        let count = left / size;
        left %= size;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

pub(crate) const fn seconds(seconds: u64) -> u64 {
    seconds.saturating_mul(SECOND)
}

pub(crate) const fn minutes(minutes: u64) -> u64 {
    minutes.saturating_mul(MINUTE)
}

/// A number of days, rounded up.
pub(crate) const fn days(millis: u64) -> u64 {
    millis.div_ceil(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_they_are_written_elsewhere() {
        for (text, millis, written) in [
            ("90s", 90_000, "1m30s"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1.5s", 1_500, "1s500ms"),
            ("500ms", 500, "500ms"),
            ("720h", 720 * HOUR, "30d"),
            ("2w", 14 * DAY, "14d"),
            ("0", 0, "0s"),
        ] {
            assert_eq!(parse(text), Some(millis), "{text}");
            assert_eq!(write(millis), written);
        }
        for text in ["", "5", "m", "5x", "1h5", "-5s"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!((days(48 * HOUR), days(49 * HOUR)), (2, 3));
    }
}
