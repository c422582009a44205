//! Escalation (rule R4): the steps of one route for one alert. A step is told once its wait is over, and whoever was
//! told by a step stays told: they all hear when the alert gets worse, and are reminded, as on any route.
//!
//! Waiting stands still while notices are held back or somebody has the alert. After downtime at most one step is told,
//! because the wait for the next begins when a step is told.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{ReceiverName, RouteName};
use crate::model::alert::Escalating;
use crate::model::clock::{Elapsed, earlier};
use crate::model::delivery::NotificationKind;
use crate::model::keys::AlertKey;
use crate::model::setup::{Escalation, Route, Setup};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::HoldEffect;
use crate::rules::owed;
use crate::stages::tell::single;
use crate::time::Mono;

/// Tells what the escalation owes now. Returns when there is something to tell next.
pub(crate) fn tell_escalation(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    route: &Route,
    escalation: &Escalation,
    setup: &Setup,
    held: HoldEffect,
) -> Option<Mono> {
    let alert = tx.state.alerts.at_hand(key)?;
    let taken = alert.record.acknowledged.is_some();
    let told_any = alert.record.told.iter().any(|told| told.route == route.name);
    let open = !taken
        && match held {
            HoldEffect::No => true,
            HoldEffect::ByFlapping => !told_any,
            HoldEffect::Yes => false,
        };
    let mut again = if open {
        wait_on(tx, key, route);
        tell_steps(tx, key, route, escalation, setup)
    } else {
        pause_escalation(tx, key, route);
        None
    };
    let Some(alert) = tx.state.alerts.at_hand(key) else { return again };
    let told: Vec<ReceiverName> = alert
        .record
        .told
        .iter()
        .filter(|told| told.route == route.name)
        .map(|told| told.receiver.clone())
        .collect();
    for name in told {
        if let Some(spec) = setup.receivers.get(&name) {
            again = earlier(again, single::tell_alone(tx, key, route, spec, held));
        }
    }
    again
}

fn wait_on(tx: &mut Transaction<'_>, key: &AlertKey, route: &Route) {
    let now = tx.now;
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    let waits = match alert.record.escalating.iter_mut().find(|waits| waits.route == route.name) {
        Some(waits) => waits,
        None => {
            alert.record.escalating.push(Escalating {
                route: route.name.clone(),
                step: 0,
                told: 0,
                waited: Duration::ZERO,
                since: None,
                awaits: Vec::new(),
            });
            alert.record.escalating.last_mut().expect("it was pushed a moment ago")
        }
    };
    if waits.since.is_none() {
        waits.since = Some(now.wall);
        alert.waits.insert(route.name.clone(), Elapsed::starting(now));
        tx.alert_changed_at_once(key);
    }
}

fn pause_escalation(tx: &mut Transaction<'_>, key: &AlertKey, route: &Route) {
    let now = tx.now.mono;
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    let Some(waits) = alert.record.escalating.iter_mut().find(|waits| waits.route == route.name) else {
        return;
    };
    if waits.since.take().is_some() {
        if let Some(elapsed) = alert.waits.remove(&route.name) {
            waits.waited += elapsed.so_far(now);
        }
        tx.alert_changed_at_once(key);
    }
}

/// Tells the step that is due, and those after it that do not wait. Returns when the next one is due.
fn tell_steps(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    route: &Route,
    escalation: &Escalation,
    setup: &Setup,
) -> Option<Mono> {
    let now = tx.now;
    loop {
        let alert = tx.state.alerts.get_mut(key)?;
        let elapsed = *alert.waits.entry(route.name.clone()).or_insert_with(|| Elapsed::starting(now));
        let waits = alert.record.escalating.iter_mut().find(|waits| waits.route == route.name)?;
        let place = waits.step as usize;
        let step = escalation.steps.get(place)?;
        let at = elapsed.reaches(step.after.saturating_sub(waits.waited));
        if at > now.mono {
            return Some(at);
        }
        waits.told += 1;
        if waits.told > step.repeat {
            waits.step += 1;
            waits.told = 0;
        }
        waits.waited = Duration::ZERO;
        waits.since = Some(now.wall);
        waits.awaits.clone_from(&step.receivers);
        alert.waits.insert(route.name.clone(), Elapsed::starting(now));
        tx.alert_changed_at_once(key);
        tell_step(tx, key, route, escalation, place, setup);
    }
}

fn tell_step(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    route: &Route,
    escalation: &Escalation,
    place: usize,
    setup: &Setup,
) {
    let Some(step) = escalation.steps.get(place) else { return };
    for name in &step.receivers {
        let Some(spec) = setup.receivers.get(name) else {
            step_failed(tx, key, name);
            continue;
        };
        let Some(alert) = tx.state.alerts.at_hand(key) else { return };
        let first = place == 0 && !alert.record.told.iter().any(|told| told.receiver == *name);
        let why = if first {
            (NotificationKind::Firing, owed::why(&alert.record, None))
        } else {
            let step = u32::try_from(place + 1).unwrap_or(u32::MAX);
            (NotificationKind::Escalated, Reason::Escalated { escalation: escalation.name.clone(), step })
        };
        single::withdraw_from_groups(tx, name, key);
        single::send_alone(tx, key, route, spec, why);
    }
}

/// A receiver of the last step cannot be told. If nobody of that step can, the next step is due.
pub(crate) fn step_failed(tx: &mut Transaction<'_>, key: &AlertKey, receiver: &ReceiverName) {
    let now = tx.now;
    let setup = Arc::clone(&tx.state.setup);
    let Some(alert) = tx.state.alerts.get_mut(key) else { return };
    let id = alert.record.id.clone();
    let mut changed = false;
    let mut hopeless: Vec<RouteName> = Vec::new();
    for waits in &mut alert.record.escalating {
        let before = waits.awaits.len();
        waits.awaits.retain(|awaited| awaited != receiver);
        changed |= waits.awaits.len() != before;
        if before > 0 && waits.awaits.is_empty() {
            hopeless.push(waits.route.clone());
        }
    }
    if changed {
        tx.alert_changed_at_once(key);
    }
    for route in hopeless {
        let Some(escalation) = crate::rules::route::escalation(&setup, &route) else { continue };
        let Some(alert) = tx.state.alerts.get_mut(key) else { return };
        let waits = alert.record.escalating.iter_mut().find(|waits| waits.route == route);
        let Some(waits) = waits else { continue };
        // The step's number, from 1, which is also the place of the next one. A step that cannot be told is not
        // repeated, unless nothing comes after it.
        let step = waits.step + u32::from(waits.told > 0);
        if let Some(next) = escalation.steps.get(step as usize) {
            (waits.step, waits.told, waits.waited) = (step, 0, next.after);
            tx.arm_alert(key, now.mono);
            let reason = Reason::StepUndeliverable { escalation: escalation.name.clone(), step };
            tx.decide(key, Some(id.clone()), reason);
        } else {
            let reason = Reason::LastStepUndeliverable { escalation: escalation.name.clone(), step };
            tx.decide(key, Some(id.clone()), reason);
        }
    }
}

/// The next step is due at once, whatever it would wait for.
pub(crate) fn hurry(tx: &mut Transaction<'_>, key: &AlertKey) {
    let setup = Arc::clone(&tx.state.setup);
    let Some(alert) = tx.state.alerts.get_mut(key) else { return };
    let mut changed = false;
    for waits in &mut alert.record.escalating {
        let escalation = crate::rules::route::escalation(&setup, &waits.route);
        let step = escalation.and_then(|escalation| escalation.steps.get(waits.step as usize));
        if let Some(step) = step {
            waits.waited = step.after;
            changed = true;
        }
    }
    if changed {
        tx.alert_changed_at_once(key);
        tx.mark_to_tell(key);
    }
}

/// Somebody of the step was told.
pub(crate) fn step_reached(tx: &mut Transaction<'_>, key: &AlertKey, receiver: &ReceiverName) {
    let Some(alert) = tx.state.alerts.get_mut(key) else { return };
    let mut changed = false;
    for waits in alert.record.escalating.iter_mut().filter(|waits| waits.awaits.contains(receiver)) {
        waits.awaits.clear();
        changed = true;
    }
    if changed {
        tx.alert_changed_at_once(key);
    }
}
