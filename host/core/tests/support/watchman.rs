//! Looks on while a random world is played, and holds the core to what it promises whatever happens.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use watchkeep_core::alert::{AlertKey, AlertRecord, Hold, Phase};
use watchkeep_core::commit::{Change, TransitionKind};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Fallback, NotificationKind};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::{AlertId, DeliveryId, ReceiverName};
use watchkeep_core::report::Judgement;
use watchkeep_core::route;
use watchkeep_core::setup::Parent;
use watchkeep_core::time::Mono;
use watchkeep_core::view::CheckStatus;

use super::play::Onlooker;
use super::recoveries::Recoveries;
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
    /// Since when an alert is seen to fire; anew after a restart, which begins the monotonic clock anew.
    fires: BTreeMap<AlertId, Mono>,
    looked: Mono,
    /// Rows that were seen before, so that only a new one is held against the holds of its moment.
    rows: BTreeMap<DeliveryId, String>,
    recoveries: Recoveries,
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
        let waiting: Vec<_> = world.state.actions().filter(|record| !record.is_over()).collect();
        assert!(waiting.is_empty(), "still acting, or asking: {waiting:?}");
    }
}

impl Notes {
    fn look(&mut self, world: &World, effects: &[Effect]) {
        if world.now.mono < self.looked {
            self.fires.clear();
        }
        self.looked = world.now.mono;
        self.fires.retain(|id, _| world.state.alerts().any(|alert| alert.id == *id));
        for alert in world.state.alerts().filter(|alert| alert.phase != Phase::Pending) {
            self.fires.entry(alert.id.clone()).or_insert(world.now.mono);
        }
        self.recoveries.look(world, effects);
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
                            Change::Transition(transition) if transition.kind == TransitionKind::Flapping => {
                                let down =
                                    parents(world, &transition.key).any(|group| all_down(world, group));
                                assert!(!down, "`{}` flaps by the fault of its parent", transition.key);
                            }
                            _ => {}
                        }
                    }
                }
                Effect::StartDelivery(start) => self.sent(&start.delivery),
                Effect::StartRun(_)
                | Effect::StartAction(_)
                | Effect::WakeAt(_)
                | Effect::Publish(_)
                | Effect::SendDeadManSignal => {}
            }
        }
        if effects.iter().any(|effect| matches!(effect, Effect::Commit(_))) {
            agree(world);
        }
        steps_that_are_due_are_told(world);
    }

    /// A notice was decided on: nothing that holds back may have been in its way.
    fn decided(&mut self, world: &World, record: &DeliveryRecord) {
        let notification = &record.notification;
        assert!(notification.alerts.len() <= 50 && notification.dedup_key.len() <= 255);
        // What is stored once is read in the zone of each receiver: the host's own words name no moment.
        let words = notification.alerts.iter().map(|notice| &notice.summary).chain([&notification.reason]);
        words.for_each(|words| assert!(!words.contains(" UTC"), "a moment in a notice: {words}"));
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
            if matches!(record.subject, DeliverySubject::Alert(_)) && alert.told.is_empty() {
                self.no_parent_is_about_to_be_confirmed(world, alert);
            }
            // In a group's message others stand for context.
            assert!(!held || !single || told, "told under {:?}: {notification:?}", alert.holds);
            assert!(
                notification.kind != NotificationKind::Reminder || !single || alert.acknowledged.is_none(),
                "reminded of what somebody has: {notification:?}"
            );
        }
    }

    /// A child does not page a moment before its parent: unless that cannot be asked, or was waited for as long as may be.
    fn no_parent_is_about_to_be_confirmed(&self, world: &World, alert: &AlertRecord) {
        let waited = self.fires.get(&alert.id).map_or(Duration::ZERO, |fires| world.now.mono.since(*fires));
        if alert.judgements.is_empty() || waited >= PATIENCE {
            return;
        }
        for group in parents(world, &alert.key) {
            let open = |parent: &Parent| match parent {
                Parent::Check(name) => {
                    let active = world.state.check(name).is_some_and(|it| it.status == CheckStatus::Active);
                    let record = world.state.alert(&AlertKey::Check(name.clone()));
                    active && record.is_some_and(|record| record.level == Judgement::Critical)
                }
                Parent::Finding(..) => false,
            };
            assert!(!group.iter().all(open), "`{}` pages before its parent: {alert:?}", alert.key);
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

/// So long at least a parent of these worlds that fails is waited for: a retry interval and a time-out.
const PATIENCE: Duration = Duration::from_secs(70);

fn parents<'a>(world: &'a World, key: &AlertKey) -> impl Iterator<Item = &'a [Parent]> {
    let spec = key.check().and_then(|name| world.setup.checks.get(name));
    spec.into_iter().flat_map(|spec| &spec.depends_on).map(Vec::as_slice)
}

fn all_down(world: &World, group: &[Parent]) -> bool {
    group.iter().all(|parent| match parent {
        Parent::Check(name) => world
            .state
            .alert(&AlertKey::Check(name.clone()))
            .is_some_and(|record| record.phase != Phase::Pending && record.level == Judgement::Critical),
        Parent::Finding(..) => false,
    })
}

/// A step that has waited for long enough is told in this moment: a tick for it is asked for now.
fn steps_that_are_due_are_told(world: &World) {
    for alert in world.state.alerts() {
        let fires = matches!(alert.phase, Phase::Firing { .. });
        let open = fires && alert.holds.is_empty() && alert.acknowledged.is_none();
        let routes = route::taken(&world.setup, &alert.labels);
        for waits in alert.escalating.iter().filter(|waits| open && waits.since.is_some()) {
            let route = routes.iter().find(|route| route.name == waits.route);
            let name = route.and_then(|route| route.escalation.as_ref());
            let Some(escalation) = name.and_then(|name| world.setup.escalations.get(name)) else { continue };
            let due =
                escalation.steps.get(waits.step as usize).is_some_and(|step| waits.waited >= step.after);
            let now = world.wake.is_some_and(|wake| wake <= world.now.mono);
            assert!(!due || now, "`{}` waits for a step that is due: {waits:?}", alert.key);
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
                assert_eq!(known.closed_routes, stored.closed_routes, "{}", known.key);
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
