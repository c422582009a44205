//! Makes a running state from what the store read back (from nothing at a first start). Timers are rebuilt, because the
//! monotonic clock means nothing after a restart. What changed in the config while the host was down is handled at the
//! first tick, by the same code as a reload.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::ids::CheckName;
use crate::model::actions::{Act, Actions};
use crate::model::alert::{Alert, AlertRecord};
use crate::model::check::{Activity, AlertStatus, Check, Checks, FindingMemory};
use crate::model::clock::{Clocks, Elapsed};
use crate::model::commit::ResultRow;
use crate::model::delivery::{DeliveryRecord, DeliveryStatus};
use crate::model::dependencies::Dependencies;
use crate::model::events::Threads;
use crate::model::flapping::Swings;
use crate::model::group::{Group, GroupRecord};
use crate::model::health::Health;
use crate::model::heartbeat::HeartbeatRecord;
use crate::model::heartbeat::heard::Heard;
use crate::model::keys::AlertKey;
use crate::model::outbox::{Outbox, Row};
use crate::model::plugin::{FAILURES_TO_TELL, blames_plugin};
use crate::model::recovery::ActionRecord;
use crate::model::setup::Setup;
use crate::model::starts::Starts;
use crate::model::state::{Lifecycle, State};
use crate::model::table::Table;
use crate::model::timers::{Timer, Timers};
use crate::model::window::Window;
use crate::outcome::Outcome;
use crate::rules::backoff;
use crate::rules::notice::told_of;
use crate::time::{Now, Wall};

/// What the store read back. The order within each list does not matter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Restored {
    pub alerts: Vec<AlertRecord>,
    pub groups: Vec<GroupRecord>,
    /// Outbox rows that have not ended.
    pub outbox: Vec<DeliveryRecord>,
    pub paused: Vec<CheckName>,
    /// Decisions to act: at least those of open alerts, those not known to be over, and those that count towards a limit.
    pub actions: Vec<ActionRecord>,
    /// The last result of each check.
    pub latest: Vec<ResultRow>,
    pub windows: Vec<Window>,
    pub heartbeats: Vec<(CheckName, HeartbeatRecord)>,
    /// Events that are remembered: the check, the event's id, and when it was reported.
    pub events: Vec<(CheckName, String, Wall)>,
    /// A number above every delivery id ever stored.
    pub next_delivery: u64,
    /// A number above every sequence number ever stored.
    pub next_sequence: u64,
}

impl Restored {
    /// Checks that never ran and state an earlier name, under which nothing ran either: pairs of new name and old name.
    /// Empty if the database knows no check at all: it is new, and says nothing about names.
    pub fn renamed_from_nothing(&self, setup: &Setup) -> Vec<(CheckName, CheckName)> {
        if self.latest.is_empty() {
            return Vec::new();
        }
        let results = self.latest.iter().map(|row| &row.run.check);
        let known: BTreeSet<&CheckName> =
            results.chain(self.heartbeats.iter().map(|(check, _)| check)).collect();
        setup
            .checks
            .values()
            .filter_map(|spec| Some((spec.name.clone(), spec.renamed_from.clone()?)))
            .filter(|(new, old)| !known.contains(new) && !known.contains(old))
            .collect()
    }
}

impl State {
    /// The first `Input::Tick` afterwards starts everything.
    pub fn restore(setup: Arc<Setup>, restored: Restored, now: Now) -> State {
        let mut state = State {
            setup,
            clocks: Clocks::new(now),
            timers: Timers::default(),
            checks: Checks::default(),
            starts: Starts::default(),
            removed_scheduled: None,
            plugins: BTreeMap::new(),
            alerts: Table::default(),
            plugin_alerts: 0,
            groups: Table::default(),
            outbox: Outbox::default(),
            actions: Actions::default(),
            next_sequence: restored.next_sequence,
            next_delivery: restored.next_delivery,
            last_commit: 0,
            asked_wake: None,
            skipped: 0,
            lifecycle: Lifecycle::Restored,
            own_windows: restored
                .windows
                .into_iter()
                .map(|window| (window.id.clone(), Arc::new(window)))
                .collect(),
            windows_timer: None,
            dependencies: Dependencies::default(),
            threads: Threads::default(),
            health: Health::default(),
            offline: false,
        };
        state.dependencies = Dependencies::of(&state.setup);
        state.restore_checks(restored.paused, restored.latest, now);
        state.restore_heard(restored.heartbeats, restored.events, now);
        state.restore_alerts(restored.alerts, now);
        state.restore_groups(restored.groups, now);
        state.restore_outbox(restored.outbox, now);
        state.restore_actions(restored.actions, now);
        let (down, quorum) = state.witness_says();
        state.offline = quorum > 0 && down >= quorum;
        state
    }

    fn restore_checks(&mut self, paused: Vec<CheckName>, latest: Vec<ResultRow>, now: Now) {
        let paused: BTreeSet<CheckName> = paused.into_iter().collect();
        let mut latest: BTreeMap<CheckName, ResultRow> =
            latest.into_iter().map(|row| (row.run.check.clone(), row)).collect();
        for (name, spec) in &Arc::clone(&self.setup).checks {
            let mut check = Check::new(Arc::clone(spec), now);
            if paused.contains(name) && check.activity == Activity::Active {
                check.activity = Activity::Paused;
            }
            let row =
                latest.remove(name).or_else(|| spec.renamed_from.as_ref().and_then(|old| latest.remove(old)));
            if let Some(row) = row {
                check.last_scheduled = Some(row.run.scheduled_at);
                check.since = Some(row.since);
                check.swings = Swings::restored(row.flaps);
                if let Outcome::Report(report) = &row.outcome {
                    let ok = report.state == crate::report::State::Ok;
                    check.last_good = ok.then_some(row.finished_at);
                    for finding in &report.findings {
                        check.findings.insert(finding.key.clone(), FindingMemory::new());
                    }
                }
                if let Outcome::Failed(failure) = &row.outcome
                    && blames_plugin(failure.reason)
                {
                    check.failures = 1;
                }
                check.last = Some(Arc::new(row));
            }
            self.checks.insert(check);
        }
        self.removed_scheduled = latest.values().map(|row| row.run.scheduled_at).max();
    }

    fn restore_alerts(&mut self, alerts: Vec<AlertRecord>, now: Now) {
        for mut record in alerts {
            let key = record.key.clone();
            match &key {
                AlertKey::Check(name) => {
                    if let Some(check) = self.checks.named_mut(name) {
                        check.alert = AlertStatus::Open;
                        check.last_good = check.last_good.max(record.last_good);
                        // The report itself is in the last result, if the alert came from that.
                        if let Some(Outcome::Report(report)) = check.last.as_ref().map(|row| &row.outcome)
                            && report.state == record.level.state()
                        {
                            record.report = Some(Arc::clone(report));
                        }
                    }
                }
                AlertKey::NotJudged(name) => {
                    if let Some(check) = self.checks.named_mut(name) {
                        check.not_judged = AlertStatus::Open;
                        check.judged_at = record.since;
                    }
                }
                AlertKey::Plugin(_) => self.plugin_alerts += 1,
                AlertKey::Finding(name, finding) => {
                    if let Some(check) = self.checks.named_mut(name) {
                        let seen = check.findings.entry(finding.clone()).or_insert_with(FindingMemory::new);
                        seen.alert = AlertStatus::Open;
                        seen.swings = Swings::restored(record.flaps);
                        seen.last_good = record.last_good;
                        if let Some(Outcome::Report(report)) = check.last.as_ref().map(|row| &row.outcome)
                            && let Some(found) = report.findings.iter().find(|found| found.key == *finding)
                            && found.state == record.level.state()
                        {
                            record.report = Some(told_of(report, found));
                        }
                    }
                }
                AlertKey::Host(_) => {}
            }
            let mut alert = Alert::new(record, now);
            alert.told_since = alert
                .record
                .told
                .iter()
                .map(|told| (told.receiver.clone(), Elapsed::restored(told.at, now)))
                .collect();
            let waits = alert.record.escalating.iter();
            alert.waits = waits
                .filter_map(|waits| Some((waits.route.clone(), Elapsed::restored(waits.since?, now))))
                .collect();
            self.alerts.insert(key, alert);
        }
        if self.plugin_alerts > 0 {
            self.restore_failing();
        }
    }

    /// Counts checks whose last run failed as failing, if the plugin's alert is open.
    fn restore_failing(&mut self) {
        for slot in self.checks.slots() {
            let Some(check) = self.checks.get_mut(slot).filter(|check| check.failures > 0) else { continue };
            if self.alerts.contains_key(&AlertKey::Plugin(check.spec.plugin.clone())) {
                check.failures = FAILURES_TO_TELL;
                let plugin = self.plugins.entry(check.spec.plugin.clone()).or_default();
                plugin.failing.insert(check.spec.name.clone());
            }
        }
    }

    fn restore_groups(&mut self, groups: Vec<GroupRecord>, now: Now) {
        let routes = self.setup.root.iter().chain(self.setup.owner_routes.values());
        let longest = routes.map(|route| longest_wait(route)).max().unwrap_or_default();
        for record in groups {
            let key = record.key.clone();
            for member in record.members.iter().filter(|member| member.resolved.is_none()) {
                if let Some(alert) = self.alerts.get_mut(&member.key)
                    && alert.record.id == member.alert
                {
                    alert.groups.push(key.clone());
                }
            }
            let mut group = Group::new(record);
            group.flushed = group.record.last_flush.map(|at| Elapsed::restored(at, now));
            group.told_since = group
                .record
                .told
                .iter()
                .map(|told| (told.receiver.clone(), Elapsed::restored(told.at, now)))
                .collect();
            // A flush waits no longer than the longest wait there is: the wall clock may have been put back.
            group.flush_due = group.record.flush_at.map(|at| now.mono + at.since(now.wall).min(longest));
            if let Some(at) = group.flush_due {
                self.timers.arm(&mut group.timer, at, Timer::Group(Box::new(key.clone())));
            }
            self.groups.insert(key, group);
        }
    }

    /// Restores what checks heard and told before.
    fn restore_heard(
        &mut self,
        heartbeats: Vec<(CheckName, HeartbeatRecord)>,
        events: Vec<(CheckName, String, Wall)>,
        now: Now,
    ) {
        let renamed: BTreeMap<CheckName, CheckName> = self
            .setup
            .checks
            .values()
            .filter_map(|spec| Some((spec.renamed_from.clone()?, spec.name.clone())))
            .filter(|(old, _)| !self.setup.checks.contains_key(old))
            .collect();
        let today = |name: CheckName| renamed.get(&name).cloned().unwrap_or(name);
        for (name, record) in heartbeats {
            if let Some(check) = self.checks.named_mut(&today(name)) {
                check.judged_at = check.last.as_ref().map_or(check.judged_at, |row| row.finished_at);
                check.heartbeat = Heard::restored(record, check.judged_at, now);
            }
        }
        for (name, id, at) in events {
            if let Some(check) = self.checks.named_mut(&today(name)) {
                check.events.remember(id, at);
            }
        }
    }

    fn restore_actions(&mut self, mut actions: Vec<ActionRecord>, now: Now) {
        actions.sort_by_key(|record| (record.decided_at, record.number));
        for record in actions {
            self.actions.insert(Act::restored(record, now));
        }
    }

    fn restore_outbox(&mut self, mut outbox: Vec<DeliveryRecord>, now: Now) {
        outbox.sort_by_key(|record| record.id);
        for mut record in outbox {
            let not_before = match record.status {
                DeliveryStatus::Waiting { not_before } => {
                    now.mono + not_before.since(now.wall).min(backoff::PATIENCE)
                }
                // The result of that attempt is lost, and the notice may have arrived.
                DeliveryStatus::Attempting { .. } => {
                    record.status = DeliveryStatus::Waiting { not_before: now.wall };
                    Arc::make_mut(&mut record.notification).told_before = true;
                    now.mono
                }
            };
            let left = backoff::PATIENCE.saturating_sub(now.wall.since(record.created_at));
            let deadline = now.mono + left.max(backoff::PATIENCE_AFTER_START);
            let failing = record.failing_since.map(|since| Elapsed::restored(since, now));
            let ready = match record.attempts {
                0 if not_before > now.mono => Elapsed::from(not_before),
                _ => Elapsed::restored(record.created_at, now),
            };
            let id = record.id;
            self.outbox.push(Row {
                record: Arc::new(record),
                not_before,
                deadline,
                ready,
                failing,
                timer: None,
            });
            self.watch_delivery(id);
        }
    }
}

fn longest_wait(route: &crate::model::setup::Route) -> Duration {
    let children = route.children.iter().map(longest_wait).max().unwrap_or_default();
    let hours =
        route.notify_hours.as_ref().map_or(Duration::ZERO, |_| Duration::from_secs(14 * 24 * 60 * 60));
    route.group_wait.max(route.group_interval).max(route.repeat_interval).max(hours).max(children)
}
