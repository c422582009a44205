//! Tells a group (rules R2, R3): one message per receiver with what is new, what resolved, and the rest as context. A
//! receiver that knows all of it already is told nothing, unless a reminder is due.

use std::sync::Arc;

use crate::ids::{AlertId, ReceiverName};
use crate::model::clock::{Elapsed, earlier};
use crate::model::delivery::{AlertNotice, NotificationKind};
use crate::model::group::{Group, MESSAGE_ALERTS_MAX};
use crate::model::keys::{AlertKey, GroupKey};
use crate::model::message::Message;
use crate::model::setup::{Grouping, ReceiverSpec, Route, Setup};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::route_hold;
use crate::rules::owed;
use crate::rules::{lanes, notice, route};
use crate::stages::deliver::queue;
use crate::stages::group::content::{Content, content};
use crate::stages::group::members;
use crate::time::Mono;

pub(crate) fn flush_group(tx: &mut Transaction<'_>, key: &GroupKey) {
    let setup = Arc::clone(&tx.state.setup);
    let route = route::named(&setup, &key.route);
    let receivers = members::group_receivers(tx, key);
    let now = tx.now;
    let Some(group) = tx.state.groups.get_mut(key) else { return };
    group.flush_due = None;
    group.record.flush_at = None;
    group.flushed = Some(Elapsed::starting(now));
    group.record.last_flush = Some(now.wall);
    tx.group_changed(key);
    let mut unfinished = false;
    for receiver in &receivers {
        unfinished |= flush_to(tx, key, receiver, route, &setup) == Flushed::InPart;
    }
    members::drop_members(tx, key, |member| member.resolved.is_some() && member.owed.is_empty());
    if !tx.state.groups.contains_key(key) {
        return;
    }
    let mut next = next_reminder(tx, key, route);
    if let Some(route) = route {
        next = earlier(next, route_hold(route, now).flatten());
        if unfinished {
            next = earlier(next, Some(now.mono + route.group_interval.max(route.group_wait)));
        }
    }
    if next.is_some() {
        members::arm_group(tx, key, next);
    }
}

fn flush_to(
    tx: &mut Transaction<'_>,
    key: &GroupKey,
    receiver: &ReceiverName,
    route: Option<&Route>,
    setup: &Setup,
) -> Flushed {
    let Some(group) = tx.state.groups.at_hand(key) else { return Flushed::Whole };
    let Some(spec) = group_receiver(tx, group, receiver) else { return Flushed::Whole };
    let content = content(tx.state, group, receiver, route, tx.now);
    if content.is_empty() {
        return Flushed::Whole;
    }
    let mut flushed = Flushed::Whole;
    let mut alerts: Vec<AlertNotice> = Vec::new();
    let firing = |key: &AlertKey| {
        tx.state.alerts.at_hand(key).map(|alert| notice::notice(tx.state, &alert.record, None))
    };
    let (carried, resolved) = content.resolved.split_at(content.carried);
    alerts.extend(carried.iter().cloned());
    alerts.extend(content.news.iter().filter_map(|news| firing(&news.key)));
    alerts.extend(resolved.iter().cloned());
    if alerts.len() > MESSAGE_ALERTS_MAX {
        flushed = Flushed::InPart;
    }
    alerts.extend(content.known.iter().filter_map(firing));
    let kind = if alerts.iter().all(|notice| notice.until.is_some()) {
        NotificationKind::Resolved
    } else if content.news.is_empty() && content.resolved.is_empty() {
        NotificationKind::Reminder
    } else {
        NotificationKind::Firing
    };
    let why = content.why(alerts.len());
    let url = &setup.external_url;
    let message = Message::of_group(kind, receiver, &group.record, alerts, why, url);
    send_group(tx, key, spec, message, &content);
    flushed
}

fn send_group(
    tx: &mut Transaction<'_>,
    key: &GroupKey,
    spec: Arc<ReceiverSpec>,
    message: Message,
    content: &Content,
) {
    if let Some(id) = content.replaces {
        queue::supersede(tx, id);
    }
    let receiver = spec.name.clone();
    let told: Vec<(AlertKey, AlertId, bool)> = message
        .alerts
        .iter()
        .map(|notice| (notice.key.clone(), notice.id.clone(), notice.until.is_some()))
        .collect();
    let kind = message.kind;
    let notification = queue::enqueue(tx, spec, message);
    let route = key.route.clone();
    for (alert, id, resolved) in told {
        let receiver = receiver.clone();
        if resolved {
            resolve_told(tx, key, &id, &receiver);
            tx.decide(&alert, Some(id), Reason::ResolveOwed { receiver });
        } else if kind == NotificationKind::Reminder {
            tx.decide(&alert, Some(id), Reason::Reminded { receiver, route: route.clone() });
        } else if content.is_news(&alert) {
            let notification = notification.clone();
            tx.decide(&alert, Some(id), Reason::Told { receiver, route: route.clone(), notification });
        }
    }
}

/// Notes that the resolve is in the outbox, which from here on is what owes it.
fn resolve_told(tx: &mut Transaction<'_>, key: &GroupKey, alert: &AlertId, receiver: &ReceiverName) {
    let Some(group) = tx.state.groups.at_hand_mut(key) else { return };
    for member in group.record.members.iter_mut().filter(|member| member.alert == *alert) {
        member.owed.retain(|told| told.receiver != *receiver);
    }
}

fn group_receiver(tx: &Transaction<'_>, group: &Group, receiver: &ReceiverName) -> Option<Arc<ReceiverSpec>> {
    let current = tx.state.setup.receivers.get(receiver);
    let told = group.record.told.iter().any(|told| told.receiver == *receiver);
    let grouped = current.filter(|spec| told || spec.grouping == Grouping::PerGroup).cloned();
    grouped.or_else(|| {
        let mut owed = group.record.members.iter().flat_map(|member| &member.owed);
        owed.find(|told| told.receiver == *receiver).and_then(|told| lanes::receiver_of(tx.state, told))
    })
}

fn next_reminder(tx: &Transaction<'_>, key: &GroupKey, route: Option<&Route>) -> Option<Mono> {
    let (group, route) = (tx.state.groups.get(key)?, route?);
    let firing = group.record.members.iter().filter(|member| member.resolved.is_none());
    let taken =
        |key: &AlertKey| tx.state.alerts.get(key).is_some_and(|alert| alert.record.acknowledged.is_some());
    if route.repeat_interval.is_zero()
        || !firing.clone().any(|member| owed::is_reminded_of(&member.key) && !taken(&member.key))
    {
        return None;
    }
    // Whoever is told in this turn is reminded a whole interval from now.
    let told = group.told_since.values().map(|since| since.reaches(route.repeat_interval));
    let now = tx.now.mono;
    told.filter(|at| *at > now).min().or(Some(now + route.repeat_interval))
}

/// Whether everything that was owed fitted into the messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flushed {
    Whole,
    InPart,
}
