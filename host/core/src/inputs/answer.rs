//! What attempts came to (rules D1, D2): a notice was delivered, is tried again, or is given up.

use std::sync::Arc;

use crate::ids::{DeliveryId, ReceiverName};
use crate::inputs::fallback;
use crate::model::alert::{Answer, GaveUp, Took};
use crate::model::commit::Change;
use crate::model::delivery::{AttemptResult, DeliveryRecord, DeliveryStatus, Ended};
use crate::model::input::DeliveryFinished;
use crate::model::keys::DeliverySubject;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::Judgement;
use crate::rules::backoff;
use crate::stages::tell::escalate;
use crate::time::Mono;

pub(crate) fn delivery_finished(tx: &mut Transaction<'_>, finished: DeliveryFinished) {
    let DeliveryFinished { delivery: id, attempt, result, kv } = finished;
    let current = |row: &&crate::model::outbox::Row| row.is_under_way() && row.record.attempts == attempt;
    let Some(row) = tx.state.outbox.get(id).filter(current) else { return };
    let record = Arc::clone(&row.record);
    let receiver = record.notification.receiver.clone();
    let queue = tx.state.outbox.queue(&receiver);
    queue.under_way = queue.under_way.saturating_sub(1);
    tx.receiver_woken(&receiver);
    for write in kv {
        tx.note(Change::Kv(write));
    }
    match result {
        AttemptResult::Delivered(service_id) => delivered(tx, &record, service_id),
        AttemptResult::RetryAfter(span, error) => {
            let until = tx.now.mono + span.min(backoff::PATIENCE);
            let queue = tx.state.outbox.queue(&receiver);
            queue.quiet_until = queue.quiet_until.max(until);
            try_again(tx, id, &receiver, until, error);
        }
        AttemptResult::Retryable(error) => {
            let not_before = tx.now.mono + backoff::after(id, attempt);
            try_again(tx, id, &receiver, not_before, error);
        }
        AttemptResult::Unsure(error) => {
            if let Some(row) = tx.state.outbox.get_mut(id) {
                let record = Arc::make_mut(&mut row.record);
                Arc::make_mut(&mut record.notification).told_before = true;
            }
            let not_before = tx.now.mono + backoff::after(id, attempt);
            try_again(tx, id, &receiver, not_before, error);
        }
        AttemptResult::Rejected(error) => give_up(tx, &record, error),
    }
}

fn try_again(
    tx: &mut Transaction<'_>,
    id: DeliveryId,
    receiver: &ReceiverName,
    not_before: Mono,
    error: String,
) {
    fallback::attempt_failed(tx, id, receiver);
    let wall = tx.now.wall_at(not_before);
    let Some(row) = tx.state.outbox.at_hand_mut(id) else { return };
    if not_before > row.deadline {
        let record = Arc::clone(&row.record);
        give_up(tx, &record, error);
        return;
    }
    row.not_before = not_before;
    let record = Arc::make_mut(&mut row.record);
    record.status = DeliveryStatus::Waiting { not_before: wall };
    record.last_error = Some(error);
    let subject = record.subject.clone();
    tx.state.outbox.queue(receiver).wait_again(id, &subject, not_before);
    tx.delivery_changed(id, receiver);
}

fn delivered(tx: &mut Transaction<'_>, record: &DeliveryRecord, service_id: Option<String>) {
    let receiver = &record.notification.receiver;
    let queue = tx.state.outbox.queue(receiver);
    (queue.failing, queue.failures) = (None, 0);
    for notice in &record.notification.alerts {
        escalate::step_reached(tx, &notice.key, receiver);
    }
    let at = tx.now.wall;
    answered_to(tx, record, |answer, level| {
        answer.took = Some(Took { at, level });
        answer.gave_up = None;
    });
    if let Some(service_id) = &service_id {
        remember_service_id(tx, record, service_id);
    }
    tx.end_delivery(record.id, Ended::Delivered { at: tx.now.wall, service_id });
}

/// Gives later notices with the same dedup key the id that the service gave this one.
fn remember_service_id(tx: &mut Transaction<'_>, record: &DeliveryRecord, service_id: &str) {
    let receiver = &record.notification.receiver;
    match &record.subject {
        DeliverySubject::Alert(key) => {
            let told = tx
                .state
                .alerts
                .get_mut(key)
                .and_then(|alert| alert.record.told.iter_mut().find(|told| told.receiver == *receiver));
            if let Some(told) = told.filter(|told| told.service_id.as_deref() != Some(service_id)) {
                told.service_id = Some(service_id.to_owned());
                tx.alert_changed(key);
            }
        }
        DeliverySubject::Group(key) => {
            let told = tx
                .state
                .groups
                .get_mut(key)
                .and_then(|group| group.record.told.iter_mut().find(|told| told.receiver == *receiver));
            if let Some(told) = told.filter(|told| told.service_id.as_deref() != Some(service_id)) {
                told.service_id = Some(service_id.to_owned());
                tx.group_changed(key);
            }
        }
        DeliverySubject::Event(..) => {
            tx.state.threads.remember(&record.notification.dedup_key, service_id);
        }
        DeliverySubject::Test | DeliverySubject::Subscriber(_) => {}
    }
    let followers: Vec<DeliveryId> = tx
        .state
        .outbox
        .lane(receiver, &record.subject)
        .filter(|row| row.record.id != record.id)
        .filter(|row| row.record.notification.dedup_key == record.notification.dedup_key)
        .map(|row| row.record.id)
        .collect();
    for id in followers {
        if let Some(row) = tx.state.outbox.get_mut(id) {
            Arc::make_mut(&mut row.record).previous_id = Some(service_id.to_owned());
            tx.delivery_changed(id, receiver);
        }
    }
}

/// Keeps the service's answer with each alert that the row tells of as firing.
fn answered_to(tx: &mut Transaction<'_>, record: &DeliveryRecord, keep: impl Fn(&mut Answer, Judgement)) {
    let notification = &record.notification;
    if !notification.kind.tells_of_firing() {
        return;
    }
    for notice in &notification.alerts {
        let Some(level) = notice.told_level() else { continue };
        let Some(alert) = tx.state.alerts.get_mut(&notice.key) else { continue };
        if alert.record.id == notice.id {
            keep(alert.record.answer_of(&notification.receiver), level);
            tx.alert_changed(&notice.key);
        }
    }
}

fn give_up(tx: &mut Transaction<'_>, record: &DeliveryRecord, error: String) {
    let receiver = record.notification.receiver.clone();
    for notice in &record.notification.alerts {
        let reason = Reason::Undeliverable { receiver: receiver.clone(), error: error.clone() };
        tx.decide(&notice.key, Some(notice.id.clone()), reason);
    }
    let at = tx.now.wall;
    answered_to(tx, record, |answer, _| {
        answer.gave_up = Some(GaveUp { at, error: error.clone(), delivery: record.id });
    });
    if let Some(row) = tx.state.outbox.get_mut(record.id) {
        // The fallback's notice says why.
        Arc::make_mut(&mut row.record).last_error = Some(error.clone());
    }
    fallback::fall_back(tx, record.id);
    tx.end_delivery(record.id, Ended::Dead { at: tx.now.wall, error });
}
