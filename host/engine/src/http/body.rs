//! Bodies, read and decoded under a cap: what is over it is cut off, never held.

use std::io::Read;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::exchange::of_hyper;
use crate::contract::transport::{FailureKind, Phase};
use crate::network::failure::Problem;

pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Bytes as they came, before decoding.
    pub(super) wire_bytes: u64,
    pub(super) truncated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Coding {
    Plain,
    Gzip,
    Deflate,
    Brotli,
}

/// What is asked for when the guest wants it decoded.
pub(super) const ACCEPTED: &str = "gzip, br, deflate";

impl Coding {
    /// Of `content-encoding`; a coding that was not asked for is handed on as it is.
    pub(super) fn of(value: &str) -> Coding {
        match value.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" => Coding::Deflate,
            "br" => Coding::Brotli,
            _ => Coding::Plain,
        }
    }
}

/// Room that is made for a body before it comes, whatever it says its length is.
const ROOM_BYTES_MAX: u64 = 1 << 20;

pub(super) async fn read(mut incoming: Incoming, coding: Coding, bytes_max: u64) -> Result<Body, Problem> {
    let cap = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let room = incoming.size_hint().lower().min(bytes_max).min(ROOM_BYTES_MAX);
    let mut wire = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    let mut truncated = false;
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| of_hyper(&error, Phase::Transfer))?;
        // Trailers are nobody's.
        let Ok(chunk) = frame.into_data() else { continue };
        let room = cap - wire.len();
        if chunk.len() > room {
            wire.extend_from_slice(&chunk[..room]);
            truncated = true;
            break;
        }
        wire.extend_from_slice(&chunk);
    }
    let wire_bytes = wire.len() as u64;
    if coding == Coding::Plain || wire.is_empty() {
        return Ok(Body { bytes: wire, wire_bytes, truncated });
    }
    let (bytes, overflowed) = decode(&wire, coding, cap, truncated)?;
    Ok(Body { bytes, wire_bytes, truncated: truncated || overflowed })
}

fn decode(wire: &[u8], coding: Coding, cap: usize, cut: bool) -> Result<(Vec<u8>, bool), Problem> {
    let mut bytes = Vec::new();
    let limit = (cap as u64).saturating_add(1);
    let read = match coding {
        Coding::Plain => wire.take(limit).read_to_end(&mut bytes),
        Coding::Gzip => flate2::read::MultiGzDecoder::new(wire).take(limit).read_to_end(&mut bytes),
        // Servers mean either of two formats by it; zlib's first byte tells them apart.
        Coding::Deflate if wire[0] & 0x0f == 8 => {
            flate2::read::ZlibDecoder::new(wire).take(limit).read_to_end(&mut bytes)
        }
        Coding::Deflate => flate2::read::DeflateDecoder::new(wire).take(limit).read_to_end(&mut bytes),
        Coding::Brotli => {
            brotli_decompressor::Decompressor::new(wire, 4 << 10).take(limit).read_to_end(&mut bytes)
        }
    };
    match read {
        Ok(_) => {}
        // What came before the cut is decoded already.
        Err(_) if cut => {}
        Err(error) => {
            let message = format!("the body is not validly compressed: {error}");
            return Err(Problem::new(FailureKind::Protocol, Phase::Transfer, message));
        }
    }
    let overflowed = bytes.len() > cap;
    bytes.truncate(cap);
    Ok((bytes, overflowed))
}
