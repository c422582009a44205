//! Groups (rules R1-R3): alerts that share a route and group labels are told together. A group's timers are
//! stored with the transition that set them, the outbox row is made at the flush.

use std::collections::BTreeMap;

use crate::ids::{AlertId, ReceiverName, short_hash};
use crate::model::alert::Told;
use crate::model::clock::Elapsed;
use crate::model::delivery::AlertNotice;
use crate::model::keys::AlertKey;
pub use crate::model::keys::GroupKey;
use crate::model::timers::Armed;
use crate::time::{Mono, Now, Wall};

/// At most this many alerts are in one message; further news follows in the next one.
pub(crate) const MESSAGE_ALERTS_MAX: usize = 50;

/// An open group: its record, and what is rebuilt after a restart.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) record: GroupRecord,
    /// `record.last_flush` on the monotonic clock.
    pub(crate) flushed: Option<Elapsed>,
    /// When each receiver was told last: reminders count from there.
    pub(crate) told_since: BTreeMap<ReceiverName, Elapsed>,
    /// `record.flush_at` on the monotonic clock.
    pub(crate) timer: Option<Armed>,
    pub(crate) flush_due: Option<Mono>,
}

/// One life of a group: from its first member to the resolve of its last.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupRecord {
    pub key: GroupKey,
    /// When this life began. It makes the dedup key differ from those of earlier lives.
    pub began: Wall,
    /// When the group is told next; `None` if nothing is due.
    pub flush_at: Option<Wall>,
    /// When its members were last told as a whole.
    pub last_flush: Option<Wall>,
    pub members: Vec<Member>,
    /// Receivers that were told, or may have been, in this life.
    pub told: Vec<GroupTold>,
}

/// A receiver to which at least one attempt was begun in this life of the group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupTold {
    pub receiver: ReceiverName,
    /// When the last attempt began: reminders count from here.
    pub at: Wall,
    /// What `deliver` returned last.
    pub service_id: Option<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    pub key: AlertKey,
    pub alert: AlertId,
    /// Set once the member resolved. It leaves the group when its resolve was told.
    pub resolved: Option<Box<AlertNotice>>,
    /// Who is owed the resolve (rule A4). Set together with `resolved`.
    pub owed: Vec<Told>,
}

impl GroupRecord {
    /// The same for every notice of this life to one receiver.
    pub fn dedup_key(&self, receiver: &ReceiverName) -> String {
        let labels: String = self.key.labels.iter().map(|(n, v)| format!("{n}\u{1f}{v}\u{1e}")).collect();
        let parts = [
            self.key.route.as_str().as_bytes(),
            labels.as_bytes(),
            &self.began.millis().to_be_bytes(),
            receiver.as_str().as_bytes(),
        ];
        format!("wk-{}", short_hash(&parts))
    }
}

impl Group {
    pub(crate) fn new(record: GroupRecord) -> Self {
        Self { record, flushed: None, told_since: BTreeMap::new(), timer: None, flush_due: None }
    }
    /// An attempt to tell `receiver` begins.
    pub(crate) fn mark_told(&mut self, receiver: &ReceiverName, now: Now) {
        self.told_since.insert(receiver.clone(), Elapsed::starting(now));
        match self.record.told.iter_mut().find(|told| told.receiver == *receiver) {
            Some(told) => told.at = now.wall,
            None => {
                let told = GroupTold { receiver: receiver.clone(), at: now.wall, service_id: None };
                self.record.told.push(told);
            }
        }
    }
}
