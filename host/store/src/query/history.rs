//! What results of one check said over time, in periods. What is merged is read from the roll-ups, the rest from the
//! results themselves. Beyond the time for which roll-ups of one resolution are kept, those of the next stand instead.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use redb::ReadTransaction;
use watchkeep_core::ids::CheckName;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::rollup::{Figures, MetricSeries, Period, Resolution, Series, States};
use watchkeep_core::time::Wall;

use super::bounds;
use super::results::{Merged, Packs, Reader};
use crate::error::ReadError;
use crate::guard;
use crate::pack::{Opened, each_metric};
use crate::rollup;
use crate::row::ResultRowV1;
use crate::store::Store;

/// A query for the figures of one series of one check, from the first moment until before the second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryQuery {
    pub check: CheckName,
    pub series: Series,
    pub between: Range<Wall>,
    /// The length of a period. Of five minutes and more, roll-ups answer.
    pub step: Duration,
}

type Found = BTreeMap<i64, (States, Figures)>;

impl Store {
    /// Periods that hold something, oldest first. They begin at whole multiples of the step since 1970.
    pub fn history(&self, query: &HistoryQuery) -> Result<Vec<Period>, ReadError> {
        guard::reading(|| {
            let step = i64::try_from(query.step.as_millis()).unwrap_or(i64::MAX).max(1);
            let Some(check) = self.number(&query.check)? else { return Ok(Vec::new()) };
            let Some(range) = bounds(&query.between, None) else { return Ok(Vec::new()) };
            let finest = Resolution::ALL.into_iter().rev().find(|resolution| step % resolution.millis() == 0);
            let which = if finest.is_some() { Packs::Unmerged } else { Packs::All };
            let (snapshot, keys) = self.unpacked(check, &range, &(0..u64::MAX), usize::MAX)?;
            let mut found = Found::new();
            let mut oldest = query.between.end.millis();
            let reader = Judged { series: &query.series };
            let mut merged = Merged::new(&snapshot, reader, check, range, keys, which)?;
            while let Some(((millis, _), judged)) = merged.next_newest()? {
                oldest = oldest.min(millis);
                let (states, figures) = found.entry(floor(millis, step)).or_default();
                states.merge(&judged.states);
                judged.values.into_iter().for_each(|value| figures.add(value));
            }
            let number =
                rollup::series_of(&snapshot, check)?.into_iter().find(|(one, _)| *one == query.series);
            if let Some((_, number)) = number {
                let end = if finest.is_some() { query.between.end.millis() } else { oldest };
                let mut rolled_up = RolledUp { snapshot: &snapshot, of: (check, number), step, found };
                let finest = finest.unwrap_or(Resolution::FiveMinutes);
                rolled_up.read(finest, query.between.start.millis()..end)?;
                found = rolled_up.found;
            }
            let period =
                |(begins, (states, figures))| Period { begins: Wall::from_millis(begins), states, figures };
            let holds = |period: &Period| period.figures.count() > 0 || period.states.total() > 0;
            Ok(found.into_iter().map(period).filter(holds).collect())
        })
    }

    /// What there is to ask about: the runs, then metrics by name.
    pub fn series(&self, check: &CheckName) -> Result<Vec<Series>, ReadError> {
        guard::reading(|| {
            let mut found = BTreeSet::from([Series::Runs]);
            let Some(number) = self.number(check)? else { return Ok(found.into_iter().collect()) };
            let range = (i64::MIN, 0)..(i64::MAX, u64::MAX);
            let (snapshot, keys) = self.unpacked(number, &range, &(0..u64::MAX), usize::MAX)?;
            found.extend(rollup::series_of(&snapshot, number)?.into_iter().map(|(series, _)| series));
            let mut merged = Merged::new(&snapshot, Metrics, number, range, keys, Packs::Unmerged)?;
            while let Some((_, metrics)) = merged.next_newest()? {
                found.extend(metrics.into_iter().map(Series::Metric));
            }
            Ok(found.into_iter().collect())
        })
    }
}

fn floor(millis: i64, step: i64) -> i64 {
    millis.div_euclid(step).saturating_mul(step)
}

/// Adds what roll-ups say.
struct RolledUp<'a> {
    snapshot: &'a ReadTransaction,
    of: (u32, u32),
    step: i64,
    found: Found,
}

impl RolledUp<'_> {
    /// Reads the finest that there is, then what is older from the next.
    fn read(&mut self, finest: Resolution, between: Range<i64>) -> Result<(), ReadError> {
        let mut end = between.end;
        for resolution in Resolution::ALL.into_iter().filter(|resolution| *resolution >= finest) {
            let mut oldest = end;
            let mut periods = Vec::new();
            rollup::read(self.snapshot, self.of, resolution, &(between.start..end), |begins, period| {
                oldest = oldest.min(begins);
                periods.push((begins, period));
            })?;
            for (begins, period) in periods {
                self.add(resolution, begins, period, end);
            }
            // Roll-ups go by whole days.
            end = end.min(floor(oldest, Resolution::Day.millis()));
            if end <= between.start {
                break;
            }
        }
        Ok(())
    }

    /// Adds a period. Where results are read only from `end` on, the one that goes on beyond it counts if some of its
    /// results are gone.
    fn add(&mut self, resolution: Resolution, begins: i64, (states, figures): (States, Figures), end: i64) {
        let ends = begins.saturating_add(resolution.millis());
        if ends > end && self.step < resolution.millis() {
            let inside = self.found.range(begins..ends);
            let there: u64 = inside.map(|(_, (_, figures))| figures.count()).sum();
            if there >= figures.count() {
                return;
            }
            self.found.retain(|moment, _| !(begins..ends).contains(moment));
        }
        let (all_states, all) =
            self.found.entry(floor(begins, self.step.max(resolution.millis()))).or_default();
        all_states.merge(&states);
        all.merge(&figures);
    }
}

/// How a run ended, and the values of one series in it.
struct Seen {
    states: States,
    values: Vec<f64>,
}

struct Judged<'a> {
    series: &'a Series,
}

impl Judged<'_> {
    fn runs(outcome: &Outcome, took: Duration) -> Seen {
        let mut states = States::default();
        states.add(outcome);
        Seen { states, values: vec![took.as_secs_f64()] }
    }
}

impl Reader for Judged<'_> {
    type Item = Seen;

    fn stored(&self, row: ResultRowV1<'_>) -> Seen {
        let result = row.into_core(CheckName::new(""));
        match self.series {
            Series::Runs => Self::runs(&result.outcome, result.took),
            Series::Metric(series) => {
                let mut values = Vec::new();
                each_metric(&result.outcome, |metric, labels| {
                    if is(series, &metric.name, &metric.unit, labels) {
                        values.push(metric.value);
                    }
                });
                Seen { states: States::default(), values }
            }
        }
    }

    fn packed(&self, pack: &Opened, row: usize) -> Result<Seen, ReadError> {
        match self.series {
            Series::Runs => pack.run(row, Self::runs),
            Series::Metric(series) => {
                let mut values = Vec::new();
                pack.each_metric(row, |metric, labels, value| {
                    if is(series, &metric.name, &metric.unit, labels) {
                        values.push(value);
                    }
                })?;
                Ok(Seen { states: States::default(), values })
            }
        }
    }
}

fn is(
    series: &MetricSeries,
    name: &str,
    unit: &str,
    labels: &dyn Fn() -> watchkeep_core::labels::Labels,
) -> bool {
    series.name == name && series.unit == unit && series.labels == labels()
}

/// Reads which metrics a result has.
struct Metrics;

impl Reader for Metrics {
    type Item = Vec<MetricSeries>;

    fn stored(&self, row: ResultRowV1<'_>) -> Self::Item {
        let mut found = Vec::new();
        each_metric(&row.into_core(CheckName::new("")).outcome, |metric, labels| {
            found.push(MetricSeries {
                name: metric.name.clone(),
                unit: metric.unit.clone(),
                labels: labels(),
            });
        });
        found
    }

    fn packed(&self, pack: &Opened, row: usize) -> Result<Self::Item, ReadError> {
        let mut found = Vec::new();
        if pack.repeats_metrics(row) {
            return Ok(found);
        }
        pack.each_metric(row, |metric, labels, _| {
            found.push(MetricSeries {
                name: metric.name.clone(),
                unit: metric.unit.clone(),
                labels: labels(),
            });
        })?;
        Ok(found)
    }
}
