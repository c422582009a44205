//! What the core asks for. `daemon` owns the only match on `Effect`.

use std::sync::Arc;

use crate::action::Occasion;
use crate::ids::{CheckName, CommitId, RunId};
use crate::model::commit::Commit;
use crate::model::delivery::DeliveryRecord;
use crate::model::recovery::{ActionRecord, ActionSpec};
use crate::model::setup::CheckSpec;
use crate::model::view::Update;
use crate::report::State;
use crate::time::Mono;

#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    StartRun(StartRun),
    Commit(Commit),
    StartDelivery(StartDelivery),
    StartAction(StartAction),
    /// The earliest moment at which the core wants a tick; replaces the one asked for before.
    WakeAt(Mono),
    /// For the pages, which may show it before it is durable.
    Publish(Update),
    /// Sends the dead-man signal to the address that the operator named.
    SendDeadManSignal,
}

#[derive(Clone, PartialEq, Debug)]
pub struct StartRun {
    pub run: RunId,
    pub spec: Arc<CheckSpec>,
    /// The moment on the monotonic clock for which it was scheduled: lateness counts from here.
    pub due: Mono,
    pub previous: Option<State>,
}

/// Starts when `after` is durable.
#[derive(Clone, PartialEq, Debug)]
pub struct StartDelivery {
    pub after: CommitId,
    pub delivery: Arc<DeliveryRecord>,
    /// Counts from 1.
    pub attempt: u32,
}

/// Starts when `after` is durable. If the host ends before that, or in the middle, it is not started again: its result is
/// unknown.
#[derive(Clone, PartialEq, Debug)]
pub struct StartAction {
    pub after: CommitId,
    pub record: Arc<ActionRecord>,
    pub spec: Arc<ActionSpec>,
    pub occasion: Arc<Occasion>,
}

/// A start that is skipped because the last run is still under way is no effect; it is counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    pub runs_skipped: u64,
    pub checks: std::collections::BTreeMap<CheckName, u64>,
}
