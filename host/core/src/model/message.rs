//! A message to be told, before it becomes a row of the outbox. There is a constructor for messages about an alert, one
//! for those about a group, and one for the rest.

use crate::ids::{AlertId, ReceiverName, RouteName, short_hash};
use crate::labels::Labels;
use crate::model::delivery::{AlertNotice, EventNotice, NotificationKind};
use crate::model::group::{GroupRecord, MESSAGE_ALERTS_MAX};
use crate::model::keys::DeliverySubject;
use crate::time::Mono;

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
    /// An event, in a message that tells of no alerts.
    pub(crate) event: Option<EventNotice>,
    /// Held until then; `None` sends it at once.
    pub(crate) not_before: Option<Mono>,
    pub(crate) earlier: Earlier,
}

/// What was sent before under the same dedup key, as far as the maker of the message knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Earlier {
    Nothing,
    /// An earlier notice was sent, and the service gave it this id.
    Told {
        service_id: Option<String>,
    },
}

impl Earlier {
    /// `None`: there was no earlier one.
    pub(crate) fn of(service_id: Option<&Option<String>>) -> Self {
        match service_id {
            Some(service_id) => Earlier::Told { service_id: service_id.clone() },
            None => Earlier::Nothing,
        }
    }
}

impl Message {
    /// A message about nothing yet, to be sent at once.
    pub(crate) fn new(
        kind: NotificationKind,
        subject: DeliverySubject,
        dedup_key: String,
        reason: String,
        link: String,
    ) -> Self {
        Self {
            kind,
            subject,
            dedup_key,
            route: None,
            reason,
            group_labels: Labels::default(),
            alerts: Vec::new(),
            omitted: 0,
            link,
            event: None,
            not_before: None,
            earlier: Earlier::Nothing,
        }
    }
    /// A message about one alert, for a receiver that is told of each alert alone.
    pub(crate) fn of_alert(
        kind: NotificationKind,
        receiver: &ReceiverName,
        route: &RouteName,
        notice: AlertNotice,
        reason: String,
        earlier: Earlier,
    ) -> Self {
        let subject = DeliverySubject::Alert(notice.key.clone());
        let dedup_key = alert_dedup_key(&notice.id, receiver);
        Self {
            route: Some(route.clone()),
            group_labels: notice.labels.clone(),
            earlier,
            ..Self::new(kind, subject, dedup_key, reason, notice.link.clone())
        }
        .with(vec![notice])
    }
    /// A message about a group, with the first of these alerts. The number of the others is stated.
    pub(crate) fn of_group(
        kind: NotificationKind,
        receiver: &ReceiverName,
        group: &GroupRecord,
        mut alerts: Vec<AlertNotice>,
        reason: String,
        external_url: &str,
    ) -> Self {
        let omitted = u32::try_from(alerts.len().saturating_sub(MESSAGE_ALERTS_MAX)).unwrap_or(u32::MAX);
        alerts.truncate(MESSAGE_ALERTS_MAX);
        let link = match alerts.as_slice() {
            [only] => only.link.clone(),
            _ => format!("{external_url}/alerts"),
        };
        let told = group.told.iter().find(|told| told.receiver == *receiver);
        let subject = DeliverySubject::Group(group.key.clone());
        Self {
            route: Some(group.key.route.clone()),
            group_labels: group.key.labels.clone(),
            omitted,
            earlier: Earlier::of(told.map(|told| &told.service_id)),
            ..Self::new(kind, subject, group.dedup_key(receiver), reason, link)
        }
        .with(alerts)
    }
    fn with(self, alerts: Vec<AlertNotice>) -> Self {
        Self { alerts, ..self }
    }
}

/// The same for every notice of one alert life to one receiver.
pub(crate) fn alert_dedup_key(alert: &AlertId, receiver: &ReceiverName) -> String {
    format!("wk-{}", short_hash(&[alert.as_str().as_bytes(), receiver.as_str().as_bytes()]))
}
