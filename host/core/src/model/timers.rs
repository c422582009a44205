//! All timers, in one binary heap on the monotonic clock. Whoever arms a timer keeps an `Armed`. An entry whose token
//! is no longer its owner's is stale, and is dropped when it comes up; so no entry is ever searched for.

use std::cmp::Ordering;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::ids::{DeliveryId, ReceiverName};
use crate::model::keys::{AlertKey, GroupKey, Slot};
use crate::time::Mono;

/// What is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// A check's next start, or its opening.
    Start(Slot),
    /// A check should have been judged by now.
    Judged(Slot),
    /// An alert is looked at: a hold ends, or a reminder is due.
    Alert(Box<AlertKey>),
    /// An alert whose check has actions is looked at: one of them is due, or may act again.
    Act(Box<AlertKey>),
    /// A group is told.
    Group(Box<GroupKey>),
    /// A receiver's next attempt.
    Receiver(ReceiverName),
    /// A delivery that fails may have to go to a fallback.
    Fallback(DeliveryId),
    /// A silence or maintenance window opens or closes.
    Windows,
    /// The host checks its own health.
    Health,
    /// The host says that it is alive.
    DeadManSignal,
}

/// A timer as its owner knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Armed {
    pub(crate) at: Mono,
    token: u64,
}

#[derive(Debug)]
struct Entry {
    at: Mono,
    token: u64,
    timer: Timer,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.token == other.token
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// Orders by time, and timers of the same time by when they were armed.
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.token).cmp(&(other.at, other.token))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Entry>>,
    next_token: u64,
}

impl Timers {
    /// Sets the owner's timer to `at`, whatever it was before.
    pub(crate) fn arm(&mut self, armed: &mut Option<Armed>, at: Mono, timer: Timer) {
        if armed.is_some_and(|armed| armed.at == at) {
            return;
        }
        let token = self.next_token;
        self.next_token += 1;
        self.heap.push(Reverse(Entry { at, token, timer }));
        *armed = Some(Armed { at, token });
    }
    pub(crate) fn next(&self) -> Option<(Mono, &Timer, u64)> {
        self.heap.peek().map(|Reverse(entry)| (entry.at, &entry.timer, entry.token))
    }
    pub(crate) fn pop(&mut self) -> Option<(Timer, u64)> {
        self.heap.pop().map(|Reverse(entry)| (entry.timer, entry.token))
    }
}

impl Armed {
    pub(crate) fn is(self, token: u64) -> bool {
        self.token == token
    }
}
