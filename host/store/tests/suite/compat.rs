//! Databases that released versions wrote must open and give back what was written. The files lie in tests/compat
//! and are never written again once their version is released (docs/format.md).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::support::{HOUR, action, all_upkeep, batch, check_key, delivered, everything, results_of, scope};
use watchkeep_core::access::Directory;
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::commit::{Change, Decision, GenerationRow, ResultRow, Transition};
use watchkeep_core::delivery::DeliveryRecord;
use watchkeep_core::marker::Markers;
use watchkeep_core::note::Notes;
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::restore::Restored;
use watchkeep_core::subscription::Subscribers;
use watchkeep_store::{
    ActionsQuery, Appender, AuditQuery, DeliveriesQuery, DeliveryFilter, EVER, Retention, Store,
    StoredDelivery, TransitionsOf, TransitionsQuery,
};

/// The database of the format that this crate writes.
const NEWEST: &str = "format-2.lz4";

fn folder_of_files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat")
}

#[derive(PartialEq, Debug)]
pub(crate) struct Contents {
    restored: Restored,
    results: Vec<Vec<ResultRow>>,
    transitions: Vec<Transition>,
    decisions: Vec<Decision>,
    decisions_of_recovery: Vec<Decision>,
    actions: Vec<ActionRecord>,
    deliveries: Vec<StoredDelivery>,
    kv: Vec<Option<(Vec<u8>, u64)>>,
    kv_of_action: Option<(Vec<u8>, u64)>,
    versions: Vec<u64>,
    generations: Vec<GenerationRow>,
    pub(crate) directory: Directory,
    audit_log: Vec<AuditEntry>,
    notes: Notes,
    markers: Markers,
    subscribers: Subscribers,
}

/// Everything that can be asked for.
pub(crate) fn contents(folder: &Path) -> Contents {
    let (store, _) = Appender::open(folder, Retention::default()).unwrap();
    assert_eq!(store.audit().unwrap(), []);
    assert!(store.stats().rows.packs > 0, "an hour is packed");
    let log = AuditQuery { before: None, by: None, what: None, limit: 100 };
    let results = |check: &str| store.results(&results_of(check)).unwrap().items;
    Contents {
        restored: store.restored().unwrap(),
        results: ["web", "disk", "db"].map(results).into(),
        transitions: transitions(&store),
        decisions: store.decisions(&check_key("web")).unwrap(),
        decisions_of_recovery: store.decisions(&check_key("db")).unwrap(),
        actions: actions(&store),
        deliveries: deliveries(&store),
        kv: ["cursor", "gone"].map(|key| store.kv_get(&scope("web"), key).unwrap()).into(),
        kv_of_action: store.kv_get(&everything::action_scope(), "last").unwrap(),
        versions: ["cursor", "gone"].map(|key| store.kv_version(&scope("web"), key).unwrap()).into(),
        generations: store.generations().unwrap(),
        directory: store.directory().unwrap(),
        audit_log: store.audit_log(&log).unwrap().0,
        notes: store.notes().unwrap(),
        markers: store.markers().unwrap(),
        subscribers: store.subscribers().unwrap(),
    }
}

fn transitions(store: &Store) -> Vec<Transition> {
    let query = TransitionsQuery { of: TransitionsOf::All, between: EVER, after: None, limit: 100 };
    store.transitions(&query).unwrap().items
}

fn deliveries(store: &Store) -> Vec<StoredDelivery> {
    let query = DeliveriesQuery {
        filter: DeliveryFilter::All,
        receiver: None,
        between: EVER,
        after: None,
        limit: 100,
    };
    store.deliveries(&query).unwrap().items
}

fn actions(store: &Store) -> Vec<ActionRecord> {
    let query =
        ActionsQuery { alert: None, action: None, check: None, between: EVER, after: None, limit: 100 };
    store.actions(&query).unwrap().items
}

/// Format 1 knew only that an attempt was begun, of no routes that are closed, of no date for work, not how often an alert
/// was acknowledged, and nothing of recovery.
fn without_what_format_2_brought(mut contents: Contents) -> Contents {
    for alert in &mut contents.restored.alerts {
        alert.answers.clear();
        alert.closed_routes.clear();
        alert.taken = 0;
        if let Some(given) = &mut alert.assigned {
            (given.due, given.overdue) = (None, false);
        }
    }
    for member in contents.restored.groups.iter_mut().flat_map(|group| &mut group.members) {
        member.resolved.iter_mut().for_each(|notice| notice.actions.clear());
    }
    let history = contents.deliveries.iter_mut().map(|delivery| &mut delivery.record);
    contents.restored.outbox.iter_mut().chain(history).for_each(without_actions);
    contents.restored.actions.clear();
    contents.actions.clear();
    contents.decisions_of_recovery.clear();
    contents.kv_of_action = None;
    contents.directory = Directory::default();
    contents.audit_log.clear();
    contents.notes = Notes::default();
    contents.markers = Markers::default();
    contents.subscribers = Subscribers::default();
    contents.restored.windows.iter_mut().for_each(|window| window.announcement = None);
    contents
}

fn without_actions(record: &mut DeliveryRecord) {
    Arc::make_mut(&mut record.notification).alerts.iter_mut().for_each(|notice| notice.actions.clear());
}

fn unpack(file: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let packed = std::fs::read(file).unwrap();
    let database = lz4_flex::block::decompress_size_prepended(&packed).unwrap();
    std::fs::write(folder.path().join("watchkeep.redb"), database).unwrap();
    folder
}

#[test]
fn every_released_format_opens_and_gives_back_the_same_history() {
    let fresh = tempfile::tempdir().unwrap();
    everything::write(fresh.path());
    let expected = contents(fresh.path());
    assert_eq!(expected.generations, [everything::generation()]);
    let mut files = 0;
    for entry in std::fs::read_dir(folder_of_files()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "lz4") {
            continue;
        }
        let folder = unpack(&path);
        let of_newest = path.ends_with(NEWEST);
        let found = contents(folder.path());
        let known = if of_newest {
            contents(fresh.path())
        } else {
            without_what_format_2_brought(contents(fresh.path()))
        };
        assert_eq!(found, known, "{}", path.display());
        files += 1;
    }
    assert!(files >= 1);
    assert!(folder_of_files().join(NEWEST).exists());
}

/// It has no table of actions, and its outbox has rows of the version before.
#[test]
fn a_database_of_format_1_takes_actions_and_ends_its_deliveries() {
    let folder = unpack(&folder_of_files().join("format-1.lz4"));
    let (store, mut appender) = Appender::open(folder.path(), Retention::default()).unwrap();
    assert_eq!((actions(&store), store.restored().unwrap().actions), (vec![], vec![]));
    assert_eq!(store.audit().unwrap(), []);
    all_upkeep(&mut appender, 5 * HOUR);
    let owed = store.restored().unwrap().outbox.remove(0);
    let begun = action("web", 1, 7);
    let changes = vec![Change::PutAction(Arc::new(begun.clone())), delivered(owed.id.0, 9)];
    appender.commit([batch(1, changes)]).unwrap();
    drop((store, appender));
    let (store, _) = Appender::open(folder.path(), Retention::default()).unwrap();
    assert_eq!((actions(&store), store.restored().unwrap().actions), (vec![begun.clone()], vec![begun]));
    assert_eq!(store.delivery(owed.id).unwrap().map(|found| found.record), Some(owed));
    assert_eq!(store.audit().unwrap(), []);
}
