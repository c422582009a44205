//! Bodies, read and decoded under a cap: what is over it is cut off, never held. Of what hides a secret from the guest,
//! something is read beyond the cap, so that one which is cut there is known.

use std::io::Read;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::exchange::of_hyper;
use super::mask::{self, Audience, Mask};
use crate::call::{OverBudget, Pace};
use crate::contract::transport::{FailureKind, Phase};
use crate::network::failure::Problem;

#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Bytes as they came, before decoding.
    pub(super) wire_bytes: u64,
    pub(super) truncated: bool,
    /// What the headers say of the body is not true of `bytes`.
    pub(super) altered: Altered,
}

/// What was done to a body that the guest did not ask for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Altered {
    No,
    /// Secrets were taken out of it: its length says something of them.
    Masked,
    /// It was decoded, or withheld, as well.
    Decoded,
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

/// How the body came, and what the guest wants of it.
pub(super) struct Form {
    /// To be undone for the guest.
    pub(super) wanted: Coding,
    /// All that the server says, in the order in which they were applied.
    pub(super) declared: Vec<String>,
}

/// Room that is made for a body before it comes, whatever it says its length is.
const ROOM_BYTES_MAX: u64 = 1 << 20;
/// How long what lies beyond the cap is waited for.
const PATIENCE: Duration = Duration::from_millis(250);
/// Decoded at once.
const PIECE_BYTES: usize = 64 << 10;
/// Codings of one body that are undone.
const CODINGS_MAX: usize = 4;

/// What was read of a body: as it came, and a little beyond the cap.
struct Wire {
    bytes: Vec<u8>,
    /// There is more.
    cut: bool,
}

pub(super) async fn read(
    incoming: Incoming,
    form: Form,
    bytes_max: u64,
    mask: &Mask,
    pace: &mut Pace,
) -> Result<Body, Unread> {
    let cap = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    // Who gets nothing of it needs nothing beyond.
    let beyond = if cap == 0 { 0 } else { mask.longest() };
    let wire = read_wire(incoming, cap, beyond).await?;
    let wire_bytes = wire.bytes.len().min(cap) as u64;
    if form.wanted == Coding::Plain || wire.bytes.is_empty() {
        let truncated = wire.cut || wire.bytes.len() > cap;
        if !mask.hides_from_guest() || wire.bytes.is_empty() {
            return Ok(Body { bytes: wire.bytes, wire_bytes, truncated, altered: Altered::No });
        }
        return Ok(as_it_came(wire, &form.declared, cap, beyond, mask, pace).await?);
    }
    let decoded = decode(&wire, form.wanted, cap.saturating_add(beyond), pace).await?;
    let window = Window { cap, beyond };
    let truncated = decoded.cut || decoded.bytes.len() > cap;
    let (bytes, found) = window.shown(decoded, mask, pace).await?;
    let altered = if found { Altered::Masked } else { Altered::No };
    Ok(Body { wire_bytes: told_wire_bytes(wire_bytes, &bytes, altered), bytes, truncated, altered })
}

/// Why there is no body.
pub(super) enum Unread {
    Problem(Problem),
    OverBudget,
}

impl From<Problem> for Unread {
    fn from(problem: Problem) -> Self {
        Unread::Problem(problem)
    }
}

impl From<OverBudget> for Unread {
    fn from(_: OverBudget) -> Self {
        Unread::OverBudget
    }
}

async fn read_wire(mut incoming: Incoming, cap: usize, beyond: usize) -> Result<Wire, Problem> {
    let most = cap.saturating_add(beyond);
    let room = incoming.size_hint().lower().min(most as u64).min(ROOM_BYTES_MAX);
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    loop {
        let next = incoming.frame();
        // All that is handed over is there: nobody waits long for what is not.
        let frame = if beyond > 0 && bytes.len() > cap {
            match tokio::time::timeout(PATIENCE, next).await {
                Ok(frame) => frame,
                Err(_) => return Ok(Wire { bytes, cut: true }),
            }
        } else {
            next.await
        };
        let Some(frame) = frame else { return Ok(Wire { bytes, cut: false }) };
        let frame = match frame {
            Ok(frame) => frame,
            Err(_) if bytes.len() > cap => return Ok(Wire { bytes, cut: true }),
            Err(error) => return Err(of_hyper(&error, Phase::Transfer)),
        };
        // Trailers are nobody's.
        let Ok(chunk) = frame.into_data() else { continue };
        let room = most - bytes.len();
        if chunk.len() > room {
            bytes.extend_from_slice(&chunk[..room]);
            return Ok(Wire { bytes, cut: true });
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// A body that the guest wants as it came: it is, unless a secret stands in it or may stand in what cannot be looked
/// into.
async fn as_it_came(
    wire: Wire,
    declared: &[String],
    cap: usize,
    beyond: usize,
    mask: &Mask,
    pace: &mut Pace,
) -> Result<Body, OverBudget> {
    let window = Window { cap, beyond };
    let wire_bytes = wire.bytes.len().min(cap) as u64;
    let truncated = wire.cut || wire.bytes.len() > cap;
    let codings = match codings(declared, &wire.bytes) {
        Codings::None => {
            let (bytes, found) = window.shown(wire, mask, pace).await?;
            let altered = if found { Altered::Masked } else { Altered::No };
            return Ok(Body {
                wire_bytes: told_wire_bytes(wire_bytes, &bytes, altered),
                bytes,
                truncated,
                altered,
            });
        }
        Codings::Known(codings) => codings,
        Codings::Unknown => return Ok(withheld()),
    };
    let mut decoded = Wire { bytes: wire.bytes.clone(), cut: wire.cut };
    for coding in codings.into_iter().rev() {
        match decode(&decoded, coding, cap.saturating_add(beyond), pace).await {
            Ok(next) => decoded = next,
            Err(Unread::OverBudget) => return Err(OverBudget),
            // What is no such coding hides nothing in it, if it only looks like one.
            Err(Unread::Problem(_)) if declared.is_empty() => {
                let (bytes, found) = window.shown(wire, mask, pace).await?;
                let altered = if found { Altered::Masked } else { Altered::No };
                let wire_bytes = told_wire_bytes(wire_bytes, &bytes, altered);
                return Ok(Body { wire_bytes, bytes, truncated, altered });
            }
            Err(Unread::Problem(_)) => return Ok(withheld()),
        }
    }
    let decoded_truncated = decoded.cut || decoded.bytes.len() > cap;
    let (bytes, found) = window.shown(decoded, mask, pace).await?;
    if !found && !truncated && !decoded_truncated {
        return Ok(Body { bytes: wire.bytes, wire_bytes, truncated, altered: Altered::No });
    }
    // What is cut may end in the beginning of a secret, which nobody sees in what is not decoded.
    let wire_bytes = bytes.len() as u64;
    Ok(Body { bytes, wire_bytes, truncated: truncated || decoded_truncated, altered: Altered::Decoded })
}

fn withheld() -> Body {
    Body { bytes: Vec::new(), wire_bytes: 0, truncated: true, altered: Altered::Decoded }
}

/// The length of what was compressed together with a secret says whether the guest guessed the beginning of it.
fn told_wire_bytes(wire_bytes: u64, shown: &[u8], altered: Altered) -> u64 {
    if altered == Altered::No { wire_bytes } else { shown.len() as u64 }
}

/// What the guest gets of a text, and what is looked at beyond.
struct Window {
    cap: usize,
    beyond: usize,
}

impl Window {
    /// And whether a secret was in it.
    async fn shown(&self, read: Wire, mask: &Mask, pace: &mut Pace) -> Result<(Vec<u8>, bool), OverBudget> {
        let Wire { mut bytes, cut } = read;
        // Whatever stands at the end: to leave away what looks like the beginning of a secret would tell that it is one.
        let end = if cut {
            bytes.len().saturating_sub(self.beyond).min(self.cap)
        } else {
            bytes.len().min(self.cap)
        };
        let mut spans = mask.spans_at_pace(&bytes, Audience::Guest, pace).await?;
        if mask.hides_from_guest() {
            spans.extend(mask.at_edges(&bytes).into_iter().flatten());
            spans = mask::merged(spans);
        }
        spans.retain(|span| span.start < end);
        if spans.is_empty() {
            bytes.truncate(end);
            return Ok((bytes, false));
        }
        let end = spans.last().map_or(end, |last| last.end.max(end));
        bytes.truncate(end);
        Ok((mask::without(&bytes, &spans), true))
    }
}

enum Codings {
    None,
    /// In the order in which they were applied.
    Known(Vec<Coding>),
    Unknown,
}

/// What the server says, or what the bytes look like where it says nothing.
fn codings(declared: &[String], bytes: &[u8]) -> Codings {
    let named = declared.iter().flat_map(|value| value.split(',')).map(str::trim);
    let named: Vec<&str> =
        named.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")).collect();
    if named.is_empty() {
        return match bytes {
            [0x1f, 0x8b, ..] => Codings::Known(vec![Coding::Gzip]),
            [0x78, flags, ..] if (0x7800 + u16::from(*flags)).is_multiple_of(31) => {
                Codings::Known(vec![Coding::Deflate])
            }
            _ => Codings::None,
        };
    }
    let known: Vec<Coding> = named.iter().map(|name| Coding::of(name)).collect();
    if known.len() > CODINGS_MAX || known.contains(&Coding::Plain) {
        Codings::Unknown
    } else {
        Codings::Known(known)
    }
}

/// At most `most` bytes; the rest is cut off.
async fn decode(wire: &Wire, coding: Coding, most: usize, pace: &mut Pace) -> Result<Wire, Unread> {
    let encoded = &*wire.bytes;
    if encoded.is_empty() {
        return Ok(Wire { bytes: Vec::new(), cut: wire.cut });
    }
    let mut decoder: Box<dyn Read + Send + '_> = match coding {
        Coding::Plain => Box::new(encoded),
        Coding::Gzip => Box::new(flate2::read::MultiGzDecoder::new(encoded)),
        // Servers mean either of two formats by it; zlib's first byte tells them apart.
        Coding::Deflate if encoded[0] & 0x0f == 8 => Box::new(flate2::read::ZlibDecoder::new(encoded)),
        Coding::Deflate => Box::new(flate2::read::DeflateDecoder::new(encoded)),
        Coding::Brotli => Box::new(brotli_decompressor::Decompressor::new(encoded, 4 << 10)),
    };
    let mut bytes = Vec::new();
    loop {
        let room = most.saturating_add(1) - bytes.len();
        if room == 0 {
            bytes.truncate(most);
            return Ok(Wire { bytes, cut: true });
        }
        let piece = decoder.by_ref().take(room.min(PIECE_BYTES) as u64).read_to_end(&mut bytes);
        match piece {
            Ok(0) => return Ok(Wire { bytes, cut: wire.cut }),
            Ok(_) => {}
            // What came before the cut is decoded already.
            Err(_) if wire.cut => return Ok(Wire { bytes, cut: true }),
            Err(error) => {
                let message = format!("the body is not validly compressed: {error}");
                return Err(Problem::new(FailureKind::Protocol, Phase::Transfer, message).into());
            }
        }
        pace.step().await?;
    }
}
