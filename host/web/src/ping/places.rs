//! How many pings of one heartbeat are taken at once. Each heartbeat has places of its own: whoever knows the key of
//! one keeps no others out, however slowly he sends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use watchkeep_core::ids::CheckName;

/// The most pings at once. A job with many hosts may ping from all of them at the same moment.
const AT_ONCE_MAX: usize = 16;

#[derive(Default)]
pub(super) struct Places(Mutex<HashMap<CheckName, Arc<Semaphore>>>);

impl Places {
    /// A place for a ping; `None` if all of them are taken.
    pub(super) fn place(&self, check: &CheckName) -> Option<OwnedSemaphorePermit> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Checks without a ping under way are forgotten.
        all.retain(|_, places| Arc::strong_count(places) > 1);
        let places = all.entry(check.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE_MAX)));
        Arc::clone(places).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fills_the_places_of_one_heartbeat_takes_none_of_another() {
        let places = Places::default();
        let (one, other) = (CheckName::from("one"), CheckName::from("other"));
        let held: Vec<_> = (0..AT_ONCE_MAX).map(|_| places.place(&one).unwrap()).collect();
        assert!(places.place(&one).is_none());
        assert!(places.place(&other).is_some());
        drop(held);
        assert!(places.place(&one).is_some());
    }
}
