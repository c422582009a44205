//! People acknowledge alerts, take that back, and hand alerts over. An acknowledgement stops reminders and escalation,
//! but neither the record nor a notice that the alert got worse (rules A3, R2, R4).

use crate::model::alert::{Acknowledgement, Assignment};
use crate::model::delivery::NotificationKind;
use crate::model::input::AlertsOf;
use crate::model::keys::AlertKey;
use crate::model::reply::Reply;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::rules::replies;
use crate::stages::tell::{acknowledgement, assignee, told};

pub(crate) fn acknowledge(tx: &mut Transaction<'_>, of: &AlertsOf, taken: &Acknowledgement) {
    let now = tx.now.wall;
    if taken.until.is_some_and(|until| until <= now) {
        return;
    }
    let keys = open_alerts(tx, of);
    for key in &keys {
        let Some(alert) = tx.state.alerts.at_hand_mut(key) else { continue };
        alert.record.acknowledged = Some(Acknowledgement { at: now, ..taken.clone() });
        alert.record.taken = alert.record.taken.saturating_add(1);
        let id = alert.record.id.clone();
        tx.alert_changed_at_once(key);
        let Acknowledgement { by, comment, until, .. } = taken.clone();
        tx.decide(key, Some(id), Reason::Acknowledged { by, comment, until });
        tx.mark_to_act(key);
        tx.mark_to_tell(key);
    }
    told::tell_whoever_was_told(
        tx,
        &keys,
        NotificationKind::Acknowledged,
        &format!("acknowledged by {}", taken.by),
    );
}

/// Somebody answered from within a message. What is refused was refused to who answered already, unless somebody else was
/// quicker (rule R6).
pub(crate) fn replied(tx: &mut Transaction<'_>, reply: &Reply) {
    let id = &reply.invitation.alert;
    let named = tx.state.alerts.iter().find(|(_, alert)| alert.record.id == *id);
    let record = named.map(|(_, alert)| &alert.record);
    if let Ok(taken) = replies::judge(&tx.state.setup, record, reply, tx.now.wall) {
        acknowledge(tx, &AlertsOf::Alert(id.clone()), &taken);
    }
}

pub(crate) fn unacknowledge(tx: &mut Transaction<'_>, of: &AlertsOf, by: &str) {
    for key in open_alerts(tx, of) {
        acknowledgement::end_acknowledgement(tx, &key, Reason::Unacknowledged { by: by.to_owned() });
        tx.mark_to_act(&key);
        tx.mark_to_tell(&key);
    }
}

pub(crate) fn hand_over(tx: &mut Transaction<'_>, of: &AlertsOf, given: &Assignment) {
    let now = tx.now.wall;
    let keys = open_alerts(tx, of);
    for key in &keys {
        let Some(alert) = tx.state.alerts.at_hand_mut(key) else { continue };
        alert.record.assigned = Some(Assignment { at: now, overdue: false, ..given.clone() });
        let id = alert.record.id.clone();
        tx.alert_changed_at_once(key);
        let Assignment { to, by, comment, due, .. } = given.clone();
        tx.decide(key, Some(id.clone()), Reason::HandedOver { to, by, comment });
        if let Some(by) = due {
            tx.decide(key, Some(id), Reason::Due { by });
        }
        // Looks at it again when it is due.
        tx.mark_to_tell(key);
    }
    told::tell_whoever_was_told(
        tx,
        &keys,
        NotificationKind::HandedOver,
        &format!("handed over to {} by {}", given.to, given.by),
    );
    let why =
        Reason::HandedOver { to: given.to.clone(), by: given.by.clone(), comment: given.comment.clone() };
    for key in &keys {
        assignee::tell_newly(tx, key, &why);
    }
}

/// The alerts that fire or are recovering. Nobody was told of a pending one, so nobody can take it.
fn open_alerts(tx: &Transaction<'_>, of: &AlertsOf) -> Vec<AlertKey> {
    let fired =
        |key: &AlertKey| tx.state.alerts.get(key).is_some_and(|alert| alert.record.phase.fired().is_some());
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
