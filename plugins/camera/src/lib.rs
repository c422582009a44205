//! The check `camera`: opens a camera's stream over RTSP and proves that media arrives; fetches its picture over HTTP and
//! proves that it is one.
//!
//! A camera that cannot be reached, turns the client away, or sends nothing is critical. A right that is missing is a fault.

mod codec;
mod config;
mod heard;
mod judge;
mod login;
mod message;
mod moment;
mod rtp;
mod sdp;
mod session;
mod snapshot;
mod sps;
mod stream;
mod url;
mod wire;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Camera;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::codec::{Codec, Seen, look};
    pub use crate::message::{Item, Reply, read as message};
    pub use crate::moment::read as moment;
    pub use crate::rtp::{Packet, Sequence, read as rtp};
    pub use crate::sdp::{Track, video};
    pub use crate::sps::{Size, h264, h265};
    pub use watchkeep_sdk::http::challenges;
    pub use watchkeep_sdk::http::picture::{Kind, Picture, look as picture};
}

/// Keeps the digest of the last picture between runs.
#[check(
    name = "camera",
    summary = "Proves that a camera sends its stream over RTSP and its picture over HTTP"
)]
pub fn run(config: Camera, _: Run) -> Verdict {
    judge::judge(&config)
}
