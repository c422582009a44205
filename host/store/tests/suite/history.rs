//! What is kept beside results: transitions, decisions, deliveries, key-value pairs, and what a start needs.

use std::sync::Arc;

use crate::support::{
    HOUR, alert, all_upkeep, at, batch, check_key, decision, delivered, delivery, kv, receiver, scope,
    transition, upkeep_of_a_week,
};
use watchkeep_core::alert::{AlertKey, HostProblem};
use watchkeep_core::commit::{Change, Commit, Forgotten, KvScope, KvWrite, Transition};
use watchkeep_core::delivery::Ended;
use watchkeep_core::heartbeat::HeartbeatRecord;
use watchkeep_core::ids::DeliveryId;
use watchkeep_store::{
    Appender, DeliveriesQuery, DeliveryFilter, EVER, Page, Retention, Store, TransitionsOf, TransitionsQuery,
};

fn open() -> (tempfile::TempDir, Store, Appender) {
    let dir = tempfile::tempdir().unwrap();
    let retention = Retention { decisions_per_alert_max: 3, ..Retention::default() };
    let (store, appender) = Appender::open(dir.path(), retention).unwrap();
    (dir, store, appender)
}

fn sequences(page: &Page<Transition>) -> Vec<u64> {
    page.items.iter().map(|transition| transition.sequence).collect()
}

#[test]
fn lists_transitions_by_time_by_check_and_by_plugin_in_pages() {
    let (_dir, store, mut appender) = open();
    let keys = [
        check_key("web"),
        AlertKey::Finding("web".into(), "disk /".into()),
        AlertKey::NotJudged("web".into()),
        check_key("webb"),
        AlertKey::Plugin("web".into()),
    ];
    let changes =
        keys.into_iter().zip(1..).map(|(key, n)| Change::Transition(transition(key, n, n as i64 * 10)));
    appender.commit([batch(1, changes.collect())]).unwrap();
    let query = |of| TransitionsQuery { of, between: EVER, after: None, limit: 2 };
    let first = store.transitions(&query(TransitionsOf::All)).unwrap();
    assert_eq!(sequences(&first), [5, 4]);
    let second =
        store.transitions(&TransitionsQuery { after: first.next, ..query(TransitionsOf::All) }).unwrap();
    assert_eq!(sequences(&second), [3, 2]);
    let web = store.transitions(&query(TransitionsOf::Check("web".into()))).unwrap();
    assert_eq!(sequences(&web), [3, 2]);
    let rest = TransitionsQuery { after: web.next, ..query(TransitionsOf::Check("web".into())) };
    let rest = store.transitions(&rest).unwrap();
    assert_eq!((sequences(&rest), rest.next), (vec![1], None));
    let plugin = store.transitions(&query(TransitionsOf::Plugin("web".into()))).unwrap();
    assert_eq!(sequences(&plugin), [5]);
    let part = TransitionsQuery { between: at(20)..at(40), limit: 9, ..query(TransitionsOf::All) };
    assert_eq!(sequences(&store.transitions(&part).unwrap()), [3, 2]);
}

fn paged(store: &Store, of: &TransitionsOf, limit: usize) -> Vec<u64> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page =
            store.transitions(&TransitionsQuery { of: of.clone(), between: EVER, after, limit }).unwrap();
        all.extend(sequences(&page));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

/// The clock was four years ahead for a while, and was put back: pages by the clock alone would show what came then first.
#[test]
fn pages_of_transitions_follow_the_order_in_which_they_came_whatever_the_clock_did() {
    let (_dir, store, mut appender) = open();
    let four_years = 1461 * 24 * HOUR;
    let moments = (1..=30).map(|n| match n {
        11..=20 => four_years + n * 1000,
        _ => n * 1000,
    });
    let change = |(moment, sequence)| Change::Transition(transition(check_key("web"), sequence, moment));
    for commit in moments.zip(1..).map(change) {
        appender.commit([batch(1, vec![commit])]).unwrap();
    }
    let expected: Vec<u64> = (1..=30).rev().collect();
    for of in [TransitionsOf::All, TransitionsOf::Check("web".into())] {
        for limit in [1, 4, 7, 10, 30] {
            assert_eq!(paged(&store, &of, limit), expected, "{of:?} by {limit}");
        }
        let between = at(0)..at(HOUR);
        let query = TransitionsQuery { of, between, after: None, limit: 100 };
        let right: Vec<u64> = expected.iter().copied().filter(|n| !(11..=20).contains(n)).collect();
        assert_eq!(sequences(&store.transitions(&query).unwrap()), right);
    }
    assert_eq!(store.audit().unwrap(), []);
}

/// More often than is kept: of the oldest the order is lost, and no row.
#[test]
fn a_clock_that_goes_back_all_the_time_loses_no_row() {
    let (_dir, store, mut appender) = open();
    let rows: u64 = 2_500;
    let change = |n: u64| {
        let moment = if n.is_multiple_of(2) { 0 } else { 1_000 } + n as i64;
        Change::Transition(transition(check_key("web"), n, moment))
    };
    appender.commit([batch(1, (1..=rows).map(change).collect())]).unwrap();
    let mut found = paged(&store, &TransitionsOf::All, 100);
    assert_eq!(found[..500], (rows - 499..=rows).rev().collect::<Vec<_>>());
    found.sort_unstable();
    assert_eq!(found, (1..=rows).collect::<Vec<_>>());
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn keeps_transitions_for_long_and_removes_them_from_both_tables_at_last() {
    let (_dir, store, mut appender) = open();
    let changes =
        [1, 2].map(|n| Change::Transition(transition(check_key("web"), n, n as i64 * 1000 * 24 * HOUR)));
    appender.commit([batch(1, changes.into())]).unwrap();
    all_upkeep(&mut appender, 2000 * 24 * HOUR);
    assert_eq!(store.stats().rows.transitions, 2);
    upkeep_of_a_week(&mut appender, 2101 * 24 * HOUR);
    assert_eq!(store.stats().rows.transitions, 1);
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn keeps_the_newest_decisions_of_each_alert() {
    let (_dir, store, mut appender) = open();
    let changes =
        (1..=10).map(|n| Change::Decision(decision(if n == 5 { "db" } else { "web" }, n, n as i64)));
    appender.commit([batch(1, changes.collect())]).unwrap();
    all_upkeep(&mut appender, 20);
    let kept = |check| -> Vec<u64> {
        store.decisions(&check_key(check)).unwrap().iter().map(|decision| decision.sequence).collect()
    };
    assert_eq!(kept("web"), [10, 9, 8]);
    assert_eq!(kept("db"), [5]);
    upkeep_of_a_week(&mut appender, 91 * 24 * HOUR);
    assert_eq!(kept("web"), []);
}

#[test]
fn moves_a_delivery_from_the_outbox_to_history_and_lists_both() {
    let (_dir, store, mut appender) = open();
    let put = |id, name| Change::PutDelivery(delivery(id, name));
    let dead =
        Change::EndDelivery { id: DeliveryId(2), ended: Ended::Dead { at: at(50), error: "404".to_owned() } };
    let changes =
        vec![put(1, "chat"), put(2, "mail"), put(3, "chat"), put(4, "mail"), delivered(1, 60), dead];
    appender.commit([batch(1, changes)]).unwrap();
    let query =
        DeliveriesQuery { filter: DeliveryFilter::All, receiver: None, between: EVER, after: None, limit: 3 };
    let ids = |query: &DeliveriesQuery| -> Vec<u64> {
        store.deliveries(query).unwrap().items.iter().map(|delivery| delivery.record.id.0).collect()
    };
    assert_eq!(ids(&query), [4, 3, 1]);
    let next = store.deliveries(&query).unwrap().next;
    assert_eq!(ids(&DeliveriesQuery { after: next, ..query.clone() }), [2]);
    assert_eq!(ids(&DeliveriesQuery { filter: DeliveryFilter::Open, ..query.clone() }), [4, 3]);
    assert_eq!(ids(&DeliveriesQuery { filter: DeliveryFilter::Dead, ..query.clone() }), [2]);
    assert_eq!(ids(&DeliveriesQuery { filter: DeliveryFilter::Delivered, ..query.clone() }), [1]);
    assert_eq!(ids(&DeliveriesQuery { receiver: receiver("mail"), ..query.clone() }), [4, 2]);
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn lists_transitions_of_one_problem_of_the_host() {
    let (_dir, store, mut appender) = open();
    let keys = [AlertKey::Host(HostProblem::Offline), AlertKey::Host(HostProblem::Store), check_key("store")];
    let changes = keys.into_iter().zip(1..).map(|(key, n)| Change::Transition(transition(key, n, n as i64)));
    appender.commit([batch(1, changes.collect())]).unwrap();
    let of = TransitionsOf::Host(HostProblem::Store);
    let query = TransitionsQuery { of, between: EVER, after: None, limit: 9 };
    assert_eq!(sequences(&store.transitions(&query).unwrap()), [2]);
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn a_delivery_is_found_by_its_id_wherever_it_is() {
    let (_dir, store, mut appender) = open();
    let dead = Ended::Dead { at: at(50), error: "404".to_owned() };
    let end = || Change::EndDelivery { id: DeliveryId(2), ended: dead.clone() };
    let put = |id| Change::PutDelivery(delivery(id, "chat"));
    appender.commit([batch(1, vec![put(1), put(2), end()])]).unwrap();
    let found = |id| store.delivery(DeliveryId(id)).unwrap().map(|found| (found.record.id.0, found.ended));
    assert_eq!(found(1), Some((1, None)));
    assert_eq!(found(2), Some((2, Some(dead.clone()))));
    assert_eq!(found(3), None);
    all_upkeep(&mut appender, 401 * 24 * HOUR);
    assert_eq!((found(1), found(2)), (Some((1, None)), None));
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn a_restart_finds_windows_heartbeats_and_the_events_that_are_known() {
    let (dir, store, mut appender) = open();
    let changes = crate::support::everything::held();
    appender.commit([batch(1, changes.clone()), batch(2, changes)]).unwrap();
    let counts = store.stats().rows;
    assert_eq!((counts.windows, counts.heartbeats, counts.events), (2, 1, 1));
    drop((store, appender));
    let (store, _) = Appender::open(dir.path(), Retention::default()).unwrap();
    let restored = store.restored().unwrap();
    let ids: Vec<&str> = restored.windows.iter().map(|window| window.id.as_str()).collect();
    assert_eq!(ids, ["w1", "w2"]);
    let record = HeartbeatRecord {
        ended: Some(at(7)),
        started: vec![("run-1".to_owned(), at(8))],
        ..HeartbeatRecord::default()
    };
    assert_eq!(restored.heartbeats, [("nightly".into(), record)]);
    assert_eq!(restored.events, [("deploys".into(), "deploy-2".to_owned(), at(9))]);
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn forgetting_the_events_of_a_check_keeps_those_of_checks_with_similar_names() {
    let (_dir, store, mut appender) = open();
    let known = |check: &str, id: &str| Change::KnowEvents {
        check: check.into(),
        ids: vec![id.to_owned(), String::new()],
        at: at(1),
    };
    let all = ["we", "web", "web ", "web-1", "webb"];
    appender.commit([batch(1, all.map(|check| known(check, "\u{10ffff}")).into())]).unwrap();
    let forget = Change::ForgetEvents { check: "web".into(), ids: Forgotten::All };
    appender.commit([batch(2, vec![forget])]).unwrap();
    let mut left: Vec<String> =
        store.restored().unwrap().events.into_iter().map(|(check, ..)| check.to_string()).collect();
    left.dedup();
    assert_eq!(left, ["we", "web ", "web-1", "webb"]);
}

#[test]
fn a_restart_finds_alerts_outbox_pauses_and_where_the_numbers_go_on() {
    let (dir, store, mut appender) = open();
    let pause = |check: &str, paused| Change::PutPaused { check: check.into(), paused };
    let changes = vec![
        Change::PutAlert(Arc::new(alert("web"))),
        Change::PutAlert(Arc::new(alert("db"))),
        Change::RemoveAlert(check_key("db")),
        Change::PutDelivery(delivery(7, "chat")),
        Change::PutDelivery(delivery(8, "chat")),
        delivered(8, 5),
        pause("web", true),
        pause("db", true),
        pause("db", false),
        Change::Transition(transition(check_key("web"), 41, 1)),
    ];
    appender.commit([batch(1, changes)]).unwrap();
    drop((store, appender));
    let (store, _) = Appender::open(dir.path(), Retention::default()).unwrap();
    let restored = store.restored().unwrap();
    assert_eq!(restored.alerts, [alert("web")]);
    assert_eq!(restored.outbox, [delivery(7, "chat")]);
    assert_eq!(restored.paused, ["web".into()]);
    assert_eq!((restored.next_delivery, restored.next_sequence), (9, 42));
}

#[test]
fn versions_of_a_key_only_rise_even_across_its_deletion() {
    let (_dir, store, mut appender) = open();
    let mut write = |change| appender.commit([batch(1, vec![change])]).unwrap();
    let pair = |key| store.kv_get(&scope("web"), key).unwrap();
    write(kv("web", "cursor", Some("a"), 1));
    assert_eq!(pair("cursor"), Some((b"a".to_vec(), 1)));
    write(kv("web", "cursor", Some("a"), 1));
    assert_eq!(pair("cursor"), Some((b"a".to_vec(), 1)), "a repeated write is the same write");
    write(kv("web", "cursor", Some("b"), 1));
    assert_eq!(pair("cursor"), Some((b"b".to_vec(), 2)));
    write(kv("web", "cursor", None, 3));
    assert_eq!(pair("cursor"), None);
    assert_eq!(store.kv_version(&scope("web"), "cursor").unwrap(), 3);
    write(kv("web", "cursor", Some("c"), 1));
    assert_eq!(pair("cursor"), Some((b"c".to_vec(), 4)));
    assert_eq!(store.kv_get(&scope("db"), "cursor").unwrap(), None);
}

#[test]
fn lists_the_keys_of_one_scope_that_begin_alike() {
    let (_dir, store, mut appender) = open();
    let keys = [("web", "a/1"), ("web", "a/2"), ("web", "b"), ("webb", "a/3"), ("we", "a/0")];
    let changes = keys.map(|(check, key)| kv(check, key, Some("x"), 1));
    appender.commit([batch(1, changes.into())]).unwrap();
    assert_eq!(store.kv_keys(&scope("web"), "a/").unwrap(), ["a/1", "a/2"]);
    assert_eq!(store.kv_keys(&scope("web"), "").unwrap(), ["a/1", "a/2", "b"]);
}

#[test]
fn keys_of_one_check_are_no_others_whatever_both_are_called() {
    let (_dir, store, mut appender) = open();
    let long = "k".repeat(512);
    let all = [
        ("a", "b:c"),
        ("a:b", "c"),
        ("a", "b\0c"),
        ("a\0b", "c"),
        ("a/b", "c"),
        ("a", "/b/c"),
        ("c:a", "b:c"),
        ("A", "b:c"),
        ("e\u{301}", "e\u{301}"),
        ("\u{e9}", "\u{e9}"),
        ("a", "\u{feff}"),
        ("a", " "),
        ("a ", " "),
        ("a", &long),
        ("a", &long[1..]),
    ];
    let changes = all.iter().map(|(check, key)| kv(check, key, Some(&format!("{check:?} {key:?}")), 1));
    appender.commit([batch(1, changes.collect())]).unwrap();
    for (check, key) in all {
        let (value, _) = store.kv_get(&scope(check), key).unwrap().unwrap();
        assert_eq!(String::from_utf8(value).unwrap(), format!("{check:?} {key:?}"));
        let mut own: Vec<_> = all.iter().filter(|(of, _)| *of == check).map(|(_, key)| *key).collect();
        own.sort_unstable();
        assert_eq!(store.kv_keys(&scope(check), "").unwrap(), own, "{check:?}");
    }
}

#[test]
fn writing_a_commit_again_changes_nothing() {
    let (_dir, store, mut appender) = open();
    let commit = || -> Commit {
        batch(
            1,
            vec![
                Change::Result(crate::support::result("web", 1, 5)),
                Change::Transition(transition(check_key("web"), 2, 5)),
                Change::PutDelivery(delivery(1, "chat")),
                Change::Decision(decision("web", 3, 5)),
                kv("web", "k", Some("v"), 1),
            ],
        )
    };
    let end = || batch(2, vec![delivered(1, 9)]);
    appender.commit([commit(), end()]).unwrap();
    let once = (store.restored().unwrap(), store.stats().rows);
    appender.commit([commit(), end()]).unwrap();
    appender.commit([end()]).unwrap();
    assert_eq!((store.restored().unwrap(), store.stats().rows), once);
    assert_eq!(store.audit().unwrap(), []);
}

/// A check that is moved to another plugin must not hand its keys over: they may hold what the other may not know.
#[test]
fn keys_are_those_of_a_check_and_its_plugin() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let own = scope("web");
    let other = KvScope { plugin: "other".into(), ..own.clone() };
    let write = |scope: &KvScope, key: &str, value: Option<&str>, version| {
        Change::Kv(KvWrite {
            scope: scope.clone(),
            key: key.to_owned(),
            value: value.map(|value| value.as_bytes().to_vec()),
            version,
        })
    };
    appender
        .commit([batch(1, vec![write(&own, "a", Some("1"), 1), write(&own, "b", Some("2"), 5)])])
        .unwrap();
    assert_eq!(store.kv_get(&other, "a").unwrap(), None);
    assert_eq!(store.kv_keys(&other, "").unwrap(), [""; 0]);
    assert_eq!(store.kv_version(&other, "b").unwrap(), 5, "versions rise whoever writes");

    appender.commit([batch(2, vec![write(&other, "b", Some("x"), 6)])]).unwrap();
    assert_eq!(store.kv_get(&other, "b").unwrap(), Some((b"x".to_vec(), 6)));
    assert_eq!(store.kv_keys(&other, "").unwrap(), ["b"]);
    assert_eq!(store.kv_keys(&own, "").unwrap(), ["a"], "what the other wrote over is gone");
    assert_eq!(store.kv_get(&own, "b").unwrap(), None);
    assert_eq!(store.kv_get(&own, "a").unwrap(), Some((b"1".to_vec(), 1)));
}
