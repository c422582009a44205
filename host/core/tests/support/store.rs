//! The store as the core sees it: applies commits, gives back what a restart reads.

use std::collections::BTreeMap;

use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::{Change, Commit, Forgotten, KvScope, KvWrite, ResultRow};
use watchkeep_core::delivery::{DeliveryRecord, Ended};
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::heartbeat::HeartbeatRecord;
use watchkeep_core::ids::{CheckName, DeliveryId, OccasionId, WindowId};
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::restore::Restored;
use watchkeep_core::time::Wall;
use watchkeep_core::window::Window;

#[derive(Clone, Default, Debug)]
pub(crate) struct Store {
    pub(crate) alerts: BTreeMap<AlertKey, AlertRecord>,
    pub(crate) groups: BTreeMap<GroupKey, GroupRecord>,
    pub(crate) outbox: BTreeMap<DeliveryId, DeliveryRecord>,
    pub(crate) ended: BTreeMap<DeliveryId, Ended>,
    pub(crate) dead: BTreeMap<DeliveryId, DeliveryRecord>,
    pub(crate) paused: BTreeMap<CheckName, bool>,
    pub(crate) latest: BTreeMap<CheckName, ResultRow>,
    pub(crate) results: usize,
    pub(crate) windows: BTreeMap<WindowId, Window>,
    pub(crate) heartbeats: BTreeMap<CheckName, HeartbeatRecord>,
    pub(crate) events: BTreeMap<CheckName, BTreeMap<String, Wall>>,
    pub(crate) actions: BTreeMap<OccasionId, ActionRecord>,
    pub(crate) kv: BTreeMap<KvScope, Vec<u8>>,
    next_delivery: u64,
    next_sequence: u64,
}

impl Store {
    pub(crate) fn apply(&mut self, commit: &Commit) {
        assert!(!commit.changes.is_empty(), "a commit changes something");
        for change in &commit.changes {
            self.apply_change(change);
        }
    }

    fn sequence(&mut self, sequence: u64) {
        assert!(sequence >= self.next_sequence, "sequence {sequence} was given out before");
        self.next_sequence = sequence + 1;
    }

    fn apply_change(&mut self, change: &Change) {
        match change {
            Change::Result(row) => {
                self.sequence(row.sequence);
                if let Some(before) = self.latest.get(&row.run.check) {
                    assert!(row.run.scheduled_at > before.run.scheduled_at, "names of runs rise: {row:?}");
                }
                self.results += 1;
                self.latest.insert(row.run.check.clone(), row.clone());
            }
            Change::Transition(transition) => {
                self.sequence(transition.sequence);
            }
            Change::PutAlert(record) => {
                self.alerts.insert(record.key.clone(), (**record).clone());
            }
            Change::RemoveAlert(key) => {
                self.alerts.remove(key);
            }
            Change::PutGroup(record) => {
                self.groups.insert(record.key.clone(), record.clone());
            }
            Change::RemoveGroup(key) => {
                self.groups.remove(key);
            }
            Change::PutDelivery(record) => {
                assert!(!self.ended.contains_key(&record.id), "{} has ended", record.id);
                self.next_delivery = self.next_delivery.max(record.id.0 + 1);
                self.outbox.insert(record.id, record.clone());
            }
            Change::EndDelivery { id, ended } => {
                let row = self.outbox.remove(id);
                if let (Ended::Dead { .. }, Some(row)) = (ended, row) {
                    self.dead.insert(*id, row);
                }
                assert!(self.ended.insert(*id, ended.clone()).is_none(), "{id} ended twice");
            }
            Change::PutPaused { check, paused } => {
                self.paused.insert(check.clone(), *paused);
            }
            Change::Decision(decision) => {
                self.sequence(decision.sequence);
            }
            Change::Kv(KvWrite { scope, value: Some(value), .. }) => {
                self.kv.insert(scope.clone(), value.clone());
            }
            Change::Kv(KvWrite { value: None, .. })
            | Change::AcceptSnapshot(_)
            | Change::Access(_)
            | Change::Note(_)
            | Change::Marker(_)
            | Change::Subscriber(_)
            | Change::Audit(_) => {}
            Change::PutAction(record) => {
                let before = self.actions.insert(record.id.clone(), (**record).clone());
                let was_over = before.is_some_and(|before| before.is_over());
                assert!(!was_over || record.is_over(), "an action that is over begins again: {record:?}");
            }
            Change::PutWindow(window) => {
                self.windows.insert(window.id.clone(), window.clone());
            }
            Change::RemoveWindow(id) => {
                assert!(self.windows.remove(id).is_some(), "no window {id}");
            }
            Change::PutHeartbeat { check, record } => {
                self.heartbeats.insert(check.clone(), record.clone());
            }
            Change::RemoveHeartbeat(check) => {
                self.heartbeats.remove(check);
            }
            Change::KnowEvents { check, ids, at } => {
                let known = self.events.entry(check.clone()).or_default();
                known.extend(ids.iter().map(|id| (id.clone(), *at)));
            }
            Change::ForgetEvents { check, ids } => match ids {
                Forgotten::All => {
                    self.events.remove(check);
                }
                Forgotten::These(ids) => {
                    let known = self.events.entry(check.clone()).or_default();
                    known.retain(|id, _| !ids.contains(id));
                }
            },
        }
    }

    pub(crate) fn restored(&self) -> Restored {
        Restored {
            // The store keeps no reports with alerts.
            alerts: self
                .alerts
                .values()
                .map(|record| AlertRecord { report: None, ..record.clone() })
                .collect(),
            groups: self.groups.values().cloned().collect(),
            outbox: self.outbox.values().cloned().collect(),
            paused: self.paused.iter().filter(|(_, paused)| **paused).map(|(name, _)| name.clone()).collect(),
            latest: self.latest.values().cloned().collect(),
            windows: self.windows.values().cloned().collect(),
            heartbeats: self.heartbeats.iter().map(|(name, record)| (name.clone(), record.clone())).collect(),
            events: self
                .events
                .iter()
                .flat_map(|(name, known)| known.iter().map(|(id, at)| (name.clone(), id.clone(), *at)))
                .collect(),
            actions: self.actions.values().cloned().collect(),
            next_delivery: self.next_delivery,
            next_sequence: self.next_sequence,
        }
    }
}
