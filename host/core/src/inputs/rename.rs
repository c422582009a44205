//! A check continues under another name (rule A11): its alerts keep their life and their ids, and so the dedup keys
//! under which people were told.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ids::{CheckName, DeliveryId, ReceiverName};
use crate::model::check::AlertStatus;
use crate::model::commit::{Change, Forgotten};
use crate::model::keys::{AlertKey, DeliverySubject};
use crate::record::Transaction;
use crate::time::Wall;

pub(crate) fn rename_alerts(tx: &mut Transaction<'_>, old: &CheckName, new: &CheckName) {
    for key in keys_of(tx, old) {
        rename_alert(tx, &key, &key.renamed(new));
    }
    rename_memory(tx, old, new);
    let check = AlertKey::Check(new.clone());
    let not_judged = AlertKey::NotJudged(new.clone());
    let standing = |open: bool| if open { AlertStatus::Open } else { AlertStatus::Closed };
    let alert = standing(tx.state.alerts.contains_key(&check));
    let unjudged = standing(tx.state.alerts.contains_key(&not_judged));
    if let Some(check) = tx.state.checks.named_mut(new) {
        check.alert = alert;
        check.not_judged = unjudged;
    }
}

/// All keys under which the check is known anywhere. Someone may still be owed the resolve of an alert that is over.
fn keys_of(tx: &Transaction<'_>, check: &CheckName) -> BTreeSet<AlertKey> {
    let members = tx.state.groups.values().flat_map(|group| &group.record.members);
    let rows = tx.state.outbox.rows().flat_map(|row| &row.record.notification.alerts);
    let named = members.map(|member| &member.key).chain(rows.map(|notice| &notice.key));
    let named = named.filter(|key| key.check() == Some(check)).cloned();
    named.chain(tx.state.alerts_of(check)).collect()
}

/// What the check has told and heard moves to the new name.
fn rename_memory(tx: &mut Transaction<'_>, old: &CheckName, new: &CheckName) {
    let Some(check) = tx.state.checks.named(new) else { return };
    let (record, is_heartbeat) = (check.heartbeat.record(tx.now), check.is_heartbeat());
    let mut known: BTreeMap<Wall, Vec<String>> = BTreeMap::new();
    for (id, at) in check.events.iter() {
        known.entry(at).or_default().push(id.to_owned());
    }
    if !known.is_empty() {
        tx.note(Change::ForgetEvents { check: old.clone(), ids: Forgotten::All });
    }
    for (at, ids) in known {
        tx.note(Change::KnowEvents { check: new.clone(), ids, at });
    }
    if is_heartbeat {
        tx.note(Change::RemoveHeartbeat(old.clone()));
        tx.note(Change::PutHeartbeat { check: new.clone(), record });
    }
}

fn rename_alert(tx: &mut Transaction<'_>, old: &AlertKey, new: &AlertKey) {
    rename_in_groups(tx, old, new);
    rename_in_outbox(tx, old, new);
    for id in tx.state.actions.rename(old, new) {
        tx.action_changed(&id);
    }
    let Some(mut alert) = tx.state.alerts.remove(old) else { return };
    alert.record.key = new.clone();
    alert.timer = None;
    alert.acts = None;
    tx.state.alerts.insert(new.clone(), alert);
    tx.alert_changed(old);
    tx.alert_changed(new);
}

fn rename_in_groups(tx: &mut Transaction<'_>, old: &AlertKey, new: &AlertKey) {
    let mut changed = Vec::new();
    for (key, group) in tx.state.groups.iter_mut() {
        for member in group.record.members.iter_mut().filter(|member| member.key == *old) {
            member.key = new.clone();
            if let Some(resolved) = &mut member.resolved {
                resolved.key = new.clone();
            }
            changed.push(key.clone());
        }
    }
    changed.iter().for_each(|key| tx.group_changed(key));
}

fn rename_in_outbox(tx: &mut Transaction<'_>, old: &AlertKey, new: &AlertKey) {
    let names = |row: &&crate::model::outbox::Row| {
        row.record.notification.alerts.iter().any(|notice| notice.key == *old)
    };
    let rows: Vec<(DeliveryId, ReceiverName)> = tx
        .state
        .outbox
        .rows()
        .filter(names)
        .map(|row| (row.record.id, row.record.notification.receiver.clone()))
        .collect();
    for (id, receiver) in rows {
        let Some(row) = tx.state.outbox.at_hand_mut(id) else { continue };
        let record = Arc::make_mut(&mut row.record);
        let notices = &mut Arc::make_mut(&mut record.notification).alerts;
        for notice in notices.iter_mut().filter(|notice| notice.key == *old) {
            notice.key = new.clone();
        }
        let (from, to) = (DeliverySubject::Alert(old.clone()), DeliverySubject::Alert(new.clone()));
        tx.state.outbox.rename_lane(&receiver, &from, to);
        tx.delivery_changed(id, &receiver);
    }
}
