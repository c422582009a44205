//! What happens to the core. The design calls these events; that word is taken by plugins' events.

use std::sync::Arc;
use std::time::Duration;

use crate::commit::{AcceptedSnapshot, KvWrite};
use crate::delivery::AttemptResult;
use crate::ids::{CheckName, DeliveryId, Digest, PluginName, RunId};
use crate::outcome::Outcome;
use crate::setup::{Difference, Setup};

#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// Time has passed: a wake that was asked for, or merely a look.
    Tick,
    RunFinished(RunFinished),
    DeliveryFinished(DeliveryFinished),
    Command(Command),
    /// `difference` was computed between the setup in force and `setup`.
    ConfigApplied {
        setup: Arc<Setup>,
        difference: Difference,
    },
    PluginChanged {
        plugin: PluginName,
        status: PluginStatus,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub struct RunFinished {
    pub run: RunId,
    pub outcome: Outcome,
    pub took: Duration,
    pub late: Duration,
    pub generation: Option<Digest>,
    /// Empty unless the call ended well.
    pub kv: Vec<KvWrite>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct DeliveryFinished {
    pub delivery: DeliveryId,
    pub attempt: u32,
    pub result: AttemptResult,
    pub kv: Vec<KvWrite>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    RunNow(CheckName),
    Pause(CheckName),
    Resume(CheckName),
    /// From now on the picture to compare with.
    AcceptSnapshot(AcceptedSnapshot),
    /// A test notice to one receiver, outside every route.
    TestReceiver(crate::ids::ReceiverName),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PluginStatus {
    Live(Digest),
    /// Its checks become "not judged" (rule A11).
    Gone,
}
