//! How many results a second are written, what they weigh, what packing and queries cost, and how much memory
//! the store takes: 10,000 checks, as many rounds as the first argument says (90 is an hour and a half at 60 s).
//! `cargo bench -p watchkeep-store -- 90`
#![allow(clippy::print_stdout, reason = "it reports to a terminal")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails says where")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::commit::{Change, Commit, ResultRow, Urgency};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::ids::{CheckName, CommitId, Digest, RunId};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Metric, Report, State};
use watchkeep_core::time::Wall;
use watchkeep_store::{Appender, EVER, ResultsQuery, Retention, Store, Upkeep};

const CHECKS: u64 = 10_000;
/// Results in a transaction: what the writer's thread collects under load.
const BATCH: usize = 4096;
/// What it collects in half a second at 167 results a second.
const SMALL_BATCH: usize = 83;

/// What an HTTP check returns: seven metrics.
fn result(names: &[CheckName], sequence: u64, report: &Arc<Report>) -> ResultRow {
    let millis = i64::try_from(sequence * 6).unwrap();
    ResultRow {
        run: RunId {
            check: names[(sequence % CHECKS) as usize].clone(),
            scheduled_at: Wall::from_millis(millis - 40),
        },
        sequence,
        location: Arc::from("local"),
        finished_at: Wall::from_millis(millis),
        since: Wall::from_millis(0),
        took: Duration::from_micros(38_000 + sequence % 5000),
        late: Duration::from_micros(300),
        generation: Some(Digest([7; 32])),
        outcome: Outcome::Report(Arc::clone(report)),
        flaps: Flaps::default(),
    }
}

fn report() -> Arc<Report> {
    let metrics = ["total", "dns", "connect", "tls", "send", "wait", "receive"].map(|phase| Metric {
        name: format!("probe_http_{phase}_seconds"),
        value: 0.0123,
        unit: "seconds".to_owned(),
        bounds: None,
        labels: Labels::default(),
    });
    Arc::new(Report {
        state: State::Ok,
        summary: "200 OK in 38 ms, 12,345 bytes".to_owned(),
        details: None,
        metrics: metrics.into(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    })
}

fn main() {
    let rounds: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(90);
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<CheckName> = (0..CHECKS).map(|n| CheckName::new(format!("check-{n}"))).collect();
    let report = report();
    let (store, mut appender) = Appender::open(folder.path(), Retention::default()).unwrap();
    let idle = resident_mib();

    let total = rounds * CHECKS;
    let began = Instant::now();
    let rows: Vec<u64> = (1..=total).collect();
    for batch in rows.chunks(BATCH) {
        write(&mut appender, batch, &names, &report);
    }
    let took = began.elapsed();
    println!("written      {total} results in {took:.1?}: {:.0} a second", total as f64 / took.as_secs_f64());
    println!("file         {} bytes a result", store.stats().file_bytes / total);
    println!(
        "memory       {:.0} MiB resident, {:.0} MiB above an empty store",
        resident_mib(),
        resident_mib() - idle
    );

    let before = written_bytes();
    let began = Instant::now();
    let small: Vec<u64> = (total + 1..=total + 200 * SMALL_BATCH as u64).collect();
    for batch in small.chunks(SMALL_BATCH) {
        write(&mut appender, batch, &names, &report);
    }
    let each = began.elapsed() / 200;
    println!(
        "small batch  {SMALL_BATCH} results: {each:.1?}, {} bytes written",
        (written_bytes() - before) / 200
    );

    time_queries("unpacked", &store, &names);
    let began = Instant::now();
    let now = Wall::from_millis(i64::try_from(total * 6).unwrap() + 2 * 3_600_000);
    let mut slices = 0;
    let mut longest = Duration::ZERO;
    loop {
        let slice = Instant::now();
        let more = appender.upkeep(now).unwrap();
        longest = longest.max(slice.elapsed());
        slices += 1;
        if more == Upkeep::Idle {
            break;
        }
    }
    println!("packing      {:.1?} in {slices} slices, the longest {longest:.1?}", began.elapsed());
    println!("file         {} bytes, {} packs", store.stats().file_bytes, store.stats().rows.packs);
    time_queries("packed", &store, &names);
    println!("memory       {:.0} MiB resident", resident_mib());
    drop((store, appender));
    time_opening(folder.path());
}

fn write(appender: &mut Appender, sequences: &[u64], names: &[CheckName], report: &Arc<Report>) {
    let changes = sequences.iter().map(|sequence| Change::Result(result(names, *sequence, report))).collect();
    let commit = Commit { id: CommitId(sequences[0]), epoch: 0, urgency: Urgency::Batch, changes };
    appender.commit([commit]).unwrap();
}

fn time_queries(what: &str, store: &Store, names: &[CheckName]) {
    let began = Instant::now();
    let queries = 100;
    for n in 0..queries {
        let query = ResultsQuery { check: names[n * 37].clone(), between: EVER, after: None, limit: 60 };
        assert_eq!(store.results(&query).unwrap().items.len().min(1), 1);
    }
    println!(
        "query        the last 60 of one check, {what}: {:.1?}",
        began.elapsed() / u32::try_from(queries).unwrap()
    );
}

fn time_opening(folder: &Path) {
    let began = Instant::now();
    let (store, _appender) = Appender::open(folder, Retention::default()).unwrap();
    let opened = began.elapsed();
    let latest = store.restored().unwrap().latest.len();
    println!(
        "opening      {opened:.1?}; the latest results of {latest} checks after {:.1?}",
        began.elapsed()
    );
}

fn resident_mib() -> f64 {
    figure("/proc/self/status", "VmRSS:") as f64 / 1024.0
}

fn written_bytes() -> u64 {
    figure("/proc/self/io", "wchar:")
}

/// A number that the kernel states; 0 where it does not.
fn figure(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
