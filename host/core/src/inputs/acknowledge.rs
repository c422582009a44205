//! People acknowledge alerts, take that back, and hand alerts over. An acknowledgement stops reminders and escalation,
//! but neither the record nor a notice that the alert got worse (rules A3, R2, R4).

use std::sync::Arc;

use crate::ids::ReceiverName;
use crate::model::alert::{Acknowledgement, Assignment, Phase, Told};
use crate::model::delivery::{AlertNotice, NotificationKind};
use crate::model::input::AlertsOf;
use crate::model::keys::{AlertKey, GroupKey};
use crate::model::message::{Earlier, Message};
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::{lanes, notice};
use crate::stages::deliver::queue;
use crate::stages::tell::acknowledgement;

pub(crate) fn acknowledge(tx: &mut Transaction<'_>, of: &AlertsOf, taken: &Acknowledgement) {
    let now = tx.now.wall;
    if taken.until.is_some_and(|until| until <= now) {
        return;
    }
    let keys = open_alerts(tx, of);
    for key in &keys {
        let Some(alert) = tx.state.alerts.at_hand_mut(key) else { continue };
        alert.record.acknowledged = Some(Acknowledgement { at: now, ..taken.clone() });
        let id = alert.record.id.clone();
        tx.alert_changed_at_once(key);
        let Acknowledgement { by, comment, until, .. } = taken.clone();
        tx.decide(key, Some(id), Reason::Acknowledged { by, comment, until });
        tx.mark_to_tell(key);
    }
    tell_taken(tx, &keys, NotificationKind::Acknowledged, format!("acknowledged by {}", taken.by));
}

pub(crate) fn unacknowledge(tx: &mut Transaction<'_>, of: &AlertsOf, by: &str) {
    for key in open_alerts(tx, of) {
        acknowledgement::end_acknowledgement(tx, &key, Reason::Unacknowledged { by: by.to_owned() });
        tx.mark_to_tell(&key);
    }
}

pub(crate) fn hand_over(tx: &mut Transaction<'_>, of: &AlertsOf, given: &Assignment) {
    let now = tx.now.wall;
    let keys = open_alerts(tx, of);
    for key in &keys {
        let Some(alert) = tx.state.alerts.at_hand_mut(key) else { continue };
        alert.record.assigned = Some(Assignment { at: now, ..given.clone() });
        let id = alert.record.id.clone();
        tx.alert_changed_at_once(key);
        let Assignment { to, by, comment, .. } = given.clone();
        tx.decide(key, Some(id), Reason::HandedOver { to, by, comment });
    }
    tell_taken(
        tx,
        &keys,
        NotificationKind::HandedOver,
        format!("handed over to {} by {}", given.to, given.by),
    );
}

/// The alerts that fire or are recovering. Nobody was told of a pending one, so nobody can take it.
fn open_alerts(tx: &Transaction<'_>, of: &AlertsOf) -> Vec<AlertKey> {
    let fired = |key: &AlertKey| {
        tx.state.alerts.get(key).is_some_and(|alert| match alert.record.phase {
            Phase::Pending => false,
            Phase::Firing { .. } | Phase::Recovering { .. } => true,
        })
    };
    match of {
        AlertsOf::Alert(id) => {
            let named = tx.state.alerts.iter().find(|(_, alert)| alert.record.id == *id);
            named.map(|(key, _)| key.clone()).filter(fired).into_iter().collect()
        }
        AlertsOf::Group(group) => {
            let members = tx.state.groups.get(group).map(|group| group.record.members.as_slice());
            let open = members.unwrap_or_default().iter().filter(|member| member.resolved.is_none());
            open.map(|member| member.key.clone()).filter(fired).collect()
        }
    }
}

/// Tells everybody who was told who has the alert now.
fn tell_taken(tx: &mut Transaction<'_>, keys: &[AlertKey], kind: NotificationKind, reason: String) {
    let mut grouped: Vec<(GroupKey, ReceiverName, Vec<AlertNotice>)> = Vec::new();
    for key in keys {
        let Some(alert) = tx.state.alerts.at_hand(key) else { continue };
        let setup = Arc::clone(&tx.state.setup);
        let told_notice = notice::notice(&alert.record, &setup, None);
        let told: Vec<Told> = alert.record.told.clone();
        let groups = alert.groups.clone();
        for told in told {
            match groups.iter().find(|group| lanes::is_told_by(tx.state, group, &told)) {
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
                None => tell_taken_alone(tx, &told, &told_notice, kind, &reason),
            }
        }
    }
    for (group, receiver, notices) in grouped {
        tell_taken_in_group(tx, &group, &receiver, notices, kind, &reason);
    }
}

fn tell_taken_alone(
    tx: &mut Transaction<'_>,
    told: &Told,
    told_notice: &AlertNotice,
    kind: NotificationKind,
    reason: &str,
) {
    let Some(spec) = lanes::receiver_of(tx.state, told) else { return };
    let earlier = Earlier::of(Some(&told.service_id));
    let message =
        Message::of_alert(kind, &spec.name, &told.route, told_notice.clone(), reason.to_owned(), earlier);
    queue::enqueue(tx, spec, message);
}

fn tell_taken_in_group(
    tx: &mut Transaction<'_>,
    key: &GroupKey,
    receiver: &ReceiverName,
    notices: Vec<AlertNotice>,
    kind: NotificationKind,
    reason: &str,
) {
    let Some(group) = tx.state.groups.at_hand(key) else { return };
    if !group.record.told.iter().any(|told| told.receiver == *receiver) {
        return;
    }
    let Some(spec) = tx.state.setup.receivers.get(receiver).cloned() else { return };
    let url = &tx.state.setup.external_url;
    let message = Message::of_group(kind, receiver, &group.record, notices, reason.to_owned(), url);
    queue::enqueue(tx, spec, message);
}
