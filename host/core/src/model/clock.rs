//! How the two clocks relate (rule S4). Timers run on the monotonic clock. What follows the wall clock (cron,
//! calendars) is armed by the offset between the two, and armed again when the offset jumps.
//!
//! The offset is compared with the one at the last jump, and a difference of `JUMP` or more is a jump. So a slow drift
//! is corrected in steps, and a timer that follows the wall clock is off by less than `JUMP`.

use std::time::Duration;

use crate::time::{Mono, Now, Wall};

const JUMP: Duration = Duration::from_millis(500);

/// For this long after a start or a jump, nothing is forgotten for good because the wall clock says that it is old.
const STEADY: Duration = Duration::from_secs(60 * 60);

/// When a run starts on the monotonic clock, and the moment that names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Mono,
    pub(crate) wall: Wall,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Jump {
    None,
    By { millis: i64 },
}

#[derive(Debug)]
pub(crate) struct Clocks {
    /// Wall minus monotonic, in milliseconds.
    offset: i64,
    /// Since the start or the last jump.
    since: Mono,
}

/// Whether the wall clock is believed where something would be lost by it. Where people would only be told more, it is
/// believed at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Steadiness {
    Steady,
    Fresh,
}

impl Clocks {
    pub(crate) fn new(now: Now) -> Self {
        Self { offset: offset(now), since: now.mono }
    }
    pub(crate) fn observe(&mut self, now: Now) -> Jump {
        let offset = offset(now);
        if u128::from(offset.abs_diff(self.offset)) < JUMP.as_millis() {
            return Jump::None;
        }
        let millis = offset.saturating_sub(self.offset);
        (self.offset, self.since) = (offset, now.mono);
        Jump::By { millis }
    }
    pub(crate) fn steadiness(&self, now: Mono) -> Steadiness {
        if now.since(self.since) >= STEADY { Steadiness::Steady } else { Steadiness::Fresh }
    }
}

fn offset(now: Now) -> i64 {
    let mono = i64::try_from(now.mono.nanos() / 1_000_000).unwrap_or(i64::MAX);
    now.wall.millis().saturating_sub(mono)
}

impl Now {
    /// When the wall clock will show `wall`, unless it jumps. Now, if that moment is past.
    pub(crate) fn mono_at(self, wall: Wall) -> Mono {
        self.mono + wall.since(self.wall)
    }
    /// What the wall clock will show at `mono`, which must not be past.
    pub(crate) fn wall_at(self, mono: Mono) -> Wall {
        self.wall + mono.since(self.mono)
    }
}

/// A span that may have begun before this start of the host. Since the start it counts on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed {
    from: Mono,
    before: Duration,
}

impl Elapsed {
    pub(crate) fn starting(now: Now) -> Self {
        Self { from: now.mono, before: Duration::ZERO }
    }
    /// A span that begins at `from`, which may lie in the future.
    pub(crate) fn from(from: Mono) -> Self {
        Self { from, before: Duration::ZERO }
    }
    /// The span since something that happened at `at`, according to the store.
    pub(crate) fn restored(at: Wall, now: Now) -> Self {
        Self { from: now.mono, before: now.wall.since(at) }
    }
    pub(crate) fn so_far(self, now: Mono) -> Duration {
        self.before + now.since(self.from)
    }
    /// When the span began, in terms of the present wall clock.
    pub(crate) fn began(self, now: Now) -> Wall {
        now.wall - self.so_far(now.mono)
    }
    /// When the span will be as long as `span`.
    pub(crate) fn reaches(self, span: Duration) -> Mono {
        self.from + span.saturating_sub(self.before)
    }
}

pub(crate) fn earlier(one: Option<Mono>, other: Option<Mono>) -> Option<Mono> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
