//! What this crate asks of the daemon. Lists of what is now come from memory and are cheap; history is asked of
//! the store, paged, newest first.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::broadcast;
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::{Decision, ResultRow, Transition};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Ended};
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::heartbeat::{Ping, Refused};
use watchkeep_core::ids::{CheckName, DeliveryId, Digest, PluginName};
use watchkeep_core::input::Command;
use watchkeep_core::setup::{ReceiverSpec, Setup};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckView, Update};
use watchkeep_core::window::Window;

use crate::access::Access;
use crate::metrics::Numbers;
use crate::plugin::{PluginEvent, PluginOrder, PluginView};
use crate::reload::{ReloadMode, Reloaded};

/// The daemon, as pages and API see it.
pub trait Host: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Wall;

    /// Who may ask what; read at every request, so that a reload changes it.
    fn access(&self) -> Arc<Access>;

    /// All checks in name order.
    fn checks(&self) -> Vec<CheckView>;

    fn check(&self, name: &CheckName) -> Option<CheckView>;

    /// All open alerts, in any order.
    fn alerts(&self) -> Vec<Arc<AlertRecord>>;

    fn alert(&self, key: &AlertKey) -> Option<Arc<AlertRecord>>;

    /// All open groups, in any order.
    fn groups(&self) -> Vec<Arc<GroupRecord>>;

    fn group(&self, key: &GroupKey) -> Option<Arc<GroupRecord>>;

    /// Deliveries under way about it, oldest first.
    fn deliveries_about(&self, subject: &DeliverySubject) -> Vec<Arc<DeliveryRecord>>;

    /// What was given up of late and has not got through since, newest first.
    fn dead_letters(&self) -> Vec<DeadLetter>;

    /// All silences and maintenance windows, in any order: the config's, those made at run time, and of these also
    /// what ended, for as long as the host remembers it.
    fn windows(&self) -> Vec<Arc<Window>>;

    /// The config in force: routes and escalations say who is told next.
    fn setup(&self) -> Arc<Setup>;

    /// All plugins in name order, those that failed to load among them.
    fn plugins(&self) -> Vec<PluginView>;

    /// Why files were not taken and generations gave way: the last ones, newest first.
    fn plugin_events(&self) -> Vec<PluginEvent>;

    /// What an operator orders about a plugin. Ends when it is done.
    fn order(&self, plugin: PluginName, order: PluginOrder) -> BoxFuture<'_, Result<(), HostError>>;

    /// All receivers in name order.
    fn receivers(&self) -> Vec<Arc<ReceiverSpec>>;

    fn numbers(&self) -> Numbers;

    /// The clock went ahead by more than a day at once: until then nothing is removed from history, in case it is wrong.
    fn clock_doubted_until(&self) -> Option<Wall>;

    /// Why the host is not ready; empty when it is.
    fn not_ready(&self) -> Vec<NotReady>;

    /// Results of one check in the order of its runs, newest first, whatever the clock did.
    fn results(&self, query: ResultQuery) -> BoxFuture<'_, Result<Page<ResultRow>, HostError>>;

    /// Attachments of one check that are kept, newest first.
    fn snapshots(
        &self,
        check: CheckName,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SnapshotFacts>, HostError>>;

    /// The bytes of an attachment, with its media type as the plugin stated it.
    fn snapshot(&self, digest: Digest) -> BoxFuture<'_, Result<(String, Vec<u8>), HostError>>;

    /// Changes of alerts in the order in which they came, newest first, whatever the clock did.
    fn transitions(&self, query: TransitionQuery) -> BoxFuture<'_, Result<Page<Transition>, HostError>>;

    /// Why was told, or not, of this key; newest last.
    fn decisions(&self, key: AlertKey) -> BoxFuture<'_, Result<Vec<Decision>, HostError>>;

    /// Deliveries under way and ended, newest first.
    fn deliveries(&self, query: DeliveryQuery) -> BoxFuture<'_, Result<Page<DeliveryItem>, HostError>>;

    /// Has a dead letter tried again: reads it from the store and hands it to the core as
    /// `Command::RetryDelivery`. `HostError::NotFound` for an id that the store has not, `HostError::Refused` for a
    /// delivery that was not given up.
    fn retry(&self, delivery: DeliveryId) -> BoxFuture<'_, Result<(), HostError>>;

    /// The heartbeat check that has this key, looked up as `ping` does.
    fn heartbeat(&self, key: &str) -> Option<CheckName>;

    /// Notes pings that the host turned away by a limit of its own: they count as not judged, and not as missed. Cheap, and
    /// may be said as often as it happens.
    fn turned_away(&self, pings: Refused);

    /// Takes a ping of the heartbeat check that has this key. Ends when it is kept, on the disk as well. The key is a
    /// secret: it is looked up by its hash, or compared in constant time, so that the answer's delay tells nothing of it.
    fn ping(&self, key: &str, ping: Ping) -> BoxFuture<'_, Result<PingTaken, HostError>>;

    /// Hands a command to the core. Ends when the lists above show it and what it changed is on the disk, not when its
    /// effect is over.
    fn command(&self, command: Command) -> BoxFuture<'_, Result<(), HostError>>;

    /// Reads the config again.
    fn reload(&self, mode: ReloadMode) -> BoxFuture<'_, Result<Reloaded, HostError>>;

    /// Every update from now on. A receiver that lags behind the channel's bound is dropped by its reader.
    fn subscribe(&self) -> broadcast::Receiver<Arc<Update>>;
}

/// Whether a ping found its check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PingTaken {
    Known,
    UnknownKey,
}

/// A place in a paged list. The host makes it and reads it; to everybody else it is opaque text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor(pub String);

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRequest {
    /// The `next` of the page before; `None` for the first page.
    pub after: Option<Cursor>,
    /// At least 1.
    pub limit: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<Cursor>,
}

/// An attachment that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotFacts {
    pub series: Option<String>,
    pub at: Wall,
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub digest: Digest,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResultQuery {
    pub check: CheckName,
    /// Finished at or after this moment.
    pub from: Option<Wall>,
    /// Finished before this moment.
    pub to: Option<Wall>,
    pub page: PageRequest,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransitionQuery {
    /// `None`: of all checks and plugins.
    pub check: Option<CheckName>,
    pub from: Option<Wall>,
    pub to: Option<Wall>,
    pub page: PageRequest,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryQuery {
    pub filter: DeliveryFilter,
    pub page: PageRequest,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryFilter {
    All,
    /// Waiting or being attempted.
    Open,
    Delivered,
    /// Given up.
    Dead,
}

/// A notice that was given up.
#[derive(Clone, PartialEq, Debug)]
pub struct DeadLetter {
    pub delivery: Arc<DeliveryRecord>,
    pub at: Wall,
    pub error: String,
}

#[derive(Clone, PartialEq, Debug)]
pub struct DeliveryItem {
    pub delivery: Arc<DeliveryRecord>,
    /// `None` while it is under way.
    pub ended: Option<Ended>,
}

/// One thing that keeps the host from being ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotReady {
    /// One word: `store`, `plugins`, `config`.
    pub part: &'static str,
    /// A sentence for an operator, without a secret.
    pub message: String,
}

/// Why the host could not answer. `Display` is shown to the client; the cause goes to the log alone.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("{what} is not there")]
    NotFound { what: String },
    /// The request makes no sense (a cursor that the host did not make).
    #[error("{message}")]
    Invalid { message: String },
    /// It makes sense, but not now.
    #[error("{message}")]
    Refused { message: String },
    /// Cannot be answered for the time being.
    #[error("{message}")]
    Unavailable { message: String },
    /// The message and its cause go to the log; the client learns only that the host failed.
    #[error("the host failed to answer; its log says why")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
