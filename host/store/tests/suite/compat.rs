//! Databases that released versions wrote must open and give back what was written. The files lie in tests/compat
//! and are never written again once their version is released (docs/format.md).

use std::path::{Path, PathBuf};

use crate::support::{check_key, everything, results_of, scope};
use watchkeep_core::commit::{Decision, GenerationRow, ResultRow, Transition};
use watchkeep_core::restore::Restored;
use watchkeep_store::{
    Appender, DeliveriesQuery, DeliveryFilter, EVER, Retention, Store, StoredDelivery, TransitionsOf,
    TransitionsQuery,
};

/// The database of the format that this crate writes.
const NEWEST: &str = "format-2.lz4";

fn folder_of_files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat")
}

#[derive(PartialEq, Debug)]
struct Contents {
    restored: Restored,
    results: Vec<Vec<ResultRow>>,
    transitions: Vec<Transition>,
    decisions: Vec<Decision>,
    deliveries: Vec<StoredDelivery>,
    kv: Vec<Option<(Vec<u8>, u64)>>,
    versions: Vec<u64>,
    generations: Vec<GenerationRow>,
}

/// Everything that can be asked for.
fn contents(folder: &Path) -> Contents {
    let (store, _) = Appender::open(folder, Retention::default()).unwrap();
    assert_eq!(store.audit().unwrap(), []);
    assert!(store.stats().rows.packs > 0, "an hour is packed");
    let results = |check: &str| store.results(&results_of(check)).unwrap().items;
    Contents {
        restored: store.restored().unwrap(),
        results: ["web", "disk", "db"].map(results).into(),
        transitions: transitions(&store),
        decisions: store.decisions(&check_key("web")).unwrap(),
        deliveries: deliveries(&store),
        kv: ["cursor", "gone"].map(|key| store.kv_get(&scope("web"), key).unwrap()).into(),
        versions: ["cursor", "gone"].map(|key| store.kv_version(&scope("web"), key).unwrap()).into(),
        generations: store.generations().unwrap(),
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

/// Format 1 knew only that an attempt was begun, and of no routes that are closed.
fn without_what_format_2_brought(mut contents: Contents) -> Contents {
    for alert in &mut contents.restored.alerts {
        alert.answers.clear();
        alert.closed_routes.clear();
    }
    contents
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
        let packed = std::fs::read(&path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = lz4_flex::block::decompress_size_prepended(&packed).unwrap();
        std::fs::write(folder.path().join("watchkeep.redb"), database).unwrap();
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
