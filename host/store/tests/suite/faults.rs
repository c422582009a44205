//! A disk that fails: whatever operation fails and whatever is lost with it, what was acknowledged is there, in
//! order, and the rest is written as soon as the disk lets it.

use std::sync::Arc;

use std::time::Duration;

use crate::support::disk::{Disk, Fault};
use crate::support::{
    HOUR, alert, at, at_once, batch, check_key, decision, delivered, delivery, kv, result, results_of, scope,
    transition, watched,
};
use watchkeep_core::commit::{Change, Commit};
use watchkeep_store::{Appender, Progress, Retention, Store, Upkeep};

/// A life: results, a transition with its outbox row, and the end of the delivery.
fn scenario() -> Vec<Commit> {
    let row = |n: u64| Change::Result(result(["web", "db"][n as usize % 2], n, n as i64 * 60_000));
    let mut commits: Vec<Commit> =
        (1..=4).map(|n| batch(n, vec![row(n), kv("web", "n", Some("x"), n)])).collect();
    commits.push(at_once(
        5,
        vec![
            row(5),
            Change::Transition(transition(check_key("web"), 6, 5)),
            Change::PutAlert(Arc::new(alert("web"))),
            Change::Decision(decision("web", 7, 5)),
            Change::PutDelivery(delivery(1, "chat")),
        ],
    ));
    commits.push(batch(6, vec![row(8)]));
    commits.push(at_once(7, vec![delivered(1, 9)]));
    commits.push(batch(8, vec![row(9)]));
    commits
}

/// How many of the scenario's commits, from the first, are in the database; panics unless they are whole.
fn commits_in(store: &Store) -> usize {
    assert_eq!(store.audit().unwrap(), []);
    let restored = store.restored().unwrap();
    let results = store.results(&results_of("web")).unwrap().items.len()
        + store.results(&results_of("db")).unwrap().items.len();
    let rows = store.stats().rows;
    let fired = rows.transitions == 1;
    assert_eq!(fired, !restored.alerts.is_empty());
    assert_eq!(fired, rows.decisions == 1);
    assert_eq!(fired, rows.outbox + rows.deliveries == 1);
    let version = store.kv_get(&scope("web"), "n").unwrap().map_or(0, |(_, version)| version as usize);
    let count = match (results, rows.deliveries) {
        (0..=4, 0) => results,
        (5 | 6, 0) => results,
        (6, 1) => 7,
        (7, 1) => 8,
        other => panic!("a half state: {other:?}"),
    };
    assert_eq!(version, count.min(4));
    assert_eq!(fired, count >= 5);
    count
}

fn open(disk: &Disk) -> (Store, Appender) {
    Appender::open_backend(disk.backend(), Retention::default()).unwrap()
}

/// Runs the scenario with upkeep in between, each commit tried until it goes through; after every failure looks
/// at what a power cut and a kill at that moment would have left.
fn run_with(fault: Fault) -> Operations {
    let disk = Disk::default();
    let (store, mut appender) = open(&disk);
    disk.set(fault);
    for (done, commit) in scenario().into_iter().enumerate() {
        let mut tries = 0;
        while let Err(error) = appender.commit([commit.clone()]) {
            tries += 1;
            assert!(tries < 5, "{error:?}");
            for left in [disk.after_power_cut(), disk.after_kill()] {
                let count = commits_in(&open(&left).0);
                assert!((done..=done + 1).contains(&count), "{done} were acknowledged, {count} are there");
            }
        }
        if done == 3 || done == 7 {
            while !matches!(appender.upkeep(at(5 * HOUR)), Ok(Upkeep::Idle)) {}
            assert_eq!(commits_in(&open(&disk.after_power_cut()).0), done + 1);
        }
        assert_eq!(commits_in(&store), done + 1);
    }
    let until_close = disk.operations();
    drop((store, appender));
    let in_all = disk.operations();
    disk.set(Fault::None);
    assert_eq!(commits_in(&open(&disk).0), 8);
    Operations { until_close, in_all }
}

struct Operations {
    until_close: u64,
    in_all: u64,
}

#[test]
fn no_single_failure_of_the_disk_loses_or_halves_a_commit() {
    let operations = run_with(Fault::None).in_all;
    assert!(operations > 100, "the scenario is too small to mean anything: {operations}");
    for number in 0..operations {
        run_with(Fault::Once(number));
    }
}

#[test]
fn a_panic_of_the_library_is_a_failure_like_any_other() {
    // When the file is closed there is nobody left to catch a panic.
    let operations = run_with(Fault::None).until_close;
    for number in (0..operations).step_by(17) {
        run_with(Fault::Panic(number));
    }
}

fn options_on(disk: &Disk) -> (watchkeep_store::Options, crate::support::Watch) {
    let (mut options, watch) = watched(0);
    options.backend = Some(disk.backend());
    options.batch_time = Duration::from_millis(1);
    (options, watch)
}

#[test]
fn a_full_disk_is_told_and_everything_is_written_once_there_is_room() {
    let disk = Disk::default();
    let (options, mut watch) = options_on(&disk);
    let (store, writer) = Store::open("".as_ref(), options).unwrap();
    let mut commits = scenario();
    let late = commits.split_off(3);
    commits.into_iter().for_each(|commit| writer.send(commit));
    watch.until_durable(3);
    disk.set(Fault::Full);
    late.into_iter().for_each(|commit| writer.send(commit));
    let Progress::Failing { error, pending, .. } = watch.until_failing() else { unreachable!() };
    assert!(error.contains("no storage space"), "{error}");
    assert!(pending > 0);
    watch.until(|progress| matches!(progress, Progress::Failing { pending: 5, .. }));
    assert!(store.stats().failing_since.is_some());
    disk.set(Fault::None);
    watch.until(|progress| *progress == Progress::Recovered);
    watch.until_durable(8);
    writer.close().unwrap();
    assert_eq!(commits_in(&store), 8);
    assert_eq!(store.stats().failing_since, None);
    assert_eq!(commits_in(&open(&disk.after_power_cut()).0), 8);
}

#[test]
fn a_disk_that_is_gone_and_comes_back_is_opened_again() {
    let disk = Disk::default();
    let (options, mut watch) = options_on(&disk);
    let (store, writer) = Store::open("".as_ref(), options).unwrap();
    disk.set(Fault::Dead);
    scenario().into_iter().for_each(|commit| writer.send(commit));
    for _ in 0..3 {
        watch.until_failing();
    }
    assert!(store.results(&results_of("web")).is_err(), "nothing can be read either");
    assert!(store.kv_get(&scope("web"), "n").is_err());
    disk.set(Fault::None);
    watch.until_durable(8);
    assert_eq!(commits_in(&store), 8);
    writer.close().unwrap();
}

#[test]
fn memory_stays_bounded_while_the_disk_is_full_and_only_results_are_dropped() {
    let disk = Disk::default();
    let (mut options, mut watch) = options_on(&disk);
    options.pending_results_max = 10;
    let (store, writer) = Store::open("".as_ref(), options).unwrap();
    disk.set(Fault::Full);
    for n in 1..=100 {
        writer.send(batch(n, vec![Change::Result(result("web", n, n as i64)), kv("web", "n", Some("x"), n)]));
        writer.send(at_once(
            1000 + n,
            vec![Change::Transition(transition(check_key("web"), 1000 + n, n as i64))],
        ));
    }
    watch.until(|progress| matches!(progress, Progress::Failing { dropped_results: 90, .. }));
    disk.set(Fault::None);
    watch.until(|progress| *progress == Progress::Recovered);
    writer.close().unwrap();
    let kept: Vec<u64> =
        store.results(&results_of("web")).unwrap().items.iter().map(|row| row.sequence).collect();
    assert_eq!(kept, (91..=100).rev().collect::<Vec<_>>());
    assert_eq!(store.stats().rows.transitions, 100);
    assert_eq!(store.stats().dropped_results, 90);
    assert_eq!(store.kv_get(&scope("web"), "n").unwrap(), Some((b"x".to_vec(), 100)));
}

#[test]
fn closing_on_a_dead_disk_says_how_much_is_lost() {
    let disk = Disk::default();
    let (options, mut watch) = options_on(&disk);
    let (_store, writer) = Store::open("".as_ref(), options).unwrap();
    disk.set(Fault::Dead);
    scenario().into_iter().for_each(|commit| writer.send(commit));
    watch.until_failing();
    let error = writer.close().unwrap_err();
    insta::assert_snapshot!(error, @"8 commits could not be written before the store closed");
}
