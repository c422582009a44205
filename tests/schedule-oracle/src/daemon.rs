//! Debian's cron, lived through step by step.
//!
//! Jobs whose minute or hour field begins with `*` start whenever the clock on the wall reads a time that
//! matches. All others are kept by a virtual clock that never goes back: when the wall clock leaps ahead, the
//! jobs of all the times it leapt over start at once; when it goes back, they wait until it has caught up.

use chrono::{DateTime, Datelike as _, NaiveDateTime, Offset as _, TimeZone as _, Timelike as _};
use chrono_tz::Tz;

/// What a field of the expression allows, value by value, read straight from its text.
struct Allowed([bool; 64]);

const MONTHS: &str = "jan feb mar apr may jun jul aug sep oct nov dec";
const DAYS: &str = "sun mon tue wed thu fri sat";

impl Allowed {
    fn read(text: &str, low: usize, high: usize, names: &str) -> Self {
        let number = |text: &str| match names.split(' ').position(|name| name == text.to_lowercase()) {
            Some(at) => at + low,
            None => text.parse().expect("the expressions that are tried are sound"),
        };
        let item_allows = |item: &str, value: usize| {
            let (range, step) = item.split_once('/').unwrap_or((item, "1"));
            let (first, last) = match range.split_once('-') {
                Some((first, last)) => (number(first), number(last)),
                None if range == "*" => (low, high),
                None => (number(range), number(range)),
            };
            value >= first && value <= last && (value - first).is_multiple_of(number(step))
        };
        Self(std::array::from_fn(|value| text.split(',').any(|item| item_allows(item, value))))
    }
}

/// An expression as cron understands it.
pub struct Job {
    second: Allowed,
    minute: Allowed,
    hour: Allowed,
    day: Allowed,
    month: Allowed,
    weekday: Allowed,
    days_are_alternatives: bool,
    follows_the_clock: bool,
}

impl Job {
    /// `expression` has five fields, or six with seconds in front.
    pub fn read(expression: &str) -> Self {
        let mut fields: Vec<&str> = expression.split_whitespace().collect();
        if fields.len() == 5 {
            fields.insert(0, "0");
        }
        Self {
            second: Allowed::read(fields[0], 0, 59, ""),
            minute: Allowed::read(fields[1], 0, 59, ""),
            hour: Allowed::read(fields[2], 0, 23, ""),
            day: Allowed::read(fields[3], 1, 31, ""),
            month: Allowed::read(fields[4], 1, 12, MONTHS),
            weekday: Allowed::read(fields[5], 0, 6, DAYS).or(Allowed::read(fields[5], 0, 7, DAYS).0[7]),
            days_are_alternatives: !fields[3].starts_with('*') && !fields[5].starts_with('*'),
            follows_the_clock: fields[1].starts_with('*') || fields[2].starts_with('*'),
        }
    }

    fn is_due(&self, reading: &Reading) -> bool {
        let day = self.day.0[reading.day as usize];
        let weekday = self.weekday.0[reading.weekday as usize];
        let date = if self.days_are_alternatives { day || weekday } else { day && weekday };
        self.minute.0[reading.minute as usize]
            && self.hour.0[reading.hour as usize]
            && self.second.0[reading.second as usize]
            && date
            && self.month.0[reading.month as usize]
    }
}

impl Allowed {
    /// Sunday is allowed as 7, too.
    fn or(mut self, sunday: bool) -> Self {
        self.0[0] |= sunday;
        self
    }
}

/// What the clock on the wall reads.
#[derive(Clone, Copy)]
struct Reading {
    /// Steps since the epoch, by the wall clock.
    count: i64,
    month: u8,
    day: u8,
    weekday: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Reading {
    fn of(local: NaiveDateTime, step: i64) -> Self {
        Self {
            count: local.and_utc().timestamp().div_euclid(step),
            month: local.month() as u8,
            day: local.day() as u8,
            weekday: local.weekday().num_days_from_sunday() as u8,
            hour: local.hour() as u8,
            minute: local.minute() as u8,
            second: local.second() as u8,
        }
    }
}

/// A span of time in one zone, every step of it read off the wall once.
pub struct Span {
    from: i64,
    /// Seconds from one step to the next.
    step: i64,
    readings: Vec<Reading>,
}

impl Span {
    /// From `from` to before `until`, in seconds since the epoch. `step` is 60, or 1 to live through seconds.
    pub fn read(zone: Tz, from: i64, until: i64, step: i64) -> Self {
        let readings = (from..until)
            .step_by(step as usize)
            .map(|at| {
                let utc = DateTime::from_timestamp(at, 0).expect("the span lies in our time").naive_utc();
                let ahead = zone.offset_from_utc_datetime(&utc).fix().local_minus_utc();
                Reading::of(utc + chrono::Duration::seconds(ahead.into()), step)
            })
            .collect();
        Self { from, step, readings }
    }

    /// Every moment at which the daemon starts the job. It is not to begin within a change of clocks.
    pub fn starts(&self, job: &Job) -> Vec<i64> {
        let at = |index: usize| self.from + index as i64 * self.step;
        if job.follows_the_clock {
            let due = self.readings.iter().enumerate().filter(|(_, reading)| job.is_due(reading));
            return due.map(|(index, _)| at(index)).collect();
        }
        let mut starts = Vec::new();
        let mut lived = self.readings.first().map_or(0, |reading| reading.count - 1);
        for (index, reading) in self.readings.iter().enumerate() {
            let leapt = (lived + 1..reading.count).any(|count| job.is_due(&self.reading_at(count)));
            if (leapt || job.is_due(reading)) && reading.count > lived {
                starts.push(at(index));
            }
            lived = lived.max(reading.count);
        }
        starts
    }

    /// The reading of a time that the wall clock never showed.
    fn reading_at(&self, count: i64) -> Reading {
        let local =
            DateTime::from_timestamp(count * self.step, 0).expect("the span lies in our time").naive_utc();
        Reading::of(local, self.step)
    }
}
