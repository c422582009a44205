//! What the core remembers of actions: those of open alerts, those under way, and earlier ones for as long as they count
//! towards a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ids::{ActionName, AlertId, OccasionId};
use crate::model::clock::Elapsed;
use crate::model::keys::AlertKey;
use crate::model::recovery::{ActionRecord, ActionStatus};
use crate::time::{Now, Wall};

/// One decision to act, and since when it began and ended on the monotonic clock.
#[derive(Debug)]
pub(crate) struct Act {
    pub(crate) record: Arc<ActionRecord>,
    pub(crate) began: Option<Elapsed>,
    pub(crate) ended: Option<Elapsed>,
}

impl Act {
    pub(crate) fn restored(record: ActionRecord, now: Now) -> Self {
        let since = |at: Option<Wall>| at.map(|at| Elapsed::restored(at, now));
        let (began, ended) = (since(record.began_at()), since(record.ended_at()));
        Self { record: Arc::new(record), began, ended }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Actions {
    acts: BTreeMap<OccasionId, Act>,
    /// In the order in which they were decided.
    of_alert: BTreeMap<AlertId, Vec<OccasionId>>,
    of_action: BTreeMap<ActionName, BTreeSet<OccasionId>>,
}

impl Actions {
    pub(crate) fn insert(&mut self, act: Act) {
        let ActionRecord { id, action, alert, .. } = &*act.record;
        let of_alert = self.of_alert.entry(alert.clone()).or_default();
        if !of_alert.contains(id) {
            of_alert.push(id.clone());
        }
        self.of_action.entry(action.clone()).or_default().insert(id.clone());
        self.acts.insert(id.clone(), act);
    }
    pub(crate) fn get(&self, id: &OccasionId) -> Option<&Act> {
        self.acts.get(id)
    }
    pub(crate) fn get_mut(&mut self, id: &OccasionId) -> Option<&mut Act> {
        self.acts.get_mut(id)
    }
    pub(crate) fn all(&self) -> impl Iterator<Item = &Act> {
        self.acts.values()
    }
    /// Those of one life of an alert, in the order in which they were decided.
    pub(crate) fn of_alert(&self, alert: &AlertId) -> impl DoubleEndedIterator<Item = &Act> {
        self.of_alert.get(alert).into_iter().flatten().filter_map(|id| self.acts.get(id))
    }
    /// Those of one action, whatever they were for.
    pub(crate) fn of_action(&self, action: &ActionName) -> impl Iterator<Item = &Act> {
        self.of_action.get(action).into_iter().flatten().filter_map(|id| self.acts.get(id))
    }
    /// Forgets what is over and no longer counts.
    pub(crate) fn forget(&mut self, is_needed: impl Fn(&Act) -> bool) {
        let gone: Vec<OccasionId> =
            self.acts.values().filter(|act| !is_needed(act)).map(|act| act.record.id.clone()).collect();
        for id in gone {
            let Some(act) = self.acts.remove(&id) else { continue };
            if let Some(of_alert) = self.of_alert.get_mut(&act.record.alert) {
                of_alert.retain(|other| *other != id);
                if of_alert.is_empty() {
                    self.of_alert.remove(&act.record.alert);
                }
            }
            if let Some(of_action) = self.of_action.get_mut(&act.record.action) {
                of_action.remove(&id);
                if of_action.is_empty() {
                    self.of_action.remove(&act.record.action);
                }
            }
        }
    }
    /// The alert continues under another key. Returns what changed by that.
    pub(crate) fn rename(&mut self, old: &AlertKey, new: &AlertKey) -> Vec<OccasionId> {
        let mut changed = Vec::new();
        for act in self.acts.values_mut().filter(|act| act.record.key == *old) {
            Arc::make_mut(&mut act.record).key = new.clone();
            changed.push(act.record.id.clone());
        }
        changed
    }
    /// Moves the moments of those that have begun, after the wall clock jumped. Returns what changed by that.
    pub(crate) fn restate(&mut self, by: i64) -> Vec<OccasionId> {
        let mut changed = Vec::new();
        for act in self.acts.values_mut() {
            let record = Arc::make_mut(&mut act.record);
            match &mut record.status {
                ActionStatus::Begun { at } => *at = at.shifted(by),
                ActionStatus::Ended { began, at, .. } => {
                    (*began, *at) = (began.shifted(by), at.shifted(by));
                }
                ActionStatus::AwaitsApproval
                | ActionStatus::Declined { .. }
                | ActionStatus::Withdrawn { .. } => continue,
            }
            changed.push(record.id.clone());
        }
        changed
    }
}
