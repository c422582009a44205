//! What the pages read: the last word of the core on every check, alert and delivery, and a bounded stream of
//! changes. Holds no truth of its own and decides nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::broadcast;
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::delivery::DeliveryRecord;
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::ids::{CheckName, DeliveryId, WindowId};
use watchkeep_core::view::{CheckView, Update};
use watchkeep_core::window::Window;

/// Changes that a slow reader may lag behind before it is dropped.
const STREAM_DEPTH: usize = 4_096;

pub(crate) struct Board {
    shown: RwLock<Shown>,
    changes: broadcast::Sender<Arc<Update>>,
}

#[derive(Default)]
struct Shown {
    checks: BTreeMap<CheckName, Arc<CheckView>>,
    alerts: BTreeMap<AlertKey, Arc<AlertRecord>>,
    deliveries: BTreeMap<DeliveryId, Arc<DeliveryRecord>>,
    windows: BTreeMap<WindowId, Arc<Window>>,
    groups: BTreeMap<GroupKey, Arc<GroupRecord>>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self { shown: RwLock::default(), changes: broadcast::channel(STREAM_DEPTH).0 }
    }

    pub(crate) fn apply(&self, update: Update) {
        // Hearers are few; without one nothing is copied.
        let heard = (self.changes.receiver_count() > 0).then(|| Arc::new(update.clone()));
        self.show(update);
        if let Some(update) = heard {
            // Nobody left to hear it is no failure.
            let _ = self.changes.send(update);
        }
    }

    fn show(&self, update: Update) {
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        match update {
            Update::Check(view) => match shown.checks.get_mut(&view.spec.name) {
                Some(known) => *known = Arc::new(view),
                None => {
                    shown.checks.insert(view.spec.name.clone(), Arc::new(view));
                }
            },
            Update::CheckRemoved(name) => {
                shown.checks.remove(&name);
            }
            Update::Alert(alert) => {
                shown.alerts.insert(alert.key.clone(), alert);
            }
            Update::AlertClosed(key) => {
                shown.alerts.remove(&key);
            }
            Update::Delivery(delivery) => {
                shown.deliveries.insert(delivery.id, delivery);
            }
            Update::DeliveryEnded { delivery, .. } => {
                shown.deliveries.remove(&delivery.id);
            }
            Update::Window(window) => {
                shown.windows.insert(window.id.clone(), window);
            }
            Update::WindowRemoved(id) => {
                shown.windows.remove(&id);
            }
            Update::Group(group) => {
                shown.groups.insert(group.key.clone(), group);
            }
            Update::GroupClosed(key) => {
                shown.groups.remove(&key);
            }
        }
    }

    pub(crate) fn checks(&self) -> Vec<Arc<CheckView>> {
        self.read(|shown| shown.checks.values().cloned().collect())
    }
    pub(crate) fn check(&self, name: &str) -> Option<Arc<CheckView>> {
        self.read(|shown| shown.checks.get(name).cloned())
    }
    pub(crate) fn alerts(&self) -> Vec<Arc<AlertRecord>> {
        self.read(|shown| shown.alerts.values().cloned().collect())
    }
    /// Those under way, oldest first.
    pub(crate) fn deliveries(&self) -> Vec<Arc<DeliveryRecord>> {
        self.read(|shown| shown.deliveries.values().cloned().collect())
    }
    pub(crate) fn windows(&self) -> Vec<Arc<Window>> {
        self.read(|shown| shown.windows.values().cloned().collect())
    }
    pub(crate) fn groups(&self) -> Vec<Arc<GroupRecord>> {
        self.read(|shown| shown.groups.values().cloned().collect())
    }
    pub(crate) fn changes(&self) -> broadcast::Receiver<Arc<Update>> {
        self.changes.subscribe()
    }

    fn read<T>(&self, look: impl FnOnce(&Shown) -> T) -> T {
        look(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}
