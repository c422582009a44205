//! People take alerts: acknowledge them, give that back, hand them over. An acknowledgement stops reminders and
//! escalation, never the record, and never what is worse than told (rules A3, R2, R4).

use std::sync::Arc;

use crate::alert::{Acknowledgement, AlertKey, Assignment, Lasting, Phase, Told, notice};
use crate::delivery::queue::{Earlier, Message, alert_dedup_key};
use crate::delivery::{AlertNotice, DeliverySubject, NotificationKind};
use crate::group::GroupKey;
use crate::ids::ReceiverName;
use crate::input::AlertsOf;
use crate::reason::Reason;
use crate::turn::Turn;

impl Turn<'_> {
    pub(crate) fn acknowledge(&mut self, of: &AlertsOf, taken: &Acknowledgement) {
        let now = self.now.wall;
        if taken.until.is_some_and(|until| until <= now) {
            return;
        }
        let keys = self.open_alerts(of);
        for key in &keys {
            let Some(alert) = self.state.alerts.get_mut(key) else { continue };
            alert.record.acknowledged = Some(Acknowledgement { at: now, ..taken.clone() });
            let id = alert.record.id.clone();
            self.alert_changed_at_once(key);
            let Acknowledgement { by, comment, until, .. } = taken.clone();
            self.decide(key, Some(id), Reason::Acknowledged { by, comment, until });
            self.tell(key);
        }
        self.tell_taken(&keys, NotificationKind::Acknowledged, format!("acknowledged by {}", taken.by));
    }

    pub(crate) fn unacknowledge(&mut self, of: &AlertsOf, by: &str) {
        for key in self.open_alerts(of) {
            self.end_acknowledgement(&key, Reason::Unacknowledged { by: by.to_owned() });
            self.tell(&key);
        }
    }

    pub(crate) fn hand_over(&mut self, of: &AlertsOf, given: &Assignment) {
        let now = self.now.wall;
        let keys = self.open_alerts(of);
        for key in &keys {
            let Some(alert) = self.state.alerts.get_mut(key) else { continue };
            alert.record.assigned = Some(Assignment { at: now, ..given.clone() });
            let id = alert.record.id.clone();
            self.alert_changed_at_once(key);
            let Assignment { to, by, comment, .. } = given.clone();
            self.decide(key, Some(id), Reason::HandedOver { to, by, comment });
        }
        self.tell_taken(
            &keys,
            NotificationKind::HandedOver,
            format!("handed over to {} by {}", given.to, given.by),
        );
    }

    /// It got worse than told: who took it may not know (rule A3).
    pub(crate) fn clear_acknowledgement(&mut self, key: &AlertKey) {
        let taken = self.state.alerts.get(key).and_then(|alert| alert.record.acknowledged.as_ref());
        match taken.map(|taken| taken.lasting) {
            Some(Lasting::UntilWorse) => self.end_acknowledgement(key, Reason::AcknowledgementCleared),
            Some(Lasting::Sticky) | None => {}
        }
    }

    pub(crate) fn expire_acknowledgement(&mut self, key: &AlertKey) {
        let now = self.now.wall;
        let taken = self.state.alerts.get(key).and_then(|alert| alert.record.acknowledged.as_ref());
        if taken.and_then(|taken| taken.until).is_some_and(|until| until <= now) {
            self.end_acknowledgement(key, Reason::AcknowledgementExpired);
        }
    }

    /// Nobody has it any more: escalations start at their first step (rule R4).
    fn end_acknowledgement(&mut self, key: &AlertKey, reason: Reason) {
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        if alert.record.acknowledged.take().is_none() {
            return;
        }
        alert.restart_escalations();
        let id = alert.record.id.clone();
        self.alert_changed_at_once(key);
        self.decide(key, Some(id), reason);
    }

    /// Those that fire, or are recovering: what is pending was told to nobody who could take it.
    fn open_alerts(&self, of: &AlertsOf) -> Vec<AlertKey> {
        let fired = |key: &AlertKey| {
            self.state.alerts.get(key).is_some_and(|alert| match alert.record.phase {
                Phase::Pending => false,
                Phase::Firing { .. } | Phase::Recovering { .. } => true,
            })
        };
        match of {
            AlertsOf::Alert(id) => {
                let named = self.state.alerts.iter().find(|(_, alert)| alert.record.id == *id);
                named.map(|(key, _)| key.clone()).filter(fired).into_iter().collect()
            }
            AlertsOf::Group(group) => {
                let members = self.state.groups.get(group).map(|group| group.record.members.as_slice());
                let open = members.unwrap_or_default().iter().filter(|member| member.resolved.is_none());
                open.map(|member| member.key.clone()).filter(fired).collect()
            }
        }
    }

    /// Everybody who was told learns who has it now.
    fn tell_taken(&mut self, keys: &[AlertKey], kind: NotificationKind, reason: String) {
        let mut grouped: Vec<(GroupKey, ReceiverName, Vec<AlertNotice>)> = Vec::new();
        for key in keys {
            let Some(alert) = self.state.alerts.get(key) else { continue };
            let setup = Arc::clone(&self.state.setup);
            let told_notice = notice::notice(&alert.record, &setup, None);
            let told: Vec<Told> = alert.record.told.clone();
            let groups = alert.groups.clone();
            for told in told {
                match groups.iter().find(|group| self.is_told_by(group, &told)) {
                    Some(group) => {
                        let same = |(key, receiver, _): &&mut (GroupKey, ReceiverName, Vec<AlertNotice>)| {
                            key == group && *receiver == told.receiver
                        };
                        match grouped.iter_mut().find(same) {
                            Some((.., notices)) => notices.push(told_notice.clone()),
                            None => {
                                grouped.push((group.clone(), told.receiver, vec![told_notice.clone()]));
                            }
                        }
                    }
                    None => self.tell_taken_alone(key, &told, &told_notice, kind, &reason),
                }
            }
        }
        for (group, receiver, notices) in grouped {
            self.tell_taken_in_group(&group, &receiver, notices, kind, &reason);
        }
    }

    fn tell_taken_alone(
        &mut self,
        key: &AlertKey,
        told: &Told,
        told_notice: &AlertNotice,
        kind: NotificationKind,
        reason: &str,
    ) {
        let Some(spec) = self.receiver_of(told) else { return };
        let message = Message {
            kind,
            subject: DeliverySubject::Alert(key.clone()),
            dedup_key: alert_dedup_key(&told_notice.id, &spec.name),
            route: Some(told.route.clone()),
            reason: reason.to_owned(),
            group_labels: told_notice.labels.clone(),
            link: told_notice.link.clone(),
            alerts: vec![told_notice.clone()],
            omitted: 0,
            event: None,
            not_before: None,
            earlier: Earlier::Told { service_id: told.service_id.clone() },
        };
        self.enqueue(spec, message);
    }

    fn tell_taken_in_group(
        &mut self,
        key: &GroupKey,
        receiver: &ReceiverName,
        mut notices: Vec<AlertNotice>,
        kind: NotificationKind,
        reason: &str,
    ) {
        let Some(group) = self.state.groups.get(key) else { return };
        let Some(told) = group.record.told.iter().find(|told| told.receiver == *receiver) else { return };
        let Some(spec) = self.state.setup.receivers.get(receiver).cloned() else { return };
        let omitted = notices.len().saturating_sub(crate::group::MESSAGE_ALERTS_MAX);
        notices.truncate(crate::group::MESSAGE_ALERTS_MAX);
        let link = match notices.as_slice() {
            [only] => only.link.clone(),
            _ => format!("{}/alerts", self.state.setup.external_url),
        };
        let message = Message {
            kind,
            subject: DeliverySubject::Group(key.clone()),
            dedup_key: group.record.dedup_key(receiver),
            route: Some(key.route.clone()),
            reason: reason.to_owned(),
            group_labels: key.labels.clone(),
            alerts: notices,
            omitted: u32::try_from(omitted).unwrap_or(u32::MAX),
            link,
            event: None,
            not_before: None,
            earlier: Earlier::Told { service_id: told.service_id.clone() },
        };
        self.enqueue(spec, message);
    }
}
