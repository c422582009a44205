//! Time. A component has no other clock.

use std::time::Duration;

use crate::backend;

/// Milliseconds since the Unix epoch, UTC.
pub fn now() -> u64 {
    backend::clock_now()
}

/// Since the run began.
pub fn monotonic() -> Duration {
    Duration::from_nanos(backend::clock_monotonic())
}

/// Until host calls begin to fail with `timed-out`.
pub fn remaining() -> Duration {
    Duration::from_millis(backend::clock_remaining())
}
