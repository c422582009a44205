//! What keeps the host from being ready. Each part tells its own story; nothing here decides about alerts.

use std::sync::{Mutex, PoisonError};

use watchkeep_web::NotReady;

#[derive(Default)]
pub(crate) struct Health {
    store: Mutex<Option<String>>,
    reload: Mutex<Option<String>>,
}

impl Health {
    /// `None`: it can be written again.
    pub(crate) fn store(&self, failing: Option<String>) {
        *self.store.lock().unwrap_or_else(PoisonError::into_inner) = failing;
    }
    /// `None`: the last reload was taken.
    pub(crate) fn reload(&self, refused: Option<String>) {
        *self.reload.lock().unwrap_or_else(PoisonError::into_inner) = refused;
    }
    /// A refused reload is a remark, not a reason: the config in force goes on.
    pub(crate) fn not_ready(&self) -> Vec<NotReady> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner).clone();
        store.map(|message| NotReady { part: "store", message }).into_iter().collect()
    }
    pub(crate) fn last_reload(&self) -> Option<String> {
        self.reload.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
