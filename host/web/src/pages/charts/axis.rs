//! The axis of time: where a moment stands, and which moments are named.

use std::time::Duration;

use chrono::Datelike as _;
use watchkeep_core::rollup::Period;
use watchkeep_core::time::Wall;

use super::range::Range;
use super::unit::round;
use crate::pages::words::Moment;

/// From the beginning of the range to now, whatever there is to show.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) range: Range,
    pub(super) from: Wall,
    pub(super) to: Wall,
}

/// A named moment of the axis.
pub(crate) struct Tick {
    /// Its place, in percent.
    pub(crate) x: f64,
    pub(crate) iso: String,
    pub(crate) text: String,
}

impl Axis {
    pub(super) fn new(range: Range, now: Wall) -> Self {
        Self { range, from: begin(now - range.span(), range.step()), to: now }
    }
    /// Where the moment stands, in percent. What began before the range stands at its beginning.
    pub(super) fn x(&self, at: Wall) -> f64 {
        let part = at.since(self.from).as_secs_f64() / self.to.since(self.from).as_secs_f64();
        round((part * 100.0).clamp(0.0, 100.0))
    }
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let (every, form) = (self.range.tick(), self.range.tick_form());
        let mut at = begin(self.from, every) + every;
        let mut ticks = Vec::new();
        while at < self.to {
            // Months have no common length: their first days are found one by one.
            let is_named = self.range != Range::Year
                || at.utc().is_some_and(|at| at.day() == 1 && at.month().is_multiple_of(2));
            if !is_named {
                at = at + every;
                continue;
            }
            let text = at.utc().map_or_else(String::new, |at| at.format(form).to_string());
            ticks.push(Tick { x: self.x(at), iso: Moment::new(at, self.to).iso, text });
            at = at + every;
        }
        ticks
    }
}

/// The beginning of the period that the moment lies in.
pub(super) fn begin(at: Wall, period: Duration) -> Wall {
    let length = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1);
    Wall::from_millis(at.millis().div_euclid(length).saturating_mul(length))
}

/// Periods that are drawn as one line: none is missing between them.
pub(super) type Stretch<'p> = &'p [Period];

/// How far apart the periods of a check are that runs as it should: a check that runs once an hour has no gap between
/// two hours.
pub(super) fn apart(periods: &[Period], step: Duration, interval: Option<Duration>) -> Duration {
    let mut apart: Vec<Duration> =
        periods.windows(2).map(|pair| pair[1].begins.since(pair[0].begins)).collect();
    apart.sort_unstable();
    let usual = apart.get(apart.len() / 2).copied().unwrap_or_default();
    step.max(usual).max(interval.unwrap_or_default())
}

/// Cuts where runs are missing. A run that came late may leave one period empty.
pub(super) fn stretches(periods: &[Period], apart: Duration, step: Duration) -> Vec<Stretch<'_>> {
    periods.chunk_by(|one, next| next.begins.since(one.begins) <= apart + step).collect()
}

/// The periods put together into longer ones, which loses nothing but when things were.
pub(super) fn merged(periods: &[Period], length: Duration) -> Vec<Period> {
    let mut merged: Vec<Period> = Vec::new();
    for period in periods {
        let begins = begin(period.begins, length);
        match merged.last_mut() {
            Some(last) if last.begins == begins => {
                last.states.merge(&period.states);
                last.figures.merge(&period.figures);
            }
            Some(_) | None => merged.push(Period { begins, ..period.clone() }),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use watchkeep_core::rollup::{Figures, States};

    use super::*;

    fn at(minutes: &[i64]) -> Vec<Period> {
        let period = |minute: &i64| Period {
            begins: Wall::from_millis(minute * 60_000),
            states: States { ok: 1, ..States::default() },
            figures: Figures::default(),
        };
        minutes.iter().map(period).collect()
    }

    #[test]
    fn a_line_is_cut_where_runs_are_missing_and_nowhere_else() {
        let minute = Duration::from_secs(60);
        let cut = |minutes: &[i64], interval| {
            let periods = at(minutes);
            let apart = apart(&periods, minute, Some(Duration::from_secs(interval)));
            stretches(&periods, apart, minute).iter().map(|part| part.len()).collect::<Vec<_>>()
        };
        assert_eq!(cut(&[0, 1, 2, 4, 5], 60), [5], "one run was late");
        assert_eq!(cut(&[0, 1, 2, 9, 10], 60), [3, 2]);
        assert_eq!(cut(&[0, 60, 120, 180], 3600), [4], "an hourly check has no gaps");
        assert_eq!(cut(&[0, 60, 120, 300], 3600), [3, 1]);
        assert_eq!(cut(&[], 60), [] as [usize; 0]);
    }

    #[test]
    fn the_axis_is_the_range_whatever_there_is() {
        let now = Wall::from_millis(1_795_230_000_000);
        for range in Range::ALL {
            let axis = Axis::new(range, now);
            assert_eq!((axis.x(axis.from), axis.x(now)), (0.0, 100.0));
            let shown = now.since(axis.from);
            assert!(shown >= range.span() && shown <= range.span() + range.step(), "{range:?}");
            let ticks = axis.ticks();
            assert!((5..=8).contains(&ticks.len()), "{range:?}: {}", ticks.len());
            assert!(ticks.is_sorted_by(|a, b| a.x < b.x) && ticks[0].x > 0.0);
            assert!(shown.as_secs() / range.step().as_secs() <= 721, "{range:?}");
        }
    }

    #[test]
    fn merged_periods_count_what_their_parts_count() {
        let hours = merged(&at(&[0, 1, 59, 60, 200]), Duration::from_secs(3600));
        let counts: Vec<u64> = hours.iter().map(|hour| hour.states.ok).collect();
        assert_eq!(counts, [3, 1, 1]);
    }
}
