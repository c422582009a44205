//! Durations and times as people read them.

use std::fmt;
use std::time::Duration;

use chrono::{NaiveDateTime, SecondsFormat};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use watchkeep_core::time::Wall;
pub(crate) use watchkeep_core::time::span;

/// Encodes a path segment, in which unreserved characters stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A latency, with three digits, which is enough to compare latencies by eye.
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

/// A duration from the config, which may be below a second.
pub(crate) fn setting(given: Duration) -> String {
    if given.subsec_millis() == 0 { span(given) } else { latency(given) }
}

/// A time: for people, for scripts, and in full.
#[derive(Clone)]
pub(crate) struct Moment {
    /// The time as RFC 3339.
    pub(crate) iso: String,
    /// How long ago it was.
    pub(crate) ago: String,
    /// The time of day, as in `09:14:05 UTC`, with the date if it was not today.
    pub(crate) clock: String,
    /// The whole time, as in `2026-11-21 09:14:05 UTC`.
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

/// The text, escaped for a path segment or a query value.
pub(crate) fn escaped(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, SEGMENT)
}

/// The link, if it opens a web page; `javascript:` and the like stay text.
pub(crate) fn web_link(link: &str) -> Option<String> {
    let scheme = link.split_once("://")?.0;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    web.then(|| link.to_owned())
}

/// A count, as in `no open alert`, `1 open alert`, `2 open alerts`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// The text, cut between characters if it is too long, and marked as cut.
pub(crate) fn shortened(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A part of a sentence: text, something between backticks, or a time. Sentences are written for terminals, where
/// backticks mark names and times are in UTC. A page shows times in the reader's zone, so it must recognise them.
pub(crate) struct Part {
    pub(crate) code: bool,
    pub(crate) text: String,
    /// The time as RFC 3339, if the part is one.
    pub(crate) iso: Option<String>,
}

impl Part {
    fn plain(text: &str) -> Self {
        Self { code: false, text: text.to_owned(), iso: None }
    }
}

/// Splits a sentence into parts. A backtick without a partner stays text.
pub(crate) fn prose(text: &str) -> Vec<Part> {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return timed(text);
    }
    let pieces = pieces.into_iter().enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces
        .flat_map(
            |(index, piece)| {
                if index % 2 == 1 { vec![Part { code: true, ..Part::plain(piece) }] } else { timed(piece) }
            },
        )
        .collect()
}

/// Splits a text only at its times, such as `2026-11-21 02:56:40 UTC`, with or without seconds, wherever the text comes
/// from.
pub(crate) fn timed(text: &str) -> Vec<Part> {
    const ZONE: &str = " UTC";
    let (mut parts, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(found) = rest[from..].find(ZONE) {
        let zone = from + found;
        let moment = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"].into_iter().find_map(|form| {
            let length = if form.ends_with("%S") { 19 } else { 16 };
            let start = zone.checked_sub(length)?;
            let at = NaiveDateTime::parse_from_str(rest.get(start..zone)?, form).ok()?;
            Some((start, at))
        });
        let Some((start, at)) = moment else {
            from = zone + ZONE.len();
            continue;
        };
        if start > 0 {
            parts.push(Part::plain(&rest[..start]));
        }
        let end = zone + ZONE.len();
        let iso = at.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
        parts.push(Part { iso: Some(iso), ..Part::plain(&rest[start..end]) });
        (rest, from) = (&rest[end..], 0);
    }
    if !rest.is_empty() {
        parts.push(Part::plain(rest));
    }
    parts
}

pub(crate) fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A size in binary units, rounded up to whole KiB.
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
    fn latencies_have_three_digits() {
        assert_eq!(latency(Duration::from_micros(1234)), "1.2 ms");
        assert_eq!(latency(Duration::from_millis(1234)), "1.23 s");
    }

    #[test]
    fn moments_in_a_sentence_are_found_whoever_wrote_it() {
        let told = |text: &str| {
            let parts = prose(text);
            parts.iter().map(|part| part.iso.clone().unwrap_or_else(|| part.text.clone())).collect::<Vec<_>>()
        };
        assert_eq!(
            told("told at 2026-11-21 02:56:40 UTC; next 2026-11-21 03:00 UTC."),
            ["told at ", "2026-11-21T02:56:40Z", "; next ", "2026-11-21T03:00:00Z", "."]
        );
        for text in
            ["at 02:56 UTC", " UTC", "2026-13-21 02:56:40 UTC", "æøå12345678901234567 UTC", "it is UTC UTC"]
        {
            assert_eq!(told(text), [text]);
        }
        let parts = prose("`a` since 2026-11-21 02:56:40 UTC");
        assert!(parts[0].code && parts[0].text == "a" && parts[2].iso.is_some());
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
