//! The one place that reads the clocks for decisions.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use watchkeep_core::time::{Mono, Now, Wall};

#[derive(Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// The monotonic clock counts from here.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }
    pub(crate) fn now(&self) -> Now {
        Now { wall: wall(), mono: self.mono() }
    }
    pub(crate) fn mono(&self) -> Mono {
        Mono::from_nanos(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
    /// `at` for a timer of the runtime.
    pub(crate) fn instant(&self, at: Mono) -> tokio::time::Instant {
        (self.started + Duration::from_nanos(at.nanos())).into()
    }
}

pub(crate) fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
