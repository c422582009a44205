//! Starts runs (rule S1): never two of one check at once, and never more than a cap in a short span.

use std::sync::Arc;

use crate::ids::RunId;
use crate::model::check::{Activity, Running};
use crate::model::clock::Moment;
use crate::model::effect::{Effect, StartRun};
use crate::model::keys::Slot;
use crate::model::plugin::Presence;
use crate::model::starts::{START_SPAN, STARTS_MAX};
use crate::record::Transaction;
use crate::rules::life;
use crate::stages::start::plan::MissedStart;
use crate::stages::start::{expect, plan};
use crate::time::{Mono, Wall};

/// A check's timer came up.
pub(crate) fn start_due(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.start = None;
    let Some(due) = check.due().filter(|due| due.at <= now.mono) else {
        plan::arm_start(tx, slot);
        return;
    };
    if !check.is_scheduled() {
        return;
    }
    let regular = check.regular.is_some_and(|regular| regular.at <= now.mono);
    let open = check.is_open(now);
    let too_soon = regular && follows_too_soon(tx, slot);
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let extra = check.extra.is_some_and(|extra| extra.at <= now.mono);
    plan::plan_following(tx, slot);
    if too_soon && !extra && open {
        return;
    }
    if !open {
        plan::plan_opening(tx, slot, if regular { MissedStart::Yes } else { MissedStart::No });
        return;
    }
    reopen(tx, slot, due.at);
    request_start(tx, slot, due);
}

/// Whether a check with an open alert was started by something else just before: at its opening, at the host's start,
/// or because a child asks. Two runs so close together are one look at the target, not two judgements of a streak.
fn follows_too_soon(tx: &Transaction<'_>, slot: Slot) -> bool {
    let Some(check) = tx.state.checks.at_hand(slot) else { return false };
    let pause = check.spec.start_pause().zip(check.started);
    let soon = pause.is_some_and(|(pause, started)| started + pause > tx.now.mono);
    soon && check.activity == Activity::Active && tx.state.has_open_alert(slot)
}

/// Handles the first start after closed hours: streaks start anew, and the time without a judgement counts from here
/// (rule S2).
fn reopen(tx: &mut Transaction<'_>, slot: Slot, due: Mono) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    match check.activity {
        Activity::Closed => {}
        Activity::Active | Activity::Paused | Activity::Disabled => return,
    }
    check.activity = Activity::Active;
    let by = due + check.spec.grace;
    let name = check.spec.name.clone();
    expect::expect_by(tx, slot, by);
    for key in tx.state.alerts_of(&name) {
        if let Some(alert) = tx.state.alerts.get_mut(&key) {
            life::start_anew(&mut alert.record);
            tx.alert_changed(&key);
        }
    }
}

/// Starts a run, or queues it. If one is under way, the start is skipped and counted.
pub(crate) fn request_start(tx: &mut Transaction<'_>, slot: Slot, due: Moment) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    match tx.state.presence(&check.spec.plugin) {
        Presence::There => {}
        Presence::Gone => return,
    }
    let stray = tx.state.checks.has_stray(&check.spec.name);
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    match check.running {
        Running::No if !stray => {
            check.running = Running::Queued(due);
            tx.state.starts.queue.push_back((slot, due.at));
        }
        Running::No | Running::Queued(_) | Running::Yes { .. } => {
            check.skipped += 1;
            tx.state.skipped += 1;
        }
    }
}

/// Starts runs that wait, as far as the cap allows.
pub(crate) fn drain_starts(tx: &mut Transaction<'_>) {
    if tx.state.starts.queue.is_empty() {
        return;
    }
    let now = tx.now.mono;
    if tx.state.starts.span_from + START_SPAN <= now {
        tx.state.starts.span_from = now;
        tx.state.starts.in_span = 0;
    }
    while tx.state.starts.in_span < STARTS_MAX {
        let Some((slot, at)) = tx.state.starts.queue.pop_front() else { return };
        start(tx, slot, at);
    }
}

fn start(tx: &mut Transaction<'_>, slot: Slot, queued_at: Mono) {
    let now = tx.now;
    let Some(check) = tx.state.checks.get_mut(slot) else { return };
    let Running::Queued(due) = check.running else { return };
    // The slot may belong to another check by now, or the check may have been queued anew.
    if due.at != queued_at {
        return;
    }
    let scheduled_at = match check.last_scheduled.max(tx.state.removed_scheduled) {
        Some(last) if due.wall <= last => Wall::from_millis(last.millis() + 1),
        Some(_) | None => due.wall,
    };
    check.last_scheduled = Some(scheduled_at);
    check.running = Running::Yes { scheduled_at, began: now };
    check.started = Some(now.mono);
    let run = RunId { check: check.spec.name.clone(), scheduled_at };
    let previous = check.last.as_ref().map(|row| row.outcome.state());
    let spec = Arc::clone(&check.spec);
    tx.state.starts.in_span += 1;
    tx.effects.push(Effect::StartRun(StartRun { run, spec, due: due.at, previous }));
}
