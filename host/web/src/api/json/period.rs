//! Figures over time.

use std::collections::BTreeMap;

use serde::Serialize;
use watchkeep_core::rollup::{MetricSeries, Period, Series};

use super::{labels, time};

#[derive(Serialize)]
pub(crate) struct SeriesItem {
    /// `runs` or `metric`.
    kind: &'static str,
    name: Option<String>,
    unit: String,
    labels: BTreeMap<String, String>,
}

impl From<Series> for SeriesItem {
    fn from(series: Series) -> Self {
        match series {
            Series::Runs => {
                SeriesItem { kind: "runs", name: None, unit: "seconds".to_owned(), labels: BTreeMap::new() }
            }
            Series::Metric(MetricSeries { name, unit, labels: own }) => {
                SeriesItem { kind: "metric", name: Some(name), unit, labels: labels(&own) }
            }
        }
    }
}

#[derive(Serialize)]
pub(crate) struct PeriodItem {
    at: String,
    count: u64,
    min: Option<f64>,
    max: Option<f64>,
    mean: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    /// How runs ended; `null` for a metric.
    runs: Option<RunsItem>,
}

#[derive(Serialize)]
struct RunsItem {
    ok: u64,
    warning: u64,
    critical: u64,
    unknown: u64,
    failed: u64,
}

impl PeriodItem {
    pub(crate) fn of(period: Period, series: &Series) -> Self {
        let Period { begins, states, figures } = period;
        PeriodItem {
            at: time(begins),
            count: figures.count(),
            min: figures.min(),
            max: figures.max(),
            mean: figures.mean(),
            p50: figures.quantile(0.5),
            p95: figures.quantile(0.95),
            p99: figures.quantile(0.99),
            runs: match series {
                Series::Runs => Some(RunsItem {
                    ok: states.ok,
                    warning: states.warning,
                    critical: states.critical,
                    unknown: states.unknown,
                    failed: states.failed,
                }),
                Series::Metric(_) => None,
            },
        }
    }
}
