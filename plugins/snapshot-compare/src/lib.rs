//! The check `snapshot-compare`: holds a camera's picture against the accepted one, and against that of the day before.
//!
//! The reference is what a reviewer accepted, or the first picture until somebody does. It never moves by itself: what has
//! changed is told each night until it is accepted.

mod aspects;
mod compare;
mod config;
mod difference;
mod judge;
mod reference;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::{Compare, Limits};

/// What reads bytes of strangers, and what compares pictures: for the fuzzer and for the evaluation.
pub mod parts {
    pub use crate::aspects::{Aspect, Look, STRUCTURED_MIN, aspects, look};
    pub use crate::compare::{Comparison, Field, Motion, compare, decode};
    pub use crate::difference::difference;
    pub use watchkeep_sdk::picture::{Decoded, Mask, Plane, encode_at};
}

/// Keeps when the first picture was taken; pictures are kept as attachments.
#[check(
    name = "snapshot-compare",
    summary = "Compares a camera's picture with the accepted one and with that of the day before"
)]
pub fn run(config: Compare, run: Run) -> Verdict {
    judge::judge(&config, &run)
}
