//! Fallback (rule D3): a receiver that has failed for two minutes is not waited for, its fallback is told the same
//! while the original keeps trying. A row that is given up before that has its fallback told at once.
//!
//! A row counts as failing since its own first attempt that failed, or, where it waits behind others of a receiver
//! that fails, since it was made.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::{AlertKey, Told, notice};
use crate::clock::Elapsed;
use crate::delivery::queue::{Earlier, Message, alert_dedup_key};
use crate::delivery::{AlertNotice, DeliveryRecord, DeliverySubject, Fallback, NotificationKind, backoff};
use crate::ids::{DeliveryId, ReceiverName};
use crate::reason::Reason;
use crate::setup::Grouping;
use crate::timers::Timer;
use crate::turn::Turn;

/// So long a receiver may fail alone.
const ALONE_MAX: Duration = Duration::from_secs(120);
/// From so many failures in a row on, whatever the rows, the receiver is probed and not stormed: what waits for it may be
/// thousands, and each would try on its own.
const PROBED_FROM: u32 = 3;
/// Of an error in another receiver's notice.
const ERROR_CHARACTERS_MAX: usize = 200;
/// At most so long between two probes.
const PROBE_SPAN: Duration = Duration::from_secs(60);

impl Turn<'_> {
    /// An attempt that began at the record's moment failed.
    pub(super) fn attempt_failed(&mut self, id: DeliveryId, receiver: &ReceiverName) {
        let now = self.now;
        let Some(row) = self.state.outbox.get_mut(id) else { return };
        let began = row.record.began().unwrap_or(now.wall);
        if row.record.failing_since.is_none() {
            Arc::make_mut(&mut row.record).failing_since = Some(began);
            row.failing = Some(Elapsed::restored(began, now));
        }
        let queue = self.state.outbox.queue(receiver);
        queue.failures = queue.failures.saturating_add(1);
        if queue.failures >= PROBED_FROM {
            let quiet = backoff::after(id, queue.failures).min(PROBE_SPAN);
            queue.quiet_until = queue.quiet_until.max(now.mono + quiet);
        }
        if queue.failing.is_none() {
            queue.failing = Some(Elapsed::restored(began, now));
            for id in self.state.outbox.of(receiver) {
                self.watch_delivery(id);
            }
        } else {
            self.watch_delivery(id);
        }
    }

    pub(super) fn watch_delivery(&mut self, id: DeliveryId) {
        self.state.watch_delivery(id);
    }

    pub(crate) fn fallback_due(&mut self, id: DeliveryId) {
        match self.state.outbox.falls_back_at(id, ALONE_MAX) {
            Some(at) if at <= self.now.mono => self.fall_back(id),
            Some(_) => self.watch_delivery(id),
            None => {}
        }
    }

    /// The receiver cannot be told for now, or at all.
    pub(super) fn fall_back(&mut self, id: DeliveryId) {
        let Some(row) = self.state.outbox.get_mut(id) else { return };
        match row.record.fallback {
            Fallback::NotAsked => {}
            Fallback::Told | Fallback::IsOne => return,
        }
        let record = Arc::make_mut(&mut row.record);
        record.fallback = Fallback::Told;
        let record = Arc::clone(&row.record);
        let receiver = record.notification.receiver.clone();
        self.delivery_changed(id, &receiver);
        for key in open_alerts(&record) {
            self.step_failed(&key, &receiver);
        }
        self.tell_fallback(&record);
    }

    fn tell_fallback(&mut self, record: &DeliveryRecord) {
        let told = &record.notification;
        let spec = self.state.setup.receivers.get(&told.receiver).unwrap_or(&record.receiver);
        let Some(name) = spec.fallback.clone() else { return };
        let Some(fallback) = self.state.setup.receivers.get(&name).cloned() else { return };
        if !is_news(told.kind) || self.is_told_anyway(record, &name) {
            return;
        }
        // What is over is owed to whoever was told of it, by another way; what the fallback knows it is told in the way
        // in which it was told first, and in no other (rule D4).
        // And what ended meanwhile is told to nobody who did not hear of it.
        let setup = Arc::clone(&self.state.setup);
        let open = |told: &AlertNotice| {
            let alert = self.state.alerts.get(&told.key).filter(|alert| alert.record.id == told.id)?;
            Some(notice::notice(&alert.record, &setup, None))
        };
        let news = told.alerts.iter().filter(|told| told.until.is_none()).filter_map(open);
        let alerts: Vec<AlertNotice> =
            news.filter(|notice| !self.knows(&name, notice, &record.subject)).collect();
        if alerts.is_empty() && told.event.is_none() {
            return;
        }
        let Some((dedup_key, earlier)) = self.thread_of(record, &name) else { return };
        let message = Message {
            kind: told.kind,
            subject: record.subject.clone(),
            dedup_key,
            route: told.route.clone(),
            reason: in_place_of(record),
            group_labels: told.group_labels.clone(),
            alerts,
            omitted: told.omitted,
            event: told.event.clone(),
            link: told.link.clone(),
            not_before: None,
            earlier,
        };
        self.enqueue_as(fallback, message, Fallback::IsOne);
        for notice in &told.alerts {
            let reason = Reason::FellBack { receiver: told.receiver.clone(), fallback: name.clone() };
            self.decide(&notice.key, Some(notice.id.clone()), reason);
        }
    }

    /// Whether the route tells the fallback by itself.
    fn is_told_anyway(&self, record: &DeliveryRecord, fallback: &ReceiverName) -> bool {
        let route = record.notification.route.as_ref();
        let route = route.and_then(|name| crate::route::named(&self.state.setup, name));
        route.is_some_and(|route| route.receivers.contains(fallback))
    }

    /// Whether the receiver was told of this alert as it is, or is about to be; or was told in another lane, in which it
    /// will hear what is new.
    fn knows(&self, receiver: &ReceiverName, notice: &AlertNotice, subject: &DeliverySubject) -> bool {
        let level = notice.told_level();
        let grouped = matches!(subject, DeliverySubject::Group(_));
        let told = self.state.alerts.get(&notice.key).filter(|alert| alert.record.id == notice.id);
        let told = told.into_iter().flat_map(|alert| &alert.record.told);
        let mut told = told.filter(|told| told.receiver == *receiver);
        let in_lane = |told: &Told| {
            let as_group = told.retired.as_ref().is_some_and(|spec| spec.grouping == Grouping::PerGroup);
            as_group == grouped
        };
        if told.any(|told| Some(told.level) >= level || !in_lane(told)) {
            return true;
        }
        self.state.outbox.of(receiver).into_iter().filter_map(|id| self.state.outbox.get(id)).any(|row| {
            let same = |other: &AlertNotice| other.id == notice.id && other.told_level() >= level;
            row.tells_of_firing() && row.record.notification.alerts.iter().any(same)
        })
    }

    /// Under which key the fallback is told, and what it was told there.
    fn thread_of(&self, record: &DeliveryRecord, fallback: &ReceiverName) -> Option<(String, Earlier)> {
        let earlier = |service_id: Option<Option<String>>| match service_id {
            Some(service_id) => Earlier::Told { service_id },
            None => Earlier::Nothing,
        };
        match &record.subject {
            DeliverySubject::Alert(key) => {
                let id = &record.notification.alerts.first()?.id;
                let told = self.state.alerts.get(key).into_iter().flat_map(|alert| &alert.record.told);
                let mut told =
                    told.filter(|told| told.receiver == *fallback).map(|told| told.service_id.clone());
                Some((alert_dedup_key(id, fallback), earlier(told.next_back())))
            }
            DeliverySubject::Group(key) => {
                let group = self.state.groups.get(key)?;
                let told = group.record.told.iter().find(|told| told.receiver == *fallback);
                let key = group.record.dedup_key(fallback);
                Some((key, earlier(told.map(|told| told.service_id.clone()))))
            }
            DeliverySubject::Event(check, thread) => {
                Some((crate::event::dedup_key(check, thread, fallback), Earlier::Nothing))
            }
            DeliverySubject::Test => None,
        }
    }
}

/// Who reads it learns that others may not know, and why.
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

impl crate::state::State {
    /// Looks at the row again when its fallback is due.
    pub(crate) fn watch_delivery(&mut self, id: DeliveryId) {
        let Some(at) = self.outbox.falls_back_at(id, ALONE_MAX) else { return };
        let Some(row) = self.outbox.get_mut(id) else { return };
        self.timers.arm(&mut row.timer, at, Timer::Fallback(id));
    }
}

/// The alerts that a row tells of as firing.
fn open_alerts(record: &DeliveryRecord) -> Vec<AlertKey> {
    let firing = record.notification.alerts.iter().filter(|notice| notice.until.is_none());
    firing.map(|notice| notice.key.clone()).collect()
}
