//! People, tokens and sessions come back as they were written; the audit log shows whoever cuts into it.

use std::path::Path;

use redb::{Database, ReadableTable as _, TableDefinition};
use watchkeep_core::access::{AccessChange, SessionOf};
use watchkeep_core::commit::Change;
use watchkeep_core::ids::Digest;
use watchkeep_store::{Appender, AuditQuery, Retention, Store};

use crate::support::everyone::{all, entry, session, token, user};
use crate::support::{at_once, unpacked_format_1};

const USERS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("users");
const SESSIONS: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("sessions");
const AUDIT_LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("audit_log");

fn open(folder: &Path) -> (Store, Appender) {
    Appender::open(folder, Retention::default()).unwrap()
}

fn everything() -> AuditQuery {
    AuditQuery { before: None, by: None, what: None, limit: 100 }
}

fn numbers(store: &Store, query: &AuditQuery) -> (Vec<u64>, Option<u64>) {
    let (entries, next) = store.audit_log(query).unwrap();
    (entries.iter().map(|entry| entry.number).collect(), next)
}

#[test]
fn who_may_use_the_host_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    {
        let (_, mut appender) = open(folder.path());
        appender.commit([at_once(1, all())]).unwrap();
    }
    let (store, _) = open(folder.path());
    let directory = store.directory().unwrap();
    assert_eq!(directory.users.keys().collect::<Vec<_>>(), ["kari", "ola"]);
    assert_eq!(*directory.users["kari"], user("kari"));
    assert_eq!(*directory.tokens["a1"], token("a1"));
    assert_eq!(directory.sessions.len(), 3, "of a user, by the admin token, by a provider");
    assert_eq!(store.audit().unwrap(), []);
}

/// After a failure nobody knows whether a transaction counted: it is written again.
#[test]
fn an_entry_that_is_written_twice_is_chained_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(folder.path());
    appender.commit([at_once(1, vec![entry(1, "a"), entry(2, "b")])]).unwrap();
    appender
        .commit([at_once(1, vec![entry(1, "a"), entry(2, "b")]), at_once(2, vec![entry(3, "c")])])
        .unwrap();
    assert_eq!(numbers(&store, &everything()), (vec![3, 2, 1], None));
    assert_eq!(store.audit().unwrap(), []);
    let head = store.audit_head().unwrap();
    assert_eq!(head.unwrap().number, 3);
    assert_eq!((store.audit_head_at(3).unwrap(), store.audit_head_at(4).unwrap()), (head, None));
}

#[test]
fn the_log_is_read_in_pages_and_by_who_and_what() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut appender) = open(folder.path());
    let what = |number: u64| if number.is_multiple_of(2) { "alert.acknowledge" } else { "user.add" };
    appender.commit([at_once(1, (1..=9).map(|number| entry(number, what(number))).collect())]).unwrap();
    assert_eq!(numbers(&store, &AuditQuery { limit: 4, ..everything() }), (vec![9, 8, 7, 6], Some(6)));
    let second = AuditQuery { before: Some(6), limit: 4, ..everything() };
    assert_eq!(numbers(&store, &second), (vec![5, 4, 3, 2], Some(2)));
    let users = AuditQuery { what: Some("user.".to_owned()), ..everything() };
    assert_eq!(numbers(&store, &users), (vec![9, 7, 5, 3, 1], None));
    assert_eq!(numbers(&store, &AuditQuery { by: Some("ola".to_owned()), ..everything() }).0, []);
}

/// Does harm behind the store's back, and gives what the audit says.
fn harmed(harm: impl FnOnce(&redb::WriteTransaction)) -> String {
    let folder = tempfile::tempdir().unwrap();
    {
        let (_, mut appender) = open(folder.path());
        appender.commit([at_once(1, all())]).unwrap();
    }
    {
        let database = Database::open(folder.path().join("watchkeep.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        harm(&transaction);
        transaction.commit().unwrap();
    }
    let (store, _) = open(folder.path());
    store.audit().unwrap().iter().map(|violation| format!("{violation}\n")).collect()
}

#[test]
fn an_entry_that_was_changed_or_taken_out_is_found() {
    let changed = harmed(|transaction| {
        let mut log = transaction.open_table(AUDIT_LOG).unwrap();
        let mut row = log.get(2).unwrap().unwrap().value().to_vec();
        let place = row.windows(4).position(|piece| piece == b"kari").unwrap();
        row[place..place + 4].copy_from_slice(b"knut");
        log.insert(2, row.as_slice()).unwrap();
    });
    insta::assert_snapshot!(changed, @"table `audit_log`, row 3: the entry before it is not the one that it was written after");
    let taken_out = harmed(|transaction| {
        transaction.open_table(AUDIT_LOG).unwrap().remove(2).unwrap();
    });
    assert!(taken_out.contains("row 3: entries before it are missing"), "{taken_out}");
    let first = harmed(|transaction| {
        let mut log = transaction.open_table(AUDIT_LOG).unwrap();
        let mut row = log.get(1).unwrap().unwrap().value().to_vec();
        row[5] ^= 1;
        log.insert(1, row.as_slice()).unwrap();
    });
    assert!(first.contains("row 1: the entry before it") && first.contains("row 2"), "{first}");
}

#[test]
fn a_session_of_nobody_and_a_user_under_another_name_are_found() {
    let said = harmed(|transaction| {
        let mut users = transaction.open_table(USERS).unwrap();
        let row = users.remove("kari").unwrap().unwrap().value().to_vec();
        users.insert("admin", row.as_slice()).unwrap();
        let mut sessions = transaction.open_table(SESSIONS).unwrap();
        let row = sessions.get([2; 32]).unwrap().unwrap().value().to_vec();
        sessions.insert([9; 32], row.as_slice()).unwrap();
    });
    insta::assert_snapshot!(said, @r#"
    table `users`, row "admin": its key is another user's
    table `sessions`, row "010101010101": its user is not there
    table `sessions`, row "090909090909": its key is another session's
    "#);
}

#[test]
fn a_database_from_before_users_has_none_and_takes_some() {
    let folder = unpacked_format_1();
    let (store, mut appender) = open(folder.path());
    assert_eq!(store.directory().unwrap(), watchkeep_core::access::Directory::default());
    assert_eq!((store.audit_head().unwrap(), numbers(&store, &everything()).0), (None, vec![]));
    appender.commit([at_once(1, all())]).unwrap();
    assert_eq!(store.directory().unwrap().users.len(), 2);
    let session = session(7, SessionOf::User("kari".to_owned()));
    let change = Change::Access(AccessChange::PutSession(session.clone()));
    appender.commit([at_once(2, vec![change])]).unwrap();
    assert_eq!(*store.directory().unwrap().sessions[&Digest([7; 32])], session);
    assert_eq!(store.audit().unwrap(), []);
}
