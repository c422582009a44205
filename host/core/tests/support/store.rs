//! The store as the core sees it: applies commits, gives back what a restart reads.

use std::collections::BTreeMap;

use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::{Change, Commit, Decision, ResultRow, Transition};
use watchkeep_core::delivery::{DeliveryRecord, Ended};
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::ids::{CheckName, DeliveryId};
use watchkeep_core::restore::Restored;

#[derive(Clone, Default, Debug)]
pub(crate) struct Store {
    pub(crate) alerts: BTreeMap<AlertKey, AlertRecord>,
    pub(crate) groups: BTreeMap<GroupKey, GroupRecord>,
    pub(crate) outbox: BTreeMap<DeliveryId, DeliveryRecord>,
    pub(crate) ended: BTreeMap<DeliveryId, Ended>,
    pub(crate) paused: BTreeMap<CheckName, bool>,
    pub(crate) latest: BTreeMap<CheckName, ResultRow>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) results: usize,
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
                self.transitions.push(transition.clone());
            }
            Change::PutAlert(record) => {
                self.alerts.insert(record.key.clone(), record.clone());
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
                self.outbox.remove(id);
                assert!(self.ended.insert(*id, ended.clone()).is_none(), "{id} ended twice");
            }
            Change::PutPaused { check, paused } => {
                self.paused.insert(check.clone(), *paused);
            }
            Change::Decision(decision) => {
                self.sequence(decision.sequence);
                self.decisions.push(decision.clone());
            }
            Change::Kv(_) | Change::AcceptSnapshot(_) => {}
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
            next_delivery: self.next_delivery,
            next_sequence: self.next_sequence,
        }
    }
}
