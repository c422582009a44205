//! Heads of HTTP/1 as servers really write them. A stream that hands on what comes, with every head put into the form
//! that the rules ask for: what browsers and curl take is taken, and noted. Bodies pass as they are.
//!
//! What is no head of HTTP/1 at all, or is over [`HEAD_BYTES_MAX`], is handed on untouched: hyper says what is wrong with it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use http::HeaderName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::leniences::Leniences;

/// hyper's own bound is higher.
const HEAD_BYTES_MAX: usize = 256 << 10;
/// More headers than any server means to send; hyper is told the same.
pub(super) const HEADERS_MAX: usize = 1_000;
/// What other clients take without a word.
const HEADERS_USUAL: usize = 100;
/// More answers before the answer than any server has to say.
const INTERIM_MAX: usize = 1_000;
const READ_BYTES: usize = 8 << 10;
/// Of what stands in the place of a character that may not stand in a value: U+FFFD.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

pub(super) struct Lenient<S> {
    stream: S,
    stage: Stage,
    noted: Noted,
}

/// What was found on the way, for whoever reads the answer.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) leniences: Leniences,
    /// The head said HTTP/1.0 where it is handed on as HTTP/1.1.
    is_older: Arc<AtomicBool>,
}

impl Noted {
    pub(super) fn in_walk(leniences: &Leniences) -> Self {
        Self { leniences: leniences.clone(), is_older: Arc::default() }
    }
    pub(super) fn is_older(&self) -> bool {
        self.is_older.load(Ordering::Relaxed)
    }
}

enum Stage {
    Head(Arriving),
    /// Handed on before anything else is read.
    Ready {
        bytes: Vec<u8>,
        at: usize,
    },
    Body,
    /// The peer says too much before it answers: nobody listens any longer, until the time is up.
    Deaf,
}

/// What came of a head so far.
#[derive(Default)]
struct Arriving {
    raw: Vec<u8>,
    /// Before here is no end of it: what comes in single bytes is not searched from its beginning each time.
    searched: usize,
    /// Interim answers so far. They tell nobody anything here, and are not handed on.
    interim: usize,
}

/// What becomes of the bytes that came so far.
enum Form {
    More,
    /// To be handed on, and whatever follows as it is.
    Whole(Vec<u8>),
    TooMany,
}

impl<S> Lenient<S> {
    pub(super) fn new(stream: S, noted: Noted) -> Self {
        Self { stream, stage: Stage::Head(Arriving::default()), noted }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.stage {
                Stage::Body => return Pin::new(&mut this.stream).poll_read(cx, buf),
                Stage::Deaf => return Poll::Pending,
                Stage::Ready { bytes, at } => {
                    let part = &bytes[*at..];
                    let part = &part[..part.len().min(buf.remaining())];
                    buf.put_slice(part);
                    *at += part.len();
                    if *at == bytes.len() {
                        this.stage = Stage::Body;
                    }
                    return Poll::Ready(Ok(()));
                }
                Stage::Head(arriving) => {
                    let form = match arriving.advance(&this.noted) {
                        Form::More => {
                            let mut room = [0; READ_BYTES];
                            let mut read = ReadBuf::new(&mut room);
                            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
                            if !read.filled().is_empty() {
                                arriving.raw.extend_from_slice(read.filled());
                                continue;
                            }
                            // The end, before a head was whole.
                            Form::Whole(std::mem::take(&mut arriving.raw))
                        }
                        form => form,
                    };
                    this.stage = match form {
                        Form::TooMany => Stage::Deaf,
                        Form::Whole(bytes) if !bytes.is_empty() => Stage::Ready { bytes, at: 0 },
                        Form::Whole(_) | Form::More => Stage::Body,
                    };
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl Arriving {
    fn advance(&mut self, noted: &Noted) -> Form {
        let mut begin = 0;
        loop {
            begin += self.raw[begin..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let rest = &self.raw[begin..];
            let common = rest.len().min(PREFIX.len());
            let end = if rest[..common] == PREFIX[..common] {
                end_of_head(&self.raw, self.searched.max(begin))
            } else {
                return Form::Whole(self.raw.split_off(begin));
            };
            match end {
                Some(end) if is_interim(&self.raw[begin..end]) => {
                    self.interim += 1;
                    if self.interim > INTERIM_MAX {
                        return Form::TooMany;
                    }
                    begin = end;
                }
                Some(end) => {
                    let mut head = normalised(&self.raw[begin..end], noted);
                    head.extend_from_slice(&self.raw[end..]);
                    return Form::Whole(head);
                }
                None if rest.len() > HEAD_BYTES_MAX => return Form::Whole(self.raw.split_off(begin)),
                None => {
                    self.raw.drain(..begin);
                    // The end is three bytes long at most.
                    self.searched = self.raw.len().saturating_sub(3);
                    return Form::More;
                }
            }
        }
    }
}

/// Of status 1xx, but that which is the last word in HTTP: another protocol begins.
fn is_interim(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut parts = line.split(|byte| byte.is_ascii_whitespace()).filter(|part| !part.is_empty());
    parts.nth(1).is_some_and(|code| matches!(code, [b'1', _, _]) && code != b"101")
}

const PREFIX: &[u8] = b"HTTP/";

/// Behind the blank line, whose ends may be bare line feeds.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
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

/// A head as it should be.
fn normalised(head: &[u8], noted: &Noted) -> Vec<u8> {
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status_line = lines.next().unwrap_or_default();
    let mut fields = Fields { kept: Vec::new(), noted };
    lines.for_each(|line| fields.line(line));
    let fields = fields.kept;
    if fields.len() > HEADERS_USUAL {
        noted.leniences.note(format!("{} headers", fields.len()));
    }
    let StatusLine { version, code, reason } = StatusLine::of(status_line, noted);
    let chunked = fields.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding")
            && value.to_ascii_lowercase().windows(7).any(|part| part == b"chunked")
    });
    let version = if version == b"HTTP/1.0" && chunked {
        noted.leniences.note("HTTP/1.0 with a body in chunks, which only HTTP/1.1 has");
        noted.is_older.store(true, Ordering::Relaxed);
        b"HTTP/1.1"
    } else {
        version
    };
    let mut into = Vec::with_capacity(head.len() + 64);
    for part in [version, b" ", code, b" ", &reason, b"\r\n"] {
        into.extend_from_slice(part);
    }
    for (name, value) in &fields {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            into.extend_from_slice(part);
        }
    }
    into.extend_from_slice(b"\r\n");
    into
}

struct StatusLine<'a> {
    version: &'a [u8],
    code: &'a [u8],
    reason: Vec<u8>,
}

impl<'a> StatusLine<'a> {
    /// Several blanks between its parts are one; a phrase may hold anything but control characters.
    fn of(line: &'a [u8], noted: &Noted) -> Self {
        let split = |text: &'a [u8]| match text.iter().position(|byte| matches!(byte, b' ' | b'\t')) {
            Some(at) => (&text[..at], &text[at..], text[at..].trim_ascii_start()),
            None => (text, &[][..], &[][..]),
        };
        let (version, between, rest) = split(line);
        if between.len() > rest.len() + 1 {
            noted.leniences.note("blanks in the status line");
        }
        let (code, _, reason) = split(rest);
        let (reason, found) = without_controls(reason);
        if found {
            noted.leniences.note("control characters in the status line");
        }
        Self { version, code, reason }
    }
}

/// The fields of one head, as they should be.
struct Fields<'a> {
    kept: Vec<(String, Vec<u8>)>,
    noted: &'a Noted,
}

impl Fields<'_> {
    fn line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let note = |sentence: String| self.noted.leniences.note(sentence);
        if matches!(line, [b' ' | b'\t', ..]) {
            match self.kept.last_mut() {
                Some((name, value)) => {
                    note(format!("header `{name}` goes on in another line"));
                    value.push(b' ');
                    value.extend(without_controls(line.trim_ascii()).0);
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
            return note("a header with a name that is none".to_owned());
        };
        if trimmed.len() < written.len() {
            note(format!("blanks before the colon of header `{name}`"));
        }
        let (value, found) = without_controls(value.trim_ascii());
        if found {
            note(format!("control characters in header `{name}`"));
        }
        self.kept.push((name.as_str().to_owned(), value));
    }
}

/// And whether there were any.
fn without_controls(text: &[u8]) -> (Vec<u8>, bool) {
    let is_control = |byte: &u8| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f;
    if !text.iter().any(is_control) {
        return (text.to_vec(), false);
    }
    let replaced = |byte: &u8| if is_control(byte) { REPLACEMENT.to_vec() } else { vec![*byte] };
    (text.iter().flat_map(replaced).collect(), true)
}

#[cfg(test)]
mod tests;
