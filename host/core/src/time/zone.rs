//! Local time and UTC: what happens to a local time that a zone skips or repeats. All numbers are seconds since the
//! Unix epoch; `None` means outside the years that chrono knows.

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;

/// When a wall clock shows a given local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    Once(i64),
    /// The clock was put back over it.
    Twice {
        first: i64,
        second: i64,
    },
    /// The clock was put forward over it; `resumes` is the first moment after the gap.
    Never {
        resumes: i64,
    },
}

impl Reading {
    pub(crate) fn earliest(self) -> i64 {
        match self {
            Reading::Once(at) | Reading::Twice { first: at, .. } | Reading::Never { resumes: at } => at,
        }
    }
    pub(crate) fn latest(self) -> i64 {
        match self {
            Reading::Once(at) | Reading::Twice { second: at, .. } | Reading::Never { resumes: at } => at,
        }
    }
}

pub(crate) fn reading(zone: Tz, local: NaiveDateTime) -> Option<Reading> {
    let as_if_utc = local.and_utc().timestamp();
    Some(match zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(offset) => Reading::Once(as_if_utc - seconds(&offset)),
        MappedLocalTime::Ambiguous(one, other) => {
            let (one, other) = (as_if_utc - seconds(&one), as_if_utc - seconds(&other));
            Reading::Twice { first: one.min(other), second: one.max(other) }
        }
        MappedLocalTime::None => {
            // No zone is further from UTC than a day, so the local time is between these two.
            let (before, after) = (as_if_utc - 26 * HOUR, as_if_utc + 26 * HOUR);
            offset_at(zone, before)?;
            offset_at(zone, after)?;
            let resumes = first_where(before, after, |at| {
                offset_at(zone, at).is_some_and(|offset| at + offset > as_if_utc)
            });
            Reading::Never { resumes }
        }
    })
}

/// What a wall clock shows.
pub(crate) fn local_at(zone: Tz, at: i64) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp(at, 0)?.naive_utc();
    utc.checked_add_signed(Duration::seconds(offset_at(zone, at)?))
}

/// How many seconds the zone is ahead of UTC.
pub(crate) fn offset_at(zone: Tz, at: i64) -> Option<i64> {
    let utc = DateTime::from_timestamp(at, 0)?.naive_utc();
    Some(seconds(&zone.offset_from_utc_datetime(&utc)))
}

/// The first moment after `after`, and not after `until`, at which the zone's offset changes.
pub(crate) fn next_shift(zone: Tz, after: i64, until: i64) -> Option<i64> {
    let mut from = after;
    let offset = offset_at(zone, from)?;
    while from < until {
        // No zone has ever changed twice within six hours.
        let to = until.min(from + 6 * HOUR);
        if offset_at(zone, to)? != offset {
            return Some(first_where(from, to, |at| offset_at(zone, at) != Some(offset)));
        }
        from = to;
    }
    None
}

pub(crate) const HOUR: i64 = 3600;

fn seconds(offset: &impl chrono::Offset) -> i64 {
    i64::from(offset.fix().local_minus_utc())
}

/// The first moment in `(before, until]` for which it holds; it must hold for all later ones as well.
fn first_where(mut before: i64, mut until: i64, holds: impl Fn(i64) -> bool) -> i64 {
    while until - before > 1 {
        let middle = before + (until - before) / 2;
        if holds(middle) {
            until = middle;
        } else {
            before = middle;
        }
    }
    until
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }
    fn utc(text: &str) -> i64 {
        local(text).and_utc().timestamp()
    }

    #[test]
    fn a_skipped_local_time_resumes_at_the_end_of_the_gap() {
        let found = reading(Tz::Europe__Oslo, local("2026-03-29 02:30"));
        assert_eq!(found, Some(Reading::Never { resumes: utc("2026-03-29 01:00") }));
    }

    #[test]
    fn a_skipped_day_resumes_on_the_next() {
        let found = reading(Tz::Pacific__Apia, local("2011-12-30 12:00"));
        assert_eq!(found, Some(Reading::Never { resumes: utc("2011-12-30 10:00") }));
    }

    #[test]
    fn a_repeated_local_time_is_read_twice() {
        let found = reading(Tz::Australia__Lord_Howe, local("2026-04-05 01:45"));
        let first = utc("2026-04-04 14:45");
        assert_eq!(found, Some(Reading::Twice { first, second: first + HOUR / 2 }));
    }

    #[test]
    fn a_shift_is_found_to_the_second_and_only_within_the_span() {
        let shift = utc("2026-10-25 01:00");
        assert_eq!(next_shift(Tz::Europe__Oslo, shift - 86_400, shift + 86_400), Some(shift));
        assert_eq!(next_shift(Tz::Europe__Oslo, shift - 86_400, shift), Some(shift));
        assert_eq!(next_shift(Tz::Europe__Oslo, shift, shift + 86_400), None);
        assert_eq!(next_shift(Tz::Europe__Oslo, shift - 86_400, shift - 1), None);
    }
}
