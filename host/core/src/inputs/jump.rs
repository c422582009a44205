//! The wall clock jumped (rule S4). What follows the wall clock is armed again. What counts on the monotonic clock goes
//! on as before; its stored beginnings are rewritten in terms of the new time, so that a restart finds them where they
//! were.

use std::sync::Arc;

use crate::inputs::windows;
use crate::model::delivery::DeliveryStatus;
use crate::model::keys::{AlertKey, GroupKey};
use crate::record::Transaction;
use crate::stages::group::members;
use crate::stages::start::plan;
use crate::time::Wall;

/// The wall clock jumped by this many milliseconds, forward or back.
pub(crate) fn wall_jumped(tx: &mut Transaction<'_>, by: i64) {
    restate_alerts(tx, by);
    restate_groups(tx, by);
    restate_deliveries(tx, by);
    for id in tx.state.actions.restate(by) {
        tx.action_changed(&id);
    }
    for slot in tx.state.checks.slots() {
        plan::plan_after_jump(tx, slot);
    }
    windows::windows_changed(tx);
    members::retime_held_groups(tx);
}

/// Rewrites what reminders and steps of escalations count from.
fn restate_alerts(tx: &mut Transaction<'_>, by: i64) {
    let mut changed: Vec<AlertKey> = Vec::new();
    for (key, alert) in tx.state.alerts.iter_mut() {
        let told = alert.record.told.iter_mut().map(|told| &mut told.at);
        let waits = alert.record.escalating.iter_mut().filter_map(|waits| waits.since.as_mut());
        if restate(told.chain(waits), by) {
            changed.push(key.clone());
        }
    }
    changed.iter().for_each(|key| tx.alert_changed(key));
}

fn restate_groups(tx: &mut Transaction<'_>, by: i64) {
    let mut changed: Vec<GroupKey> = Vec::new();
    for (key, group) in tx.state.groups.iter_mut() {
        let told = group.record.told.iter_mut().map(|told| &mut told.at);
        if restate(told.chain(&mut group.record.last_flush).chain(&mut group.record.flush_at), by) {
            changed.push(key.clone());
        }
    }
    changed.iter().for_each(|key| tx.group_changed(key));
}

/// Rewrites when the next attempt is due, and what the fallback and giving up count from.
fn restate_deliveries(tx: &mut Transaction<'_>, by: i64) {
    let rows: Vec<_> = tx.state.outbox.rows().map(|row| row.record.id).collect();
    for id in rows {
        let Some(row) = tx.state.outbox.at_hand_mut(id) else { continue };
        let record = Arc::make_mut(&mut row.record);
        let status = match &mut record.status {
            DeliveryStatus::Waiting { not_before: at } | DeliveryStatus::Attempting { began: at } => at,
        };
        restate([status, &mut record.created_at].into_iter().chain(&mut record.failing_since), by);
        let receiver = record.notification.receiver.clone();
        tx.delivery_changed(id, &receiver);
    }
}

/// Moves the moments. Returns whether there were any.
fn restate<'a>(moments: impl Iterator<Item = &'a mut Wall>, by: i64) -> bool {
    let mut any = false;
    for at in moments {
        *at = at.shifted(by);
        any = true;
    }
    any
}
