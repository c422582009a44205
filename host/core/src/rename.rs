//! A check goes on under another name (rule A11): its alerts keep their life and their ids, and so the dedup keys
//! under which people were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::alert::AlertKey;
use crate::check::Standing;
use crate::commit::{Change, Forgotten};
use crate::delivery::DeliverySubject;
use crate::ids::{CheckName, DeliveryId, ReceiverName};
use crate::time::Wall;
use crate::turn::Turn;

impl Turn<'_> {
    pub(crate) fn rename_alerts(&mut self, old: &CheckName, new: &CheckName) {
        for key in self.keys_of(old) {
            self.rename_alert(&key, &key.renamed(new));
        }
        self.rename_memory(old, new);
        let check = AlertKey::Check(new.clone());
        let not_judged = AlertKey::NotJudged(new.clone());
        let standing = |open: bool| if open { Standing::Open } else { Standing::Closed };
        let alert = standing(self.state.alerts.contains_key(&check));
        let unjudged = standing(self.state.alerts.contains_key(&not_judged));
        if let Some(check) = self.state.checks.named_mut(new) {
            check.alert = alert;
            check.not_judged = unjudged;
        }
    }

    /// Under which the check is known anywhere: an alert that is over may still be owed its resolve.
    fn keys_of(&self, check: &CheckName) -> BTreeSet<AlertKey> {
        let members = self.state.groups.values().flat_map(|group| &group.record.members);
        let rows = self.state.outbox.rows().flat_map(|row| &row.record.notification.alerts);
        let named = members.map(|member| &member.key).chain(rows.map(|notice| &notice.key));
        let named = named.filter(|key| key.check() == Some(check)).cloned();
        named.chain(self.state.alerts_of(check)).collect()
    }

    /// What the check told and heard goes with it.
    fn rename_memory(&mut self, old: &CheckName, new: &CheckName) {
        let Some(check) = self.state.checks.named(new) else { return };
        let (record, is_heartbeat) = (check.heartbeat.record(self.now), check.is_heartbeat());
        let mut known: BTreeMap<Wall, Vec<String>> = BTreeMap::new();
        for (id, at) in check.events.iter() {
            known.entry(*at).or_default().push(id.clone());
        }
        if !known.is_empty() {
            self.note(Change::ForgetEvents { check: old.clone(), ids: Forgotten::All });
        }
        for (at, ids) in known {
            self.note(Change::KnowEvents { check: new.clone(), ids, at });
        }
        if is_heartbeat {
            self.note(Change::RemoveHeartbeat(old.clone()));
            self.note(Change::PutHeartbeat { check: new.clone(), record });
        }
    }

    fn rename_alert(&mut self, old: &AlertKey, new: &AlertKey) {
        self.rename_in_groups(old, new);
        self.rename_in_outbox(old, new);
        let Some(mut alert) = self.state.alerts.remove(old) else { return };
        alert.record.key = new.clone();
        alert.timer = None;
        self.state.alerts.insert(new.clone(), alert);
        self.alert_changed(old);
        self.alert_changed(new);
    }

    fn rename_in_groups(&mut self, old: &AlertKey, new: &AlertKey) {
        let mut changed = Vec::new();
        for (key, group) in &mut self.state.groups {
            for member in group.record.members.iter_mut().filter(|member| member.key == *old) {
                member.key = new.clone();
                if let Some(resolved) = &mut member.resolved {
                    resolved.key = new.clone();
                }
                changed.push(key.clone());
            }
        }
        changed.iter().for_each(|key| self.group_changed(key));
    }

    fn rename_in_outbox(&mut self, old: &AlertKey, new: &AlertKey) {
        let names = |row: &&crate::delivery::outbox::Row| {
            row.record.notification.alerts.iter().any(|notice| notice.key == *old)
        };
        let rows: Vec<(DeliveryId, ReceiverName)> = self
            .state
            .outbox
            .rows()
            .filter(names)
            .map(|row| (row.record.id, row.record.notification.receiver.clone()))
            .collect();
        for (id, receiver) in rows {
            let Some(row) = self.state.outbox.get_mut(id) else { continue };
            let record = Arc::make_mut(&mut row.record);
            let notices = &mut Arc::make_mut(&mut record.notification).alerts;
            for notice in notices.iter_mut().filter(|notice| notice.key == *old) {
                notice.key = new.clone();
            }
            let (from, to) = (DeliverySubject::Alert(old.clone()), DeliverySubject::Alert(new.clone()));
            self.state.outbox.rename_lane(&receiver, &from, to);
            self.delivery_changed(id, &receiver);
        }
    }
}
