//! From one setup to the next (rules S1, A11): only what differs is touched. A start of the host comes here as
//! well, since the config may have changed while it was down.

use std::sync::Arc;

use crate::ids::{CheckName, PluginName, ReceiverName, WindowId};
use crate::inputs::{rename, windows};
use crate::model::alert::Told;
use crate::model::check::{Activity, AlertStatus, Check};
use crate::model::commit::{Change, Forgotten};
use crate::model::input::PluginStatus;
use crate::model::keys::{AlertKey, Slot};
use crate::model::plugin::Presence;
use crate::model::setup::{CheckSpec, Difference, ReceiverSpec, Setup};
use crate::model::view::Update;
use crate::record::Transaction;
use crate::rules::ends::Closing;
use crate::rules::notice;
use crate::stages::judge::{close, host, plugin};
use crate::stages::start::plan;
use crate::stages::start::plan::FirstRun;

pub(crate) fn config_applied(tx: &mut Transaction<'_>, setup: Arc<Setup>, difference: &Difference) {
    retire_receivers(tx, &difference.receivers_removed);
    for name in &difference.removed {
        remove_check(tx, name);
    }
    publish_windows_gone(tx, &setup);
    tx.state.setup = setup;
    tx.state.dependencies.follow(&Arc::clone(&tx.state.setup));
    let setup = Arc::clone(&tx.state.setup);
    let mut first = FirstRun::from(tx.now.mono);
    for (new, old) in &difference.renamed {
        if let Some(spec) = setup.checks.get(new) {
            rename_check(tx, old, spec);
        }
    }
    for name in &difference.changed {
        if let (Some(spec), Some(slot)) = (setup.checks.get(name), tx.state.checks.slot(name)) {
            let keeps_phase = if difference.rescheduled.contains(name) { Phase::New } else { Phase::Kept };
            change_check(tx, slot, spec, keeps_phase, &mut first);
        }
    }
    for name in &difference.added {
        if let Some(spec) = setup.checks.get(name) {
            let slot = tx.state.checks.insert(Check::new(Arc::clone(spec), tx.now));
            plan::plan(tx, slot);
            plan::plan_first_run(tx, slot, &mut first);
            tx.publish_check(slot);
        }
    }
    relabel_all(tx);
    host::look_at_witness(tx);
    windows::windows_changed(tx);
    host::plan_beat(tx);
    let receivers: Vec<ReceiverName> = tx.state.outbox.receivers().cloned().collect();
    receivers.iter().for_each(|receiver| tx.receiver_woken(receiver));
}

/// Publishes which of the config's windows are gone, before those of the next config come.
fn publish_windows_gone(tx: &mut Transaction<'_>, next: &Setup) {
    let before = tx.state.setup.windows.clone();
    let kept = |id: &WindowId| next.windows.iter().any(|window| window.id == *id);
    for window in before.iter().filter(|window| !kept(&window.id)) {
        tx.publish(Update::WindowRemoved(window.id.clone()));
    }
    for window in &next.windows {
        tx.publish(Update::Window(Arc::clone(window)));
    }
}

fn remove_check(tx: &mut Transaction<'_>, name: &CheckName) {
    for key in tx.state.alerts_of(name) {
        close_removed(tx, &key);
    }
    let Some(check) = tx.state.checks.remove(name) else { return };
    if !check.events.is_empty() {
        tx.note(Change::ForgetEvents { check: name.clone(), ids: Forgotten::All });
    }
    tx.state.removed_scheduled = tx.state.removed_scheduled.max(check.last_scheduled);
    plugin::plugin_rid_of(tx, &check.spec.plugin, name);
    if check.activity == Activity::Paused {
        tx.note(Change::PutPaused { check: name.clone(), paused: false });
    }
    if check.is_heartbeat() {
        tx.note(Change::RemoveHeartbeat(name.clone()));
    }
    tx.publish(Update::CheckRemoved(name.clone()));
}

pub(crate) fn close_removed(tx: &mut Transaction<'_>, key: &AlertKey) {
    if let Some(check) = key.check().and_then(|name| tx.state.checks.named_mut(name)) {
        check.set_status(key, AlertStatus::Closed);
    }
    close::close(tx, key, Closing::Removed);
}

fn change_check(
    tx: &mut Transaction<'_>,
    slot: Slot,
    spec: &Arc<CheckSpec>,
    phase: Phase,
    first: &mut FirstRun,
) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let before = std::mem::replace(&mut check.spec, Arc::clone(spec));
    if before.plugin != spec.plugin {
        check.failures = 0;
        plugin::plugin_rid_of(tx, &before.plugin, &before.name);
    }
    match (before.enabled, spec.enabled) {
        (true, false) => {
            for key in tx.state.alerts_of(&spec.name) {
                close_removed(tx, &key);
            }
            plugin::plugin_rid_of(tx, &spec.plugin, &spec.name);
            set_activity(tx, slot, Activity::Disabled);
            plan::plan(tx, slot);
        }
        (false, true) => {
            set_activity(tx, slot, Activity::Active);
            plan::plan(tx, slot);
            plan::plan_first_run(tx, slot, first);
        }
        (true, true) | (false, false) => match phase {
            Phase::New => {
                if tx.state.checks.at_hand(slot).is_some_and(|check| check.activity == Activity::Closed) {
                    set_activity(tx, slot, Activity::Active);
                }
                plan::plan(tx, slot);
            }
            Phase::Kept if before.work != spec.work && (before.is_heartbeat() || spec.is_heartbeat()) => {
                if let Some(check) = tx.state.checks.at_hand_mut(slot) {
                    check.heartbeat.forget_plan();
                }
                plan::plan(tx, slot);
            }
            Phase::Kept => {}
        },
    }
    tx.publish_check(slot);
}

pub(crate) fn set_activity(tx: &mut Transaction<'_>, slot: Slot, activity: Activity) {
    if let Some(check) = tx.state.checks.at_hand_mut(slot) {
        check.activity = activity;
    }
}

fn rename_check(tx: &mut Transaction<'_>, old: &CheckName, spec: &Arc<CheckSpec>) {
    let Some(slot) = tx.state.checks.slot(old) else { return };
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let before = std::mem::replace(&mut check.spec, Arc::clone(spec));
    let paused = check.activity == Activity::Paused;
    tx.state.checks.rename(slot, old);
    if paused {
        tx.note(Change::PutPaused { check: old.clone(), paused: false });
        tx.note(Change::PutPaused { check: spec.name.clone(), paused: true });
    }
    plugin::plugin_rid_of(tx, &before.plugin, old);
    rename::rename_alerts(tx, old, &spec.name);
    if before.schedule != spec.schedule || before.run_hours != spec.run_hours {
        plan::plan(tx, slot);
    }
    tx.publish(Update::CheckRemoved(old.clone()));
    tx.publish_check(slot);
}

/// Receivers that are removed are still owed the end of what they were told, at the address they had.
fn retire_receivers(tx: &mut Transaction<'_>, removed: &[ReceiverName]) {
    for name in removed {
        if let Some(spec) = tx.state.setup.receivers.get(name).cloned() {
            retire_receiver(tx, name, &spec);
        }
    }
}

fn retire_receiver(tx: &mut Transaction<'_>, name: &ReceiverName, spec: &Arc<ReceiverSpec>) {
    let mut alerts = Vec::new();
    for (key, alert) in tx.state.alerts.iter_mut() {
        for told in alert.record.told.iter_mut().filter(|told| told.receiver == *name) {
            told.as_told = Some(as_told(told, spec));
            alerts.push(key.clone());
        }
    }
    let mut groups = Vec::new();
    for (key, group) in tx.state.groups.iter_mut() {
        let owed = group.record.members.iter_mut().flat_map(|member| &mut member.owed);
        for told in owed.filter(|told| told.receiver == *name) {
            told.as_told = Some(as_told(told, spec));
            groups.push(key.clone());
        }
    }
    alerts.iter().for_each(|key| tx.alert_changed(key));
    groups.iter().for_each(|key| tx.group_changed(key));
}

/// Makes the labels of open alerts follow the config.
pub(crate) fn relabel_all(tx: &mut Transaction<'_>) {
    let setup = Arc::clone(&tx.state.setup);
    let mut changed = Vec::new();
    for (key, alert) in tx.state.alerts.iter_mut() {
        let record = &mut alert.record;
        let labels = match key.check() {
            None => match key {
                AlertKey::Host(problem) => notice::host_labels(*problem, record.level),
                AlertKey::Plugin(_) | AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::NotJudged(_) => {
                    notice::plugin_labels(key, &setup, record.level)
                }
            },
            Some(name) => match setup.checks.get(name) {
                // After a restart there is no report; its labels are among the alert's own.
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
    changed.iter().for_each(|key| tx.alert_changed(key));
}

pub(crate) fn plugin_changed(tx: &mut Transaction<'_>, plugin: &PluginName, status: PluginStatus) {
    let presence = match status {
        PluginStatus::Live(_) => Presence::There,
        PluginStatus::Gone => Presence::Gone,
    };
    let before = tx.state.presence(plugin);
    tx.state.plugins.entry(plugin.clone()).or_default().presence = presence;
    let now = tx.now.mono;
    for slot in tx.state.checks.slots() {
        let Some(check) = tx.state.checks.at_hand(slot) else { continue };
        if check.spec.plugin != *plugin {
            continue;
        }
        // Runs at once what could not be judged: a repaired plugin shows what it says now.
        let unjudged = check.failures > 0 || check.not_judged == AlertStatus::Open;
        if presence == Presence::There && unjudged && check.activity == Activity::Active {
            plan::plan_extra(tx, slot, now);
        }
        if before != presence {
            tx.publish_check(slot);
        }
    }
}

/// Whether a changed check starts at the same moments as before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Kept,
    New,
}

/// The receiver's last spec, with the grouping by which it was told before.
fn as_told(told: &Told, spec: &Arc<ReceiverSpec>) -> Arc<ReceiverSpec> {
    match &told.as_told {
        Some(before) if before.grouping != spec.grouping => {
            Arc::new(ReceiverSpec { grouping: before.grouping, ..ReceiverSpec::clone(spec) })
        }
        Some(_) | None => Arc::clone(spec),
    }
}
