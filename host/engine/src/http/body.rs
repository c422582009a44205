//! Bodies, read under a cap: what is over it is cut off, never held. Of what hides a secret from the guest, something is read
//! beyond the cap, so that one which is cut there is known.

use std::time::Duration;

use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::exchange::of_hyper;
use crate::contract::transport::Phase;
use crate::network::failure::Problem;

/// Room that is made for a body before it comes, whatever it says its length is.
const ROOM_BYTES_MAX: u64 = 1 << 20;
/// How long what lies beyond the cap is waited for.
const PATIENCE: Duration = Duration::from_millis(250);

/// A body or what it was made into, for as far as there is any.
#[derive(Clone, Default, Debug)]
pub(super) struct Stretch {
    pub(super) bytes: Vec<u8>,
    pub(super) extent: Extent,
}

/// How much of a body it is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Extent {
    /// It broke off, or is under way.
    #[default]
    Part,
    Whole,
    /// There is more of it than was wanted.
    More,
}

impl Stretch {
    /// Something is missing behind it.
    pub(super) fn is_cut(&self) -> bool {
        self.extent != Extent::Whole
    }
    /// There is more of it than the guest wants.
    pub(super) fn is_over(&self, cap: usize) -> bool {
        self.bytes.len() > cap || self.extent == Extent::More
    }
}

/// What comes is in `wire` also where this is cut off, and what came behind it in `trailers`. Of a body that nobody wants,
/// nothing is waited for.
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
            // All that is handed over is there: nobody waits long for what is not.
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
