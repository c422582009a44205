//! A backup gives back everything, and a damaged one gives nothing.

use std::path::Path;

use super::compat::contents;
use crate::support::{HOUR, all_upkeep, batch, everything, result, results_of};
use proptest::prelude::*;
use watchkeep_core::commit::Change;
use watchkeep_core::ids::Digest;
use watchkeep_store::{Appender, BackupError, Retention, Store};

fn backup(folder: &Path) -> Vec<u8> {
    let (store, _appender) = Appender::open(folder, Retention::default()).unwrap();
    let mut bytes = Vec::new();
    let facts = store.backup(&mut bytes).unwrap();
    assert_eq!(facts.bytes, bytes.len() as u64);
    assert_eq!(Store::check_backup(bytes.as_slice()).unwrap(), facts);
    bytes
}

/// A database with every kind of row, some of it rolled up, and an attachment.
pub(crate) fn whole(folder: &Path) {
    everything::write(folder);
    let (store, mut appender) = Appender::open(folder, Retention::default()).unwrap();
    let mut row = result("camera", 900_000, 30 * HOUR);
    let bytes = b"a picture".to_vec();
    let digest = Digest::of(&bytes);
    if let watchkeep_core::outcome::Outcome::Report(report) = &mut row.outcome {
        let attachment = watchkeep_core::report::Attachment {
            name: "front.png".to_owned(),
            media_type: "image/png".to_owned(),
            size_bytes: bytes.len() as u64,
            digest,
            series: Some("front".to_owned()),
        };
        std::sync::Arc::make_mut(report).attachments.push(attachment);
    }
    store.put_blob(digest, &bytes).unwrap();
    appender.commit([batch(900_000, vec![Change::Result(row)])]).unwrap();
    all_upkeep(&mut appender, 60 * HOUR);
}

#[test]
fn gives_back_everything_that_can_be_asked_for() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    whole(from.path());
    let bytes = backup(from.path());
    let facts = Store::restore(into.path(), bytes.as_slice()).unwrap();
    assert_eq!(facts.attachments, 1);
    let mut before = contents(from.path());
    assert!(!before.directory.sessions.is_empty());
    before.directory.sessions.clear();
    assert_eq!(contents(into.path()), before, "everything but sessions, which must not come back to life");
    let (store, _appender) = Appender::open(into.path(), Retention::default()).unwrap();
    assert_eq!(store.blob(Digest::of(b"a picture")).unwrap(), b"a picture");
    assert_eq!(store.results(&results_of("camera")).unwrap().items.len(), 1);
    drop((store, _appender));
    assert_eq!(backup(into.path()), bytes, "a backup of what was restored is the same backup");
}

#[test]
fn a_backup_is_of_one_moment_while_commits_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    appender.commit([batch(1, vec![Change::Result(result("web", 1, 5))])]).unwrap();
    let mut bytes = Vec::new();
    let writes = Writes { bytes: &mut bytes, appender: &mut appender, next: 2 };
    store.backup(writes).unwrap();
    let into = tempfile::tempdir().unwrap();
    Store::restore(into.path(), bytes.as_slice()).unwrap();
    let restored = Store::open_read_only(into.path(), 1 << 20).unwrap();
    assert_eq!(restored.audit().unwrap(), []);
    assert_eq!(restored.results(&results_of("web")).unwrap().items.len(), 1);
    assert!(store.results(&results_of("web")).unwrap().items.len() > 1);
}

/// Commits a result with each write.
struct Writes<'a> {
    bytes: &'a mut Vec<u8>,
    appender: &'a mut Appender,
    next: u64,
}

impl std::io::Write for Writes<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let row = result("web", self.next, self.next as i64);
        self.appender.commit([batch(self.next, vec![Change::Result(row)])]).unwrap();
        self.next += 1;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_database_that_is_there_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    whole(dir.path());
    let bytes = backup(dir.path());
    let before = contents(dir.path());
    let error = Store::restore(dir.path(), bytes.as_slice()).unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn what_is_no_backup_is_called_so() {
    for bytes in [b"".as_slice(), b"PK\x03\x04 something else entirely", b"watchkeep backup\0\x02"] {
        let error = Store::check_backup(bytes).unwrap_err();
        assert!(matches!(error, BackupError::NotABackup), "{error}");
    }
}

#[test]
fn a_writer_that_fails_is_told() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    whole(dir.path());
    let (store, _appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    assert!(matches!(store.backup(Full), Err(BackupError::Write(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_backup_that_was_cut_off_or_changed_leaves_no_database(
        place in any::<prop::sample::Index>(),
        change in prop_oneof![Just(None), (1..=255_u8).prop_map(Some)],
    ) {
        let from = tempfile::tempdir().unwrap();
        let (_, mut appender) = Appender::open(from.path(), Retention::default()).unwrap();
        appender.commit([batch(1, vec![Change::Result(result("web", 1, 5))])]).unwrap();
        drop(appender);
        let mut bytes = backup(from.path());
        let place = place.index(bytes.len());
        match change {
            Some(change) => bytes[place] ^= change,
            None => bytes.truncate(place),
        }
        prop_assert!(Store::check_backup(bytes.as_slice()).is_err());
        let into = tempfile::tempdir().unwrap();
        prop_assert!(Store::restore(into.path(), bytes.as_slice()).is_err());
        prop_assert!(Store::open_read_only(into.path(), 1 << 20).is_err());
        // The next, good one goes in all the same.
        prop_assert!(Store::restore(into.path(), backup(from.path()).as_slice()).is_ok());
    }
}
