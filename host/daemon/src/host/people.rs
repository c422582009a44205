//! Who may use the host, in memory as it is now. Each change shows here at once and is sent to be written in the same order,
//! so that nobody whose right has ended is let in while that is being written, and no late note of a use brings somebody
//! back.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::watch;
use watchkeep_core::access::{AccessChange, Directory};

pub(crate) struct People {
    directory: ArcSwap<Directory>,
    changes: watch::Sender<u64>,
    turn: Mutex<()>,
}

impl People {
    pub(crate) fn new(directory: Directory) -> Self {
        Self {
            directory: ArcSwap::from_pointee(directory),
            changes: watch::channel(0).0,
            turn: Mutex::default(),
        }
    }
    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Applies changes, and sends them on before anything else is applied.
    pub(crate) fn change<T>(&self, changes: &[AccessChange], send: impl FnOnce() -> T) -> T {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if !changes.is_empty() {
            self.apply(changes);
            self.changes.send_modify(|revision| *revision += 1);
        }
        send()
    }

    /// Notes a use of what is still there.
    pub(crate) fn note(&self, change: AccessChange, send: impl FnOnce(AccessChange)) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = self.directory();
        let is_there = match &change {
            AccessChange::PutToken(token) => directory.tokens.contains_key(&token.id),
            AccessChange::PutSession(session) => directory.sessions.contains_key(&session.key),
            AccessChange::PutUser(_)
            | AccessChange::RemoveUser(_)
            | AccessChange::RemoveToken(_)
            | AccessChange::RemoveSession(_) => false,
        };
        if is_there {
            self.apply(std::slice::from_ref(&change));
            send(change);
        }
    }

    fn apply(&self, changes: &[AccessChange]) {
        let mut directory = Directory::clone(&self.directory());
        changes.iter().for_each(|change| directory.apply(change));
        self.directory.store(Arc::new(directory));
    }
}

#[cfg(test)]
mod tests {
    use watchkeep_core::access::{Session, SessionOf};
    use watchkeep_core::ids::Digest;
    use watchkeep_core::time::Wall;

    use super::*;

    fn session(seen: i64) -> Session {
        let (began_at, seen_at) = (Wall::from_millis(0), Wall::from_millis(seen));
        Session { key: Digest([1; 32]), of: SessionOf::User("kari".to_owned()), began_at, seen_at }
    }

    /// A request that was under way when the session ended must not bring it back.
    #[test]
    fn a_late_note_of_a_use_brings_nobody_back() {
        let people = People::new(Directory::default());
        people.change(&[AccessChange::PutSession(session(0))], || ());
        let mut changes = people.changes();
        people.note(AccessChange::PutSession(session(5)), |_| ());
        assert_eq!(people.directory().sessions[&Digest([1; 32])].seen_at, Wall::from_millis(5));
        assert!(!changes.has_changed().unwrap(), "a use ends nobody's right");
        people.change(&[AccessChange::RemoveSession(Digest([1; 32]))], || ());
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        people.note(AccessChange::PutSession(session(9)), |_| panic!("it is gone"));
        assert!(people.directory().sessions.is_empty());
    }
}
