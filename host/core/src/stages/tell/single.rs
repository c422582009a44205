//! Tells a receiver of each alert alone: a pager, a ticket, the steps of an escalation.

use std::sync::Arc;

use crate::ids::ReceiverName;
use crate::model::delivery::NotificationKind;
use crate::model::keys::{AlertKey, DeliverySubject};
use crate::model::message::{Earlier, Message};
use crate::model::setup::{ReceiverSpec, Route};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::HoldEffect;
use crate::rules::notice;
use crate::rules::owed::{Hears, Known, Owed, Reminder, Said, owed, reminder_at};
use crate::stages::deliver::queue;
use crate::time::Mono;

/// Takes back notices that were decided while the receiver was told by groups, and never attempted.
pub(crate) fn withdraw_from_groups(tx: &mut Transaction<'_>, receiver: &ReceiverName, key: &AlertKey) {
    let Some(alert) = tx.state.alerts.at_hand(key) else { return };
    let (id, groups) = (alert.record.id.clone(), alert.groups.clone());
    for group in groups {
        queue::withdraw(tx, receiver, &DeliverySubject::Group(group), &id);
    }
}

/// Tells one receiver of this alert alone. Returns when there is something to tell next.
pub(crate) fn tell_alone(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    route: &Route,
    spec: &Arc<ReceiverSpec>,
    held: HoldEffect,
) -> Option<Mono> {
    let alert = tx.state.alerts.get(key)?;
    let subject = DeliverySubject::Alert(key.clone());
    let lane = || tx.state.outbox.lane(&spec.name, &subject);
    let waiting = lane().filter(|row| row.tells_of_firing());
    let waiting = waiting.flat_map(|row| &row.record.notification.alerts);
    let reminder = reminder_at(key, alert.told_since.get(&spec.name).copied(), route.repeat_interval);
    let again = tx.now.mono + route.repeat_interval;
    let known = Known {
        told: alert.record.told.iter().find(|told| told.receiver == spec.name).map(Said::told),
        waits: Said::by(waiting.filter(|notice| notice.id == alert.record.id)),
        hears: Hears::Worse,
        held,
        reminder: match reminder {
            None => Reminder::Never,
            Some(at) if lane().next().is_some() => Reminder::Behind { at, again },
            Some(at) => Reminder::At(at),
        },
    };
    match owed(&alert.record, &known, tx.now.mono) {
        Owed::Nothing { until } => until,
        Owed::News(why) => {
            send_alone(tx, key, route, spec, (NotificationKind::Firing, why));
            None
        }
        Owed::Reminder => {
            let why = Reason::Reminded { receiver: spec.name.clone(), route: route.name.clone() };
            send_alone(tx, key, route, spec, (NotificationKind::Reminder, why));
            None
        }
    }
}

pub(crate) fn send_alone(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    route: &Route,
    spec: &Arc<ReceiverSpec>,
    (kind, why): (NotificationKind, Reason),
) {
    let Some(alert) = tx.state.alerts.at_hand(key) else { return };
    let record = &alert.record;
    let id = record.id.clone();
    let told = record.told.iter().find(|told| told.receiver == spec.name);
    let earlier = Earlier::of(told.map(|told| &told.service_id));
    let notice = notice::notice(tx.state, record, None);
    let message = Message::of_alert(kind, &spec.name, &route.name, notice, why.to_string(), earlier);
    queue::withdraw(tx, &spec.name, &DeliverySubject::Alert(key.clone()), &id);
    let notification = queue::enqueue(tx, Arc::clone(spec), message);
    let told = Reason::Told { receiver: spec.name.clone(), route: route.name.clone(), notification };
    let reasons = match kind {
        NotificationKind::Reminder => vec![why],
        NotificationKind::Escalated => vec![why, told],
        _ => vec![told],
    };
    for reason in reasons {
        tx.decide(key, Some(id.clone()), reason);
    }
}
