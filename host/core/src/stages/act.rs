//! Automatic recovery (rules X1-X7): begins the actions that are due for an alert, asks people where they have to agree, and
//! takes in what came of it.
//!
//! A decision to act is stored before anything acts on it, and is performed at most once, also across a crash: what was under
//! way then has an unknown result. So the worst that a crash does is an attempt that nobody made, never one that was made
//! twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::action::Occasion;
use crate::ids::{ActionName, OccasionId};
use crate::model::actions::Act;
use crate::model::alert::Alert;
use crate::model::clock::{Elapsed, earlier};
use crate::model::delivery::NotificationKind;
use crate::model::keys::{AlertKey, Slot};
use crate::model::recovery::{
    ActionRecord, ActionResult, ActionSpec, ActionStatus, Approval, HeldAction, Helped, Mode, Origin,
};
use crate::model::setup::CheckSpec;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::Judgement;
use crate::rules::recovery::{self, Next};
use crate::rules::{holds, tried};
use crate::stages::start::plan;
use crate::stages::tell::{escalate, recheck, told};
use crate::time::Mono;

/// Begins what is due for an alert, and arms its timer for what is due later.
pub(crate) fn act(tx: &mut Transaction<'_>, key: &AlertKey) {
    let Some(check) = recovery::check_of(tx.state, key).cloned() else { return };
    let setup = Arc::clone(&tx.state.setup);
    let now = tx.now;
    let Some(alert) = tx.state.alerts.get_mut(key) else { return };
    alert.note_phase(now);
    let mut again = None;
    for remedy in &check.remedies {
        let Some(action) = setup.actions.get(&remedy.action) else { continue };
        let Some(alert) = tx.state.alerts.at_hand(key) else { return };
        match recovery::next(tx.state, alert, &check, remedy, action, now) {
            Next::Nothing => release(tx, key, &action.name),
            Next::At(at) => again = earlier(again, Some(at)),
            Next::Held(why, until) => {
                hold(tx, key, &action.name, why);
                again = earlier(again, until);
            }
            Next::Act if blamed_another(alert, &action.name) => {
                check_again(tx, key);
                hold(tx, key, &action.name, HeldAction::CheckedAgain);
            }
            Next::Act => decide_to_act(tx, key, action),
        }
    }
    if let Some(at) = again {
        tx.arm_acts(key, at);
    }
}

fn blamed_another(alert: &Alert, action: &ActionName) -> bool {
    alert.held_actions.get(action).is_some_and(HeldAction::blames_another)
}

/// Has the check run, and its actions wait for what that run says.
fn check_again(tx: &mut Transaction<'_>, key: &AlertKey) {
    let now = tx.now.mono;
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    alert.rejudge = Some(now);
    if let Some(check) = key.check() {
        recheck::run_again(tx, check);
    }
}

/// Decides once that an action is held back, and not at every look.
fn hold(tx: &mut Transaction<'_>, key: &AlertKey, action: &ActionName, why: HeldAction) {
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    let id = alert.record.id.clone();
    let reason = Reason::ActionHeld { action: action.clone(), why: why.to_string() };
    let before = alert.held_actions.insert(action.clone(), why.clone());
    if before.as_ref() != Some(&why) {
        tx.decide(key, Some(id), reason);
    }
}

fn release(tx: &mut Transaction<'_>, key: &AlertKey, action: &ActionName) {
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    if alert.held_actions.remove(action).is_some() {
        let id = alert.record.id.clone();
        tx.decide(key, Some(id), Reason::ActionReleased { action: action.clone() });
    }
}

fn decide_to_act(tx: &mut Transaction<'_>, key: &AlertKey, action: &Arc<ActionSpec>) {
    if let Some(alert) = tx.state.alerts.at_hand_mut(key) {
        alert.held_actions.remove(&action.name);
    }
    let Some(id) = decided(tx, key, &action.name, action.mode, (Origin::Check, None)) else { return };
    match action.approval {
        Approval::NotNeeded => begin(tx, &id, action),
        Approval::Needed => {
            let alert = tx.state.actions.get(&id).map(|act| act.record.alert.clone());
            tx.decide(key, alert, Reason::ActionAsked { action: action.name.clone(), occasion: id });
        }
    }
}

/// Records a decision that nothing has acted on yet.
fn decided(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    action: &ActionName,
    mode: Mode,
    (origin, by): (Origin, Option<String>),
) -> Option<OccasionId> {
    let alert = &tx.state.alerts.at_hand(key)?.record;
    let before = tx.state.actions.of_alert(&alert.id).filter(|act| act.record.action == *action);
    let number = before.map(|act| act.record.number).max().unwrap_or_default() + 1;
    let id = OccasionId::derive(&alert.id, action, number);
    let record = ActionRecord {
        id: id.clone(),
        action: action.clone(),
        key: key.clone(),
        alert: alert.id.clone(),
        number,
        mode,
        decided_at: tx.now.wall,
        since: alert.since,
        origin,
        by,
        status: ActionStatus::AwaitsApproval,
    };
    tx.state.actions.insert(Act { record: Arc::new(record), began: None, ended: None });
    tx.action_changed(&id);
    Some(id)
}

/// From here on it may have acted.
fn begin(tx: &mut Transaction<'_>, id: &OccasionId, spec: &Arc<ActionSpec>) {
    let now = tx.now;
    let Some(act) = tx.state.actions.get_mut(id) else { return };
    act.began = Some(Elapsed::starting(now));
    let record = Arc::make_mut(&mut act.record);
    record.status = ActionStatus::Begun { at: now.wall };
    let record = Arc::clone(&act.record);
    tx.action_changed(id);
    let ActionRecord { key, alert, action, number, by, mode, .. } = &*record;
    let dry_run = *mode == Mode::DryRun;
    let reason = Reason::ActionBegun { action: action.clone(), number: *number, by: by.clone(), dry_run };
    tx.decide(key, Some(alert.clone()), reason);
    let Some(occasion) = occasion(tx, &record) else { return };
    tx.begin_action(record, Arc::clone(spec), Arc::new(occasion));
}

fn occasion(tx: &Transaction<'_>, record: &ActionRecord) -> Option<Occasion> {
    let alert = &tx.state.alerts.get(&record.key)?.record;
    let finding = match &record.key {
        AlertKey::Finding(_, finding) => Some(finding.clone()),
        AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => None,
    };
    Some(Occasion {
        id: record.id.as_str().to_owned(),
        check: record.key.check()?.clone(),
        finding,
        summary: alert.summary.clone(),
        since: alert.since,
        labels: alert.labels.clone(),
    })
}

/// A person agrees. What is over by then was withdrawn.
pub(crate) fn approve(tx: &mut Transaction<'_>, id: &OccasionId, by: &str) {
    let Some(act) = tx.state.actions.get_mut(id) else { return };
    if act.record.status != ActionStatus::AwaitsApproval {
        return;
    }
    let record = Arc::make_mut(&mut act.record);
    record.by = Some(by.to_owned());
    let action = record.action.clone();
    match tx.state.setup.actions.get(&action).cloned() {
        Some(spec) => begin(tx, id, &spec),
        None => {
            let error = "the config has no such action any more";
            ended(tx, id, ActionResult::failed(error));
        }
    }
}

pub(crate) fn decline(tx: &mut Transaction<'_>, id: &OccasionId, by: &str) {
    let now = tx.now.wall;
    let status = ActionStatus::Declined { at: now, by: by.to_owned() };
    let Some(record) = end_unstarted(tx, id, status) else { return };
    let reason = Reason::ActionDeclined { action: record.action.clone(), by: by.to_owned() };
    tx.decide(&record.key, Some(record.alert.clone()), reason);
}

/// A person acts, whatever holds the action back and however often it has acted. Not while it is under way.
pub(crate) fn act_by_hand(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    action: &ActionName,
    mode: Mode,
    by: &str,
) {
    let Some(spec) = tx.state.setup.actions.get(action).cloned() else { return };
    let is_under_way = tx
        .state
        .actions
        .of_action(action)
        .any(|act| act.record.key == *key && matches!(act.record.status, ActionStatus::Begun { .. }));
    if is_under_way {
        return;
    }
    if let Some(id) = decided(tx, key, action, mode, (Origin::Person, Some(by.to_owned()))) {
        begin(tx, &id, &spec);
    }
}

/// The problem is over: what still waits for approval is no longer needed.
pub(crate) fn life_ended(tx: &mut Transaction<'_>, alert: &crate::ids::AlertId) {
    let waits = |act: &&Act| act.record.status == ActionStatus::AwaitsApproval;
    let ids: Vec<OccasionId> =
        tx.state.actions.of_alert(alert).filter(waits).map(|act| act.record.id.clone()).collect();
    for id in ids {
        let status = ActionStatus::Withdrawn { at: tx.now.wall };
        let Some(record) = end_unstarted(tx, &id, status) else { continue };
        let reason = Reason::ActionWithdrawn { action: record.action.clone() };
        tx.decide(&record.key, Some(record.alert.clone()), reason);
    }
}

fn end_unstarted(
    tx: &mut Transaction<'_>,
    id: &OccasionId,
    status: ActionStatus,
) -> Option<Arc<ActionRecord>> {
    let act = tx.state.actions.get_mut(id)?;
    if act.record.status != ActionStatus::AwaitsApproval {
        return None;
    }
    Arc::make_mut(&mut act.record).status = status;
    let record = Arc::clone(&act.record);
    tx.action_changed(id);
    Some(record)
}

/// An attempt is over, or is given up for lost. If it may have helped, the check is run again soon.
pub(crate) fn ended(tx: &mut Transaction<'_>, id: &OccasionId, result: ActionResult) {
    let now = tx.now;
    let Some(act) = tx.state.actions.get_mut(id) else { return };
    let began = act.record.began_at().unwrap_or(now.wall);
    let helped = match result {
        ActionResult::Done(_) | ActionResult::Unknown(_) => Helped::NotYetKnown,
        ActionResult::Planned(_) | ActionResult::Failed { .. } => Helped::No,
    };
    let said = tried::told(&result);
    act.began.get_or_insert(Elapsed::starting(now));
    act.ended = Some(Elapsed::starting(now));
    let record = Arc::make_mut(&mut act.record);
    record.status = ActionStatus::Ended { began, at: now.wall, result, helped };
    let record = Arc::clone(&act.record);
    tx.action_changed(id);
    let reason = Reason::ActionEnded { action: record.action.clone(), result: said };
    tx.decide(&record.key, Some(record.alert.clone()), reason);
    let settle = tx.state.setup.actions.get(&record.action).map(|spec| spec.settle).unwrap_or_default();
    if helped == Helped::NotYetKnown {
        run_again(tx, &record.key, now.mono + settle);
    } else {
        give_up_if_exhausted(tx, &record);
    }
    // A new life of the same subject may have waited for the end.
    tx.mark_to_act(&record.key);
}

fn run_again(tx: &mut Transaction<'_>, key: &AlertKey, at: Mono) {
    let Some(slot) = key.check().and_then(|name| tx.state.checks.slot(name)) else { return };
    let runs = tx.state.checks.get(slot).is_some_and(|check| check.is_scheduled() && !check.is_heartbeat());
    if runs {
        plan::plan_extra(tx, slot, at);
    }
}

/// A run that began at `began` judged the alert's subject: says of actions that ended before it whether they helped.
pub(crate) fn judged(
    tx: &mut Transaction<'_>,
    slot: Slot,
    key: &AlertKey,
    judgement: Judgement,
    began: Mono,
) {
    let Some(check) = recovery::check_of(tx.state, key).cloned() else { return };
    let Some(alert) = tx.state.alerts.get_mut(key) else { return };
    let is_early = alert.rejudge.is_some_and(|asked| began < asked);
    if !is_early {
        alert.rejudge = None;
    }
    if is_early && let Some(check) = key.check() {
        recheck::run_again(tx, check);
    }
    for id in unseen(tx, &check, key) {
        let Some(act) = tx.state.actions.get(&id) else { continue };
        let Some(ended) = act.ended else { continue };
        let settle =
            tx.state.setup.actions.get(&act.record.action).map(|spec| spec.settle).unwrap_or_default();
        let (over, settled) = (ended.reaches(std::time::Duration::ZERO), ended.reaches(settle));
        match judgement {
            Judgement::Ok if began >= over => helped(tx, &id, Helped::Yes),
            Judgement::Warning | Judgement::Critical if began >= settled => helped(tx, &id, Helped::No),
            Judgement::Warning | Judgement::Critical => plan::plan_extra(tx, slot, settled),
            Judgement::Ok => {}
        }
    }
    tx.mark_to_act(key);
}

/// A run that began at `began` finds the subject well, and no alert is open: of an action that was still under way when the
/// alert ended, it says that it helped.
pub(crate) fn found_well(tx: &mut Transaction<'_>, key: &AlertKey, began: Mono) {
    let Some(check) = recovery::check_of(tx.state, key).cloned() else { return };
    for id in unseen(tx, &check, key) {
        let ended = tx.state.actions.get(&id).and_then(|act| act.ended);
        if ended.is_some_and(|ended| began >= ended.reaches(std::time::Duration::ZERO)) {
            helped(tx, &id, Helped::Yes);
        }
    }
}

/// What acted on a subject and has ended, in this life of its alert or an earlier one, and of which no judgement said yet whether
/// it helped.
fn unseen(tx: &Transaction<'_>, check: &CheckSpec, key: &AlertKey) -> BTreeSet<OccasionId> {
    let alert = tx.state.alerts.get(key).map(|alert| &alert.record.id);
    let of_alert = alert.into_iter().flat_map(|alert| tx.state.actions.of_alert(alert));
    let named = check.remedies.iter().flat_map(|remedy| tx.state.actions.of_action(&remedy.action));
    let waits =
        |act: &&Act| matches!(act.record.status, ActionStatus::Ended { helped: Helped::NotYetKnown, .. });
    let acts = of_alert.chain(named.filter(|act| act.record.key == *key));
    acts.filter(waits).map(|act| act.record.id.clone()).collect()
}

fn helped(tx: &mut Transaction<'_>, id: &OccasionId, said: Helped) {
    let Some(act) = tx.state.actions.get_mut(id) else { return };
    if let ActionStatus::Ended { helped, .. } = &mut Arc::make_mut(&mut act.record).status {
        *helped = said;
    }
    let record = Arc::clone(&act.record);
    tx.action_changed(id);
    let action = record.action.clone();
    let reason = match said {
        Helped::Yes => Reason::ActionHelped { action },
        Helped::No | Helped::NotYetKnown => Reason::ActionDidNotHelp { action },
    };
    tx.decide(&record.key, Some(record.alert.clone()), reason);
    if said == Helped::No {
        give_up_if_exhausted(tx, &record);
    }
}

/// When nothing is left to try, whoever was told of the alert is told that, and the next step of an escalation does not wait
/// (rule X7).
fn give_up_if_exhausted(tx: &mut Transaction<'_>, record: &ActionRecord) {
    let Some(check) = recovery::check_of(tx.state, &record.key).cloned() else { return };
    let Some(alert) = tx.state.alerts.get(&record.key).filter(|alert| alert.record.id == record.alert) else {
        return;
    };
    if record.mode == Mode::DryRun || !recovery::is_exhausted(tx.state, alert, &check) {
        return;
    }
    let id = alert.record.id.clone();
    let is_told = alert.record.is_told();
    let is_quiet =
        alert.record.acknowledged.is_some() || holds::held_by(&alert.record.holds) != holds::HoldEffect::No;
    tx.decide(&record.key, Some(id), Reason::RecoveryGaveUp);
    if is_told && !is_quiet {
        escalate::hurry(tx, &record.key);
        let keys = std::slice::from_ref(&record.key);
        told::tell_whoever_was_told(
            tx,
            keys,
            NotificationKind::Reminder,
            &Reason::RecoveryGaveUp.to_string(),
        );
    }
}

/// What was under way when the host ended: it may have acted, and is not tried again (rule X1).
pub(crate) fn settle_interrupted(tx: &mut Transaction<'_>) {
    let begun = |act: &&Act| matches!(act.record.status, ActionStatus::Begun { .. });
    let ids: Vec<OccasionId> =
        tx.state.actions.all().filter(begun).map(|act| act.record.id.clone()).collect();
    for id in ids {
        let why = "the host ended while it was under way".to_owned();
        ended(tx, &id, ActionResult::Unknown(why));
    }
}
