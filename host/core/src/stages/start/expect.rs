//! When a check should have been judged (rule A2), and when a heartbeat should have been heard.

use crate::model::commit::Change;
use crate::model::heartbeat::heard::Missing;
use crate::model::keys::Slot;
use crate::model::setup::Work;
use crate::model::timers::Timer;
use crate::record::Transaction;
use crate::time::Mono;

/// Counts anew: the next judgement is expected by the next start plus grace.
pub(crate) fn expect_judgement(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if check.is_heartbeat() {
        listen(tx, slot);
        return;
    }
    let Some(due) = check.due().filter(|_| check.is_scheduled()) else {
        check.judge_by = None;
        return;
    };
    let by = due.at + check.spec.grace;
    check.judge_by = Some(by);
    // One timer per check. If it comes up early, it is armed again; so not every run needs a timer.
    if check.judged.is_none_or(|armed| armed.at > by) {
        tx.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
    }
}

/// Expects no judgement for now: the check is paused or closed.
pub(crate) fn expect_nothing(tx: &mut Transaction<'_>, slot: Slot) {
    if let Some(check) = tx.state.checks.at_hand_mut(slot) {
        check.judge_by = None;
    }
}

/// Expects a judgement by `by`, and counts the wait for it from now on, as at an opening.
pub(crate) fn expect_by(tx: &mut Transaction<'_>, slot: Slot, by: Mono) {
    let wall = tx.now.wall;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.judged_at = wall;
    check.judge_by = Some(by);
    if check.judged.is_none_or(|armed| armed.at > by) {
        tx.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
    }
}

pub(crate) fn keep_heartbeat(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    let (check, record) = (check.spec.name.clone(), check.heartbeat.record(tx.now));
    tx.note_at_once(Change::PutHeartbeat { check, record });
}

/// Arms the timer for what a heartbeat check waits for next.
pub(crate) fn listen(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let Work::Heartbeat(spec) = &check.spec.work else { return };
    if !check.is_scheduled() {
        expect_nothing(tx, slot);
        return;
    }
    let by = check.heartbeat.next(spec, now).map(|missing| match missing {
        Missing::Ping { due } => due.at + check.spec.grace,
        Missing::End { at, .. } => at,
    });
    let quiet = check.listens_from.map(|from| from + check.spec.grace);
    let by = by.map(|by| quiet.map_or(by, |quiet| by.max(quiet)));
    check.judge_by = by;
    match by {
        Some(by) => tx.state.timers.arm(&mut check.judged, by, Timer::Judged(slot)),
        None => check.judged = None,
    }
}

/// Continues to wait as before a jump, and stores it in terms of the new time for a restart.
pub(crate) fn listen_after_jump(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let Work::Heartbeat(spec) = &check.spec.work else { return };
    check.heartbeat.clock_jumped(spec, now);
    keep_heartbeat(tx, slot);
    listen(tx, slot);
}

pub(crate) fn wait_for_ping(tx: &mut Transaction<'_>, slot: Slot, by: Option<Mono>) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.judge_by = by;
    if let Some(by) = by {
        tx.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
    }
}
