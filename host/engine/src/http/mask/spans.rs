//! Places of something in a text, and the text without it.

use std::ops::Range;

/// What replaces a secret.
pub(crate) const MASKED: &[u8] = b"***";
/// The padding of base64 after the last character.
const PADDING_BYTES_MAX: usize = 3;

pub(super) fn is_alone(text: &[u8], found: Range<usize>) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    let before = found.start.checked_sub(1).and_then(|at| text.get(at));
    !is_word(before) && !is_word(text.get(found.end))
}

pub(super) fn with_neighbours(text: &[u8], found: Range<usize>) -> Range<usize> {
    let is_letter =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte));
    let before = found.start.checked_sub(1).filter(|&at| is_letter(text.get(at)));
    let start = before.unwrap_or(found.start);
    let mut end = if is_letter(text.get(found.end)) { found.end + 1 } else { found.end };
    while text.get(end) == Some(&b'=') && end < found.end + PADDING_BYTES_MAX {
        end += 1;
    }
    start..end
}

pub(crate) fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            Some(_) | None => apart.push(span),
        }
    }
    apart
}

/// `bytes` with `spans` masked.
pub(crate) fn without(bytes: &[u8], spans: &[Range<usize>]) -> Vec<u8> {
    without_as(bytes, spans, MASKED)
}

/// The same with other stars.
pub(crate) fn without_as(bytes: &[u8], spans: &[Range<usize>], stars: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    let mut rest = 0;
    for span in spans {
        masked.extend_from_slice(&bytes[rest..span.start]);
        masked.extend_from_slice(stars);
        rest = span.end;
    }
    masked.extend_from_slice(&bytes[rest..]);
    masked
}
