//! Figures over time are those of the results, wherever these lie, and go on when the results are gone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{HOUR, all_upkeep, batch, result, results_of, upkeep_of_a_week};
use watchkeep_core::commit::{Change, ResultRow};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::{Metric, State};
use watchkeep_core::rollup::{Figures, MetricSeries, Period, Series, States};
use watchkeep_store::{Appender, EVER, HistoryQuery, Retention, Store};

const DAY: i64 = 24 * HOUR;

fn history(store: &Store, check: &str, series: Series, step: i64) -> Vec<Period> {
    let step = Duration::from_millis(step.unsigned_abs());
    store.history(&HistoryQuery { check: check.into(), series, between: EVER, step }).unwrap()
}

fn duration_metric() -> Series {
    let (name, unit) = ("probe_duration_seconds".to_owned(), "seconds".to_owned());
    Series::Metric(MetricSeries { name, unit, labels: Labels::default() })
}

/// What the rows say, without a store.
fn plain(rows: &[ResultRow], series: &Series, step: i64) -> BTreeMap<i64, (States, Figures)> {
    let mut periods: BTreeMap<i64, (States, Figures)> = BTreeMap::new();
    for row in rows {
        let (states, figures) = periods.entry(row.finished_at.millis().div_euclid(step) * step).or_default();
        match (series, &row.outcome) {
            (Series::Runs, outcome) => {
                states.add(outcome);
                figures.add(row.took.as_secs_f64());
            }
            (Series::Metric(_), Outcome::Report(report)) => {
                report.metrics.iter().for_each(|metric| figures.add(metric.value));
            }
            (Series::Metric(_), Outcome::Failed(_)) => {}
        }
    }
    periods.retain(|_, (states, figures)| states.total() > 0 || figures.count() > 0);
    periods
}

/// Whether the store says of the runs and the one metric of `support::result` what the rows say.
pub(crate) fn says_over_time(store: &Store, check: &str, rows: &[ResultRow], step: i64) {
    for series in [Series::Runs, duration_metric()] {
        let found = history(store, check, series.clone(), step);
        let expected = plain(rows, &series, step);
        assert_eq!(
            found.iter().map(|period| period.begins.millis()).collect::<Vec<_>>(),
            expected.keys().copied().collect::<Vec<_>>(),
            "{series:?} by {step} ms"
        );
        for (period, (states, figures)) in found.iter().zip(expected.values()) {
            assert_eq!((&period.states, period.figures.sketch()), (states, figures.sketch()));
            assert_eq!((period.figures.min(), period.figures.max()), (figures.min(), figures.max()));
            let (sum, exact) = (period.figures.sum(), figures.sum());
            assert!((sum - exact).abs() <= 1e-6 * exact.abs(), "{sum} for {exact}");
        }
    }
}

/// A result each minute; each hour one fails to judge and one is critical.
fn minutes(from: i64, count: i64) -> Vec<ResultRow> {
    (0..count)
        .map(|minute| {
            let millis = from + minute * 60_000 + minute % 7;
            let mut row = result("web", (millis / 1000) as u64, millis);
            row.took = Duration::from_nanos(30_000_000 + (minute as u64 * 7_919_111) % 20_000_000);
            if minute % 60 == 7 {
                row.outcome = Outcome::Failed(Arc::new(Failure {
                    reason: FailureReason::Trap,
                    stage: Stage::Call,
                    message: format!("trapped at {minute}"),
                    hint: None,
                    backtrace: None,
                }));
            }
            if minute % 60 == 9
                && let Outcome::Report(report) = &mut row.outcome
            {
                Arc::make_mut(report).state = State::Critical;
            }
            row
        })
        .collect()
}

fn commit(appender: &mut Appender, rows: &[ResultRow]) {
    for chunk in rows.chunks(500) {
        let changes = chunk.iter().cloned().map(Change::Result).collect();
        appender.commit([batch(chunk[0].sequence, changes)]).unwrap();
    }
}

#[test]
fn a_day_is_merged_into_a_few_full_packs_and_says_what_it_said() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let rows = minutes(0, 3 * 1440);
    commit(&mut appender, &rows[..23 * 60]);
    all_upkeep(&mut appender, 23 * HOUR + 11 * 60_000);
    assert_eq!(store.stats().rows.packs, 23, "a day that goes on is packed by the hour");
    commit(&mut appender, &rows[23 * 60..]);
    all_upkeep(&mut appender, 3 * DAY + 2 * HOUR);
    let merged = store.stats().rows.packs;
    assert!((1..=10).contains(&merged), "{merged} packs for three days");
    assert_eq!(store.audit().unwrap(), []);
    for step in [60_000, 300_000, HOUR, DAY] {
        says_over_time(&store, "web", &rows, step);
    }
    let mut expected = rows.clone();
    expected.reverse();
    let query = watchkeep_store::ResultsQuery { limit: 10_000, ..results_of("web") };
    assert_eq!(store.results(&query).unwrap().items, expected);
    assert_eq!(store.series(&"web".into()).unwrap(), [Series::Runs, duration_metric()]);
}

/// A clock that was set back brings results of a day that was merged long ago.
#[test]
fn results_that_come_late_are_added_once_to_what_was_rolled_up() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let mut rows = minutes(0, 1440);
    commit(&mut appender, &rows);
    all_upkeep(&mut appender, 2 * DAY);
    let mut late = minutes(5 * HOUR + 30_000, 90);
    for (nth, row) in late.iter_mut().enumerate() {
        row.sequence = 1_000_000 + nth as u64;
    }
    commit(&mut appender, &late);
    rows.extend(late);
    for step in [60_000, 300_000, HOUR, DAY] {
        says_over_time(&store, "web", &rows, step);
    }
    all_upkeep(&mut appender, 3 * DAY);
    for step in [60_000, 300_000, HOUR, DAY] {
        says_over_time(&store, "web", &rows, step);
    }
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn each_resolution_is_kept_for_its_own_time_and_the_next_stands_in_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let days = |days: u64| Duration::from_hours(24 * days);
    let retention = Retention {
        results: days(3),
        five_minutes: days(6),
        hours: days(12),
        days: days(100),
        ..Retention::default()
    };
    let (store, mut appender) = Appender::open(dir.path(), retention).unwrap();
    let rows = minutes(0, 30 * 1440);
    for day in rows.chunks(1440) {
        commit(&mut appender, day);
        let now = day[0].finished_at.millis() + DAY + 2 * HOUR;
        all_upkeep(&mut appender, now);
    }
    upkeep_of_a_week(&mut appender, 30 * DAY + 2 * HOUR);
    let by_minute = history(&store, "web", Series::Runs, 60_000);
    let total: u64 = by_minute.iter().map(|period| period.states.total()).sum();
    assert_eq!(total, 30 * 1440, "nothing is missing, and nothing twice");
    let gaps: Vec<i64> =
        by_minute.windows(2).map(|pair| pair[1].begins.millis() - pair[0].begins.millis()).collect();
    let count = |gap: i64| gaps.iter().filter(|found| **found == gap).count();
    assert!(
        count(DAY) >= 15 && count(HOUR) >= 24 * 4 && count(300_000) >= 288 * 2 && count(60_000) >= 1440 * 2
    );
    let by_day = history(&store, "web", Series::Runs, DAY);
    assert_eq!(by_day.len(), 30);
    assert!(by_day.iter().all(|day| day.states.total() == 1440));
}

#[test]
fn a_check_that_is_gone_for_longer_than_anything_is_kept_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    commit(&mut appender, &minutes(0, 600));
    all_upkeep(&mut appender, 2 * DAY);
    assert_eq!(store.series(&"web".into()).unwrap().len(), 2);
    upkeep_of_a_week(&mut appender, 1200 * DAY);
    assert_eq!(history(&store, "web", Series::Runs, DAY), []);
    assert_eq!(store.series(&"web".into()).unwrap(), [Series::Runs]);
    assert_eq!(store.stats().rows.packs, 0);
}

#[test]
fn a_metric_of_a_finding_has_the_findings_labels() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let mut row = result("web", 1, 5);
    if let Outcome::Report(report) = &mut row.outcome {
        let report = Arc::make_mut(report);
        let metric = Metric { labels: [("disk", "a")].into_iter().collect(), ..report.metrics[0].clone() };
        report.findings.push(watchkeep_core::report::Finding {
            key: watchkeep_core::ids::FindingKey::new("sda"),
            state: State::Ok,
            summary: "3 of 4".to_owned(),
            labels: [("room", "b")].into_iter().collect(),
            metrics: vec![metric],
            link: None,
        });
    }
    commit(&mut appender, &[row]);
    let labels = [("disk", "a"), ("finding", "sda"), ("room", "b")].into_iter().collect();
    let series =
        MetricSeries { name: "probe_duration_seconds".to_owned(), unit: "seconds".to_owned(), labels };
    for now in [0, 2 * DAY] {
        all_upkeep(&mut appender, now);
        assert!(store.series(&"web".into()).unwrap().contains(&Series::Metric(series.clone())));
        let found = history(&store, "web", Series::Metric(series.clone()), HOUR);
        assert_eq!(found[0].figures.mean(), Some(0.001));
    }
}
