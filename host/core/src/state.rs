//! Everything the core remembers between two inputs. What must survive a restart is in the records (alerts, groups,
//! outbox rows) and leaves in commits; the rest (timers, plans, counters) is made anew by `restore`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::alert::{Alert, AlertKey, AlertRecord, Families, Phase};
use crate::check::{Checks, Slot, Standing};
use crate::clock::Clocks;
use crate::delivery::DeliveryRecord;
use crate::delivery::outbox::Outbox;
use crate::event::Threads;
use crate::group::{Group, GroupKey, GroupRecord};
use crate::health::Health;
use crate::ids::{CheckName, PluginName, WindowId};
use crate::plugin::{Plugin, Presence};
use crate::schedule::Starts;
use crate::setup::Setup;
use crate::time::{Mono, Wall};
use crate::timers::{Armed, Timer, Timers};
use crate::view::CheckView;
use crate::window::Window;

#[derive(Debug)]
pub struct State {
    pub(crate) setup: Arc<Setup>,
    pub(crate) clocks: Clocks,
    pub(crate) timers: Timers,
    pub(crate) checks: Checks,
    pub(crate) starts: Starts,
    /// The latest name of a run of any check that was removed: a check that comes back under an old name does not
    /// use a run's name again.
    pub(crate) removed_scheduled: Option<Wall>,
    pub(crate) plugins: BTreeMap<PluginName, Plugin>,
    pub(crate) alerts: BTreeMap<AlertKey, Alert>,
    /// How many of `alerts` are about a plugin: spares every good run a search.
    pub(crate) plugin_alerts: usize,
    pub(crate) groups: BTreeMap<GroupKey, Group>,
    pub(crate) outbox: Outbox,
    pub(crate) next_sequence: u64,
    pub(crate) next_delivery: u64,
    pub(crate) last_commit: u64,
    /// The wake that was asked for last.
    pub(crate) asked_wake: Option<Mono>,
    /// Starts skipped, since the host started.
    pub(crate) skipped: u64,
    pub(crate) lifecycle: Lifecycle,
    /// Silences and maintenance that were made at run time.
    pub(crate) own_windows: BTreeMap<WindowId, Arc<Window>>,
    /// The next of them all to open or close.
    pub(crate) windows_timer: Option<Armed>,
    pub(crate) families: Families,
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
    /// All checks as the pages show them.
    pub fn checks(&self) -> impl Iterator<Item = CheckView> {
        self.checks.iter().map(|(_, check)| check.view(self.presence(&check.spec.plugin)))
    }
    pub fn check(&self, name: &CheckName) -> Option<CheckView> {
        self.checks.named(name).map(|check| check.view(self.presence(&check.spec.plugin)))
    }
    /// Silences and maintenance, those of the config first.
    pub fn windows(&self) -> impl Iterator<Item = &Arc<Window>> {
        self.setup.windows.iter().chain(self.own_windows.values())
    }
    /// Starts that found their check's last run under way, since the host started (rule S1).
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
    /// Of the check itself and of its findings.
    pub(crate) fn pending_alerts(&self, slot: Slot) -> impl Iterator<Item = &Alert> {
        let check = self.checks.get(slot);
        let check = check.filter(|check| check.alert == Standing::Open || !check.findings.is_empty());
        let keys = check.into_iter().flat_map(|check| {
            let name = &check.spec.name;
            let open = check.findings.iter().filter(|(_, seen)| seen.alert == Standing::Open);
            let findings = open.map(|(finding, _)| AlertKey::Finding(name.clone(), finding.clone()));
            std::iter::once(AlertKey::Check(name.clone())).chain(findings)
        });
        keys.filter_map(|key| self.alerts.get(&key)).filter(|alert| alert.record.phase == Phase::Pending)
    }
    pub(crate) fn has_open_alert(&self, slot: Slot) -> bool {
        self.checks.get(slot).is_some_and(|check| {
            check.alert == Standing::Open || check.not_judged == Standing::Open || check.has_open_finding()
        })
    }

    /// The next due timer, if it is due at `now`. Its owner does not have it any more.
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
        crate::alert::tell::earlier(timer, self.starts.next())
    }
    fn owner(&self, timer: &Timer) -> Option<Armed> {
        match timer {
            Timer::Start(slot) => self.checks.get(*slot)?.start,
            Timer::Judged(slot) => self.checks.get(*slot)?.judged,
            Timer::Alert(key) => self.alerts.get(key)?.timer,
            Timer::Group(key) => self.groups.get(key)?.timer,
            Timer::Receiver(name) => self.outbox.timer(name),
            Timer::Fallback(id) => self.outbox.get(*id)?.timer,
            Timer::Windows => self.windows_timer,
            Timer::Health => self.health.look,
            Timer::Beat => self.health.beat,
        }
    }
    /// Says whether the timer was current.
    fn disarm(&mut self, timer: &Timer, token: u64) -> bool {
        let owner = match timer {
            Timer::Start(slot) => self.checks.get_mut(*slot).map(|check| &mut check.start),
            Timer::Judged(slot) => self.checks.get_mut(*slot).map(|check| &mut check.judged),
            Timer::Alert(key) => self.alerts.get_mut(key).map(|alert| &mut alert.timer),
            Timer::Group(key) => self.groups.get_mut(key).map(|group| &mut group.timer),
            Timer::Receiver(name) => Some(&mut self.outbox.queue(name).timer),
            Timer::Fallback(id) => self.outbox.get_mut(*id).map(|row| &mut row.timer),
            Timer::Windows => Some(&mut self.windows_timer),
            Timer::Health => Some(&mut self.health.look),
            Timer::Beat => Some(&mut self.health.beat),
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
