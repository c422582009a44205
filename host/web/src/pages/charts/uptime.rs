//! In which part of its runs a check found its target available, and each of the last ninety days.

use std::time::Duration;

use watchkeep_core::report::State;
use watchkeep_core::rollup::{Period, States};
use watchkeep_core::time::Wall;

use super::axis::begin;
use super::strip::{height, said};
use crate::pages::words::Moment;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
pub(super) const DAYS: u32 = 90;

pub(crate) struct Uptime {
    pub(crate) spans: Vec<SpanUptime>,
    /// Oldest first.
    pub(crate) days: Vec<DayCell>,
    /// Of the last ninety days.
    pub(crate) days_with_runs: usize,
    pub(crate) days_not_ok: usize,
}

pub(crate) struct SpanUptime {
    pub(crate) name: &'static str,
    /// `99.98 %`, or `–` where nothing was judged.
    pub(crate) part: String,
    pub(crate) runs: String,
    /// When it began, if the history is shorter than the span.
    pub(crate) since: Option<Moment>,
}

pub(crate) struct DayCell {
    /// From 0, the oldest.
    pub(crate) place: usize,
    /// `none` for a day without a run.
    pub(crate) state: &'static str,
    pub(crate) y: u32,
    pub(crate) height: u32,
    pub(crate) date: String,
    pub(crate) part: String,
    pub(crate) said: String,
}

impl Uptime {
    /// From hours of a week and days of a year. `None` without any run.
    pub(super) fn of(hours: &[Period], days: &[Period], now: Wall) -> Option<Self> {
        let first = days.iter().find(|day| day.states.total() > 0)?.begins;
        let spans = [
            ("24 hours", (hours, HOUR), DAY),
            ("7 days", (hours, HOUR), 7 * DAY),
            ("30 days", (days, DAY), 30 * DAY),
            ("90 days", (days, DAY), DAYS * DAY),
            ("A year", (days, DAY), 365 * DAY),
        ];
        let cells: Vec<DayCell> = (0..DAYS)
            .rev()
            .map(|ago| cell(days, begin(now, DAY) - ago * DAY, (DAYS - 1 - ago) as usize))
            .collect();
        Some(Self {
            spans: spans
                .into_iter()
                .map(|(name, from, span)| of_span(name, from, (now, span), first))
                .collect(),
            days_with_runs: cells.iter().filter(|cell| cell.state != "none").count(),
            days_not_ok: cells.iter().filter(|cell| !["none", "ok"].contains(&cell.state)).count(),
            days: cells,
        })
    }
}

/// Of the periods that reach into the span, each of which has this length.
fn of_span(
    name: &'static str,
    (periods, length): (&[Period], Duration),
    (now, span): (Wall, Duration),
    first: Wall,
) -> SpanUptime {
    let mut states = States::default();
    periods
        .iter()
        .filter(|period| period.begins + length > now - span)
        .for_each(|period| states.merge(&period.states));
    SpanUptime {
        name,
        part: part(&states),
        runs: said(&states),
        since: (first > now - span + DAY).then(|| Moment::new(first, now)),
    }
}

fn cell(days: &[Period], day: Wall, place: usize) -> DayCell {
    let found = days.binary_search_by_key(&day, |period| period.begins).ok();
    let states = found.map(|found| days[found].states).unwrap_or_default();
    let worst = states.worst();
    DayCell {
        place,
        state: worst.map_or("none", State::as_str),
        y: 100 - worst.map_or(6, height),
        height: worst.map_or(6, height),
        date: day.utc().map_or_else(String::new, |at| at.format("%a %-d %b %Y").to_string()),
        part: part(&states),
        said: if worst.is_some() { said(&states) } else { "no runs".to_owned() },
    }
}

/// The available part, cut and not rounded: what was down for a minute was not up for 100 %.
pub(super) fn part(states: &States) -> String {
    match states.available() {
        None => "–".to_owned(),
        Some(part) if part >= 1.0 => "100 %".to_owned(),
        Some(part) => format!("{:.2} %", (part * 10_000.0).floor() / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use watchkeep_core::rollup::Figures;

    use super::*;

    fn day(ago: u32, ok: u64, critical: u64) -> Period {
        let begins = begin(NOW, DAY) - ago * DAY;
        Period { begins, states: States { ok, critical, ..States::default() }, figures: Figures::default() }
    }
    const NOW: Wall = Wall::from_millis(1_795_230_000_000);

    #[test]
    fn a_minute_of_a_year_is_not_rounded_away() {
        let states = |ok, critical| States { ok, critical, ..States::default() };
        assert_eq!(part(&states(525_599, 1)), "99.99 %");
        assert_eq!(part(&states(5, 0)), "100 %");
        assert_eq!(part(&states(0, 3)), "0.00 %");
        assert_eq!(part(&States { unknown: 9, ..States::default() }), "–");
    }

    #[test]
    fn a_day_without_runs_is_neither_up_nor_down() {
        let days = [day(40, 3, 1), day(1, 4, 0), day(0, 1, 0)];
        let uptime = Uptime::of(&[], &days, NOW).unwrap();
        assert_eq!(uptime.days.len(), 90);
        assert_eq!((uptime.days_with_runs, uptime.days_not_ok), (3, 1));
        let last: Vec<_> = uptime.days[87..].iter().map(|cell| (cell.state, cell.part.as_str())).collect();
        assert_eq!(last, [("none", "–"), ("ok", "100 %"), ("ok", "100 %")]);
        let parts: Vec<_> = uptime.spans.iter().map(|span| span.part.as_str()).collect();
        assert_eq!(parts, ["–", "–", "100 %", "88.88 %", "88.88 %"]);
        assert!(uptime.spans[2].since.is_none() && uptime.spans[3].since.is_some());
        assert!(Uptime::of(&[], &[], NOW).is_none());
    }
}
