//! A dead letter is tried again by hand (rule D3).

use std::sync::Arc;

use crate::ids::DeliveryId;
use crate::model::delivery::{DeliveryRecord, DeliveryStatus, Fallback, Notification, NotificationKind};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::{ends, notice};
use crate::stages::deliver::queue;

/// A dead letter is tried again under a number of its own. What it tells is brought up to date: an alert that
/// ended meanwhile is told as over.
pub(crate) fn retry(tx: &mut Transaction<'_>, dead: DeliveryRecord) {
    let now = tx.now;
    let id = DeliveryId(tx.state.next_delivery);
    tx.state.next_delivery += 1;
    let mut notification = Notification::clone(&dead.notification);
    for told in notification.alerts.iter_mut().filter(|told| told.until.is_none()) {
        match tx.state.alerts.get(&told.key).filter(|alert| alert.record.id == told.id) {
            Some(alert) => *told = notice::notice(tx.state, &alert.record, None),
            None => ends::ended_meanwhile(tx.state, tx.now, told),
        }
    }
    if !notification.alerts.is_empty() && notification.alerts.iter().all(|told| told.until.is_some()) {
        notification.kind = NotificationKind::Resolved;
    }
    let receiver = notification.receiver.clone();
    let spec = tx.state.setup.receivers.get(&receiver).cloned().unwrap_or(dead.receiver);
    for told in &notification.alerts {
        let reason = Reason::Retried { receiver: receiver.clone() };
        tx.decide(&told.key, Some(told.id.clone()), reason);
    }
    let record = DeliveryRecord {
        id,
        notification: Arc::new(notification),
        status: DeliveryStatus::Waiting { not_before: now.wall },
        attempts: 0,
        created_at: now.wall,
        last_error: None,
        receiver: spec,
        failing_since: None,
        fallback: Fallback::IsOne,
        ..dead
    };
    queue::push_delivery(tx, record, now.mono);
}
