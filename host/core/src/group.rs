//! Groups (rules R1-R3): alerts that share a route and group labels are told together. A group's timers are
//! stored with the transition that set them, the outbox row is made at the flush.

use crate::ids::{AlertId, RouteName, short_hash};
use crate::labels::Labels;
use crate::time::Wall;

/// Route and group labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupKey {
    pub route: RouteName,
    pub labels: Labels,
}

/// One life of a group: from its first member to the resolve of its last.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupRecord {
    pub key: GroupKey,
    /// When this life began; makes the dedup key differ from the last life's.
    pub began: Wall,
    /// When it is told next; `None`: nothing is due.
    pub flush_at: Option<Wall>,
    /// When its members were last told as a whole.
    pub last_flush: Option<Wall>,
    pub members: Vec<Member>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    pub key: crate::alert::AlertKey,
    pub alert: AlertId,
    /// Set once it resolved: leaves the group when the resolve was told.
    pub resolved: Option<Box<crate::delivery::AlertNotice>>,
}

impl GroupRecord {
    /// The same for every notice of this life to one receiver.
    pub fn dedup_key(&self, receiver: &crate::ids::ReceiverName) -> String {
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
