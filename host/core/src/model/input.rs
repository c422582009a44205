//! What comes into the core. Not called events: an event is something that a plugin reports.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{
    ActionName, AlertId, CheckName, DeliveryId, Digest, OccasionId, PluginName, RunId, WindowId,
};
use crate::model::access::AccessChange;
use crate::model::alert::{Acknowledgement, Assignment};
use crate::model::audit_log::AuditEntry;
use crate::model::commit::{AcceptedSnapshot, KvWrite};
use crate::model::delivery::{AttemptResult, DeliveryRecord};
use crate::model::heartbeat::{Ping, Refused};
use crate::model::keys::GroupKey;
use crate::model::marker::MarkerChange;
use crate::model::note::NoteChange;
use crate::model::recovery::{ActionResult, Mode};
use crate::model::reply::Reply;
use crate::model::setup::{Difference, Setup};
use crate::model::window::Window;
use crate::outcome::Outcome;
use crate::subscription::{Letter, SubscriberChange};

#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// Time has passed. Sent when the core asked to be woken, and harmless at any other moment.
    Tick,
    RunFinished(RunFinished),
    DeliveryFinished(DeliveryFinished),
    ActionFinished(ActionFinished),
    Command(Command),
    /// `difference` is that between the setup in force and `setup`.
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
    /// The host turned pings away: their checks count as not judged instead of missed. May be sent each time it
    /// happens; until the next ping, only the first is written down.
    PingsRefused(Refused),
    /// The store began to fail, or writes again.
    StoreHealth(StoreHealth),
    /// How full the places are where the host keeps things; sent once a minute.
    Filling(Vec<Filling>),
    /// Who may use the host has changed.
    Access(Vec<AccessChange>),
    /// What people post on status pages has changed.
    Notes(Vec<NoteChange>),
    /// The moments that people mark in charts have changed.
    Markers(Vec<MarkerChange>),
    /// Who asked for letters of status pages has changed.
    Subscribers(Vec<SubscriberChange>),
    /// A letter goes to subscribers of a status page.
    Letter(Box<Letter>),
    /// What somebody did, with the entry that says who: both are one commit.
    Audited(Box<AuditEntry>, Box<Input>),
}

/// How full one place is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filling {
    pub place: Place,
    pub used_bytes: u64,
    pub max_bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The database, with `database_max`.
    Database,
    /// The attachments, with `snapshots_max`.
    Attachments,
    /// The disk of the data folder.
    Disk,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreHealth {
    Writes,
    /// The store fails, with this error.
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
pub struct ActionFinished {
    pub occasion: OccasionId,
    pub result: ActionResult,
    pub kv: Vec<KvWrite>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    RunNow(CheckName),
    Pause(CheckName),
    Resume(CheckName),
    /// The snapshot becomes the picture to compare with.
    AcceptSnapshot(AcceptedSnapshot),
    /// A test notice to one receiver, outside every route.
    TestReceiver(crate::ids::ReceiverName),
    /// `at` of the acknowledgement is set by the core.
    Acknowledge(AlertsOf, Acknowledgement),
    /// Acknowledges from within a message, if `replies::judge` lets it.
    Reply(Reply),
    Unacknowledge {
        of: AlertsOf,
        by: String,
    },
    /// `at` of the assignment is set by the core.
    HandOver(AlertsOf, Assignment),
    /// Opens a window that `Window::check` has accepted.
    OpenWindow(Box<Window>),
    /// Ends a window that was made at run time.
    EndWindow {
        id: WindowId,
        by: String,
    },
    /// Tries a dead letter again, as the store has it.
    RetryDelivery(Box<DeliveryRecord>),
    /// Agrees to an action that waits for approval.
    ApproveAction {
        occasion: OccasionId,
        by: String,
    },
    /// Refuses an action that waits for approval.
    DeclineAction {
        occasion: OccasionId,
        by: String,
    },
    /// Acts on an open alert by hand, whatever its limits and what holds it back.
    Act {
        action: ActionName,
        alert: AlertId,
        by: String,
        mode: Mode,
    },
}

/// The open alerts that a command is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AlertsOf {
    Alert(AlertId),
    /// Every member that is open now, but none that joins later (rule R2).
    Group(GroupKey),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PluginStatus {
    Live(Digest),
    /// The plugin is gone, and its checks become "not judged" (rule A11).
    Gone,
}
