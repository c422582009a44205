//! Times and durations for people, in the zone that the operator set for the receiver; and times in UTC for programs.

use std::time::Duration;

use crate::clock::local;

const DAY_MS: u64 = 86_400_000;

struct Moment {
    year: u64,
    month: u64,
    day: u64,
    millis: u64,
}

/// The civil date of a number of days since 1970-01-01, by walking years and months: a notification contains few times,
/// and this is half the size of the closed formula with its tables.
fn moment(timestamp: u64) -> Moment {
    let mut days = timestamp / DAY_MS;
    let mut year = 1970;
    while days >= year_days(year) {
        days -= year_days(year);
        year += 1;
    }
    let mut month = 1;
    while days >= month_days(year, month) {
        days -= month_days(year, month);
        month += 1;
    }
    Moment { year, month, day: days + 1, millis: timestamp % DAY_MS }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn year_days(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn month_days(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Bounds a time by the last one that is written out: the walk over years must end.
fn bounded(timestamp: u64) -> u64 {
    const YEAR_9999_ENDS: u64 = 253_402_300_799_999;
    timestamp.min(YEAR_9999_ENDS)
}

/// A time such as `2026-03-04T05:06:07.000Z`.
pub fn rfc3339(timestamp: u64) -> String {
    let Moment { year, month, day, millis } = moment(bounded(timestamp));
    let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1_000)
}

/// Parses a time as programs write it, `2026-03-04T05:06:07Z`, with or without fractions of a second and with any
/// offset, to milliseconds since the Unix epoch. `None` if it is not such a time, or before 1970.
///
/// ```
/// use watchkeep_sdk::wording::from_rfc3339;
///
/// assert_eq!(from_rfc3339("1970-01-02T01:00:00.5+01:00"), Some(86_400_500));
/// assert_eq!(from_rfc3339("next year"), None);
/// ```
pub fn from_rfc3339(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = bytes.get(from..to)?;
        let value =
            |value: u64, digit: &u8| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0'));
        digits.iter().try_fold(0, value)
    };
    let mark = |at: usize, marks: &[u8]| bytes.get(at).is_some_and(|byte| marks.contains(byte));
    let marks = [(4, &b"-"[..]), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":")];
    if !marks.iter().all(|(at, wanted)| mark(*at, wanted)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_date = year >= 1970 && (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day);
    // 60 is a leap second.
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (millis, zone) = match bytes.get(19)? {
        b'.' => {
            let digits = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let weighed = bytes[20..].iter().take(digits.min(3)).zip([100, 10, 1]);
            (weighed.map(|(digit, weight)| u64::from(digit - b'0') * weight).sum(), 20 + digits)
        }
        _ => (0, 19),
    };
    let offset = match (bytes.get(zone)?, bytes.len() - zone) {
        (b'Z' | b'z', 1) => 0,
        (sign @ (b'+' | b'-'), 6) if mark(zone + 3, b":") => {
            let minutes = number(zone + 1, zone + 3)? * 60 + number(zone + 4, zone + 6)?;
            i64::try_from(minutes * 60_000).ok()? * if *sign == b'+' { 1 } else { -1 }
        }
        (_, _) => return None,
    };
    let days = (1970..year).map(year_days).sum::<u64>()
        + (1..month).map(|month| month_days(year, month)).sum::<u64>()
        + (day - 1);
    let clock = ((hour * 60 + minute) * 60 + second) * 1_000 + millis;
    (days * DAY_MS + clock).checked_add_signed(-offset)
}

/// The local time as if it were UTC, and the name of the zone.
fn on_the_wall(timestamp: u64) -> (u64, String) {
    let local = local(timestamp);
    (timestamp.saturating_add_signed(i64::from(local.offset) * 1_000), local.zone)
}

fn shown((clock, zone): (u64, String)) -> String {
    let millis = clock % DAY_MS;
    format!("{:02}:{:02} {zone}", millis / 3_600_000, millis / 60_000 % 60)
}

/// A time of day: `05:06 UTC`, `06:06 CET`.
pub fn time(timestamp: u64) -> String {
    shown(on_the_wall(timestamp))
}

/// A time of day, `05:06 UTC`, if it is on the same day as `now` in that zone, otherwise `2026-03-03 05:06 UTC`.
pub fn date_and_time(timestamp: u64, now: u64) -> String {
    let (clock, zone) = on_the_wall(timestamp);
    if clock / DAY_MS == on_the_wall(now).0 / DAY_MS {
        return shown((clock, zone));
    }
    let Moment { year, month, day, .. } = moment(bounded(clock));
    format!("{year:04}-{month:02}-{day:02} {}", shown((clock, zone)))
}

/// A duration in its two largest units: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let two = |large: u64, unit: &str, small: u64, of: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {of}"),
    };
    match seconds {
        0..120 => format!("{seconds} s"),
        120..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_civil_dates() {
        for (timestamp, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_868_799_000, "2000-02-29T23:59:59.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_772_600_767_000, "2026-03-04T05:06:07.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(timestamp), text);
        }
    }

    #[test]
    fn a_moment_is_read_as_it_is_written_and_in_every_zone() {
        for at in
            [0, 951_782_399_999, 951_868_799_000, 1_772_600_767_000, 4_107_542_400_000, 253_402_300_799_999]
        {
            assert_eq!(from_rfc3339(&rfc3339(at)), Some(at));
        }
        for (text, at) in [
            ("2026-03-04T05:06:07Z", 1_772_600_767_000),
            ("2026-03-04t05:06:07z", 1_772_600_767_000),
            ("2026-03-04 07:06:07+02:00", 1_772_600_767_000),
            ("2026-03-03T23:36:07.000000001-05:30", 1_772_600_767_000),
            ("2026-03-04T05:06:07.25Z", 1_772_600_767_250),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ] {
            assert_eq!(from_rfc3339(text), Some(at), "{text}");
        }
        for wrong in [
            "",
            "2026-03-04",
            "2026-03-04T05:06:07",
            "2026-02-29T05:06:07Z",
            "2026-13-04T05:06:07Z",
            "2026-00-04T05:06:07Z",
            "2026-03-00T05:06:07Z",
            "2026-03-04T24:06:07Z",
            "2026-03-04T05:06:07+0200",
            "2026-03-04T05:06:07Zulu",
            "2026-03-04T05:06:07.",
            "+026-03-04T05:06:07Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "2026-03-04T05:06:07é",
        ] {
            assert_eq!(from_rfc3339(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_date_is_said_only_when_it_is_another_day() {
        let now = 1_772_600_767_000;
        assert_eq!(date_and_time(now - 60_000, now), "05:05 UTC");
        assert_eq!(date_and_time(now - DAY_MS, now), "2026-03-03 05:06 UTC");
    }

    #[test]
    fn moments_are_read_in_the_zone_that_the_operator_named() {
        // The local clock already shows the 4th, so the 3rd is another day from its evening on.
        let oslo = crate::testing::Host::new().zone(3_600, "CET");
        oslo.alone(|| {
            let late = 1_772_580_600_000; // 2026-03-03 23:30 UTC
            assert_eq!(time(late), "00:30 CET");
            assert_eq!(date_and_time(late, late + 3_600_000), "00:30 CET");
            assert_eq!(date_and_time(late - 3_600_000, late), "2026-03-03 23:30 CET");
        });
        let york = crate::testing::Host::new().zone(-18_000, "EST");
        york.alone(|| assert_eq!(time(1_772_600_767_000), "00:06 EST"));
    }

    #[test]
    fn spans_have_two_units_at_most() {
        for (seconds, text) in [
            (0, "0 s"),
            (119, "119 s"),
            (720, "12 min"),
            (3_600, "1 h"),
            (11_100, "3 h 5 min"),
            (187_200, "2 d 4 h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
