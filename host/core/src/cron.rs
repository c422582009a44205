//! Cron as operators write it in crontab (rule S3): five fields, or six with seconds in front.
//!
//! Day of month and day of week: a day must be in both sets, unless both fields are restricted, that is, begin with
//! something other than `*`; then it must be in one of them. Debian's cron does the same.
//!
//! When clocks change, a job whose minute and hour both begin with something other than `*` runs as often as its times
//! occur in the calendar: times that fall into the gap run once right after it, times in the repeated hour run at the
//! first reading only. All other jobs follow the wall clock: what it skips does not run, what it repeats runs twice.

mod field;
mod fields;
mod parse;

use chrono::{Duration, NaiveDateTime};
use chrono_tz::Tz;

use self::fields::{Fields, OnShift};
use crate::time::Wall;
use crate::time::zone::{HOUR, local_at, next_shift, offset_at, reading};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CronSchedule {
    text: String,
    zone: Tz,
    fields: Fields,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{expression}` is not a valid cron expression: {problem}; hint: {hint}")]
pub struct CronError {
    pub expression: String,
    pub problem: String,
    pub hint: String,
}

impl CronSchedule {
    /// Parses an expression. One that could never start (`0 0 31 2 *`) is refused, so that a schedule always has a next
    /// start.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, CronError> {
        let text = expression.trim().to_owned();
        let fields = parse::parse(&text)?;
        Ok(Self { text, zone, fields })
    }
    pub fn zone(&self) -> Tz {
        self.zone
    }
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// The first start strictly after `at`; `None` only where chrono's calendar ends.
    pub fn next_after(&self, at: Wall) -> Option<Wall> {
        let at = at.millis().div_euclid(1000);
        let next = match self.fields.on_shift {
            OnShift::KeepTimes => self.next_kept(at),
            OnShift::FollowClock => self.next_followed(at),
        }?;
        Some(Wall::from_millis(next.checked_mul(1000)?))
    }

    /// The next start if every time of the calendar has one start. Later times never start before earlier ones, so the
    /// first that starts after `at` is the answer, and none that the clock has passed can be it.
    fn next_kept(&self, at: i64) -> Option<i64> {
        let mut passed = local_at(self.zone, at)?;
        loop {
            let local = self.fields.next_from(second_after(passed)?)?;
            let start = reading(self.zone, local)?.earliest();
            if start > at {
                return Some(start);
            }
            passed = local;
        }
    }

    /// The next start by the wall clock: walks the stretches of time in which the zone's offset does not change.
    fn next_followed(&self, at: i64) -> Option<i64> {
        let mut from = at.checked_add(1)?;
        loop {
            let offset = offset_at(self.zone, from)?;
            let local = self.fields.next_from(local_at(self.zone, from)?)?;
            let start = local.and_utc().timestamp() - offset;
            // A shift changes the clock by less than a day and a bit. At this distance from `from` and from the start,
            // no shift can bring the clock to a matching time.
            let far = 2 * 26 * HOUR;
            let near = start.min(from + far);
            match next_shift(self.zone, from, near) {
                Some(shift) => from = shift,
                None if near == start => return Some(start),
                None => from = near.max(start - far),
            }
        }
    }
}

fn second_after(local: NaiveDateTime) -> Option<NaiveDateTime> {
    local.checked_add_signed(Duration::seconds(1))
}

#[cfg(test)]
mod tests;
