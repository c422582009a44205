//! The audit finds what is broken, and names it.

use std::sync::Arc;

use std::path::Path;

use crate::support::{HOUR, action, alert, at, batch, check_key, delivered, delivery, result, transition};
use redb::{Database, ReadableTable as _, TableDefinition};
use watchkeep_core::commit::Change;
use watchkeep_store::{Appender, Retention, Upkeep};

type Bytes = &'static [u8];

/// A database with a row in every table.
fn make(folder: &Path) {
    let (store, mut appender) = Appender::open(folder, Retention::default()).unwrap();
    let rows = (1..=5).map(|n| Change::Result(result("web", n, n as i64)));
    appender.commit([batch(1, rows.collect())]).unwrap();
    while appender.upkeep(at(5 * HOUR)).unwrap() == Upkeep::More {}
    let changes = vec![
        Change::Result(result("web", 6, 6 * HOUR)),
        Change::Transition(transition(check_key("web"), 7, 5)),
        Change::PutAlert(Arc::new(alert("web"))),
        Change::PutDelivery(delivery(1, "chat")),
        Change::PutDelivery(delivery(2, "chat")),
        Change::PutAction(Arc::new(action("web", 1, 5))),
        delivered(2, 9),
    ];
    appender.commit([batch(3, crate::support::everything::held())]).unwrap();
    appender.commit([batch(2, changes)]).unwrap();
    assert_eq!(store.audit().unwrap(), []);
}

/// Does harm behind the store's back, and gives what the audit says.
fn harmed(harm: impl FnOnce(&redb::WriteTransaction)) -> String {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    {
        let database = Database::open(folder.path().join("watchkeep.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        harm(&transaction);
        transaction.commit().unwrap();
    }
    let (store, _) = Appender::open(folder.path(), Retention::default()).unwrap();
    store.audit().unwrap().iter().map(|violation| format!("{violation}\n")).collect()
}

const RESULTS: TableDefinition<'_, (i64, u64), Bytes> = TableDefinition::new("results");
const PACKS: TableDefinition<'_, (u32, i64, u64), Bytes> = TableDefinition::new("packs");
const CHECK_NAMES: TableDefinition<'_, u32, Bytes> = TableDefinition::new("check_names");
const TRANSITIONS: TableDefinition<'_, (i64, u64), Bytes> = TableDefinition::new("transitions");
const ALERTS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("alerts");
const OUTBOX: TableDefinition<'_, u64, Bytes> = TableDefinition::new("outbox");
const WINDOWS: TableDefinition<'_, &str, Bytes> = TableDefinition::new("windows");
const EVENTS: TableDefinition<'_, (&str, &str), Bytes> = TableDefinition::new("events");
const ACTIONS: TableDefinition<'_, (i64, &str), Bytes> = TableDefinition::new("actions");
const DELIVERY_ENDS: TableDefinition<'_, u64, i64> = TableDefinition::new("delivery_ends");
const CLOCK_STEPS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("clock_steps");
const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");

#[test]
fn a_result_under_another_time_is_found() {
    let said = harmed(|transaction| {
        let mut table = transaction.open_table(RESULTS).unwrap();
        let row = table.remove((6 * HOUR, 6)).unwrap().unwrap().value().to_vec();
        table.insert((6 * HOUR + 1, 6), row.as_slice()).unwrap();
    });
    insta::assert_snapshot!(said, @"table `results`, row (21600001, 6): its key is not its time");
}

/// Lists would leave it out.
#[test]
fn a_result_beyond_its_stretch_of_the_clock_is_found() {
    let said = harmed(|transaction| {
        let mut figure = [0; 9];
        figure[0] = 1;
        figure[1..].copy_from_slice(&(6 * HOUR - 1).to_le_bytes());
        transaction.open_table(META).unwrap().insert("stretch_top", figure.as_slice()).unwrap();
        transaction.open_table(CLOCK_STEPS).unwrap().retain(|_, _| false).unwrap();
    });
    let missed =
        "table `results`, row (21600000, 6): its moment is not of the stretch of the clock in which it came";
    assert!(said.contains(missed), "{said}");
}

#[test]
fn a_check_without_a_name_is_found() {
    let said = harmed(|transaction| {
        transaction.open_table(CHECK_NAMES).unwrap().remove(0).unwrap();
    });
    assert!(said.contains("table `results`, row (21600000, 6): its check has no name"), "{said}");
    assert!(said.contains("table `packs`, row (0, 0, 1): its check has no name"), "{said}");
}

#[test]
fn a_pack_that_is_cut_off_or_misplaced_is_found() {
    let said = harmed(|transaction| {
        let mut table = transaction.open_table(PACKS).unwrap();
        let row = table.get((0, 0, 1)).unwrap().unwrap().value().to_vec();
        table.insert((0, 3, 1), row.as_slice()).unwrap();
        table.insert((0, 0, 1), &row[..row.len() / 2]).unwrap();
    });
    assert!(said.contains("table `packs`, row (0, 0, 1): row of table `packs` is damaged"), "{said}");
    assert!(said.contains("table `packs`, row (0, 3, 1): it ends in another hour, or is empty"), "{said}");
}

#[test]
fn a_transition_that_its_index_does_not_know_is_found() {
    let said = harmed(|transaction| {
        let mut table = transaction.open_table(TRANSITIONS).unwrap();
        let row = table.remove((5, 7)).unwrap().unwrap().value().to_vec();
        table.insert((5, 3), row.as_slice()).unwrap();
    });
    insta::assert_snapshot!(said, @r#"
    table `transitions`, row (5, 3): its key is not its time
    table `transitions_by_subject`, row ("c:web", 5, 7): names no transition
    table `transitions`, row ("c:web", 5, 3): cannot be found by its subject
    "#);
}

#[test]
fn an_alert_under_another_key_is_found() {
    let said = harmed(|transaction| {
        let mut table = transaction.open_table(ALERTS).unwrap();
        let (_, row) = table
            .pop_first()
            .unwrap()
            .map(|(key, row)| (key.value().to_vec(), row.value().to_vec()))
            .unwrap();
        table.insert([0, 2, b'd', b'b'].as_slice(), row.as_slice()).unwrap();
    });
    assert!(said.contains("its key is another alert's"), "{said}");
}

#[test]
fn a_delivery_in_two_places_is_found() {
    let said = harmed(|transaction| {
        let mut table = transaction.open_table(OUTBOX).unwrap();
        let row = table.get(1).unwrap().unwrap().value().to_vec();
        table.insert(2, row.as_slice()).unwrap();
    });
    assert!(said.contains("table `deliveries`, row 2: it is in more than one place"), "{said}");
    assert!(said.contains("table `outbox`, row 2: its key is another delivery's"), "{said}");
}

#[test]
fn a_delivery_that_ended_and_is_not_found_by_its_id_is_found() {
    let said = harmed(|transaction| {
        transaction.open_table(DELIVERY_ENDS).unwrap().insert(2, 10).unwrap();
    });
    insta::assert_snapshot!(said, @r"
    table `delivery_ends`, row (2, 10): names no delivery
    table `deliveries`, row (9, 2): cannot be found by its id
    ");
}

#[test]
fn a_window_under_another_id_and_an_event_that_cannot_be_read_are_found() {
    let said = harmed(|transaction| {
        let mut windows = transaction.open_table(WINDOWS).unwrap();
        let row = windows.remove("w1").unwrap().unwrap().value().to_vec();
        windows.insert("w9", row.as_slice()).unwrap();
        transaction.open_table(EVENTS).unwrap().insert(("deploys", "x"), [2].as_slice()).unwrap();
    });
    insta::assert_snapshot!(said, @r#"
    table `windows`, row "w9": its key is another window's
    table `events`, row "(\"deploys\", \"x\")": row of table `events` has version 2, this watchkeep knows 1; hint: run the version that wrote it
    "#);
}

#[test]
fn an_action_under_another_key_is_found() {
    let said = harmed(|transaction| {
        let mut table = transaction.open_table(ACTIONS).unwrap();
        let row = table.pop_first().unwrap().map(|(_, row)| row.value().to_vec()).unwrap();
        table.insert((6, "x"), row.as_slice()).unwrap();
    });
    insta::assert_snapshot!(said, @r#"table `actions`, row (6, "x"): its key is another action's"#);
}

#[test]
fn a_number_that_would_be_given_twice_is_found() {
    let said = harmed(|transaction| {
        let mut table = transaction.open_table(META).unwrap();
        for name in ["next_sequence", "next_delivery"] {
            table.insert(name, [1, 2, 0, 0, 0, 0, 0, 0, 0].as_slice()).unwrap();
        }
    });
    assert!(said.contains("a row is above it"), "{said}");
    assert!(said.contains("a delivery is above it"), "{said}");
}
