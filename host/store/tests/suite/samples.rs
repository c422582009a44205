//! Samples of one metric: what rules look at.

use std::sync::Arc;

use crate::support::{HOUR, at, batch, result};
use watchkeep_core::commit::{Change, ResultRow};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::{Finding, Metric, Report, State};
use watchkeep_core::time::Wall;
use watchkeep_store::{Appender, Retention, Sample, SamplesQuery, Store, Upkeep};

const METRIC: &str = "probe_duration_seconds";

fn open(rows: Vec<ResultRow>) -> (tempfile::TempDir, Store, Appender) {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    appender.commit([batch(1, rows.into_iter().map(Change::Result).collect())]).unwrap();
    (dir, store, appender)
}

fn query(from: i64, to: i64) -> SamplesQuery {
    SamplesQuery { check: "web".into(), metric: METRIC.to_owned(), from: at(from), to: at(to) }
}

fn metric(value: f64, labels: &[(&str, &str)]) -> Metric {
    Metric {
        name: METRIC.to_owned(),
        value,
        unit: "seconds".to_owned(),
        bounds: None,
        labels: labels.iter().copied().collect(),
    }
}

/// The result with its report changed.
fn with(mut row: ResultRow, change: impl FnOnce(&mut Report)) -> ResultRow {
    if let Outcome::Report(report) = &mut row.outcome {
        change(Arc::make_mut(report));
    }
    row
}

fn values(samples: &[Sample]) -> Vec<(Wall, f64)> {
    samples.iter().map(|sample| (sample.at, sample.value)).collect()
}

#[test]
fn gives_one_metric_of_one_check_oldest_first_from_the_start_until_before_the_end() {
    let rows = (1..=8).map(|n| result(if n % 4 == 0 { "db" } else { "web" }, n, n as i64 * 10));
    let (_dir, store, _) = open(rows.collect());
    let found = store.samples(&query(20, 70)).unwrap();
    assert_eq!(values(&found), [(at(20), 0.002), (at(30), 0.003), (at(50), 0.005), (at(60), 0.006)]);
    assert_eq!(store.samples(&query(70, 20)).unwrap(), []);
    let of = |check: &str, metric: &str| {
        let query = SamplesQuery { check: check.into(), metric: metric.to_owned(), ..query(0, 100) };
        store.samples(&query).unwrap().len()
    };
    assert_eq!((of("db", METRIC), of("nobody", METRIC), of("web", "disk_used_ratio")), (2, 0, 0));
}

#[test]
fn gives_metrics_of_findings_with_whose_they_are() {
    let row = with(result("web", 1, 10), |report| {
        report.metrics = vec![metric(1.0, &[("path", "/")]), metric(2.0, &[("path", "/shop")])];
        report.findings = vec![Finding {
            key: "node-1".into(),
            state: State::Warning,
            summary: "slow".to_owned(),
            labels: [("zone", "a"), ("path", "everything"), ("finding", "a plugin's")].into_iter().collect(),
            metrics: vec![metric(3.0, &[("path", "/cart")])],
            link: None,
        }];
    });
    let (_dir, store, _) = open(vec![row, result("web", 2, 20)]);
    let labels = |pairs: &[(&str, &str)]| -> Labels { pairs.iter().copied().collect() };
    let sample = |millis, value, labels| Sample { at: at(millis), value, labels };
    assert_eq!(
        store.samples(&query(0, 100)).unwrap(),
        [
            sample(10, 1.0, labels(&[("path", "/")])),
            sample(10, 2.0, labels(&[("path", "/shop")])),
            sample(10, 3.0, labels(&[("finding", "node-1"), ("path", "/cart"), ("zone", "a")])),
            sample(20, 0.002, Labels::default()),
        ]
    );
}

#[test]
fn a_run_that_failed_has_no_samples() {
    let failure = Failure {
        reason: FailureReason::Trap,
        stage: Stage::Call,
        message: "unreachable".to_owned(),
        hint: None,
        backtrace: None,
    };
    let failed = ResultRow { outcome: Outcome::Failed(Arc::new(failure)), ..result("web", 1, 10) };
    let (_dir, store, _) = open(vec![failed, result("web", 2, 20)]);
    assert_eq!(values(&store.samples(&query(0, 100)).unwrap()), [(at(20), 0.002)]);
}

#[test]
fn the_answer_is_the_same_whatever_packing_and_a_restart_have_done() {
    let rows: Vec<ResultRow> =
        (1..=6000).map(|n| result(["web", "db"][n as usize % 2], n, n as i64 * 2000)).collect();
    let (from, to) = (HOUR / 2, 3 * HOUR);
    let expected: Vec<(Wall, f64)> = rows
        .iter()
        .filter(|row| row.run.check.as_str() == "web" && (at(from)..at(to)).contains(&row.finished_at))
        .map(|row| (row.finished_at, row.sequence as f64 / 1000.0))
        .collect();
    let (dir, store, mut appender) = open(rows);
    assert_eq!(values(&store.samples(&query(from, to)).unwrap()), expected);
    while appender.upkeep(at(5 * HOUR)).unwrap() == Upkeep::More {
        assert_eq!(values(&store.samples(&query(from, to)).unwrap()), expected);
    }
    assert!(store.stats().rows.packs > 0);
    drop((store, appender));
    let (store, _) = Appender::open(dir.path(), Retention::default()).unwrap();
    assert_eq!(values(&store.samples(&query(from, to)).unwrap()), expected);
}

#[test]
fn gives_the_newest_where_there_are_too_many() {
    let rows = (1..=3).map(|n| {
        with(result("web", n, n as i64), |report| {
            report.metrics = (0..40_000).map(|place| metric(f64::from(place), &[])).collect();
        })
    });
    let (_dir, store, _) = open(rows.collect());
    let found = store.samples(&query(0, 100)).unwrap();
    assert_eq!(found.len(), 100_000);
    let (first, last) = (&found[0], &found[99_999]);
    assert_eq!((first.at, first.value), (at(1), 20_000.0));
    assert_eq!((last.at, last.value), (at(3), 39_999.0));
}
