//! One call of `step`. What it changes is noted as it goes, and becomes one commit at the end. An alert, a group or an
//! outbox row that changed several times is written once.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::action::Occasion;
use crate::ids::{AlertId, CheckName, CommitId, DeliveryId, OccasionId, ReceiverName};
use crate::model::alert::{AlertRecord, EndedLife};
use crate::model::commit::{Change, Commit, Decision, Transition, TransitionKind, Urgency};
use crate::model::delivery::{DeliveryRecord, Ended};
use crate::model::effect::{Effect, StartAction, StartDelivery};
use crate::model::keys::{AlertKey, GroupKey, Slot};
use crate::model::recovery::{ActionRecord, ActionSpec};
use crate::model::state::State;
use crate::model::timers::Timer;
use crate::model::view::Update;
use crate::reason::Reason;
use crate::report::State as CheckState;
use crate::rules::{recovery, view};
use crate::time::{Mono, Now};

pub(crate) struct Transaction<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) now: Now,
    pub(crate) effects: &'a mut Vec<Effect>,
    changes: Vec<Change>,
    urgency: Urgency,
    alerts: BTreeSet<AlertKey>,
    groups: BTreeSet<GroupKey>,
    deliveries: BTreeSet<DeliveryId>,
    actions: BTreeSet<OccasionId>,
    /// Lives that ended. Whoever was told of them is owed the resolve.
    pub(crate) ended: VecDeque<EndedLife>,
    /// Checks whose parents, or the witness, changed.
    pub(crate) look_again: BTreeSet<CheckName>,
    /// Alerts for which an action may be due now.
    pub(crate) act: OrderedSet<AlertKey>,
    /// Alerts about which something may be owed now.
    pub(crate) tell: OrderedSet<AlertKey>,
    /// Groups whose moment has come.
    pub(crate) flush: OrderedSet<GroupKey>,
    /// Receivers whose queue may have something to attempt.
    pub(crate) receivers: BTreeSet<ReceiverName>,
    begun: Vec<(Arc<DeliveryRecord>, u32)>,
    acting: Vec<(Arc<ActionRecord>, Arc<ActionSpec>, Arc<Occasion>)>,
}

impl<'a> Transaction<'a> {
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
            actions: BTreeSet::new(),
            ended: VecDeque::new(),
            look_again: BTreeSet::new(),
            act: OrderedSet::default(),
            tell: OrderedSet::default(),
            flush: OrderedSet::default(),
            receivers: BTreeSet::new(),
            begun: Vec::new(),
            acting: Vec::new(),
        }
    }
    pub(crate) fn sequence(&mut self) -> u64 {
        let sequence = self.state.next_sequence;
        self.state.next_sequence += 1;
        sequence
    }
    /// Notes a change that may wait for other commits.
    pub(crate) fn note(&mut self, change: Change) {
        self.changes.push(change);
    }
    /// Notes a change that closes the store's batch.
    pub(crate) fn note_at_once(&mut self, change: Change) {
        self.urgency = Urgency::AtOnce;
        self.changes.push(change);
    }
    pub(crate) fn publish(&mut self, update: Update) {
        self.effects.push(Effect::Publish(update));
    }
    /// Notes that the alert's record changed, in a way that may wait for other commits.
    pub(crate) fn alert_changed(&mut self, key: &AlertKey) {
        if !self.alerts.contains(key) {
            self.alerts.insert(key.clone());
        }
    }
    /// Notes that the alert's record changed, in a way that must be stored at once: a person did something, or a wait
    /// began.
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
    /// Notes that a decision to act is new, or came to something: stored at once, before anything acts on it.
    pub(crate) fn action_changed(&mut self, id: &OccasionId) {
        self.urgency = Urgency::AtOnce;
        self.actions.insert(id.clone());
    }
    /// Marks an alert for which an action may be due, for the stage that acts. Most checks name no action.
    pub(crate) fn mark_to_act(&mut self, key: &AlertKey) {
        if recovery::check_of(self.state, key).is_some() {
            self.act.mark(key);
        }
    }
    /// Marks every open alert, since what holds actions back may have changed.
    pub(crate) fn act_all(&mut self) {
        let keys: Vec<AlertKey> = self.state.alerts.keys().cloned().collect();
        keys.iter().for_each(|key| self.mark_to_act(key));
    }
    /// Looks at the alert's actions again at `at`, or earlier if that was asked for before.
    pub(crate) fn arm_acts(&mut self, key: &AlertKey, at: Mono) {
        let Some(alert) = self.state.alerts.at_hand_mut(key) else { return };
        if alert.acts.is_none_or(|armed| at < armed.at) {
            self.state.timers.arm(&mut alert.acts, at, Timer::Act(Box::new(key.clone())));
        }
    }
    /// The action's plugin is called once this turn is durable.
    pub(crate) fn begin_action(
        &mut self,
        record: Arc<ActionRecord>,
        spec: Arc<ActionSpec>,
        occasion: Arc<Occasion>,
    ) {
        self.acting.push((record, spec, occasion));
    }
    /// Marks an alert about which something may be owed, for the stage that tells.
    pub(crate) fn mark_to_tell(&mut self, key: &AlertKey) {
        self.tell.mark(key);
    }
    /// Marks the children of the alert's check, to be looked at again at the end of this turn: the alert began, ended
    /// or changed its level.
    pub(crate) fn dependants_look_again(&mut self, key: &AlertKey) {
        match key {
            AlertKey::Check(check) | AlertKey::Finding(check, _) => {
                if let Some(children) = self.state.dependencies.children.get(check) {
                    self.look_again.extend(children.iter().cloned());
                }
            }
            AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {}
        }
    }
    /// Marks everything that lies beyond the witness, to be looked at again.
    pub(crate) fn all_beyond_look_again(&mut self) {
        self.look_again.extend(self.state.dependencies.beyond.iter().cloned());
    }
    pub(crate) fn publish_check(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get(slot) else { return };
        let view = view::view(check, self.state.presence(&check.spec.plugin));
        self.publish(Update::Check(view));
    }
    /// Looks at the alert again at `at`, or earlier if that was asked for before.
    pub(crate) fn arm_alert(&mut self, key: &AlertKey, at: Mono) {
        let Some(alert) = self.state.alerts.at_hand_mut(key) else { return };
        if alert.timer.is_none_or(|armed| at < armed.at) {
            self.state.timers.arm(&mut alert.timer, at, Timer::Alert(Box::new(key.clone())));
        }
    }
    /// Marks every firing alert, so that it is told where it now belongs and was not told yet.
    pub(crate) fn tell_all(&mut self) {
        let keys: Vec<AlertKey> = self.state.alerts.keys().cloned().collect();
        keys.iter().for_each(|key| self.mark_to_tell(key));
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

    /// Whether no stage has anything left to do.
    pub(crate) fn is_settled(&self) -> bool {
        self.ended.is_empty()
            && self.look_again.is_empty()
            && self.act.is_empty()
            && self.tell.is_empty()
            && self.flush.is_empty()
            && self.receivers.is_empty()
    }
    /// Writes the commit, and asks to be woken for the next timer.
    pub(crate) fn finish(mut self) {
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
        let actions = std::mem::take(&mut self.actions);
        if !actions.is_empty() {
            self.write_actions(actions);
        }
    }

    fn write_actions(&mut self, actions: BTreeSet<OccasionId>) {
        for id in actions {
            if let Some(act) = self.state.actions.get(&id) {
                self.changes.push(Change::PutAction(Arc::clone(&act.record)));
                self.effects.push(Effect::Publish(Update::Action(Arc::clone(&act.record))));
            }
        }
        // What is over and counts towards no limit any more stays in the store's history alone.
        let now = self.now.mono;
        let actions = self.state.setup.actions.values();
        let memory = actions.map(|action| action.memory()).max().unwrap_or_default();
        let open: BTreeSet<AlertId> =
            self.state.alerts.values().map(|alert| alert.record.id.clone()).collect();
        self.state.actions.forget(|act| {
            let mut since = [act.began, act.ended].into_iter().flatten();
            let counts = since.any(|since| since.reaches(memory) > now);
            !act.record.is_over() || open.contains(&act.record.alert) || counts
        });
    }

    fn commit(&mut self) {
        if self.changes.is_empty() {
            debug_assert!(self.begun.is_empty(), "an attempt begins with a change to its outbox row");
            debug_assert!(self.acting.is_empty(), "an action begins with a record of it");
            return;
        }
        self.state.last_commit += 1;
        let id = CommitId(self.state.last_commit);
        let changes = std::mem::take(&mut self.changes);
        self.effects.push(Effect::Commit(Commit { id, epoch: 0, urgency: self.urgency, changes }));
        for (delivery, attempt) in self.begun.drain(..) {
            self.effects.push(Effect::StartDelivery(StartDelivery { after: id, delivery, attempt }));
        }
        for (record, spec, occasion) in self.acting.drain(..) {
            self.effects.push(Effect::StartAction(StartAction { after: id, record, spec, occasion }));
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

/// What is left to do: each item once, in the order in which it came up.
#[derive(Debug)]
pub(crate) struct OrderedSet<T> {
    waiting: VecDeque<T>,
    known: BTreeSet<T>,
}

impl<T> Default for OrderedSet<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), known: BTreeSet::new() }
    }
}

impl<T: Ord + Clone> OrderedSet<T> {
    pub(crate) fn mark(&mut self, it: &T) {
        if self.known.insert(it.clone()) {
            self.waiting.push_back(it.clone());
        }
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
    pub(crate) fn next(&mut self) -> Option<T> {
        let next = self.waiting.pop_front()?;
        self.known.remove(&next);
        Some(next)
    }
}
