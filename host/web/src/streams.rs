//! How many live streams may be open at once: neither all connections nor all memory are theirs.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places, of which each stream takes one, and one that remembers checks some more: together they bound the memory.
const PLACES_MAX: usize = 2048;
/// Remembering so many checks takes a place more.
const CHECKS_OF_PLACE: usize = 10_000;

pub(crate) struct Streams {
    open: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// Given back when it is dropped.
pub(crate) struct Taken {
    _open: OwnedSemaphorePermit,
    _places: OwnedSemaphorePermit,
}

impl Streams {
    pub(crate) fn new(open_max: usize) -> Self {
        Self { open: Arc::new(Semaphore::new(open_max)), places: Arc::new(Semaphore::new(PLACES_MAX)) }
    }
    /// For a stream that remembers so many checks; `None` if too many are open.
    pub(crate) fn take(&self, remembered: usize) -> Option<Taken> {
        let places = u32::try_from(1 + remembered / CHECKS_OF_PLACE).ok()?;
        Some(Taken {
            _open: Arc::clone(&self.open).try_acquire_owned().ok()?,
            _places: Arc::clone(&self.places).try_acquire_many_owned(places).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_than_may_be_open_and_one_that_ends_makes_room() {
        let streams = Streams::new(2);
        let first = streams.take(0).unwrap();
        let _second = streams.take(0).unwrap();
        assert!(streams.take(0).is_none());
        drop(first);
        assert!(streams.take(0).is_some());
    }

    #[test]
    fn who_remembers_more_checks_leaves_room_for_fewer_and_a_refusal_takes_nothing() {
        let streams = Streams::new(PLACES_MAX);
        let half = 1023 * CHECKS_OF_PLACE;
        let _first = streams.take(half).unwrap();
        assert!(streams.take(half + CHECKS_OF_PLACE).is_none());
        let _second = streams.take(half).unwrap();
        assert!(streams.take(0).is_none());
        assert_eq!(streams.open.available_permits(), PLACES_MAX - 2);
    }
}
