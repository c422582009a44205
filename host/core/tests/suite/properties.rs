//! What must hold whatever happens: random runs, attempts, jumps of the clock, reloads and crashes at any commit.
//!
//! - One open alert per key, and memory holds what the store holds.
//! - A resolve only after a firing, to the same receiver.
//! - The same inputs give the same effects.
//! - Nothing owed is forgotten: in the end every receiver to whom a firing was attempted was sent the resolve, and
//!   nothing is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::support::setup::Written;
use crate::support::world::World;
use proptest::prelude::*;
use watchkeep_core::action::Effect as Acting;
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::delivery::{AttemptResult, NotificationKind};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::{AlertId, CheckName, DeliveryId, Digest, OccasionId, PluginName, ReceiverName};
use watchkeep_core::input::{Command, Input, PluginStatus};
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus};
use watchkeep_core::report::{Report, State};
use watchkeep_core::setup::Setup;
use watchkeep_core::time::Wall;

const CHECKS: [&str; 4] = ["db", "shop", "store", "blog"];

#[derive(Clone, Debug)]
enum Action {
    Pass(Duration),
    Stall(Duration),
    Finish { check: usize, outcome: Answer },
    Attempt { nth: usize, result: Attempted },
    WallBy { seconds: i64 },
    Reload(usize),
    Crash { lost: usize, down: Duration },
    Pause(usize),
    Resume(usize),
    RunNow(usize),
    Plugin(Presence),
    Acted { nth: usize, result: Done },
    Approve(usize),
}

#[derive(Clone, Copy, Debug)]
enum Done {
    Changed,
    Failed,
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Ok,
    Warning,
    Critical,
    Unknown,
    Trap,
    Inconclusive,
}

#[derive(Clone, Copy, Debug)]
enum Attempted {
    Delivered,
    Retryable,
    RetryAfter,
    Unsure,
    Rejected,
}

#[derive(Clone, Copy, Debug)]
enum Presence {
    Live,
    Gone,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let span =
        || prop_oneof![4 => 1u64..60, 3 => 60u64..900, 1 => 900u64..20_000].prop_map(Duration::from_secs);
    let answer = prop_oneof![
        3 => Just(Answer::Ok), 2 => Just(Answer::Warning), 5 => Just(Answer::Critical),
        1 => Just(Answer::Unknown), 2 => Just(Answer::Trap), 1 => Just(Answer::Inconclusive),
    ];
    let result = prop_oneof![
        5 => Just(Attempted::Delivered), 2 => Just(Attempted::Retryable), 1 => Just(Attempted::RetryAfter),
        2 => Just(Attempted::Unsure), 1 => Just(Attempted::Rejected),
    ];
    let action = prop_oneof![
        6 => span().prop_map(Action::Pass),
        1 => span().prop_map(Action::Stall),
        12 => (0..CHECKS.len(), answer).prop_map(|(check, outcome)| Action::Finish { check, outcome }),
        8 => (0usize..8, result).prop_map(|(nth, result)| Action::Attempt { nth, result }),
        1 => (-20_000i64..20_000).prop_map(|seconds| Action::WallBy { seconds }),
        2 => (0..SETUPS).prop_map(Action::Reload),
        2 => (0usize..4, span()).prop_map(|(lost, down)| Action::Crash { lost, down }),
        1 => (0..CHECKS.len()).prop_map(Action::Pause),
        1 => (0..CHECKS.len()).prop_map(Action::Resume),
        1 => (0..CHECKS.len()).prop_map(Action::RunNow),
        1 => prop_oneof![Just(Presence::Live), Just(Presence::Gone)].prop_map(Action::Plugin),
        5 => (0usize..4, prop_oneof![Just(Done::Changed), Just(Done::Failed), Just(Done::Unknown)])
            .prop_map(|(nth, result)| Action::Acted { nth, result }),
        2 => (0usize..4).prop_map(Action::Approve),
    ];
    proptest::collection::vec(action, 1..60)
}

const SETUPS: usize = 4;

fn setup(which: usize) -> Setup {
    let text = match which {
        0 => BASE.to_owned(),
        // A check, a receiver and a route go.
        1 => BASE
            .lines()
            .filter(|line| !line.starts_with("check shop") && !line.starts_with("receiver pager"))
            .filter(|line| !line.contains("to=pager,chat"))
            .collect::<Vec<_>>()
            .join("\n"),
        // A rename, other groups, a receiver that now gets single alerts.
        2 => BASE
            .replace("check shop every=5m", "check store every=5m renamed_from=shop")
            .replace("by=team", "by=check")
            .replace("receiver mail grouped", "receiver mail single")
            .replace("owner=mail,pager", "owner=chat"),
        // Disabled, routes by other names, and nobody owns the plugin.
        _ => BASE
            .replace("check db every=5m", "check db every=5m enabled=no")
            .replace("route data", "route other")
            .replace("route root", "route top")
            .replace("plugin http owner=mail,pager", ""),
    };
    let mut written = Written::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        assert!(written.take(indent, line.trim()).expect("a line of a setup"), "{line}");
    }
    written.setup().expect("a setup")
}

const BASE: &str = "
calendar day mon-sun=08:00-20:00
check db every=5m fail=2 ok=2 retry=15s team=data grace=2m notify_hours=day on_pending=restart:20s
check shop every=5m fail=1 team=web grace=2m on_firing=restart,reboot:3m
check blog every=10m fail=2of3 team=web run_hours=day grace=2m
receiver chat grouped
receiver mail grouped concurrency=1 rate=3
receiver pager single concurrency=1
plugin http owner=mail,pager
action restart attempts=2 cool=4m most=3in1h settle=20s
action reboot approval=yes
route root to=mail by=team wait=30s interval=2m repeat=1h
  route data [team=\"data\"] continue to=pager,chat by=check
  route urgent [severity=\"error\"] [kind=\"check\"] to=chat,pager by=
  route day [team=\"web\"] to=mail hours=day by=team
";

fn outcome(answer: Answer) -> Outcome {
    let state = match answer {
        Answer::Ok => State::Ok,
        Answer::Warning => State::Warning,
        Answer::Critical => State::Critical,
        Answer::Unknown => State::Unknown,
        Answer::Trap => return failed(FailureReason::Trap),
        Answer::Inconclusive => return failed(FailureReason::Inconclusive),
    };
    Outcome::Report(Arc::new(Report {
        state,
        summary: format!("{state:?}"),
        details: None,
        metrics: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: std::iter::empty::<(String, String)>().collect(),
    }))
}

fn failed(reason: FailureReason) -> Outcome {
    let stage = Stage::Call;
    Outcome::Failed(Arc::new(Failure { reason, stage, message: "fails".into(), hint: None, backtrace: None }))
}

/// A world, all that left it, and what people know.
struct Story {
    world: World,
    effects: Vec<Effect>,
    /// Firing notices attempted, by receiver; taken out by the resolve.
    knows: BTreeSet<(ReceiverName, AlertId)>,
    /// Firing notices attempted at any time.
    told: BTreeSet<(ReceiverName, AlertId)>,
    which: usize,
}

impl Story {
    fn new() -> Self {
        let world = World::new(setup(0), Wall::from_millis(1_767_614_400_000));
        let mut story =
            Self { world, effects: Vec::new(), knows: BTreeSet::new(), told: BTreeSet::new(), which: 0 };
        let effects = story.world.tick();
        story.took(effects);
        story
    }

    fn took(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            let Effect::StartDelivery(start) = effect else { continue };
            let notification = &start.delivery.notification;
            assert!(notification.alerts.len() <= 50 && notification.dedup_key.len() <= 255);
            for notice in &notification.alerts {
                let who = (notification.receiver.clone(), notice.id.clone());
                if notice.until.is_some() {
                    assert!(self.told.contains(&who), "resolve without firing: {notification:?}");
                    self.knows.remove(&who);
                } else {
                    assert_ne!(notification.kind, NotificationKind::Resolved);
                    self.told.insert(who.clone());
                    self.knows.insert(who);
                }
            }
        }
        self.effects.extend(effects);
        self.agrees_with_store();
    }

    /// Memory and store say the same of everything that a restart needs.
    fn agrees_with_store(&self) {
        let known: Vec<AlertRecord> =
            self.world.state.alerts().map(|record| AlertRecord { report: None, ..record.clone() }).collect();
        let stored: Vec<AlertRecord> = self
            .world
            .store
            .alerts
            .values()
            .map(|record| AlertRecord { report: None, ..record.clone() })
            .collect();
        assert_eq!(known, stored);
        let ids: BTreeSet<&AlertId> = known.iter().map(|record| &record.id).collect();
        assert_eq!(ids.len(), known.len(), "two alerts with one id");
        assert!(self.world.state.groups().eq(self.world.store.groups.values()), "groups differ");
        let rows: Vec<_> = self.world.state.outbox().map(|row| (row.id, row.attempts)).collect();
        let stored: Vec<_> = self.world.store.outbox.values().map(|row| (row.id, row.attempts)).collect();
        assert_eq!(rows, stored);
        for record in self.world.state.actions() {
            assert_eq!(self.world.store.actions.get(&record.id), Some(&**record), "actions differ");
        }
    }

    fn pass(&mut self, span: Duration, mut meanwhile: impl FnMut(&mut Story)) {
        let end = self.world.now.mono + span;
        let mut ticks_in_place = 0;
        while let Some(wake) = self.world.wake.filter(|wake| *wake <= end) {
            let wait = wake.since(self.world.now.mono);
            ticks_in_place = if wait.is_zero() { ticks_in_place + 1 } else { 0 };
            assert!(ticks_in_place < 100, "it wants a tick again and again at {:?}", self.world.now);
            self.world.pass(wait);
            let effects = self.world.tick();
            self.took(effects);
            meanwhile(self);
        }
        let left = end.since(self.world.now.mono);
        self.world.pass(left);
    }

    fn act(&mut self, action: &Action) {
        let check = |place: usize| CheckName::from(CHECKS[place]);
        match action {
            Action::Pass(span) => self.pass(*span, |_| {}),
            Action::Stall(span) => self.world.pass(*span),
            Action::Finish { check: place, outcome: answer } => {
                self.finish(&check(*place), outcome(*answer));
            }
            Action::Attempt { nth, result } => {
                let id = self.world.sending.keys().nth(*nth).copied();
                if let Some(id) = id {
                    self.attempt(id, *result);
                }
            }
            Action::WallBy { seconds } => {
                let by = Duration::from_secs(seconds.unsigned_abs());
                let wall = self.world.now.wall;
                self.world.now.wall = if *seconds < 0 { wall - by } else { wall + by };
                let effects = self.world.tick();
                self.took(effects);
            }
            Action::Reload(which) => {
                self.which = *which;
                let setup = setup(*which);
                let effects = self.world.reload(setup);
                self.took(effects);
            }
            Action::Crash { lost, down } => {
                self.world.restart_losing(*lost, *down);
                let effects = self.world.tick();
                self.took(effects);
            }
            Action::Pause(place) => self.take(Input::Command(Command::Pause(check(*place)))),
            Action::Resume(place) => self.take(Input::Command(Command::Resume(check(*place)))),
            Action::RunNow(place) => self.take(Input::Command(Command::RunNow(check(*place)))),
            Action::Plugin(presence) => {
                let status = match presence {
                    Presence::Live => PluginStatus::Live(Digest([0; 32])),
                    Presence::Gone => PluginStatus::Gone,
                };
                self.take(Input::PluginChanged { plugin: PluginName::from("http"), status });
            }
            Action::Acted { nth, result } => {
                if let Some(id) = self.world.acting.keys().nth(*nth).cloned() {
                    self.acted(&id, *result);
                }
            }
            Action::Approve(nth) => {
                let waits = |record: &&Arc<ActionRecord>| record.status == ActionStatus::AwaitsApproval;
                let occasion =
                    self.world.state.actions().filter(waits).nth(*nth).map(|record| record.id.clone());
                if let Some(occasion) = occasion {
                    self.take(Input::Command(Command::ApproveAction { occasion, by: "anna".into() }));
                }
            }
        }
    }

    fn take(&mut self, input: Input) {
        let effects = self.world.take(input);
        self.took(effects);
    }

    fn finish(&mut self, check: &CheckName, outcome: Outcome) {
        if !self.world.running.contains_key(check) {
            self.take(Input::Command(Command::RunNow(check.clone())));
        }
        if let Some(effects) = self.world.finish_run(check, outcome) {
            self.took(effects);
        }
    }

    fn attempt(&mut self, id: DeliveryId, result: Attempted) {
        let result = match result {
            Attempted::Delivered => AttemptResult::Delivered(Some(format!("{id}"))),
            Attempted::Retryable => AttemptResult::Retryable("refused".into()),
            Attempted::RetryAfter => AttemptResult::RetryAfter(Duration::from_secs(90), "slow down".into()),
            Attempted::Unsure => AttemptResult::Unsure("no answer".into()),
            Attempted::Rejected => AttemptResult::Rejected("bad request".into()),
        };
        if let Some(effects) = self.world.finish_delivery(id, result) {
            self.took(effects);
        }
    }

    fn acted(&mut self, id: &OccasionId, result: Done) {
        let result = match result {
            Done::Changed => {
                let summary = "restarted".to_owned();
                ActionResult::Done(Acting { summary, changed: true, details: None })
            }
            Done::Failed => ActionResult::failed("refused"),
            Done::Unknown => ActionResult::Unknown("no answer".into()),
        };
        if let Some(effects) = self.world.finish_action(id, result) {
            self.took(effects);
        }
    }

    fn answer_everything_well(&mut self) {
        while let Some(id) = self.world.acting.keys().next().cloned() {
            self.acted(&id, Done::Changed);
        }
        while let Some(check) = self.world.running.keys().next().cloned() {
            self.finish(&check, outcome(Answer::Ok));
        }
        while let Some(id) = self.world.sending.keys().next().copied() {
            self.attempt(id, Attempted::Delivered);
        }
    }

    /// From here on all is well for two days; whatever was owed must leave.
    fn end_well(&mut self) {
        self.act(&Action::Plugin(Presence::Live));
        for place in 0..CHECKS.len() {
            self.act(&Action::Resume(place));
        }
        self.answer_everything_well();
        self.pass(Duration::from_secs(2 * 86_400), Story::answer_everything_well);
        for check in self.world.setup.checks.keys().cloned().collect::<Vec<_>>() {
            for _ in 0..3 {
                self.finish(&check, outcome(Answer::Ok));
                self.answer_everything_well();
            }
        }
        self.pass(Duration::from_secs(86_400), Story::answer_everything_well);
        let open: Vec<_> = self.world.state.alerts().collect();
        assert!(open.is_empty(), "still open: {open:?}");
        assert!(self.knows.is_empty(), "told of a firing and never of its end: {:?}", self.knows);
        let waiting: Vec<_> = self.world.state.outbox().collect();
        assert!(waiting.is_empty(), "still waiting: {waiting:?}");
        let groups: Vec<_> = self.world.state.groups().collect();
        assert!(groups.is_empty(), "still a group: {groups:?}");
    }
}

proptest! {
    // `PROPTEST_CASES` asks for more than proptest's own 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_owed_is_forgotten_whatever_happens(actions in actions()) {
        let mut story = Story::new();
        for action in &actions {
            story.act(action);
        }
        story.end_well();
    }

    #[test]
    fn the_same_inputs_give_the_same_effects(actions in actions()) {
        let tell = || {
            let mut story = Story::new();
            actions.iter().for_each(|action| story.act(action));
            let counts: BTreeMap<&str, usize> = BTreeMap::from([
                ("alerts", story.world.state.alerts().count()),
                ("outbox", story.world.state.outbox().count()),
            ]);
            (format!("{counts:?}"), story.effects)
        };
        let (first, second) = (tell(), tell());
        prop_assert_eq!(first.0, second.0);
        prop_assert_eq!(first.1, second.1);
    }
}
