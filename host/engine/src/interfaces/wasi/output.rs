//! Standard output and standard error of a guest: lines for the log, or, for a program, its output, which is kept. The
//! guest's end writes and the call's end takes; what is between them is bounded.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// The most bytes of one write; what is written is taken before the next.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// An output stream. Cheap to clone; all clones are one output.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    written: Arc<Mutex<Written>>,
}

#[derive(Debug)]
struct Written {
    bytes: Vec<u8>,
    bytes_max: usize,
    overflowed: u64,
}

impl Output {
    /// An output that keeps at most `bytes_max` bytes until they are taken.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { written: Arc::new(Mutex::new(Written { bytes: Vec::new(), bytes_max, overflowed: 0 })) }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Written) -> T) -> T {
        // After a panic elsewhere, the bytes are still what the guest wrote.
        act(&mut self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, bytes: &[u8]) {
        self.with(|written| {
            let room = written.bytes_max.saturating_sub(written.bytes.len());
            let (kept, over) = bytes.split_at(bytes.len().min(room));
            written.bytes.extend_from_slice(kept);
            written.overflowed = written.overflowed.saturating_add(over.len() as u64);
        });
    }

    /// Takes the complete lines, without their line ends, and at the end also an incomplete one. A line longer than
    /// `line_bytes_max` is returned in parts.
    pub(crate) fn take_lines(&self, line_bytes_max: usize, end: End) -> Vec<String> {
        self.with(|written| {
            let mut lines = Vec::new();
            let mut from = 0;
            loop {
                let rest = &written.bytes[from..];
                let (length, skipped) = match memchr::memchr(b'\n', rest) {
                    Some(at) if at <= line_bytes_max => (at, 1),
                    _ if rest.len() > line_bytes_max => (line_bytes_max, 0),
                    _ if end == End::Reached && !rest.is_empty() => (rest.len(), 0),
                    _ => break,
                };
                lines.push(String::from_utf8_lossy(&rest[..length]).into_owned());
                from += length + skipped;
            }
            written.bytes.drain(..from);
            lines
        })
    }

    /// Takes all of it, and says how many bytes did not fit.
    pub(crate) fn take_all(&self) -> (Vec<u8>, u64) {
        self.with(|written| (std::mem::take(&mut written.bytes), std::mem::take(&mut written.overflowed)))
    }
}

/// Whether more output may come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    NotYet,
    Reached,
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 needs this, which is not offered.
        Box::new(tokio::io::sink())
    }
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        Output::write(self, &bytes);
        Ok(())
    }
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }
    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_whole_lines_and_at_the_end_the_rest() {
        let output = Output::new(100);
        output.write(b"one\ntwo\r\nth");
        assert_eq!(output.take_lines(50, End::NotYet), ["one", "two\r"]);
        output.write(b"ree");
        assert!(output.take_lines(50, End::NotYet).is_empty());
        assert_eq!(output.take_lines(50, End::Reached), ["three"]);
        assert!(output.take_lines(50, End::Reached).is_empty());
    }

    #[test]
    fn hands_out_a_long_line_in_parts_and_loses_nothing() {
        let output = Output::new(100);
        output.write(b"abcdefgh\n");
        assert_eq!(output.take_lines(4, End::NotYet), ["abcd", "efgh"]);
        output.write(b"abcde\n\nf");
        assert_eq!(output.take_lines(4, End::Reached), ["abcd", "e", "", "f"]);
    }

    #[test]
    fn holds_no_more_than_it_may() {
        let output = Output::new(4);
        output.write(b"abc");
        output.write(b"defg");
        output.write(b"h");
        assert_eq!(output.take_all(), (b"abcd".to_vec(), 4));
        assert_eq!(output.take_all(), (Vec::new(), 0));
    }
}
