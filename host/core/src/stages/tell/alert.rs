//! Who is owed what about a firing alert now (rules A3, A5, R1, R2). There is one path for everything: a first notice,
//! an alert that got worse, a hold that ends, a reminder, a changed route tree and a restart all come here. What was
//! told already, or waits to be told, is not told again.
//!
//! A receiver of single alerts (a pager, a ticket) does not wait for `group_wait`. That wait gathers alerts for one
//! message; here there is nothing to gather, and it would only wake people later. Short failures are filtered by
//! `failure_threshold`. `repeat_interval` applies to both kinds of receiver.

use std::sync::Arc;

use crate::model::clock;
use crate::model::keys::{AlertKey, DeliverySubject};
use crate::model::setup::{Grouping, Route, Setup};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::{self, HoldEffect};
use crate::rules::{lanes, route};
use crate::stages::deliver::queue;
use crate::stages::group::members;
use crate::stages::tell::{acknowledgement, assignee, escalate, held, single};
use crate::time::Mono;

/// Tells everybody what they are owed about a firing alert.
pub(crate) fn tell(tx: &mut Transaction<'_>, key: &AlertKey) {
    let Some(alert) = tx.state.alerts.get(key) else { return };
    if !alert.record.is_told() {
        return;
    }
    let labels = alert.record.labels.clone();
    let setup = Arc::clone(&tx.state.setup);
    acknowledgement::expire_acknowledgement(tx, key);
    let (held, mut again) = held::update_holds(tx, key, &setup);
    again = clock::earlier(again, acknowledged_until(tx, key));
    let routes = route::taken(&setup, &labels);
    held::update_route_holds(tx, key, &routes);
    if routes.is_empty() {
        decide_once(tx, key, Reason::NoRoute);
        return;
    }
    members::leave_other_groups(tx, key, &routes);
    again = clock::earlier(again, assignee::tell_if_overdue(tx, key, held));
    assignee::tell_if_untold(tx, key);
    for route in routes {
        again = clock::earlier(again, tell_route(tx, key, route, &setup, held));
    }
    if let Some(at) = again {
        tx.arm_alert(key, at);
    }
}

/// Tells the receivers of one route. Returns when there is something to tell next.
fn tell_route(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    route: &Route,
    setup: &Setup,
    alert_held: HoldEffect,
) -> Option<Mono> {
    let escalation = route.escalation.as_ref().and_then(|name| setup.escalations.get(name));
    if route.receivers.is_empty() && escalation.is_none() {
        decide_once(tx, key, Reason::NoReceiver { route: route.name.clone() });
    }
    let route_held_until = holds::route_hold(route, tx.now);
    let held = if route_held_until.is_some() { HoldEffect::Yes } else { alert_held };
    let mut again = route_held_until.flatten();
    if let Some(escalation) = escalation {
        return clock::earlier(again, escalate::tell_escalation(tx, key, route, escalation, setup, held));
    }
    let mut grouped = false;
    for spec in route.receivers.iter().filter_map(|name| setup.receivers.get(name)) {
        let Some(alert) = tx.state.alerts.at_hand(key) else { break };
        match lanes::grouping_for(tx.state, alert, spec) {
            Grouping::PerGroup => {
                // Was decided while the receiver was one of single alerts, and was never attempted.
                let id = alert.record.id.clone();
                queue::withdraw(tx, &spec.name, &DeliverySubject::Alert(key.clone()), &id);
                grouped = true;
            }
            Grouping::PerAlert => {
                single::withdraw_from_groups(tx, &spec.name, key);
                again = clock::earlier(again, single::tell_alone(tx, key, route, spec, held));
            }
        }
    }
    if grouped {
        members::tell_in_group(tx, key, route);
    }
    again
}

fn acknowledged_until(tx: &Transaction<'_>, key: &AlertKey) -> Option<Mono> {
    let taken = tx.state.alerts.get(key)?.record.acknowledged.as_ref()?;
    taken.until.map(|until| tx.now.mono_at(until))
}

/// Records a decision only when it differs from the last: once when the alert fires, and not at every look.
fn decide_once(tx: &mut Transaction<'_>, key: &AlertKey, reason: Reason) {
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    if alert.nobody_told.as_ref() == Some(&reason) {
        return;
    }
    alert.nobody_told = Some(reason.clone());
    let id = alert.record.id.clone();
    tx.decide(key, Some(id), reason);
}
