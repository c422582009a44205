//! Durations and sizes as people write them.

use std::time::Duration;

const SPANS: [(&str, u64); 6] =
    [("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Parses a duration such as `1h30m` or `500ms`, with units in falling order, each at most once. `0` needs a unit too.
pub fn parse_span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut millis = 0_u64;
    let mut below = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (_, unit) = SPANS.into_iter().find(|(name, _)| *name == &rest[..letters])?;
        if unit >= below {
            return None;
        }
        below = unit;
        millis = millis.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[letters..];
    }
    (below < u64::MAX).then(|| Duration::from_millis(millis))
}

/// Writes a duration: 90000 milliseconds as `1m30s`.
pub(crate) fn write_span(span: Duration) -> String {
    let mut millis = span.as_millis() as u64;
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    // Weeks are read, but people count in days.
    for (name, unit) in &SPANS[1..] {
        let count = millis / unit;
        millis %= unit;
        if count > 0 {
            text.push_str(&format!("{count}{name}"));
        }
    }
    text
}

/// Parses a size such as `32MiB`, `10GB` or `0B`.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (_, unit) = SIZES.into_iter().find(|(name, _)| *name == &text[digits..])?;
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}

/// Writes a size in the largest binary unit that divides it.
pub(crate) fn write_size(bytes: u64) -> String {
    let (name, unit) =
        SIZES[..4].iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit)).unwrap_or(&("B", 1));
    format!("{}{name}", bytes / unit)
}

/// The one of `known` that was probably meant.
pub(crate) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = text.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| {
            let distance = strsim::damerau_levenshtein(&folded, &name.to_lowercase().replace('-', "_"));
            (distance, name)
        })
        .filter(|(distance, name)| *distance <= name.chars().count().max(folded.chars().count()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spans() {
        assert_eq!(parse_span("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_span("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_span("1m1ms"), Some(Duration::from_millis(60_001)));
        assert_eq!(parse_span("2w"), Some(Duration::from_secs(14 * 86_400)));
    }

    #[test]
    fn refuses_what_is_no_span() {
        for text in
            ["", "5", "m", "5 m", "-5s", "1.5h", "5s5s", "30m1h", "5sec", "99999999999999999999s", "5sø"]
        {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }

    #[test]
    fn writes_spans_as_they_are_read() {
        for text in ["1h30m", "500ms", "1d", "1m30s", "15d2h"] {
            assert_eq!(write_span(parse_span(text).unwrap()), text);
        }
    }

    #[test]
    fn reads_and_writes_sizes() {
        assert_eq!(parse_size("32MiB"), Some(32 << 20));
        assert_eq!(parse_size("1GB"), Some(1_000_000_000));
        for text in ["", "32", "MiB", "32mib", "1.5GiB", "99999999999TiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
        assert_eq!(write_size(48 << 20), "48MiB");
        assert_eq!(write_size(1000), "1000B");
        assert_eq!(write_size(0), "0B");
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("intervall", ["interval", "timeout"]), Some("interval"));
        assert_eq!(nearest("retry-interval", ["interval", "retry_interval"]), Some("retry_interval"));
        assert_eq!(nearest("zebra", ["interval", "timeout"]), None);
    }
}
