//! What the pages read: what the core last published about every check, alert and delivery, and a bounded stream of
//! changes. It is only a copy, and decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Ended};
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::ids::{CheckName, DeliveryId, OccasionId, WindowId};
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckView, Update};
use watchkeep_core::window::Window;
use watchkeep_store::{DeliveriesQuery, DeliveryFilter, ReadError, Store};
use watchkeep_web::{DeadLetter, Line};

/// How many changes a slow reader may lag behind before it is dropped.
const STREAM_DEPTH: usize = 4_096;
/// How many dead letters are remembered; the count never exceeds this.
const DEAD_MAX: usize = 1_000;
/// How many deliveries that ended before this start of the host are looked at.
const RECALLED_MAX: usize = 20_000;
/// How many decisions to act are remembered.
const ACTIONS_MAX: usize = 2_000;
/// How long a dead letter is news.
const DEAD_FOR: Duration = Duration::from_secs(7 * 86_400);

pub(crate) struct Board {
    shown: RwLock<Shown>,
    changes: Line,
}

#[derive(Default)]
struct Shown {
    checks: BTreeMap<CheckName, Arc<CheckView>>,
    alerts: BTreeMap<AlertKey, Arc<AlertRecord>>,
    deliveries: BTreeMap<DeliveryId, Arc<DeliveryRecord>>,
    /// The ids of `deliveries`, by what they are about.
    about: BTreeMap<DeliverySubject, BTreeSet<DeliveryId>>,
    /// Notices that were given up and have not got through since. By dedup key, so that one that is tried again does
    /// not count twice.
    dead: BTreeMap<String, DeadLetter>,
    windows: BTreeMap<WindowId, Arc<Window>>,
    groups: BTreeMap<GroupKey, Arc<GroupRecord>>,
    actions: BTreeMap<OccasionId, Arc<ActionRecord>>,
}

impl Shown {
    fn forget(&mut self, subject: Option<&DeliverySubject>, id: DeliveryId) {
        let Some(subject) = subject else { return };
        if let Some(ids) = self.about.get_mut(subject) {
            ids.remove(&id);
            if ids.is_empty() {
                self.about.remove(subject);
            }
        }
    }
    /// Forgets the oldest occasions that are over; the store has them all.
    fn forget_actions(&mut self) {
        while self.actions.len() > ACTIONS_MAX {
            let over = self.actions.values().filter(|record| record.is_over());
            let Some(oldest) = over.min_by_key(|record| record.decided_at).map(|it| it.id.clone()) else {
                return;
            };
            self.actions.remove(&oldest);
        }
    }
    fn ended(&mut self, delivery: Arc<DeliveryRecord>, ended: &Ended) {
        // Whoever asked for a test sees the result.
        if delivery.subject == DeliverySubject::Test {
            return;
        }
        let key = &delivery.notification.dedup_key;
        match ended {
            Ended::Delivered { .. } => {
                self.dead.remove(key);
            }
            Ended::Dead { at, error } => {
                let letter = DeadLetter { at: *at, error: error.clone(), delivery: Arc::clone(&delivery) };
                self.dead.insert(key.clone(), letter);
                if self.dead.len() > DEAD_MAX {
                    let oldest = self.dead.iter().min_by_key(|(_, letter)| letter.at);
                    if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                        self.dead.remove(&oldest);
                    }
                }
            }
            Ended::Superseded { .. } => {}
        }
    }
}

impl Board {
    /// `run` tells this host's live updates from those of another start.
    pub(crate) fn new(run: u64) -> Self {
        Self { shown: RwLock::default(), changes: Line::new(run, STREAM_DEPTH) }
    }

    pub(crate) fn apply(&self, update: Update) {
        // While nobody has listened yet, nothing is copied.
        let heard = self.changes.is_heard().then(|| update.clone());
        self.show(update);
        if let Some(update) = heard {
            self.changes.tell(update);
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
                let before = shown.deliveries.get(&delivery.id).map(|known| known.subject.clone());
                match before {
                    Some(subject) if subject == delivery.subject => {}
                    before => {
                        shown.forget(before.as_ref(), delivery.id);
                        shown.about.entry(delivery.subject.clone()).or_default().insert(delivery.id);
                    }
                }
                shown.deliveries.insert(delivery.id, delivery);
            }
            Update::DeliveryEnded { delivery, ended } => {
                let known = shown.deliveries.remove(&delivery.id);
                shown.forget(known.as_ref().map(|known| &known.subject), delivery.id);
                shown.ended(delivery, &ended);
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
            Update::Action(record) => {
                shown.actions.insert(record.id.clone(), record);
                shown.forget_actions();
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
    /// Deliveries under way, oldest first.
    pub(crate) fn deliveries(&self) -> Vec<Arc<DeliveryRecord>> {
        self.read(|shown| shown.deliveries.values().cloned().collect())
    }
    /// Deliveries under way about `subject`, oldest first.
    pub(crate) fn deliveries_about(&self, subject: &DeliverySubject) -> Vec<Arc<DeliveryRecord>> {
        self.read(|shown| {
            let ids = shown.about.get(subject).into_iter().flatten();
            ids.filter_map(|id| shown.deliveries.get(id).cloned()).collect()
        })
    }
    /// Recalls what was given up before this start of the host, and has not got through since.
    pub(crate) fn recall(&self, store: &Store, now: Wall) -> Result<(), ReadError> {
        let query = DeliveriesQuery {
            filter: DeliveryFilter::Ended,
            receiver: None,
            between: now - DEAD_FOR..Wall::from_millis(i64::MAX),
            after: None,
            limit: RECALLED_MAX,
        };
        let ended = store.deliveries(&query)?;
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        for delivery in ended.items.into_iter().rev() {
            if let Some(ended) = &delivery.ended {
                shown.ended(Arc::new(delivery.record), ended);
            }
        }
        Ok(())
    }
    /// The dead letters, newest first.
    pub(crate) fn dead_letters(&self, now: Wall) -> Vec<DeadLetter> {
        let mut letters: Vec<DeadLetter> = self.read(|shown| {
            let recent = shown.dead.values().filter(|letter| now.since(letter.at) < DEAD_FOR);
            recent.cloned().collect()
        });
        letters.sort_by(|one, other| {
            other.at.cmp(&one.at).then_with(|| other.delivery.id.cmp(&one.delivery.id))
        });
        letters
    }
    pub(crate) fn alert(&self, key: &AlertKey) -> Option<Arc<AlertRecord>> {
        self.read(|shown| shown.alerts.get(key).cloned())
    }
    pub(crate) fn group(&self, key: &GroupKey) -> Option<Arc<GroupRecord>> {
        self.read(|shown| shown.groups.get(key).cloned())
    }
    pub(crate) fn windows(&self) -> Vec<Arc<Window>> {
        self.read(|shown| shown.windows.values().cloned().collect())
    }
    pub(crate) fn groups(&self) -> Vec<Arc<GroupRecord>> {
        self.read(|shown| shown.groups.values().cloned().collect())
    }
    pub(crate) fn actions(&self) -> Vec<Arc<ActionRecord>> {
        self.read(|shown| shown.actions.values().cloned().collect())
    }
    pub(crate) const fn changes(&self) -> &Line {
        &self.changes
    }

    fn read<T>(&self, look: impl FnOnce(&Shown) -> T) -> T {
        look(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}
