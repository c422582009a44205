//! How many plugins are compiled at once, and which waits for which. A file may be hostile, and nobody knows beforehand
//! whether compiling it ends. So each file gets a short turn, and one that does not finish in it starts over in a lane
//! where such files wait for each other. A file that compiles normally never waits for one that does not.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::options::CompileLimits;

/// From here on a file is large. Rust plugins have a few hundred KiB, those with an interpreter 10 MiB and more.
const LARGE_BYTES_MIN: usize = 1 << 20;
/// Compiling uses one core: with two at once several files that come together are live in half the time.
const SMALL_AT_ONCE: usize = 2;
/// A large file (a whole Python compiles for seconds) waits only for other large files.
const LARGE_AT_ONCE: usize = 1;
/// The host's own plugins do not wait for files of others.
const OWN_AT_ONCE: usize = 1;
const SLOW_AT_ONCE: usize = 1;

/// The first turn of a small file, as a part of the time that compiling may take in all.
const SMALL_TURN: u32 = 30;
const LARGE_TURN: u32 = 3;
/// The kernel counts in whole seconds.
const TURN_MIN: Duration = Duration::from_secs(2);
/// How many times longer than its processor time a turn may take on a busy machine.
const WALL: u32 = 4;

#[derive(Debug)]
pub(crate) struct Lanes {
    own: Semaphore,
    small: Semaphore,
    large: Semaphore,
    slow: Semaphore,
}

/// What one child may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Turn {
    pub(super) memory_bytes_max: u64,
    pub(super) processor_time: Duration,
    pub(super) wall_time: Duration,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            own: Semaphore::new(OWN_AT_ONCE),
            small: Semaphore::new(SMALL_AT_ONCE),
            large: Semaphore::new(LARGE_AT_ONCE),
            slow: Semaphore::new(SLOW_AT_ONCE),
        }
    }
}

impl Lanes {
    /// Waits for the first turn of a file.
    pub(super) async fn first(
        &self,
        limits: &CompileLimits,
        origin: Origin,
        size: usize,
    ) -> (SemaphorePermit<'_>, Turn) {
        let (lane, share, part) = match origin {
            Origin::Own => (&self.own, SMALL_SHARE, 1),
            Origin::File if size < LARGE_BYTES_MIN => (&self.small, SMALL_SHARE, SMALL_TURN),
            Origin::File => (&self.large, LARGE_SHARE, LARGE_TURN),
        };
        (place(lane).await, turn(limits, share, part))
    }

    /// Waits for the turn of a file that did not finish in its first.
    pub(super) async fn last(&self, limits: &CompileLimits) -> (SemaphorePermit<'_>, Turn) {
        (place(&self.slow).await, turn(limits, LARGE_SHARE, 1))
    }
}

/// Whose file it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// The file came with the host.
    Own,
    File,
}

impl Origin {
    pub(super) fn of(source_name: &str) -> Self {
        if source_name == "bundled" { Origin::Own } else { Origin::File }
    }
}

/// The share in the memory of all children together, in sixteenths.
const SMALL_SHARE: u64 = 2;
const LARGE_SHARE: u64 = 5;
const SHARES: u64 = 16;

async fn place(lane: &Semaphore) -> SemaphorePermit<'_> {
    lane.acquire().await.expect("the lanes are never closed")
}

fn turn(limits: &CompileLimits, share: u64, part: u32) -> Turn {
    let processor_time = (limits.time_max / part).max(TURN_MIN).min(limits.time_max);
    Turn {
        memory_bytes_max: limits.memory_bytes_max / SHARES * share,
        processor_time,
        wall_time: processor_time.saturating_mul(WALL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_children_together_take_no_more_memory_than_there_is_for_them() {
        let (lanes, limits) = (Lanes::default(), CompileLimits::default());
        let mut held = Vec::new();
        for _ in 0..OWN_AT_ONCE {
            held.push(lanes.first(&limits, Origin::Own, 1).await);
        }
        for _ in 0..SMALL_AT_ONCE {
            held.push(lanes.first(&limits, Origin::File, 1).await);
        }
        for _ in 0..LARGE_AT_ONCE {
            held.push(lanes.first(&limits, Origin::File, LARGE_BYTES_MIN).await);
        }
        for _ in 0..SLOW_AT_ONCE {
            held.push(lanes.last(&limits).await);
        }
        let together: u64 = held.iter().map(|(_, turn)| turn.memory_bytes_max).sum();
        assert!(together <= limits.memory_bytes_max, "{together}");
        for lane in [&lanes.own, &lanes.small, &lanes.large, &lanes.slow] {
            assert_eq!(lane.available_permits(), 0);
        }
    }

    #[test]
    fn a_first_turn_is_short_beside_the_last() {
        let limits = CompileLimits::default();
        let [small, large, last] =
            [SMALL_TURN, LARGE_TURN, 1].map(|part| turn(&limits, 1, part).processor_time);
        assert!(small * 4 <= large && large * 3 <= last, "{small:?} {large:?} {last:?}");
        let tiny = CompileLimits { time_max: Duration::from_millis(50), ..limits };
        assert_eq!(turn(&tiny, 1, SMALL_TURN).processor_time, tiny.time_max);
    }
}
