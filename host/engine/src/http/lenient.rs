//! HTTP/1 as servers really speak it. A stream that passes on what comes, with the head and the chunks of the body put
//! into the form that the rules ask for. Whatever browsers and curl accept is accepted and noted.
//!
//! Anything that is not a head of HTTP/1, or is longer than [`HEAD_BYTES_MAX`], is passed on untouched: hyper says what
//! is wrong with it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::chunks::Chunks;
use super::framing::Framing;
use super::head::{self, Head};
use super::leniences::Leniences;
use crate::network::through::writes_through;
use crate::network::tls::is_end_unannounced;

/// hyper's own bound is higher.
const HEAD_BYTES_MAX: usize = 256 << 10;
/// More interim answers before the answer than any server sends.
const INTERIM_MAX: usize = 1_000;
const READ_BYTES: usize = 8 << 10;
/// Browsers, curl, and Go (and with it blackbox_exporter) accept this between two records: many servers close like
/// this, and over plain TCP a body that ends with the connection is no safer. If the end comes within a record, the
/// data was cut.
const UNANNOUNCED: &str =
    "the connection ended without TLS's word for it (close_notify), and the body with it";

pub(super) struct Lenient<S> {
    stream: S,
    stage: Stage,
    /// What is passed on before anything else is read.
    ready: Ready,
    noted: Noted,
}

#[derive(Default)]
struct Ready {
    bytes: Vec<u8>,
    at: usize,
}

impl Ready {
    /// Passes on what is ready. Returns whether there was anything.
    fn hand_on(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let left = &self.bytes[self.at..];
        let part = &left[..left.len().min(buf.remaining())];
        buf.put_slice(part);
        self.at += part.len();
        !left.is_empty()
    }
    /// Everything in it has been passed on.
    fn refill(&mut self) -> &mut Vec<u8> {
        self.at = 0;
        self.bytes.clear();
        &mut self.bytes
    }
}

/// What was found on the way, for whoever reads the answer.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) leniences: Leniences,
    /// The head said HTTP/1.0, and is passed on as HTTP/1.1.
    is_older: Arc<AtomicBool>,
}

impl Noted {
    pub(super) fn in_walk(leniences: &Leniences) -> Self {
        Self { leniences: leniences.clone(), is_older: Arc::default() }
    }
    pub(super) fn older(&self) {
        self.is_older.store(true, Ordering::Relaxed);
    }
    pub(super) fn is_older(&self) -> bool {
        self.is_older.load(Ordering::Relaxed)
    }
}

enum Stage {
    Head(Arriving),
    /// The body follows.
    Body(Framing),
    Chunks(Chunks),
    /// The peer sends too much before it answers. Nothing more is read until the time is up.
    Deaf,
}

/// What has come of a head so far.
#[derive(Default)]
struct Arriving {
    raw: Vec<u8>,
    /// There is no end before this place. So a head that comes in single bytes is not searched from its beginning each
    /// time.
    searched: usize,
    /// How many interim answers came so far. They are of no use here, and are not passed on.
    interim: usize,
    /// Whether line ends came before it.
    has_blank: bool,
}

/// What to do with the bytes that came so far.
enum Form {
    More,
    /// Passed on as they are, and whatever follows as well.
    Raw(Vec<u8>),
    /// A head, and what came after it.
    Whole(Head, Vec<u8>),
    TooMany,
    /// Why it cannot be read.
    Refused(String),
}

impl<S> Lenient<S> {
    pub(super) fn new(stream: S, noted: Noted) -> Self {
        Self { stream, stage: Stage::Head(Arriving::default()), ready: Ready::default(), noted }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.ready.hand_on(buf) {
                return Poll::Ready(Ok(()));
            }
            match &mut this.stage {
                Stage::Body(framing) => {
                    let read = ready!(Pin::new(&mut this.stream).poll_read(cx, buf));
                    return Poll::Ready(match read {
                        Err(error) if *framing == Framing::Close && is_end_unannounced(&error) => {
                            this.noted.leniences.note(UNANNOUNCED);
                            Ok(())
                        }
                        read => read,
                    });
                }
                Stage::Deaf => return Poll::Pending,
                Stage::Chunks(chunks) => {
                    let mut room = [0; READ_BYTES];
                    let mut read = ReadBuf::new(&mut room);
                    let ended = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read));
                    let out = this.ready.refill();
                    if ended.is_ok() && !read.filled().is_empty() {
                        chunks.push(read.filled(), out);
                        continue;
                    }
                    match ended {
                        Err(error) if !(is_end_unannounced(&error) && chunks.ended(out)) => {
                            return Poll::Ready(Err(error));
                        }
                        Ok(()) if !chunks.ended(out) => return Poll::Ready(Ok(())),
                        Ok(()) | Err(_) => this.stage = Stage::Body(Framing::Length),
                    }
                }
                Stage::Head(arriving) => {
                    let form = match arriving.advance(&this.noted) {
                        Form::More => {
                            let mut room = [0; READ_BYTES];
                            let mut read = ReadBuf::new(&mut room);
                            let ended = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read));
                            if ended.is_ok() && !read.filled().is_empty() {
                                arriving.raw.extend_from_slice(read.filled());
                                continue;
                            }
                            match ended {
                                Ok(()) => arriving.ended(&this.noted),
                                Err(error) if is_end_unannounced(&error) && arriving.is_of_whole_lines() => {
                                    this.noted.leniences.note(UNANNOUNCED);
                                    arriving.ended(&this.noted)
                                }
                                Err(error) => return Poll::Ready(Err(error)),
                            }
                        }
                        form => form,
                    };
                    match form {
                        Form::TooMany => this.stage = Stage::Deaf,
                        Form::Refused(why) => {
                            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
                        }
                        Form::More => return Poll::Ready(Ok(())),
                        Form::Raw(bytes) => {
                            *this.ready.refill() = bytes;
                            this.stage = Stage::Body(Framing::Length);
                        }
                        Form::Whole(head, behind) => this.begin_body(head, &behind),
                    }
                }
            }
        }
    }
}

impl<S> Lenient<S> {
    fn begin_body(&mut self, head: Head, behind: &[u8]) {
        let out = self.ready.refill();
        *out = head.bytes;
        self.stage = match head.framing {
            Framing::Chunks => {
                let mut chunks = Chunks::new(self.noted.leniences.clone());
                chunks.push(behind, out);
                Stage::Chunks(chunks)
            }
            framing => {
                out.extend_from_slice(behind);
                Stage::Body(framing)
            }
        };
    }
}

writes_through!(Lenient);

impl Arriving {
    fn advance(&mut self, noted: &Noted) -> Form {
        let mut begin = 0;
        loop {
            let blank = self.raw[begin..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            begin += blank;
            let rest = &self.raw[begin..];
            if !head::may_begin(rest) {
                return Form::Raw(self.raw.split_off(begin));
            }
            self.has_blank |= blank > 0;
            match head::end(&self.raw, self.searched.max(begin)) {
                Some(end) if head::is_interim(&self.raw[begin..end]) => {
                    self.interim += 1;
                    if self.interim > INTERIM_MAX {
                        return Form::TooMany;
                    }
                    (begin, self.has_blank) = (end, false);
                }
                Some(end) => return self.whole(begin, end, noted),
                None if rest.len() > HEAD_BYTES_MAX => return Form::Raw(self.raw.split_off(begin)),
                None => {
                    self.raw.drain(..begin);
                    // The end is three bytes long at most.
                    self.searched = self.raw.len().saturating_sub(3);
                    return Form::More;
                }
            }
        }
    }

    /// The connection has ended. Complete lines count as a head, for example of a script that prints only a status.
    fn ended(&mut self, noted: &Noted) -> Form {
        if !self.is_of_whole_lines() {
            return Form::Raw(std::mem::take(&mut self.raw));
        }
        noted.leniences.note("the head ends with the connection, without a blank line");
        self.whole(0, self.raw.len(), noted)
    }

    fn is_of_whole_lines(&self) -> bool {
        self.raw.ends_with(b"\n") && head::may_begin(&self.raw) && !head::is_interim(&self.raw)
    }

    fn whole(&mut self, begin: usize, end: usize, noted: &Noted) -> Form {
        if self.has_blank {
            noted.leniences.note("line ends before the status line");
        }
        match head::normalised(&self.raw[begin..end], noted) {
            Ok(head) => Form::Whole(head, self.raw.split_off(end)),
            Err(why) => Form::Refused(why),
        }
    }
}

#[cfg(test)]
mod tests;
