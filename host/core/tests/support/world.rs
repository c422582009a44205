//! Both clocks, a state, a store that is always durable, runs and deliveries under way. Checks on the way what
//! must hold of effects whatever happens: intent before delivery, never two runs of one check.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::commit::{Commit, KvScope, KvWrite};
use watchkeep_core::delivery::{AttemptResult, DeliveryStatus};
use watchkeep_core::effect::{Effect, StartAction, StartDelivery, StartRun};
use watchkeep_core::ids::{CheckName, CommitId, DeliveryId, OccasionId};
use watchkeep_core::input::{ActionFinished, DeliveryFinished, Input, RunFinished};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::recovery::{ActionResult, ActionStatus};
use watchkeep_core::report::{Report, State as CheckState};
use watchkeep_core::setup::{Difference, Setup};
use watchkeep_core::state::State;
use watchkeep_core::step::step;
use watchkeep_core::time::{Mono, Now, Wall};

use super::store::Store;

/// So many commits at most a crash can lose.
const VOLATILE_MAX: usize = 4;

pub(crate) struct World {
    pub(crate) now: Now,
    pub(crate) state: State,
    pub(crate) store: Store,
    pub(crate) setup: Arc<Setup>,
    pub(crate) running: BTreeMap<CheckName, StartRun>,
    pub(crate) sending: BTreeMap<DeliveryId, StartDelivery>,
    pub(crate) acting: BTreeMap<OccasionId, StartAction>,
    pub(crate) wake: Option<Mono>,
    /// What passed for the world outside, whatever the clocks of the host show.
    pub(crate) passed: Duration,
    /// How many crashes lost commits.
    pub(crate) losses: u32,
    /// Every decision that was ever acted on, before crashes as well.
    acted: BTreeSet<OccasionId>,
    last_commit: CommitId,
    /// How often something was kept by a plugin.
    writes: u64,
    /// What is on disk for sure.
    durable: Store,
    /// The commits after it, on which nothing has left yet: what a crash may lose.
    volatile: VecDeque<Commit>,
}

impl World {
    pub(crate) fn new(setup: Setup, wall: Wall) -> Self {
        let setup = Arc::new(setup);
        let store = Store::default();
        let now = Now { wall, mono: Mono::from_nanos(0) };
        let state = State::restore(Arc::clone(&setup), store.restored(), now);
        Self {
            now,
            state,
            store,
            setup,
            running: BTreeMap::new(),
            sending: BTreeMap::new(),
            acting: BTreeMap::new(),
            wake: Some(now.mono),
            passed: Duration::ZERO,
            losses: 0,
            acted: BTreeSet::new(),
            last_commit: CommitId(0),
            writes: 0,
            durable: Store::default(),
            volatile: VecDeque::new(),
        }
    }

    /// One input, everything it asks for done. Gives back what was asked for.
    pub(crate) fn take(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        step(&mut self.state, input, self.now, &mut effects);
        assert_eq!(self.state.inconsistencies(), 0, "something that must be there was not");
        for effect in &effects {
            self.perform(effect);
        }
        effects
    }

    fn perform(&mut self, effect: &Effect) {
        match effect {
            Effect::StartRun(start) => {
                assert!(start.due <= self.now.mono, "started before its time: {start:?}");
                let before = self.running.insert(start.run.check.clone(), start.clone());
                assert!(before.is_none(), "two runs of `{}` at once", start.run.check);
            }
            Effect::Commit(commit) => self.commit(commit),
            Effect::StartDelivery(start) => {
                assert!(start.after <= self.last_commit, "delivery before its commit: {start:?}");
                let row = self.store.outbox.get(&start.delivery.id).expect("an outbox row before a delivery");
                assert!(matches!(row.status, DeliveryStatus::Attempting { .. }), "intent first: {row:?}");
                assert_eq!(row.attempts, start.attempt);
                assert_eq!(row.notification, start.delivery.notification, "what is sent is what is stored");
                self.settle(0);
                let before = self.sending.insert(start.delivery.id, start.clone());
                assert!(before.is_none(), "two attempts of one delivery at once");
            }
            Effect::StartAction(start) => {
                assert!(start.after <= self.last_commit, "action before its commit: {start:?}");
                let id = &start.record.id;
                let row = self.store.actions.get(id).expect("a record before an action");
                assert!(matches!(row.status, ActionStatus::Begun { .. }), "intent first: {row:?}");
                assert!(self.acted.insert(id.clone()), "acts twice on one decision: {start:?}");
                self.settle(0);
                self.acting.insert(id.clone(), start.clone());
            }
            Effect::WakeAt(at) => self.wake = Some(*at),
            Effect::Publish(_) | Effect::SendDeadManSignal => {}
        }
    }

    fn commit(&mut self, commit: &Commit) {
        assert_eq!(commit.id.0, self.last_commit.0 + 1, "commits are numbered in order");
        self.last_commit = commit.id;
        self.store.apply(commit);
        self.volatile.push_back(commit.clone());
        self.settle(VOLATILE_MAX);
    }

    /// All but the last commits are on disk.
    fn settle(&mut self, left: usize) {
        while self.volatile.len() > left
            && let Some(commit) = self.volatile.pop_front()
        {
            self.durable.apply(&commit);
        }
    }

    /// Moves both clocks, and nothing else.
    pub(crate) fn pass(&mut self, span: Duration) {
        self.now = Now { wall: self.now.wall + span, mono: self.now.mono + span };
        self.passed += span;
    }
    pub(crate) fn tick(&mut self) -> Vec<Effect> {
        self.wake = None;
        self.take(Input::Tick)
    }

    pub(crate) fn finish_run(&mut self, check: &CheckName, outcome: Outcome) -> Option<Vec<Effect>> {
        let start = self.running.remove(check)?;
        let late = self.now.mono.since(start.due);
        let scope = KvScope::of_check(check.clone(), start.spec.plugin.clone());
        Some(self.take_twice(scope, |kv| {
            Input::RunFinished(RunFinished {
                run: start.run.clone(),
                outcome: outcome.clone(),
                took: Duration::ZERO,
                late,
                generation: None,
                kv,
            })
        }))
    }

    pub(crate) fn finish_delivery(&mut self, id: DeliveryId, result: AttemptResult) -> Option<Vec<Effect>> {
        let start = self.sending.remove(&id)?;
        let attempt = start.attempt;
        let receiver = start.delivery.notification.receiver.clone();
        let scope = KvScope::of_receiver(receiver, "notifier".into());
        Some(self.take_twice(scope, |kv| {
            let result = result.clone();
            Input::DeliveryFinished(DeliveryFinished { delivery: id, attempt, result, kv })
        }))
    }

    pub(crate) fn finish_action(&mut self, id: &OccasionId, result: ActionResult) -> Option<Vec<Effect>> {
        let start = self.acting.remove(id)?;
        let scope = KvScope::of_action(start.record.action.clone(), "action".into());
        Some(self.take_twice(scope, |kv| {
            let (occasion, result) = (start.record.id.clone(), result.clone());
            Input::ActionFinished(ActionFinished { occasion, result, kv })
        }))
    }

    /// What ends is reported twice, as after a mistake of the host's: the second report says nothing new. What the plugin
    /// keeps goes with the first.
    fn take_twice(&mut self, scope: KvScope, ended: impl Fn(Vec<KvWrite>) -> Input) -> Vec<Effect> {
        self.writes += 1;
        let (key, version) = ("kept".to_owned(), self.writes);
        let written = KvWrite { scope, key, value: Some(b"first".to_vec()), version };
        let again = KvWrite { value: Some(b"second".to_vec()), ..written.clone() };
        let effects = self.take(ended(vec![written.clone()]));
        // What belongs to a check that was removed meanwhile counts for nothing.
        if effects.iter().any(|effect| matches!(effect, Effect::Commit(_))) {
            assert_eq!(
                self.store.kv.get(&written.scope),
                written.value.as_ref(),
                "kept by {:?}",
                written.scope
            );
        }
        let more = self.take(ended(vec![again]));
        let says_nothing = |effect: &Effect| matches!(effect, Effect::WakeAt(_));
        assert!(more.iter().all(says_nothing), "it was reported twice: {more:?}");
        effects
    }

    pub(crate) fn reload(&mut self, setup: Setup) -> Vec<Effect> {
        let setup = Arc::new(setup);
        let difference = Difference::between(&self.setup, &setup);
        self.setup = Arc::clone(&setup);
        self.take(Input::ConfigApplied { setup, difference })
    }

    /// The host dies and the last commits were not yet durable: as many as `lost` says, but none on which a
    /// delivery left.
    pub(crate) fn restart_losing(&mut self, lost: usize, down: Duration) {
        self.settle(lost);
        if lost > 0 {
            self.store = self.durable.clone();
            self.losses += 1;
        }
        self.restart(down);
    }

    /// The host dies and comes back after `down`; what was under way is lost. The monotonic clock starts anew.
    pub(crate) fn restart(&mut self, down: Duration) {
        self.now = Now { wall: self.now.wall + down, mono: Mono::from_nanos(0) };
        self.passed += down;
        self.state = State::restore(Arc::clone(&self.setup), self.store.restored(), self.now);
        self.running.clear();
        self.sending.clear();
        self.acting.clear();
        self.volatile.clear();
        self.durable = self.store.clone();
        self.wake = Some(self.now.mono);
        self.last_commit = CommitId(0);
    }
}

/// A report that all is well, and no more.
pub(crate) fn good() -> Outcome {
    Outcome::Report(Arc::new(Report {
        state: CheckState::Ok,
        summary: "fine".into(),
        details: None,
        metrics: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    }))
}
