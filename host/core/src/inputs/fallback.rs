//! Fallback (rule D3): when a receiver has failed for two minutes, its fallback is told the same, while the original is
//! still tried. If a row is given up earlier, its fallback is told at once.
//!
//! A row counts as failing since its own first attempt that failed. If it waits behind others of a failing receiver, it
//! counts as failing since it was made.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{DeliveryId, ReceiverName};
use crate::model::alert::Told;
use crate::model::clock::Elapsed;
use crate::model::delivery::{AlertNotice, DeliveryRecord, Fallback, NotificationKind};
use crate::model::keys::{AlertKey, DeliverySubject};
use crate::model::message::{Earlier, Message, alert_dedup_key};
use crate::model::setup::Grouping;
use crate::model::state::ALONE_MAX;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::holds::HoldEffect;
use crate::rules::owed::{Hears, Known, Owed, Reminder, Said, owed};
use crate::rules::{backoff, notice};
use crate::stages::deliver::queue;
use crate::stages::tell::escalate;

/// After this many failures in a row, whatever the rows, the receiver is only probed: thousands of rows may wait for
/// it, and each would otherwise try by itself.
const PROBED_FROM: u32 = 3;

/// How much of an error is shown in another receiver's notice.
const ERROR_CHARACTERS_MAX: usize = 200;

/// The longest span between two probes.
const PROBE_SPAN: Duration = Duration::from_secs(60);

/// Notes that an attempt failed, which began at the moment in the row's record.
pub(crate) fn attempt_failed(tx: &mut Transaction<'_>, id: DeliveryId, receiver: &ReceiverName) {
    let now = tx.now;
    let Some(row) = tx.state.outbox.at_hand_mut(id) else { return };
    let began = row.record.began().unwrap_or(now.wall);
    if row.record.failing_since.is_none() {
        Arc::make_mut(&mut row.record).failing_since = Some(began);
        row.failing = Some(Elapsed::restored(began, now));
    }
    let queue = tx.state.outbox.queue(receiver);
    queue.failures = queue.failures.saturating_add(1);
    if queue.failures >= PROBED_FROM {
        let quiet = backoff::after(id, queue.failures).min(PROBE_SPAN);
        queue.quiet_until = queue.quiet_until.max(now.mono + quiet);
    }
    if queue.failing.is_none() {
        queue.failing = Some(Elapsed::restored(began, now));
        for id in tx.state.outbox.of(receiver) {
            watch_delivery(tx, id);
        }
    } else {
        watch_delivery(tx, id);
    }
}

pub(crate) fn watch_delivery(tx: &mut Transaction<'_>, id: DeliveryId) {
    tx.state.watch_delivery(id);
}

pub(crate) fn fallback_due(tx: &mut Transaction<'_>, id: DeliveryId) {
    match tx.state.outbox.falls_back_at(id, ALONE_MAX) {
        Some(at) if at <= tx.now.mono => fall_back(tx, id),
        Some(_) => watch_delivery(tx, id),
        None => {}
    }
}

/// The receiver cannot be told for now, or at all: tells its fallback.
pub(crate) fn fall_back(tx: &mut Transaction<'_>, id: DeliveryId) {
    let Some(row) = tx.state.outbox.at_hand_mut(id) else { return };
    match row.record.fallback {
        Fallback::NotAsked => {}
        Fallback::Told | Fallback::IsOne => return,
    }
    let record = Arc::make_mut(&mut row.record);
    record.fallback = Fallback::Told;
    let record = Arc::clone(&row.record);
    let receiver = record.notification.receiver.clone();
    tx.delivery_changed(id, &receiver);
    for key in open_alerts(&record) {
        escalate::step_failed(tx, &key, &receiver);
    }
    tell_fallback(tx, &record);
}

fn tell_fallback(tx: &mut Transaction<'_>, record: &DeliveryRecord) {
    let told = &record.notification;
    let spec = tx.state.setup.receivers.get(&told.receiver).unwrap_or(&record.receiver);
    let Some(name) = spec.fallback.clone() else { return };
    let Some(fallback) = tx.state.setup.receivers.get(&name).cloned() else { return };
    if !is_news(told.kind) || is_told_anyway(tx, record, &name) {
        return;
    }
    // The end of an alert is owed to those who were told of it, and they get it another way. What the fallback knows
    // already, it is told in the way in which it was told first, and in no other (rule D4). An alert that ended
    // meanwhile is told to nobody who did not hear of it.
    let open = |told: &AlertNotice| {
        let alert = tx.state.alerts.get(&told.key).filter(|alert| alert.record.id == told.id)?;
        Some(notice::notice(tx.state, &alert.record, None))
    };
    let news = told.alerts.iter().filter(|told| told.until.is_none()).filter_map(open);
    let alerts: Vec<AlertNotice> = news.filter(|notice| !knows(tx, &name, notice, &record.subject)).collect();
    if alerts.is_empty() && told.event.is_none() {
        return;
    }
    let Some((dedup_key, earlier)) = thread_of(tx, record, &name) else { return };
    let message = Message {
        route: told.route.clone(),
        group_labels: told.group_labels.clone(),
        alerts,
        omitted: told.omitted,
        event: told.event.clone(),
        earlier,
        ..Message::new(told.kind, record.subject.clone(), dedup_key, in_place_of(record), told.link.clone())
    };
    queue::enqueue_as(tx, fallback, message, Fallback::IsOne);
    for notice in &told.alerts {
        let reason = Reason::FellBack { receiver: told.receiver.clone(), fallback: name.clone() };
        tx.decide(&notice.key, Some(notice.id.clone()), reason);
    }
}

/// Whether the route tells the fallback anyway.
fn is_told_anyway(tx: &Transaction<'_>, record: &DeliveryRecord, fallback: &ReceiverName) -> bool {
    let route = record.notification.route.as_ref();
    let route = route.and_then(|name| crate::rules::route::named(&tx.state.setup, name));
    route.is_some_and(|route| route.receivers.contains(fallback))
}

/// Whether the receiver was told of this alert as it is, or is about to be; or was told in another lane, where it will
/// hear any news.
fn knows(
    tx: &Transaction<'_>,
    receiver: &ReceiverName,
    notice: &AlertNotice,
    subject: &DeliverySubject,
) -> bool {
    let Some(alert) = tx.state.alerts.get(&notice.key).filter(|it| it.record.id == notice.id) else {
        return false;
    };
    let told = alert.record.told.iter().filter(|told| told.receiver == *receiver);
    let in_lane = |told: &&Told| {
        let as_group = told.as_told.as_ref().is_some_and(|spec| spec.grouping == Grouping::PerGroup);
        as_group == matches!(subject, DeliverySubject::Group(_))
    };
    if told.clone().any(|told| !in_lane(&told)) {
        return true;
    }
    let rows = tx.state.outbox.of(receiver).into_iter().filter_map(|id| tx.state.outbox.get(id));
    let waiting = rows.filter(|row| row.tells_of_firing()).flat_map(|row| &row.record.notification.alerts);
    let known = Known {
        told: told.max_by_key(|told| told.level).map(Said::told),
        waits: Said::by(waiting.filter(|other| other.id == notice.id)),
        hears: Hears::Worse,
        held: HoldEffect::No,
        reminder: Reminder::Never,
    };
    !matches!(owed(&alert.record, &known, tx.now.mono), Owed::News(_))
}

/// The key under which the fallback is told, and what it was told under that key before.
fn thread_of(
    tx: &Transaction<'_>,
    record: &DeliveryRecord,
    fallback: &ReceiverName,
) -> Option<(String, Earlier)> {
    match &record.subject {
        DeliverySubject::Alert(key) => {
            let id = &record.notification.alerts.first()?.id;
            let told = tx.state.alerts.get(key).into_iter().flat_map(|alert| &alert.record.told);
            let mut told = told.filter(|told| told.receiver == *fallback).map(|told| &told.service_id);
            Some((alert_dedup_key(id, fallback), Earlier::of(told.next_back())))
        }
        DeliverySubject::Group(key) => {
            let group = tx.state.groups.get(key)?;
            let told = group.record.told.iter().find(|told| told.receiver == *fallback);
            let key = group.record.dedup_key(fallback);
            Some((key, Earlier::of(told.map(|told| &told.service_id))))
        }
        DeliverySubject::Event(check, thread) => {
            Some((crate::model::events::dedup_key(check, thread, fallback), Earlier::Nothing))
        }
        DeliverySubject::Test | DeliverySubject::Subscriber(_) => None,
    }
}

/// A sentence for the reader: others may not know, and why.
fn in_place_of(record: &DeliveryRecord) -> String {
    let told = &record.notification;
    let why = record.last_error.as_deref().unwrap_or("what waits for it before this does not get through");
    let why: String = why.chars().take(ERROR_CHARACTERS_MAX).collect();
    format!("in place of `{}`, which could not be told ({why}); {}", told.receiver, told.reason)
}

fn is_news(kind: NotificationKind) -> bool {
    match kind {
        NotificationKind::Firing
        | NotificationKind::Reminder
        | NotificationKind::Escalated
        | NotificationKind::Event => true,
        NotificationKind::Resolved
        | NotificationKind::Acknowledged
        | NotificationKind::HandedOver
        | NotificationKind::Test => false,
    }
}

/// The alerts that a row tells of as firing.
fn open_alerts(record: &DeliveryRecord) -> Vec<AlertKey> {
    let firing = record.notification.alerts.iter().filter(|notice| notice.until.is_none());
    firing.map(|notice| notice.key.clone()).collect()
}
