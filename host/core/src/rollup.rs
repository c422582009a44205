//! Roll-ups: what many results say together. `Figures` are made of numbers, and merge without loss: those of an hour are
//! those of its minutes. `Sketch` is what percentiles are read from.

mod sketch;

pub use sketch::Sketch;

use std::time::Duration;

use crate::labels::Labels;
use crate::outcome::Outcome;
use crate::report::State;
use crate::time::Wall;

/// How long a period of stored figures is. Periods begin at whole multiples since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Resolution {
    FiveMinutes,
    Hour,
    Day,
}

impl Resolution {
    pub const ALL: [Resolution; 3] = [Resolution::FiveMinutes, Resolution::Hour, Resolution::Day];

    pub const fn millis(self) -> i64 {
        match self {
            Resolution::FiveMinutes => 300_000,
            Resolution::Hour => 3_600_000,
            Resolution::Day => 86_400_000,
        }
    }

    pub const fn span(self) -> Duration {
        Duration::from_millis(self.millis().unsigned_abs())
    }
}

/// What is followed over time of one check.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Series {
    /// The runs themselves: the figures are their duration in seconds.
    Runs,
    Metric(MetricSeries),
}

/// One metric of a check's reports. A metric of a finding has the finding's labels as well, and `finding` is its key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MetricSeries {
    pub name: String,
    pub unit: String,
    pub labels: Labels,
}

/// How many runs ended how.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct States {
    pub ok: u64,
    pub warning: u64,
    pub critical: u64,
    pub unknown: u64,
    /// Runs that gave no report. Each of them is one of the others as well.
    pub failed: u64,
}

impl States {
    pub fn add(&mut self, outcome: &Outcome) {
        match outcome.state() {
            State::Ok => self.ok += 1,
            State::Warning => self.warning += 1,
            State::Critical => self.critical += 1,
            State::Unknown => self.unknown += 1,
        }
        match outcome {
            Outcome::Report(_) => {}
            Outcome::Failed(_) => self.failed += 1,
        }
    }

    pub fn merge(&mut self, other: &States) {
        let States { ok, warning, critical, unknown, failed } = other;
        self.ok += ok;
        self.warning += warning;
        self.critical += critical;
        self.unknown += unknown;
        self.failed += failed;
    }

    pub fn total(&self) -> u64 {
        self.ok + self.warning + self.critical + self.unknown
    }

    /// The part of the judged runs that were not critical; `None` if none was judged. A run that could not judge says
    /// nothing about its target.
    pub fn available(&self) -> Option<f64> {
        let judged = self.ok + self.warning + self.critical;
        (judged > 0).then(|| (self.ok + self.warning) as f64 / judged as f64)
    }

    /// The worst that a run said; `None` without runs. An unknown is worse than ok, and not as bad as a warning.
    pub fn worst(&self) -> Option<State> {
        [
            (self.critical, State::Critical),
            (self.warning, State::Warning),
            (self.unknown, State::Unknown),
            (self.ok, State::Ok),
        ]
        .into_iter()
        .find_map(|(count, state)| (count > 0).then_some(state))
    }
}

/// What numbers say together. Values that are no number, or infinite, are left out.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Figures {
    count: u64,
    min: f64,
    max: f64,
    sum: f64,
    sketch: Sketch,
}

impl Figures {
    /// What was stored; `None` unless the parts agree.
    pub fn restore(min: f64, max: f64, sum: f64, sketch: Sketch) -> Option<Self> {
        let count = sketch.count();
        let empty = count == 0;
        let fits = if empty { min == 0.0 && max == 0.0 && sum == 0.0 } else { min <= max };
        (fits && [min, max, sum].into_iter().all(f64::is_finite)).then_some(Self {
            count,
            min,
            max,
            sum,
            sketch,
        })
    }

    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.note(1, (value, value), value);
            self.sketch.add(value);
        }
    }

    pub fn merge(&mut self, other: &Figures) {
        if other.count > 0 {
            self.note(other.count, (other.min, other.max), other.sum);
            self.sketch.merge(&other.sketch);
        }
    }

    fn note(&mut self, count: u64, (min, max): (f64, f64), sum: f64) {
        let first = self.count == 0;
        self.min = if first { min } else { self.min.min(min) };
        self.max = if first { max } else { self.max.max(max) };
        self.count += count;
        // A sum beyond what a number holds stays at the end of it, so that a mean can be read all the same.
        self.sum = (self.sum + sum).clamp(f64::MIN, f64::MAX);
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn sum(&self) -> f64 {
        self.sum
    }

    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }

    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.sum / self.count as f64).clamp(self.min, self.max))
    }

    /// The value below which this part of all values lies, by nearest rank, off by at most `Sketch::ERROR` of itself;
    /// the lowest and the highest are exact.
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let value = self.sketch.quantile(part)?;
        Some(value.clamp(self.min, self.max))
    }

    pub fn sketch(&self) -> &Sketch {
        &self.sketch
    }
}

/// The figures of one period.
#[derive(Clone, PartialEq, Debug)]
pub struct Period {
    pub begins: Wall,
    /// How the runs ended; all zero for the series of a metric.
    pub states: States,
    pub figures: Figures,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Figures {
        let mut figures = Figures::default();
        values.iter().for_each(|value| figures.add(*value));
        figures
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => 1e-6..1e3_f64,
            1 => -1e3..1e3_f64,
            1 => prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL,
        ]
    }

    proptest! {
        #[test]
        fn parts_that_are_merged_say_what_the_whole_says(
            one in prop::collection::vec(value(), 0..60),
            other in prop::collection::vec(value(), 0..60),
        ) {
            let mut merged = of(&one);
            merged.merge(&of(&other));
            let whole = of(&[one, other].concat());
            prop_assert_eq!(merged.sketch(), whole.sketch());
            prop_assert_eq!((merged.count(), merged.min(), merged.max()), (whole.count(), whole.min(), whole.max()));
            let (merged, whole) = (merged.sum(), whole.sum());
            prop_assert!((merged - whole).abs() <= 1e-6 * whole.abs().max(1.0) || whole.abs() > 1e290);
        }

        #[test]
        fn percentiles_are_as_near_as_is_promised(
            mut values in prop::collection::vec(value(), 1..200),
            part in 0.0..=1.0_f64,
        ) {
            let figures = of(&values);
            values.sort_by(f64::total_cmp);
            let rank = (part * values.len() as f64).ceil() as usize;
            let exact = values[rank.clamp(1, values.len()) - 1];
            let found = figures.quantile(part).unwrap();
            prop_assert!((found - exact).abs() <= Sketch::ERROR * exact.abs() * 1.0001 + f64::MIN_POSITIVE, "{found} for {exact}");
        }

        #[test]
        fn what_was_stored_is_what_there_was(values in prop::collection::vec(value(), 0..60)) {
            let figures = of(&values);
            let bins: Vec<(i32, u64)> = figures.sketch().bins().collect();
            let sketch = Sketch::restore(bins).unwrap();
            let (min, max) = (figures.min().unwrap_or(0.0), figures.max().unwrap_or(0.0));
            prop_assert_eq!(Figures::restore(min, max, figures.sum(), sketch), Some(figures));
        }
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        assert_eq!(of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]), Figures::default());
        assert_eq!(Figures::default().quantile(0.5), None);
        assert_eq!(Figures::default().mean(), None);
    }

    #[test]
    fn a_sum_beyond_all_numbers_leaves_a_mean() {
        assert_eq!(of(&[f64::MAX, f64::MAX]).mean(), Some(f64::MAX));
    }

    #[test]
    fn runs_that_could_not_judge_do_not_count_for_availability() {
        let states = States { ok: 2, warning: 1, critical: 1, unknown: 6, failed: 3 };
        assert_eq!(states.available(), Some(0.75));
        assert_eq!(States { unknown: 3, ..States::default() }.available(), None);
        assert_eq!(states.worst(), Some(State::Critical));
        assert_eq!(States { ok: 9, unknown: 1, ..States::default() }.worst(), Some(State::Unknown));
    }
}
