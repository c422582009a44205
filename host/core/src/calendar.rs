//! Opening hours (rule S2): weekdays and times in a zone, with exceptions by date.
//!
//! Hours are times on a wall clock and belong to the day on which they begin: a holiday removes the hours that begin on
//! it, and keeps the end of a night that began the day before. Where clocks change, an opening stays one unbroken span:
//! a bound that is skipped moves to the end of the gap; if the clock reads a bound twice, a beginning counts at the
//! first reading, an end at the second.

mod hours;
mod ics;

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

pub use self::hours::{HoursError, Opening, parse_days};
pub use self::ics::{Holiday, IcsError, holidays_from_ics};
use crate::ids::CalendarName;
use crate::time::Wall;
use crate::time::zone::{local_at, reading};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    name: CalendarName,
    zone: Tz,
    /// The hours of each weekday, Monday first.
    weekly: [Vec<Opening>; 7],
    /// Dates with hours of their own; a date without any is a holiday.
    exceptions: BTreeMap<NaiveDate, Vec<Opening>>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("calendar `{0}` is never open; hint: give it `hours`, such as `mon-fri = [\"08:00-18:00\"]`")]
    NeverOpen(CalendarName),
}

/// A half-open span, in seconds since the Unix epoch.
#[derive(Clone, Copy)]
struct Span {
    from: i64,
    to: i64,
}

impl Calendar {
    pub fn new(
        name: CalendarName,
        zone: Tz,
        weekly: [Vec<Opening>; 7],
        exceptions: BTreeMap<NaiveDate, Vec<Opening>>,
    ) -> Result<Self, CalendarError> {
        let is_ever_open = weekly.iter().chain(exceptions.values()).any(|hours| !hours.is_empty());
        if !is_ever_open {
            return Err(CalendarError::NeverOpen(name));
        }
        Ok(Self { name, zone, weekly, exceptions })
    }
    pub fn name(&self) -> &CalendarName {
        &self.name
    }
    pub fn zone(&self) -> Tz {
        self.zone
    }
    /// The hours that begin on a day, by its exception or its weekday; empty if it is closed.
    pub fn hours_on(&self, date: NaiveDate) -> &[Opening] {
        let weekly = &self.weekly[date.weekday().num_days_from_monday() as usize];
        self.exceptions.get(&date).unwrap_or(weekly)
    }
    /// Whether the day has hours of its own, or is closed whatever its weekday is.
    pub fn has_exception(&self, date: NaiveDate) -> bool {
        self.exceptions.contains_key(&date)
    }
    pub fn is_open(&self, at: Wall) -> bool {
        self.span_around(seconds(at)).is_some()
    }
    /// The next moment after `at` at which it opens; `None` if it never does again.
    pub fn next_open(&self, at: Wall) -> Option<Wall> {
        let at = seconds(at);
        // If it is open, it has to close first; if it never closes, it never opens again.
        let from = match self.span_around(at) {
            Some(span) => self.end_of(span)?,
            None => at,
        };
        self.first_after(from).map(wall)
    }
    /// The next moment after `at` at which it opens or closes.
    pub fn next_change(&self, at: Wall) -> Option<Wall> {
        let at = seconds(at);
        match self.span_around(at) {
            Some(span) => self.end_of(span),
            None => self.first_after(at),
        }
        .map(wall)
    }

    /// An opening that contains `at`.
    fn span_around(&self, at: i64) -> Option<Span> {
        self.spans_near(self.date_at(at)?).find(|span| (span.from..span.to).contains(&at))
    }

    /// The openings that may contain a moment of this day. The day alone is not enough if the clock passes midnight
    /// twice, or an opening runs over midnight.
    fn spans_near(&self, date: NaiveDate) -> impl Iterator<Item = Span> + '_ {
        let days = [date.checked_sub_days(Days::new(2)), date.pred_opt(), Some(date), date.succ_opt()];
        days.into_iter().flatten().flat_map(|day| self.spans_of(day))
    }

    /// Follows openings that touch or overlap to the moment when it closes; `None` if that never comes.
    fn end_of(&self, span: Span) -> Option<i64> {
        let mut end = span.to;
        let mut open_since = self.date_at(span.from)?;
        loop {
            let date = self.date_at(end)?;
            let further = self.spans_near(date).filter(|span| span.from <= end).map(|span| span.to).max();
            match further.filter(|&to| to > end) {
                None => return Some(end),
                Some(to) => end = to,
            }
            // It is open for more than a whole week. Only an exception can end that, so go to the next one.
            if date.signed_duration_since(open_since) > TimeDelta::days(8) {
                let exception =
                    *self.exceptions.range(open_since.checked_sub_days(Days::new(2))?..).next()?.0;
                let ahead = exception.checked_sub_days(Days::new(3))?;
                if ahead > date {
                    end = end.max(reading(self.zone, ahead.and_time(NaiveTime::MIN))?.earliest());
                }
                open_since = self.date_at(end)?;
            }
        }
    }

    /// The beginning of the first opening after `at`, when it is closed.
    fn first_after(&self, at: i64) -> Option<i64> {
        let mut date = self.date_at(at)?.pred_opt()?;
        let has_week = self.weekly.iter().any(|hours| !hours.is_empty());
        loop {
            let first = self.spans_of(date).map(|span| span.from).filter(|&from| from > at).min();
            // No later day opens earlier, even where midnight is skipped or repeated.
            if first.is_some() {
                return first;
            }
            let next = date.succ_opt()?;
            date = if has_week { next } else { *self.exceptions.range(next..).next()?.0 };
        }
    }

    /// Openings that begin on `date`. One that is skipped as a whole is left out.
    fn spans_of(&self, date: NaiveDate) -> impl Iterator<Item = Span> + '_ {
        let weekly = &self.weekly[date.weekday().num_days_from_monday() as usize];
        let hours = self.exceptions.get(&date).unwrap_or(weekly);
        hours.iter().filter_map(move |opening| {
            let moment = |minutes: u16| {
                let local = date.and_time(NaiveTime::MIN);
                reading(self.zone, local.checked_add_signed(TimeDelta::minutes(minutes.into()))?)
            };
            let span = Span { from: moment(opening.from)?.earliest(), to: moment(opening.to)?.latest() };
            (span.from < span.to).then_some(span)
        })
    }

    fn date_at(&self, at: i64) -> Option<NaiveDate> {
        local_at(self.zone, at).map(|local| local.date())
    }
}

fn seconds(at: Wall) -> i64 {
    at.millis().div_euclid(1000)
}

fn wall(seconds: i64) -> Wall {
    Wall::from_millis(seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests;
