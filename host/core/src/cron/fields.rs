//! The field sets of one expression, and the walk over the local calendar with them.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};

use super::field::Set;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fields {
    pub(super) seconds: Set,
    pub(super) minutes: Set,
    pub(super) hours: Set,
    pub(super) days: Set,
    pub(super) months: Set,
    pub(super) weekdays: Set,
    pub(super) day_rule: DayRule,
    pub(super) on_shift: OnShift,
}

/// How the two day fields are combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DayRule {
    /// At least one of them begins with `*`.
    Both,
    /// Both are restricted.
    Either,
}

/// What happens when clocks change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OnShift {
    KeepTimes,
    FollowClock,
}

impl Fields {
    /// Whether there is a day on which it starts. Weekdays need no check: within the calendar's cycle, every day of a
    /// month falls on each of them, even 29 February.
    pub(super) fn has_a_day(&self) -> bool {
        const LONGEST: [u32; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        match self.day_rule {
            DayRule::Either => true,
            DayRule::Both => {
                (1..=12).any(|month| self.months.has(month) && self.days.first() <= LONGEST[month as usize])
            }
        }
    }

    /// The first local time that is not before `from`; `None` only where chrono's calendar ends.
    pub(super) fn next_from(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = from.date();
        if self.has_date(date)
            && let Some(time) = self.next_time(from.time())
        {
            return Some(date.and_time(time));
        }
        let date = self.next_date(date.succ_opt()?)?;
        Some(date.and_time(self.next_time(NaiveTime::MIN)?))
    }

    fn next_time(&self, from: NaiveTime) -> Option<NaiveTime> {
        let (hour, minute, second) = (from.hour(), from.minute(), from.second());
        let within_minute = (self.hours.has(hour) && self.minutes.has(minute))
            .then(|| self.seconds.next(second))
            .flatten()
            .map(|second| (hour, minute, second));
        let within_hour = || {
            let minute = self.hours.has(hour).then(|| self.minutes.next(minute + 1)).flatten()?;
            Some((hour, minute, self.seconds.first()))
        };
        let later =
            || self.hours.next(hour + 1).map(|hour| (hour, self.minutes.first(), self.seconds.first()));
        let (hour, minute, second) = within_minute.or_else(within_hour).or_else(later)?;
        NaiveTime::from_hms_opt(hour, minute, second)
    }

    fn next_date(&self, from: NaiveDate) -> Option<NaiveDate> {
        let mut date = from;
        loop {
            if !self.months.has(date.month()) {
                date = first_of_next_month(date)?;
            } else if self.has_day(date) {
                return Some(date);
            } else {
                date = date.succ_opt()?;
            }
        }
    }

    fn has_date(&self, date: NaiveDate) -> bool {
        self.months.has(date.month()) && self.has_day(date)
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        let by_month = self.days.has(date.day());
        let by_week = self.weekdays.has(date.weekday().num_days_from_sunday());
        match self.day_rule {
            DayRule::Both => by_month && by_week,
            DayRule::Either => by_month || by_week,
        }
    }
}

fn first_of_next_month(date: NaiveDate) -> Option<NaiveDate> {
    let (year, month) =
        if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)
}
