//! Tells the end of a life (rules A4, D4) to everybody to whom an attempt was begun, whatever holds, routes or reloads
//! come in between. The others are told nothing, unless the check asks that short lives be told.

use std::sync::Arc;

use crate::ids::{ReceiverName, RouteName};
use crate::model::alert::{Alert, EndedLife, ShortLife, Told};
use crate::model::delivery::{AlertNotice, NotificationKind};
use crate::model::keys::{DeliverySubject, GroupKey};
use crate::model::message::{Earlier, Message};
use crate::model::setup::{Grouping, ReceiverSpec};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::State as CheckState;
use crate::rules::{lanes, route};
use crate::stages::deliver::queue;
use crate::stages::group::members;
use crate::stages::tell::healed;

/// Tells the end of a life to everybody who is owed it.
pub(crate) fn resolve(tx: &mut Transaction<'_>, ended: &EndedLife) {
    let EndedLife { alert, notice, short } = ended;
    let alone = resolve_alone(tx, alert, notice, *short);
    let grouped = resolve_in_groups(tx, alert, notice, *short);
    if alone + grouped == 0 {
        tx.decide(&alert.record.key, Some(alert.record.id.clone()), Reason::NeverTold);
        if notice.state == CheckState::Ok {
            healed::tell_if_healed(tx, &alert.record);
        }
    }
}

/// Tells receivers of single alerts. Returns how many are told.
fn resolve_alone(tx: &mut Transaction<'_>, alert: &Alert, resolved: &AlertNotice, short: ShortLife) -> usize {
    let key = &alert.record.key;
    let subject = DeliverySubject::Alert(key.clone());
    let mut count = 0;
    for told in &alert.record.told {
        if lanes::is_told_in_group(tx.state, alert, told) {
            continue;
        }
        let withdrawn = queue::withdraw(tx, &told.receiver, &subject, &alert.record.id);
        let Some(spec) = lanes::receiver_of(tx.state, told) else {
            let error = "the config has no such receiver any more".to_owned();
            let reason = Reason::Undeliverable { receiver: told.receiver.clone(), error };
            tx.decide(key, Some(alert.record.id.clone()), reason);
            continue;
        };
        let earlier = Earlier::of(Some(&told.service_id));
        let reason = if withdrawn > 0 {
            Reason::Combined { receiver: told.receiver.clone() }
        } else {
            Reason::ResolveOwed { receiver: told.receiver.clone() }
        };
        send_resolve(tx, spec, resolved, &told.route, earlier, reason);
        count += 1;
    }
    for (spec, route) in untold_alone(tx, alert) {
        queue::withdraw(tx, &spec.name, &subject, &alert.record.id);
        if short == ShortLife::Combined {
            let reason = Reason::Combined { receiver: spec.name.clone() };
            send_resolve(tx, spec, resolved, &route, Earlier::Nothing, reason);
            count += 1;
        }
    }
    count
}

fn send_resolve(
    tx: &mut Transaction<'_>,
    spec: Arc<ReceiverSpec>,
    resolved: &AlertNotice,
    route: &RouteName,
    earlier: Earlier,
    reason: Reason,
) {
    let (kind, why) = (NotificationKind::Resolved, reason.to_string());
    let message = Message::of_alert(kind, &spec.name, route, resolved.clone(), why, earlier);
    queue::enqueue(tx, spec, message);
    tx.decide(&resolved.key, Some(resolved.id.clone()), reason);
}

/// Receivers for which a first notice of this alert waits that was never attempted.
fn untold_alone(tx: &Transaction<'_>, alert: &Alert) -> Vec<(Arc<ReceiverSpec>, RouteName)> {
    let subject = DeliverySubject::Alert(alert.record.key.clone());
    let told = |receiver: &ReceiverName| alert.record.told.iter().any(|told| told.receiver == *receiver);
    let mut waiting = Vec::new();
    for receiver in tx.state.outbox.receivers().filter(|receiver| !told(receiver)) {
        let row = tx.state.outbox.lane(receiver, &subject).find(|row| row.is_untried());
        if let Some((row, route)) = row.and_then(|row| Some((row, row.record.notification.route.clone()?))) {
            waiting.push((Arc::clone(&row.record.receiver), route));
        }
    }
    waiting
}

/// Marks the alert as resolved in its groups, which tell it at their next flush. Returns how many receivers will be
/// told.
fn resolve_in_groups(
    tx: &mut Transaction<'_>,
    alert: &Alert,
    resolved: &AlertNotice,
    short: ShortLife,
) -> usize {
    let _key = &alert.record.key;
    let mut count = 0;
    for group in &alert.groups {
        for receiver in members::group_receivers(tx, group) {
            queue::withdraw(tx, &receiver, &DeliverySubject::Group(group.clone()), &alert.record.id);
        }
        let mut owed: Vec<Told> = alert
            .record
            .told
            .iter()
            .filter(|told| lanes::is_told_by(tx.state, group, told))
            .cloned()
            .collect();
        if owed.is_empty() && short == ShortLife::Combined {
            owed = owed_though_untold(tx, alert, group);
        }
        count += owed.len();
        members::member_resolved(tx, group, resolved, owed);
    }
    count
}

fn owed_though_untold(tx: &Transaction<'_>, alert: &Alert, group: &GroupKey) -> Vec<Told> {
    let route = route::named(&tx.state.setup, &group.route);
    let receivers = route.into_iter().flat_map(|route| &route.receivers);
    receivers
        .filter(|name| {
            tx.state.setup.receivers.get(*name).is_some_and(|spec| spec.grouping == Grouping::PerGroup)
        })
        .map(|name| Told {
            receiver: name.clone(),
            route: group.route.clone(),
            level: alert.record.level,
            flapping: false,
            at: tx.now.wall,
            service_id: None,
            as_told: None,
        })
        .collect()
}
