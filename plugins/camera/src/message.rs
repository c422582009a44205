//! What comes over a connection of RTSP: answers, requests of the server, and frames of media between them.

use watchkeep_sdk::clipped;

/// The most bytes of the head of a message that is read.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 100;
/// The most bytes of a description that is read.
const BODY_BYTES_MAX: usize = 64 << 10;
/// The first byte of a frame of media.
const FRAME: u8 = b'$';

/// What the bytes begin with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item<'b> {
    Reply(Reply),
    /// The server asks something; nothing of it is needed.
    Request,
    Frame {
        channel: u8,
        payload: &'b [u8],
    },
    /// Line ends between messages.
    Blank,
}

/// An answer of the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub status: u16,
    pub reason: String,
    /// In the order in which they came.
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let own = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let own = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }
    /// Such as "404 Not Found".
    pub(crate) fn words(&self) -> String {
        format!("{} {}", self.status, clipped(&self.reason)).trim_end().to_owned()
    }
}

/// What the bytes begin with, and how long it is; none if it is not whole yet. An error says in a sentence what no server of
/// RTSP sends.
pub fn read(bytes: &[u8]) -> Result<Option<(Item<'_>, usize)>, String> {
    match bytes {
        [] => Ok(None),
        [b'\r' | b'\n', ..] => {
            let count = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            Ok(Some((Item::Blank, count)))
        }
        [FRAME, rest @ ..] => {
            let Some((&[channel, high, low], rest)) = rest.split_first_chunk::<3>() else { return Ok(None) };
            let length = usize::from(u16::from_be_bytes([high, low]));
            Ok(rest.get(..length).map(|payload| (Item::Frame { channel, payload }, 4 + length)))
        }
        _ => text(bytes),
    }
}

fn text(bytes: &[u8]) -> Result<Option<(Item<'_>, usize)>, String> {
    let line_end = bytes.iter().position(|byte| *byte == b'\n');
    let first = &bytes[..line_end.unwrap_or(bytes.len())];
    let kind = kind(first, line_end.is_some())?;
    let Some(end) = head_end(bytes) else {
        return match bytes.len() > HEAD_BYTES_MAX {
            true => Err(format!("the head of its answer is longer than {HEAD_BYTES_MAX} bytes")),
            false => Ok(None),
        };
    };
    let headers = headers(&bytes[first.len()..end])?;
    let length = match headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        None => 0,
        Some((_, text)) => match text.parse::<usize>() {
            Ok(length) if length <= BODY_BYTES_MAX => length,
            Ok(length) => {
                return Err(format!("its answer has {length} bytes; at most {BODY_BYTES_MAX} are read"));
            }
            Err(_) => return Err(format!("its answer has an invalid length: `{}`", clipped(text))),
        },
    };
    let Some(body) = bytes.get(end..end + length) else { return Ok(None) };
    let item = match kind {
        Kind::Request => Item::Request,
        Kind::Reply => {
            let Some((status, reason)) = status(first) else {
                return Err(format!("its answer has no status: `{}`", shown(first.trim_ascii_end())));
            };
            Item::Reply(Reply { status, reason, headers, body: body.to_vec() })
        }
    };
    Ok(Some((item, end + length)))
}

enum Kind {
    Reply,
    Request,
}

/// Which of both a first line begins, as far as it is there.
fn kind(line: &[u8], is_whole: bool) -> Result<Kind, String> {
    const BEGINS: &[u8] = b"RTSP/1.";
    let both = BEGINS.len().min(line.len());
    if line[..both] == BEGINS[..both] {
        return Ok(Kind::Reply);
    }
    let hint = match line {
        [b'H', b'T', b'T', b'P', ..] => "; hint: this is the port of its web pages",
        [0x15, ..] => "; hint: it speaks TLS, the URL begins with `rtsps://`",
        _ => "",
    };
    let is_method = line.first().is_some_and(u8::is_ascii_uppercase) && hint.is_empty();
    let is_request = match is_whole {
        true => line.trim_ascii_end().ends_with(b" RTSP/1.0"),
        false => line.len() <= HEAD_BYTES_MAX,
    };
    match is_method && is_request {
        true => Ok(Kind::Request),
        false => Err(format!("it does not speak RTSP; it says `{}`{hint}", shown(line.trim_ascii_end()))),
    }
}

fn headers(head: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    for line in head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(format!("its answer has an invalid header: `{}`", shown(line)));
        };
        if headers.len() == HEADERS_MAX {
            return Err(format!("its answer has more than {HEADERS_MAX} headers"));
        }
        let text = |part: &[u8]| String::from_utf8_lossy(part.trim_ascii()).into_owned();
        headers.push((text(&line[..colon]), text(&line[colon + 1..])));
    }
    Ok(headers)
}

fn shown(line: &[u8]) -> String {
    clipped(&String::from_utf8_lossy(line))
}

/// Behind `RTSP/1.0 `.
fn status(line: &[u8]) -> Option<(u16, String)> {
    let [b' ', rest @ ..] = line.get(8..)? else { return None };
    let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    let (digits, reason) = rest.split_at(end);
    let [first @ b'1'..=b'6', second, third] = *digits.trim_ascii() else { return None };
    let status = [first, second, third]
        .iter()
        .try_fold(0, |status, digit| digit.is_ascii_digit().then(|| status * 10 + u16::from(digit - b'0')))?;
    Some((status, String::from_utf8_lossy(reason.trim_ascii()).into_owned()))
}

/// Behind the empty line. Who ends lines with `\n` alone is understood as well.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.into_iter().find_map(|at| match bytes.get(at..) {
        Some([b'\n', ..]) => Some(at + 1),
        Some([b'\r', b'\n', ..]) => Some(at + 2),
        _ => None,
    })
}
