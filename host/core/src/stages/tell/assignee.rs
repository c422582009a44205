//! Tells whoever was given an alert (rule R5): at once, and again when it is not over by the date that was agreed. An assignee is
//! reached by the route or the receiver of the same name; other names are names of people, who read them in the notices
//! that others get.

use std::sync::Arc;

use crate::ids::{ReceiverName, RouteName};
use crate::model::delivery::NotificationKind;
use crate::model::keys::{AlertKey, DeliverySubject};
use crate::model::setup::{ReceiverSpec, Route, Setup};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::{self, HoldEffect};
use crate::rules::route;
use crate::stages::tell::{single, told};
use crate::time::Mono;

/// Tells the assignee's own receivers that were not told of the alert yet.
pub(crate) fn tell_newly(tx: &mut Transaction<'_>, key: &AlertKey, why: &Reason) {
    let setup = Arc::clone(&tx.state.setup);
    let Some(alert) = tx.state.alerts.get(key) else { return };
    let record = &alert.record;
    let Some(given) = &record.assigned else { return };
    if !record.is_told() || holds::held_by(&record.holds) != HoldEffect::No {
        return;
    }
    let taken = route::taken(&setup, &record.labels);
    let subject = DeliverySubject::Alert(key.clone());
    let waits = |name: &ReceiverName| {
        let mut rows = tx.state.outbox.lane(name, &subject);
        rows.any(|row| row.record.notification.alerts.iter().any(|notice| notice.id == record.id))
    };
    let known = |name: &ReceiverName| record.told.iter().any(|told| told.receiver == *name) || waits(name);
    let new: Vec<(Arc<ReceiverSpec>, &Route)> = receivers_of(&setup, &given.to, taken.first().copied())
        .into_iter()
        .filter(|(spec, _)| !known(&spec.name))
        .collect();
    for (spec, route) in new {
        single::send_alone(tx, key, route, &spec, (NotificationKind::Firing, why.clone()));
    }
}

/// Tells whoever was given the alert while nobody could be told, once the hold is over.
pub(crate) fn tell_if_untold(tx: &mut Transaction<'_>, key: &AlertKey) {
    let Some(given) = tx.state.alerts.at_hand(key).and_then(|alert| alert.record.assigned.as_ref()) else {
        return;
    };
    let why =
        Reason::HandedOver { to: given.to.clone(), by: given.by.clone(), comment: given.comment.clone() };
    tell_newly(tx, key, &why);
}

/// The receivers of the route of that name, or the receiver of that name, which is told by way of `taken`.
fn receivers_of<'s>(
    setup: &'s Setup,
    name: &str,
    taken: Option<&'s Route>,
) -> Vec<(Arc<ReceiverSpec>, &'s Route)> {
    let by = |route: &'s Route, names: &[ReceiverName]| -> Vec<(Arc<ReceiverSpec>, &'s Route)> {
        let specs = names.iter().filter_map(|name| setup.receivers.get(name).cloned());
        specs.map(|spec| (spec, route)).collect()
    };
    if let Some(route) = route::named(setup, &RouteName::from(name)) {
        let escalation = route.escalation.as_ref().and_then(|name| setup.escalations.get(name));
        let first = escalation.and_then(|escalation| escalation.steps.first());
        return by(route, first.map_or(route.receivers.as_slice(), |step| step.receivers.as_slice()));
    }
    let receiver = ReceiverName::from(name);
    taken.map_or_else(Vec::new, |route| by(route, std::slice::from_ref(&receiver)))
}

/// Tells once that the work is overdue. Returns when to look again.
pub(crate) fn tell_if_overdue(tx: &mut Transaction<'_>, key: &AlertKey, held: HoldEffect) -> Option<Mono> {
    let now = tx.now;
    let alert = tx.state.alerts.get_mut(key)?;
    let given = alert.record.assigned.as_mut().filter(|given| !given.overdue)?;
    let due = given.due?;
    if due > now.wall {
        return Some(now.mono_at(due));
    }
    if held != HoldEffect::No {
        return None;
    }
    given.overdue = true;
    let why = Reason::Overdue { to: given.to.clone() };
    let id = alert.record.id.clone();
    tx.alert_changed_at_once(key);
    tx.decide(key, Some(id), why.clone());
    told::tell_whoever_was_told(tx, std::slice::from_ref(key), NotificationKind::Reminder, &why.to_string());
    tell_newly(tx, key, &why);
    None
}
