//! Randomness; seeded in tests and replays.

use crate::backend;

/// Random bytes, at most 1 KiB per call.
pub fn bytes(count: u32) -> Vec<u8> {
    backend::random_bytes(count)
}
