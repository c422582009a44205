//! What results of one check said over time, in periods.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use watchkeep_core::ids::CheckName;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Metric, Report};
use watchkeep_core::rollup::{Figures, MetricSeries, Period, Series, States};
use watchkeep_core::time::Wall;

use super::bounds;
use super::results::Merged;
use crate::error::ReadError;
use crate::guard;
use crate::row::ResultRowV1;
use crate::store::Store;

/// A query for the figures of one series of one check, from the first moment until before the second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryQuery {
    pub check: CheckName,
    pub series: Series,
    pub between: Range<Wall>,
    /// The length of a period.
    pub step: Duration,
}

impl Store {
    /// Periods of `step` that hold something, oldest first.
    pub fn history(&self, query: &HistoryQuery) -> Result<Vec<Period>, ReadError> {
        guard::reading(|| {
            let step = i64::try_from(query.step.as_millis()).unwrap_or(i64::MAX).max(1);
            let mut periods = BTreeMap::new();
            self.each_result(&query.check, &query.between, |millis, took, outcome| {
                let begins = millis.div_euclid(step).saturating_mul(step);
                let period = periods.entry(begins).or_insert_with(|| Period {
                    begins: Wall::from_millis(begins),
                    states: States::default(),
                    figures: Figures::default(),
                });
                match &query.series {
                    Series::Runs => {
                        period.states.add(outcome);
                        period.figures.add(took.as_secs_f64());
                    }
                    Series::Metric(series) => {
                        each_metric(outcome, |metric, found| {
                            if found == *series {
                                period.figures.add(metric.value);
                            }
                        });
                    }
                }
            })?;
            Ok(periods
                .into_values()
                .filter(|period| period.figures.count() > 0 || period.states.total() > 0)
                .collect())
        })
    }

    /// What there is to ask about: the runs, then metrics by name.
    pub fn series(&self, check: &CheckName) -> Result<Vec<Series>, ReadError> {
        guard::reading(|| {
            let mut found = BTreeSet::from([Series::Runs]);
            self.each_result(check, &super::EVER, |_, _, outcome| {
                each_metric(outcome, |_, series| {
                    found.insert(Series::Metric(series));
                });
            })?;
            Ok(found.into_iter().collect())
        })
    }

    fn each_result(
        &self,
        check: &CheckName,
        between: &Range<Wall>,
        mut each: impl FnMut(i64, Duration, &Outcome),
    ) -> Result<(), ReadError> {
        let Some(number) = self.number(check) else { return Ok(()) };
        let Some(range) = bounds(between, None) else { return Ok(()) };
        let (snapshot, keys) = self.unpacked(number, &range, &(0..u64::MAX), usize::MAX)?;
        let read = |row: ResultRowV1<'_>| row.into_core(check.clone());
        let mut merged = Merged::new(&snapshot, read, number, range, keys)?;
        while let Some(((millis, _), row)) = merged.next_newest()? {
            each(millis, row.took, &row.outcome);
        }
        Ok(())
    }
}

/// The metrics of a report and of its findings, each with the series that it belongs to.
pub(crate) fn each_metric(outcome: &Outcome, mut each: impl FnMut(&Metric, MetricSeries)) {
    let Outcome::Report(report) = outcome else { return };
    let Report { metrics, findings, .. } = &**report;
    for metric in metrics {
        each(metric, series_of(metric, metric.labels.clone()));
    }
    for finding in findings {
        for metric in &finding.metrics {
            let own = metric.labels.iter().chain([("finding", finding.key.as_str())]);
            each(metric, series_of(metric, finding.labels.with(own)));
        }
    }
}

fn series_of(metric: &Metric, labels: watchkeep_core::labels::Labels) -> MetricSeries {
    MetricSeries { name: metric.name.clone(), unit: metric.unit.clone(), labels }
}
