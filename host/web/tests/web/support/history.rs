//! What the made-up host says over time, from its results.

use std::collections::{BTreeMap, BTreeSet};

use watchkeep_core::ids::CheckName;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Metric, Report};
use watchkeep_core::rollup::{Figures, MetricSeries, Period, Series, States};
use watchkeep_core::time::Wall;
use watchkeep_web::{HistoryQuery, HostError};

use super::Board;

pub(super) fn periods(board: &Board, query: &HistoryQuery) -> Result<Vec<Period>, HostError> {
    if board.broken {
        let cause = std::io::Error::other("disk 7 of s3cret-array is gone");
        return Err(HostError::Internal(Box::new(cause)));
    }
    let step = i64::try_from(query.step.as_millis()).unwrap();
    let mut periods: BTreeMap<i64, Period> = BTreeMap::new();
    for row in board.results.iter().filter(|row| row.run.check == query.check) {
        if !query.between.contains(&row.finished_at) {
            continue;
        }
        let begins = Wall::from_millis(row.finished_at.millis().div_euclid(step) * step);
        let empty = Period { begins, states: States::default(), figures: Figures::default() };
        let period = periods.entry(begins.millis()).or_insert(empty);
        match (&query.series, &row.outcome) {
            (Series::Runs, outcome) => {
                period.states.add(outcome);
                period.figures.add(row.took.as_secs_f64());
            }
            (Series::Metric(series), Outcome::Report(report)) => {
                let values = followed(report).filter(|(of, _)| of == series);
                values.for_each(|(_, value)| period.figures.add(value));
            }
            (Series::Metric(_), Outcome::Failed(_)) => {}
        }
    }
    Ok(periods.into_values().collect())
}

pub(super) fn series(board: &Board, check: &CheckName) -> Vec<Series> {
    let mut series = BTreeSet::from([Series::Runs]);
    for row in board.results.iter().filter(|row| row.run.check == *check) {
        if let Outcome::Report(report) = &row.outcome {
            series.extend(followed(report).map(|(of, _)| Series::Metric(of)));
        }
    }
    series.into_iter().collect()
}

/// The metrics of a report with their values: those of a finding have its labels, and its key, as well.
fn followed(report: &Report) -> impl Iterator<Item = (MetricSeries, f64)> {
    let of = |metric: &Metric, over: &[(&str, &str)]| {
        let Metric { name, unit, labels, .. } = metric.clone();
        (MetricSeries { name, unit, labels: labels.with(over.iter().copied()) }, metric.value)
    };
    let of_findings = report.findings.iter().flat_map(move |finding| {
        let key = finding.key.to_string();
        finding.metrics.iter().map(move |metric| {
            let mut over: Vec<(&str, &str)> = finding.labels.iter().collect();
            over.push(("finding", &key));
            of(metric, &over)
        })
    });
    report.metrics.iter().map(move |metric| of(metric, &[])).chain(of_findings)
}
