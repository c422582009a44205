//! Everything that the core remembers between two inputs. What must survive a restart is in the records (alerts,
//! groups, outbox rows) and leaves in commits. The rest (timers, plans, counters) is rebuilt by `restore`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::ids::{CheckName, DeliveryId, FindingKey, PluginName, WindowId};
use crate::model::actions::Actions;
use crate::model::alert::{Alert, AlertRecord, Phase};
use crate::model::check::{AlertStatus, Checks};
use crate::model::clock::Clocks;
use crate::model::delivery::DeliveryRecord;
use crate::model::dependencies::Dependencies;
use crate::model::events::Threads;
use crate::model::group::{Group, GroupRecord};
use crate::model::health::Health;
use crate::model::keys::{AlertKey, GroupKey, Slot};
use crate::model::outbox::Outbox;
use crate::model::plugin::{Plugin, Presence};
use crate::model::recovery::ActionRecord;
use crate::model::setup::Setup;
use crate::model::starts::Starts;
use crate::model::table::Table;
use crate::model::timers::{Armed, Timer, Timers};
use crate::model::window::Window;
use crate::report::State as CheckState;
use crate::time::{Mono, Wall};

impl State {
    /// How many checks of the witness are down, and how many are enough. A quorum of 0 means that there is no witness.
    pub(crate) fn witness_says(&self) -> (u32, u32) {
        let Some(witness) = &self.setup.witness else { return (0, 0) };
        let down = witness.checks.iter().filter(|name| {
            self.checks.named(name).is_some_and(|check| check.state() == CheckState::Critical)
        });
        (u32::try_from(down.count()).unwrap_or(u32::MAX), witness.quorum.get())
    }
}

#[derive(Debug)]
pub struct State {
    pub(crate) setup: Arc<Setup>,
    pub(crate) clocks: Clocks,
    pub(crate) timers: Timers,
    pub(crate) checks: Checks,
    pub(crate) starts: Starts,
    /// The latest name of a run of any check that was removed. So a check that comes back under an old name never uses
    /// the name of an earlier run again.
    pub(crate) removed_scheduled: Option<Wall>,
    pub(crate) plugins: BTreeMap<PluginName, Plugin>,
    pub(crate) alerts: Table<AlertKey, Alert>,
    /// How many of `alerts` are about a plugin. Kept so that a good run needs no search for them.
    pub(crate) plugin_alerts: usize,
    pub(crate) groups: Table<GroupKey, Group>,
    pub(crate) outbox: Outbox,
    pub(crate) actions: Actions,
    pub(crate) next_sequence: u64,
    pub(crate) next_delivery: u64,
    pub(crate) last_commit: u64,
    /// The wake that was asked for last.
    pub(crate) asked_wake: Option<Mono>,
    /// How many starts were skipped since the host started.
    pub(crate) skipped: u64,
    pub(crate) lifecycle: Lifecycle,
    /// Silences and maintenance that were made at run time.
    pub(crate) own_windows: BTreeMap<WindowId, Arc<Window>>,
    /// Comes up when the next of all windows opens or closes.
    pub(crate) windows_timer: Option<Armed>,
    pub(crate) dependencies: Dependencies,
    pub(crate) threads: Threads,
    pub(crate) health: Health,
    /// Whether the witness says that the host is cut off.
    pub(crate) offline: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lifecycle {
    /// The first tick plans everything.
    Restored,
    Running,
}

impl State {
    /// The setup in force.
    pub fn setup(&self) -> &Arc<Setup> {
        &self.setup
    }
    /// Open alerts, in the order of their keys.
    pub fn alerts(&self) -> impl Iterator<Item = &AlertRecord> {
        self.alerts.values().map(|alert| &alert.record)
    }
    pub fn alert(&self, key: &AlertKey) -> Option<&AlertRecord> {
        self.alerts.get(key).map(|alert| &alert.record)
    }
    pub fn groups(&self) -> impl Iterator<Item = &GroupRecord> {
        self.groups.values().map(|group| &group.record)
    }
    /// Deliveries that have not ended, oldest first.
    pub fn outbox(&self) -> impl Iterator<Item = &Arc<DeliveryRecord>> {
        self.outbox.rows().map(|row| &row.record)
    }
    /// Decisions to act: those of open alerts, those under way, and those that still count towards a limit.
    pub fn actions(&self) -> impl Iterator<Item = &Arc<ActionRecord>> {
        self.actions.all().map(|act| &act.record)
    }
    /// Silences and maintenance, those of the config first.
    pub fn windows(&self) -> impl Iterator<Item = &Arc<Window>> {
        self.setup.windows.iter().chain(self.own_windows.values())
    }
    /// How often something that must be there was missing, since the host started. Each time is a bug of the host.
    pub fn inconsistencies(&self) -> u64 {
        self.checks.lost() + self.alerts.lost() + self.groups.lost() + self.outbox.lost()
    }
    /// How many starts found their check's last run still under way, since the host started (rule S1).
    pub fn runs_skipped(&self) -> u64 {
        self.skipped
    }

    pub(crate) fn presence(&self, plugin: &PluginName) -> Presence {
        self.plugins.get(plugin).map_or(Presence::There, |plugin| plugin.presence)
    }
    pub(crate) fn plugin_and_name(&self, slot: Slot) -> (PluginName, CheckName) {
        let check = self.checks.get(slot).expect("asked for a check that was just at hand");
        (check.spec.plugin.clone(), check.spec.name.clone())
    }
    /// The pending alerts of the check itself and of its findings.
    pub(crate) fn pending_alerts(&self, slot: Slot) -> impl Iterator<Item = &Alert> {
        let check = self.checks.get(slot);
        let check = check.filter(|check| check.alert == AlertStatus::Open || !check.findings.is_empty());
        let keys = check.into_iter().flat_map(|check| {
            let name = &check.spec.name;
            let open = check.findings.iter().filter(|(_, seen)| seen.alert == AlertStatus::Open);
            let findings = open.map(|(finding, _)| AlertKey::Finding(name.clone(), finding.clone()));
            std::iter::once(AlertKey::Check(name.clone())).chain(findings)
        });
        keys.filter_map(|key| self.alerts.get(&key)).filter(|alert| alert.record.phase == Phase::Pending)
    }
    pub(crate) fn has_open_alert(&self, slot: Slot) -> bool {
        self.checks.get(slot).is_some_and(|check| {
            check.alert == AlertStatus::Open
                || check.not_judged == AlertStatus::Open
                || check.has_open_finding()
        })
    }

    /// The next timer, if it is due at `now`. It is taken from its owner.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<(Mono, Timer)> {
        loop {
            let at = self.timers.next().map(|(at, ..)| at).filter(|at| *at <= now)?;
            let (timer, token) = self.timers.pop()?;
            if self.disarm(&timer, token) {
                return Some((at, timer));
            }
        }
    }
    /// The earliest moment at which there is something to do.
    pub(crate) fn next_wake(&mut self) -> Option<Mono> {
        while let Some((_, timer, token)) = self.timers.next() {
            if self.owner(timer).is_some_and(|armed| armed.is(token)) {
                break;
            }
            self.timers.pop();
        }
        let timer = self.timers.next().map(|(at, ..)| at);
        crate::model::clock::earlier(timer, self.starts.next())
    }
    fn owner(&self, timer: &Timer) -> Option<Armed> {
        match timer {
            Timer::Start(slot) => self.checks.get(*slot)?.start,
            Timer::Judged(slot) => self.checks.get(*slot)?.judged,
            Timer::Alert(key) => self.alerts.get(key)?.timer,
            Timer::Act(key) => self.alerts.get(key)?.acts,
            Timer::Group(key) => self.groups.get(key)?.timer,
            Timer::Receiver(name) => self.outbox.timer(name),
            Timer::Fallback(id) => self.outbox.get(*id)?.timer,
            Timer::Windows => self.windows_timer,
            Timer::Health => self.health.look,
            Timer::DeadManSignal => self.health.dead_man_signal,
        }
    }
    /// Takes the timer from its owner. Returns whether it was current.
    fn disarm(&mut self, timer: &Timer, token: u64) -> bool {
        let owner = match timer {
            Timer::Start(slot) => self.checks.get_mut(*slot).map(|check| &mut check.start),
            Timer::Judged(slot) => self.checks.get_mut(*slot).map(|check| &mut check.judged),
            Timer::Alert(key) => self.alerts.get_mut(key).map(|alert| &mut alert.timer),
            Timer::Act(key) => self.alerts.get_mut(key).map(|alert| &mut alert.acts),
            Timer::Group(key) => self.groups.get_mut(key).map(|group| &mut group.timer),
            Timer::Receiver(name) => Some(&mut self.outbox.queue(name).timer),
            Timer::Fallback(id) => self.outbox.get_mut(*id).map(|row| &mut row.timer),
            Timer::Windows => Some(&mut self.windows_timer),
            Timer::Health => Some(&mut self.health.look),
            Timer::DeadManSignal => Some(&mut self.health.dead_man_signal),
        };
        match owner {
            Some(armed) if armed.is_some_and(|armed| armed.is(token)) => {
                *armed = None;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// How long a receiver may fail before its fallback is told.
pub(crate) const ALONE_MAX: Duration = Duration::from_secs(120);

impl State {
    /// Looks at the row again when its fallback is due.
    pub(crate) fn watch_delivery(&mut self, id: DeliveryId) {
        let Some(at) = self.outbox.falls_back_at(id, ALONE_MAX) else { return };
        let Some(row) = self.outbox.get_mut(id) else { return };
        self.timers.arm(&mut row.timer, at, Timer::Fallback(id));
    }
}

impl State {
    /// The keys of the open alerts of one check, including those of its findings.
    pub(crate) fn alerts_of(&self, check: &CheckName) -> Vec<AlertKey> {
        let own = AlertKey::Check(check.clone());
        let unjudged = AlertKey::NotJudged(check.clone());
        let from = AlertKey::Finding(check.clone(), FindingKey::from(""));
        let findings = self.alerts.range(from..).map(|(key, _)| key).take_while(|key| match key {
            AlertKey::Finding(name, _) => name == check,
            AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => false,
        });
        let findings: Vec<AlertKey> = findings.cloned().collect();
        let others = [own, unjudged].into_iter().filter(|key| self.alerts.contains_key(key));
        others.chain(findings).collect()
    }
}
