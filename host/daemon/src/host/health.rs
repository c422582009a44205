//! What keeps the host from being ready. Nothing here decides about alerts.

use std::sync::{Mutex, PoisonError};

use watchkeep_web::NotReady;

#[derive(Default)]
pub(crate) struct Health {
    store: Mutex<Option<String>>,
}

impl Health {
    /// Notes whether the store fails; `None` if it can be written again.
    pub(crate) fn store(&self, failing: Option<String>) {
        *self.store.lock().unwrap_or_else(PoisonError::into_inner) = failing;
    }
    pub(crate) fn not_ready(&self) -> Vec<NotReady> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner).clone();
        store.map(|message| NotReady { part: "store", message }).into_iter().collect()
    }
}
