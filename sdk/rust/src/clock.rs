//! Time. A component has no other clock.

use std::time::Duration;

use crate::backend;

/// Milliseconds since the Unix epoch, UTC.
pub fn now() -> u64 {
    backend::clock_now()
}

/// How people read a moment: where they live, as the operator says (`time_zone`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    /// Seconds ahead of UTC at that moment.
    pub offset: i32,
    /// `CET`, `UTC`; `+03` where a zone has no letters.
    pub zone: String,
}

/// Of a moment as `now` gives it. For what people read; what programs read is in UTC.
pub fn local(at: u64) -> Local {
    let (offset, zone) = backend::local(at);
    Local { offset, zone }
}

/// Since the run began.
pub fn monotonic() -> Duration {
    Duration::from_nanos(backend::clock_monotonic())
}

/// Until host calls begin to fail with `timed-out`.
pub fn remaining() -> Duration {
    Duration::from_millis(backend::clock_remaining())
}
