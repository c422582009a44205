//! What is remembered of events (rule A10): which were told, how many lately, and what services called their threads.
//! The last is not stored, so a thread begins anew after a restart.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{CheckName, ReceiverName, short_hash};
use crate::model::message::Earlier;
use crate::time::{Mono, Wall};

/// Ids remembered for one check; the oldest go first.
const KNOWN_MAX: usize = 10_000;

/// At most this many events of one check are told one by one in each `FLOOD_SPAN`; those beyond make a digest.
const SINGLE_MAX: u32 = 20;

const FLOOD_SPAN: Duration = Duration::from_secs(600);

/// An id that no plugin can report. It is remembered to say that the check has reported before.
pub(crate) const BASELINE: &str = "";

/// What is remembered of a check's events.
#[derive(Debug, Default)]
pub(crate) struct KnownEvents {
    /// When the check reported for the first time. Stored as an id, [`BASELINE`].
    reported: Option<Wall>,
    ids: BTreeMap<String, Wall>,
    told_since: Option<Mono>,
    told: u32,
}

impl KnownEvents {
    pub(crate) fn remember(&mut self, id: String, at: Wall) {
        match id.as_str() {
            BASELINE => self.reported = Some(at),
            _ => drop(self.ids.insert(id, at)),
        }
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Whether the check has reported before.
    pub(crate) fn has_baseline(&self) -> bool {
        self.reported.is_some()
    }
    /// When the event was reported last.
    pub(crate) fn get(&self, id: &str) -> Option<Wall> {
        self.ids.get(id).copied()
    }
    /// All that is remembered, to be kept under another name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Wall)> {
        let baseline = self.reported.map(|at| (BASELINE, at));
        baseline.into_iter().chain(self.ids.iter().map(|(id, at)| (id.as_str(), *at)))
    }
    fn len(&self) -> usize {
        self.ids.len() + usize::from(self.has_baseline())
    }
    /// Drops what was remembered long enough, and the oldest beyond the bound.
    pub(crate) fn forget(&mut self, memory: Duration, now: Wall) -> Vec<String> {
        let is_old = |at: Wall| now.since(at) > memory;
        let mut forgotten: Vec<String> =
            self.ids.iter().filter(|(_, at)| is_old(**at)).map(|(id, _)| id.clone()).collect();
        let left = self.len() - forgotten.len();
        if left > KNOWN_MAX {
            let mut ages: Vec<(Wall, &String)> =
                self.ids.iter().filter(|(_, at)| !is_old(**at)).map(|(id, at)| (*at, id)).collect();
            ages.sort_unstable();
            forgotten.extend(ages.into_iter().take(left - KNOWN_MAX).map(|(_, id)| id.clone()));
        }
        for id in &forgotten {
            self.ids.remove(id);
        }
        forgotten
    }
    /// Whether `wanted` may be told one by one now.
    pub(crate) fn room(&mut self, wanted: usize, now: Mono) -> bool {
        if self.told_since.is_none_or(|since| since + FLOOD_SPAN <= now) {
            self.told_since = Some(now);
            self.told = 0;
        }
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        if self.told.saturating_add(wanted) > SINGLE_MAX {
            return false;
        }
        self.told += wanted;
        true
    }
}

/// The id that a service gave the last message of a thread of events; the next message follows it. Bounded, and lost in
/// a restart, after which a thread begins anew.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    ids: BTreeMap<String, (u64, String)>,
    next: u64,
}

impl Threads {
    const MAX: usize = 2_000;

    pub(crate) fn remember(&mut self, dedup_key: &str, service_id: &str) {
        self.next += 1;
        self.ids.insert(dedup_key.to_owned(), (self.next, service_id.to_owned()));
        if self.ids.len() > Self::MAX
            && let Some(oldest) = self.ids.iter().min_by_key(|(_, (age, _))| *age).map(|(key, _)| key.clone())
        {
            self.ids.remove(&oldest);
        }
    }
    pub(crate) fn earlier(&self, dedup_key: &str) -> Earlier {
        match self.ids.get(dedup_key) {
            Some((_, service_id)) => Earlier::Told { service_id: Some(service_id.clone()) },
            None => Earlier::Nothing,
        }
    }
}

/// The same for all events of one thread to one receiver.
pub(crate) fn dedup_key(check: &CheckName, thread: &str, receiver: &ReceiverName) -> String {
    let parts = [check.as_str().as_bytes(), thread.as_bytes(), receiver.as_str().as_bytes(), b"event"];
    format!("wk-{}", short_hash(&parts))
}
