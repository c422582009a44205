//! Telling a group (rules R2, R3): one message per receiver with what is new, what resolved, and the rest for
//! context. A receiver that knows all of it already is told nothing, unless a reminder is due.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::alert::holds::held_by;
use crate::alert::tell::{earlier, route_hold, why_firing, why_swung};
use crate::alert::{Alert, AlertKey, Phase, Told, notice};
use crate::clock::Elapsed;
use crate::delivery::queue::{Earlier, Message};
use crate::delivery::{AlertNotice, DeliverySubject, NotificationKind};
use crate::group::{Group, GroupKey, MESSAGE_ALERTS_MAX};
use crate::ids::{AlertId, DeliveryId, ReceiverName};
use crate::reason::Reason;
use crate::report::Judgement;
use crate::route;
use crate::setup::{Grouping, ReceiverSpec, Route, Setup};
use crate::time::Mono;
use crate::turn::Turn;

/// What one receiver is to be told of a group.
#[derive(Debug, Default)]
struct Content {
    /// Firing, and not known to the receiver as it stands.
    news: Vec<AlertKey>,
    resolved: Vec<AlertNotice>,
    /// So many of `resolved`, at its front, come from the message that is replaced: nothing else owes them.
    carried: usize,
    /// Firing, and known.
    known: Vec<AlertKey>,
    reminder: bool,
    /// A message that waits, never attempted: this one takes its place.
    replaces: Option<DeliveryId>,
}

impl Turn<'_> {
    pub(crate) fn flush_group(&mut self, key: &GroupKey) {
        let setup = Arc::clone(&self.state.setup);
        let route = route::named(&setup, &key.route);
        let receivers = self.group_receivers(key);
        let now = self.now;
        let Some(group) = self.state.groups.get_mut(key) else { return };
        group.flush_due = None;
        group.record.flush_at = None;
        group.flushed = Some(Elapsed::starting(now));
        group.record.last_flush = Some(now.wall);
        self.group_changed(key);
        let mut unfinished = false;
        for receiver in &receivers {
            unfinished |= self.flush_to(key, receiver, route, &setup) == Flushed::InPart;
        }
        self.drop_members(key, |member| member.resolved.is_some() && member.owed.is_empty());
        let mut next = self.next_reminder(key, route);
        if let Some(route) = route {
            next = earlier(next, route_hold(route, now).flatten());
            if unfinished {
                next = earlier(next, Some(now.mono + route.group_interval.max(route.group_wait)));
            }
        }
        if next.is_some() {
            self.arm_group(key, next);
        }
    }

    fn flush_to(
        &mut self,
        key: &GroupKey,
        receiver: &ReceiverName,
        route: Option<&Route>,
        setup: &Setup,
    ) -> Flushed {
        let Some(group) = self.state.groups.get(key) else { return Flushed::Whole };
        let Some(spec) = self.group_receiver(group, receiver) else { return Flushed::Whole };
        let content = self.content(group, receiver, route);
        if content.news.is_empty() && content.resolved.is_empty() && !content.reminder {
            return Flushed::Whole;
        }
        let mut flushed = Flushed::Whole;
        let mut alerts: Vec<AlertNotice> = Vec::new();
        let firing = |key: &AlertKey| {
            self.state.alerts.get(key).map(|alert| notice::notice(&alert.record, setup, None))
        };
        let (carried, resolved) = content.resolved.split_at(content.carried);
        alerts.extend(carried.iter().cloned());
        alerts.extend(content.news.iter().filter_map(firing));
        alerts.extend(resolved.iter().cloned());
        if alerts.len() > MESSAGE_ALERTS_MAX {
            flushed = Flushed::InPart;
        }
        alerts.extend(content.known.iter().filter_map(firing));
        let omitted = alerts.len().saturating_sub(MESSAGE_ALERTS_MAX);
        alerts.truncate(MESSAGE_ALERTS_MAX);
        let kind = if alerts.iter().all(|notice| notice.until.is_some()) {
            NotificationKind::Resolved
        } else if content.news.is_empty() && content.resolved.is_empty() {
            NotificationKind::Reminder
        } else {
            NotificationKind::Firing
        };
        let told = group.record.told.iter().find(|told| told.receiver == *receiver);
        let earlier = match told {
            Some(told) => Earlier::Told { service_id: told.service_id.clone() },
            None => Earlier::Nothing,
        };
        let message = Message {
            kind,
            subject: DeliverySubject::Group(key.clone()),
            dedup_key: group.record.dedup_key(receiver),
            route: Some(key.route.clone()),
            reason: self.why(&content, &alerts),
            group_labels: key.labels.clone(),
            link: match alerts.as_slice() {
                [only] => only.link.clone(),
                _ => format!("{}/alerts", setup.external_url),
            },
            omitted: u32::try_from(omitted).unwrap_or(u32::MAX),
            alerts,
            event: None,
            not_before: None,
            earlier,
        };
        self.send_group(key, spec, message, &content);
        flushed
    }

    fn send_group(&mut self, key: &GroupKey, spec: Arc<ReceiverSpec>, message: Message, content: &Content) {
        if let Some(id) = content.replaces {
            self.supersede(id);
        }
        let receiver = spec.name.clone();
        let told: Vec<(AlertKey, AlertId, bool)> = message
            .alerts
            .iter()
            .map(|notice| (notice.key.clone(), notice.id.clone(), notice.until.is_some()))
            .collect();
        let kind = message.kind;
        let notification = self.enqueue(spec, message);
        let route = key.route.clone();
        for (alert, id, resolved) in told {
            let receiver = receiver.clone();
            if resolved {
                self.resolve_told(key, &id, &receiver);
                self.decide(&alert, Some(id), Reason::ResolveOwed { receiver });
            } else if kind == NotificationKind::Reminder {
                self.decide(&alert, Some(id), Reason::Reminded { receiver, route: route.clone() });
            } else if content.news.contains(&alert) {
                let notification = notification.clone();
                self.decide(&alert, Some(id), Reason::Told { receiver, route: route.clone(), notification });
            }
        }
    }

    /// The resolve is in the outbox now, which owes it from here on.
    fn resolve_told(&mut self, key: &GroupKey, alert: &AlertId, receiver: &ReceiverName) {
        let Some(group) = self.state.groups.get_mut(key) else { return };
        for member in group.record.members.iter_mut().filter(|member| member.alert == *alert) {
            member.owed.retain(|told| told.receiver != *receiver);
        }
    }

    fn group_receiver(&self, group: &Group, receiver: &ReceiverName) -> Option<Arc<ReceiverSpec>> {
        let current = self.state.setup.receivers.get(receiver);
        let told = group.record.told.iter().any(|told| told.receiver == *receiver);
        let grouped = current.filter(|spec| told || spec.grouping == Grouping::PerGroup).cloned();
        grouped.or_else(|| {
            let mut owed = group.record.members.iter().flat_map(|member| &member.owed);
            owed.find(|told| told.receiver == *receiver).and_then(|told| self.receiver_of(told))
        })
    }

    fn content(&self, group: &Group, receiver: &ReceiverName, route: Option<&Route>) -> Content {
        let subject = DeliverySubject::Group(group.record.key.clone());
        let mut content = Content::default();
        let mut waiting: BTreeMap<&AlertId, (Judgement, bool)> = BTreeMap::new();
        let mut busy = false;
        let dedup_key = group.record.dedup_key(receiver);
        for row in self.state.outbox.lane(receiver, &subject) {
            busy = true;
            // What waits from an earlier life of the group goes out under that life's key.
            let kind = row.record.notification.kind;
            if !row.is_untried()
                || row.record.notification.dedup_key != dedup_key
                || !(kind.tells_of_firing() || kind == NotificationKind::Resolved)
            {
                continue;
            }
            content.replaces = Some(row.record.id);
            for notice in &row.record.notification.alerts {
                match notice.told_level() {
                    Some(level) => {
                        waiting.insert(&notice.id, (level, notice.flapping));
                    }
                    None => content.resolved.push(notice.clone()),
                }
            }
        }
        content.carried = content.resolved.len();
        let open = route
            .is_some_and(|route| route.receivers.contains(receiver) && route_hold(route, self.now).is_none());
        for member in &group.record.members {
            match &member.resolved {
                Some(notice) => {
                    if owes(&member.owed, receiver) {
                        content.resolved.push(AlertNotice::clone(notice));
                    }
                }
                None => {
                    self.sort_firing(&member.key, receiver, route.filter(|_| open), &waiting, &mut content)
                }
            }
        }
        if content.news.iter().all(|key| self.waits(key, &waiting))
            && content.resolved.len() == content.carried
        {
            content.news.clear();
            content.resolved.clear();
            content.carried = 0;
        }
        let due = group
            .told_since
            .get(receiver)
            .zip(route)
            .map(|(since, route)| since.reaches(route.repeat_interval));
        content.reminder = open
            && !busy
            && due.is_some_and(|due| due <= self.now.mono)
            && content.known.iter().any(|key| self.reminds_now(key));
        content
    }

    /// News, known, or nothing of the kind: held back, or known nowhere and not to be told now.
    fn sort_firing(
        &self,
        key: &AlertKey,
        receiver: &ReceiverName,
        route: Option<&Route>,
        waiting: &BTreeMap<&AlertId, (Judgement, bool)>,
        content: &mut Content,
    ) {
        let Some(alert) = self.state.alerts.get(key) else { return };
        let record = &alert.record;
        let spec = self.state.setup.receivers.get(receiver);
        if spec.is_some_and(|spec| self.grouping_for(alert, spec) == Grouping::PerAlert) {
            return;
        }
        let told = record.told.iter().find(|told| told.receiver == *receiver);
        let quiet = alert.is_quiet_for(told, held_by(&record.holds));
        if let (Some(route), false, true) = (route, quiet, record.is_told()) {
            let swung = told.is_some_and(|told| told.flapping != record.flaps.is_flapping());
            let told = self.told_anywhere(alert, receiver, route);
            if told != Some(record.level) || swung {
                content.news.push(key.clone());
                return;
            }
        }
        if record.told.iter().any(|told| told.receiver == *receiver) {
            content.known.push(key.clone());
        } else if waiting.contains_key(&record.id) {
            content.news.push(key.clone());
        }
    }

    /// What the receiver was told of the alert by this route, or by one that does not lead to it any more: after
    /// a change of routes who was told stays told (rule A11).
    fn told_anywhere(&self, alert: &Alert, receiver: &ReceiverName, route: &Route) -> Option<Judgement> {
        if let Some(level) = alert.told_level(receiver, &route.name) {
            return Some(level);
        }
        let others: Vec<&Told> = alert.record.told.iter().filter(|told| told.receiver == *receiver).collect();
        if others.is_empty() {
            return None;
        }
        let live = route::taken(&self.state.setup, &alert.record.labels);
        let gone = |told: &&&Told| !live.iter().any(|route| route.name == told.route);
        others.iter().filter(gone).map(|told| told.level).max()
    }

    fn reminds_now(&self, key: &AlertKey) -> bool {
        let Some(alert) = self.state.alerts.get(key) else { return false };
        let firing = matches!(alert.record.phase, Phase::Firing { .. });
        firing && alert.record.holds.is_empty() && alert.record.acknowledged.is_none() && reminds(key)
    }

    /// Whether a message with the alert as it is waits already.
    fn waits(&self, key: &AlertKey, waiting: &BTreeMap<&AlertId, (Judgement, bool)>) -> bool {
        let Some(alert) = self.state.alerts.get(key) else { return true };
        waiting.get(&alert.record.id) == Some(&(alert.record.level, alert.record.flaps.is_flapping()))
    }

    fn next_reminder(&self, key: &GroupKey, route: Option<&Route>) -> Option<Mono> {
        let (group, route) = (self.state.groups.get(key)?, route?);
        let firing = group.record.members.iter().filter(|member| member.resolved.is_none());
        let taken = |key: &AlertKey| {
            self.state.alerts.get(key).is_some_and(|alert| alert.record.acknowledged.is_some())
        };
        if route.repeat_interval.is_zero()
            || !firing.clone().any(|member| reminds(&member.key) && !taken(&member.key))
        {
            return None;
        }
        // Who is told in this very turn is reminded a whole interval from now.
        let told = group.told_since.values().map(|since| since.reaches(route.repeat_interval));
        let now = self.now.mono;
        told.filter(|at| *at > now).min().or(Some(now + route.repeat_interval))
    }

    fn why(&self, content: &Content, alerts: &[AlertNotice]) -> String {
        if let ([only], [key]) = (alerts, content.news.as_slice())
            && let Some(alert) = self.state.alerts.get(key)
            && only.id == alert.record.id
        {
            let told = alert.record.told.iter().any(|told| told.flapping != alert.record.flaps.is_flapping());
            return match alert.record.previous {
                _ if told => why_swung(&alert.record).to_string(),
                Some(from) if from < alert.record.level => {
                    Reason::Worsened { from, to: alert.record.level }.to_string()
                }
                Some(from) if from > alert.record.level => {
                    Reason::Eased { from, to: alert.record.level }.to_string()
                }
                Some(_) | None => why_firing(&alert.record).to_string(),
            };
        }
        if content.reminder && content.news.is_empty() && content.resolved.is_empty() {
            return format!("reminder: {} still firing", content.known.len());
        }
        let counts = [
            (content.news.len(), "new or changed"),
            (content.resolved.len(), "resolved"),
            (content.known.len(), "still firing"),
        ];
        let some = counts.iter().filter(|(count, _)| *count > 0);
        let counted: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
        format!("of this group: {}", counted.join(", "))
    }
}

/// Whether all that was owed found room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flushed {
    Whole,
    InPart,
}

fn owes(owed: &[Told], receiver: &ReceiverName) -> bool {
    owed.iter().any(|told| told.receiver == *receiver)
}

/// "Not judged" is told once (rule A2).
fn reminds(key: &AlertKey) -> bool {
    match key {
        AlertKey::NotJudged(_) => false,
        AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) | AlertKey::Host(_) => true,
    }
}
