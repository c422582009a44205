//! The writer's thread: what makes a batch, what is told, and what is seen before it is durable.

use std::time::Duration;

use crate::support::{at, at_once, batch, check_key, kv, result, results_of, scope, transition, watched};
use watchkeep_core::commit::{Change, GenerationRow, PluginDecision, PluginDecisionKind};
use watchkeep_core::ids::{CommitId, Digest};
use watchkeep_store::{Progress, Store};

const NEVER: Duration = Duration::from_secs(3600);

#[test]
fn a_batch_waits_for_company_until_its_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let (mut options, mut watch) = watched(0);
    options.batch_time = Duration::from_millis(20);
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    writer.send(batch(1, vec![Change::Result(result("web", 1, 5))]));
    watch.until_durable(1);
    assert_eq!(store.results(&results_of("web")).unwrap().items.len(), 1);
    writer.close().unwrap();
}

#[test]
fn a_commit_at_once_takes_what_waits_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let (mut options, mut watch) = watched(0);
    options.batch_time = NEVER;
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    writer.send(batch(1, vec![Change::Result(result("web", 1, 5))]));
    writer.send(at_once(2, vec![Change::Transition(transition(check_key("web"), 2, 5))]));
    watch.until_durable(2);
    assert_eq!(store.results(&results_of("web")).unwrap().items.len(), 1);
    assert_eq!(store.stats().commits, 2);
    writer.close().unwrap();
}

#[test]
fn a_batch_closes_at_its_number_of_changes() {
    let dir = tempfile::tempdir().unwrap();
    let (mut options, mut watch) = watched(0);
    (options.batch_time, options.batch_changes_max) = (NEVER, 10);
    let (_store, writer) = Store::open(dir.path(), options).unwrap();
    (1..=10).for_each(|n| writer.send(batch(n, vec![Change::Result(result("web", n, 5))])));
    watch.until_durable(10);
    writer.close().unwrap();
}

#[test]
fn ten_thousand_transitions_at_once_are_a_few_transactions_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (options, mut watch) = watched(0);
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    (1..=10_000).for_each(|n| {
        writer.send(at_once(n, vec![Change::Transition(transition(check_key("web"), n, n as i64))]));
    });
    watch.until_durable(10_000);
    writer.close().unwrap();
    let transactions = store.stats().commit_seconds.count();
    assert!(transactions <= 40, "{transactions} transactions");
    let told: Vec<Progress> = watch.rest();
    assert!(told.windows(2).all(|pair| match pair {
        [Progress::Durable(earlier), Progress::Durable(later)] => earlier < later,
        _ => false,
    }));
    assert_eq!(store.stats().rows.transitions, 10_000);
}

#[test]
fn closing_writes_what_waits() {
    let dir = tempfile::tempdir().unwrap();
    let (mut options, watch) = watched(0);
    options.batch_time = NEVER;
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    writer.send(batch(1, vec![Change::Result(result("web", 1, 5))]));
    writer.close().unwrap();
    assert_eq!(watch.rest(), [Progress::Durable(CommitId(1))]);
    assert_eq!(store.results(&results_of("web")).unwrap().items.len(), 1);
}

#[test]
fn the_next_run_sees_what_the_last_one_wrote_before_it_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let (mut options, _watch) = watched(0);
    options.batch_time = NEVER;
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    writer.send(batch(1, vec![kv("web", "a", Some("1"), 1), kv("web", "b", Some("1"), 1)]));
    assert_eq!(store.kv_get(&scope("web"), "a").unwrap(), Some((b"1".to_vec(), 1)));
    writer.send(batch(2, vec![kv("web", "a", None, 2)]));
    assert_eq!(store.kv_get(&scope("web"), "a").unwrap(), None);
    assert_eq!(store.kv_version(&scope("web"), "a").unwrap(), 2);
    assert_eq!(store.kv_keys(&scope("web"), "").unwrap(), ["b"]);
    writer.close().unwrap();
    assert_eq!(store.kv_keys(&scope("web"), "").unwrap(), ["b"]);
    assert_eq!(store.kv_version(&scope("web"), "a").unwrap(), 2);
}

#[test]
fn remembers_what_was_decided_about_each_file_of_a_plugin() {
    let dir = tempfile::tempdir().unwrap();
    let (options, _watch) = watched(0);
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    let mark = |bytes: &[u8], kind: PluginDecisionKind| PluginDecision {
        plugin: "http".into(),
        digest: Digest::of(bytes),
        at: at(3),
        kind,
    };
    let bad = mark(b"1", PluginDecisionKind::Bad { reason: "it trapped".to_owned() });
    let approved =
        mark(b"2", PluginDecisionKind::Approved { rights: vec!["http: https://a.example".to_owned()] });
    writer.put_plugin_decision(bad.clone());
    writer.put_plugin_decision(approved.clone());
    writer.put_plugin_decision(mark(b"3", PluginDecisionKind::Bad { reason: "it is forgotten".to_owned() }));
    writer.remove_plugin_decision("http".into(), Digest::of(b"3"));
    writer.close().unwrap();
    let mut stored = store.plugin_marks().unwrap();
    stored.sort_by_key(|mark| mark.digest != bad.digest);
    assert_eq!(stored, [bad, approved]);
    assert!(store.audit().unwrap().is_empty());
}

#[test]
fn remembers_the_last_good_generation_of_each_plugin() {
    let dir = tempfile::tempdir().unwrap();
    let (options, _watch) = watched(0);
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    let row = |plugin: &str, bytes: &[u8]| GenerationRow {
        plugin: plugin.into(),
        digest: Digest::of(bytes),
        version: "0.1.0".to_owned(),
        source: "bundled".to_owned(),
        since: at(3),
    };
    writer.put_generation(row("http", b"1"));
    writer.put_generation(row("slack", b"1"));
    writer.put_generation(row("http", b"2"));
    writer.remove_generation("slack".into());
    writer.close().unwrap();
    assert_eq!(store.generations().unwrap(), [row("http", b"2")]);
}
