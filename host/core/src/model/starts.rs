//! Runs that are due and wait for the rate cap.

use std::time::Duration;

use crate::model::keys::Slot;
use crate::time::Mono;

/// At most `STARTS_MAX` runs start in each `START_SPAN`: 12,800 a second.
pub(crate) const STARTS_MAX: u32 = 256;

pub(crate) const START_SPAN: Duration = Duration::from_millis(20);

/// The rate cap over all checks, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    pub(crate) queue: std::collections::VecDeque<(Slot, Mono)>,
    pub(crate) span_from: Mono,
    pub(crate) in_span: u32,
}

impl Starts {
    /// How long the first of them has waited.
    pub(crate) fn oldest(&self, now: Mono) -> Option<Duration> {
        self.queue.front().map(|(_, due)| now.since(*due))
    }
    /// When the next one that waits may start.
    pub(crate) fn next(&self) -> Option<Mono> {
        (!self.queue.is_empty()).then(|| self.span_from + START_SPAN)
    }
}
