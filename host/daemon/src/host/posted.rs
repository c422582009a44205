//! What people posted, in memory as it is now: notes on status pages, markers in charts, and where
//! they want letters. A change shows here at once and is
//! sent to be written in the same order.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use watchkeep_core::marker::Markers;
use watchkeep_core::note::Notes;
use watchkeep_core::subscription::Subscribers;

pub(crate) type PostedNotes = Posted<Notes>;
pub(crate) type PostedMarkers = Posted<Markers>;
pub(crate) type PostedSubscribers = Posted<Subscribers>;

pub(crate) struct Posted<T> {
    now: ArcSwap<T>,
    turn: Mutex<()>,
}

impl<T: Clone> Posted<T> {
    pub(crate) fn new(now: T) -> Self {
        Self { now: ArcSwap::from_pointee(now), turn: Mutex::default() }
    }
    pub(crate) fn now(&self) -> Arc<T> {
        self.now.load_full()
    }
    /// Applies a change, and sends it on before anything else is applied.
    pub(crate) fn change<Sent>(&self, apply: impl FnOnce(&mut T), send: impl FnOnce() -> Sent) -> Sent {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = T::clone(&self.now());
        apply(&mut now);
        self.now.store(Arc::new(now));
        send()
    }
}
