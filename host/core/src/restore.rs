//! From what the store read back to a running state (and, after a first start, from nothing). Timers are made
//! anew here: the monotonic clock means nothing after a restart.

use std::sync::Arc;

use crate::alert::AlertRecord;
use crate::commit::ResultRow;
use crate::delivery::DeliveryRecord;
use crate::group::GroupRecord;
use crate::ids::CheckName;
use crate::setup::Setup;
use crate::state::State;
use crate::time::Now;

/// What the store read back. The order within each list does not matter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Restored {
    pub alerts: Vec<AlertRecord>,
    pub groups: Vec<GroupRecord>,
    /// Outbox rows that have not ended.
    pub outbox: Vec<DeliveryRecord>,
    pub paused: Vec<CheckName>,
    /// The last result of each check.
    pub latest: Vec<ResultRow>,
    /// Above every delivery id ever stored.
    pub next_delivery: u64,
    /// Above every sequence number ever stored.
    pub next_sequence: u64,
}

impl State {
    /// The first `Input::Tick` afterwards starts everything.
    pub fn restore(setup: Arc<Setup>, restored: Restored, now: Now) -> State {
        State::empty(setup, restored, now)
    }
}
