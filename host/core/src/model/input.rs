//! What comes into the core. Not called events: an event is something that a plugin reports.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{AlertId, CheckName, DeliveryId, Digest, PluginName, RunId, WindowId};
use crate::model::alert::{Acknowledgement, Assignment};
use crate::model::commit::{AcceptedSnapshot, KvWrite};
use crate::model::delivery::{AttemptResult, DeliveryRecord};
use crate::model::heartbeat::{Ping, Refused};
use crate::model::keys::GroupKey;
use crate::model::setup::{Difference, Setup};
use crate::model::window::Window;
use crate::outcome::Outcome;

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
    /// A heartbeat check was pinged.
    Pinged {
        check: CheckName,
        ping: Ping,
    },
    /// The host turned pings away: their checks count as not judged, and not as missed. May be said as often as it happens;
    /// only the first until the next ping is written down.
    PingsRefused(Refused),
    /// The store began to fail, or writes again.
    StoreHealth(StoreHealth),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreHealth {
    Writes,
    /// With what it says.
    Fails(String),
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

#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    RunNow(CheckName),
    Pause(CheckName),
    Resume(CheckName),
    /// From now on the picture to compare with.
    AcceptSnapshot(AcceptedSnapshot),
    /// A test notice to one receiver, outside every route.
    TestReceiver(crate::ids::ReceiverName),
    /// `at` of the acknowledgement is set by the core.
    Acknowledge(AlertsOf, Acknowledgement),
    Unacknowledge {
        of: AlertsOf,
        by: String,
    },
    /// `at` of the assignment is set by the core.
    HandOver(AlertsOf, Assignment),
    /// Checked by `Window::check`.
    OpenWindow(Box<Window>),
    /// Ends a window that was made at run time.
    EndWindow {
        id: WindowId,
        by: String,
    },
    /// A dead letter, as the store has it, is tried again.
    RetryDelivery(Box<DeliveryRecord>),
}

/// Open alerts that a command is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AlertsOf {
    Alert(AlertId),
    /// Every member that is open now; a later one is not meant (rule R2).
    Group(GroupKey),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PluginStatus {
    Live(Digest),
    /// Its checks become "not judged" (rule A11).
    Gone,
}
