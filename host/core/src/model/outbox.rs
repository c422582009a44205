//! Deliveries that have not ended, by receiver, and for each receiver in lanes. There is a lane for each alert or
//! group, and it keeps its order (rule D4): only the first row of a lane is attempted. A lane that waits holds up no
//! other.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use crate::ids::{DeliveryId, ReceiverName};
use crate::model::clock::Elapsed;
use crate::model::delivery::{DeliveryRecord, DeliveryStatus, Fallback};
use crate::model::keys::DeliverySubject;
use crate::model::table::Table;
use crate::model::timers::Armed;
use crate::time::Mono;

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) record: Arc<DeliveryRecord>,
    /// `status` on the monotonic clock; meaningless while an attempt is under way.
    pub(crate) not_before: Mono,
    /// When the delivery is given up.
    pub(crate) deadline: Mono,
    /// Since when the row could have been sent.
    pub(crate) ready: Elapsed,
    /// `failing_since` on the monotonic clock.
    pub(crate) failing: Option<Elapsed>,
    /// Comes up when the row's fallback is due.
    pub(crate) timer: Option<Armed>,
}

impl Row {
    pub(crate) fn is_untried(&self) -> bool {
        self.record.attempts == 0
    }
    /// Whether the row tells of alerts that fire. If so, they count as told, or about to be told.
    pub(crate) fn tells_of_firing(&self) -> bool {
        self.record.notification.kind.tells_of_firing()
    }
    pub(crate) fn is_under_way(&self) -> bool {
        matches!(self.record.status, DeliveryStatus::Attempting { .. })
    }
}

/// What waits for one receiver.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    lanes: BTreeMap<DeliverySubject, VecDeque<DeliveryId>>,
    /// The first rows of lanes without an attempt under way, by the moment at which they may be attempted.
    ready: BTreeSet<(Mono, DeliveryId)>,
    pub(crate) under_way: u32,
    /// Attempts begun within the last minute, for the rate.
    pub(crate) begun: VecDeque<Mono>,
    /// Since when no attempt got through, if the last one did not.
    pub(crate) failing: Option<Elapsed>,
    /// Attempts that failed since one got through.
    pub(crate) failures: u32,
    /// No attempt begins before this: the service asked for a pause, or has failed so often that it is only probed.
    pub(crate) quiet_until: Mono,
    pub(crate) timer: Option<Armed>,
}

pub(crate) const RATE_SPAN: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    rows: Table<DeliveryId, Row>,
    queues: BTreeMap<ReceiverName, Queue>,
}

impl Outbox {
    pub(crate) fn get(&self, id: DeliveryId) -> Option<&Row> {
        self.rows.get(&id)
    }
    pub(crate) fn get_mut(&mut self, id: DeliveryId) -> Option<&mut Row> {
        self.rows.get_mut(&id)
    }
    /// A row that this call of `step` knows to be there.
    pub(crate) fn at_hand(&self, id: DeliveryId) -> Option<&Row> {
        self.rows.at_hand(&id)
    }
    pub(crate) fn at_hand_mut(&mut self, id: DeliveryId) -> Option<&mut Row> {
        self.rows.at_hand_mut(&id)
    }
    pub(crate) fn lost(&self) -> u64 {
        self.rows.lost()
    }
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }
    pub(crate) fn queue(&mut self, receiver: &ReceiverName) -> &mut Queue {
        self.queues.entry(receiver.clone()).or_default()
    }
    pub(crate) fn timer(&self, receiver: &ReceiverName) -> Option<Armed> {
        self.queues.get(receiver)?.timer
    }
    /// Rows for one receiver, oldest first.
    pub(crate) fn of(&self, receiver: &ReceiverName) -> Vec<DeliveryId> {
        let lanes = self.queues.get(receiver).into_iter().flat_map(|queue| queue.lanes.values());
        let mut ids: Vec<DeliveryId> = lanes.flatten().copied().collect();
        ids.sort_unstable();
        ids
    }
    /// When the fallback of a row is due, unless an attempt succeeds before. `None` while nothing fails, and when there
    /// is no fallback left to tell.
    pub(crate) fn falls_back_at(&self, id: DeliveryId, alone: Duration) -> Option<Mono> {
        let row = self.rows.get(&id)?;
        match row.record.fallback {
            Fallback::NotAsked => {}
            Fallback::Told | Fallback::IsOne => return None,
        }
        let queue = self.queues.get(&row.record.notification.receiver)?;
        let own = row.failing.map(|failing| failing.reaches(alone));
        let behind = queue.failing.map(|failing| failing.reaches(alone).max(row.ready.reaches(alone)));
        match (own, behind) {
            (Some(own), Some(behind)) => Some(own.min(behind)),
            (own, behind) => own.or(behind),
        }
    }
    /// All receivers for whom anything ever waited.
    pub(crate) fn receivers(&self) -> impl Iterator<Item = &ReceiverName> {
        self.queues.keys()
    }
    /// Puts a row at the end of its lane.
    pub(crate) fn push(&mut self, row: Row) {
        let id = row.record.id;
        let queue = self.queues.entry(row.record.notification.receiver.clone()).or_default();
        let lane = queue.lanes.entry(row.record.subject.clone()).or_default();
        lane.push_back(id);
        if lane.len() == 1 {
            queue.ready.insert((row.not_before, id));
        }
        self.rows.insert(id, row);
    }
    /// Takes a row out, and makes the next row of its lane the first.
    pub(crate) fn remove(&mut self, id: DeliveryId) -> Option<Row> {
        let row = self.rows.remove(&id)?;
        let queue = self.queues.get_mut(&row.record.notification.receiver)?;
        queue.ready.remove(&(row.not_before, id));
        let lane = queue.lanes.get_mut(&row.record.subject)?;
        let was_head = lane.front() == Some(&id);
        lane.retain(|other| *other != id);
        match lane.front() {
            Some(head) if was_head => {
                // After a rename, an attempt may be under way for a row that was not the first.
                if let Some(row) = self.rows.get(head).filter(|row| !row.is_under_way()) {
                    queue.ready.insert((row.not_before, *head));
                }
            }
            Some(_) => {}
            None => {
                queue.lanes.remove(&row.record.subject);
            }
        }
        Some(row)
    }
    /// The lane's rows, oldest first.
    pub(crate) fn lane(
        &self,
        receiver: &ReceiverName,
        subject: &DeliverySubject,
    ) -> impl DoubleEndedIterator<Item = &Row> {
        let lane = self.queues.get(receiver).and_then(|queue| queue.lanes.get(subject));
        lane.into_iter().flatten().filter_map(|id| self.rows.get(id))
    }
    /// Moves what waits in one lane to another name, as when a check is renamed.
    pub(crate) fn rename_lane(
        &mut self,
        receiver: &ReceiverName,
        from: &DeliverySubject,
        to: DeliverySubject,
    ) -> Vec<DeliveryId> {
        let Some(queue) = self.queues.get_mut(receiver) else { return Vec::new() };
        let Some(lane) = queue.lanes.remove(from) else { return Vec::new() };
        let ids: Vec<DeliveryId> = lane.iter().copied().collect();
        for id in &ids {
            if let Some(row) = self.rows.get_mut(id) {
                Arc::make_mut(&mut row.record).subject = to.clone();
            }
        }
        match queue.lanes.entry(to) {
            Entry::Vacant(vacant) => {
                vacant.insert(lane);
            }
            // Something waits under that name already. The rows that are moved come after it.
            Entry::Occupied(mut occupied) => {
                queue.ready.retain(|(_, id)| !ids.contains(id));
                occupied.get_mut().extend(lane);
            }
        }
        ids
    }
}

impl Queue {
    /// The row that may be attempted first, and when.
    pub(crate) fn first(&self) -> Option<(Mono, DeliveryId)> {
        self.ready.first().copied()
    }
    pub(crate) fn take_first(&mut self) {
        self.ready.pop_first();
    }
    /// An attempt ended, and the delivery did not: the row waits again.
    pub(crate) fn wait_again(&mut self, id: DeliveryId, subject: &DeliverySubject, not_before: Mono) {
        if self.lanes.get(subject).and_then(VecDeque::front) == Some(&id) {
            self.ready.insert((not_before, id));
        }
    }
}
