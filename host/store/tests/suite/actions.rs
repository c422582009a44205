//! Actions: what people are shown, what a start gets back, and what is removed.

use std::path::Path;
use std::sync::Arc;

use crate::support::{
    HOUR, action, alert, all_upkeep, at, batch, check_key, failed_action, scope, upkeep_of_a_week,
};
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::{Change, KvScope, KvWrite};
use watchkeep_core::ids::{AlertId, OccasionId};
use watchkeep_core::recovery::{ActionRecord, ActionStatus};
use watchkeep_store::{ActionsQuery, Appender, EVER, Page, Retention, Store};

const DAY: i64 = 24 * HOUR;

fn open(folder: &Path) -> (Store, Appender) {
    Appender::open(folder, Retention::default()).unwrap()
}

fn put(appender: &mut Appender, actions: impl IntoIterator<Item = ActionRecord>) {
    let changes = actions.into_iter().map(|action| Change::PutAction(Arc::new(action)));
    appender.commit([batch(1, changes.collect())]).unwrap();
}

fn everything() -> ActionsQuery {
    ActionsQuery { alert: None, action: None, check: None, between: EVER, after: None, limit: 100 }
}

fn numbers<'a>(actions: impl IntoIterator<Item = &'a ActionRecord>) -> Vec<u32> {
    actions.into_iter().map(|action| action.number).collect()
}

/// The numbers of the actions that a start gets.
fn restored(store: &Store) -> Vec<u32> {
    let mut numbers = numbers(&store.restored().unwrap().actions);
    numbers.sort_unstable();
    numbers
}

#[test]
fn an_action_is_kept_as_it_is_now() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    let begun = action("web", 1, 5);
    let asked = ActionRecord { status: ActionStatus::AwaitsApproval, ..begun.clone() };
    put(&mut appender, [asked, begun.clone()]);
    assert_eq!(store.actions(&everything()).unwrap(), Page { items: vec![begun.clone()], next: None });
    let ended = failed_action(begun, 9);
    put(&mut appender, [ended.clone()]);
    put(&mut appender, [ended.clone()]);
    drop((store, appender));
    let (store, _) = open(dir.path());
    assert_eq!(store.actions(&everything()).unwrap().items, store.restored().unwrap().actions);
    assert_eq!(store.restored().unwrap().actions, [ended]);
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn lists_actions_newest_first_in_pages_however_many_were_decided_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    put(&mut appender, (1..=30).map(|number| action("web", number, i64::from(number / 12))));
    let all = store.actions(&everything()).unwrap();
    let order = |action: &ActionRecord| (action.decided_at, action.id.clone());
    assert!(all.items.is_sorted_by(|newer, older| order(newer) > order(older)));
    assert_eq!((all.items.len(), all.next), (30, None));
    for limit in [1, 2, 7, 29, 30] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.actions(&ActionsQuery { after, limit, ..everything() }).unwrap();
            assert!(page.items.len() <= limit);
            found.extend(page.items);
            after = page.next.map(|next| next.to_string().parse().unwrap());
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, all.items, "by {limit}");
    }
    let between = |from, to| ActionsQuery { between: at(from)..at(to), ..everything() };
    assert_eq!(store.actions(&between(1, 2)).unwrap().items.len(), 12);
    assert_eq!(store.actions(&between(2, 1)).unwrap().items, []);
}

#[test]
fn lists_actions_of_an_alert_of_an_action_and_of_a_check() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    let of = |number, check, action_name: &str, key| {
        let plain = action(check, number, i64::from(number));
        let id = OccasionId::derive(&plain.alert, &action_name.into(), number);
        ActionRecord { id, action: action_name.into(), key, ..plain }
    };
    let finding = AlertKey::Finding("web".into(), "disk /".into());
    put(
        &mut appender,
        [
            of(1, "web", "restart", check_key("web")),
            of(2, "web", "page", check_key("web")),
            of(3, "finding", "restart", finding),
            of(4, "webb", "restart", check_key("webb")),
            of(5, "plugin", "restart", AlertKey::Plugin("web".into())),
        ],
    );
    let found = |query: ActionsQuery| numbers(&store.actions(&query).unwrap().items);
    let check = Some("web".into());
    assert_eq!(found(ActionsQuery { check: check.clone(), ..everything() }), [3, 2, 1]);
    assert_eq!(found(ActionsQuery { check, ..of_restart() }), [3, 1]);
    assert_eq!(found(ActionsQuery { alert: Some(alert("web").id), ..everything() }), [2, 1]);
    assert_eq!(found(ActionsQuery { action: Some("page".into()), ..everything() }), [2]);
    assert_eq!(found(ActionsQuery { action: Some("gone".into()), ..everything() }), []);
    let first = store.actions(&ActionsQuery { limit: 2, ..of_restart() }).unwrap();
    assert_eq!(numbers(&first.items), [5, 4]);
    assert_eq!(found(ActionsQuery { after: first.next, ..of_restart() }), [3, 1]);
}

fn of_restart() -> ActionsQuery {
    ActionsQuery { action: Some("restart".into()), ..everything() }
}

/// Decided on the day of its number: what is not over, of an open alert, and of one that is not.
fn long_history() -> [ActionRecord; 8] {
    let over = |check, day: u32| {
        let begun = action(check, day, i64::from(day) * DAY);
        failed_action(begun, i64::from(day) * DAY + 5)
    };
    let waits = ActionRecord { status: ActionStatus::AwaitsApproval, ..action("gone", 2, 2 * DAY) };
    let declined = ActionStatus::Declined { at: at(90 * DAY), by: "kari".to_owned() };
    let former = AlertId::derive("web", at(-1));
    [
        action("gone", 1, DAY),
        waits,
        over("web", 3),
        over("gone", 4),
        // It had the check's key, and another life.
        ActionRecord { alert: former, ..over("web", 5) },
        failed_action(action("gone", 6, 6 * DAY), 70 * DAY),
        over("gone", 70),
        ActionRecord { status: declined, ..action("gone", 90, 90 * DAY) },
    ]
}

fn write_long_history(appender: &mut Appender) {
    appender.commit([batch(1, vec![Change::PutAlert(Arc::new(alert("web")))])]).unwrap();
    put(appender, long_history());
}

#[test]
fn a_start_gets_actions_that_are_not_over_of_open_alerts_and_that_count_towards_limits() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    write_long_history(&mut appender);
    let all = [1, 2, 3, 4, 5, 6, 70, 90];
    assert_eq!(restored(&store), all, "nobody has looked at the clock");
    all_upkeep(&mut appender, 101 * DAY);
    drop((store, appender));
    let (store, mut appender) = open(dir.path());
    assert_eq!(restored(&store), [1, 2, 3, 6, 70, 90]);
    all_upkeep(&mut appender, 103 * DAY);
    assert_eq!(restored(&store), all, "it is not known whether so long a time has passed");
    upkeep_of_a_week(&mut appender, 112 * DAY);
    assert_eq!(restored(&store), [1, 2, 3, 90]);
    let closed = Change::RemoveAlert(check_key("web"));
    appender.commit([batch(2, vec![closed])]).unwrap();
    assert_eq!(restored(&store), [1, 2, 90]);
    assert_eq!(numbers(&store.actions(&everything()).unwrap().items), [90, 70, 6, 5, 4, 3, 2, 1]);
}

#[test]
fn actions_are_removed_when_they_are_over_and_too_old_and_their_alert_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    write_long_history(&mut appender);
    let left = || {
        let mut numbers = numbers(&store.actions(&everything()).unwrap().items);
        numbers.reverse();
        numbers
    };
    all_upkeep(&mut appender, 404 * DAY);
    assert_eq!(left(), [1, 2, 3, 4, 5, 6, 70, 90], "the fourth is just young enough");
    all_upkeep(&mut appender, 404 * DAY + HOUR);
    assert_eq!(left(), [1, 2, 3, 5, 6, 70, 90]);
    upkeep_of_a_week(&mut appender, 420 * DAY);
    assert_eq!(left(), [1, 2, 3, 6, 70, 90], "the sixth ended late");
    upkeep_of_a_week(&mut appender, 600 * DAY);
    assert_eq!(left(), [1, 2, 3]);
    appender.commit([batch(2, vec![Change::RemoveAlert(check_key("web"))])]).unwrap();
    upkeep_of_a_week(&mut appender, 620 * DAY);
    assert_eq!(left(), [1, 2]);
    assert_eq!(store.audit().unwrap(), []);
}

/// More than one slice looks at, the oldest of which stay.
#[test]
fn many_old_actions_are_removed_behind_others_that_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    let waiting = (1..=2500).map(|number| action("web", number, i64::from(number)));
    let over = (2501..=5000).map(|number| failed_action(action("web", number, i64::from(number)), 6000));
    put(&mut appender, waiting.chain(over));
    all_upkeep(&mut appender, 401 * DAY);
    let all = store.actions(&ActionsQuery { limit: 10_000, ..everything() }).unwrap();
    assert_eq!(numbers(&all.items), (1..=2500).rev().collect::<Vec<_>>());
}

/// A life that began anew has another id.
#[test]
fn an_open_alert_keeps_only_the_actions_of_its_own_life() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    let again = AlertRecord { id: AlertId::derive("web", at(9)), ..alert("web") };
    appender.commit([batch(1, vec![Change::PutAlert(Arc::new(again))])]).unwrap();
    put(&mut appender, [failed_action(action("web", 1, 5), 6)]);
    all_upkeep(&mut appender, 401 * DAY);
    assert_eq!(store.actions(&everything()).unwrap().items, []);
}

#[test]
fn keys_of_an_action_are_not_those_of_a_check_or_receiver_of_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path());
    let plugin = || "http".into();
    let scopes = [
        scope("web"),
        KvScope::of_receiver("web".into(), plugin()),
        KvScope::of_action("web".into(), plugin()),
        KvScope::of_check("a:web".into(), plugin()),
    ];
    let write = |(scope, n): (&KvScope, u8)| {
        let (scope, key, value) = (scope.clone(), "k".to_owned(), Some(vec![n]));
        Change::Kv(KvWrite { scope, key, value, version: 1 })
    };
    appender.commit([batch(1, scopes.iter().zip(1..).map(write).collect())]).unwrap();
    for (scope, n) in scopes.iter().zip(1..) {
        assert_eq!(store.kv_get(scope, "k").unwrap(), Some((vec![n], 1)));
    }
}
