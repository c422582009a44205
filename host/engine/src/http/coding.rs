//! The codings of a body, undone in the order in which they were done, at the call's pace.

use std::io::Read;

use http::header::{CONTENT_ENCODING, HeaderMap};

use super::body::{Extent, Stretch};
use super::deflate;
use super::leniences::Leniences;
use crate::call::{OverBudget, Pace};
use crate::contract::transport::{FailureKind, Phase};
use crate::network::failure::Problem;

/// The codings that are accepted when the guest wants the body decoded.
pub(super) const ACCEPTED: &str = "gzip, br, deflate";
/// How many codings may be applied one after another; nobody means more.
pub(super) const CODINGS_MAX: usize = 4;
/// Decoded at once.
pub(super) const PIECE_BYTES: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

impl Coding {
    fn of(name: &str) -> Option<Coding> {
        match name {
            "gzip" | "x-gzip" => Some(Coding::Gzip),
            "deflate" => Some(Coding::Deflate),
            "br" => Some(Coding::Brotli),
            _ => None,
        }
    }
}

/// What came out of the codings.
pub(super) struct Decoded {
    pub(super) stretch: Stretch,
    /// Why it could not be decoded to its end, though all of it came. What there is, is then only a part.
    pub(super) broken: Option<Problem>,
    /// Codings that were not asked for, and in which it still is.
    pub(super) left: Option<String>,
}

impl From<Stretch> for Decoded {
    fn from(stretch: Stretch) -> Self {
        Self { stretch, broken: None, left: None }
    }
}

/// The codings that the server declares, the outermost last.
pub(super) fn declared(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(CONTENT_ENCODING).into_iter();
    lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()).to_ascii_lowercase())
        .flat_map(|line| line.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>())
        // Some servers write `none` for it.
        .filter(|name| !matches!(name.as_str(), "" | "identity" | "none"))
        .collect()
}

/// The coding that the bytes look like, if the server declares none.
pub(super) fn resembled(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x78, flags, ..] if (0x7800 + u16::from(*flags)).is_multiple_of(31) => Some("deflate"),
        _ => None,
    }
}

/// Undoes the codings, each to at most `most` bytes; the rest is cut off.
pub(super) async fn undone(
    stretch: Stretch,
    names: Vec<String>,
    most: usize,
    leniences: &Leniences,
    pace: &mut Pace,
) -> Result<Decoded, OverBudget> {
    let mut decoded = Decoded::from(stretch);
    let mut names = names;
    if names.len() > CODINGS_MAX {
        decoded.left = Some(names.join(", "));
        return Ok(decoded);
    }
    while let Some(name) = names.pop() {
        let Some(coding) = Coding::of(&name) else {
            names.push(name);
            decoded.left = Some(names.join(", "));
            return Ok(decoded);
        };
        let is_cut = decoded.stretch.is_cut();
        let (stretch, why) = undo(&decoded.stretch, coding, most, leniences, pace).await?;
        decoded.stretch = stretch;
        // What came before the cut has been decoded.
        if let (Some(why), false) = (why, is_cut) {
            decoded.stretch.extent = Extent::Part;
            let message = format!("the body is not validly compressed as `{name}`: {why}");
            decoded.broken = Some(Problem::new(FailureKind::Protocol, Phase::Transfer, message));
        }
    }
    Ok(decoded)
}

/// What could be decoded, and why no more.
async fn undo(
    stretch: &Stretch,
    coding: Coding,
    most: usize,
    leniences: &Leniences,
    pace: &mut Pace,
) -> Result<(Stretch, Option<String>), OverBudget> {
    let coded = stretch.bytes.as_slice();
    let mut into = Vec::new();
    if coded.is_empty() {
        return Ok((Stretch { bytes: into, extent: stretch.extent }, None));
    }
    // If the body was cut, a missing end is no fault of it.
    let unheard = Leniences::default();
    let leniences = if stretch.is_cut() { &unheard } else { leniences };
    let ended = match coding {
        Coding::Gzip => deflate::gzip(coded, &mut into, most, leniences, pace).await?,
        Coding::Deflate => deflate::deflate(coded, &mut into, most, leniences, pace).await?,
        Coding::Brotli => brotli(coded, &mut into, most, pace).await?,
    };
    let is_more = into.len() > most;
    into.truncate(most);
    let extent = if is_more { Extent::More } else { stretch.extent };
    Ok((Stretch { bytes: into, extent }, ended.err().filter(|_| !is_more)))
}

/// Decodes as far as there is room, and one byte more if there is more.
async fn brotli(
    coded: &[u8],
    into: &mut Vec<u8>,
    most: usize,
    pace: &mut Pace,
) -> Result<Result<(), String>, OverBudget> {
    let mut decoder = brotli_decompressor::Decompressor::new(coded, 4 << 10);
    while into.len() <= most {
        let room = (most - into.len()).saturating_add(1).min(PIECE_BYTES) as u64;
        match decoder.by_ref().take(room).read_to_end(into) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return Ok(Err(error.to_string())),
        }
        pace.step().await?;
    }
    Ok(Ok(()))
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

    async fn at_pace(bytes: Vec<u8>, lines: &[&'static str], pace: &mut Pace) -> Result<Decoded, OverBudget> {
        let named = |line: &&'static str| (CONTENT_ENCODING, HeaderValue::from_static(line));
        let mut headers = HeaderMap::new();
        headers.extend(lines.iter().map(named));
        undone(
            Stretch { bytes, extent: Extent::Whole },
            declared(&headers),
            1 << 20,
            &Leniences::default(),
            pace,
        )
        .await
    }

    async fn read(bytes: Vec<u8>, lines: &[&'static str]) -> Decoded {
        at_pace(bytes, lines, &mut Pace::unhurried()).await.ok().unwrap()
    }

    #[tokio::test]
    async fn codings_are_undone_in_their_order() {
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
            let body = read(bytes, lines).await;
            assert!(body.broken.is_none() && body.left.is_none(), "{lines:?}");
            assert_eq!(body.stretch.bytes, text, "{lines:?}");
            assert!(!body.stretch.is_cut());
        }
    }

    #[tokio::test]
    async fn a_coding_that_was_not_asked_for_is_named_and_those_around_it_are_undone() {
        let body = read(gzip(b"zstd's bytes"), &["zstd, gzip"]).await;
        assert_eq!(
            (body.left.as_deref(), body.stretch.bytes.as_slice()),
            (Some("zstd"), b"zstd's bytes".as_slice())
        );
        let body = read(b"x".to_vec(), &["gzip, zstd"]).await;
        assert_eq!(body.left.as_deref(), Some("gzip, zstd"));
        let body = read(b"x".to_vec(), &["gzip, gzip, gzip, gzip, gzip"]).await;
        assert!(body.left.is_some());
    }

    #[tokio::test]
    async fn what_can_be_decoded_of_a_broken_body_is_kept() {
        let mut bytes = gzip(&[b'x'; 100_000]);
        bytes.truncate(bytes.len() - 20);
        let body = read(bytes, &["gzip"]).await;
        assert!(
            body.broken.is_some() && body.stretch.bytes.starts_with(b"xxx"),
            "{}",
            body.stretch.bytes.len()
        );
        assert_eq!(body.stretch.extent, Extent::Part);
    }

    #[tokio::test]
    async fn what_breaks_off_is_broken_in_every_coding_and_what_lies_in_it_is_undone_all_the_same() {
        // No repetition in it: half of the bytes are half of the text.
        let text: Vec<u8> =
            (0..20_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut brotli = Vec::new();
        // One block of bytes as they are (RFC 7932, 9.2), and no end.
        brotli.extend([0x0c, 0xff, 0x7f, 0x08]);
        for (bytes, lines) in [
            (gzip(&text), &["gzip"][..]),
            (zlib(&text), &["deflate"]),
            (zlib(&text)[2..].to_vec(), &["deflate"]),
            (gzip(&gzip(&text)), &["gzip, gzip"]),
            (zlib(&gzip(&text)), &["gzip, deflate"]),
        ] {
            let half = bytes[..bytes.len() / 2].to_vec();
            let body = read(half, lines).await;
            let why = body.broken.map(|problem| problem.message).unwrap_or_default();
            assert!(why.ends_with(": it breaks off"), "{lines:?}: {why}");
            let came = body.stretch.bytes;
            assert!(came.len() > 20_000 && text.starts_with(&came), "{lines:?}: {} bytes", came.len());
        }
        assert!(read(brotli, &["br"]).await.broken.is_some());
    }

    #[tokio::test]
    async fn a_bomb_in_a_bomb_is_cut_at_the_cap_of_each() {
        let body = read(gzip(&gzip(&vec![0; 4 << 20])), &["gzip, gzip"]).await;
        assert_eq!((body.stretch.extent, body.stretch.bytes.len()), (Extent::More, 1 << 20));
    }

    #[tokio::test]
    async fn undoing_them_ends_with_the_calls_time_to_compute() {
        for (bytes, lines) in [
            (gzip(b"x"), "gzip"),
            (zlib(&[b'x'; 1 << 17]), "deflate"),
            (gzip(b"").repeat(9), "gzip"),
            (gzip(&gzip(b"x")), "gzip, gzip"),
        ] {
            assert!(at_pace(bytes, &[lines], &mut Pace::used_up()).await.is_err(), "{lines}");
        }
    }
}
