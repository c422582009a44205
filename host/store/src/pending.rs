//! What waits to be written, in order and in bounded memory. It can grow only while the database fails. Then the oldest
//! results that were not promised to anybody are dropped and counted, and never anything else.

use std::collections::{BTreeMap, VecDeque};

use watchkeep_core::commit::{Change, Commit, KvScope, KvWrite, Urgency};
use watchkeep_core::ids::CommitId;

use crate::apply::Work;

#[derive(Default)]
pub(crate) struct Pending {
    /// Key-value writes of commits that were dropped, the last one for each key. They are older than all of `works`.
    kept_kv: BTreeMap<(KvScope, String), KvWrite>,
    works: VecDeque<Work>,
    /// The number of results in those `works` that may be dropped, which are the ones that hold nothing but results and
    /// key-value writes.
    droppable: usize,
    changes: usize,
    urgent: usize,
}

impl Pending {
    pub(crate) fn push(&mut self, work: Work) {
        self.changes += changes(&work);
        self.droppable += droppable_results(&work).unwrap_or(0);
        self.urgent += usize::from(is_urgent(&work));
        self.works.push_back(work);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.works.is_empty() && self.kept_kv.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.works.len()
    }

    pub(crate) fn changes(&self) -> usize {
        self.changes
    }

    /// Whether something waits that must not wait for more.
    pub(crate) fn is_urgent(&self) -> bool {
        self.urgent > 0
    }

    /// How many of the oldest works make one transaction: as many as fit, but at least one.
    pub(crate) fn batch(&self, changes_max: usize) -> usize {
        let mut total = 0;
        let fit = self.works.iter().take_while(|work| {
            total += changes(work);
            total <= changes_max
        });
        fit.count().max(1).min(self.works.len())
    }

    /// The key-value writes of dropped commits, as a work to be written before all others.
    pub(crate) fn kept(&self) -> Option<Work> {
        if self.kept_kv.is_empty() {
            return None;
        }
        let changes = self.kept_kv.values().cloned().map(Change::Kv).collect();
        Some(Work::Commit(Commit { id: CommitId(0), epoch: 0, urgency: Urgency::Batch, changes }))
    }

    pub(crate) fn oldest(&self, count: usize) -> impl Iterator<Item = &Work> {
        self.works.iter().take(count)
    }

    /// Notes that the oldest works are durable, and with them what was kept. Returns the last commit among them.
    pub(crate) fn written(&mut self, count: usize) -> Option<CommitId> {
        self.kept_kv.clear();
        let mut last = None;
        for work in self.works.drain(..count) {
            self.changes -= changes(&work);
            self.droppable -= droppable_results(&work).unwrap_or(0);
            self.urgent -= usize::from(is_urgent(&work));
            if let Work::Commit(commit) = work {
                last = Some(commit.id);
            }
        }
        last
    }

    /// Drops the oldest results until at most `results_max` droppable ones are left, and returns how many it dropped.
    /// Their key-value writes are kept, because later runs have seen them.
    pub(crate) fn shed(&mut self, results_max: usize) -> u64 {
        if self.droppable <= results_max {
            return 0;
        }
        let mut excess = self.droppable - results_max;
        let mut dropped = 0;
        let mut left = VecDeque::with_capacity(self.works.len());
        for work in std::mem::take(&mut self.works) {
            match droppable_results(&work) {
                Some(results) if excess > 0 && results > 0 => {
                    self.changes -= changes(&work);
                    self.urgent -= usize::from(is_urgent(&work));
                    self.droppable -= results;
                    excess = excess.saturating_sub(results);
                    dropped += results as u64;
                    self.keep_kv(work);
                }
                _ => left.push_back(work),
            }
        }
        self.works = left;
        dropped
    }

    fn keep_kv(&mut self, work: Work) {
        let Work::Commit(commit) = work else { return };
        for change in commit.changes {
            if let Change::Kv(write) = change {
                self.kept_kv.insert((write.scope.clone(), write.key.clone()), write);
            }
        }
    }
}

fn changes(work: &Work) -> usize {
    match work {
        Work::Commit(commit) => commit.changes.len(),
        Work::PutGeneration(_) | Work::RemoveGeneration(_) | Work::PutMark(_) | Work::RemoveMark(..) => 1,
    }
}

fn is_urgent(work: &Work) -> bool {
    match work {
        Work::Commit(commit) => commit.urgency == Urgency::AtOnce,
        Work::PutGeneration(_) | Work::RemoveGeneration(_) => false,
        // After a crash, an operator who approved a file must not be asked again, nor a bad file be tried again.
        Work::PutMark(_) | Work::RemoveMark(..) => true,
    }
}

/// How many results the work holds, if it holds nothing that must be kept.
fn droppable_results(work: &Work) -> Option<usize> {
    let Work::Commit(commit) = work else { return None };
    let mut results = 0;
    for change in &commit.changes {
        match change {
            Change::Result(_) => results += 1,
            Change::Kv(_) => {}
            Change::Transition(_)
            | Change::PutAlert(_)
            | Change::RemoveAlert(_)
            | Change::PutGroup(_)
            | Change::RemoveGroup(_)
            | Change::PutDelivery(_)
            | Change::EndDelivery { .. }
            | Change::PutPaused { .. }
            | Change::AcceptSnapshot(_)
            | Change::Decision(_)
            | Change::PutWindow(_)
            | Change::RemoveWindow(_)
            | Change::PutHeartbeat { .. }
            | Change::RemoveHeartbeat(_)
            | Change::KnowEvents { .. }
            | Change::ForgetEvents { .. }
            | Change::PutAction(_)
            | Change::Access(_)
            | Change::Note(_)
            | Change::Marker(_)
            | Change::Subscriber(_)
            | Change::Audit(_) => return None,
        }
    }
    Some(results)
}
