//! From one setup to the next (rules S1, A11): only what differs is touched. A start of the host comes here as
//! well, since the config may have changed while it was down.

use std::sync::Arc;

use crate::alert::close::Closing;
use crate::alert::{AlertKey, Told, notice};
use crate::check::{Activity, Check, Slot, Standing};
use crate::commit::{Change, Forgotten};
use crate::ids::{CheckName, PluginName, ReceiverName, WindowId};
use crate::input::PluginStatus;
use crate::plugin::Presence;
use crate::schedule::FirstRun;
use crate::setup::{CheckSpec, Difference, ReceiverSpec, Setup};
use crate::turn::Turn;
use crate::view::Update;

impl Turn<'_> {
    /// The first tick after `restore`.
    pub(crate) fn start_up(&mut self) {
        self.settle_alerts_of_missing_checks();
        let mut first = FirstRun::from(self.now.mono);
        for slot in self.state.checks.slots() {
            self.plan(slot);
            self.plan_first_run(slot, &mut first);
        }
        self.relabel_all();
        self.windows_changed();
        let receivers: Vec<ReceiverName> = self.state.outbox.receivers().cloned().collect();
        receivers.iter().for_each(|receiver| self.receiver_woken(receiver));
        self.watch_itself();
        self.publish_all();
    }

    fn publish_all(&mut self) {
        for slot in self.state.checks.slots() {
            self.publish_check(slot);
        }
        let alerts: Vec<_> = self.state.alerts().cloned().map(Arc::new).map(Update::Alert).collect();
        let deliveries: Vec<_> = self.state.outbox().cloned().map(Update::Delivery).collect();
        let groups: Vec<_> = self.state.groups().cloned().map(Arc::new).map(Update::Group).collect();
        let windows: Vec<_> = self.state.windows().cloned().map(Update::Window).collect();
        let all = alerts.into_iter().chain(groups).chain(windows).chain(deliveries);
        all.for_each(|update| self.publish(update));
    }

    /// Alerts of checks that were renamed, removed or disabled while the host was down.
    fn settle_alerts_of_missing_checks(&mut self) {
        let setup = Arc::clone(&self.state.setup);
        let renames: Vec<(CheckName, CheckName)> = setup
            .checks
            .values()
            .filter_map(|spec| Some((spec.name.clone(), spec.renamed_from.clone()?)))
            .filter(|(_, old)| !setup.checks.contains_key(old))
            .collect();
        for (new, old) in renames {
            self.rename_alerts(&old, &new);
        }
        let orphans: Vec<AlertKey> = self
            .state
            .alerts
            .keys()
            .filter(|key| match key.check() {
                Some(name) => setup.checks.get(name).is_none_or(|spec| !spec.enabled),
                None => false,
            })
            .cloned()
            .collect();
        for key in orphans {
            self.close_removed(&key);
        }
    }

    pub(crate) fn config_applied(&mut self, setup: Arc<Setup>, difference: &Difference) {
        self.retire_receivers(&difference.receivers_removed);
        for name in &difference.removed {
            self.remove_check(name);
        }
        self.publish_windows_gone(&setup);
        self.state.setup = setup;
        self.state.families.follow(&Arc::clone(&self.state.setup));
        let setup = Arc::clone(&self.state.setup);
        let mut first = FirstRun::from(self.now.mono);
        for (new, old) in &difference.renamed {
            if let Some(spec) = setup.checks.get(new) {
                self.rename_check(old, spec);
            }
        }
        for name in &difference.changed {
            if let (Some(spec), Some(slot)) = (setup.checks.get(name), self.state.checks.slot(name)) {
                let keeps_phase =
                    if difference.rescheduled.contains(name) { Phase::New } else { Phase::Kept };
                self.change_check(slot, spec, keeps_phase, &mut first);
            }
        }
        for name in &difference.added {
            if let Some(spec) = setup.checks.get(name) {
                let slot = self.state.checks.insert(Check::new(Arc::clone(spec), self.now));
                self.plan(slot);
                self.plan_first_run(slot, &mut first);
                self.publish_check(slot);
            }
        }
        self.relabel_all();
        self.look_at_witness();
        self.windows_changed();
        self.plan_beat();
        let receivers: Vec<ReceiverName> = self.state.outbox.receivers().cloned().collect();
        receivers.iter().for_each(|receiver| self.receiver_woken(receiver));
    }

    /// Of the config's windows, before the next one's come.
    fn publish_windows_gone(&mut self, next: &Setup) {
        let before = self.state.setup.windows.clone();
        let kept = |id: &WindowId| next.windows.iter().any(|window| window.id == *id);
        for window in before.iter().filter(|window| !kept(&window.id)) {
            self.publish(Update::WindowRemoved(window.id.clone()));
        }
        for window in &next.windows {
            self.publish(Update::Window(Arc::clone(window)));
        }
    }

    fn remove_check(&mut self, name: &CheckName) {
        for key in self.state.alerts_of(name) {
            self.close_removed(&key);
        }
        let Some(check) = self.state.checks.remove(name) else { return };
        if !check.events.is_empty() {
            self.note(Change::ForgetEvents { check: name.clone(), ids: Forgotten::All });
        }
        self.state.removed_scheduled = self.state.removed_scheduled.max(check.last_scheduled);
        self.plugin_rid_of(&check.spec.plugin, name);
        if check.activity == Activity::Paused {
            self.note(Change::PutPaused { check: name.clone(), paused: false });
        }
        if check.is_heartbeat() {
            self.note(Change::RemoveHeartbeat(name.clone()));
        }
        self.publish(Update::CheckRemoved(name.clone()));
    }

    fn close_removed(&mut self, key: &AlertKey) {
        if let Some(check) = key.check().and_then(|name| self.state.checks.named_mut(name)) {
            check.set_standing(key, Standing::Closed);
        }
        self.close(key, Closing::Removed);
    }

    fn change_check(&mut self, slot: Slot, spec: &Arc<CheckSpec>, phase: Phase, first: &mut FirstRun) {
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let before = std::mem::replace(&mut check.spec, Arc::clone(spec));
        check.location = Arc::from(spec.location.as_str());
        if before.plugin != spec.plugin {
            check.failures = 0;
            self.plugin_rid_of(&before.plugin, &before.name);
        }
        match (before.enabled, spec.enabled) {
            (true, false) => {
                for key in self.state.alerts_of(&spec.name) {
                    self.close_removed(&key);
                }
                self.plugin_rid_of(&spec.plugin, &spec.name);
                self.set_activity(slot, Activity::Disabled);
                self.plan(slot);
            }
            (false, true) => {
                self.set_activity(slot, Activity::Active);
                self.plan(slot);
                self.plan_first_run(slot, first);
            }
            (true, true) | (false, false) => match phase {
                Phase::New => {
                    if self.state.checks.get(slot).is_some_and(|check| check.activity == Activity::Closed) {
                        self.set_activity(slot, Activity::Active);
                    }
                    self.plan(slot);
                }
                Phase::Kept if before.work != spec.work && (before.is_heartbeat() || spec.is_heartbeat()) => {
                    if let Some(check) = self.state.checks.get_mut(slot) {
                        check.heartbeat.forget_plan();
                    }
                    self.plan(slot);
                }
                Phase::Kept => {}
            },
        }
        self.publish_check(slot);
    }

    pub(crate) fn set_activity(&mut self, slot: Slot, activity: Activity) {
        if let Some(check) = self.state.checks.get_mut(slot) {
            check.activity = activity;
        }
    }

    fn rename_check(&mut self, old: &CheckName, spec: &Arc<CheckSpec>) {
        let Some(slot) = self.state.checks.slot(old) else { return };
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let before = std::mem::replace(&mut check.spec, Arc::clone(spec));
        check.location = Arc::from(spec.location.as_str());
        let paused = check.activity == Activity::Paused;
        self.state.checks.rename(slot, old);
        if paused {
            self.note(Change::PutPaused { check: old.clone(), paused: false });
            self.note(Change::PutPaused { check: spec.name.clone(), paused: true });
        }
        self.plugin_rid_of(&before.plugin, old);
        self.rename_alerts(old, &spec.name);
        if before.schedule != spec.schedule || before.run_hours != spec.run_hours {
            self.plan(slot);
        }
        self.publish(Update::CheckRemoved(old.clone()));
        self.publish_check(slot);
    }

    /// What the receivers that go were told is owed to them still, at the address they had.
    fn retire_receivers(&mut self, removed: &[ReceiverName]) {
        for name in removed {
            if let Some(spec) = self.state.setup.receivers.get(name).cloned() {
                self.retire_receiver(name, &spec);
            }
        }
    }

    fn retire_receiver(&mut self, name: &ReceiverName, spec: &Arc<ReceiverSpec>) {
        let mut alerts = Vec::new();
        for (key, alert) in &mut self.state.alerts {
            for told in alert.record.told.iter_mut().filter(|told| told.receiver == *name) {
                told.retired = Some(as_told(told, spec));
                alerts.push(key.clone());
            }
        }
        let mut groups = Vec::new();
        for (key, group) in &mut self.state.groups {
            let owed = group.record.members.iter_mut().flat_map(|member| &mut member.owed);
            for told in owed.filter(|told| told.receiver == *name) {
                told.retired = Some(as_told(told, spec));
                groups.push(key.clone());
            }
        }
        alerts.iter().for_each(|key| self.alert_changed(key));
        groups.iter().for_each(|key| self.group_changed(key));
    }

    /// Labels follow the config.
    fn relabel_all(&mut self) {
        let setup = Arc::clone(&self.state.setup);
        let mut changed = Vec::new();
        for (key, alert) in &mut self.state.alerts {
            let record = &mut alert.record;
            let labels = match key.check() {
                None => match key {
                    AlertKey::Host(problem) => notice::host_labels(*problem, record.level),
                    AlertKey::Plugin(_)
                    | AlertKey::Check(_)
                    | AlertKey::Finding(..)
                    | AlertKey::NotJudged(_) => notice::plugin_labels(key, &setup, record.level),
                },
                Some(name) => match setup.checks.get(name) {
                    // Without its report, after a restart, what the report said is in the labels themselves.
                    Some(spec) => {
                        let reported = record.report.as_ref().map_or(&record.labels, |report| &report.labels);
                        notice::labels(key, spec, Some(reported), record.level)
                    }
                    None => continue,
                },
            };
            if labels != record.labels {
                record.labels = labels;
                changed.push(key.clone());
            }
        }
        changed.iter().for_each(|key| self.alert_changed(key));
    }

    /// Every firing alert is told where it now belongs and was not told yet.
    pub(crate) fn tell_all(&mut self) {
        let keys: Vec<AlertKey> = self.state.alerts.keys().cloned().collect();
        keys.iter().for_each(|key| self.tell(key));
    }

    pub(crate) fn plugin_changed(&mut self, plugin: &PluginName, status: PluginStatus) {
        let presence = match status {
            PluginStatus::Live(_) => Presence::There,
            PluginStatus::Gone => Presence::Gone,
        };
        let before = self.state.presence(plugin);
        self.state.plugins.entry(plugin.clone()).or_default().presence = presence;
        let now = self.now.mono;
        for slot in self.state.checks.slots() {
            let Some(check) = self.state.checks.get(slot) else { continue };
            if check.spec.plugin != *plugin {
                continue;
            }
            // A repaired plugin shows at once what it now says of what could not be judged.
            let unjudged = check.failures > 0 || check.not_judged == Standing::Open;
            if presence == Presence::There && unjudged && check.activity == Activity::Active {
                self.plan_extra(slot, now);
            }
            if before != presence {
                self.publish_check(slot);
            }
        }
    }
}

/// Whether a changed check starts at the same moments as before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Kept,
    New,
}

/// The receiver's last spec, to be told as it was told before.
fn as_told(told: &Told, spec: &Arc<ReceiverSpec>) -> Arc<ReceiverSpec> {
    match &told.retired {
        Some(before) if before.grouping != spec.grouping => {
            Arc::new(ReceiverSpec { grouping: before.grouping, ..ReceiverSpec::clone(spec) })
        }
        Some(_) | None => Arc::clone(spec),
    }
}
