//! What people posted on status pages, in memory as it is now. A change shows here at once and is sent to be written in the
//! same order.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use watchkeep_core::note::{NoteChange, Notes};

pub(crate) struct PostedNotes {
    notes: ArcSwap<Notes>,
    turn: Mutex<()>,
}

impl PostedNotes {
    pub(crate) fn new(notes: Notes) -> Self {
        Self { notes: ArcSwap::from_pointee(notes), turn: Mutex::default() }
    }
    pub(crate) fn notes(&self) -> Arc<Notes> {
        self.notes.load_full()
    }
    /// Applies changes, and sends them on before anything else is applied.
    pub(crate) fn change<T>(&self, changes: &[NoteChange], send: impl FnOnce() -> T) -> T {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes = Notes::clone(&self.notes());
        changes.iter().for_each(|change| notes.apply(change));
        self.notes.store(Arc::new(notes));
        send()
    }
}
