//! Bodies, read under a cap: what is over it is cut off, never held. And their codings, undone in the order in which they
//! were done.

use std::io::Read;

use http::header::{CONTENT_ENCODING, HeaderMap};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::exchange::of_hyper;
use crate::contract::transport::{FailureKind, Phase};
use crate::network::failure::Problem;

/// As it came, for as far as it came.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) bytes: Vec<u8>,
    /// There is more of it than was wanted.
    pub(super) truncated: bool,
}

pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) truncated: bool,
    /// Why it could not be decoded to its end, though all of it came.
    pub(super) broken: Option<Problem>,
    /// A coding that was not asked for, and is left as it is.
    pub(super) left: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

/// What is asked for when the guest wants it decoded.
pub(super) const ACCEPTED: &str = "gzip, br, deflate";
/// One on another; nobody means more.
const CODINGS_MAX: usize = 4;

/// Room that is made for a body before it comes, whatever it says its length is.
const ROOM_BYTES_MAX: u64 = 1 << 20;

/// What comes is in `wire` also where this is cut off. Of a body that nobody wants, nothing is waited for.
pub(super) async fn read(mut incoming: Incoming, wire: &mut Wire, bytes_max: u64) -> Result<(), Problem> {
    if bytes_max == 0 {
        wire.truncated = !incoming.is_end_stream();
        return Ok(());
    }
    let cap = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let room = incoming.size_hint().lower().min(bytes_max).min(ROOM_BYTES_MAX);
    wire.bytes.reserve(usize::try_from(room).unwrap_or(0));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| of_hyper(&error, Phase::Transfer))?;
        // Trailers are nobody's.
        let Ok(chunk) = frame.into_data() else { continue };
        let room = cap - wire.bytes.len();
        if chunk.len() > room {
            wire.bytes.extend_from_slice(&chunk[..room]);
            wire.truncated = true;
            break;
        }
        wire.bytes.extend_from_slice(&chunk);
    }
    Ok(())
}

/// The codings of a body, the outermost last.
fn codings(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(CONTENT_ENCODING).into_iter();
    lines
        .flat_map(|line| line.to_str().unwrap_or("in no text").split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        // Some servers write `none` for it.
        .filter(|name| !matches!(name.as_str(), "" | "identity" | "none"))
        .collect()
}

fn coding(name: &str) -> Option<Coding> {
    match name {
        "gzip" | "x-gzip" => Some(Coding::Gzip),
        "deflate" => Some(Coding::Deflate),
        "br" => Some(Coding::Brotli),
        _ => None,
    }
}

/// `is_part` if the body broke off: what stands before that is decoded.
pub(super) fn decoded(wire: Wire, headers: &HeaderMap, bytes_max: u64, is_part: bool) -> Body {
    let cap = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let mut body = Body { bytes: wire.bytes, truncated: wire.truncated, broken: None, left: None };
    let mut codings = codings(headers);
    if codings.len() > CODINGS_MAX {
        body.left = Some(codings.join(", "));
        return body;
    }
    while let Some(name) = codings.pop() {
        let Some(coding) = coding(&name) else {
            codings.push(name);
            body.left = Some(codings.join(", "));
            return body;
        };
        if body.bytes.is_empty() {
            continue;
        }
        let is_cut = is_part || body.truncated;
        let (bytes, error) = undo(&body.bytes, coding, cap);
        body.truncated |= bytes.len() > cap;
        body.bytes = bytes;
        body.bytes.truncate(cap);
        match error {
            // What came before the cut is decoded already.
            Some(_) if is_cut => {}
            Some(error) => {
                let message = format!("the body is not validly compressed as `{name}`: {error}");
                body.broken = Some(Problem::new(FailureKind::Protocol, Phase::Transfer, message));
                return body;
            }
            None => {}
        }
    }
    body
}

/// What could be decoded, a byte more than `cap` if there is more.
fn undo(coded: &[u8], coding: Coding, cap: usize) -> (Vec<u8>, Option<std::io::Error>) {
    let mut bytes = Vec::new();
    let limit = (cap as u64).saturating_add(1);
    let read = match coding {
        Coding::Gzip => flate2::read::MultiGzDecoder::new(coded).take(limit).read_to_end(&mut bytes),
        // Servers mean either of two formats by it; zlib's first byte tells them apart.
        Coding::Deflate if coded[0] & 0x0f == 8 => {
            flate2::read::ZlibDecoder::new(coded).take(limit).read_to_end(&mut bytes)
        }
        Coding::Deflate => flate2::read::DeflateDecoder::new(coded).take(limit).read_to_end(&mut bytes),
        Coding::Brotli => {
            brotli_decompressor::Decompressor::new(coded, 4 << 10).take(limit).read_to_end(&mut bytes)
        }
    };
    (bytes, read.err())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use http::HeaderValue;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>, lines: &[&'static str]) -> Body {
        let named = |line: &&'static str| (CONTENT_ENCODING, HeaderValue::from_static(line));
        let mut headers = HeaderMap::new();
        headers.extend(lines.iter().map(named));
        decoded(Wire { bytes, truncated: false }, &headers, 1 << 20, false)
    }

    #[test]
    fn codings_are_undone_in_their_order() {
        let text = b"hello, hello, hello";
        for (bytes, lines) in [
            (gzip(text), &["gzip"][..]),
            (gzip(text), &["gzip, identity"]),
            (gzip(text), &["identity, X-GZip"]),
            (gzip(&zlib(text)), &["deflate, gzip"]),
            (gzip(&gzip(text)), &["gzip", "gzip"]),
            (zlib(&gzip(text)), &["gzip", " ,deflate"]),
            (text.to_vec(), &["identity"]),
            (text.to_vec(), &["none", ""]),
            (text.to_vec(), &[]),
        ] {
            let body = read(bytes, lines);
            assert!(body.broken.is_none() && body.left.is_none(), "{lines:?}");
            assert_eq!(body.bytes, text, "{lines:?}");
        }
    }

    #[test]
    fn a_coding_that_was_not_asked_for_is_named_and_those_around_it_are_undone() {
        let body = read(gzip(b"zstd's bytes"), &["zstd, gzip"]);
        assert_eq!((body.left.as_deref(), body.bytes.as_slice()), (Some("zstd"), b"zstd's bytes".as_slice()));
        let body = read(b"x".to_vec(), &["gzip, zstd"]);
        assert_eq!(body.left.as_deref(), Some("gzip, zstd"));
        let body = read(b"x".to_vec(), &["gzip, gzip, gzip, gzip, gzip"]);
        assert!(body.left.is_some());
    }

    #[test]
    fn what_can_be_decoded_of_a_broken_body_is_kept() {
        let mut bytes = gzip(&[b'x'; 100_000]);
        bytes.truncate(bytes.len() - 20);
        let body = read(bytes, &["gzip"]);
        assert!(body.broken.is_some() && body.bytes.starts_with(b"xxx"), "{}", body.bytes.len());
    }

    #[test]
    fn a_bomb_in_a_bomb_is_cut_at_the_cap_of_each() {
        let body = read(gzip(&gzip(&vec![0; 4 << 20])), &["gzip, gzip"]);
        assert!(body.truncated && body.bytes.len() == 1 << 20);
    }
}
