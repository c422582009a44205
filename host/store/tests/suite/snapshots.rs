//! Attachments are found by series and time, their bytes by digest; what is too old or too much goes, the oldest first,
//! and bytes go only when nothing names them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{HOUR, all_upkeep, at, batch, result, upkeep_of_a_week};
use watchkeep_core::commit::{AcceptedSnapshot, Change, Commit};
use watchkeep_core::ids::{CheckName, Digest};
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Attachment, Report};
use watchkeep_store::{Appender, BlobError, Options, Retention, Snapshot, Store};

/// Far after every file of the test was written.
const LATER: i64 = 4_102_444_800_000;
const DAY: i64 = 24 * HOUR;

fn open(folder: &Path, retention: Retention) -> (Store, Appender) {
    Appender::open(folder, retention).unwrap()
}

/// A run of `check` that attached these bytes, a series (or none) each.
fn attached(store: &Store, check: &str, n: u64, millis: i64, what: &[(Option<&str>, &[u8])]) -> Commit {
    let attachment = |(series, bytes): &(Option<&str>, &[u8])| {
        let digest = Digest::of(bytes);
        store.put_blob(digest, bytes).unwrap();
        Attachment {
            name: "a.png".to_owned(),
            media_type: "image/png".to_owned(),
            size_bytes: bytes.len() as u64,
            digest,
            series: series.map(str::to_owned),
        }
    };
    let mut row = result(check, n, millis);
    let Outcome::Report(report) = &row.outcome else { panic!("it has a report") };
    let attachments = what.iter().map(attachment).collect();
    row.outcome = Outcome::Report(Arc::new(Report { attachments, ..(**report).clone() }));
    batch(n, vec![Change::Result(row)])
}

/// The snapshot of series `front` with this text.
fn accept(store: &Store, text: &str) -> Change {
    let found = store.snapshots_of(Digest::of(text.as_bytes())).unwrap().remove(0);
    Change::AcceptSnapshot(AcceptedSnapshot {
        check: found.check,
        series: found.series.unwrap(),
        at: found.at,
        name: found.name,
        media_type: found.media_type,
        size_bytes: found.size_bytes,
        digest: found.digest,
    })
}

fn bytes_of(store: &Store, snapshot: Option<Snapshot>) -> Option<Vec<u8>> {
    snapshot.map(|snapshot| store.blob(snapshot.digest).unwrap())
}

fn web() -> CheckName {
    "web".into()
}

#[test]
fn a_series_is_found_by_time() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path(), Retention::default());
    let commits = [
        attached(&store, "web", 1, 1_000, &[(Some("front"), b"one"), (Some("back"), b"other")]),
        attached(&store, "web", 2, 5_000, &[(Some("front"), b"two")]),
        attached(&store, "db", 3, 3_000, &[(Some("front"), b"another check's")]),
    ];
    appender.commit(commits.clone()).unwrap();
    let latest = |series: &str| bytes_of(&store, store.latest_snapshot(&web(), series).unwrap());
    assert_eq!(latest("front").unwrap(), b"two");
    assert_eq!(latest("back").unwrap(), b"other");
    assert_eq!(latest("fro"), None);
    assert_eq!(latest(""), None, "what has no series is in none");
    let nearest = |moment, within| {
        let within = Duration::from_millis(within);
        bytes_of(&store, store.nearest_snapshot(&web(), "front", at(moment), within).unwrap())
    };
    assert_eq!(nearest(2_900, 60_000).unwrap(), b"one");
    assert_eq!(nearest(3_000, 2_000).unwrap(), b"one", "of two equally near the older");
    assert_eq!(nearest(3_001, 60_000).unwrap(), b"two");
    assert_eq!(nearest(3_000, 1_999), None);
    assert_eq!(nearest(0, 1_000).unwrap(), b"one");
    assert_eq!(nearest(i64::MAX, u64::MAX).unwrap(), b"two");
    assert_eq!(store.reference_snapshot(&web(), "front").unwrap(), None);
    appender.commit([batch(9, vec![accept(&store, "one")])]).unwrap();
    let accepted = store.reference_snapshot(&web(), "front").unwrap().unwrap();
    assert_eq!((accepted.at, accepted.digest), (at(1_000), Digest::of(b"one")));
    assert_eq!(store.reference_snapshot(&web(), "back").unwrap(), None);

    appender.commit(commits).unwrap();
    assert_eq!(store.snapshots(&web(), 10).unwrap().len(), 3, "writing twice is writing once");
    assert_eq!(store.snapshots(&web(), 1).unwrap()[0].at, at(5_000), "newest first");
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn the_same_bytes_lie_there_once_and_are_found_with_all_that_have_them() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path(), Retention::default());
    let same: &[u8] = b"the same picture";
    let commits = [
        attached(&store, "web", 1, 1_000, &[(Some("front"), same), (None, same)]),
        attached(&store, "db", 2, 2_000, &[(Some("front"), same)]),
    ];
    appender.commit(commits).unwrap();
    let found = store.snapshots_of(Digest::of(same)).unwrap();
    let whose: Vec<_> =
        found.iter().map(|snapshot| (snapshot.check.as_str(), snapshot.series.as_deref())).collect();
    assert_eq!(whose, [("web", Some("front")), ("web", None), ("db", Some("front"))]);
    assert_eq!(store.snapshots_of(Digest::of(b"nothing")).unwrap(), []);
}

#[test]
fn what_is_too_old_goes_and_its_bytes_with_it_unless_something_else_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path(), Retention::default());
    let commits = [
        attached(
            &store,
            "web",
            1,
            LATER,
            &[(Some("front"), b"old"), (None, b"older"), (Some("front"), b"shared")],
        ),
        attached(&store, "web", 2, LATER + 20 * DAY, &[(Some("front"), b"new"), (None, b"shared")]),
    ];
    appender.commit(commits).unwrap();
    store.put_blob(Digest::of(b"orphan"), b"orphan").unwrap();
    appender.commit([batch(3, vec![accept(&store, "old")])]).unwrap();
    all_upkeep(&mut appender, LATER + 29 * DAY);
    assert_eq!(store.snapshots(&web(), 10).unwrap().len(), 5);
    let orphan = store.blob(Digest::of(b"orphan"));
    assert!(matches!(orphan, Err(BlobError::Gone { .. })), "bytes that no result names are removed");

    upkeep_of_a_week(&mut appender, LATER + 31 * DAY);
    assert_eq!(store.snapshots(&web(), 10).unwrap().len(), 2);
    assert_eq!(store.snapshots_of(Digest::of(b"old")).unwrap().len(), 1, "the accepted one");
    assert_eq!(store.snapshots_of(Digest::of(b"older")).unwrap(), []);
    assert!(matches!(store.blob(Digest::of(b"older")), Err(BlobError::Gone { .. })));
    assert_eq!(store.blob(Digest::of(b"old")).unwrap(), b"old", "what was accepted stays");
    assert_eq!(store.blob(Digest::of(b"shared")).unwrap(), b"shared");
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn bytes_that_were_just_written_wait_for_their_result() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path(), Retention::default());
    store.put_blob(Digest::of(b"on its way"), b"on its way").unwrap();
    let written = std::time::UNIX_EPOCH.elapsed().unwrap();
    all_upkeep(&mut appender, i64::try_from(written.as_millis()).unwrap() + HOUR / 2);
    assert_eq!(store.blob(Digest::of(b"on its way")).unwrap(), b"on its way");
}

#[test]
fn a_full_store_of_snapshots_refuses_and_then_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let retention = Retention { snapshots_bytes_max: 1_000, ..Retention::default() };
    let (store, mut appender) = open(dir.path(), retention);
    for n in 1..=9 {
        let bytes = [n as u8; 100];
        let commit = attached(&store, "web", n, LATER + n as i64, &[(Some("front"), &bytes)]);
        appender.commit([commit]).unwrap();
    }
    all_upkeep(&mut appender, LATER - 30 * DAY);
    let more = [0; 200];
    let refused = store.put_blob(Digest::of(&more), &more).unwrap_err();
    assert!(matches!(refused, BlobError::Full { max: 1_000 }), "{refused}");
    assert!(refused.to_string().contains("snapshots_max"), "{refused}");
    assert_eq!(store.snapshots(&web(), 20).unwrap().len(), 9, "nothing is taken back");
    // Room is made though the clock went ahead by a month just now, and nothing goes for its age.
    all_upkeep(&mut appender, LATER + DAY);
    assert!(store.clock_doubted_until().is_some());

    let left = store.snapshots(&web(), 20).unwrap();
    let kept: Vec<i64> = left.iter().map(|snapshot| snapshot.at.millis() - LATER).collect();
    assert_eq!(kept, [9, 8, 7, 6, 5, 4, 3, 2], "the oldest went, and no more than must");
    assert!(matches!(store.blob(Digest::of(&[1; 100])), Err(BlobError::Gone { .. })));
    store.put_blob(Digest::of(&more), &more).unwrap();
    assert_eq!(store.blob(Digest::of(&[9; 100])).unwrap(), [9; 100]);
}

#[test]
fn after_a_restart_what_is_there_counts() {
    let dir = tempfile::tempdir().unwrap();
    let (store, appender) = open(dir.path(), Retention::default());
    store.put_blob(Digest::of(&[1; 900]), &[1; 900]).unwrap();
    drop((store, appender));
    let mut options = Options::new(|| at(LATER));
    options.retention.snapshots_bytes_max = 1_000;
    let (store, writer) = Store::open(dir.path(), options).unwrap();
    let more = Digest::of(&[2; 200]);
    // Counting goes on beside the work: each try takes a sync, and it is over long before the last. What is there
    // already adds nothing.
    let refused =
        (0..10_000).any(|_| matches!(store.put_blob(more, &[2; 200]), Err(BlobError::Full { max: 1_000 })));
    assert!(refused, "900 bytes were never counted");
    writer.close().unwrap();
}

#[test]
fn bytes_that_became_others_are_not_given_out() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _appender) = open(dir.path(), Retention::default());
    let digest = Digest::of(b"whole");
    store.put_blob(digest, b"whole").unwrap();
    let file = dir.path().join("snapshots").join(&digest.to_string()[..2]).join(digest.to_string());
    std::fs::write(&file, b"who").unwrap();
    let refused = store.blob(digest).unwrap_err();
    assert!(refused.to_string().contains("is damaged"), "{refused}");
    store.put_blob(digest, b"whole").unwrap();
    assert_eq!(store.blob(digest).unwrap(), b"whole", "written anew");
}

#[test]
fn a_series_keeps_its_newest_when_there_are_too_many_and_others_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(dir.path(), Retention { snapshots_each_max: 3, ..Retention::default() });
    for n in 1..=8_u64 {
        let texts = [format!("front {n}"), format!("back {n}")];
        let mut what = vec![(Some("front"), texts[0].as_bytes())];
        if n <= 2 {
            what.push((Some("back"), texts[1].as_bytes()));
        }
        let commit = attached(&store, "door", n, LATER + n as i64, &what);
        appender.commit([commit]).unwrap();
    }
    all_upkeep(&mut appender, LATER + 3 * HOUR);
    let kept = store.snapshots(&CheckName::from("door"), 100).unwrap();
    let of = |series: &str| kept.iter().filter(|found| found.series.as_deref() == Some(series)).count();
    assert_eq!((of("front"), of("back")), (3, 2));
    let newest = Digest::of(b"front 8");
    assert!(kept.iter().any(|found| found.digest == newest));
    assert!(!kept.iter().any(|found| found.digest == Digest::of(b"front 5")));
    assert_eq!(store.audit().unwrap(), []);
}
