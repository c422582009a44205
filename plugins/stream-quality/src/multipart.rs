//! A body of `multipart/x-mixed-replace`: pictures one after the other, each behind a boundary. What cameras write differs:
//! boundaries with or without their dashes, lengths that are missing or wrong, lines that end without a carriage return.

/// Longer ones are no boundaries (RFC 2046 allows 70 bytes).
const BOUNDARY_BYTES_MAX: usize = 100;
const HEAD_BYTES_MAX: usize = 4 << 10;
/// More pictures than any camera sends in half a minute.
const PARTS_MAX: usize = 10_000;

/// What came of a stream.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parts<'a> {
    /// Those whose end came, in their order.
    pub whole: Vec<&'a [u8]>,
    /// Bytes of a last part that has begun.
    pub begun: Option<usize>,
    /// Whether the stream says that it ends.
    pub has_ended: bool,
}

/// The boundary that a content type names, without dashes before it.
///
/// # Errors
/// Says in a sentence what it is instead of a stream of pictures.
pub fn boundary(content_type: &str) -> Result<String, String> {
    let mut parts = content_type.split(';');
    let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    if !kind.starts_with("multipart/") {
        return Err(format!("its content is `{}`, not a stream of pictures", watchkeep_sdk::clipped(&kind)));
    }
    let value = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    });
    let boundary = value.unwrap_or_default().trim_start_matches('-');
    match boundary.len() {
        0 => Err("its stream names no boundary between pictures".to_owned()),
        1..=BOUNDARY_BYTES_MAX => Ok(boundary.to_owned()),
        _ => Err(format!("the boundary of its stream has more than {BOUNDARY_BYTES_MAX} bytes")),
    }
}

/// The boundary with which a body begins.
pub(crate) fn first_line(body: &[u8]) -> Option<String> {
    let rest = body.strip_prefix(b"--")?;
    let line = rest.get(..rest.iter().position(|byte| *byte == b'\n')?)?;
    let line = core::str::from_utf8(line).ok()?.trim_end().trim_start_matches('-');
    let fits =
        (1..=BOUNDARY_BYTES_MAX).contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| line.to_owned())
}

/// `boundary` is what [`boundary`] gave.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> Parts<'a> {
    let delimiter = format!("--{boundary}").into_bytes();
    let mut parts = Parts::default();
    let Some(mut at) = find(body, &delimiter, 0) else { return parts };
    while parts.whole.len() < PARTS_MAX {
        let rest = body.get(at + delimiter.len()..).unwrap_or_default();
        if rest.starts_with(b"--") {
            parts.has_ended = true;
            return parts;
        }
        let Some((head, content)) = head(rest) else {
            parts.begun = Some(rest.len());
            return parts;
        };
        let begins = body.len() - content.len();
        let told = length(head).and_then(|length| begins.checked_add(length));
        // Believed if a boundary follows.
        let (end, next) = match told.and_then(|end| Some((end, follows(body, end, &delimiter)?))) {
            Some(found) => found,
            None => match find(body, &delimiter, begins) {
                Some(next) => (before_line_end(body, begins, next), next),
                None => {
                    // Complete, and only the next boundary is missing.
                    match told.filter(|end| *end <= body.len() && body.len() - end <= 2) {
                        Some(end) => parts.whole.extend(body.get(begins..end)),
                        None => parts.begun = Some(content.len()),
                    }
                    return parts;
                }
            },
        };
        parts.whole.extend(body.get(begins..end));
        at = next;
    }
    parts
}

/// The lines up to the empty one, and what is behind it.
fn head(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = rest.get(..rest.len().min(HEAD_BYTES_MAX))?;
    let ends = (0..head.len()).find_map(|at| {
        let behind = head.get(at..)?;
        let length = [&b"\r\n\r\n"[..], b"\n\n"].into_iter().find(|end| behind.starts_with(end))?.len();
        Some((at, at + length))
    })?;
    Some((rest.get(..ends.0)?, rest.get(ends.1..)?))
}

fn length(head: &[u8]) -> Option<usize> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (key, value) = core::str::from_utf8(line).ok()?.split_once(':')?;
        key.trim().eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    })
}

/// Where the delimiter is that stands there, perhaps behind the end of a line.
fn follows(body: &[u8], at: usize, delimiter: &[u8]) -> Option<usize> {
    let rest = body.get(at..)?;
    [0, 2, 1]
        .into_iter()
        .find(|skipped| {
            let (line_end, behind) = rest.split_at(rest.len().min(*skipped));
            matches!(line_end, b"" | b"\r\n" | b"\n") && behind.starts_with(delimiter)
        })
        .map(|skipped| at + skipped)
}

fn before_line_end(body: &[u8], begins: usize, end: usize) -> usize {
    let own = body.get(begins..end).unwrap_or_default();
    let line_end = [&b"\r\n"[..], b"\n"].into_iter().find(|line_end| own.ends_with(line_end));
    end - line_end.map_or(0, <[u8]>::len)
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == b'-')?;
        if body.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}
