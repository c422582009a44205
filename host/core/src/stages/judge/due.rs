//! What happens when a check should have been judged by now, and was not (rule A2).

use crate::model::check::Running;
use crate::model::keys::Slot;
use crate::model::timers::Timer;
use crate::record::Transaction;
use crate::stages::judge::{heartbeat, not_judged};

pub(crate) fn judgement_due(tx: &mut Transaction<'_>, slot: Slot) {
    let now = tx.now.mono;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    if check.is_heartbeat() {
        heartbeat::ping_due(tx, slot);
        return;
    }
    check.judged = None;
    let Some(by) = check.judge_by else { return };
    if by > now {
        tx.state.timers.arm(&mut check.judged, by, Timer::Judged(slot));
        return;
    }
    match check.running {
        Running::Yes { .. } | Running::Queued(_) => {
            let patience = check.spec.timeout + check.spec.grace;
            let overdue = match check.running {
                Running::Yes { began, .. } => began.mono + patience,
                Running::Queued(_) | Running::No => now + patience,
            };
            if overdue > now {
                tx.state.timers.arm(&mut check.judged, overdue, Timer::Judged(slot));
                return;
            }
        }
        Running::No => {}
    }
    not_judged::open_not_judged(tx, slot);
}
