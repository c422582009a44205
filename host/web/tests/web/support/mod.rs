//! A host that is made up: what the tests and the preview show.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod ask;
pub(crate) mod boards;
pub(crate) mod schema;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::broadcast;
use watchkeep_core::alert::{Acknowledgement, AlertKey, AlertRecord, Answer, Assignment, Phase, Told, Took};
use watchkeep_core::commit::{AcceptedSnapshot, Decision, ResultRow, Transition, TransitionKind};
use watchkeep_core::delivery::{
    DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, Fallback, Notification, NotificationKind,
};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::grant::Target;
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::heartbeat::{Ping, Refused};
use watchkeep_core::ids::{
    ActionName, AlertId, CheckName, DeliveryId, Digest, OccasionId, PluginName, ReceiverName, RouteName,
    RunId,
};
use watchkeep_core::input::{AlertsOf, Command};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::reason::Reason;
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus, Helped, Mode, Origin};
use watchkeep_core::report::{Finding, Judgement, Metric, Report, State};
use watchkeep_core::rollup::{Figures, MetricSeries, Period, Series, States};
use watchkeep_core::setup::{CheckSpec, Difference, Grouping, ReceiverSpec, Schedule, Setup, Threshold};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView, Update};
use watchkeep_core::window::{When, Window};
use watchkeep_web::{
    Access, ConfigProblem, Cursor, DeadLetter, DeliveryFilter, DeliveryItem, DeliveryQuery, GenerationView,
    HistoryQuery, Host, HostError, NotReady, Numbers, OccasionQuery, Page, PageRequest, PingTaken,
    PluginEvent, PluginKind, PluginLife, PluginOrder, PluginView, ReloadMode, Reloaded, ResultQuery,
    Severity, SnapshotFacts, TransitionQuery,
};

/// 2026-11-21 03:00:00 UTC.
pub(crate) const NOW: Wall = Wall::from_millis(1_795_230_000_000);

pub(crate) struct FakeHost {
    pub(crate) board: Mutex<Board>,
    pub(crate) updates: broadcast::Sender<Arc<Update>>,
    pub(crate) commands: Mutex<Vec<Command>>,
}

#[derive(Default)]
pub(crate) struct Board {
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
    pub(crate) clock_doubted_until: Option<Wall>,
    pub(crate) problems: Vec<ConfigProblem>,
    pub(crate) broken: bool,
    /// Published as the next test of a receiver is asked for, before what comes of that.
    pub(crate) before_test: Option<Update>,
}

impl FakeHost {
    pub(crate) fn new(board: Board) -> Arc<Self> {
        let (updates, _) = broadcast::channel(64);
        Arc::new(Self { board: Mutex::new(board), updates, commands: Mutex::default() })
    }
    pub(crate) fn with<T>(&self, read: impl FnOnce(&mut Board) -> T) -> T {
        read(&mut self.board.lock().unwrap())
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
        let _ = self.updates.send(Arc::new(update));
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

/// The metrics of a report with their values: those of a finding have its labels, and its key, as well.
fn followed(report: &Report) -> impl Iterator<Item = (MetricSeries, f64)> {
    let of = |metric: &Metric, over: &[(&str, &str)]| {
        let Metric { name, unit, labels, .. } = metric.clone();
        (MetricSeries { name, unit, labels: labels.with(over.iter().copied()) }, metric.value)
    };
    let of_findings = report.findings.iter().flat_map(move |finding| {
        let key = finding.key.to_string();
        finding.metrics.iter().map(move |metric| {
            let mut over: Vec<(&str, &str)> = finding.labels.iter().collect();
            over.push(("finding", &key));
            of(metric, &over)
        })
    });
    report.metrics.iter().map(move |metric| of(metric, &[])).chain(of_findings)
}

/// A report about one address, as `ip-reputation` gives it.
pub(crate) fn address_report(
    address: &str,
    provider: &str,
    state: State,
    score: f64,
    lists: &[&str],
) -> Outcome {
    let Outcome::Report(plain) = report(state, "said", Vec::new()) else { unreachable!() };
    let mut report = (*plain).clone();
    let mut metrics = vec![
        metric("ip_reputation_score", score, "", &[("address", address)]),
        metric("ip_reputation_daily_volume", 12_000.0, "", &[("address", address)]),
        metric("ip_reputation_listed", 0.0, "", &[("address", address), ("list", "psbl")]),
    ];
    let listed = lists.iter();
    metrics.extend(
        listed.map(|list| metric("ip_reputation_listed", 1.0, "", &[("address", address), ("list", list)])),
    );
    report.findings = vec![Finding {
        key: address.into(),
        state,
        summary: format!("{address} has a score of {score}"),
        labels: labels(&[("provider", provider)]),
        metrics,
        link: (!lists.is_empty()).then(|| "https://check.spamhaus.org/".to_owned()),
    }];
    Outcome::Report(Arc::new(report))
}

impl Host for FakeHost {
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
        let step = i64::try_from(query.step.as_millis()).unwrap();
        let answer = self.with(|board| {
            if board.broken {
                return Err(HostError::Internal(Box::new(std::io::Error::other(
                    "disk 7 of s3cret-array is gone",
                ))));
            }
            let mut periods: BTreeMap<i64, Period> = BTreeMap::new();
            for row in board.results.iter().filter(|row| row.run.check == query.check) {
                if !query.between.contains(&row.finished_at) {
                    continue;
                }
                let begins = Wall::from_millis(row.finished_at.millis().div_euclid(step) * step);
                let period = periods.entry(begins.millis()).or_insert_with(|| Period {
                    begins,
                    states: States::default(),
                    figures: Figures::default(),
                });
                match (&query.series, &row.outcome) {
                    (Series::Runs, outcome) => {
                        period.states.add(outcome);
                        period.figures.add(row.took.as_secs_f64());
                    }
                    (Series::Metric(series), Outcome::Report(report)) => {
                        let values = followed(report).filter(|(of, _)| of == series);
                        values.for_each(|(_, value)| period.figures.add(value));
                    }
                    (Series::Metric(_), Outcome::Failed(_)) => {}
                }
            }
            Ok(periods.into_values().collect())
        });
        async { answer }.boxed()
    }
    fn series(&self, check: CheckName) -> BoxFuture<'_, Result<Vec<Series>, HostError>> {
        let answer = self.with(|board| {
            let mut series = std::collections::BTreeSet::from([Series::Runs]);
            for row in board.results.iter().filter(|row| row.run.check == check) {
                if let Outcome::Report(report) = &row.outcome {
                    series.extend(followed(report).map(|(of, _)| Series::Metric(of)));
                }
            }
            Ok(series.into_iter().collect())
        });
        async { answer }.boxed()
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
    fn command(&self, command: Command) -> BoxFuture<'_, Result<(), HostError>> {
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
    fn subscribe(&self) -> broadcast::Receiver<Arc<Update>> {
        self.updates.subscribe()
    }
}

/// An attempt by hand that has just ended well.
pub(crate) fn acted(action: &str, alert: &AlertRecord) -> ActionRecord {
    let action = ActionName::from(action);
    let effect = watchkeep_core::action::Effect {
        summary: "restarted it".to_owned(),
        changed: true,
        details: Some("as it was".to_owned()),
    };
    ActionRecord {
        id: OccasionId::derive(&alert.id, &action, 7),
        action,
        key: alert.key.clone(),
        alert: alert.id.clone(),
        number: 7,
        mode: Mode::Act,
        decided_at: NOW,
        since: alert.since,
        origin: Origin::Person,
        by: None,
        status: ActionStatus::Ended {
            began: NOW,
            at: NOW,
            result: ActionResult::Done(effect),
            helped: Helped::NotYetKnown,
        },
    }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| (*name, *value)).collect()
}

pub(crate) fn seconds_ago(seconds: u64) -> Wall {
    NOW - Duration::from_secs(seconds)
}

pub(crate) fn spec(name: &str, plugin: &str, config: &str, given: &[(&str, &str)]) -> CheckSpec {
    let three = NonZeroU32::new(3).unwrap();
    CheckSpec {
        config: config.into(),
        retry_interval: Some(Duration::from_secs(15)),
        firing: Threshold::new(three, three).unwrap(),
        success_threshold: NonZeroU32::new(2).unwrap(),
        labels: labels(given),
        event_memory: Duration::from_secs(86_400),
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        location: "here".into(),
        ..CheckSpec::plain(name.into(), plugin.into(), Schedule::Interval(Duration::from_secs(60)))
    }
}

pub(crate) fn report(state: State, summary: &str, metrics: Vec<Metric>) -> Outcome {
    Outcome::Report(Arc::new(Report {
        state,
        summary: summary.to_owned(),
        details: None,
        metrics,
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    }))
}

pub(crate) fn ok(summary: &str) -> Outcome {
    report(State::Ok, summary, Vec::new())
}

pub(crate) fn with_findings(
    state: State,
    summary: &str,
    findings: &[(&str, State, &str, Option<&str>)],
) -> Outcome {
    let Outcome::Report(plain) = report(state, summary, Vec::new()) else { unreachable!() };
    let mut report = (*plain).clone();
    report.findings = findings
        .iter()
        .map(|(key, state, summary, link)| Finding {
            key: (*key).into(),
            state: *state,
            summary: (*summary).to_owned(),
            labels: Labels::default(),
            metrics: Vec::new(),
            link: link.map(str::to_owned),
        })
        .collect();
    report.details = Some("line one\nline two".to_owned());
    Outcome::Report(Arc::new(report))
}

pub(crate) fn failed(reason: FailureReason, message: &str) -> Outcome {
    Outcome::Failed(Arc::new(Failure {
        reason,
        stage: Stage::Call,
        message: message.to_owned(),
        hint: Some("add `http = [\"https://api.example.com\"]` under [plugin.http.allow]".to_owned()),
        backtrace: Some("0: wasm trap: unreachable\n1: http!run".to_owned()),
    }))
}

pub(crate) fn metric(name: &str, value: f64, unit: &str, given: &[(&str, &str)]) -> Metric {
    Metric { name: name.to_owned(), value, unit: unit.to_owned(), bounds: None, labels: labels(given) }
}

pub(crate) fn result(check: &str, sequence: u64, at: Wall, took_ms: u64, outcome: Outcome) -> ResultRow {
    ResultRow {
        run: RunId { check: check.into(), scheduled_at: at - Duration::from_millis(took_ms + 2) },
        sequence,
        location: "here".into(),
        finished_at: at,
        since: at,
        took: Duration::from_millis(took_ms),
        late: Duration::from_millis(2),
        generation: Some(Digest::of(b"http")),
        outcome,
        flaps: Flaps::default(),
    }
}

/// A check that has had its state for `since` seconds, with its last run some seconds ago.
pub(crate) fn view(spec: CheckSpec, outcome: Option<(Outcome, u64)>, since: u64) -> CheckView {
    let last = outcome.map(|(outcome, took)| {
        Arc::new(result(spec.name.as_str(), 1, seconds_ago(since % 58 + 1), took, outcome))
    });
    CheckView {
        state: last.as_ref().map_or(State::Unknown, |row| row.outcome.state()),
        since: last.as_ref().map(|_| seconds_ago(since)),
        last,
        next_run: Some(NOW + Duration::from_secs(20)),
        status: CheckStatus::Active,
        skipped: 0,
        spec: Arc::new(spec),
    }
}

pub(crate) fn check(name: &str, state: State) -> CheckView {
    let outcome = report(state, &format!("{name} is {}", state.as_str()), Vec::new());
    view(
        spec(name, "http", "{\"url\":\"https://shop.example.com/\"}", &[("team", "web")]),
        Some((outcome, 120)),
        300,
    )
}

pub(crate) fn alert(key: AlertKey, phase: Phase, level: Judgement, since: u64, summary: &str) -> AlertRecord {
    AlertRecord {
        id: AlertId::derive(&key.to_string(), seconds_ago(since)),
        key,
        phase,
        level,
        previous: Some(Judgement::Ok),
        since: seconds_ago(since),
        judgements: [level].into(),
        summary: summary.to_owned(),
        report: None,
        labels: labels(&[("team", "web"), ("state", "critical")]),
        told: Vec::new(),
        answers: Vec::new(),
        holds: Vec::new(),
        closed_routes: Vec::new(),
        last_good: Some(seconds_ago(since + 15)),
        acknowledged: None,
        assigned: None,
        escalating: Vec::new(),
        flaps: Flaps::default(),
    }
}

/// Its service took a notice that it is critical.
pub(crate) fn took(receiver: &str, since: u64) -> Answer {
    let took = Took { at: seconds_ago(since), level: Judgement::Critical };
    Answer { receiver: receiver.into(), took: Some(took), gave_up: None }
}

pub(crate) fn told(receiver: &str, since: u64) -> Told {
    Told {
        receiver: receiver.into(),
        route: RouteName::from("root"),
        level: Judgement::Critical,
        flapping: false,
        at: seconds_ago(since),
        service_id: None,
        as_told: None,
    }
}

pub(crate) fn decision(key: &AlertKey, seconds: u64, reason: Reason) -> Decision {
    Decision { at: seconds_ago(seconds), sequence: 0, key: key.clone(), alert: None, reason }
}

pub(crate) fn transition(
    key: AlertKey,
    seconds: u64,
    kind: TransitionKind,
    state: State,
    summary: &str,
) -> Transition {
    Transition {
        at: seconds_ago(seconds),
        sequence: 0,
        alert: AlertId::derive(&key.to_string(), seconds_ago(seconds)),
        key,
        kind,
        state,
        summary: summary.to_owned(),
    }
}

pub(crate) fn receiver(name: &str, plugin: &str) -> Arc<ReceiverSpec> {
    Arc::new(ReceiverSpec {
        name: name.into(),
        plugin: plugin.into(),
        config: "{\"webhook_url\":{\"secret\":\"slack-webhook\"}}".into(),
        fallback: None,
        timeout: Duration::from_secs(10),
        concurrency: NonZeroU32::new(2).unwrap(),
        rate_per_minute: None,
        grouping: Grouping::PerGroup,
    })
}

pub(crate) fn delivery(
    id: u64,
    to: &str,
    kind: NotificationKind,
    about: &[&AlertRecord],
    seconds: u64,
    ended: Option<Ended>,
) -> DeliveryItem {
    let notices = about.iter().map(|alert| watchkeep_core::delivery::AlertNotice {
        id: alert.id.clone(),
        key: alert.key.clone(),
        state: alert.level.state(),
        previous: None,
        flapping: false,
        severity: alert.level.state().severity(),
        summary: alert.summary.clone(),
        details: None,
        metrics: Vec::new(),
        since: alert.since,
        until: None,
        last_good: None,
        acknowledged_by: None,
        actions: Vec::new(),
        assigned_to: None,
        runbook: None,
        link: String::new(),
        pictures: Vec::new(),
        labels: alert.labels.clone(),
    });
    DeliveryItem {
        delivery: Arc::new(DeliveryRecord {
            id: DeliveryId(id),
            notification: Arc::new(Notification {
                id: format!("n{id}"),
                dedup_key: format!("wk-{id}"),
                kind,
                told_before: false,
                receiver: ReceiverName::from(to),
                route: Some("root".into()),
                reason: "firing: it is critical".to_owned(),
                group_labels: Labels::default(),
                common_labels: Labels::default(),
                alerts: notices.collect(),
                omitted: 0,
                event: None,
                link: String::new(),
                at: seconds_ago(seconds),
            }),
            subject: about.first().map_or(DeliverySubject::Test, |a| DeliverySubject::Alert(a.key.clone())),
            status: DeliveryStatus::Waiting { not_before: NOW + Duration::from_secs(40) },
            attempts: 1,
            created_at: seconds_ago(seconds),
            last_error: None,
            receiver: receiver(to, "slack"),
            previous_id: None,
            failing_since: None,
            fallback: Fallback::NotAsked,
        }),
        ended,
    }
}

pub(crate) fn plugin(
    name: &str,
    kind: PluginKind,
    life: impl FnOnce(GenerationView) -> PluginLife,
) -> PluginView {
    PluginView {
        name: PluginName::from(name),
        life: life(GenerationView {
            digest: Digest::of(name.as_bytes()),
            kind,
            version: "0.1.0".to_owned(),
            summary: format!("Does what {name} does"),
            source: "bundled".to_owned(),
            size_bytes: 118_000,
            since: seconds_ago(90_000),
            requests: vec!["http: the configured URL".to_owned()],
            grants: Vec::new(),
            reads_snapshots: false,
        }),
    }
}
