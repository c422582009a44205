//! A month of results, an hour at a time, tidied as the writer's thread does it: what the file grows by each day, what a
//! result takes in it, what is given back when results are too old, how long a commit waits at most, and what queries
//! over the month cost. Spans, moments and texts differ from run to run as they do for an HTTP check.
//! `cargo bench -p watchkeep-store --bench month -- CHECKS DAYS KEPT_DAYS`
#![allow(clippy::print_stdout, reason = "it reports to a terminal")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails says where")]

mod made;

use std::path::Path;
use std::time::{Duration, Instant};

use watchkeep_core::ids::CheckName;
use watchkeep_core::labels::Labels;
use watchkeep_core::rollup::{MetricSeries, Series};
use watchkeep_core::time::Wall;
use watchkeep_store::{Appender, EVER, HistoryQuery, ResultsQuery, Retention, Store, TableSpace, Upkeep};

use made::{Noise, commits, result};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

struct Month {
    checks: Vec<CheckName>,
    noise: Noise,
    sequence: u64,
    commits: Vec<Duration>,
    slices: Vec<Duration>,
    tidying: Duration,
    writing: Duration,
}

impl Month {
    /// Every check once a minute for an hour.
    fn hour(&mut self, appender: &mut Appender, hour: i64) {
        for minute in 0..60 {
            let begins = hour * HOUR + minute * 60_000;
            let count = self.checks.len();
            let rows = (0..count)
                .map(|place| {
                    let at = begins + 60_000 * place as i64 / count as i64;
                    result(&self.checks[place], place as u64, at, &mut self.noise)
                })
                .collect();
            for commit in commits(rows, &mut self.sequence) {
                let began = Instant::now();
                appender.commit([commit]).unwrap();
                self.writing += began.elapsed();
                self.commits.push(began.elapsed());
            }
        }
    }

    fn tidy(&mut self, appender: &mut Appender, now: i64) {
        loop {
            let began = Instant::now();
            let more = appender.upkeep(Wall::from_millis(now)).unwrap();
            self.slices.push(began.elapsed());
            self.tidying += began.elapsed();
            if more == Upkeep::Idle {
                return;
            }
        }
    }
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let [checks, days, kept] =
        [(0, 500), (1, 30), (2, 90)].map(|(at, usual)| numbers.get(at).copied().unwrap_or(usual));
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { results: Duration::from_hours(24 * kept), ..Retention::default() };
    let (store, mut appender) = Appender::open(folder.path(), retention).unwrap();
    let mut month = Month {
        checks: (0..checks).map(|n| CheckName::new(format!("check-{n}"))).collect(),
        noise: Noise(1),
        sequence: 0,
        commits: Vec::new(),
        slices: Vec::new(),
        tidying: Duration::ZERO,
        writing: Duration::ZERO,
    };
    let mut before = on_disk(folder.path());
    for day in 0..days as i64 {
        for hour in 0..24 {
            let hour = day * 24 + hour;
            month.hour(&mut appender, hour);
            // The hour before is packed now, and after midnight the day before is merged.
            month.tidy(&mut appender, (hour + 1) * HOUR + 15 * 60_000);
        }
        let bytes = on_disk(folder.path());
        println!(
            "day {day:3}      {:7.1} MiB on the disk, {:+6.1} MiB",
            mib(bytes),
            mib(bytes) - mib(before)
        );
        before = bytes;
    }
    let total = month.sequence;
    month.tidy(&mut appender, days as i64 * DAY + 2 * HOUR);
    let bytes = store.stats().file_bytes;
    let space = store.space().unwrap();
    println!(
        "results      {total}, {} packs; written in {:.1?}, tidied in {:.1?}",
        store.stats().rows.packs,
        month.writing,
        month.tidying
    );
    println!(
        "file         {:.1} bytes a result, {:.1} of them on the disk",
        bytes as f64 / total as f64,
        on_disk(folder.path()) as f64 / total as f64
    );
    for TableSpace { table, stored, used } in space {
        let each = |bytes: u64| bytes as f64 / total as f64;
        println!(
            "  {table:12} {:.1} bytes a result in its pages, {:.1} of them rows",
            each(used),
            each(stored)
        );
    }
    for (what, mut spans) in [("commit", month.commits), ("slice", month.slices)] {
        spans.sort_unstable();
        let at = |part: f64| spans[((spans.len() - 1) as f64 * part) as usize];
        println!(
            "{what:12} median {:.1?}, p99 {:.1?}, longest {:.1?} of {}",
            at(0.5),
            at(0.99),
            at(1.0),
            spans.len()
        );
    }
    queries(&store, &month.checks, days as i64 * DAY);
    drop((store, appender));
    opening(folder.path());
}

fn queries(store: &Store, checks: &[CheckName], now: i64) {
    let metric = MetricSeries {
        name: "probe_http_total".to_owned(),
        unit: "seconds".to_owned(),
        labels: Labels::default(),
    };
    let spans = [
        ("hour by minute", HOUR, 60),
        ("day by 5 minutes", DAY, 300),
        ("30 days by hour", 30 * DAY, 3600),
        ("year by day", 365 * DAY, 86_400),
    ];
    for (what, span, step) in spans {
        for series in [Series::Runs, Series::Metric(metric.clone())] {
            let mut times = Vec::new();
            let mut points = 0;
            for check in checks.iter().step_by(checks.len().div_ceil(50)) {
                let between = Wall::from_millis(now - span)..Wall::from_millis(now);
                let query = HistoryQuery {
                    check: check.clone(),
                    series: series.clone(),
                    between,
                    step: Duration::from_secs(step),
                };
                let began = Instant::now();
                points = store.history(&query).unwrap().len();
                times.push(began.elapsed());
            }
            let kind = if series == Series::Runs { "runs" } else { "metric" };
            told(&format!("{what}, {kind}, {points} points"), times);
        }
    }
    let lists = checks.iter().step_by(checks.len().div_ceil(50)).map(|check| {
        let began = Instant::now();
        let query = ResultsQuery { check: check.clone(), between: EVER, after: None, limit: 60 };
        assert_eq!(store.results(&query).unwrap().items.len(), 60);
        began.elapsed()
    });
    told("the last 60 results", lists.collect());
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    println!(
        "query        {what}: median {:.2?}, p95 {:.2?}",
        times[times.len() / 2],
        times[times.len() * 95 / 100]
    );
}

fn opening(folder: &Path) {
    let began = Instant::now();
    let (store, _appender) = Appender::open(folder, Retention::default()).unwrap();
    let latest = store.restored().unwrap().latest.len();
    println!("opening      {:.1?} until the latest results of {latest} checks are there", began.elapsed());
}

/// What the file takes, without what was set aside for later and never written.
fn on_disk(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(folder.join("watchkeep.redb")).unwrap().blocks() * 512
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1 << 20) as f64
}
