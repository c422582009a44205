//! How long the body of an answer is according to its head: read as browsers read it, and rewritten so that it can be
//! read in one way only.

use std::borrow::Cow;

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, TRANSFER_ENCODING};

use super::leniences::Leniences;

const CHUNKED: &str = "chunked";

/// How the end of a body is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    /// By its length, or there is no body.
    Length,
    Chunks,
    /// With the connection.
    Close,
}

/// The name of a field, and its value, which is mostly passed on as it came.
pub(super) type Field<'a> = (HeaderName, Cow<'a, [u8]>);

/// How an answer with this status is framed. Corrects its fields. An answer with different lengths cannot be read:
/// nobody knows where the body ends, and whichever is taken may show what another client does not see.
pub(super) fn of(
    fields: &mut Vec<Field<'_>>,
    status: &[u8],
    leniences: &Leniences,
) -> Result<Framing, String> {
    let codings = put_right_codings(fields, leniences);
    let has_length = fields.iter().any(|(name, _)| *name == CONTENT_LENGTH);
    if has_length && !codings.is_empty() {
        leniences.note("`content-length` beside `transfer-encoding`, which counts");
        fields.retain(|(name, _)| *name != CONTENT_LENGTH);
    }
    let length = put_right_length(fields, leniences)?;
    let is_bodiless = status.starts_with(b"1") || matches!(status, b"204" | b"304");
    Ok(match (codings.last().map(String::as_str), length) {
        _ if is_bodiless => Framing::Length,
        (Some(CHUNKED), _) => Framing::Chunks,
        (Some(_), _) | (None, None) => Framing::Close,
        (None, Some(_)) => Framing::Length,
    })
}

/// The codings in which a body was carried, the outermost last, and without its chunks.
pub(super) fn carried(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(TRANSFER_ENCODING).into_iter();
    let mut codings = named(values.map(http::HeaderValue::as_bytes));
    if codings.last().is_some_and(|last| last == CHUNKED) {
        codings.pop();
    }
    codings
}

/// The names in lower case, without those that mean no coding.
fn named<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    values
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
        .filter(|name| !matches!(name.as_str(), "" | "identity"))
        .collect()
}

fn values<'a>(fields: &'a [Field<'_>], of: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |(name, _)| name == of).map(|(_, value)| &**value)
}

fn put_right_codings(fields: &mut Vec<Field<'_>>, leniences: &Leniences) -> Vec<String> {
    let name = TRANSFER_ENCODING;
    let mut codings = named(values(fields, &name));
    if codings.is_empty() && values(fields, &name).next().is_some() {
        leniences.note("an invalid `transfer-encoding`");
        fields.retain(|(field, _)| *field != name);
    }
    let chunked = codings.iter().rev().take_while(|coding| *coding == CHUNKED).count();
    if chunked > 1 {
        leniences.note("`transfer-encoding` says `chunked` more than once");
        codings.truncate(codings.len() - chunked + 1);
        fields.retain(|(field, _)| *field != name);
        fields.push((name, codings.join(", ").into_bytes().into()));
    }
    codings
}

/// Leaves a single length, if there is one.
fn put_right_length(fields: &mut Vec<Field<'_>>, leniences: &Leniences) -> Result<Option<u64>, String> {
    let name = CONTENT_LENGTH;
    let mut given = values(fields, &name).flat_map(|value| value.split(|byte| *byte == b',')).peekable();
    if given.peek().is_none() {
        return Ok(None);
    }
    let (mut lengths, mut is_plain) = (Vec::new(), true);
    for text in given {
        let digits = text.trim_ascii();
        let digits = digits.strip_prefix(b"+").unwrap_or(digits);
        is_plain &= digits.len() == text.trim_ascii().len() && !digits.is_empty();
        match number(digits) {
            Some(length) => lengths.push(length),
            None => is_plain = false,
        }
    }
    let is_single = lengths.len() == 1 && is_plain;
    lengths.dedup();
    match lengths.as_slice() {
        [] => {
            leniences.note("a `content-length` that is not a number: the body ends with the connection");
            fields.retain(|(field, _)| *field != name);
            Ok(None)
        }
        [length] => {
            if !is_single {
                let why = if is_plain { "more than once" } else { "that is more than a number" };
                leniences.note(format!("a `content-length` {why}"));
                fields.retain(|(field, _)| *field != name);
                fields.push((name, length.to_string().into_bytes().into()));
            }
            Ok(Some(*length))
        }
        [one, another, ..] => Err(format!(
            "it declares two lengths for one body, {one} and {another}; hint: let one of the server and what stands before it \
             set `content-length`"
        )),
    }
}

/// `None` if this is no number, or one that no body can have.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()?;
    (number <= i64::MAX as u64).then_some(number)
}
