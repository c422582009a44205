//! Opening: what is there is kept, and what cannot be opened is refused in a sentence that says what to do.

use std::fs;
use std::path::Path;

use crate::support::{at, batch, result, results_of};
use redb::{Database, TableDefinition};
use watchkeep_core::commit::Change;
use watchkeep_store::{Appender, OpenError, Options, Retention, Store};

fn open(dir: &Path) -> Result<(Store, Appender), OpenError> {
    Appender::open(dir, Retention::default())
}

/// The error's sentence, with the folder's name taken out.
fn sentence(dir: &Path, error: &OpenError) -> String {
    error.to_string().replace(&dir.display().to_string(), "DIR")
}

#[test]
fn keeps_what_was_committed_before_it_was_closed() {
    let dir = tempfile::tempdir().unwrap();
    let row = result("web", 1, 1000);
    {
        let (_, mut appender) = open(dir.path()).unwrap();
        appender.commit([batch(1, vec![Change::Result(row.clone())])]).unwrap();
    }
    let (store, _) = open(dir.path()).unwrap();
    assert_eq!(store.results(&results_of("web")).unwrap().items, [row]);
}

#[test]
fn makes_the_data_folder_and_keeps_it_to_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _open = open(&data).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
        let file = fs::metadata(data.join("watchkeep.redb")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_half_made_database_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    // As a host leaves it that is killed at the first of its writes.
    fs::write(dir.path().join("watchkeep.redb.new"), [0; 4096]).unwrap();
    let row = result("web", 1, 1000);
    let (_, mut appender) = open(dir.path()).unwrap();
    appender.commit([batch(1, vec![Change::Result(row.clone())])]).unwrap();
    drop(appender);
    assert!(!dir.path().join("watchkeep.redb.new").exists());
    let (store, _) = open(dir.path()).unwrap();
    assert_eq!(store.results(&results_of("web")).unwrap().items, [row]);
}

#[test]
fn of_many_that_make_a_database_at_once_one_gets_it() {
    let dir = tempfile::tempdir().unwrap();
    let opened: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| open(dir.path()))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let got = opened.iter().filter(|one| one.is_ok()).count();
    assert_eq!(got, 1);
    for error in opened.iter().filter_map(|one| one.as_ref().err()) {
        assert!(matches!(error, OpenError::AlreadyOpen { .. }), "{error}");
    }
}

#[test]
fn refuses_a_data_folder_whose_parent_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let error = open(&dir.path().join("no/data")).err().unwrap();
    insta::assert_snapshot!(sentence(dir.path(), &error), @"cannot create data folder `DIR/no/data`; hint: create it, or set `data_dir` under [host] to a folder whose parent exists");
}

#[test]
fn refuses_a_data_folder_that_is_a_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("data"), "").unwrap();
    let error = open(&dir.path().join("data")).err().unwrap();
    insta::assert_snapshot!(sentence(dir.path(), &error), @"data folder `DIR/data` is not a folder; hint: set `data_dir` under [host] to a folder");
}

#[test]
fn refuses_a_database_that_another_host_has_open() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path(), Options::new(|| at(0))).unwrap();
    let error = open(dir.path()).err().unwrap();
    insta::assert_snapshot!(sentence(dir.path(), &error), @"database `DIR/watchkeep.redb` is already open; hint: another watchkeep runs on this data folder: stop it, or give this one a `data_dir` of its own");
    let error = Store::open_read_only(dir.path(), 1 << 20).unwrap_err();
    assert!(matches!(error, OpenError::AlreadyOpen { .. }), "{error}");
    drop(first);
    open(dir.path()).unwrap();
}

#[test]
fn refuses_a_database_of_a_newer_format_and_leaves_it_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    set_format(dir.path(), 3);
    let error = open(dir.path()).err().unwrap();
    insta::assert_snapshot!(sentence(dir.path(), &error), @"database `DIR/watchkeep.redb` was written by a newer watchkeep (format 3, this one knows 2); hint: run that version, or restore a backup made before the upgrade");
    let error = Store::open_read_only(dir.path(), 1 << 20).unwrap_err();
    assert!(matches!(error, OpenError::NewerFormat { found: 3, known: 2, .. }), "{error}");
    set_format(dir.path(), 2);
    open(dir.path()).unwrap();
}

fn set_format(dir: &Path, format: u64) {
    const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    let database = Database::open(dir.join("watchkeep.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut figure = vec![1];
    figure.extend_from_slice(&format.to_le_bytes());
    transaction.open_table(META).unwrap().insert("format", figure.as_slice()).unwrap();
    transaction.commit().unwrap();
}

#[test]
fn refuses_a_file_that_is_no_database() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("watchkeep.redb"), "this is a note, not a database\n".repeat(400)).unwrap();
    let error = open(dir.path()).err().unwrap();
    insta::assert_snapshot!(sentence(dir.path(), &error), @"database `DIR/watchkeep.redb` is damaged: it is not a database; hint: move the file away to start afresh, or restore a backup");
}

#[test]
fn refuses_a_database_of_something_else() {
    let dir = tempfile::tempdir().unwrap();
    {
        let database = Database::create(dir.path().join("watchkeep.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(TableDefinition::<u64, u64>::new("songs")).unwrap();
        transaction.commit().unwrap();
    }
    let error = open(dir.path()).err().unwrap();
    insta::assert_snapshot!(sentence(dir.path(), &error), @"database `DIR/watchkeep.redb` is damaged: it has a table `songs` and no format number; hint: move the file away to start afresh, or restore a backup");
}

#[test]
fn never_panics_on_a_database_that_was_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    {
        let (_, mut appender) = open(dir.path()).unwrap();
        let rows = (1..2000).map(|sequence| Change::Result(result("web", sequence, sequence as i64)));
        appender.commit([batch(1, rows.collect())]).unwrap();
    }
    let path = dir.path().join("watchkeep.redb");
    let whole = fs::read(&path).unwrap();
    for part in 1..8 {
        fs::write(&path, &whole[..whole.len() * part / 8]).unwrap();
        let error = open(dir.path()).map(|_| ()).err();
        let error = error.map(|error| sentence(dir.path(), &error)).unwrap_or_default();
        assert!(error.contains("DIR/watchkeep.redb"), "cut at {part}/8: {error:?}");
    }
}

#[test]
fn reads_without_a_host_and_says_when_there_is_nothing_to_read() {
    let dir = tempfile::tempdir().unwrap();
    let error = Store::open_read_only(dir.path(), 1 << 20).unwrap_err();
    insta::assert_snapshot!(sentence(dir.path(), &error), @"there is no database at `DIR/watchkeep.redb`; hint: start a host on this data folder first, or check `data_dir`");
    {
        let (_, mut appender) = open(dir.path()).unwrap();
        appender.commit([batch(1, vec![Change::Result(result("web", 1, 1000))])]).unwrap();
    }
    let store = Store::open_read_only(dir.path(), 1 << 20).unwrap();
    assert_eq!(store.results(&results_of("web")).unwrap().items.len(), 1);
}
