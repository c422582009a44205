//! From a decision to tell somebody to an outbox row. What waits and was never attempted may still be changed or
//! dropped; what was attempted once stays as it is, so that every attempt says the same.

use std::sync::Arc;

use crate::alert::{AlertKey, notice};
use crate::clock::Elapsed;
use crate::delivery::outbox::Row;
use crate::delivery::{
    AlertNotice, DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, EventNotice, Fallback, Notification,
    NotificationKind, backoff,
};
use crate::ids::{AlertId, DeliveryId, ReceiverName, RouteName, short_hash};
use crate::labels::Labels;
use crate::reason::Reason;
use crate::setup::ReceiverSpec;
use crate::time::Mono;
use crate::turn::Turn;

/// What is to be told, before it is a row.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) kind: NotificationKind,
    pub(crate) subject: DeliverySubject,
    pub(crate) dedup_key: String,
    pub(crate) route: Option<RouteName>,
    pub(crate) reason: String,
    pub(crate) group_labels: Labels,
    pub(crate) alerts: Vec<AlertNotice>,
    pub(crate) omitted: u32,
    pub(crate) link: String,
    /// In place of alerts.
    pub(crate) event: Option<EventNotice>,
    /// Held until then; at once if `None`.
    pub(crate) not_before: Option<Mono>,
    /// What the service called an earlier notice of this dedup key; none if there was no earlier one.
    pub(crate) earlier: Earlier,
}

/// What went before under the same dedup key, as far as the maker of the message knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Earlier {
    Nothing,
    Told { service_id: Option<String> },
}

/// The same for every notice of one alert life to one receiver.
pub(crate) fn alert_dedup_key(alert: &AlertId, receiver: &ReceiverName) -> String {
    format!("wk-{}", short_hash(&[alert.as_str().as_bytes(), receiver.as_str().as_bytes()]))
}

impl Turn<'_> {
    /// Puts a message in the receiver's queue and gives back the notification's id.
    pub(crate) fn enqueue(&mut self, receiver: Arc<ReceiverSpec>, message: Message) -> String {
        self.enqueue_as(receiver, message, Fallback::NotAsked)
    }

    pub(crate) fn enqueue_as(
        &mut self,
        receiver: Arc<ReceiverSpec>,
        message: Message,
        fallback: Fallback,
    ) -> String {
        let id = DeliveryId(self.state.next_delivery);
        self.state.next_delivery += 1;
        let now = self.now;
        let notification_id =
            format!("n-{}", short_hash(&[message.dedup_key.as_bytes(), &id.0.to_be_bytes()]));
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
        self.push_delivery(record, not_before);
        notification_id
    }

    /// Puts a row that was never attempted into its lane.
    pub(crate) fn push_delivery(&mut self, record: DeliveryRecord, not_before: Mono) {
        let (id, receiver) = (record.id, record.notification.receiver.clone());
        self.state.outbox.push(Row {
            record: Arc::new(record),
            not_before,
            deadline: not_before + backoff::PATIENCE,
            ready: Elapsed::from(not_before),
            failing: None,
            timer: None,
        });
        self.delivery_changed(id, &receiver);
        self.watch_delivery(id);
    }

    /// A dead letter is tried again under a number of its own. What it tells is brought up to date: an alert that
    /// ended meanwhile is told as over.
    pub(crate) fn retry(&mut self, dead: DeliveryRecord) {
        let now = self.now;
        let setup = Arc::clone(&self.state.setup);
        let id = DeliveryId(self.state.next_delivery);
        self.state.next_delivery += 1;
        let mut notification = Notification::clone(&dead.notification);
        for told in notification.alerts.iter_mut().filter(|told| told.until.is_none()) {
            match self.state.alerts.get(&told.key).filter(|alert| alert.record.id == told.id) {
                Some(alert) => *told = notice::notice(&alert.record, &setup, None),
                None => self.ended_meanwhile(told),
            }
        }
        if !notification.alerts.is_empty() && notification.alerts.iter().all(|told| told.until.is_some()) {
            notification.kind = NotificationKind::Resolved;
        }
        let receiver = notification.receiver.clone();
        let spec = self.state.setup.receivers.get(&receiver).cloned().unwrap_or(dead.receiver);
        for told in &notification.alerts {
            let reason = Reason::Retried { receiver: receiver.clone() };
            self.decide(&told.key, Some(told.id.clone()), reason);
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
        self.push_delivery(record, now.mono);
    }

    /// Takes an alert that is no longer firing out of what waits in a lane and was never attempted. A row that
    /// tells nothing else is superseded. Says how many rows told of it.
    pub(crate) fn withdraw(
        &mut self,
        receiver: &ReceiverName,
        subject: &DeliverySubject,
        key: &AlertKey,
    ) -> usize {
        let tells = |row: &&Row| {
            row.is_untried()
                && row
                    .record
                    .notification
                    .alerts
                    .iter()
                    .any(|notice| notice.key == *key && notice.until.is_none())
        };
        let rows: Vec<DeliveryId> =
            self.state.outbox.lane(receiver, subject).filter(tells).map(|row| row.record.id).collect();
        for id in &rows {
            self.withdraw_from(*id, receiver, key);
        }
        rows.len()
    }

    fn withdraw_from(&mut self, id: DeliveryId, receiver: &ReceiverName, key: &AlertKey) {
        let Some(row) = self.state.outbox.get_mut(id) else { return };
        let record = Arc::make_mut(&mut row.record);
        let notification = Arc::make_mut(&mut record.notification);
        notification.alerts.retain(|notice| notice.key != *key || notice.until.is_some());
        if notification.alerts.is_empty() {
            self.supersede(id);
            return;
        }
        notification.common_labels = common_labels(&notification.alerts);
        if notification.alerts.iter().all(|notice| notice.until.is_some()) {
            notification.kind = NotificationKind::Resolved;
        }
        self.delivery_changed(id, receiver);
    }

    pub(crate) fn supersede(&mut self, id: DeliveryId) {
        self.end_delivery(id, Ended::Superseded { at: self.now.wall });
    }
}

/// What all the alerts have in common.
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
