//! Begins attempts (rules D1, D2) for the first rows of lanes, as concurrency and rate of the receiver allow. The same
//! commit notes in the outbox row that the attempt began, and in the alerts that they are told. The daemon sends only
//! when that commit is durable.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{DeliveryId, ReceiverName, RouteName};
use crate::model::delivery::{DeliveryRecord, DeliveryStatus};
use crate::model::keys::{AlertKey, DeliverySubject};
use crate::model::outbox::RATE_SPAN;
use crate::model::setup::Grouping;
use crate::model::timers::Timer;
use crate::record::Transaction;
use crate::rules::{lanes, owed, route};
use crate::time::Mono;

/// Begins the attempts that the receiver allows now, and arms its timer for the next.
pub(crate) fn attempt_what_is_due(tx: &mut Transaction<'_>, receiver: &ReceiverName) {
    while let Some((at, id)) = tx.state.outbox.queue(receiver).first() {
        let Some(row) = tx.state.outbox.at_hand(id) else { return };
        let spec = tx.state.setup.receivers.get(receiver).unwrap_or(&row.record.receiver);
        let (concurrency, rate) = (spec.concurrency.get(), spec.rate_per_minute);
        let now = tx.now.mono;
        let queue = tx.state.outbox.queue(receiver);
        if queue.under_way >= concurrency {
            return;
        }
        while queue.begun.front().is_some_and(|begun| *begun + RATE_SPAN <= now) {
            queue.begun.pop_front();
        }
        let full = rate.map(|rate| rate.get() as usize).filter(|rate| queue.begun.len() >= *rate);
        let slot = full.map_or(Mono::default(), |rate| queue.begun[queue.begun.len() - rate] + RATE_SPAN);
        let earliest = at.max(slot).max(queue.quiet_until);
        if earliest > now {
            tx.state.timers.arm(&mut queue.timer, earliest, Timer::Receiver(receiver.clone()));
            return;
        }
        queue.take_first();
        queue.under_way += 1;
        if rate.is_some() {
            queue.begun.push_back(now);
        }
        begin_attempt(tx, id, receiver);
    }
}

fn begin_attempt(tx: &mut Transaction<'_>, id: DeliveryId, receiver: &ReceiverName) {
    let Some(row) = tx.state.outbox.at_hand(id) else { return };
    let told_before = row.is_untried() && was_told(tx, &row.record);
    let current = tx.state.setup.receivers.get(receiver).cloned();
    let began = tx.now.wall;
    let row = tx.state.outbox.at_hand_mut(id).expect("the row was there a moment ago");
    let record = Arc::make_mut(&mut row.record);
    if let Some(current) = current {
        record.receiver = current;
    }
    if told_before && !record.notification.told_before {
        Arc::make_mut(&mut record.notification).told_before = true;
    }
    record.attempts += 1;
    record.status = DeliveryStatus::Attempting { began };
    let record = Arc::clone(&row.record);
    mark_told(tx, &record);
    tx.delivery_changed(id, receiver);
    let attempt = record.attempts;
    tx.begin(record, attempt);
}

/// Whether an attempt with this row's dedup key was begun before.
fn was_told(tx: &Transaction<'_>, record: &DeliveryRecord) -> bool {
    let receiver = &record.notification.receiver;
    match &record.subject {
        DeliverySubject::Alert(key) => tx
            .state
            .alerts
            .get(key)
            .is_some_and(|alert| alert.record.told.iter().any(|told| told.receiver == *receiver)),
        DeliverySubject::Group(key) => tx
            .state
            .groups
            .get(key)
            .is_some_and(|group| group.record.told.iter().any(|told| told.receiver == *receiver)),
        DeliverySubject::Test | DeliverySubject::Event(..) | DeliverySubject::Subscriber(_) => false,
    }
}

/// Marks the alerts in it as told: from here on their resolves are owed (rule A4).
fn mark_told(tx: &mut Transaction<'_>, record: &DeliveryRecord) {
    let notification = &record.notification;
    if !notification.kind.tells_of_firing() {
        return;
    }
    let Some(route) = &notification.route else { return };
    if let DeliverySubject::Group(key) = &record.subject {
        let now = tx.now;
        if let Some(group) = tx.state.groups.get_mut(key)
            && group.record.dedup_key(&notification.receiver) == notification.dedup_key
        {
            group.mark_told(&notification.receiver, now);
            tx.group_changed(key);
        }
    }
    // A message may tell of the end of one life and the beginning of the next, under the same key.
    for notice in &notification.alerts {
        let Some(level) = notice.told_level() else { continue };
        let Some(alert) = tx.state.alerts.get_mut(&notice.key) else { continue };
        if alert.record.id == notice.id {
            alert.mark_told(&record.subject, &notification.receiver, route, (level, notice.flapping), tx.now);
            alert.keep_receiver(&record.receiver, &record.subject);
            tx.alert_changed(&notice.key);
            arm_reminder(tx, &notice.key, &notification.receiver, route);
        }
    }
}

/// Arms the reminder of a receiver of single alerts after it was told.
pub(crate) fn arm_reminder(
    tx: &mut Transaction<'_>,
    key: &AlertKey,
    receiver: &ReceiverName,
    route: &RouteName,
) {
    let spec = tx.state.setup.receivers.get(receiver);
    let told = spec.zip(tx.state.alerts.get(key));
    let alone =
        told.map(|(spec, alert)| lanes::grouping_for(tx.state, alert, spec)) == Some(Grouping::PerAlert);
    let repeat = repeat_interval(tx, route);
    if let (true, Some(repeat), Some(alert)) = (alone, repeat, tx.state.alerts.get(key))
        && let Some(at) = owed::reminder_at(key, alert.told_since.get(receiver).copied(), repeat)
    {
        tx.arm_alert(key, at);
    }
}

fn repeat_interval(tx: &Transaction<'_>, name: &RouteName) -> Option<Duration> {
    route::named(&tx.state.setup, name).map(|route| route.repeat_interval)
}
