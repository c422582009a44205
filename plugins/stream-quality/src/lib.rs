//! The check `stream-quality`: whether a camera's picture can be used. A picture is fetched, taken out of an MJPEG stream, or
//! read from a series of another check; each judgement is a finding of its own.
//!
//! It decodes JPEG and PNG, and no video.

mod aspects;
mod bars;
mod colour;
mod config;
mod frozen;
mod judge;
mod learned;
mod light;
mod multipart;
mod proof;
mod sharpness;
mod stream;
mod view;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::{Limits, Quality};

/// What reads bytes of strangers, and what measures pictures: for the fuzzer and for the evaluation.
pub mod parts {
    pub use crate::bars::has_bars;
    pub use crate::colour::{Colour, colour};
    pub use crate::light::{Light, light};
    pub use crate::multipart::{Parts, boundary, parts};
    pub use crate::sharpness::sharpness;
    pub use crate::view::{SIDE, View};
}

/// Keeps a signature of the last picture, and the sharpness that it learned.
#[check(name = "stream-quality", summary = "Judges whether a camera's picture can be used")]
pub fn run(config: Quality, _run: Run) -> Verdict {
    judge::judge(&config)
}
