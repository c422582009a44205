//! A host that is made up: what the tests and the preview show.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod ask;
pub(crate) mod boards;
mod history;
pub(crate) mod outside;
mod parts;
pub(crate) mod provider;
pub(crate) mod schema;

pub(crate) use parts::*;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::watch;
use watchkeep_core::access::{AccessChange, Directory};
use watchkeep_core::alert::{Acknowledgement, AlertKey, AlertRecord, Assignment};
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::commit::{AcceptedSnapshot, Decision, ResultRow, Transition};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Ended, NotificationKind};
use watchkeep_core::grant::Target;
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::heartbeat::{Ping, Refused};
use watchkeep_core::ids::{
    AlertId, CheckName, DeliveryId, Digest, OccasionId, PluginName, ReceiverName, SecretName,
};
use watchkeep_core::input::{AlertsOf, Command};
use watchkeep_core::marker::Markers;
use watchkeep_core::note::Notes;
use watchkeep_core::recovery::{ActionRecord, ActionStatus};
use watchkeep_core::replies::judge;
use watchkeep_core::reply::Invitation;
use watchkeep_core::reply_token::ReplyKey;
use watchkeep_core::rollup::{Period, Series};
use watchkeep_core::setup::{Difference, ReceiverSpec, Setup};
use watchkeep_core::subscription::{Letter, SubscriberChange, Subscribers};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView, Update};
use watchkeep_core::window::{When, Window};
use watchkeep_web::{
    Access, AuditCheck, AuditFilter, AuditPage, BackupStream, ConfigProblem, ConfigRefused, Cursor,
    DeadLetter, DeliveryFilter, DeliveryItem, DeliveryQuery, Desk, Hearing, HistoryQuery, Host, HostError,
    Line, NotReady, Numbers, OccasionQuery, Page, PageRequest, PingTaken, PluginEvent, PluginLife,
    PluginOrder, PluginView, ReloadMode, Reloaded, ResultQuery, Severity, SnapshotFacts, TransitionQuery,
    Updates, Write,
};

/// 2026-11-21 03:00:00 UTC.
pub(crate) const NOW: Wall = Wall::from_millis(1_795_230_000_000);

pub(crate) const REPLY_KEY: ReplyKey = ReplyKey::new([7; 32]);

pub(crate) struct FakeHost {
    pub(crate) board: Mutex<Board>,
    pub(crate) updates: Line,
    desk: Arc<Desk>,
    pub(crate) commands: Mutex<Vec<Command>>,
    pub(crate) directory_changes: watch::Sender<u64>,
}

#[derive(Default)]
pub(crate) struct Board {
    pub(crate) provider: Option<provider::Provider>,
    pub(crate) now: Option<Wall>,
    pub(crate) access: Access,
    pub(crate) checks: Vec<CheckView>,
    pub(crate) targets: BTreeMap<CheckName, Vec<Target>>,
    pub(crate) alerts: Vec<Arc<AlertRecord>>,
    pub(crate) groups: Vec<Arc<GroupRecord>>,
    pub(crate) windows: Vec<Arc<Window>>,
    pub(crate) actions: Vec<Arc<ActionRecord>>,
    pub(crate) setup: Arc<Setup>,
    /// The key of the one heartbeat check.
    pub(crate) ping_key: Option<String>,
    pub(crate) pings: Vec<Ping>,
    pub(crate) turned_away: Vec<Refused>,
    pub(crate) plugins: Vec<PluginView>,
    pub(crate) plugin_events: Vec<PluginEvent>,
    pub(crate) hearing: BTreeMap<ReceiverName, Hearing>,
    pub(crate) receivers: Vec<Arc<ReceiverSpec>>,
    /// Newest first.
    pub(crate) results: Vec<ResultRow>,
    /// Newest first.
    pub(crate) transitions: Vec<Transition>,
    pub(crate) decisions: Vec<Decision>,
    /// Newest first.
    pub(crate) deliveries: Vec<DeliveryItem>,
    /// Newest first, with their bytes.
    pub(crate) snapshots: Vec<(CheckName, SnapshotFacts, Vec<u8>)>,
    pub(crate) accepted: Vec<AcceptedSnapshot>,
    pub(crate) not_ready: Vec<NotReady>,
    pub(crate) config_refused: Option<ConfigRefused>,
    pub(crate) clock_doubted_until: Option<Wall>,
    pub(crate) problems: Vec<ConfigProblem>,
    pub(crate) broken: bool,
    /// Published as the next test of a receiver is asked for, before what comes of that.
    pub(crate) before_test: Option<Update>,
    pub(crate) directory: Arc<Directory>,
    /// Oldest first.
    pub(crate) audit_log: Vec<AuditEntry>,
    /// What a check of the log finds.
    pub(crate) audit_problems: Vec<String>,
    /// How often randomness was asked for.
    pub(crate) random: u64,
    pub(crate) notes: Arc<Notes>,
    pub(crate) markers: Arc<Markers>,
    pub(crate) subscribers: Arc<Subscribers>,
    /// What went to subscribers of status pages.
    pub(crate) letters: Vec<Letter>,
    /// By name.
    pub(crate) secrets: BTreeMap<SecretName, String>,
    /// How often a history was asked for.
    pub(crate) histories: u64,
}

impl FakeHost {
    pub(crate) fn new(board: Board) -> Arc<Self> {
        let updates = Line::new(0xf00, 64);
        Arc::new(Self {
            board: Mutex::new(board),
            updates,
            desk: Arc::default(),
            commands: Mutex::default(),
            directory_changes: watch::channel(0).0,
        })
    }
    pub(crate) fn with<T>(&self, read: impl FnOnce(&mut Board) -> T) -> T {
        read(&mut self.board.lock().unwrap())
    }
    fn carry_out(&self, command: Command) -> BoxFuture<'_, Result<(), HostError>> {
        self.commands.lock().unwrap().push(command.clone());
        let now = self.now();
        match &command {
            Command::RunNow(name) => {
                if let Some(mut view) = self.check(name) {
                    let sequence = view.last.as_ref().map_or(0, |row| row.sequence) + 1;
                    view.last = Some(Arc::new(result(name.as_str(), sequence, NOW, 42, ok("ran at once"))));
                    self.publish(Update::Check(view));
                }
            }
            Command::Pause(name) | Command::Resume(name) => {
                let paused = matches!(command, Command::Pause(_));
                self.with(|board| {
                    for view in board.checks.iter_mut().filter(|view| view.spec.name == *name) {
                        view.status = if paused { CheckStatus::Paused } else { CheckStatus::Active };
                    }
                });
            }
            Command::AcceptSnapshot(accepted) => self.with(|board| board.accepted.push(accepted.clone())),
            Command::RetryDelivery(_) => {}
            Command::Reply(reply) => {
                let id = reply.invitation.alert.clone();
                let record = self.alerts().into_iter().find(|alert| alert.id == id);
                if let Ok(taken) = judge(&self.setup(), record.as_deref(), reply, now) {
                    self.change(&AlertsOf::Alert(id), |alert| {
                        alert.acknowledged = Some(taken.clone());
                        alert.taken += 1;
                    });
                }
            }
            Command::Acknowledge(of, taken) => self.change(of, |alert| {
                alert.acknowledged = Some(Acknowledgement { at: now, ..taken.clone() });
            }),
            Command::Unacknowledge { of, .. } => self.change(of, |alert| alert.acknowledged = None),
            Command::HandOver(of, given) => self.change(of, |alert| {
                alert.assigned = Some(Assignment { at: now, ..given.clone() });
            }),
            Command::ApproveAction { occasion, by } => self.decide(occasion, |record| {
                record.by = Some(by.clone());
                record.status = ActionStatus::Begun { at: now };
            }),
            Command::DeclineAction { occasion, by } => self.decide(occasion, |record| {
                record.status = ActionStatus::Declined { at: now, by: by.clone() };
            }),
            Command::Act { action, alert, by, mode } => {
                let open = self.alerts().into_iter().find(|open| open.id == *alert);
                if let Some(open) = open {
                    self.with(|board| {
                        let number = 10 + u32::try_from(board.actions.len()).unwrap();
                        let id = OccasionId::derive(alert, action, number);
                        let (mode, by) = (*mode, Some(by.clone()));
                        let record = ActionRecord { id, number, mode, by, ..acted(action.as_str(), &open) };
                        board.actions.insert(0, Arc::new(record));
                    });
                }
            }
            Command::OpenWindow(window) => {
                self.with(|board| board.windows.push(Arc::new((**window).clone())));
            }
            Command::EndWindow { id, .. } => self.with(|board| {
                let now = board.now.unwrap_or(NOW);
                for window in board.windows.iter_mut().filter(|window| window.id == *id) {
                    match &mut Arc::make_mut(window).when {
                        When::Once { from, until } => {
                            *from = (*from).min(now);
                            *until = (*until).min(now);
                        }
                        When::Recurring { ended, .. } => *ended = Some(now),
                    }
                }
            }),
            Command::TestReceiver(name) => {
                let mut item = delivery(77, name.as_str(), NotificationKind::Test, &[], 0, None);
                let ended = Ended::Delivered { at: NOW, service_id: None };
                Arc::make_mut(&mut item.delivery).subject = DeliverySubject::Test;
                if let Some(before) = self.with(|board| board.before_test.take()) {
                    self.publish(before);
                }
                self.publish(Update::DeliveryEnded { delivery: item.delivery, ended });
            }
        }
        async { Ok(()) }.boxed()
    }
    pub(crate) fn change_access(&self, changes: &[AccessChange]) {
        self.with(|board| {
            let directory = Arc::make_mut(&mut board.directory);
            changes.iter().for_each(|change| directory.apply(change));
        });
        self.directory_changes.send_modify(|revision| *revision += 1);
    }
    fn decide(&self, occasion: &OccasionId, change: impl Fn(&mut ActionRecord)) {
        self.with(|board| {
            for record in board.actions.iter_mut().filter(|record| record.id == *occasion) {
                change(Arc::make_mut(record));
            }
        });
    }
    fn change(&self, of: &AlertsOf, change: impl Fn(&mut AlertRecord)) {
        self.with(|board| {
            let ids: Vec<AlertId> = match of {
                AlertsOf::Alert(id) => vec![id.clone()],
                AlertsOf::Group(key) => {
                    let group = board.groups.iter().find(|group| group.key == *key);
                    let members = group.into_iter().flat_map(|group| &group.members);
                    members.map(|member| member.alert.clone()).collect()
                }
            };
            for alert in board.alerts.iter_mut().filter(|alert| ids.contains(&alert.id)) {
                change(Arc::make_mut(alert));
            }
        });
    }
    pub(crate) fn publish(&self, update: Update) {
        if let Update::Check(view) = &update {
            let view = view.clone();
            self.with(|board| match board.checks.iter_mut().find(|old| old.spec.name == view.spec.name) {
                Some(old) => *old = view,
                None => board.checks.push(view),
            });
        }
        // Nobody may be listening.
        self.updates.tell(update);
    }
}

fn page<T: Clone>(all: &[T], request: &PageRequest) -> Result<Page<T>, HostError> {
    let start = match &request.after {
        None => 0,
        Some(Cursor(text)) => text.parse().map_err(|_| HostError::Invalid {
            message: "`cursor` is not one that this host gave".to_owned(),
        })?,
    };
    let end = (start + request.limit).min(all.len());
    let next = (end < all.len()).then(|| Cursor(end.to_string()));
    Ok(Page { items: all.get(start..end).unwrap_or_default().to_vec(), next })
}

impl Host for FakeHost {
    fn hearing(&self, receiver: &ReceiverName) -> Option<Hearing> {
        self.with(|board| board.hearing.get(receiver).cloned())
    }
    fn invitation(&self, token: &str) -> Option<Invitation> {
        REPLY_KEY.open(token, self.setup().receivers.keys())
    }
    fn now(&self) -> Wall {
        self.with(|board| board.now.unwrap_or(NOW))
    }
    fn access(&self) -> Arc<Access> {
        Arc::new(self.with(|board| board.access.clone()))
    }
    fn checks(&self) -> Vec<CheckView> {
        self.with(|board| board.checks.clone())
    }
    fn check(&self, name: &CheckName) -> Option<CheckView> {
        self.with(|board| board.checks.iter().find(|view| view.spec.name == *name).cloned())
    }
    fn alerts(&self) -> Vec<Arc<AlertRecord>> {
        self.with(|board| board.alerts.clone())
    }
    fn groups(&self) -> Vec<Arc<GroupRecord>> {
        self.with(|board| board.groups.clone())
    }
    fn alert(&self, key: &AlertKey) -> Option<Arc<AlertRecord>> {
        self.with(|board| board.alerts.iter().find(|alert| alert.key == *key).cloned())
    }
    fn group(&self, key: &GroupKey) -> Option<Arc<GroupRecord>> {
        self.with(|board| board.groups.iter().find(|group| group.key == *key).cloned())
    }
    fn deliveries_about(&self, subject: &DeliverySubject) -> Vec<Arc<DeliveryRecord>> {
        let about = |item: &&DeliveryItem| item.ended.is_none() && item.delivery.subject == *subject;
        self.with(|board| board.deliveries.iter().filter(about).map(|item| item.delivery.clone()).collect())
    }
    fn dead_letters(&self) -> Vec<DeadLetter> {
        let dead = |item: &DeliveryItem| match &item.ended {
            Some(Ended::Dead { at, error }) => {
                Some(DeadLetter { delivery: item.delivery.clone(), at: *at, error: error.clone() })
            }
            Some(Ended::Delivered { .. } | Ended::Superseded { .. }) | None => None,
        };
        self.with(|board| board.deliveries.iter().filter_map(dead).collect())
    }
    fn windows(&self) -> Vec<Arc<Window>> {
        self.with(|board| board.windows.clone())
    }
    fn actions(&self) -> Vec<Arc<ActionRecord>> {
        self.with(|board| board.actions.clone())
    }
    fn setup(&self) -> Arc<Setup> {
        self.with(|board| board.setup.clone())
    }
    fn targets(&self, check: &CheckName) -> Vec<Target> {
        self.with(|board| board.targets.get(check).cloned().unwrap_or_default())
    }
    fn retry(&self, delivery: DeliveryId) -> BoxFuture<'_, Result<(), HostError>> {
        let found =
            self.with(|board| board.deliveries.iter().find(|item| item.delivery.id == delivery).cloned());
        let answer = match found {
            None => Err(HostError::NotFound { what: format!("delivery `{delivery}`") }),
            Some(DeliveryItem { delivery, ended: Some(Ended::Dead { .. }) }) => {
                let retried = Command::RetryDelivery(Box::new((*delivery).clone()));
                self.commands.lock().unwrap().push(retried);
                Ok(())
            }
            Some(_) => Err(HostError::Refused { message: format!("delivery `{delivery}` was not given up") }),
        };
        async { answer }.boxed()
    }
    fn heartbeat(&self, key: &str) -> Option<CheckName> {
        self.with(|board| board.ping_key.as_deref() == Some(key)).then(|| "backup".into())
    }
    fn turned_away(&self, pings: Refused) {
        self.with(|board| board.turned_away.push(pings));
    }
    fn ping(&self, key: &str, ping: Ping) -> BoxFuture<'_, Result<PingTaken, HostError>> {
        let taken = self.with(|board| {
            if board.ping_key.as_deref() != Some(key) {
                return PingTaken::UnknownKey;
            }
            board.pings.push(ping);
            PingTaken::Known
        });
        async move { Ok(taken) }.boxed()
    }
    fn plugin_events(&self) -> Vec<PluginEvent> {
        self.with(|board| board.plugin_events.clone())
    }
    fn order(&self, plugin: PluginName, order: PluginOrder) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            let refused = |message: &str| Err(HostError::Refused { message: message.to_owned() });
            let waits = self.plugins().into_iter().find(|view| view.name == plugin);
            match (order, waits.map(|view| view.life)) {
                (_, None) => Err(HostError::NotFound { what: format!("plugin `{plugin}`") }),
                (PluginOrder::RollBack, Some(_)) => Ok(()),
                (
                    PluginOrder::Approve { digest, rights },
                    Some(PluginLife::PendingGrant { digest: waits, asks, .. }),
                ) => {
                    if digest == waits.to_string() && rights == asks {
                        Ok(())
                    } else {
                        refused("not this one")
                    }
                }
                (PluginOrder::Approve { .. }, Some(_)) => refused("nothing waits"),
            }
        })
    }
    fn plugins(&self) -> Vec<PluginView> {
        self.with(|board| board.plugins.clone())
    }
    fn receivers(&self) -> Vec<Arc<ReceiverSpec>> {
        self.with(|board| board.receivers.clone())
    }
    fn numbers(&self) -> Numbers {
        let mut numbers = Numbers {
            started_at: NOW - Duration::from_secs(86_400),
            runs: vec![
                ("http".into(), "ok", 812),
                ("http".into(), "critical", 3),
                ("we\"ird\\\n".into(), "ok", 1),
            ],
            run_lateness: Default::default(),
            run_duration: Default::default(),
            runs_skipped: 2,
            inconsistencies: 0,
            plugin_failures: vec![("http".into(), "trap", 1)],
            outbox_depth: 4,
            outbox_oldest: Duration::from_millis(1500),
            deliveries: vec![("chat".into(), "delivered", 7)],
            store_commit: Default::default(),
        };
        for ms in [0, 1, 4, 4, 70, 60_000] {
            numbers.run_lateness.observe(Duration::from_millis(ms));
            numbers.run_duration.observe(Duration::from_millis(ms * 3));
        }
        numbers
    }
    fn clock_doubted_until(&self) -> Option<Wall> {
        self.with(|board| board.clock_doubted_until)
    }
    fn not_ready(&self) -> Vec<NotReady> {
        self.with(|board| board.not_ready.clone())
    }
    fn snapshots(
        &self,
        check: CheckName,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SnapshotFacts>, HostError>> {
        let mut found = self.with(|board| board.snapshots.clone());
        found.retain(|(of, ..)| *of == check);
        Box::pin(async move { Ok(found.into_iter().map(|(_, facts, _)| facts).take(limit).collect()) })
    }
    fn accepted_snapshot(
        &self,
        check: CheckName,
        series: String,
    ) -> BoxFuture<'_, Result<Option<SnapshotFacts>, HostError>> {
        let accepted = self.with(|board| board.accepted.clone());
        let found = accepted.into_iter().rfind(|of| of.check == check && of.series == series);
        let facts =
            found.map(|AcceptedSnapshot { check: _, series, at, name, media_type, size_bytes, digest }| {
                SnapshotFacts { series: Some(series), at, name, media_type, size_bytes, digest }
            });
        Box::pin(async move { Ok(facts) })
    }
    fn snapshot(&self, digest: Digest) -> BoxFuture<'_, Result<(String, Vec<u8>), HostError>> {
        let found = self.with(|board| board.snapshots.clone());
        let found = found.into_iter().find(|(_, facts, _)| facts.digest == digest);
        let missing = HostError::NotFound { what: format!("snapshot `{digest}`") };
        Box::pin(async move { found.map(|(_, facts, bytes)| (facts.media_type, bytes)).ok_or(missing) })
    }
    fn results(&self, query: ResultQuery) -> BoxFuture<'_, Result<Page<ResultRow>, HostError>> {
        let answer = self.with(|board| {
            if board.broken {
                let cause = std::io::Error::other("disk 7 of s3cret-array is gone");
                return Err(HostError::Internal(Box::new(cause)));
            }
            let rows: Vec<_> = board
                .results
                .iter()
                .filter(|row| row.run.check == query.check)
                .filter(|row| query.from.is_none_or(|from| row.finished_at >= from))
                .filter(|row| query.to.is_none_or(|to| row.finished_at < to))
                .cloned()
                .collect();
            page(&rows, &query.page)
        });
        async { answer }.boxed()
    }
    fn history(&self, query: HistoryQuery) -> BoxFuture<'_, Result<Vec<Period>, HostError>> {
        let answer = self.with(|board| {
            board.histories += 1;
            history::periods(board, &query)
        });
        async { answer }.boxed()
    }
    fn backup(&self) -> BoxFuture<'_, Result<BackupStream, HostError>> {
        let pieces = ["watchkeep ", "backup"].map(|piece| Ok(piece.into()));
        async { Ok(futures::stream::iter(pieces).boxed()) }.boxed()
    }
    fn series(&self, check: CheckName) -> BoxFuture<'_, Result<Vec<Series>, HostError>> {
        let answer = self.with(|board| history::series(board, &check));
        async { Ok(answer) }.boxed()
    }
    fn transitions(&self, query: TransitionQuery) -> BoxFuture<'_, Result<Page<Transition>, HostError>> {
        let answer = self.with(|board| {
            let wanted = |row: &&Transition| query.check.is_none() || row.key.check() == query.check.as_ref();
            page(&board.transitions.iter().filter(wanted).cloned().collect::<Vec<_>>(), &query.page)
        });
        async { answer }.boxed()
    }
    fn decisions(&self, key: AlertKey) -> BoxFuture<'_, Result<Vec<Decision>, HostError>> {
        let rows = self.with(|board| board.decisions.iter().filter(|row| row.key == key).cloned().collect());
        async { Ok(rows) }.boxed()
    }
    fn deliveries(&self, query: DeliveryQuery) -> BoxFuture<'_, Result<Page<DeliveryItem>, HostError>> {
        let answer = self.with(|board| {
            let wanted = |item: &&DeliveryItem| match (query.filter, &item.ended) {
                (DeliveryFilter::All, _)
                | (DeliveryFilter::Open, None)
                | (DeliveryFilter::Delivered, Some(Ended::Delivered { .. }))
                | (DeliveryFilter::Dead, Some(Ended::Dead { .. })) => true,
                (DeliveryFilter::Open | DeliveryFilter::Delivered | DeliveryFilter::Dead, _) => false,
            };
            page(&board.deliveries.iter().filter(wanted).cloned().collect::<Vec<_>>(), &query.page)
        });
        async { answer }.boxed()
    }
    fn occasions(&self, query: OccasionQuery) -> BoxFuture<'_, Result<Page<ActionRecord>, HostError>> {
        let answer = self.with(|board| {
            let wanted = |record: &&Arc<ActionRecord>| {
                query.action.as_ref().is_none_or(|action| record.action == *action)
                    && query.check.as_ref().is_none_or(|check| record.key.check() == Some(check))
                    && query.alert.as_ref().is_none_or(|alert| record.alert == *alert)
            };
            let all: Vec<ActionRecord> =
                board.actions.iter().filter(wanted).map(|record| (**record).clone()).collect();
            page(&all, &query.page)
        });
        async { answer }.boxed()
    }
    fn config_refused(&self) -> Option<ConfigRefused> {
        self.with(|board| board.config_refused)
    }
    fn reload(&self, mode: ReloadMode) -> BoxFuture<'_, Result<Reloaded, HostError>> {
        let problems = self.with(|board| board.problems.clone());
        let _ = mode;
        async move {
            Ok(if problems.iter().any(|problem| problem.severity == Severity::Error) {
                Reloaded::Refused { problems }
            } else {
                Reloaded::Accepted {
                    difference: Box::new(Difference {
                        added: vec!["new".into()],
                        removed: vec!["old".into()],
                        renamed: vec![("to".into(), "from".into())],
                        ..Difference::default()
                    }),
                    closes: vec![AlertKey::Check("old".into())],
                    altered: vec!["rights of check `shop`".to_owned()],
                    warnings: problems,
                }
            })
        }
        .boxed()
    }
    fn subscribe(&self) -> Updates {
        self.updates.subscribe()
    }
    fn resume(&self, place: &str) -> Option<Updates> {
        self.updates.resume(place)
    }
    fn write(&self, write: Write, entry: AuditEntry) -> BoxFuture<'_, Result<(), HostError>> {
        self.with(|board| {
            let number = board.audit_log.len() as u64 + 1;
            board.audit_log.push(AuditEntry { number, ..entry });
        });
        match write {
            Write::Command(command) => self.carry_out(command),
            Write::Access(changes) => {
                self.change_access(&changes);
                async { Ok(()) }.boxed()
            }
            Write::Notes(changes) => {
                self.with(|board| {
                    let notes = Arc::make_mut(&mut board.notes);
                    changes.iter().for_each(|change| notes.apply(change));
                });
                async { Ok(()) }.boxed()
            }
            Write::Markers(changes) => {
                self.with(|board| {
                    let markers = Arc::make_mut(&mut board.markers);
                    changes.iter().for_each(|change| markers.apply(change));
                });
                async { Ok(()) }.boxed()
            }
            Write::Subscribers(changes) => self.correspond(changes, None),
        }
    }
    fn notes(&self) -> Arc<Notes> {
        self.with(|board| board.notes.clone())
    }
    fn markers(&self) -> Arc<Markers> {
        self.with(|board| board.markers.clone())
    }
    fn subscribers(&self) -> Arc<Subscribers> {
        self.with(|board| board.subscribers.clone())
    }
    fn desk(&self) -> Arc<Desk> {
        self.desk.clone()
    }
    fn correspond(
        &self,
        changes: Vec<SubscriberChange>,
        letter: Option<Letter>,
    ) -> BoxFuture<'_, Result<(), HostError>> {
        self.with(|board| {
            let subscribers = Arc::make_mut(&mut board.subscribers);
            changes.iter().for_each(|change| subscribers.apply(change));
            board.letters.extend(letter);
        });
        async { Ok(()) }.boxed()
    }
    fn secret_digest(&self, secret: &SecretName) -> Option<Digest> {
        self.with(|board| board.secrets.get(secret).map(|value| Digest::of(value.as_bytes())))
    }
    fn directory(&self) -> Arc<Directory> {
        self.with(|board| board.directory.clone())
    }
    fn directory_changes(&self) -> watch::Receiver<u64> {
        self.directory_changes.subscribe()
    }
    fn note_use(&self, change: AccessChange) {
        self.with(|board| {
            let directory = Arc::make_mut(&mut board.directory);
            let is_there = match &change {
                AccessChange::PutToken(token) => directory.tokens.contains_key(&token.id),
                AccessChange::PutSession(session) => directory.sessions.contains_key(&session.key),
                _ => panic!("only uses are noted"),
            };
            if is_there {
                directory.apply(&change);
            }
        });
    }
    fn ask_provider(
        &self,
        request: http::Request<String>,
    ) -> BoxFuture<'_, Result<http::Response<bytes::Bytes>, String>> {
        let answer =
            self.with(|board| board.provider.as_mut().expect("there is a provider").answer(&request));
        async move { answer }.boxed()
    }
    fn random(&self) -> Result<[u8; 32], HostError> {
        let count = self.with(|board| {
            board.random += 1;
            board.random
        });
        Ok(Digest::of(&count.to_be_bytes()).0)
    }
    fn audit_check(&self, number: Option<u64>) -> BoxFuture<'_, Result<AuditCheck, HostError>> {
        let log = self.with(|board| board.audit_log.clone());
        let hash = |entry: &AuditEntry| Digest::of(format!("{entry:?}").as_bytes());
        let check = AuditCheck {
            problems: self.with(|board| board.audit_problems.clone()),
            newest: log.last().map(|entry| (entry.number, hash(entry))),
            asked: log.iter().find(|entry| Some(entry.number) == number).map(hash),
        };
        async { Ok(check) }.boxed()
    }
    fn audit_log(&self, filter: AuditFilter) -> BoxFuture<'_, Result<AuditPage, HostError>> {
        let mut found = self.with(|board| board.audit_log.clone());
        found.reverse();
        found.retain(|entry| {
            filter.before.is_none_or(|before| entry.number < before)
                && filter.by.as_ref().is_none_or(|by| entry.who.name == *by)
                && filter.what.as_ref().is_none_or(|what| entry.what.starts_with(what.as_str()))
        });
        let next = found.get(filter.limit).map(|entry| entry.number + 1);
        found.truncate(filter.limit);
        async move { Ok(AuditPage { entries: found, next }) }.boxed()
    }
    fn snapshot_checks(&self, digest: Digest) -> BoxFuture<'_, Result<Vec<CheckName>, HostError>> {
        let found = self.with(|board| board.snapshots.clone());
        let of = found.into_iter().filter(|(_, facts, _)| facts.digest == digest).map(|(check, ..)| check);
        let checks = of.collect();
        async move { Ok(checks) }.boxed()
    }
}
