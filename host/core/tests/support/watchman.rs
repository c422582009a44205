//! Looks on while a random world is played, and holds the core to what it promises whatever happens.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use watchkeep_core::alert::{AlertRecord, Hold, Phase};
use watchkeep_core::commit::Change;
use watchkeep_core::delivery::{DeliveryRecord, Fallback, NotificationKind};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::{AlertId, DeliveryId, ReceiverName};

use super::play::Onlooker;
use super::world::World;

#[derive(Default)]
pub(crate) struct Watchman {
    notes: Rc<RefCell<Notes>>,
}

#[derive(Default)]
struct Notes {
    /// Who knows of which life that it fires; taken out by the resolve.
    knows: BTreeSet<(ReceiverName, AlertId)>,
    /// Who was ever told.
    told: BTreeSet<(ReceiverName, AlertId)>,
    /// Rows that were seen before, so that only a new one is held against the holds of its moment.
    rows: BTreeMap<DeliveryId, String>,
}

impl Watchman {
    pub(crate) fn onlooker(&self) -> Onlooker {
        let notes = Rc::clone(&self.notes);
        Box::new(move |world, effects| notes.borrow_mut().look(world, effects))
    }

    /// After days in which all was well nothing is open and nothing owed.
    pub(crate) fn ends_well(&self, world: &World) {
        let open: Vec<String> = world.state.alerts().map(|record| record.key.to_string()).collect();
        assert!(open.is_empty(), "still open: {open:?}");
        let notes = self.notes.borrow();
        assert!(notes.knows.is_empty(), "told of a firing and never of its end: {:?}", notes.knows);
        let waiting: Vec<_> = world.state.outbox().map(|row| (row.id, row.notification.kind)).collect();
        assert!(waiting.is_empty(), "still waiting: {waiting:?}");
        assert_eq!(world.state.groups().count(), 0, "still a group");
    }
}

impl Notes {
    fn look(&mut self, world: &World, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Commit(commit) => {
                    for change in &commit.changes {
                        match change {
                            Change::PutDelivery(record) => self.decided(world, record),
                            Change::EndDelivery { id, .. } => {
                                self.rows.remove(id);
                            }
                            Change::PutAlert(record) => plausible(record),
                            _ => {}
                        }
                    }
                }
                Effect::StartDelivery(start) => self.sent(&start.delivery),
                Effect::StartRun(_) | Effect::WakeAt(_) | Effect::Publish(_) | Effect::Beat => {}
            }
        }
        if effects.iter().any(|effect| matches!(effect, Effect::Commit(_))) {
            agree(world);
        }
    }

    /// A notice was decided on: nothing that holds back may have been in its way.
    fn decided(&mut self, world: &World, record: &DeliveryRecord) {
        let notification = &record.notification;
        assert!(notification.alerts.len() <= 50 && notification.dedup_key.len() <= 255);
        if self.rows.insert(record.id, notification.id.clone()).is_some() || record.attempts > 0 {
            return;
        }
        match (notification.kind, record.fallback) {
            (
                NotificationKind::Firing | NotificationKind::Reminder | NotificationKind::Escalated,
                Fallback::NotAsked,
            ) => {}
            _ => return,
        }
        let single = notification.alerts.len() == 1;
        for notice in notification.alerts.iter().filter(|notice| notice.until.is_none()) {
            let Some(alert) = world.state.alert(&notice.key).filter(|alert| alert.id == notice.id) else {
                continue;
            };
            let told = alert.told.iter().any(|told| told.receiver == notification.receiver);
            let held = alert.holds.iter().any(|hold| *hold != Hold::Flapping);
            // In a group's message others stand for context.
            assert!(!held || !single || told, "told under {:?}: {notification:?}", alert.holds);
            assert!(
                notification.kind != NotificationKind::Reminder || !single || alert.acknowledged.is_none(),
                "reminded of what somebody has: {notification:?}"
            );
        }
    }

    fn sent(&mut self, record: &DeliveryRecord) {
        let notification = &record.notification;
        for notice in &notification.alerts {
            let who = (notification.receiver.clone(), notice.id.clone());
            if notice.until.is_some() {
                assert!(
                    self.told.contains(&who) || record.fallback == Fallback::IsOne,
                    "resolve without firing: {notification:?}"
                );
                self.knows.remove(&who);
            } else if notification.kind.as_str() != "acknowledged"
                && notification.kind.as_str() != "handed-over"
            {
                self.told.insert(who.clone());
                self.knows.insert(who);
            }
        }
    }
}

fn plausible(record: &AlertRecord) {
    match record.phase {
        Phase::Pending => {
            assert!(record.told.is_empty() && record.acknowledged.is_none(), "pending and told: {record:?}");
        }
        Phase::Firing { .. } | Phase::Recovering { .. } => {}
    }
    let mut holds = record.holds.clone();
    holds.dedup();
    assert_eq!(holds, record.holds, "one hold twice");
}

/// Memory and store say the same of everything that a restart needs.
fn agree(world: &World) {
    let mut known = world.state.alerts();
    let mut stored = world.store.alerts.values();
    loop {
        match (known.next(), stored.next()) {
            (None, None) => break,
            (Some(known), Some(stored)) => {
                assert_eq!((&known.key, &known.id), (&stored.key, &stored.id));
                assert_eq!((known.phase, known.level), (stored.phase, stored.level), "{}", known.key);
                assert_eq!(known.told, stored.told, "{}", known.key);
                assert_eq!(known.holds, stored.holds, "{}", known.key);
                assert_eq!(known.acknowledged, stored.acknowledged, "{}", known.key);
                assert_eq!(known.escalating, stored.escalating, "{}", known.key);
                assert_eq!(known.judgements, stored.judgements, "{}", known.key);
            }
            (known, stored) => panic!("in memory {known:?}, in the store {stored:?}"),
        }
    }
    assert!(world.state.groups().eq(world.store.groups.values()), "groups differ");
    let rows = world.state.outbox().map(|row| (row.id, row.attempts, row.fallback));
    let stored = world.store.outbox.values().map(|row| (row.id, row.attempts, row.fallback));
    assert!(rows.eq(stored), "outboxes differ");
}
