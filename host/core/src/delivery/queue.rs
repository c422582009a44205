//! From a decision to tell somebody to an outbox row. What waits and was never attempted may still be changed or
//! dropped; what was attempted once stays as it is, so that every attempt says the same.

use std::sync::Arc;

use crate::alert::AlertKey;
use crate::delivery::outbox::Row;
use crate::delivery::{
    AlertNotice, DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, Fallback, Notification, NotificationKind,
    backoff,
};
use crate::ids::{AlertId, DeliveryId, ReceiverName, RouteName, short_hash};
use crate::labels::Labels;
use crate::setup::ReceiverSpec;
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
        let id = DeliveryId(self.state.next_delivery);
        self.state.next_delivery += 1;
        let now = self.now;
        let notification_id =
            format!("n-{}", short_hash(&[message.dedup_key.as_bytes(), &id.0.to_be_bytes()]));
        let name = receiver.name.clone();
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
            event: None,
            link: message.link,
            at: now.wall,
        };
        let record = DeliveryRecord {
            id,
            notification: Arc::new(notification),
            subject: message.subject,
            status: DeliveryStatus::Waiting { not_before: now.wall },
            attempts: 0,
            created_at: now.wall,
            last_error: None,
            receiver,
            previous_id,
            failing_since: None,
            fallback: Fallback::NotAsked,
        };
        let deadline = now.mono + backoff::PATIENCE;
        self.state.outbox.push(Row { record: Arc::new(record), not_before: now.mono, deadline });
        self.delivery_changed(id, &name);
        notification_id
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
