//! What is erased is in no row, no file and no free page; everything else stays.

use std::collections::BTreeSet;
use std::path::Path;

use super::backup::whole;
use crate::support::{alert, batch, results_of};
use watchkeep_core::commit::Change;
use watchkeep_core::ids::CheckName;
use watchkeep_store::{
    Appender, EVER, EraseError, EraseMode, Retention, Store, TransitionsOf, TransitionsQuery, erase,
};

fn names(names: &[&str]) -> BTreeSet<CheckName> {
    names.iter().map(|name| CheckName::from(*name)).collect()
}

/// How often a text is in a file of the folder.
fn found(folder: &Path, text: &str) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            count += found(&path, text);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            count += bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
        }
    }
    count
}

#[test]
fn nothing_of_an_erased_check_is_left_and_the_rest_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    whole(dir.path());
    assert!(found(dir.path(), "camera") > 0 && found(dir.path(), "a picture") > 0);
    let db = |store: &Store| store.results(&results_of("db")).unwrap().items;
    let before = db(&Appender::open(dir.path(), Retention::default()).unwrap().0);
    assert!(!before.is_empty());

    let told = erase(dir.path(), &names(&["camera"]), EraseMode::DryRun).unwrap();
    assert!(found(dir.path(), "a picture") > 0, "a dry run changes nothing");
    assert_eq!(erase(dir.path(), &names(&["camera"]), EraseMode::Apply).unwrap(), told);
    assert_eq!((found(dir.path(), "camera"), found(dir.path(), "a picture")), (0, 0));
    assert_eq!(told.attachments, 1);

    let (store, _appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    assert_eq!(store.audit().unwrap(), []);
    assert_eq!(db(&store), before);
    assert_eq!(store.results(&results_of("camera")).unwrap().items, []);
    drop((store, _appender));
    assert_eq!(erase(dir.path(), &names(&["camera"]), EraseMode::Apply).unwrap().rows, []);
}

/// The check has an open alert, decisions, transitions, deliveries and pairs of its own in `everything`.
#[test]
fn what_is_open_keeps_a_check_from_being_erased_until_it_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let open = alert("web");
    let key = open.key.clone();
    appender.commit([batch(1, vec![Change::PutAlert(std::sync::Arc::new(open))])]).unwrap();
    appender
        .commit([batch(2, vec![Change::Transition(crate::support::transition(key.clone(), 2, 7))])])
        .unwrap();
    drop((store, appender));
    let error = erase(dir.path(), &names(&["web"]), EraseMode::Apply).unwrap_err();
    assert!(matches!(&error, EraseError::StillOpen { check } if check.as_str() == "web"), "{error}");
    let transitions = TransitionsQuery { of: TransitionsOf::All, between: EVER, after: None, limit: 10 };
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    assert_eq!(store.transitions(&transitions).unwrap().items.len(), 1);
    appender.commit([batch(3, vec![Change::RemoveAlert(key)])]).unwrap();
    drop((store, appender));
    let erased = erase(dir.path(), &names(&["web"]), EraseMode::Apply).unwrap();
    assert_eq!(erased.rows, [("transitions", 1), ("transitions_by_subject", 1)]);
    let (store, _appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    assert_eq!(store.transitions(&transitions).unwrap().items, []);
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn a_folder_without_a_database_is_said_to_have_none() {
    let dir = tempfile::tempdir().unwrap();
    let error = erase(dir.path(), &names(&["web"]), EraseMode::Apply).unwrap_err();
    assert!(error.to_string().contains("there is no database"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
