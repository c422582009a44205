//! Spans and moments as people read them.

use std::fmt;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use watchkeep_core::time::Wall;

/// Unreserved characters of a path segment stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// At most two units: `3 h 10 min`. The script says it the same way.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86400 if minutes % 60 == 0 => format!("{hours} h"),
        3600..86400 => format!("{hours} h {} min", minutes % 60),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Three digits are enough to compare latencies by eye.
pub(crate) fn latency(span: Duration) -> String {
    let ms = span.as_secs_f64() * 1000.0;
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.2} s", ms / 1000.0)
    }
}

/// A configured span, which may be below a second.
pub(crate) fn setting(given: Duration) -> String {
    if given.subsec_millis() == 0 { span(given) } else { latency(given) }
}

/// A moment: for people, for scripts, and in full.
#[derive(Clone)]
pub(crate) struct Moment {
    /// RFC 3339.
    pub(crate) iso: String,
    /// How long ago.
    pub(crate) ago: String,
    /// `09:14:05 UTC`, with the date if it was not today.
    pub(crate) clock: String,
    /// `2026-11-21 09:14:05 UTC`.
    pub(crate) full: String,
}

impl Moment {
    pub(crate) fn new(at: Wall, now: Wall) -> Self {
        let format = |pattern: &str| at.utc().map_or_else(String::new, |at| at.format(pattern).to_string());
        let same_day = at.utc().map(|at| at.date_naive()) == now.utc().map(|now| now.date_naive());
        Self {
            iso: crate::api::json::time(at),
            ago: span(now.since(at)),
            clock: format(if same_day { "%H:%M:%S UTC" } else { "%b %-d, %H:%M UTC" }),
            full: format("%Y-%m-%d %H:%M:%S UTC"),
        }
    }
}

/// For a path segment or a query value.
pub(crate) fn escaped(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, SEGMENT)
}

/// Only what opens a web page: `javascript:` and its kin become text.
pub(crate) fn web_link(link: &str) -> Option<String> {
    let scheme = link.split_once("://")?.0;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    web.then(|| link.to_owned())
}

/// `no open alert`, `1 open alert`, `2 open alerts`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Cuts at a character, and says so.
pub(crate) fn shortened(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Text, or what stood between backticks: sentences are written for terminals, where backticks mark names.
pub(crate) struct Part {
    pub(crate) code: bool,
    pub(crate) text: String,
}

/// A backtick without a partner stays text.
pub(crate) fn prose(text: &str) -> Vec<Part> {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return vec![Part { code: false, text: text.to_owned() }];
    }
    let parts = pieces.iter().enumerate();
    parts
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(index, piece)| Part { code: index % 2 == 1, text: (*piece).to_owned() })
        .collect()
}

pub(crate) fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// In binary units, rounded up to whole KiB.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1 << 20 {
        format!("{} KiB", bytes.div_ceil(1 << 10))
    } else {
        format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units() {
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3600, "1 h"),
            (11_400, "3 h 10 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
        assert_eq!(latency(Duration::from_micros(1234)), "1.2 ms");
        assert_eq!(latency(Duration::from_millis(1234)), "1.23 s");
    }

    #[test]
    fn only_web_links_are_links() {
        assert!(web_link("https://wiki.example.com/x").is_some());
        for hostile in
            ["javascript:alert(1)//://", "data:text/html,x", " https://x", "javascript://%0aalert(1)"]
        {
            assert_eq!(web_link(hostile), None, "{hostile}");
        }
    }
}
