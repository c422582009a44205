//! Turns the decision to tell somebody into an outbox row. A row that was never attempted may still be changed or
//! dropped. Once attempted, it stays as it is, so that every attempt says the same.

use std::sync::Arc;

use crate::ids::{AlertId, DeliveryId, ReceiverName, short_hash};
use crate::labels::Labels;
use crate::model::clock::Elapsed;
use crate::model::delivery::{
    AlertNotice, DeliveryRecord, DeliveryStatus, Ended, Fallback, Notification, NotificationKind,
};
use crate::model::keys::DeliverySubject;
use crate::model::message::{Earlier, Message};
use crate::model::outbox::Row;
use crate::model::setup::ReceiverSpec;
use crate::record::Transaction;
use crate::rules::backoff;
use crate::time::Mono;

/// Puts a message in the receiver's queue and gives back the notification's id.
pub(crate) fn enqueue(tx: &mut Transaction<'_>, receiver: Arc<ReceiverSpec>, message: Message) -> String {
    enqueue_as(tx, receiver, message, Fallback::NotAsked)
}

pub(crate) fn enqueue_as(
    tx: &mut Transaction<'_>,
    receiver: Arc<ReceiverSpec>,
    message: Message,
    fallback: Fallback,
) -> String {
    let id = DeliveryId(tx.state.next_delivery);
    tx.state.next_delivery += 1;
    let now = tx.now;
    let notification_id = format!("n-{}", short_hash(&[message.dedup_key.as_bytes(), &id.0.to_be_bytes()]));
    let name = receiver.name.clone();
    let not_before = message.not_before.unwrap_or(now.mono).max(now.mono);
    let (told_before, previous_id) = match message.earlier {
        Earlier::Nothing => (false, None),
        Earlier::Told { service_id } => (true, service_id),
    };
    let notification = Notification {
        id: notification_id.clone(),
        dedup_key: message.dedup_key,
        kind: message.kind,
        told_before,
        receiver: name.clone(),
        route: message.route,
        reason: message.reason,
        group_labels: message.group_labels,
        common_labels: common_labels(&message.alerts),
        alerts: message.alerts,
        omitted: message.omitted,
        event: message.event,
        link: message.link,
        at: now.wall,
    };
    let record = DeliveryRecord {
        id,
        notification: Arc::new(notification),
        subject: message.subject,
        status: DeliveryStatus::Waiting { not_before: now.wall_at(not_before) },
        attempts: 0,
        created_at: now.wall,
        last_error: None,
        receiver,
        previous_id,
        failing_since: None,
        fallback,
    };
    push_delivery(tx, record, not_before);
    notification_id
}

/// Puts a row that was never attempted into its lane.
pub(crate) fn push_delivery(tx: &mut Transaction<'_>, record: DeliveryRecord, not_before: Mono) {
    let (id, receiver) = (record.id, record.notification.receiver.clone());
    tx.state.outbox.push(Row {
        record: Arc::new(record),
        not_before,
        deadline: not_before + backoff::PATIENCE,
        ready: Elapsed::from(not_before),
        failing: None,
        timer: None,
    });
    tx.delivery_changed(id, &receiver);
    tx.state.watch_delivery(id);
}

/// Takes an alert that no longer fires out of the rows of a lane that were never attempted. A row that tells nothing
/// else is superseded. Returns how many rows told of the alert.
pub(crate) fn withdraw(
    tx: &mut Transaction<'_>,
    receiver: &ReceiverName,
    subject: &DeliverySubject,
    alert: &AlertId,
) -> usize {
    let tells = |row: &&Row| {
        row.is_untried()
            && row
                .record
                .notification
                .alerts
                .iter()
                .any(|notice| notice.id == *alert && notice.until.is_none())
    };
    let rows: Vec<DeliveryId> =
        tx.state.outbox.lane(receiver, subject).filter(tells).map(|row| row.record.id).collect();
    for id in &rows {
        withdraw_from(tx, *id, receiver, alert);
    }
    rows.len()
}

fn withdraw_from(tx: &mut Transaction<'_>, id: DeliveryId, receiver: &ReceiverName, alert: &AlertId) {
    let Some(row) = tx.state.outbox.at_hand_mut(id) else { return };
    let record = Arc::make_mut(&mut row.record);
    let notification = Arc::make_mut(&mut record.notification);
    notification.alerts.retain(|notice| notice.id != *alert || notice.until.is_some());
    if notification.alerts.is_empty() {
        supersede(tx, id);
        return;
    }
    notification.common_labels = common_labels(&notification.alerts);
    if notification.alerts.iter().all(|notice| notice.until.is_some()) {
        notification.kind = NotificationKind::Resolved;
    }
    tx.delivery_changed(id, receiver);
}

pub(crate) fn supersede(tx: &mut Transaction<'_>, id: DeliveryId) {
    tx.end_delivery(id, Ended::Superseded { at: tx.now.wall });
}

/// The labels that all the alerts have in common.
fn common_labels(alerts: &[AlertNotice]) -> Labels {
    let Some((first, rest)) = alerts.split_first() else { return Labels::default() };
    if rest.is_empty() {
        return first.labels.clone();
    }
    first
        .labels
        .iter()
        .filter(|(name, value)| rest.iter().all(|notice| notice.labels.get(name) == *value))
        .collect()
}
