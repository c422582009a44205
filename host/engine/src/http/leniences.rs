//! What peers did against the rules in one walk and was accepted anyway. It is reported, so that a plugin can judge it.

use std::sync::{Arc, Mutex, PoisonError};

const MAX: usize = 20;

/// Shared with the streams that a walk reads from. Cheap to clone; all clones are one list.
#[derive(Clone, Debug, Default)]
pub(super) struct Leniences(Arc<Mutex<Vec<String>>>);

impl Leniences {
    /// Each sentence once.
    pub(super) fn note(&self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        // Whoever panicked left plain sentences behind.
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < MAX && !noted.contains(&sentence) {
            noted.push(sentence);
        }
    }

    pub(super) fn noted(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
