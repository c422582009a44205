//! Attempts (rules D1, D2): begun for the heads of lanes as concurrency and rate of the receiver allow. The outbox
//! row says that the attempt began, in the same commit as that its alerts are told; the daemon sends only when
//! that is durable.

use std::sync::Arc;

use crate::alert::{Answer, GaveUp, Took};
use crate::clock::Elapsed;
use crate::commit::Change;
use crate::delivery::outbox::RATE_SPAN;
use crate::delivery::{AttemptResult, DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, backoff};
use crate::ids::{DeliveryId, ReceiverName};
use crate::input::DeliveryFinished;
use crate::reason::Reason;
use crate::report::Judgement;
use crate::setup::{Grouping, ReceiverSpec};
use crate::time::Mono;
use crate::timers::Timer;
use crate::turn::Turn;

impl Turn<'_> {
    /// Begins what the receiver may be sent now, and arms its timer for what comes next.
    pub(crate) fn attempt_what_is_due(&mut self, receiver: &ReceiverName) {
        while let Some((at, id)) = self.state.outbox.queue(receiver).first() {
            let Some(row) = self.state.outbox.get(id) else { return };
            let spec = self.state.setup.receivers.get(receiver).unwrap_or(&row.record.receiver);
            let (concurrency, rate) = (spec.concurrency.get(), spec.rate_per_minute);
            let now = self.now.mono;
            let queue = self.state.outbox.queue(receiver);
            if queue.under_way >= concurrency {
                return;
            }
            while queue.begun.front().is_some_and(|begun| *begun + RATE_SPAN <= now) {
                queue.begun.pop_front();
            }
            let full = rate.map(|rate| rate.get() as usize).filter(|rate| queue.begun.len() >= *rate);
            let slot = full.map_or(Mono::default(), |rate| queue.begun[queue.begun.len() - rate] + RATE_SPAN);
            let earliest = at.max(slot).max(queue.quiet_until);
            if earliest > now {
                self.state.timers.arm(&mut queue.timer, earliest, Timer::Receiver(receiver.clone()));
                return;
            }
            queue.take_first();
            queue.under_way += 1;
            if rate.is_some() {
                queue.begun.push_back(now);
            }
            self.begin_attempt(id, receiver);
        }
    }

    fn begin_attempt(&mut self, id: DeliveryId, receiver: &ReceiverName) {
        let Some(row) = self.state.outbox.get(id) else { return };
        let told_before = row.is_untried() && self.was_told(&row.record);
        let current = self.state.setup.receivers.get(receiver).cloned();
        let began = self.now.wall;
        let row = self.state.outbox.get_mut(id).expect("the row was there a moment ago");
        let record = Arc::make_mut(&mut row.record);
        if let Some(current) = current {
            record.receiver = current;
        }
        if told_before && !record.notification.told_before {
            Arc::make_mut(&mut record.notification).told_before = true;
        }
        record.attempts += 1;
        record.status = DeliveryStatus::Attempting { began };
        let record = Arc::clone(&row.record);
        self.mark_told(&record);
        self.delivery_changed(id, receiver);
        let attempt = record.attempts;
        self.begin(record, attempt);
    }

    /// Whether an attempt with this row's dedup key was begun before.
    fn was_told(&self, record: &DeliveryRecord) -> bool {
        let receiver = &record.notification.receiver;
        match &record.subject {
            DeliverySubject::Alert(key) => self
                .state
                .alerts
                .get(key)
                .is_some_and(|alert| alert.record.told.iter().any(|told| told.receiver == *receiver)),
            DeliverySubject::Group(key) => self
                .state
                .groups
                .get(key)
                .is_some_and(|group| group.record.told.iter().any(|told| told.receiver == *receiver)),
            DeliverySubject::Test | DeliverySubject::Event(..) => false,
        }
    }

    /// From here on the resolves of the alerts in it are owed (rule A4).
    fn mark_told(&mut self, record: &DeliveryRecord) {
        let notification = &record.notification;
        if !notification.kind.tells_of_firing() {
            return;
        }
        let Some(route) = &notification.route else { return };
        if let DeliverySubject::Group(key) = &record.subject {
            let now = self.now;
            if let Some(group) = self.state.groups.get_mut(key)
                && group.record.dedup_key(&notification.receiver) == notification.dedup_key
            {
                group.mark_told(&notification.receiver, now);
                self.group_changed(key);
            }
        }
        // One message may tell of the end of one life and of the beginning of the next, under one key.
        for notice in &notification.alerts {
            let Some(level) = notice.told_level() else { continue };
            let Some(alert) = self.state.alerts.get_mut(&notice.key) else { continue };
            if alert.record.id == notice.id {
                alert.mark_told(
                    &record.subject,
                    &notification.receiver,
                    route,
                    (level, notice.flapping),
                    self.now,
                );
                alert.keep_receiver(&record.receiver, &record.subject);
                self.alert_changed(&notice.key);
                self.arm_reminder(&notice.key, &notification.receiver, route);
            }
        }
    }

    pub(crate) fn delivery_finished(&mut self, finished: DeliveryFinished) {
        let DeliveryFinished { delivery: id, attempt, result, kv } = finished;
        let current =
            |row: &&crate::delivery::outbox::Row| row.is_under_way() && row.record.attempts == attempt;
        let Some(row) = self.state.outbox.get(id).filter(current) else { return };
        let record = Arc::clone(&row.record);
        let receiver = record.notification.receiver.clone();
        let queue = self.state.outbox.queue(&receiver);
        queue.under_way = queue.under_way.saturating_sub(1);
        self.receiver_woken(&receiver);
        for write in kv {
            self.note(Change::Kv(write));
        }
        match result {
            AttemptResult::Delivered(service_id) => self.delivered(&record, service_id),
            AttemptResult::RetryAfter(span, error) => {
                let until = self.now.mono + span.min(backoff::PATIENCE);
                let queue = self.state.outbox.queue(&receiver);
                queue.quiet_until = queue.quiet_until.max(until);
                self.try_again(id, &receiver, until, error);
            }
            AttemptResult::Retryable(error) => {
                let not_before = self.now.mono + backoff::after(id, attempt);
                self.try_again(id, &receiver, not_before, error);
            }
            AttemptResult::Unsure(error) => {
                if let Some(row) = self.state.outbox.get_mut(id) {
                    let record = Arc::make_mut(&mut row.record);
                    Arc::make_mut(&mut record.notification).told_before = true;
                }
                let not_before = self.now.mono + backoff::after(id, attempt);
                self.try_again(id, &receiver, not_before, error);
            }
            AttemptResult::Rejected(error) => self.give_up(&record, error),
        }
    }

    fn try_again(&mut self, id: DeliveryId, receiver: &ReceiverName, not_before: Mono, error: String) {
        self.attempt_failed(id, receiver);
        let wall = self.now.wall_at(not_before);
        let Some(row) = self.state.outbox.get_mut(id) else { return };
        if not_before > row.deadline {
            let record = Arc::clone(&row.record);
            self.give_up(&record, error);
            return;
        }
        row.not_before = not_before;
        let record = Arc::make_mut(&mut row.record);
        record.status = DeliveryStatus::Waiting { not_before: wall };
        record.last_error = Some(error);
        let subject = record.subject.clone();
        self.state.outbox.queue(receiver).wait_again(id, &subject, not_before);
        self.delivery_changed(id, receiver);
    }

    fn delivered(&mut self, record: &DeliveryRecord, service_id: Option<String>) {
        let receiver = &record.notification.receiver;
        let queue = self.state.outbox.queue(receiver);
        (queue.failing, queue.failures) = (None, 0);
        for notice in &record.notification.alerts {
            self.step_reached(&notice.key, receiver);
        }
        let at = self.now.wall;
        self.answered_to(record, |answer, level| {
            answer.took = Some(Took { at, level });
            answer.gave_up = None;
        });
        if let Some(service_id) = &service_id {
            self.remember_service_id(record, service_id);
        }
        self.end_delivery(record.id, Ended::Delivered { at: self.now.wall, service_id });
    }

    /// Later notices of the same dedup key are given what the service called this one.
    fn remember_service_id(&mut self, record: &DeliveryRecord, service_id: &str) {
        let receiver = &record.notification.receiver;
        match &record.subject {
            DeliverySubject::Alert(key) => {
                let told =
                    self.state.alerts.get_mut(key).and_then(|alert| {
                        alert.record.told.iter_mut().find(|told| told.receiver == *receiver)
                    });
                if let Some(told) = told.filter(|told| told.service_id.as_deref() != Some(service_id)) {
                    told.service_id = Some(service_id.to_owned());
                    self.alert_changed(key);
                }
            }
            DeliverySubject::Group(key) => {
                let told =
                    self.state.groups.get_mut(key).and_then(|group| {
                        group.record.told.iter_mut().find(|told| told.receiver == *receiver)
                    });
                if let Some(told) = told.filter(|told| told.service_id.as_deref() != Some(service_id)) {
                    told.service_id = Some(service_id.to_owned());
                    self.group_changed(key);
                }
            }
            DeliverySubject::Event(..) => {
                self.state.threads.remember(&record.notification.dedup_key, service_id);
            }
            DeliverySubject::Test => {}
        }
        let followers: Vec<DeliveryId> = self
            .state
            .outbox
            .lane(receiver, &record.subject)
            .filter(|row| row.record.id != record.id)
            .filter(|row| row.record.notification.dedup_key == record.notification.dedup_key)
            .map(|row| row.record.id)
            .collect();
        for id in followers {
            if let Some(row) = self.state.outbox.get_mut(id) {
                Arc::make_mut(&mut row.record).previous_id = Some(service_id.to_owned());
                self.delivery_changed(id, receiver);
            }
        }
    }

    /// Keeps what the service made of each alert that the row tells of as firing.
    fn answered_to(&mut self, record: &DeliveryRecord, keep: impl Fn(&mut Answer, Judgement)) {
        let notification = &record.notification;
        if !notification.kind.tells_of_firing() {
            return;
        }
        for notice in &notification.alerts {
            let Some(level) = notice.told_level() else { continue };
            let Some(alert) = self.state.alerts.get_mut(&notice.key) else { continue };
            if alert.record.id == notice.id {
                keep(alert.record.answer_of(&notification.receiver), level);
                self.alert_changed(&notice.key);
            }
        }
    }

    fn give_up(&mut self, record: &DeliveryRecord, error: String) {
        let receiver = record.notification.receiver.clone();
        for notice in &record.notification.alerts {
            let reason = Reason::Undeliverable { receiver: receiver.clone(), error: error.clone() };
            self.decide(&notice.key, Some(notice.id.clone()), reason);
        }
        let at = self.now.wall;
        self.answered_to(record, |answer, _| {
            answer.gave_up = Some(GaveUp { at, error: error.clone(), delivery: record.id });
        });
        if let Some(row) = self.state.outbox.get_mut(record.id) {
            // Its fallback is told why.
            Arc::make_mut(&mut row.record).last_error = Some(error.clone());
        }
        self.fall_back(record.id);
        self.end_delivery(record.id, Ended::Dead { at: self.now.wall, error });
    }
}

impl crate::alert::Alert {
    /// Should the config lose the receiver, by a reload or while the host is down, what it is owed goes where this
    /// row goes (rule A11).
    fn keep_receiver(&mut self, spec: &Arc<ReceiverSpec>, subject: &DeliverySubject) {
        let grouping = match subject {
            DeliverySubject::Group(_) => Grouping::PerGroup,
            DeliverySubject::Alert(_) | DeliverySubject::Test | DeliverySubject::Event(..) => {
                Grouping::PerAlert
            }
        };
        let kept = if spec.grouping == grouping {
            Arc::clone(spec)
        } else {
            Arc::new(ReceiverSpec { grouping, ..ReceiverSpec::clone(spec) })
        };
        for told in self.record.told.iter_mut().filter(|told| told.receiver == spec.name) {
            told.retired = Some(Arc::clone(&kept));
        }
    }
    /// An attempt to tell `receiver` begins.
    fn mark_told(
        &mut self,
        subject: &DeliverySubject,
        receiver: &ReceiverName,
        route: &crate::ids::RouteName,
        (level, flapping): (Judgement, bool),
        now: crate::time::Now,
    ) {
        let grouped = matches!(subject, DeliverySubject::Group(_));
        self.told_since.insert(receiver.clone(), Elapsed::starting(now));
        let known = self
            .record
            .told
            .iter_mut()
            .find(|told| told.receiver == *receiver && (!grouped || told.route == *route));
        match known {
            Some(told) => {
                told.level = if grouped { level } else { told.level.max(level) };
                told.flapping = flapping;
                told.at = now.wall;
            }
            None => self.record.told.push(crate::alert::Told {
                receiver: receiver.clone(),
                route: route.clone(),
                level,
                flapping,
                at: now.wall,
                service_id: None,
                retired: None,
            }),
        }
    }
}
