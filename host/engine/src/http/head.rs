//! Heads of HTTP/1 as servers really write them, put into the form that the rules ask for.

use std::borrow::Cow;

use http::HeaderName;

use super::framing::{self, Field, Framing};
use super::lenient::Noted;

/// More headers than any server means to send; hyper is told the same.
pub(super) const HEADERS_MAX: usize = 1_000;
/// What other clients take without a word.
const HEADERS_USUAL: usize = 100;
/// What replaces a character that is not allowed in a value: U+FFFD.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
/// How the first line may begin. The second is Shoutcast's, which browsers accept as HTTP/1.0.
const BEGINNINGS: [&[u8]; 2] = [b"HTTP/", ICY];
const ICY: &[u8] = b"ICY ";

/// A head as it is passed on, and how long the body after it is.
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    pub(super) framing: Framing,
}

/// Whether these are the first bytes of a head, as far as they go.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| {
        let common = bytes.len().min(beginning.len());
        bytes[..common].eq_ignore_ascii_case(&beginning[..common])
    })
}

/// Whether the status is 1xx, except the one after which another protocol begins.
pub(super) fn is_interim(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let code = Written::of(line).code;
    matches!(code, [b'1', _, _]) && code != b"101"
}

/// Where the head ends, after the blank line. Its line ends may be bare line feeds.
pub(super) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    while let Some(at) = memchr::memchr(b'\n', &bytes[from..]) {
        let after = from + at + 1;
        match &bytes[after..] {
            [b'\n', ..] => return Some(after + 1),
            [b'\r', b'\n', ..] => return Some(after + 2),
            _ => from = after,
        }
    }
    None
}

/// A head as it should be, or why nobody can read it.
pub(super) fn normalised(head: &[u8], noted: &Noted) -> Result<Head, String> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let is_bare = |line: &[u8]| !line.ends_with(b"\r");
    let status_line = lines.next().unwrap_or_default();
    let mut fields = Fields { kept: Vec::new(), noted };
    let mut bare = is_bare(status_line);
    let mut lines = lines.peekable();
    while let Some(line) = lines.next() {
        // What follows the last line feed is not a line.
        bare |= is_bare(line) && lines.peek().is_some();
        fields.line(line.strip_suffix(b"\r").unwrap_or(line));
    }
    if bare {
        noted.leniences.note("a line of the head ends in a bare line feed");
    }
    let mut fields = fields.kept;
    if fields.len() > HEADERS_USUAL {
        noted.leniences.note(format!("{} headers", fields.len()));
    }
    let line = StatusLine::of(Written::of(status_line.strip_suffix(b"\r").unwrap_or(status_line)), noted);
    let framing = framing::of(&mut fields, line.code, &noted.leniences)?;
    let is_coded = fields.iter().any(|(name, _)| *name == http::header::TRANSFER_ENCODING);
    let version = if line.version == OLDER && is_coded {
        noted
            .leniences
            .note("HTTP/1.0 with a body in chunks or carried in a coding, which only HTTP/1.1 has");
        noted.older();
        USUAL
    } else {
        line.version
    };
    let mut into = Vec::with_capacity(head.len() + 64);
    for part in [version, b" ", line.code, b" ", &line.reason, b"\r\n"] {
        into.extend_from_slice(part);
    }
    for (name, value) in &fields {
        for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
            into.extend_from_slice(part);
        }
    }
    into.extend_from_slice(b"\r\n");
    Ok(Head { bytes: into, framing })
}

/// The parts of a status line, and what stands between the first two.
struct Written<'a> {
    version: &'a [u8],
    between: &'a [u8],
    /// Three digits, or whatever is in their place.
    code: &'a [u8],
    behind: &'a [u8],
}

impl<'a> Written<'a> {
    fn of(line: &'a [u8]) -> Self {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let end = line.iter().position(is_blank).unwrap_or(line.len());
        let (version, rest) = line.split_at(end);
        let begin = rest.iter().position(|byte| !is_blank(byte)).unwrap_or(rest.len());
        let (between, rest) = rest.split_at(begin);
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = match digits {
            3 => digits,
            // It is not three digits, so it is shown with all that belongs to it.
            _ => rest.iter().position(is_blank).unwrap_or(rest.len()),
        };
        let (code, behind) = rest.split_at(end);
        Self { version, between, code, behind }
    }
}

const USUAL: &[u8] = b"HTTP/1.1";
const OLDER: &[u8] = b"HTTP/1.0";

struct StatusLine<'a> {
    version: &'a [u8],
    code: &'a [u8],
    reason: Cow<'a, [u8]>,
}

impl<'a> StatusLine<'a> {
    /// Several spaces between its parts count as one. A phrase may contain anything but control characters.
    fn of(written: Written<'a>, noted: &Noted) -> Self {
        let Written { version, between, code, behind } = written;
        if between.len() != 1 || between == b"\t" {
            noted.leniences.note("blanks in the status line");
        }
        if behind.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            noted.leniences.note("no blank behind the status code");
        }
        let (reason, found) = without_controls(behind.trim_ascii_start());
        if found {
            noted.leniences.note("control characters in the status line");
        }
        Self { version: spoken(version, noted), code, reason }
    }
}

/// The version that is spoken, whatever is written: the connection is one of HTTP/1, and ends with the answer.
fn spoken<'a>(written: &'a [u8], noted: &Noted) -> &'a [u8] {
    match written {
        USUAL => return USUAL,
        OLDER => return OLDER,
        _ => {}
    }
    let note = |what: &str| noted.leniences.note(format!("the status line calls its version {what}"));
    let upper = written.to_ascii_uppercase();
    match upper.as_slice() {
        USUAL | OLDER => {
            note("`http`, in small letters");
            if upper == OLDER { OLDER } else { USUAL }
        }
        b"ICY" => {
            note("`ICY`");
            OLDER
        }
        [b'H', b'T', b'T', b'P', b'/', number @ ..] if is_version(number) => {
            note(&format!("`HTTP/{}`", String::from_utf8_lossy(number)));
            USUAL
        }
        _ => written,
    }
}

/// `2` or `1.2`.
fn is_version(number: &[u8]) -> bool {
    match number {
        [major] => major.is_ascii_digit(),
        [major, b'.', minor] => major.is_ascii_digit() && minor.is_ascii_digit(),
        _ => false,
    }
}

/// The fields of one head, as they should be.
struct Fields<'a> {
    kept: Vec<Field<'a>>,
    noted: &'a Noted,
}

impl<'a> Fields<'a> {
    fn line(&mut self, line: &'a [u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let note = |sentence: String| self.noted.leniences.note(sentence);
        if matches!(line, [b' ' | b'\t', ..]) {
            match self.kept.last_mut() {
                Some((name, value)) => {
                    note(format!("header `{name}` goes on in another line"));
                    let value = value.to_mut();
                    value.push(b' ');
                    value.extend_from_slice(&without_controls(line.trim_ascii()).0);
                }
                None => note("a header line that belongs to none".to_owned()),
            }
            return;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return note("a header line without a colon".to_owned());
        };
        let (written, value) = (&line[..colon], &line[colon + 1..]);
        let trimmed = written.trim_ascii_end();
        let Ok(name) = HeaderName::from_bytes(trimmed) else {
            return note("a header with an invalid name".to_owned());
        };
        if trimmed.len() < written.len() {
            note(format!("blanks before the colon of header `{name}`"));
        }
        let (value, found) = without_controls(value.trim_ascii());
        if found {
            note(format!("control characters in header `{name}`"));
        }
        self.kept.push((name, value));
    }
}

/// The text without control characters, and whether there were any.
fn without_controls(text: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let is_control = |byte: &u8| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f;
    if !text.iter().any(is_control) {
        return (Cow::Borrowed(text), false);
    }
    let mut replaced = Vec::with_capacity(text.len() + REPLACEMENT.len());
    for byte in text {
        match is_control(byte) {
            true => replaced.extend_from_slice(REPLACEMENT),
            false => replaced.push(*byte),
        }
    }
    (Cow::Owned(replaced), true)
}
