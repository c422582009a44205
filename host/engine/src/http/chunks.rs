//! A body in chunks as servers really write them, put into the form that the rules ask for. Accepts lines that end in a
//! bare line feed, spaces after a size, and a missing end after a complete body. Anything that is not a chunk is passed
//! on as it is: hyper says what is wrong with it.

use super::leniences::Leniences;

/// The longest line with a size and its extensions: longer than anybody needs.
const LINE_BYTES_MAX: usize = 4 << 10;
/// The size of all lines after the last chunk. Nobody reads them; beyond this they are passed on, and hyper ends it.
const TRAILER_BYTES_MAX: usize = 64 << 10;

pub(super) struct Chunks {
    at: At,
    leniences: Leniences,
}

enum At {
    /// In the line that tells a chunk's size.
    Size(Vec<u8>),
    /// This much of a chunk is to come.
    Data(u64),
    /// At the line end after a chunk; `half` says whether half of it came.
    DataEnd { half: bool },
    /// After the last chunk.
    Trailer { line: usize, bytes: usize, last: u8 },
    /// What follows is not part of this body.
    End,
    /// What follows is not a chunk.
    Broken,
}

impl Chunks {
    pub(super) fn new(leniences: Leniences) -> Self {
        Self { at: At::Size(Vec::new()), leniences }
    }

    /// Takes what came, and puts into `out` what is passed on.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = self.step(rest, out);
        }
    }

    /// The connection has ended. Returns whether the body was complete.
    pub(super) fn ended(&mut self, out: &mut Vec<u8>) -> bool {
        if matches!(self.at, At::Trailer { .. }) {
            self.leniences.note("the line behind the last chunk is missing");
            self.finish(out);
        }
        matches!(self.at, At::End)
    }

    /// Returns what is left of the bytes.
    fn step<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        match &mut self.at {
            At::Size(line) => {
                let (part, rest) = match memchr::memchr(b'\n', bytes) {
                    Some(end) => bytes.split_at(end + 1),
                    None => (bytes, &[][..]),
                };
                line.extend_from_slice(part);
                let size = line.strip_suffix(b"\n").map(|line| size(line, &self.leniences));
                match size {
                    None if line.len() <= LINE_BYTES_MAX => {}
                    None | Some(None) => {
                        out.append(line);
                        self.at = At::Broken;
                    }
                    Some(Some(size)) => {
                        out.extend_from_slice(format!("{size:x}\r\n").as_bytes());
                        self.at = match size {
                            0 => At::Trailer { line: 0, bytes: 0, last: 0 },
                            size => At::Data(size),
                        };
                    }
                }
                rest
            }
            At::Data(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                let (part, rest) = bytes.split_at(taken);
                out.extend_from_slice(part);
                *left -= taken as u64;
                if *left == 0 {
                    self.at = At::DataEnd { half: false };
                }
                rest
            }
            At::DataEnd { half } => match (bytes[0], *half) {
                (b'\r', false) => {
                    *half = true;
                    &bytes[1..]
                }
                (b'\n', half) => {
                    if !half {
                        bare_line_feed(&self.leniences);
                    }
                    out.extend_from_slice(b"\r\n");
                    self.at = At::Size(Vec::new());
                    &bytes[1..]
                }
                (_, half) => {
                    out.extend_from_slice(if half { b"\r" } else { b"" });
                    self.at = At::Broken;
                    bytes
                }
            },
            At::Trailer { line, bytes: all, last } => {
                let byte = bytes[0];
                *all += 1;
                let is_blank = matches!((byte, *line, *last), (b'\n', 0, _) | (b'\n', 1, b'\r'));
                if byte == b'\n' && *last != b'\r' {
                    bare_line_feed(&self.leniences);
                }
                *line = if byte == b'\n' { 0 } else { *line + 1 };
                *last = byte;
                if is_blank {
                    self.finish(out);
                } else if *all > TRAILER_BYTES_MAX {
                    self.at = At::Broken;
                }
                &bytes[1..]
            }
            At::End => &[],
            At::Broken => {
                out.extend_from_slice(bytes);
                &[]
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        self.at = At::End;
    }
}

fn bare_line_feed(leniences: &Leniences) {
    leniences.note("a line between chunks ends in a bare line feed");
}

/// The size of the chunk after such a line. Extensions after the size are ignored.
fn size(line: &[u8], leniences: &Leniences) -> Option<u64> {
    let whole = line.strip_suffix(b"\r");
    let line = whole.unwrap_or(line);
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let trimmed = digits.trim_ascii_end();
    let is_number = !trimmed.is_empty() && trimmed.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(trimmed).ok().filter(|_| is_number)?;
    let size = u64::from_str_radix(text, 16).ok()?;
    if whole.is_none() {
        bare_line_feed(leniences);
    }
    if trimmed.len() < digits.len() {
        leniences.note("blanks behind the size of a chunk");
    }
    Some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is handed on of a body that comes in parts of `size` bytes, whether it was whole, and what was noted.
    fn handed_on(body: &[u8], size: usize) -> (String, bool, Vec<String>) {
        let leniences = Leniences::default();
        let mut chunks = Chunks::new(leniences.clone());
        let mut out = Vec::new();
        body.chunks(size).for_each(|part| chunks.push(part, &mut out));
        let is_whole = chunks.ended(&mut out);
        (String::from_utf8(out).unwrap(), is_whole, leniences.noted())
    }

    const FEED: &str = "a line between chunks ends in a bare line feed";

    #[test]
    fn chunks_come_out_in_one_form_however_they_were_written_and_cut_into_pieces() {
        for (body, notes) in [
            ("5\r\nhello\r\n0\r\n\r\n", &[][..]),
            ("5\nhello\n0\n\n", &[FEED]),
            ("5\nhello\r\n0\r\n\r\n", &[FEED]),
            ("5\r\nhello\n0\r\n\r\n", &[FEED]),
            ("5\r\nhello\r\n0\r\n\n", &[FEED]),
            ("5\r\nhello\r\n0\r\nx-a: b\n\r\n", &[FEED]),
            ("5\r\nhello\r\n0\r\nx-a: b\r\nno trailer\r\n\r\nbeyond", &[]),
            ("0005;a=b\r\nhello\r\n000 ;c\r\n\r\n", &["blanks behind the size of a chunk"]),
            ("5  \r\nhello\r\n0\r\n\r\n", &["blanks behind the size of a chunk"]),
            ("5\r\nhello\r\n0\r\n", &["the line behind the last chunk is missing"]),
            ("5\r\nhello\r\n0\r\nx-a", &["the line behind the last chunk is missing"]),
        ] {
            for size in [1, 2, 3, 100] {
                let (text, is_whole, noted) = handed_on(body.as_bytes(), size);
                assert_eq!(
                    (text.as_str(), is_whole),
                    ("5\r\nhello\r\n0\r\n\r\n", true),
                    "{body:?} by {size}"
                );
                assert_eq!(noted, notes, "{body:?} by {size}");
            }
        }
    }

    #[test]
    fn what_is_no_chunk_is_handed_on_as_it_is_and_what_is_cut_stays_cut() {
        for body in [
            "x\r\nhello",
            "\r\nhello",
            "-5\r\nhello",
            "0x5\r\nhello",
            " 5\r\nhello",
            "fffffffffffffffff\r\nx",
        ] {
            for size in [1, 100] {
                let (text, is_whole, _) = handed_on(body.as_bytes(), size);
                assert_eq!((text.as_str(), is_whole), (body, false));
            }
        }
        for (body, wanted) in [
            ("9\r\nhello", "9\r\nhello"),
            ("5\r\nhello0\r\n\r\n", "5\r\nhello0\r\n\r\n"),
            ("5\r\nhello\rx", "5\r\nhello\rx"),
            ("5\r\nhello\r\n0", "5\r\nhello\r\n"),
            ("5\r\nhello", "5\r\nhello"),
        ] {
            let (text, is_whole, _) = handed_on(body.as_bytes(), 2);
            assert_eq!((text.as_str(), is_whole), (wanted, false));
        }
    }

    #[test]
    fn lines_without_end_are_not_kept() {
        let (text, is_whole, _) = handed_on(&[b"5;".as_slice(), &[b'x'; 1 << 20]].concat(), 1_000);
        assert!(!is_whole && text.starts_with("5;xxx"));
        let (text, is_whole, _) = handed_on(&[b"0\r\n".as_slice(), &[b'x'; 1 << 20]].concat(), 1_000);
        assert!(!is_whole && text.starts_with("0\r\nxxx"));
    }
}
