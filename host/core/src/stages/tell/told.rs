//! Tells those who were told of an alert what came next, besides its level: somebody took it, recovery gave up.

use crate::ids::ReceiverName;
use crate::model::alert::Told;
use crate::model::delivery::{AlertNotice, NotificationKind};
use crate::model::keys::{AlertKey, GroupKey};
use crate::model::message::{Earlier, Message};
use crate::record::Transaction;
use crate::rules::{lanes, notice};
use crate::stages::deliver::queue;

/// Tells everybody who was told of these alerts.
pub(crate) fn tell_whoever_was_told(
    tx: &mut Transaction<'_>,
    keys: &[AlertKey],
    kind: NotificationKind,
    reason: &str,
) {
    let mut grouped: Vec<(GroupKey, ReceiverName, Vec<AlertNotice>)> = Vec::new();
    for key in keys {
        let Some(alert) = tx.state.alerts.at_hand(key) else { continue };
        let told_notice = notice::notice(tx.state, &alert.record, None);
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
                None => tell_alone(tx, &told, &told_notice, kind, reason),
            }
        }
    }
    for (group, receiver, notices) in grouped {
        tell_in_group(tx, &group, &receiver, notices, kind, reason);
    }
}

fn tell_alone(
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

fn tell_in_group(
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
