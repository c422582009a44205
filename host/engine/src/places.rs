//! Places for what is scarce and shared by all calls: sockets, threads, running programs. One plugin gets only a part
//! of them, so that it cannot keep the checks of others from being judged.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    of_plugin_max: usize,
    /// The places of each plugin, while any is asked for or held.
    plugins: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
}

/// Given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _own: OwnedSemaphorePermit,
    _one: OwnedSemaphorePermit,
}

impl Places {
    /// `max` places, of which one plugin holds at most three in four: on most hosts, one plugin does most of the work.
    pub(crate) fn new(max: usize) -> Self {
        Self::of_plugin(max, max - max / 4)
    }

    pub(crate) fn of_plugin(max: usize, of_plugin_max: usize) -> Self {
        let all = Arc::new(Semaphore::new(max.max(1)));
        Self { all, of_plugin_max: of_plugin_max.max(1), plugins: Mutex::default() }
    }

    pub(crate) fn of_plugin_max(&self) -> usize {
        self.of_plugin_max
    }

    /// Waits for a place.
    pub(crate) async fn take(&self, plugin: &Arc<str>) -> Place {
        // The plugin's own share first, so that no plugin queues for a common place while its own share is used up.
        let own = self.own(plugin).acquire_owned().await.expect("the places are never closed");
        let one = Arc::clone(&self.all).acquire_owned().await.expect("the places are never closed");
        Place { _own: own, _one: one }
    }

    /// A place, if there is one now.
    pub(crate) fn try_take(&self, plugin: &Arc<str>) -> Option<Place> {
        let own = self.own(plugin).try_acquire_owned().ok()?;
        let one = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Place { _own: own, _one: one })
    }

    /// Whether the plugin holds all that one may.
    pub(crate) fn holds_its_most(&self, plugin: &Arc<str>) -> bool {
        self.own(plugin).available_permits() == 0
    }

    fn own(&self, plugin: &Arc<str>) -> Arc<Semaphore> {
        let mut plugins = self.plugins();
        // Whoever holds a place holds its semaphore as well.
        plugins.retain(|_, places| Arc::strong_count(places) > 1);
        let places = plugins.entry(Arc::clone(plugin));
        places.or_insert_with(|| Arc::new(Semaphore::new(self.of_plugin_max))).clone()
    }

    fn plugins(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Semaphore>>> {
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.all.available_permits()
    }

    #[cfg(test)]
    pub(crate) async fn until_free(&self, count: usize) {
        let count = u32::try_from(count).expect("they are few");
        drop(self.all.acquire_many(count).await.expect("the places are never closed"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_plugin_that_gives_nothing_back_leaves_places_for_others() {
        let places = Places::new(8);
        let (greedy, modest): (Arc<str>, Arc<str>) = ("greedy".into(), "modest".into());
        let held: Vec<_> = std::iter::from_fn(|| places.try_take(&greedy)).collect();
        assert_eq!((held.len(), places.holds_its_most(&greedy)), (6, true));
        let mut waiting = Box::pin(places.take(&greedy));
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(!places.holds_its_most(&modest));
        let of_others = [places.take(&modest).await, places.take(&modest).await];
        assert!(places.try_take(&modest).is_none(), "there are only so many");
        drop((held, of_others));
        drop(waiting.await);
        assert_eq!(places.free(), 8);
        drop(places.take(&modest).await);
        assert_eq!(places.plugins().len(), 1, "who holds nothing is forgotten");
    }
}
