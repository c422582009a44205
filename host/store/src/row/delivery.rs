//! Outbox rows, and deliveries that ended.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::delivery::{
    DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, EventNotice, Notification,
};
use watchkeep_core::ids::{CheckName, DeliveryId, PluginName, ReceiverName, RouteName, SubscriberId};
use watchkeep_core::setup::ReceiverSpec;
use watchkeep_core::time::Wall;

use super::alert::AlertKeyRow;
use super::convert::{LabelsRow, cores, labels, labels_row, owned, rows};
use super::enums::{FallbackRow, GroupingRow, NotificationKindRow};
use super::group::GroupKeyRow;
use super::notice::{ActionsRow, AlertNoticeRow, EventNoticeRow, actions_row, give_actions};
use super::{Row, decode};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
struct NotificationRow<'a> {
    id: &'a str,
    dedup_key: &'a str,
    kind: NotificationKindRow,
    told_before: bool,
    receiver: &'a str,
    route: Option<&'a str>,
    reason: &'a str,
    #[serde(borrow)]
    group_labels: LabelsRow<'a>,
    #[serde(borrow)]
    common_labels: LabelsRow<'a>,
    #[serde(borrow)]
    alerts: Vec<AlertNoticeRow<'a>>,
    omitted: u32,
    #[serde(borrow)]
    event: Option<EventNoticeRow<'a>>,
    link: &'a str,
    at: i64,
}

impl<'a> From<&'a Notification> for NotificationRow<'a> {
    fn from(notification: &'a Notification) -> Self {
        let Notification {
            id,
            dedup_key,
            kind,
            told_before,
            receiver,
            route,
            reason,
            group_labels,
            common_labels,
            alerts,
            omitted,
            event,
            link,
            at,
        } = notification;
        NotificationRow {
            id,
            dedup_key,
            kind: (*kind).into(),
            told_before: *told_before,
            receiver: receiver.as_str(),
            route: route.as_ref().map(RouteName::as_str),
            reason,
            group_labels: labels_row(group_labels),
            common_labels: labels_row(common_labels),
            alerts: rows(alerts),
            omitted: *omitted,
            event: event.as_ref().map(EventNoticeRow::from),
            link,
            at: at.millis(),
        }
    }
}
impl From<NotificationRow<'_>> for Notification {
    fn from(row: NotificationRow<'_>) -> Self {
        Notification {
            id: row.id.to_owned(),
            dedup_key: row.dedup_key.to_owned(),
            kind: row.kind.into(),
            told_before: row.told_before,
            receiver: ReceiverName::new(row.receiver),
            route: row.route.map(RouteName::new),
            reason: row.reason.to_owned(),
            group_labels: labels(row.group_labels),
            common_labels: labels(row.common_labels),
            alerts: cores(row.alerts),
            omitted: row.omitted,
            event: row.event.map(EventNotice::from),
            link: row.link.to_owned(),
            at: Wall::from_millis(row.at),
        }
    }
}

#[derive(Serialize, Deserialize)]
enum SubjectRow<'a> {
    Alert(#[serde(borrow)] AlertKeyRow<'a>),
    Group(#[serde(borrow)] GroupKeyRow<'a>),
    Test,
    Event(&'a str, &'a str),
    Subscriber(&'a str),
}

impl<'a> From<&'a DeliverySubject> for SubjectRow<'a> {
    fn from(subject: &'a DeliverySubject) -> Self {
        match subject {
            DeliverySubject::Alert(key) => SubjectRow::Alert(key.into()),
            DeliverySubject::Group(key) => SubjectRow::Group(key.into()),
            DeliverySubject::Test => SubjectRow::Test,
            DeliverySubject::Event(check, thread) => SubjectRow::Event(check.as_str(), thread),
            DeliverySubject::Subscriber(id) => SubjectRow::Subscriber(id.as_str()),
        }
    }
}
impl From<SubjectRow<'_>> for DeliverySubject {
    fn from(row: SubjectRow<'_>) -> Self {
        match row {
            SubjectRow::Alert(key) => DeliverySubject::Alert(key.into()),
            SubjectRow::Group(key) => DeliverySubject::Group(key.into()),
            SubjectRow::Test => DeliverySubject::Test,
            SubjectRow::Event(check, thread) => {
                DeliverySubject::Event(CheckName::new(check), thread.to_owned())
            }
            SubjectRow::Subscriber(id) => DeliverySubject::Subscriber(SubscriberId::new(id)),
        }
    }
}

#[derive(Serialize, Deserialize)]
enum StatusRow {
    Waiting { not_before: i64 },
    Attempting { began: i64 },
}

impl From<&DeliveryStatus> for StatusRow {
    fn from(status: &DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Waiting { not_before } => StatusRow::Waiting { not_before: not_before.millis() },
            DeliveryStatus::Attempting { began } => StatusRow::Attempting { began: began.millis() },
        }
    }
}
impl From<StatusRow> for DeliveryStatus {
    fn from(row: StatusRow) -> Self {
        match row {
            StatusRow::Waiting { not_before } => {
                DeliveryStatus::Waiting { not_before: Wall::from_millis(not_before) }
            }
            StatusRow::Attempting { began } => DeliveryStatus::Attempting { began: Wall::from_millis(began) },
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReceiverRow<'a> {
    name: &'a str,
    plugin: &'a str,
    config: &'a str,
    fallback: Option<&'a str>,
    timeout: Duration,
    concurrency: NonZeroU32,
    rate_per_minute: Option<NonZeroU32>,
    grouping: GroupingRow,
}

impl<'a> From<&'a ReceiverSpec> for ReceiverRow<'a> {
    fn from(spec: &'a ReceiverSpec) -> Self {
        let ReceiverSpec { name, plugin, config, fallback, timeout, concurrency, rate_per_minute, grouping } =
            spec;
        ReceiverRow {
            name: name.as_str(),
            plugin: plugin.as_str(),
            config,
            fallback: fallback.as_ref().map(ReceiverName::as_str),
            timeout: *timeout,
            concurrency: *concurrency,
            rate_per_minute: *rate_per_minute,
            grouping: (*grouping).into(),
        }
    }
}
impl From<ReceiverRow<'_>> for ReceiverSpec {
    fn from(row: ReceiverRow<'_>) -> Self {
        ReceiverSpec {
            name: ReceiverName::new(row.name),
            plugin: PluginName::new(row.plugin),
            config: Arc::from(row.config),
            fallback: row.fallback.map(ReceiverName::new),
            timeout: row.timeout,
            concurrency: row.concurrency,
            rate_per_minute: row.rate_per_minute,
            grouping: row.grouping.into(),
        }
    }
}

/// The fields of version 1, and those that version 2 added.
#[derive(Serialize, Deserialize)]
pub(crate) struct DeliveryRow<'a> {
    #[serde(borrow)]
    first: DeliveryRowV1<'a>,
    #[serde(borrow)]
    actions: ActionsRow<'a>,
}

impl Row for DeliveryRow<'_> {
    const TABLE: &'static str = "outbox";
    const VERSION: u8 = 2;
}

impl<'a> DeliveryRow<'a> {
    /// Reads a row of this version, or of the one before, whose notices had no actions.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, ReadError> {
        match bytes.first() {
            Some(&DeliveryRowV1::VERSION) => Ok(Self { first: decode(bytes)?, actions: Vec::new() }),
            Some(_) | None => decode(bytes),
        }
    }
}

impl<'a> From<&'a DeliveryRecord> for DeliveryRow<'a> {
    fn from(record: &'a DeliveryRecord) -> Self {
        DeliveryRow { first: record.into(), actions: actions_row(record.notification.alerts.iter()) }
    }
}
impl From<DeliveryRow<'_>> for DeliveryRecord {
    fn from(row: DeliveryRow<'_>) -> Self {
        row.first.into_core(row.actions)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct DeliveryRowV1<'a> {
    id: u64,
    #[serde(borrow)]
    notification: NotificationRow<'a>,
    #[serde(borrow)]
    subject: SubjectRow<'a>,
    status: StatusRow,
    attempts: u32,
    created_at: i64,
    last_error: Option<&'a str>,
    #[serde(borrow)]
    receiver: ReceiverRow<'a>,
    previous_id: Option<&'a str>,
    failing_since: Option<i64>,
    fallback: FallbackRow,
}

impl Row for DeliveryRowV1<'_> {
    const TABLE: &'static str = DeliveryRow::TABLE;
    const VERSION: u8 = 1;
}

impl<'a> From<&'a DeliveryRecord> for DeliveryRowV1<'a> {
    fn from(record: &'a DeliveryRecord) -> Self {
        let DeliveryRecord {
            id,
            notification,
            subject,
            status,
            attempts,
            created_at,
            last_error,
            receiver,
            previous_id,
            failing_since,
            fallback,
        } = record;
        DeliveryRowV1 {
            id: id.0,
            notification: (&**notification).into(),
            subject: subject.into(),
            status: status.into(),
            attempts: *attempts,
            created_at: created_at.millis(),
            last_error: last_error.as_deref(),
            receiver: (&**receiver).into(),
            previous_id: previous_id.as_deref(),
            failing_since: failing_since.map(Wall::millis),
            fallback: (*fallback).into(),
        }
    }
}
impl DeliveryRowV1<'_> {
    fn into_core(self, actions: ActionsRow<'_>) -> DeliveryRecord {
        let mut notification = Notification::from(self.notification);
        give_actions(notification.alerts.iter_mut(), actions);
        DeliveryRecord {
            id: DeliveryId(self.id),
            notification: Arc::new(notification),
            subject: self.subject.into(),
            status: self.status.into(),
            attempts: self.attempts,
            created_at: Wall::from_millis(self.created_at),
            last_error: owned(self.last_error),
            receiver: Arc::new(self.receiver.into()),
            previous_id: owned(self.previous_id),
            failing_since: self.failing_since.map(Wall::from_millis),
            fallback: self.fallback.into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
enum EndedRow<'a> {
    Delivered { at: i64, service_id: Option<&'a str> },
    Dead { at: i64, error: &'a str },
    Superseded { at: i64 },
}

impl<'a> From<&'a Ended> for EndedRow<'a> {
    fn from(ended: &'a Ended) -> Self {
        match ended {
            Ended::Delivered { at, service_id } => {
                EndedRow::Delivered { at: at.millis(), service_id: service_id.as_deref() }
            }
            Ended::Dead { at, error } => EndedRow::Dead { at: at.millis(), error },
            Ended::Superseded { at } => EndedRow::Superseded { at: at.millis() },
        }
    }
}
impl From<EndedRow<'_>> for Ended {
    fn from(row: EndedRow<'_>) -> Self {
        match row {
            EndedRow::Delivered { at, service_id } => {
                Ended::Delivered { at: Wall::from_millis(at), service_id: owned(service_id) }
            }
            EndedRow::Dead { at, error } => {
                Ended::Dead { at: Wall::from_millis(at), error: error.to_owned() }
            }
            EndedRow::Superseded { at } => Ended::Superseded { at: Wall::from_millis(at) },
        }
    }
}

/// The fields of version 1, and those that version 2 added.
#[derive(Serialize, Deserialize)]
pub(crate) struct EndedDeliveryRow<'a> {
    #[serde(borrow)]
    first: EndedDeliveryRowV1<'a>,
    #[serde(borrow)]
    actions: ActionsRow<'a>,
}

impl Row for EndedDeliveryRow<'_> {
    const TABLE: &'static str = "deliveries";
    const VERSION: u8 = 2;
}

impl<'a> EndedDeliveryRow<'a> {
    pub(crate) fn new(delivery: DeliveryRow<'a>, ended: &'a Ended) -> Self {
        let DeliveryRow { first, actions } = delivery;
        Self { first: EndedDeliveryRowV1::new(first, ended), actions }
    }
    /// Reads a row of this version, or of the one before, whose notices had no actions.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, ReadError> {
        match bytes.first() {
            Some(&EndedDeliveryRowV1::VERSION) => Ok(Self { first: decode(bytes)?, actions: Vec::new() }),
            Some(_) | None => decode(bytes),
        }
    }
    pub(crate) fn into_core(self) -> (DeliveryRecord, Ended) {
        let EndedDeliveryRowV1 { delivery, ended } = self.first;
        (delivery.into_core(self.actions), ended.into())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EndedDeliveryRowV1<'a> {
    #[serde(borrow)]
    delivery: DeliveryRowV1<'a>,
    #[serde(borrow)]
    ended: EndedRow<'a>,
}

impl Row for EndedDeliveryRowV1<'_> {
    const TABLE: &'static str = EndedDeliveryRow::TABLE;
    const VERSION: u8 = 1;
}

impl<'a> EndedDeliveryRowV1<'a> {
    pub(super) fn new(delivery: DeliveryRowV1<'a>, ended: &'a Ended) -> Self {
        Self { delivery, ended: ended.into() }
    }
}

pub(crate) fn ended_at(ended: &Ended) -> Wall {
    match ended {
        Ended::Delivered { at, .. } | Ended::Dead { at, .. } | Ended::Superseded { at } => *at,
    }
}
