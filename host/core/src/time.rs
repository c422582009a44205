//! Two clocks (rule S4): a monotonic one for timers and durations, and a wall clock for calendars and for what people
//! read. Both are arguments; nothing in this crate reads a clock.

pub(crate) mod zone;

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;

/// Milliseconds since the Unix epoch, UTC. May jump either way between two readings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Wall(i64);

impl Wall {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    pub const fn millis(self) -> i64 {
        self.0
    }
    /// The time in UTC; `None` outside the years that chrono knows.
    pub fn utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
    /// The moment at which the clock of a zone shows this time: the first of two, or the end of the gap if the clock
    /// was put forward over it. `None` outside the years that chrono knows.
    pub fn of_clock(zone: Tz, clock: NaiveDateTime) -> Option<Wall> {
        Some(Wall::from_millis(zone::reading(zone, clock)?.earliest().checked_mul(1000)?))
    }
    /// The moment that is this many milliseconds later, or earlier.
    pub(crate) fn shifted(self, millis: i64) -> Wall {
        Self(self.0.saturating_add(millis))
    }
    /// The span since `earlier`; zero if the clock went back.
    pub fn since(self, earlier: Wall) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}
/// Writes the time as in sentences: `2026-11-21 02:56:40 UTC`, always in full and in UTC, so that a page that shows a
/// sentence finds the times in it and can show them in another zone.
impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.utc() {
            Some(at) => write!(f, "{}", at.format("%Y-%m-%d %H:%M:%S UTC")),
            // Only a wrong clock leaves the years that chrono knows; the number is then the most honest text.
            None => write!(f, "{}", self.0),
        }
    }
}
impl From<DateTime<Utc>> for Wall {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}
impl Add<Duration> for Wall {
    type Output = Wall;
    fn add(self, span: Duration) -> Wall {
        Wall(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}
impl Sub<Duration> for Wall {
    type Output = Wall;
    fn sub(self, span: Duration) -> Wall {
        Wall(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// A duration with at most two units: `3 h 10 min`. The pages' script writes it the same way.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86400 if minutes % 60 == 0 => format!("{hours} h"),
        3600..86400 => format!("{hours} h {} min", minutes % 60),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A zone by its IANA name.
pub use chrono_tz::Tz as Zone;

/// How people in a zone read a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    /// Seconds ahead of UTC at that moment.
    pub offset: i32,
    /// The name of the zone: `CET`, `UTC`; `+03` if the zone has no letters.
    pub zone: String,
}

impl Local {
    pub fn at(zone: Tz, at: Wall) -> Self {
        let Some(utc) = at.utc() else { return Self { offset: 0, zone: "UTC".to_owned() } };
        let offset = zone.offset_from_utc_datetime(&utc.naive_utc());
        Self { offset: offset.fix().local_minus_utc(), zone: offset.to_string() }
    }
}

/// Nanoseconds since the host started. Never goes back; means nothing after a restart, so it is never stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mono(u64);

impl Mono {
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
    pub const fn nanos(self) -> u64 {
        self.0
    }
    /// The span since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Mono) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
impl Add<Duration> for Mono {
    type Output = Mono;
    fn add(self, span: Duration) -> Mono {
        Mono(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// Both clocks, read once per input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Now {
    pub wall: Wall,
    pub mono: Mono,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units() {
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3600, "1 h"),
            (11_400, "3 h 10 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }
}
