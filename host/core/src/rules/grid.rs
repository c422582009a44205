//! The arithmetic of starts, pure.

use std::time::Duration;

use crate::cron::CronSchedule;
use crate::ids::stable_hash;
use crate::model::clock::Moment;
use crate::time::{Now, Wall};

/// The first start at a fixed rate from `now` on: at `stable_hash(name) mod interval` on the wall clock.
pub(crate) fn first(name: &str, interval: Duration, now: Now) -> Moment {
    let span = millis(interval);
    let phase = i64::try_from(stable_hash(name) % span.unsigned_abs()).unwrap_or(0);
    let wait = (phase - now.wall.millis()).rem_euclid(span);
    let wait = Duration::from_millis(wait.unsigned_abs());
    Moment { at: now.mono + wait, wall: now.wall + wait }
}

/// The first moment after `now` on the grid that `moment` lies on.
pub(crate) fn following(moment: Moment, interval: Duration, now: Now) -> Moment {
    let interval = Duration::from_millis(millis(interval).unsigned_abs());
    let late = now.mono.since(moment.at).as_nanos();
    let steps = late / interval.as_nanos() + 1;
    let span = interval * u32::try_from(steps).unwrap_or(u32::MAX);
    Moment { at: moment.at + span, wall: moment.wall + span }
}

/// The first cron start after the last one and after the clock's moment.
pub(crate) fn cron_following(cron: &CronSchedule, last: Option<Wall>, now: Now) -> Option<Moment> {
    let wall = cron.next_after(last.map_or(now.wall, |last| last.max(now.wall)))?;
    Some(Moment { at: now.mono_at(wall), wall })
}

/// The next cron start after the wall clock jumped; `started` is the span since the last run on the monotonic
/// clock.
pub(crate) fn cron_after_jump(
    cron: &CronSchedule,
    planned: Option<Moment>,
    last: Option<Wall>,
    started: Option<Duration>,
    now: Now,
) -> Option<Moment> {
    if let Some(planned) = planned
        && planned.wall <= now.wall
    {
        return Some(Moment { at: now.mono, wall: planned.wall });
    }
    let next = cron.next_after(now.wall)?;
    let repeated = last.is_some_and(|last| next <= last);
    let following = cron.next_after(next);
    let wall = match (repeated, started, following) {
        (true, Some(started), Some(following)) => {
            let gap = following.since(next);
            if started + next.since(now.wall) < gap / 2 { following } else { next }
        }
        (true | false, _, _) => next,
    };
    Some(Moment { at: now.mono_at(wall), wall })
}

fn millis(interval: Duration) -> i64 {
    i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Mono;

    proptest! {
        #[test]
        fn first_starts_lie_on_the_names_phase_within_one_interval(
            name in "[a-z]{1,12}", seconds in 1u64..100_000, wall in 0i64..4_000_000_000_000,
        ) {
            let interval = Duration::from_secs(seconds);
            let now = Now { wall: Wall::from_millis(wall), mono: Mono::from_nanos(5) };
            let start = first(&name, interval, now);
            prop_assert!(start.wall >= now.wall && start.wall.since(now.wall) < interval);
            prop_assert_eq!(start.at.since(now.mono), start.wall.since(now.wall));
            let phase = stable_hash(&name) % (seconds * 1000);
            prop_assert_eq!(start.wall.millis().unsigned_abs() % (seconds * 1000), phase);
        }

        #[test]
        fn the_following_start_is_the_next_on_the_grid(seconds in 1u64..1000, late in 0u64..10_000_000) {
            let interval = Duration::from_secs(seconds);
            let due = Moment { at: Mono::from_nanos(7), wall: Wall::from_millis(0) };
            let now = Now { wall: Wall::from_millis(0), mono: due.at + Duration::from_millis(late) };
            let next = following(due, interval, now);
            prop_assert!(next.at > now.mono && next.at.since(now.mono) <= interval);
            prop_assert_eq!(next.at.since(due.at).as_nanos() % interval.as_nanos(), 0);
        }
    }
}
