//! The wall clock jumped (rule S4). What is bound to it is armed anew. What counts on the monotonic clock goes on as it
//! was; its beginnings are written down in the new clock's words, so that after a restart they are found where they were.

use std::sync::Arc;

use crate::alert::AlertKey;
use crate::delivery::DeliveryStatus;
use crate::group::GroupKey;
use crate::time::Wall;
use crate::turn::Turn;

impl Turn<'_> {
    /// By so many milliseconds, forward or back.
    pub(crate) fn wall_jumped(&mut self, by: i64) {
        self.restate_alerts(by);
        self.restate_groups(by);
        self.restate_deliveries(by);
        for slot in self.state.checks.slots() {
            self.plan_after_jump(slot);
        }
        self.windows_changed();
        self.retime_held_groups();
    }

    /// Reminders and steps of escalations.
    fn restate_alerts(&mut self, by: i64) {
        let mut changed: Vec<AlertKey> = Vec::new();
        for (key, alert) in &mut self.state.alerts {
            let told = alert.record.told.iter_mut().map(|told| &mut told.at);
            let waits = alert.record.escalating.iter_mut().filter_map(|waits| waits.since.as_mut());
            if restate(told.chain(waits), by) {
                changed.push(key.clone());
            }
        }
        changed.iter().for_each(|key| self.alert_changed(key));
    }

    fn restate_groups(&mut self, by: i64) {
        let mut changed: Vec<GroupKey> = Vec::new();
        for (key, group) in &mut self.state.groups {
            let told = group.record.told.iter_mut().map(|told| &mut told.at);
            if restate(told.chain(&mut group.record.last_flush).chain(&mut group.record.flush_at), by) {
                changed.push(key.clone());
            }
        }
        changed.iter().for_each(|key| self.group_changed(key));
    }

    /// The next attempt, the fallback, and when it is given up.
    fn restate_deliveries(&mut self, by: i64) {
        let rows: Vec<_> = self.state.outbox.rows().map(|row| row.record.id).collect();
        for id in rows {
            let Some(row) = self.state.outbox.get_mut(id) else { continue };
            let record = Arc::make_mut(&mut row.record);
            let status = match &mut record.status {
                DeliveryStatus::Waiting { not_before: at } | DeliveryStatus::Attempting { began: at } => at,
            };
            restate([status, &mut record.created_at].into_iter().chain(&mut record.failing_since), by);
            let receiver = record.notification.receiver.clone();
            self.delivery_changed(id, &receiver);
        }
    }
}

/// Whether there was anything.
fn restate<'a>(moments: impl Iterator<Item = &'a mut Wall>, by: i64) -> bool {
    let mut any = false;
    for at in moments {
        *at = at.shifted(by);
        any = true;
    }
    any
}
