//! Reads bodies up to a cap: the rest is cut off, and never held. If secrets are hidden from the guest, a little more
//! is read, so that a secret across the cap is recognised.

use std::time::Duration;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::exchange::of_hyper;
use crate::contract::transport::Phase;
use crate::network::failure::Problem;

/// The most room that is reserved for a body before it arrives, whatever length is announced.
const ROOM_BYTES_MAX: u64 = 1 << 20;
/// How long to wait for what lies beyond the cap.
const PATIENCE: Duration = Duration::from_millis(250);

/// A body, or what was made from it, as far as it came.
#[derive(Clone, Default, Debug)]
pub(super) struct Stretch {
    pub(super) bytes: Vec<u8>,
    pub(super) extent: Extent,
}

/// How much of a body there is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Extent {
    /// It broke off, or is still arriving.
    #[default]
    Part,
    Whole,
    /// There is more of it than was wanted.
    More,
}

impl Stretch {
    /// Whether its end is missing.
    pub(super) fn is_cut(&self) -> bool {
        self.extent != Extent::Whole
    }
    /// Whether there is more of it than the guest wants.
    pub(super) fn is_over(&self, cap: usize) -> bool {
        self.bytes.len() > cap || self.extent == Extent::More
    }
}

/// Reads a body. What came is in `wire` even if this future is cut off, and what followed it in `trailers`. If nobody
/// wants the body, nothing is waited for.
pub(super) async fn read(
    mut incoming: Incoming,
    wire: &mut Stretch,
    trailers: &mut HeaderMap,
    cap: usize,
    beyond: usize,
) -> Result<(), Problem> {
    if cap == 0 {
        wire.extent = if incoming.is_end_stream() { Extent::Whole } else { Extent::More };
        return Ok(());
    }
    let most = cap.saturating_add(beyond);
    let room = incoming.size_hint().lower().min(most as u64).min(ROOM_BYTES_MAX);
    wire.bytes.reserve(usize::try_from(room).unwrap_or(0));
    loop {
        let next = incoming.frame();
        let frame = if wire.bytes.len() > cap {
            // All that the guest gets is there, so the rest is not waited for long.
            match tokio::time::timeout(PATIENCE, next).await {
                Ok(frame) => frame,
                Err(_) => break,
            }
        } else {
            next.await
        };
        let chunk = match frame {
            None => {
                wire.extent = Extent::Whole;
                return Ok(());
            }
            Some(Ok(frame)) => frame.into_data(),
            Some(Err(_)) if wire.bytes.len() > cap => break,
            Some(Err(error)) => return Err(of_hyper(&error, Phase::Transfer)),
        };
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(frame) => {
                trailers.extend(frame.into_trailers().unwrap_or_default());
                continue;
            }
        };
        let room = most - wire.bytes.len();
        wire.bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    wire.extent = Extent::More;
    Ok(())
}
