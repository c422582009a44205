//! The host as one caller sees it. Handlers get nothing else, so none of them can forget a scope: what lies outside of it
//! is not in the lists, and is not found. And none can change anything without an entry in the audit log: commands,
//! orders and reloads pass through here.

mod commands;
mod posted;
mod reach;
mod updates;
mod words;

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::watch;
use watchkeep_core::access::{AccessChange, Directory};
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::commit::{Decision, ResultRow, Transition};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject};
use watchkeep_core::grant::Target;
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::heartbeat::{Ping, Refused};
use watchkeep_core::ids::{CheckName, DeliveryId, Digest, PluginName, ReceiverName, SecretName};
use watchkeep_core::input::Command;
use watchkeep_core::marker::Markers;
use watchkeep_core::note::Notes;
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::reply::Invitation;
use watchkeep_core::rollup::{Period, Series};
use watchkeep_core::setup::{ReceiverSpec, Setup};
use watchkeep_core::subscription::{Letter, SubscriberChange, Subscribers};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;
use watchkeep_core::window::Window;

use crate::access::Access;
use crate::caller::Caller;
use crate::host::{
    AuditCheck, AuditFilter, AuditPage, BackupStream, DeadLetter, DeliveryItem, DeliveryQuery, Hearing,
    HistoryQuery, Host, HostError, NotReady, OccasionQuery, Page, PageRequest, PingTaken, ResultQuery,
    SnapshotFacts, TransitionQuery, Write,
};
use crate::metrics::{Histogram, Numbers};
use crate::plugin::{PluginEvent, PluginLife, PluginOrder, PluginView};
use crate::reload::{ConfigRefused, ReloadMode, Reloaded};
use crate::status::Desk;
use reach::Reach;
pub use updates::{Line, Updates};

/// How many pages of others' rows are read for one page of somebody with a scope.
const ROUNDS_MAX: usize = 50;
/// What stands for sentences that may name what is not there.
const ASK_OTHERS: &str = "somebody who sees the whole host can tell why";

pub(crate) struct Seen {
    host: Arc<dyn Host>,
    caller: Arc<Caller>,
    /// `None` for whoever sees everything.
    reach: Option<Reach>,
}

impl Seen {
    pub(crate) fn new(host: Arc<dyn Host>, caller: Arc<Caller>) -> Self {
        let scope = caller.scope.clone();
        let reach = (!scope.is_everything()).then(|| Reach { host: Arc::clone(&host), scope });
        Self { host, caller, reach }
    }
    fn heard(&self, updates: Updates) -> Updates {
        match &self.reach {
            None => updates,
            Some(reach) => updates.narrowed(Box::new(reach.clone().narrow())),
        }
    }
    fn sees_check(&self, check: &CheckName) -> bool {
        self.reach.as_ref().is_none_or(|reach| reach.check(check))
    }
    fn sees(&self, key: &AlertKey) -> bool {
        self.reach.as_ref().is_none_or(|reach| reach.key(key))
    }
    fn must_see(&self, check: &CheckName) -> Result<(), HostError> {
        if self.sees_check(check) { Ok(()) } else { Err(gone(format!("check `{check}`"))) }
    }
    /// Refuses what concerns the whole host.
    fn whole(&self) -> Result<(), HostError> {
        match &self.reach {
            None => Ok(()),
            Some(_) => Err(HostError::Forbidden {
                message: "this concerns the whole host, and you see a part of it".to_owned(),
            }),
        }
    }

    fn entry(&self, what: &str, on: impl Into<String>) -> AuditEntry {
        AuditEntry::new(self.host.now(), self.caller.author(), what, on)
    }
}

fn gone(what: String) -> HostError {
    HostError::NotFound { what }
}

/// One page of rows that are there, made of as many pages of all rows as it takes.
async fn gathered<T>(
    request: PageRequest,
    ask: impl Fn(PageRequest) -> BoxFuture<'static, Result<Page<T>, HostError>>,
    keep: impl Fn(T) -> Option<T>,
) -> Result<Page<T>, HostError> {
    let (mut items, mut after) = (Vec::new(), request.after);
    for _ in 0..ROUNDS_MAX {
        let limit = request.limit - items.len();
        let found = ask(PageRequest { after: after.take(), limit }).await?;
        items.extend(found.items.into_iter().filter_map(&keep));
        after = found.next;
        if after.is_none() || items.len() >= request.limit {
            break;
        }
    }
    Ok(Page { items, next: after })
}

impl Host for Seen {
    fn now(&self) -> Wall {
        self.host.now()
    }
    fn access(&self) -> Arc<Access> {
        self.host.access()
    }
    fn checks(&self) -> Vec<CheckView> {
        match &self.reach {
            None => self.host.checks(),
            Some(reach) => reach.views(),
        }
    }
    fn check(&self, name: &CheckName) -> Option<CheckView> {
        let view = self.host.check(name)?;
        match &self.reach {
            None => Some(view),
            Some(reach) => reach.view(view),
        }
    }
    fn alerts(&self) -> Vec<Arc<AlertRecord>> {
        let mut alerts = self.host.alerts();
        alerts.retain(|alert| self.sees(&alert.key));
        alerts
    }
    fn alert(&self, key: &AlertKey) -> Option<Arc<AlertRecord>> {
        self.host.alert(key).filter(|_| self.sees(key))
    }
    fn groups(&self) -> Vec<Arc<GroupRecord>> {
        match &self.reach {
            None => self.host.groups(),
            Some(reach) => self.host.groups().iter().filter_map(|group| reach.group(group)).collect(),
        }
    }
    fn group(&self, key: &GroupKey) -> Option<Arc<GroupRecord>> {
        let group = self.host.group(key)?;
        match &self.reach {
            None => Some(group),
            Some(reach) => reach.group(&group),
        }
    }
    fn deliveries_about(&self, subject: &DeliverySubject) -> Vec<Arc<DeliveryRecord>> {
        let found = self.host.deliveries_about(subject);
        match &self.reach {
            None => found,
            Some(reach) => found.iter().filter_map(|delivery| reach.delivery(delivery)).collect(),
        }
    }
    fn dead_letters(&self) -> Vec<DeadLetter> {
        let found = self.host.dead_letters();
        match &self.reach {
            None => found,
            Some(reach) => found.into_iter().filter_map(|letter| reach.dead_letter(letter)).collect(),
        }
    }
    fn actions(&self) -> Vec<Arc<ActionRecord>> {
        let mut actions = self.host.actions();
        actions.retain(|record| self.sees(&record.key));
        actions
    }
    fn windows(&self) -> Vec<Arc<Window>> {
        let mut windows = self.host.windows();
        windows.retain(|window| self.reach.as_ref().is_none_or(|reach| reach.window(window)));
        windows
    }
    fn setup(&self) -> Arc<Setup> {
        let setup = self.host.setup();
        match &self.reach {
            None => setup,
            Some(reach) => Arc::new(reach.setup(&setup)),
        }
    }
    fn targets(&self, check: &CheckName) -> Vec<Target> {
        if self.sees_check(check) { self.host.targets(check) } else { Vec::new() }
    }
    fn plugins(&self) -> Vec<PluginView> {
        let mut plugins = self.host.plugins();
        if let Some(reach) = &self.reach {
            let checks = reach.views();
            plugins.retain(|plugin| checks.iter().any(|view| view.spec.plugin == plugin.name));
            plugins.iter_mut().for_each(|plugin| without_others(&mut plugin.life));
        }
        plugins
    }
    fn plugin_events(&self) -> Vec<PluginEvent> {
        if self.reach.is_none() { self.host.plugin_events() } else { Vec::new() }
    }
    fn order(&self, plugin: PluginName, order: PluginOrder) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            self.whole()?;
            let entry = words::of_order(plugin.as_str(), &order, self.caller.author(), self.host.now());
            self.host.order(plugin, order).await?;
            self.host.write(Write::Access(Vec::new()), entry).await
        })
    }
    fn receivers(&self) -> Vec<Arc<ReceiverSpec>> {
        if self.reach.is_none() { self.host.receivers() } else { Vec::new() }
    }
    fn numbers(&self) -> Numbers {
        let numbers = self.host.numbers();
        let Some(reach) = &self.reach else { return numbers };
        Numbers {
            started_at: numbers.started_at,
            runs: Vec::new(),
            run_lateness: Histogram::default(),
            run_duration: Histogram::default(),
            runs_skipped: reach.views().iter().map(|view| view.skipped).sum(),
            plugin_failures: Vec::new(),
            outbox_depth: 0,
            outbox_oldest: std::time::Duration::ZERO,
            deliveries: Vec::new(),
            store_commit: Histogram::default(),
            inconsistencies: 0,
        }
    }
    fn clock_doubted_until(&self) -> Option<Wall> {
        self.host.clock_doubted_until()
    }
    fn not_ready(&self) -> Vec<NotReady> {
        let mut parts = self.host.not_ready();
        if self.reach.is_some() {
            parts.iter_mut().for_each(|part| part.message = ASK_OTHERS.to_owned());
        }
        parts
    }
    fn results(&self, query: ResultQuery) -> BoxFuture<'_, Result<Page<ResultRow>, HostError>> {
        match self.must_see(&query.check) {
            Ok(()) => self.host.results(query),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
    fn history(&self, query: HistoryQuery) -> BoxFuture<'_, Result<Vec<Period>, HostError>> {
        match self.must_see(&query.check) {
            Ok(()) => self.host.history(query),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
    fn series(&self, check: CheckName) -> BoxFuture<'_, Result<Vec<Series>, HostError>> {
        match self.must_see(&check) {
            Ok(()) => self.host.series(check),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
    fn snapshots(
        &self,
        check: CheckName,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<SnapshotFacts>, HostError>> {
        match self.must_see(&check) {
            Ok(()) => self.host.snapshots(check, limit),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
    fn accepted_snapshot(
        &self,
        check: CheckName,
        series: String,
    ) -> BoxFuture<'_, Result<Option<SnapshotFacts>, HostError>> {
        match self.must_see(&check) {
            Ok(()) => self.host.accepted_snapshot(check, series),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
    fn snapshot(&self, digest: Digest) -> BoxFuture<'_, Result<(String, Vec<u8>), HostError>> {
        Box::pin(async move {
            if let Some(reach) = &self.reach {
                let of = self.host.snapshot_checks(digest).await?;
                if !of.iter().any(|check| reach.check(check)) {
                    return Err(gone(format!("snapshot `{digest}`")));
                }
            }
            self.host.snapshot(digest).await
        })
    }
    fn snapshot_checks(&self, digest: Digest) -> BoxFuture<'_, Result<Vec<CheckName>, HostError>> {
        Box::pin(async move {
            let mut checks = self.host.snapshot_checks(digest).await?;
            checks.retain(|check| self.sees_check(check));
            Ok(checks)
        })
    }
    fn transitions(&self, query: TransitionQuery) -> BoxFuture<'_, Result<Page<Transition>, HostError>> {
        let Some(reach) = self.reach.clone() else { return self.host.transitions(query) };
        if query.check.as_ref().is_some_and(|check| !reach.check(check)) {
            return Box::pin(async { Ok(Page { items: Vec::new(), next: None }) });
        }
        let host = Arc::clone(&self.host);
        Box::pin(gathered(
            query.page.clone(),
            move |page| {
                let (host, query) = (Arc::clone(&host), TransitionQuery { page, ..query.clone() });
                Box::pin(async move { host.transitions(query).await })
            },
            move |row: Transition| reach.key(&row.key).then_some(row),
        ))
    }
    fn decisions(&self, key: AlertKey) -> BoxFuture<'_, Result<Vec<Decision>, HostError>> {
        Box::pin(async move {
            let Some(reach) = &self.reach else { return self.host.decisions(key).await };
            if !reach.key(&key) {
                return Ok(Vec::new());
            }
            let decisions = self.host.decisions(key).await?;
            Ok(decisions.into_iter().map(|decision| reach.decision(decision)).collect())
        })
    }
    fn deliveries(&self, query: DeliveryQuery) -> BoxFuture<'_, Result<Page<DeliveryItem>, HostError>> {
        let Some(reach) = self.reach.clone() else { return self.host.deliveries(query) };
        let host = Arc::clone(&self.host);
        Box::pin(gathered(
            query.page.clone(),
            move |page| {
                let (host, query) = (Arc::clone(&host), DeliveryQuery { page, ..query.clone() });
                Box::pin(async move { host.deliveries(query).await })
            },
            move |item| reach.delivery_item(item),
        ))
    }
    fn occasions(&self, query: OccasionQuery) -> BoxFuture<'_, Result<Page<ActionRecord>, HostError>> {
        let Some(reach) = self.reach.clone() else { return self.host.occasions(query) };
        let host = Arc::clone(&self.host);
        Box::pin(gathered(
            query.page.clone(),
            move |page| {
                let (host, query) = (Arc::clone(&host), OccasionQuery { page, ..query.clone() });
                Box::pin(async move { host.occasions(query).await })
            },
            move |record: ActionRecord| reach.key(&record.key).then_some(record),
        ))
    }
    fn retry(&self, delivery: DeliveryId) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            if let Some(reach) = &self.reach {
                let letters = self.host.dead_letters();
                let letter = letters.iter().find(|letter| letter.delivery.id == delivery);
                if !letter.is_some_and(|letter| reach.may_retry(letter)) {
                    return Err(gone(format!("delivery `{delivery}`")));
                }
            }
            let entry = self.entry("delivery.retry", delivery.to_string());
            self.host.retry(delivery).await?;
            self.host.write(Write::Access(Vec::new()), entry).await
        })
    }
    fn heartbeat(&self, key: &str) -> Option<CheckName> {
        self.host.heartbeat(key)
    }
    fn hearing(&self, receiver: &ReceiverName) -> Option<Hearing> {
        self.host.hearing(receiver)
    }
    fn invitation(&self, token: &str) -> Option<Invitation> {
        self.host.invitation(token)
    }
    fn turned_away(&self, pings: Refused) {
        self.host.turned_away(pings);
    }
    fn ping(&self, key: &str, ping: Ping) -> BoxFuture<'_, Result<PingTaken, HostError>> {
        self.host.ping(key, ping)
    }
    fn command(&self, command: Command) -> BoxFuture<'_, Result<(), HostError>> {
        Box::pin(async move {
            for command in self.narrowed(command)? {
                let entry = words::of_command(&*self.host, &command, self.caller.author(), self.host.now());
                self.host.write(Write::Command(command), entry).await?;
            }
            Ok(())
        })
    }
    fn write(&self, write: Write, entry: AuditEntry) -> BoxFuture<'_, Result<(), HostError>> {
        match write {
            Write::Command(command) => self.command(command),
            Write::Access(changes) => self.host.write(Write::Access(changes), entry),
            Write::Notes(changes) => match self.may_note(&changes) {
                Ok(()) => self.host.write(Write::Notes(changes), entry),
                Err(error) => Box::pin(async { Err(error) }),
            },
            Write::Markers(changes) => match self.may_mark(&changes) {
                Ok(()) => self.host.write(Write::Markers(self.with_room(changes)), entry),
                Err(error) => Box::pin(async { Err(error) }),
            },
            Write::Subscribers(changes) => match self.may_remove(&changes) {
                Ok(()) => self.host.write(Write::Subscribers(changes), entry),
                Err(error) => Box::pin(async { Err(error) }),
            },
        }
    }
    fn backup(&self) -> BoxFuture<'_, Result<BackupStream, HostError>> {
        Box::pin(async move {
            self.whole()?;
            // It is in the backup as well.
            let entry = self.entry("backup", "database");
            self.host.write(Write::Access(Vec::new()), entry).await?;
            self.host.backup().await
        })
    }
    fn config_refused(&self) -> Option<ConfigRefused> {
        self.host.config_refused()
    }
    fn reload(&self, mode: ReloadMode) -> BoxFuture<'_, Result<Reloaded, HostError>> {
        Box::pin(async move {
            self.whole()?;
            let reloaded = self.host.reload(mode).await?;
            let said = match (&reloaded, mode) {
                (_, ReloadMode::DryRun) => return Ok(reloaded),
                (Reloaded::Accepted { difference, .. }, ReloadMode::Apply) => format!(
                    "{} added, {} changed, {} removed",
                    difference.added.len(),
                    difference.changed.len(),
                    difference.removed.len()
                ),
                (Reloaded::Refused { problems }, ReloadMode::Apply) => {
                    format!("refused with {} problems", problems.len())
                }
            };
            let entry = self.entry("config.reload", "config").to(said);
            self.host.write(Write::Access(Vec::new()), entry).await?;
            Ok(reloaded)
        })
    }
    fn subscribe(&self) -> Updates {
        self.heard(self.host.subscribe())
    }
    fn resume(&self, place: &str) -> Option<Updates> {
        self.host.resume(place).map(|updates| self.heard(updates))
    }
    fn notes(&self) -> Arc<Notes> {
        self.seen_notes()
    }
    fn markers(&self) -> Arc<Markers> {
        self.seen_markers()
    }
    fn subscribers(&self) -> Arc<Subscribers> {
        self.seen_subscribers()
    }
    fn desk(&self) -> Arc<Desk> {
        self.host.desk()
    }
    /// For nobody who signs in.
    fn correspond(
        &self,
        _: Vec<SubscriberChange>,
        _: Option<Letter>,
    ) -> BoxFuture<'_, Result<(), HostError>> {
        let message = "letters are sent by the host itself".to_owned();
        Box::pin(async { Err(HostError::Forbidden { message }) })
    }
    fn secret_digest(&self, secret: &SecretName) -> Option<Digest> {
        self.host.secret_digest(secret)
    }
    fn directory(&self) -> Arc<Directory> {
        self.host.directory()
    }
    fn directory_changes(&self) -> watch::Receiver<u64> {
        self.host.directory_changes()
    }
    fn note_use(&self, change: AccessChange) {
        self.host.note_use(change);
    }
    fn random(&self) -> Result<[u8; 32], HostError> {
        self.host.random()
    }
    fn ask_provider(
        &self,
        request: http::Request<String>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, String>> {
        self.host.ask_provider(request)
    }
    fn audit_log(&self, filter: AuditFilter) -> BoxFuture<'_, Result<AuditPage, HostError>> {
        match self.whole() {
            Ok(()) => self.host.audit_log(filter),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
    fn audit_check(&self, number: Option<u64>) -> BoxFuture<'_, Result<AuditCheck, HostError>> {
        match self.whole() {
            Ok(()) => self.host.audit_check(number),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }
}

/// Takes out what a plugin was granted for others, and sentences that may name them.
fn without_others(life: &mut PluginLife) {
    match life {
        PluginLife::Live(live) | PluginLife::Canary { live, .. } => live.grants.clear(),
        PluginLife::Kept { live, problem } => {
            live.grants.clear();
            *problem = ASK_OTHERS.to_owned();
        }
        PluginLife::PendingGrant { live, asks, .. } => {
            asks.clear();
            live.iter_mut().for_each(|live| live.grants.clear());
        }
        PluginLife::Compiling { live, .. } => live.iter_mut().for_each(|live| live.grants.clear()),
        PluginLife::Failed { problem, .. } => *problem = ASK_OTHERS.to_owned(),
        PluginLife::Disabled => {}
    }
}
