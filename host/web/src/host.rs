//! What this crate asks of the daemon. Lists of the current state come from memory and are cheap; history is read from
//! the store, paged, newest first.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tokio::sync::watch;
use watchkeep_core::access::{AccessChange, Directory};
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::commit::{Decision, ResultRow, Transition};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Ended};
use watchkeep_core::grant::Target;
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::heartbeat::{Ping, Refused};
use watchkeep_core::ids::{
    ActionName, AlertId, CheckName, DeliveryId, Digest, PluginName, ReceiverName, SecretName,
};
use watchkeep_core::input::Command;
use watchkeep_core::marker::{MarkerChange, Markers};
use watchkeep_core::note::{NoteChange, Notes};
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::reply::Invitation;
use watchkeep_core::rollup::{Period, Series};
use watchkeep_core::setup::{ReceiverSpec, Setup};
use watchkeep_core::subscription::{Letter, SubscriberChange, Subscribers};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;
use watchkeep_core::window::Window;

use crate::access::Access;
use crate::metrics::Numbers;
use crate::plugin::{PluginEvent, PluginOrder, PluginView};
use crate::reload::{ConfigRefused, ReloadMode, Reloaded};
use crate::seen::Updates;
use crate::status::Desk;

/// The daemon as the pages and the API see it.
pub trait Host: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Wall;

    /// Who may make which requests. Read at every request, so that a reload takes effect.
    fn access(&self) -> Arc<Access>;

    /// What the token behind a message's button is bound to; `None` if this host did not make it.
    fn invitation(&self, token: &str) -> Option<Invitation>;

    /// Whether presses of the receiver's buttons are heard; `None` if its service tells of none, or
    /// if that is not known yet.
    fn hearing(&self, receiver: &ReceiverName) -> Option<Hearing>;

    /// All checks, ordered by name.
    fn checks(&self) -> Vec<CheckView>;

    fn check(&self, name: &CheckName) -> Option<CheckView>;

    /// All open alerts, in any order.
    fn alerts(&self) -> Vec<Arc<AlertRecord>>;

    fn alert(&self, key: &AlertKey) -> Option<Arc<AlertRecord>>;

    /// All open groups, in any order.
    fn groups(&self) -> Vec<Arc<GroupRecord>>;

    fn group(&self, key: &GroupKey) -> Option<Arc<GroupRecord>>;

    /// Deliveries about the subject that are under way, oldest first.
    fn deliveries_about(&self, subject: &DeliverySubject) -> Vec<Arc<DeliveryRecord>>;

    /// Recent notifications that were given up and have not got through since, newest first.
    fn dead_letters(&self) -> Vec<DeadLetter>;

    /// Decisions to act that the host remembers, in any order: those of open alerts and those under way among them.
    fn actions(&self) -> Vec<Arc<ActionRecord>>;

    /// All silences and maintenance windows, in any order: those of the config and those made at run time, of which
    /// ended ones are included for as long as the host remembers them.
    fn windows(&self) -> Vec<Arc<Window>>;

    /// The config in force: its routes and escalations say who is told next.
    fn setup(&self) -> Arc<Setup>;

    /// What the check's config grants by itself: the addresses that it looks at.
    fn targets(&self, check: &CheckName) -> Vec<Target>;

    /// All plugins, ordered by name, including those that failed to load.
    fn plugins(&self) -> Vec<PluginView>;

    /// Why files were not accepted and generations were replaced: the last such events, newest first.
    fn plugin_events(&self) -> Vec<PluginEvent>;

    /// Carries out an operator's order about a plugin. Completes when it is done.
    fn order(&self, plugin: PluginName, order: PluginOrder) -> BoxFuture<'_, Result<(), HostError>>;

    /// All receivers, ordered by name.
    fn receivers(&self) -> Vec<Arc<ReceiverSpec>>;

    fn numbers(&self) -> Numbers;

    /// When the clock went ahead by more than a day at once: the moment until which nothing is removed from history, in
    /// case the clock is wrong.
    fn clock_doubted_until(&self) -> Option<Wall>;

    /// Why the host is not ready; empty when it is.
    fn not_ready(&self) -> Vec<NotReady>;

    /// Results of one check in the order of its runs, newest first, whatever the clock did.
    fn results(&self, query: ResultQuery) -> BoxFuture<'_, Result<Page<ResultRow>, HostError>>;

    /// What the check's results said over time, oldest first: periods of `step` that hold something. They begin at whole
    /// multiples of the step since 1970. Where only longer periods are kept, these stand instead.
    fn history(&self, query: HistoryQuery) -> BoxFuture<'_, Result<Vec<Period>, HostError>>;

    /// What there is to ask about with `history`: the runs first, then metrics by name.
    fn series(&self, check: CheckName) -> BoxFuture<'_, Result<Vec<Series>, HostError>>;

    /// Attachments of one check that are kept, newest first.
    fn snapshots(
        &self,
        check: CheckName,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SnapshotFacts>, HostError>>;

    /// The snapshot of a series that a reviewer accepted last, which may no longer be among those that are kept.
    fn accepted_snapshot(
        &self,
        check: CheckName,
        series: String,
    ) -> BoxFuture<'_, Result<Option<SnapshotFacts>, HostError>>;

    /// The checks that have an attachment with these bytes, in their history or as what was accepted.
    fn snapshot_checks(&self, digest: Digest) -> BoxFuture<'_, Result<Vec<CheckName>, HostError>>;

    /// The bytes of an attachment, and its media type as the plugin stated it.
    fn snapshot(&self, digest: Digest) -> BoxFuture<'_, Result<(String, Vec<u8>), HostError>>;

    /// Changes of alerts in the order in which they came, newest first, whatever the clock did.
    fn transitions(&self, query: TransitionQuery) -> BoxFuture<'_, Result<Page<Transition>, HostError>>;

    /// Why people were told, or not, about this key; newest last.
    fn decisions(&self, key: AlertKey) -> BoxFuture<'_, Result<Vec<Decision>, HostError>>;

    /// Deliveries that are under way or have ended, newest first.
    fn deliveries(&self, query: DeliveryQuery) -> BoxFuture<'_, Result<Page<DeliveryItem>, HostError>>;

    /// Decisions to act, newest first.
    fn occasions(&self, query: OccasionQuery) -> BoxFuture<'_, Result<Page<ActionRecord>, HostError>>;

    /// Tries a dead letter again: reads it from the store and passes it to the core as `Command::RetryDelivery`.
    /// `HostError::NotFound` for an id that the store does not have, `HostError::Refused` for a delivery that was not
    /// given up.
    fn retry(&self, delivery: DeliveryId) -> BoxFuture<'_, Result<(), HostError>>;

    /// The heartbeat check that has this key, looked up as `ping` does.
    fn heartbeat(&self, key: &str) -> Option<CheckName>;

    /// Notes pings that the host turned away because of a limit of its own: they count as not judged, and not as
    /// missed. Cheap, and may be called as often as it happens.
    fn turned_away(&self, pings: Refused);

    /// Takes a ping for the heartbeat check that has this key. Completes when the ping is stored, on the disk as well.
    /// The key is a secret: it is looked up by its hash, or compared in constant time, so that the delay of the answer
    /// reveals nothing about it.
    fn ping(&self, key: &str, ping: Ping) -> BoxFuture<'_, Result<PingTaken, HostError>>;

    /// Passes a command to the core, as what the host does by itself. Whoever asks for a person goes through `write`.
    fn command(&self, command: Command) -> BoxFuture<'_, Result<(), HostError>> {
        let who = Author { name: "host".to_owned(), by_way_of: "host".to_owned(), ..Author::default() };
        let entry = AuditEntry::new(self.now(), who, "command", "");
        self.write(Write::Command(command), entry)
    }

    /// Writes something, and the entry that says who did it, as one. Completes when the lists above show it and both are
    /// on the disk, not when the effect is over. The entry's number is the host's.
    fn write(&self, write: Write, entry: AuditEntry) -> BoxFuture<'_, Result<(), HostError>>;

    /// What people posted on status pages, as it is now.
    fn notes(&self) -> Arc<Notes>;

    /// The moments that people marked in charts, as they are now.
    fn markers(&self) -> Arc<Markers>;

    /// Who asked for letters of status pages, as it is now.
    fn subscribers(&self) -> Arc<Subscribers>;

    /// Who asked for them lately: one for all listeners.
    fn desk(&self) -> Arc<Desk>;

    /// Writes what people outside ask for, and sends them a letter. Completes when it is on the disk.
    fn correspond(
        &self,
        changes: Vec<SubscriberChange>,
        letter: Option<Letter>,
    ) -> BoxFuture<'_, Result<(), HostError>>;

    /// SHA-256 of a secret of the config, to compare with; `None` if there is none of this name.
    fn secret_digest(&self, secret: &SecretName) -> Option<Digest>;

    /// Everybody who may use the host.
    fn directory(&self) -> Arc<Directory>;

    /// Another number each time the directory has changed in a way that may end somebody's right.
    fn directory_changes(&self) -> watch::Receiver<u64>;

    /// Notes that a session or a token was used: shown at once, on the disk some time later, in no log.
    fn note_use(&self, change: AccessChange);

    /// 32 bytes that nobody can guess.
    fn random(&self) -> Result<[u8; 32], HostError>;

    /// Sends a request of the host's own to the OpenID provider, and follows no redirect. An error is a sentence for the log,
    /// without anything secret.
    fn ask_provider(
        &self,
        request: http::Request<String>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, String>>;

    /// The audit log, newest first.
    fn audit_log(&self, filter: AuditFilter) -> BoxFuture<'_, Result<AuditPage, HostError>>;

    /// Whether the audit log is whole; with a number, which hash that entry has.
    fn audit_check(&self, number: Option<u64>) -> BoxFuture<'_, Result<AuditCheck, HostError>>;

    /// Everything that the database holds, as `watchkeep restore` takes it, of the moment when it is begun. It ends with an
    /// error if it could not be read to the end.
    fn backup(&self) -> BoxFuture<'_, Result<BackupStream, HostError>>;

    /// Reads the config again.
    fn reload(&self, mode: ReloadMode) -> BoxFuture<'_, Result<Reloaded, HostError>>;

    /// Whether the config on the disk was refused when it was last to be taken: what runs is one before it.
    fn config_refused(&self) -> Option<ConfigRefused>;

    /// Every update from now on. A reader whose receiver lags behind the channel's bound drops it.
    fn subscribe(&self) -> Updates;

    /// Every update after the one at this place, as a stream told it; `None` if some of them are not known any more.
    fn resume(&self, place: &str) -> Option<Updates>;
}

/// What is written on behalf of somebody.
#[derive(Clone, PartialEq, Debug)]
pub enum Write {
    Command(Command),
    /// Changes to who may use the host. None, where only the entry is to be written.
    Access(Vec<AccessChange>),
    /// Changes to what people posted on status pages.
    Notes(Vec<NoteChange>),
    /// Changes to the moments that people mark in charts.
    Markers(Vec<MarkerChange>),
    /// Changes to who gets letters of status pages.
    Subscribers(Vec<SubscriberChange>),
}

/// What a look at the whole audit log found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditCheck {
    /// What was changed or taken out, a sentence each.
    pub problems: Vec<String>,
    /// The newest entry and its hash: whoever writes them down elsewhere sees later whether the log was cut off.
    pub newest: Option<(u64, Digest)>,
    /// The hash of the entry that was asked for, if there is one of that number.
    pub asked: Option<Digest>,
}

/// Which entries of the audit log are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditFilter {
    /// Only entries with a lower number; `None` begins with the newest.
    pub before: Option<u64>,
    /// Only what this person or token did.
    pub by: Option<String>,
    /// Only what begins with this.
    pub what: Option<String>,
    pub limit: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// The number with which to go on; `None` at the end.
    pub next: Option<u64>,
}

/// A backup, piece by piece.
pub type BackupStream = BoxStream<'static, std::io::Result<Bytes>>;

/// Whether a ping found its check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PingTaken {
    Known,
    UnknownKey,
}

/// A place in a paged list. The host makes and reads it; to everybody else it is opaque text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor(pub String);

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRequest {
    /// The `next` of the previous page; `None` for the first page.
    pub after: Option<Cursor>,
    /// The most items of the page, at least 1.
    pub limit: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last.
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
    /// Only results that finished at or after this moment.
    pub from: Option<Wall>,
    /// Only results that finished before this moment.
    pub to: Option<Wall>,
    pub page: PageRequest,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryQuery {
    pub check: CheckName,
    pub series: Series,
    /// From the first moment until before the second.
    pub between: Range<Wall>,
    /// The length of a period. Whole minutes, hours or days are answered from what is kept, without reading each result.
    pub step: Duration,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransitionQuery {
    /// The check; `None` for all checks and plugins.
    pub check: Option<CheckName>,
    pub from: Option<Wall>,
    pub to: Option<Wall>,
    pub page: PageRequest,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OccasionQuery {
    /// Only those of this action.
    pub action: Option<ActionName>,
    /// Only those for this check and its findings.
    pub check: Option<CheckName>,
    /// Only those in this life of an alert.
    pub alert: Option<AlertId>,
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

/// A notification that was given up.
#[derive(Clone, PartialEq, Debug)]
pub struct DeadLetter {
    pub delivery: Arc<DeliveryRecord>,
    pub at: Wall,
    pub error: String,
}

#[derive(Clone, PartialEq, Debug)]
pub struct DeliveryItem {
    pub delivery: Arc<DeliveryRecord>,
    /// How it ended; `None` while it is under way.
    pub ended: Option<Ended>,
}

/// Whether presses of a receiver's buttons are heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hearing {
    Listening { since: Wall },
    Failing { since: Wall, error: String },
}

/// One thing that keeps the host from being ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotReady {
    /// One word: `store`, `plugins`, `config`.
    pub part: &'static str,
    /// A sentence for an operator, without a secret.
    pub message: String,
}

/// Why the host could not answer. `Display` is shown to the client; the cause goes only to the log.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("{what} is not there")]
    NotFound { what: String },
    /// The request makes no sense (a cursor that the host did not make).
    #[error("{message}")]
    Invalid { message: String },
    /// The request makes sense, but not now.
    #[error("{message}")]
    Refused { message: String },
    /// Whoever asks may not have it.
    #[error("{message}")]
    Forbidden { message: String },
    /// The request cannot be answered for now.
    #[error("{message}")]
    Unavailable { message: String },
    /// The message and its cause go to the log; the client learns only that the host failed.
    #[error("the host failed to answer; its log says why")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
