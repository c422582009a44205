//! Randomness; seeded in tests and replays.

use crate::backend;

/// At most 1 KiB a call.
pub fn bytes(count: u32) -> Vec<u8> {
    backend::random_bytes(count)
}
