//! What pages and API are answered from: the board for what is now, the store for what was.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use watchkeep_core::access::{AccessChange, Directory};
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::commit::{Decision, ResultRow, Transition};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Ended};
use watchkeep_core::grant::Target;
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::heartbeat::{Ping, Refused};
use watchkeep_core::ids::{CheckName, DeliveryId, Digest, PluginName, ReceiverName, SecretName};
use watchkeep_core::input::{Command, Input};
use watchkeep_core::marker::Markers;
use watchkeep_core::note::Notes;
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::reply::Invitation;
use watchkeep_core::reply_token::ReplyKey;
use watchkeep_core::rollup::{Period, Series};
use watchkeep_core::setup::{ReceiverSpec, Setup};
use watchkeep_core::subscription::{Letter, SubscriberChange, Subscribers};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;
use watchkeep_core::window::Window;
use watchkeep_store::{
    ActionsQuery, AuditQuery, BlobError, DeliveriesQuery, ReadError, ResultsQuery, Snapshot, Store,
    TransitionsOf, TransitionsQuery,
};
use watchkeep_web::{
    Access, AuditCheck, AuditFilter, AuditPage, BackupStream, ConfigRefused, Cursor, DeadLetter,
    DeliveryFilter, DeliveryItem, DeliveryQuery, Desk, Hearing, Histogram, HistoryQuery, Host, HostError,
    NotReady, Numbers, OccasionQuery, Page, PageRequest, PingTaken, PluginEvent, PluginOrder, PluginView,
    ReloadMode, Reloaded, ResultQuery, SnapshotFacts, TransitionQuery, Updates, Write,
};

use super::backup;
use super::board::Board;
use super::clock::wall;
use super::health::Health;
use super::identity_provider;
use super::letters;
use super::main_loop::Message;
use super::numbers::Tally;
use super::people::People;
use super::plugin_reloader::{PluginReloader, Refusal};
use super::plugin_views;
use super::posted::{PostedMarkers, PostedNotes, PostedSubscribers};
use super::prepared::InForce;
use super::reload::Reloader;
use super::replies::Listeners;

pub(crate) struct HostApi {
    pub(crate) started_at: Wall,
    pub(crate) access: Arc<ArcSwap<Access>>,
    pub(crate) board: Arc<Board>,
    pub(crate) store: Store,
    pub(crate) in_force: Arc<ArcSwap<InForce>>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) health: Arc<Health>,
    pub(crate) people: Arc<People>,
    /// What buttons in messages are signed with; `None` where there is no host.
    pub(crate) reply_key: Option<Arc<ReplyKey>>,
    pub(crate) listeners: Listeners,
    pub(crate) notes: Arc<PostedNotes>,
    pub(crate) markers: Arc<PostedMarkers>,
    pub(crate) subscribers: Arc<PostedSubscribers>,
    pub(crate) desk: Arc<Desk>,
    /// `None` where the database is read without a host.
    pub(crate) live: Option<Live>,
}

/// What only a running host can do.
pub(crate) struct Live {
    pub(crate) inbox: mpsc::UnboundedSender<Message>,
    pub(crate) reloader: Arc<Reloader>,
    pub(crate) plugin_reloader: Arc<PluginReloader>,
}

impl Host for HostApi {
    fn now(&self) -> Wall {
        wall()
    }
    fn access(&self) -> Arc<Access> {
        self.access.load_full()
    }
    fn invitation(&self, token: &str) -> Option<Invitation> {
        self.reply_key.as_ref()?.open(token, self.in_force.load().setup.receivers.keys())
    }
    fn hearing(&self, receiver: &ReceiverName) -> Option<Hearing> {
        self.listeners.of(receiver)
    }
    fn checks(&self) -> Vec<CheckView> {
        self.board.checks().iter().map(|view| (**view).clone()).collect()
    }
    fn check(&self, name: &CheckName) -> Option<CheckView> {
        self.board.check(name.as_str()).map(|view| (*view).clone())
    }
    fn alerts(&self) -> Vec<Arc<AlertRecord>> {
        self.board.alerts()
    }
    fn groups(&self) -> Vec<Arc<GroupRecord>> {
        self.board.groups()
    }
    fn alert(&self, key: &AlertKey) -> Option<Arc<AlertRecord>> {
        self.board.alert(key)
    }
    fn group(&self, key: &GroupKey) -> Option<Arc<GroupRecord>> {
        self.board.group(key)
    }
    fn deliveries_about(&self, subject: &DeliverySubject) -> Vec<Arc<DeliveryRecord>> {
        self.board.deliveries_about(subject)
    }
    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.board.dead_letters(wall())
    }
    fn actions(&self) -> Vec<Arc<ActionRecord>> {
        self.board.actions()
    }
    fn windows(&self) -> Vec<Arc<Window>> {
        self.board.windows()
    }
    fn setup(&self) -> Arc<Setup> {
        self.in_force.load().setup.clone()
    }
    fn targets(&self, check: &CheckName) -> Vec<Target> {
        self.in_force.load().config.check_targets.get(check).cloned().unwrap_or_default()
    }
    fn plugins(&self) -> Vec<PluginView> {
        let in_force = self.in_force.load();
        plugin_views::views(&in_force, self.live.as_ref().map(|live| &*live.plugin_reloader))
    }
    fn receivers(&self) -> Vec<Arc<ReceiverSpec>> {
        self.in_force.load().config.setup.receivers.values().cloned().collect()
    }
    fn numbers(&self) -> Numbers {
        let counts = self.tally.counts();
        let open = self.board.deliveries();
        let oldest = open.iter().map(|delivery| delivery.created_at).min();
        let commit = self.store.stats().commit_seconds;
        Numbers {
            started_at: self.started_at,
            runs: counts.runs,
            run_lateness: counts.lateness,
            run_duration: counts.duration,
            runs_skipped: self.board.checks().iter().map(|view| view.skipped).sum(),
            plugin_failures: counts.failures,
            outbox_depth: open.len() as u64,
            outbox_oldest: oldest.map(|oldest| wall().since(oldest)).unwrap_or_default(),
            deliveries: counts.deliveries,
            inconsistencies: counts.inconsistencies,
            store_commit: Histogram::from_counts(commit.bounds_seconds(), &commit.buckets, commit.sum),
        }
    }
    fn clock_doubted_until(&self) -> Option<Wall> {
        self.store.clock_doubted_until()
    }
    fn not_ready(&self) -> Vec<NotReady> {
        self.health.not_ready()
    }

    fn results(&self, query: ResultQuery) -> BoxFuture<'_, Result<Page<ResultRow>, HostError>> {
        Box::pin(async move {
            let after = cursor(&query.page)?;
            let between = between(query.from, query.to);
            let query = ResultsQuery { check: query.check, between, after, limit: query.page.limit };
            self.read(move |store| store.results(&query)).await.map(page)
        })
    }
    fn backup(&self) -> BoxFuture<'_, Result<BackupStream, HostError>> {
        let store = self.store.clone();
        Box::pin(async move { Ok(backup::stream(store)) })
    }
    fn history(&self, query: HistoryQuery) -> BoxFuture<'_, Result<Vec<Period>, HostError>> {
        Box::pin(async move {
            let HistoryQuery { check, series, between, step } = query;
            let query = watchkeep_store::HistoryQuery { check, series, between, step };
            self.read(move |store| store.history(&query)).await
        })
    }
    fn series(&self, check: CheckName) -> BoxFuture<'_, Result<Vec<Series>, HostError>> {
        Box::pin(async move { self.read(move |store| store.series(&check)).await })
    }
    fn snapshots(
        &self,
        check: CheckName,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SnapshotFacts>, HostError>> {
        Box::pin(async move {
            let found = self.read(move |store| store.snapshots(&check, limit)).await?;
            Ok(found.into_iter().map(facts).collect())
        })
    }
    fn accepted_snapshot(
        &self,
        check: CheckName,
        series: String,
    ) -> BoxFuture<'_, Result<Option<SnapshotFacts>, HostError>> {
        Box::pin(async move {
            let found = self.read(move |store| store.reference_snapshot(&check, &series)).await?;
            Ok(found.map(facts))
        })
    }
    fn snapshot(&self, digest: Digest) -> BoxFuture<'_, Result<(String, Vec<u8>), HostError>> {
        Box::pin(async move {
            let gone = || HostError::NotFound { what: format!("snapshot `{digest}`") };
            let found = self.read(move |store| store.snapshots_of(digest)).await?;
            let media_type = found.into_iter().next().ok_or_else(gone)?.media_type;
            let store = self.store.clone();
            match tokio::task::spawn_blocking(move || store.blob(digest)).await {
                Ok(Ok(bytes)) => Ok((media_type, bytes)),
                Ok(Err(BlobError::Gone { .. })) => Err(gone()),
                Ok(Err(error)) => Err(HostError::Internal(Box::new(error))),
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            }
        })
    }
    fn transitions(&self, query: TransitionQuery) -> BoxFuture<'_, Result<Page<Transition>, HostError>> {
        Box::pin(async move {
            let after = cursor(&query.page)?;
            let between = between(query.from, query.to);
            let of = query.check.map_or(TransitionsOf::All, TransitionsOf::Check);
            let query = TransitionsQuery { of, between, after, limit: query.page.limit };
            self.read(move |store| store.transitions(&query)).await.map(page)
        })
    }
    fn decisions(&self, key: AlertKey) -> BoxFuture<'_, Result<Vec<Decision>, HostError>> {
        Box::pin(async move {
            let mut decisions = self.read(move |store| store.decisions(&key)).await?;
            decisions.reverse();
            Ok(decisions)
        })
    }
    fn deliveries(&self, query: DeliveryQuery) -> BoxFuture<'_, Result<Page<DeliveryItem>, HostError>> {
        Box::pin(async move {
            let after = cursor(&query.page)?;
            let filter = match query.filter {
                DeliveryFilter::All => watchkeep_store::DeliveryFilter::All,
                DeliveryFilter::Open => watchkeep_store::DeliveryFilter::Open,
                DeliveryFilter::Delivered => watchkeep_store::DeliveryFilter::Delivered,
                DeliveryFilter::Dead => watchkeep_store::DeliveryFilter::Dead,
            };
            let limit = query.page.limit;
            let query =
                DeliveriesQuery { filter, receiver: None, between: watchkeep_store::EVER, after, limit };
            let found = self.read(move |store| store.deliveries(&query)).await?;
            let items = found
                .items
                .into_iter()
                .map(|stored| DeliveryItem { delivery: Arc::new(stored.record), ended: stored.ended });
            Ok(Page { items: items.collect(), next: found.next.map(|next| Cursor(next.to_string())) })
        })
    }

    fn occasions(&self, query: OccasionQuery) -> BoxFuture<'_, Result<Page<ActionRecord>, HostError>> {
        Box::pin(async move {
            let after = cursor(&query.page)?;
            let limit = query.page.limit;
            let OccasionQuery { action, check, alert, .. } = query;
            let query = ActionsQuery { action, check, alert, between: watchkeep_store::EVER, after, limit };
            self.read(move |store| store.actions(&query)).await.map(page)
        })
    }

    fn retry(&self, delivery: DeliveryId) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            let found = self.read(move |store| store.delivery(delivery)).await?;
            let gone = || HostError::NotFound { what: format!("delivery `{delivery}`") };
            let found = found.ok_or_else(gone)?;
            match found.ended {
                Some(Ended::Dead { .. }) => {
                    // Whoever asked is in the audit log by what called this.
                    self.tell(Input::Command(Command::RetryDelivery(Box::new(found.record)))).await
                }
                Some(Ended::Delivered { .. }) => Err(HostError::Refused {
                    message: format!(
                        "delivery `{delivery}` was delivered; only one that was given up is tried again"
                    ),
                }),
                Some(Ended::Superseded { .. }) => Err(HostError::Refused {
                    message: format!(
                        "delivery `{delivery}` was not needed any more; only one that was given up is tried again"
                    ),
                }),
                None => Err(HostError::Refused {
                    message: format!("delivery `{delivery}` is being tried as it is"),
                }),
            }
        })
    }

    fn heartbeat(&self, key: &str) -> Option<CheckName> {
        self.in_force.load().heartbeat(key).cloned()
    }
    fn turned_away(&self, pings: Refused) {
        if let Some(live) = &self.live {
            // The inbox is closed only when the host has ended.
            let _ = live.inbox.send(Message::Input(Input::PingsRefused(pings)));
        }
    }
    fn ping(&self, key: &str, ping: Ping) -> BoxFuture<'_, Result<PingTaken, HostError>> {
        let check = self.in_force.load().heartbeat(key).cloned();
        Box::pin(async move {
            let Some(check) = check else { return Ok(PingTaken::UnknownKey) };
            self.tell(Input::Pinged { check, ping }).await?;
            Ok(PingTaken::Known)
        })
    }

    fn write(&self, write: Write, entry: AuditEntry) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            let live = self.live()?;
            let (kept, is_kept) = oneshot::channel();
            let entry = Box::new(entry);
            let send = |input| live.inbox.send(Message::Audited(entry, input, kept)).map_err(|_| stopping());
            match write {
                Write::Command(command) => send(Input::Command(command)),
                Write::Access(changes) => {
                    self.people.change(&changes.clone(), || send(Input::Access(changes)))
                }
                Write::Notes(changes) => {
                    let apply = |notes: &mut Notes| changes.iter().for_each(|change| notes.apply(change));
                    self.notes.change(apply, || send(Input::Notes(changes.clone())))
                }
                Write::Markers(changes) => {
                    let apply = |now: &mut Markers| changes.iter().for_each(|change| now.apply(change));
                    self.markers.change(apply, || send(Input::Markers(changes.clone())))
                }
                Write::Subscribers(changes) => {
                    let apply = |now: &mut Subscribers| changes.iter().for_each(|change| now.apply(change));
                    self.subscribers.change(apply, || send(Input::Subscribers(changes.clone())))
                }
            }?;
            is_kept.await.map_err(|_| stopping())
        })
    }
    fn notes(&self) -> Arc<Notes> {
        self.notes.now()
    }
    fn markers(&self) -> Arc<Markers> {
        self.markers.now()
    }
    fn subscribers(&self) -> Arc<Subscribers> {
        self.subscribers.now()
    }
    fn desk(&self) -> Arc<Desk> {
        self.desk.clone()
    }
    fn correspond(
        &self,
        changes: Vec<SubscriberChange>,
        letter: Option<Letter>,
    ) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            letters::write(&self.subscribers, &self.live()?.inbox, changes, letter).await.ok_or_else(stopping)
        })
    }
    fn secret_digest(&self, secret: &SecretName) -> Option<Digest> {
        let in_force = self.in_force.load();
        in_force.config.secrets.get(secret).map(|secret| Digest::of(secret.expose()))
    }
    fn directory(&self) -> Arc<Directory> {
        self.people.directory()
    }
    fn directory_changes(&self) -> watch::Receiver<u64> {
        self.people.changes()
    }
    fn note_use(&self, change: AccessChange) {
        let Some(live) = &self.live else { return };
        self.people.note(change, |change| {
            // The inbox is closed only when the host has ended.
            let _ = live.inbox.send(Message::Input(Input::Access(vec![change])));
        });
    }
    fn random(&self) -> Result<[u8; 32], HostError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| HostError::Internal(error.to_string().into()))?;
        Ok(bytes)
    }
    fn ask_provider(
        &self,
        request: axum::http::Request<String>,
    ) -> BoxFuture<'_, Result<axum::http::Response<axum::body::Bytes>, String>> {
        let ca_file = self.in_force.load().config.host.ca_file.clone();
        Box::pin(async move { identity_provider::ask(ca_file.as_deref(), request).await })
    }
    fn audit_log(&self, filter: AuditFilter) -> BoxFuture<'_, Result<AuditPage, HostError>> {
        Box::pin(async move {
            let AuditFilter { before, by, what, limit } = filter;
            let query = AuditQuery { before, by, what, limit };
            let (entries, next) = self.read(move |store| store.audit_log(&query)).await?;
            Ok(AuditPage { entries, next })
        })
    }
    fn audit_check(&self, number: Option<u64>) -> BoxFuture<'_, Result<AuditCheck, HostError>> {
        Box::pin(async move {
            let check = move |store: &Store| {
                let asked = number.map(|number| store.audit_head_at(number)).transpose()?.flatten();
                Ok(AuditCheck {
                    problems: store.audit_of_log()?.iter().map(ToString::to_string).collect(),
                    newest: store.audit_head()?.map(|head| (head.number, head.hash)),
                    asked: asked.map(|head| head.hash),
                })
            };
            self.read(check).await
        })
    }
    fn snapshot_checks(&self, digest: Digest) -> BoxFuture<'_, Result<Vec<CheckName>, HostError>> {
        Box::pin(async move {
            let found = self.read(move |store| store.snapshots_of(digest)).await?;
            Ok(found.into_iter().map(|snapshot| snapshot.check).collect())
        })
    }
    fn config_refused(&self) -> Option<ConfigRefused> {
        self.live.as_ref()?.reloader.refused()
    }
    fn reload(&self, mode: ReloadMode) -> BoxFuture<'_, Result<Reloaded, HostError>> {
        Box::pin(async move { Ok(self.live()?.reloader.reload(mode).await) })
    }
    fn plugin_events(&self) -> Vec<PluginEvent> {
        self.live.as_ref().map_or_else(Vec::new, |live| plugin_views::events(&live.plugin_reloader))
    }
    fn order(&self, plugin: PluginName, order: PluginOrder) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            let plugin_reloader = &self.live()?.plugin_reloader;
            let done = match order {
                PluginOrder::Approve { digest, rights } => {
                    plugin_reloader.approve(&plugin, &digest, &rights).await
                }
                PluginOrder::RollBack => plugin_reloader.roll_back(&plugin).await,
            };
            done.map_err(|refusal| match refusal {
                Refusal::NoSuchPlugin => HostError::NotFound { what: format!("plugin `{plugin}`") },
                Refusal::Refused(message) => HostError::Refused { message },
            })
        })
    }
    fn subscribe(&self) -> Updates {
        self.board.changes().subscribe()
    }
    fn resume(&self, place: &str) -> Option<Updates> {
        self.board.changes().resume(place)
    }
}

impl HostApi {
    /// Returns when the core has taken the input, and what came of it is on the disk.
    async fn tell(&self, input: Input) -> Result<(), HostError> {
        let live = self.live()?;
        let (kept, is_kept) = oneshot::channel();
        live.inbox.send(Message::AnswerOnceStored(input, kept)).map_err(|_| stopping())?;
        is_kept.await.map_err(|_| stopping())
    }

    fn live(&self) -> Result<&Live, HostError> {
        let message = "no host is running on this data folder; hint: start one with `watchkeep run`";
        self.live.as_ref().ok_or_else(|| HostError::Refused { message: message.to_owned() })
    }

    /// redb blocks, so it is not read on the runtime's threads.
    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Store) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, HostError> {
        let store = self.store.clone();
        let looked = tokio::task::spawn_blocking(move || look(&store)).await;
        match looked {
            Ok(found) => found.map_err(|error| match error {
                ReadError::BadCursor(_) => HostError::Invalid { message: error.to_string() },
                ReadError::Closed => HostError::Unavailable { message: error.to_string() },
                other => HostError::Internal(Box::new(other)),
            }),
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
}

fn stopping() -> HostError {
    HostError::Unavailable { message: "the host is stopping".to_owned() }
}

fn between(from: Option<Wall>, to: Option<Wall>) -> std::ops::Range<Wall> {
    from.unwrap_or(watchkeep_store::EVER.start)..to.unwrap_or(watchkeep_store::EVER.end)
}

fn cursor(page: &PageRequest) -> Result<Option<watchkeep_store::Cursor>, HostError> {
    let parsed = page.after.as_ref().map(|cursor| cursor.0.parse()).transpose();
    parsed.map_err(|error: ReadError| HostError::Invalid { message: error.to_string() })
}

fn page<T>(found: watchkeep_store::Page<T>) -> Page<T> {
    Page { items: found.items, next: found.next.map(|next| Cursor(next.to_string())) }
}

fn facts(snapshot: Snapshot) -> SnapshotFacts {
    let Snapshot { check: _, series, at, name, media_type, size_bytes, digest } = snapshot;
    SnapshotFacts { series, at, name, media_type, size_bytes, digest }
}
