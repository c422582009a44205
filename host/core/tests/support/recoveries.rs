//! Holds actions to what they promise whatever happens. That none acts twice on one decision is seen by the world itself.

use std::collections::BTreeSet;
use std::time::Duration;

use watchkeep_core::alert::{AlertKey, AlertRecord, Phase};
use watchkeep_core::commit::{Change, Commit, TransitionKind};
use watchkeep_core::delivery::DeliveryRecord;
use watchkeep_core::effect::{Effect, StartAction};
use watchkeep_core::ids::{ActionName, AlertId};
use watchkeep_core::reason::Reason;
use watchkeep_core::recovery::{ActionRecord, ActionStatus, Approval, Most, Origin};
use watchkeep_core::report::Judgement;
use watchkeep_core::setup::Parent;
use watchkeep_core::window::{WindowKind, WindowStatus};

use super::world::World;

#[derive(Default)]
pub(crate) struct Recoveries {
    /// When each action acted and for what, as the world outside saw it: to the end, or to the crash.
    acted: Vec<Acted>,
    /// A crash that lost commits may have lost what a jump of the clock changed in them.
    losses: u32,
    jumps: i64,
    /// Lives of which somebody was told.
    told: BTreeSet<AlertId>,
}

struct Acted {
    action: ActionName,
    key: AlertKey,
    began: Duration,
    ended: Option<Duration>,
}

impl Recoveries {
    pub(crate) fn look(&mut self, world: &World, effects: &[Effect]) {
        // Spans over a restart are counted by the wall clock: where that jumped and the host may not have noted it, they are not
        // held against it.
        let offset = world.now.wall.millis() - i64::try_from(world.passed.as_millis()).unwrap_or(0);
        if world.losses != self.losses || offset != self.jumps {
            (self.losses, self.jumps) = (world.losses, offset);
            self.acted.clear();
        }
        for effect in effects {
            match effect {
                Effect::Commit(commit) => self.committed(world, commit),
                Effect::StartAction(start) => self.started(world, start),
                Effect::StartDelivery(start) => self.delivered(&start.delivery),
                Effect::StartRun(_) | Effect::WakeAt(_) | Effect::Publish(_) | Effect::SendDeadManSignal => {}
            }
        }
    }

    fn delivered(&mut self, record: &DeliveryRecord) {
        self.told.extend(record.notification.alerts.iter().map(|notice| notice.id.clone()));
    }

    fn committed(&mut self, world: &World, commit: &Commit) {
        for change in &commit.changes {
            match change {
                Change::PutAction(record) => self.ended(world, record),
                Change::Transition(transition)
                    if matches!(transition.kind, TransitionKind::Calmed | TransitionKind::Resolved)
                        && transition.state == watchkeep_core::report::State::Ok =>
                {
                    self.healed_is_told(world, commit, &transition.alert, &transition.key);
                }
                _ => {}
            }
        }
    }

    fn ended(&mut self, world: &World, record: &ActionRecord) {
        if !matches!(record.status, ActionStatus::Ended { .. }) {
            return;
        }
        let open = |acted: &&mut Acted| {
            acted.action == record.action && acted.key == record.key && acted.ended.is_none()
        };
        if let Some(acted) = self.acted.iter_mut().find(open) {
            acted.ended = Some(world.passed);
        }
    }

    fn started(&mut self, world: &World, start: &StartAction) {
        let record = &start.record;
        let spec = &start.spec;
        let approved = record.by.is_some();
        assert!(approved || spec.approval == Approval::NotNeeded, "nobody approved it: {record:?}");
        let alert = world.state.alert(&record.key).expect("an action is for an open alert");
        assert_eq!(alert.id, record.alert);
        if record.origin == Origin::Check && !approved {
            self.may_act(world, start, alert);
        }
        if record.counts() {
            self.acted.push(Acted {
                action: record.action.clone(),
                key: record.key.clone(),
                began: world.passed,
                ended: None,
            });
        }
    }

    fn may_act(&self, world: &World, start: &StartAction, alert: &AlertRecord) {
        let (record, spec, now) = (&start.record, &start.spec, world.passed);
        assert!(!matches!(alert.phase, Phase::Recovering { .. }), "acts on what recovers: {record:?}");
        assert!(alert.level >= spec.level, "acts on less than it is for: {record:?}");
        assert!(alert.acknowledged.is_none() || spec.while_acknowledged, "somebody has it: {record:?}");
        let windows = world.state.windows().filter(|window| window.kind == WindowKind::Maintenance);
        let open =
            windows.filter(|window| matches!(window.standing(world.now.wall), WindowStatus::Open { .. }));
        let maintained = open.filter(|window| window.matches(&alert.labels)).count();
        assert_eq!(maintained, 0, "acts in maintenance: {record:?}");
        let check = record.key.check().and_then(|name| world.setup.checks.get(name)).expect("its check");
        for group in &check.depends_on {
            let fails = |parent: &Parent| match parent {
                Parent::Check(name) => world
                    .state
                    .alert(&AlertKey::Check(name.clone()))
                    .is_some_and(|parent| parent.level == Judgement::Critical),
                Parent::Finding(..) => false,
            };
            assert!(!group.iter().all(fails), "acts though what it depends on is down: {record:?}");
        }
        let own = self.acted.iter().filter(|acted| acted.action == spec.name);
        let same: Vec<&Acted> = own.clone().filter(|acted| acted.key == record.key).collect();
        for acted in &same {
            let ended = acted.ended.expect("two attempts at once for one subject");
            assert!(now - ended >= spec.cool_down, "it has not cooled down: {record:?}");
        }
        let within = |acts: &[&Acted], most: Most| {
            acts.iter().filter(|acted| now - acted.began < most.within).count() < most.count.get() as usize
        };
        assert!(spec.most.is_none_or(|most| within(&same, most)), "too often: {record:?}");
        let own: Vec<&Acted> = own.collect();
        assert!(spec.most_overall.is_none_or(|most| within(&own, most)), "too often overall: {record:?}");
        let in_life = world
            .state
            .actions()
            .filter(|other| other.alert == record.alert && other.action == record.action && other.counts());
        assert!(in_life.count() <= spec.attempts.get() as usize, "more attempts than it has: {record:?}");
    }

    /// What was acted on and is over was told, or has a reason for which it was not.
    fn healed_is_told(&self, world: &World, commit: &Commit, alert: &AlertId, key: &AlertKey) {
        let acted = world.state.actions().any(|record| record.alert == *alert && record.has_acted());
        let names_action = key
            .check()
            .and_then(|name| world.setup.checks.get(name))
            .is_some_and(|check| !check.remedies.is_empty());
        if !acted || !names_action || self.told.contains(alert) {
            return;
        }
        let finding = match key {
            AlertKey::Finding(_, finding) => format!("{finding}: "),
            AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {
                String::new()
            }
        };
        let said = commit.changes.iter().any(|change| match change {
            Change::Decision(decision) => match &decision.reason {
                Reason::EventTold { title, .. } | Reason::EventHeld { title, .. } => {
                    let is_of_check = decision.key.check() == key.check();
                    is_of_check && title.starts_with(&finding) && title.contains("it recovered")
                }
                Reason::NoRoute => true,
                _ => false,
            },
            Change::PutDelivery(record) => {
                record.notification.alerts.iter().any(|notice| notice.id == *alert && notice.until.is_some())
            }
            Change::PutGroup(group) => group.members.iter().any(|member| member.alert == *alert),
            _ => false,
        });
        assert!(said, "healed, and nobody was told: {key}");
    }
}
