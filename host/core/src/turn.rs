//! One call of `step`: what it changes is noted as it goes, and becomes one commit at the end. An alert, a group
//! or an outbox row that changed several times is written once.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::alert::{AlertKey, AlertRecord};
use crate::commit::{Change, Commit, Decision, Transition, TransitionKind, Urgency};
use crate::delivery::{DeliveryRecord, Ended};
use crate::effect::{Effect, StartDelivery};
use crate::group::GroupKey;
use crate::ids::{AlertId, CheckName, CommitId, DeliveryId, ReceiverName};
use crate::reason::Reason;
use crate::report::State as CheckState;
use crate::state::State;
use crate::time::Now;
use crate::view::Update;

pub(crate) struct Turn<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) now: Now,
    pub(crate) effects: &'a mut Vec<Effect>,
    changes: Vec<Change>,
    urgency: Urgency,
    alerts: BTreeSet<AlertKey>,
    groups: BTreeSet<GroupKey>,
    deliveries: BTreeSet<DeliveryId>,
    /// Whose queue may have something to attempt.
    receivers: BTreeSet<ReceiverName>,
    begun: Vec<(Arc<DeliveryRecord>, u32)>,
    /// Checks whose parents, or the witness, changed.
    pub(crate) look_again: BTreeSet<CheckName>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(state: &'a mut State, now: Now, effects: &'a mut Vec<Effect>) -> Self {
        Self {
            state,
            now,
            effects,
            changes: Vec::new(),
            urgency: Urgency::Batch,
            alerts: BTreeSet::new(),
            groups: BTreeSet::new(),
            deliveries: BTreeSet::new(),
            receivers: BTreeSet::new(),
            begun: Vec::new(),
            look_again: BTreeSet::new(),
        }
    }
    pub(crate) fn sequence(&mut self) -> u64 {
        let sequence = self.state.next_sequence;
        self.state.next_sequence += 1;
        sequence
    }
    /// A change that may wait for company.
    pub(crate) fn note(&mut self, change: Change) {
        self.changes.push(change);
    }
    /// A change that closes the batch.
    pub(crate) fn note_at_once(&mut self, change: Change) {
        self.urgency = Urgency::AtOnce;
        self.changes.push(change);
    }
    pub(crate) fn publish(&mut self, update: Update) {
        self.effects.push(Effect::Publish(update));
    }
    /// The alert's record changed in a way that may wait for company.
    pub(crate) fn alert_changed(&mut self, key: &AlertKey) {
        if !self.alerts.contains(key) {
            self.alerts.insert(key.clone());
        }
    }
    /// The alert's record changed in a way that must be kept at once: a person did something, or a wait began.
    pub(crate) fn alert_changed_at_once(&mut self, key: &AlertKey) {
        self.urgency = Urgency::AtOnce;
        self.alert_changed(key);
    }
    pub(crate) fn is_alert_touched(&self, key: &AlertKey) -> bool {
        self.alerts.contains(key)
    }
    pub(crate) fn group_changed(&mut self, key: &GroupKey) {
        self.urgency = Urgency::AtOnce;
        if !self.groups.contains(key) {
            self.groups.insert(key.clone());
        }
    }
    pub(crate) fn delivery_changed(&mut self, id: DeliveryId, receiver: &ReceiverName) {
        self.urgency = Urgency::AtOnce;
        self.deliveries.insert(id);
        self.receiver_woken(receiver);
    }
    pub(crate) fn receiver_woken(&mut self, receiver: &ReceiverName) {
        if !self.receivers.contains(receiver) {
            self.receivers.insert(receiver.clone());
        }
    }
    pub(crate) fn begin(&mut self, record: Arc<DeliveryRecord>, attempt: u32) {
        self.begun.push((record, attempt));
    }
    pub(crate) fn decide(&mut self, key: &AlertKey, alert: Option<AlertId>, reason: Reason) {
        let decision =
            Decision { at: self.now.wall, sequence: self.sequence(), key: key.clone(), alert, reason };
        self.note(Change::Decision(decision));
    }
    pub(crate) fn transition(&mut self, record: &AlertRecord, kind: TransitionKind, state: CheckState) {
        let transition = Transition {
            at: self.now.wall,
            sequence: self.sequence(),
            key: record.key.clone(),
            alert: record.id.clone(),
            kind,
            state,
            summary: record.summary.clone(),
        };
        self.note_at_once(Change::Transition(transition));
    }
    /// A delivery is over.
    pub(crate) fn end_delivery(&mut self, id: DeliveryId, ended: Ended) {
        let Some(row) = self.state.outbox.remove(id) else { return };
        self.deliveries.remove(&id);
        self.receiver_woken(&row.record.notification.receiver);
        self.note_at_once(Change::EndDelivery { id, ended: ended.clone() });
        self.publish(Update::DeliveryEnded { delivery: row.record, ended });
    }

    /// Begins what may begin, writes the commit, and says when to come back.
    pub(crate) fn finish(mut self) {
        self.tell_families();
        while let Some(receiver) = self.receivers.pop_first() {
            self.attempt_what_is_due(&receiver);
        }
        self.drain_starts();
        self.write_changed();
        self.commit();
        self.wake();
    }

    fn write_changed(&mut self) {
        for key in std::mem::take(&mut self.alerts) {
            match self.state.alerts.get(&key) {
                Some(alert) => {
                    let record = Arc::new(alert.record.clone());
                    self.changes.push(Change::PutAlert(Arc::clone(&record)));
                    self.effects.push(Effect::Publish(Update::Alert(record)));
                }
                None => {
                    self.changes.push(Change::RemoveAlert(key.clone()));
                    self.effects.push(Effect::Publish(Update::AlertClosed(key)));
                }
            }
        }
        for key in std::mem::take(&mut self.groups) {
            match self.state.groups.get(&key) {
                Some(group) => {
                    self.changes.push(Change::PutGroup(group.record.clone()));
                    let record = Arc::new(group.record.clone());
                    self.effects.push(Effect::Publish(Update::Group(record)));
                }
                None => {
                    self.changes.push(Change::RemoveGroup(key.clone()));
                    self.effects.push(Effect::Publish(Update::GroupClosed(key)));
                }
            }
        }
        for id in std::mem::take(&mut self.deliveries) {
            if let Some(row) = self.state.outbox.get(id) {
                self.changes.push(Change::PutDelivery(DeliveryRecord::clone(&row.record)));
                self.effects.push(Effect::Publish(Update::Delivery(Arc::clone(&row.record))));
            }
        }
    }

    fn commit(&mut self) {
        if self.changes.is_empty() {
            debug_assert!(self.begun.is_empty(), "an attempt begins with a change to its outbox row");
            return;
        }
        self.state.last_commit += 1;
        let id = CommitId(self.state.last_commit);
        let changes = std::mem::take(&mut self.changes);
        self.effects.push(Effect::Commit(Commit { id, epoch: 0, urgency: self.urgency, changes }));
        for (delivery, attempt) in self.begun.drain(..) {
            self.effects.push(Effect::StartDelivery(StartDelivery { after: id, delivery, attempt }));
        }
    }

    fn wake(&mut self) {
        let next = self.state.next_wake();
        if next != self.state.asked_wake {
            self.state.asked_wake = next;
            if let Some(at) = next {
                self.effects.push(Effect::WakeAt(at));
            }
        }
    }
}
