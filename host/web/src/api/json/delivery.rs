//! One message on its way to one receiver.

use serde::Serialize;
use watchkeep_core::delivery::{DeliveryStatus, Ended};

use super::time;
use crate::host::DeliveryItem;

#[derive(Serialize)]
pub(crate) struct DeliveryJson {
    id: String,
    receiver: String,
    plugin: String,
    kind: &'static str,
    route: Option<String>,
    reason: String,
    status: &'static str,
    attempts: u32,
    created_at: String,
    next_attempt_at: Option<String>,
    ended_at: Option<String>,
    error: Option<String>,
    service_id: Option<String>,
    notification: String,
    dedup_key: String,
    alerts: Vec<NoticeItem>,
    omitted_alerts: u32,
    event: Option<EventItem>,
}

/// Something that happened once, and is reported once.
#[derive(Serialize)]
struct EventItem {
    id: String,
    check: String,
    title: String,
    severity: &'static str,
    at: String,
}

#[derive(Serialize)]
struct NoticeItem {
    id: String,
    key: String,
    state: &'static str,
    summary: String,
}

pub(crate) const fn delivery_status(status: &DeliveryStatus, ended: Option<&Ended>) -> &'static str {
    match (ended, status) {
        (Some(Ended::Delivered { .. }), _) => "delivered",
        (Some(Ended::Dead { .. }), _) => "dead",
        (Some(Ended::Superseded { .. }), _) => "superseded",
        (None, DeliveryStatus::Waiting { .. }) => "waiting",
        (None, DeliveryStatus::Attempting { .. }) => "attempting",
    }
}

impl DeliveryJson {
    pub(crate) fn of(item: &DeliveryItem) -> Self {
        let delivery = &item.delivery;
        let notification = &delivery.notification;
        let (ended_at, error, service_id) = match &item.ended {
            None => (None, delivery.last_error.clone(), None),
            Some(Ended::Delivered { at, service_id }) => (Some(*at), None, service_id.clone()),
            Some(Ended::Dead { at, error }) => (Some(*at), Some(error.clone()), None),
            Some(Ended::Superseded { at }) => (Some(*at), None, None),
        };
        Self {
            id: delivery.id.to_string(),
            receiver: notification.receiver.to_string(),
            plugin: delivery.receiver.plugin.to_string(),
            kind: notification.kind.as_str(),
            route: notification.route.as_ref().map(ToString::to_string),
            reason: notification.reason.clone(),
            status: delivery_status(&delivery.status, item.ended.as_ref()),
            attempts: delivery.attempts,
            created_at: time(delivery.created_at),
            next_attempt_at: match (&item.ended, &delivery.status) {
                (None, DeliveryStatus::Waiting { not_before }) => Some(time(*not_before)),
                (None, DeliveryStatus::Attempting { .. }) | (Some(_), _) => None,
            },
            ended_at: ended_at.map(time),
            error,
            service_id,
            notification: notification.id.clone(),
            dedup_key: notification.dedup_key.clone(),
            alerts: notification
                .alerts
                .iter()
                .map(|notice| NoticeItem {
                    id: notice.id.to_string(),
                    key: notice.key.to_string(),
                    state: notice.state.as_str(),
                    summary: notice.summary.clone(),
                })
                .collect(),
            omitted_alerts: notification.omitted,
            event: notification.event.as_ref().map(|told| EventItem {
                id: told.event.id.clone(),
                check: told.check.to_string(),
                title: told.event.title.clone(),
                severity: told.event.severity.as_str(),
                at: time(told.event.at),
            }),
        }
    }
}
