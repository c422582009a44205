//! The ranges of time that charts show.

use std::time::Duration;

use watchkeep_core::setup::{CheckSpec, Schedule};

use crate::api::query::Params;
use crate::problem::Problem;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Range {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Range {
    pub(super) const ALL: [Range; 5] = [Range::Hour, Range::Day, Range::Week, Range::Month, Range::Year];

    /// The range that `range` asks for; `None` if it is not given.
    pub(super) fn read(params: &Params) -> Result<Option<Self>, Problem> {
        let Some(asked) = params.one("range") else { return Ok(None) };
        let found = Self::ALL.into_iter().find(|range| range.as_str() == asked);
        found.map(Some).ok_or_else(|| {
            Problem::invalid(format!(
                "`{asked}` is not a range; hint: there is `hour`, `day`, `week`, `30d`, `year`"
            ))
        })
    }
    /// What is shown of a check of which no range was asked for: some dozens of its runs at least.
    pub(super) fn of(spec: &CheckSpec) -> Self {
        match &spec.schedule {
            Schedule::Interval(every) if every.as_secs() <= HOUR => Range::Day,
            Schedule::Interval(every) if every.as_secs() <= 6 * HOUR => Range::Week,
            Schedule::Interval(_) | Schedule::Cron(_) => Range::Month,
        }
    }
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Range::Hour => "hour",
            Range::Day => "day",
            Range::Week => "week",
            Range::Month => "30d",
            Range::Year => "year",
        }
    }
    pub(super) const fn word(self) -> &'static str {
        match self {
            Range::Hour => "Hour",
            Range::Day => "Day",
            Range::Week => "Week",
            Range::Month => "30 days",
            Range::Year => "Year",
        }
    }
    /// As in `in the last 30 days`.
    pub(super) const fn last(self) -> &'static str {
        match self {
            Range::Hour => "last hour",
            Range::Day => "last 24 hours",
            Range::Week => "last 7 days",
            Range::Month => "last 30 days",
            Range::Year => "last year",
        }
    }
    pub(super) const fn span(self) -> Duration {
        Duration::from_secs(match self {
            Range::Hour => HOUR,
            Range::Day => DAY,
            Range::Week => 7 * DAY,
            Range::Month => 30 * DAY,
            Range::Year => 365 * DAY,
        })
    }
    /// The periods that are drawn, of which there are 720 at most.
    pub(super) const fn step(self) -> Duration {
        Duration::from_secs(match self {
            Range::Hour => MINUTE,
            Range::Day => 5 * MINUTE,
            Range::Week | Range::Month => HOUR,
            Range::Year => DAY,
        })
    }
    /// The periods of the table behind the chart, and what one is called.
    pub(super) const fn table(self) -> (Duration, &'static str) {
        match self {
            Range::Hour => (Duration::from_secs(5 * MINUTE), "5 minutes"),
            Range::Day => (Duration::from_secs(HOUR), "hour"),
            Range::Week => (Duration::from_secs(6 * HOUR), "6 hours"),
            Range::Month => (Duration::from_secs(DAY), "day"),
            Range::Year => (Duration::from_secs(7 * DAY), "week"),
        }
    }
    /// The periods that have a tooltip: wide enough to point at.
    pub(super) const fn pointed(self) -> Duration {
        Duration::from_secs(match self {
            Range::Hour => MINUTE,
            Range::Day => 10 * MINUTE,
            Range::Week => HOUR,
            Range::Month => 6 * HOUR,
            Range::Year => 3 * DAY,
        })
    }
    /// The span between two ticks of the axis; of a year, between two days that may have one.
    pub(super) const fn tick(self) -> Duration {
        Duration::from_secs(match self {
            Range::Hour => 10 * MINUTE,
            Range::Day => 4 * HOUR,
            Range::Week | Range::Year => DAY,
            Range::Month => 5 * DAY,
        })
    }
    /// How a tick is written.
    pub(super) const fn tick_form(self) -> &'static str {
        match self {
            Range::Hour | Range::Day => "%H:%M",
            Range::Week => "%a %-d",
            Range::Month => "%b %-d",
            Range::Year => "%b",
        }
    }
    /// For the script, which writes ticks in the reader's zone: a time of day, or the beginning of a day.
    pub(super) const fn tick_kind(self) -> &'static str {
        match self {
            Range::Hour | Range::Day => "time",
            Range::Week => "weekday",
            Range::Month => "date",
            Range::Year => "month",
        }
    }
}
