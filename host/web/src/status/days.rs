//! How a component was on each of the last ninety days, in the zone of its page. A day without data is not known: it is
//! neither up nor down.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{Datelike as _, NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use watchkeep_core::rollup::{Figures, Period, States};
use watchkeep_core::time::Wall;

pub(super) const DAYS: u32 = 90;
const DAY: Duration = Duration::from_secs(86_400);

pub(super) struct Day {
    pub(super) date: NaiveDate,
    /// The part in which it was not down; `None` without data.
    pub(super) part: Option<f64>,
}

/// What is known of a component's past. Where several checks make a component each counts the same, however often it runs.
pub(super) struct Record {
    zone: Tz,
    now: Wall,
    /// For each day, the part of each check.
    days: BTreeMap<NaiveDate, Vec<f64>>,
    /// The part of each check over all days.
    whole: Vec<f64>,
    /// How long its checks took in the last 24 hours.
    took: Figures,
}

impl Record {
    pub(super) fn new(zone: Tz, now: Wall) -> Self {
        Self { zone, now, days: BTreeMap::new(), whole: Vec::new(), took: Figures::default() }
    }

    /// Adds the hours of one check.
    pub(super) fn add(&mut self, periods: &[Period]) {
        let Some(first) = self.first(self.now) else { return };
        let mut days: BTreeMap<NaiveDate, States> = BTreeMap::new();
        for period in periods {
            let Some(date) = date(self.zone, period.begins).filter(|date| *date >= first) else { continue };
            days.entry(date).or_default().merge(&period.states);
            if period.begins > self.now - DAY {
                self.took.merge(&period.figures);
            }
        }
        let mut all = States::default();
        for (date, states) in days {
            all.merge(&states);
            if let Some(part) = states.available() {
                self.days.entry(date).or_default().push(part);
            }
        }
        self.whole.extend(all.available());
    }

    /// The last ninety days up to today, oldest first.
    pub(super) fn days(&self, now: Wall) -> Vec<Day> {
        let Some(first) = self.first(now) else { return Vec::new() };
        let days = first.iter_days().take(DAYS as usize);
        days.map(|date| Day { date, part: self.days.get(&date).and_then(|parts| mean(parts)) }).collect()
    }

    pub(super) fn uptime(&self) -> Option<f64> {
        mean(&self.whole)
    }

    pub(super) fn latency(&self) -> Option<(Duration, Duration)> {
        let at = |part| Duration::try_from_secs_f64(self.took.quantile(part)?).ok();
        Some((at(0.5)?, at(0.95)?))
    }

    fn first(&self, now: Wall) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(
            date(self.zone, now)?.num_days_from_ce().checked_sub_unsigned(DAYS - 1)?,
        )
    }
}

fn mean(parts: &[f64]) -> Option<f64> {
    (!parts.is_empty()).then(|| parts.iter().sum::<f64>() / parts.len() as f64)
}

pub(super) fn date(zone: Tz, at: Wall) -> Option<NaiveDate> {
    Some(zone.from_utc_datetime(&at.utc()?.naive_utc()).date_naive())
}

/// A part as people read it, cut and not rounded: what was down for a minute was not up for 100 %.
pub(super) fn percent(part: Option<f64>) -> String {
    match part {
        None => "not known".to_owned(),
        Some(part) if part >= 1.0 => "100 %".to_owned(),
        Some(part) => format!("{:.2} %", (part * 10_000.0).floor() / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall::from_millis(1_795_230_000_000);

    fn hour(ago: u32, ok: u64, critical: u64) -> Period {
        let begins = NOW - ago * Duration::from_secs(3600);
        Period { begins, states: States { ok, critical, ..States::default() }, figures: Figures::default() }
    }

    #[test]
    fn a_day_without_data_is_not_known_and_never_up() {
        let mut record = Record::new(Tz::UTC, NOW);
        // 03:00 on the 21st: an hour of today, one of yesterday, one of a day that is too long ago.
        record.add(&[hour(91 * 24, 0, 9), hour(5, 3, 1), hour(1, 4, 0)]);
        let days = record.days(NOW);
        assert_eq!(days.len(), 90);
        let last: Vec<_> = days[86..].iter().map(|day| (day.date.day(), day.part)).collect();
        assert_eq!(last, [(18, None), (19, None), (20, Some(0.75)), (21, Some(1.0))]);
        assert_eq!(record.uptime(), Some(0.875));
        let unjudged = Period { states: States { unknown: 5, ..States::default() }, ..hour(1, 0, 0) };
        let mut record = Record::new(Tz::UTC, NOW);
        record.add(&[unjudged]);
        assert_eq!((record.uptime(), record.days(NOW)[89].part), (None, None));
        assert_eq!(percent(None), "not known");
    }

    #[test]
    fn a_check_that_runs_often_counts_no_more_than_another() {
        let mut record = Record::new(Tz::UTC, NOW);
        record.add(&[hour(1, 999, 0)]);
        record.add(&[hour(1, 0, 1)]);
        assert_eq!(record.uptime(), Some(0.5));
    }

    #[test]
    fn days_are_those_of_the_pages_zone() {
        let mut record = Record::new(chrono_tz::Asia::Tokyo, NOW);
        // 22:00 on the 20th in UTC is the 21st in Tokyo.
        record.add(&[hour(5, 1, 0)]);
        let days = record.days(NOW);
        assert_eq!((days[89].date.day(), days[89].part), (21, Some(1.0)));
    }

    #[test]
    fn a_minute_of_ninety_days_is_not_rounded_away() {
        assert_eq!(percent(Some(129_599.0 / 129_600.0)), "99.99 %");
        assert_eq!(percent(Some(1.0)), "100 %");
    }
}
