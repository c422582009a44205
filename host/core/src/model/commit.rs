//! What must become durable: one commit for each call of `step` that changed something, in order. The store writes
//! several commits as one transaction. Nothing that others see leaves before its commit is durable.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{
    ActionName, AlertId, CheckName, CommitId, DeliveryId, Digest, PluginName, ReceiverName, RunId, WindowId,
};
use crate::model::access::AccessChange;
use crate::model::alert::AlertRecord;
use crate::model::audit_log::AuditEntry;
use crate::model::delivery::{DeliveryRecord, Ended};
use crate::model::flapping::Flaps;
use crate::model::group::GroupRecord;
use crate::model::heartbeat::HeartbeatRecord;
use crate::model::keys::{AlertKey, GroupKey};
use crate::model::marker::MarkerChange;
use crate::model::note::NoteChange;
use crate::model::recovery::ActionRecord;
use crate::model::window::Window;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::report::State;
use crate::subscription::SubscriberChange;
use crate::time::Wall;

#[derive(Clone, PartialEq, Debug)]
pub struct Commit {
    pub id: CommitId,
    /// The leader's epoch; 0 on a single host.
    pub epoch: u64,
    pub urgency: Urgency,
    pub changes: Vec<Change>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Urgency {
    /// May wait for other commits (a result).
    Batch,
    /// Closes the current batch (a transition).
    AtOnce,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// History: one row for each run.
    Result(ResultRow),
    /// History that is kept for long, because availability is computed from it.
    Transition(Transition),
    PutAlert(Arc<AlertRecord>),
    RemoveAlert(AlertKey),
    PutGroup(GroupRecord),
    RemoveGroup(GroupKey),
    /// An outbox row: a delivery that is not yet done.
    PutDelivery(DeliveryRecord),
    /// Moves an outbox row to the history of deliveries.
    EndDelivery {
        id: DeliveryId,
        ended: Ended,
    },
    /// Paused by an operator, or no longer.
    PutPaused {
        check: CheckName,
        paused: bool,
    },
    /// The picture that a reviewer accepted as the one to compare with. Replaces the one before it.
    AcceptSnapshot(AcceptedSnapshot),
    /// History of why notices were sent or held back (rule A12), newest last, bounded per alert by the store.
    Decision(Decision),
    /// Writes of a call that ended well.
    Kv(KvWrite),
    PutWindow(Window),
    RemoveWindow(WindowId),
    PutHeartbeat {
        check: CheckName,
        record: HeartbeatRecord,
    },
    RemoveHeartbeat(CheckName),
    /// Ids of events that a check reported, so that none is told twice (rule A10).
    KnowEvents {
        check: CheckName,
        ids: Vec<String>,
        at: Wall,
    },
    /// Ids that were remembered long enough, or all of them if the check is gone.
    ForgetEvents {
        check: CheckName,
        ids: Forgotten,
    },
    /// One decision to act, as it is now.
    PutAction(Arc<ActionRecord>),
    /// Who may use the host.
    Access(AccessChange),
    /// What people post on status pages.
    Note(NoteChange),
    /// The moments that people mark in charts.
    Marker(MarkerChange),
    Subscriber(SubscriberChange),
    /// Who did what. In the commit of what was done.
    Audit(Box<AuditEntry>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Forgotten {
    All,
    These(Vec<String>),
}

/// One run's result.
#[derive(Clone, PartialEq, Debug)]
pub struct ResultRow {
    pub run: RunId,
    /// Rises with every row of history, also over restarts. Orders results whatever the wall clock does.
    pub sequence: u64,
    pub location: Arc<str>,
    pub finished_at: Wall,
    /// Since when the check has had the state that this run found.
    pub since: Wall,
    /// From the start of the run to its end.
    pub took: Duration,
    /// From the scheduled moment to the start.
    pub late: Duration,
    /// `None` if the plugin was not there.
    pub generation: Option<Digest>,
    pub outcome: Outcome,
    /// How steady the check's judgements are, this one included (rule A6).
    pub flaps: Flaps,
}

/// A check's state, or an alert's phase, became another.
#[derive(Clone, PartialEq, Debug)]
pub struct Transition {
    pub at: Wall,
    pub sequence: u64,
    pub key: AlertKey,
    pub alert: AlertId,
    pub kind: TransitionKind,
    /// The level after it.
    pub state: State,
    pub summary: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransitionKind {
    Pending,
    Firing,
    /// Warning to critical, or back, while firing.
    LevelChanged,
    Recovering,
    Resolved,
    /// A pending alert went back to ok before it fired.
    Calmed,
    /// The alert was closed because the config no longer has its check (rule A11).
    Removed,
    /// Flapping began (rule A6).
    Flapping,
    /// Flapping ended.
    Steady,
}

/// Why something was told or not (rule A12).
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    pub at: Wall,
    pub sequence: u64,
    pub key: AlertKey,
    pub alert: Option<AlertId>,
    pub reason: Reason,
}

/// A snapshot of a series, as it was when it was accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcceptedSnapshot {
    pub check: CheckName,
    pub series: String,
    /// When it was taken.
    pub at: Wall,
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub digest: Digest,
}

/// The owner of a key-value space: a check, a receiver or an action together with its plugin. If it gets another plugin,
/// that one sees nothing of what the first wrote: neither its secrets, nor data in its own format.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KvScope {
    pub of: KvOf,
    pub plugin: PluginName,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KvOf {
    Check(CheckName),
    Receiver(ReceiverName),
    Action(ActionName),
}

impl KvScope {
    pub fn of_check(check: CheckName, plugin: PluginName) -> Self {
        Self { of: KvOf::Check(check), plugin }
    }
    pub fn of_receiver(receiver: ReceiverName, plugin: PluginName) -> Self {
        Self { of: KvOf::Receiver(receiver), plugin }
    }
    pub fn of_action(action: ActionName, plugin: PluginName) -> Self {
        Self { of: KvOf::Action(action), plugin }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KvWrite {
    pub scope: KvScope,
    pub key: String,
    /// `None` deletes.
    pub value: Option<Vec<u8>>,
    /// The version after the write; versions of a key only rise.
    pub version: u64,
}

/// What was decided about one file of a plugin: it outlives a restart, and the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginDecision {
    pub plugin: PluginName,
    pub digest: Digest,
    pub at: Wall,
    pub kind: PluginDecisionKind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PluginDecisionKind {
    /// The file was rolled back, and is not tried again.
    Bad { reason: String },
    /// An operator approved exactly these rights, which the generation before did not have. Texts, sorted.
    Approved { rights: Vec<String> },
}

/// One loaded version of a plugin that the store remembers as last good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenerationRow {
    pub plugin: PluginName,
    pub digest: Digest,
    pub version: String,
    /// A file below the plugin folder, or `bundled`.
    pub source: String,
    pub since: Wall,
}
