//! What happens when a run ends: its result goes into history, and if it judged the target (rule A2), it moves the
//! lives of the check's alerts: its own, and those of its findings (`findings`).

use std::sync::Arc;

use crate::model::check::{AlertStatus, Running};
use crate::model::clock::Moment;
use crate::model::commit::{Change, ResultRow};
use crate::model::flapping::Swing;
use crate::model::input::RunFinished;
use crate::model::keys::{AlertKey, Slot};
use crate::outcome::Outcome;
use crate::record::Transaction;
use crate::report::{Judgement, Report};
use crate::rules::ends::Closing;
use crate::rules::windows;
use crate::stages::judge::life::Said;
use crate::stages::judge::{close, findings, host, life, not_judged, plugin};
use crate::stages::start::{expect, plan};
use crate::stages::tell::{events, recheck};
use crate::time::Mono;

pub(crate) fn run_finished(tx: &mut Transaction<'_>, finished: RunFinished) {
    let Some(slot) = tx.state.checks.ended(&finished.run) else { return };
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let Running::Yes { scheduled_at, began } = check.running else { return };
    if scheduled_at != finished.run.scheduled_at {
        return;
    }
    check.running = Running::No;
    ended(tx, slot, finished, began.mono);
}

/// A run ended, or something that counts as one (a ping).
pub(crate) fn ended(tx: &mut Transaction<'_>, slot: Slot, finished: RunFinished, began: Mono) {
    let said = match (&finished.outcome, finished.outcome.judgement()) {
        (Outcome::Report(report), Some(judgement)) if !host::is_cut_off(tx, slot) => {
            Some((Arc::clone(report), findings::own_judgement(tx, slot, judgement, report)))
        }
        (Outcome::Report(_) | Outcome::Failed(_), _) => None,
    };
    let swing = said.as_ref().map_or(Swing::None, |(_, own)| swing(tx, slot, *own));
    let scheduled_at = finished.run.scheduled_at;
    let outcome = finished.outcome.clone();
    keep_result(tx, slot, finished);
    match &said {
        Some((report, own)) => {
            judged(tx, slot, *own, report, swing, Moment { at: began, wall: scheduled_at });
            plan::plan_retry(tx, slot, began);
            expect::expect_judgement(tx, slot);
        }
        None => {
            plan::plan_retry(tx, slot, began);
            not_judged::still_not_judged(tx, slot);
        }
    }
    if let Outcome::Report(report) = &outcome {
        events::take_events(tx, slot, report);
    }
    plugin::record_plugin_result(tx, slot, &outcome, scheduled_at);
    host::witness_result(tx, slot);
    recheck::answered(tx, slot, began);
    tx.publish_check(slot);
}

fn keep_result(tx: &mut Transaction<'_>, slot: Slot, finished: RunFinished) {
    let now = tx.now;
    let sequence = tx.sequence();
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let state = finished.outcome.state();
    let since = match check.since {
        Some(since) if check.last.is_some() && check.state() == state => since,
        Some(_) | None => now.wall,
    };
    check.since = Some(since);
    let row = ResultRow {
        run: finished.run,
        sequence,
        location: Arc::clone(&check.spec.location),
        finished_at: now.wall,
        since,
        took: finished.took,
        late: finished.late,
        generation: finished.generation,
        outcome: finished.outcome,
        flaps: check.swings.flaps,
    };
    check.last = Some(Arc::new(row.clone()));
    tx.note(Change::Result(row));
    for write in finished.kv {
        tx.note(Change::Kv(write));
    }
}

/// How the check's own judgement changes its flapping (rule A6).
fn swing(tx: &mut Transaction<'_>, slot: Slot, own: Judgement) -> Swing {
    let Some(check) = tx.state.checks.at_hand(slot) else { return Swing::None };
    let spec = Arc::clone(&check.spec);
    if spec.flapping
        && !windows::counts_for_flapping(tx.state, tx.now, &AlertKey::Check(spec.name.clone()), &spec)
    {
        return Swing::None;
    }
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return Swing::None };
    if spec.flapping { check.swings.take(own) } else { check.swings.forget() }
}

fn judged(
    tx: &mut Transaction<'_>,
    slot: Slot,
    own: Judgement,
    report: &Arc<Report>,
    swing: Swing,
    began: Moment,
) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.judged_at = now.wall;
    let key = AlertKey::Check(check.spec.name.clone());
    let not_judged = AlertKey::NotJudged(check.spec.name.clone());
    if std::mem::replace(&mut check.not_judged, AlertStatus::Closed) == AlertStatus::Open {
        let judgement = report.state.judgement().unwrap_or(own);
        let summary = report.summary.clone();
        close::close(tx, &not_judged, Closing::Judged { judgement, summary });
    }
    findings::judge_findings(tx, slot, report, began);
    life::judge_one(tx, slot, &key, &Said { judgement: own, report, swing, began });
    if own == Judgement::Ok
        && let Some(check) = tx.state.checks.at_hand_mut(slot)
    {
        check.last_good = Some(now.wall);
    }
}
