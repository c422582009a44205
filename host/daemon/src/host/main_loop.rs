//! The loop: takes what happened, asks the core, and does what it says. The only `match` on `Effect` is here, and the
//! only clock that decisions see is read here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::commit::{GenerationRow, PluginDecision};
use watchkeep_core::effect::{Effect, StartAction, StartDelivery};
use watchkeep_core::gate;
use watchkeep_core::ids::{CommitId, Digest, PluginName};
use watchkeep_core::input::{Input, StoreHealth};
use watchkeep_core::state::State;
use watchkeep_core::step::step;
use watchkeep_core::time::Mono;
use watchkeep_store::{Progress, Writer};

use super::actions::Actor;
use super::board::Board;
use super::clock::Clock;
use super::dead_man_signal::DeadManSignaller;
use super::deliveries::Deliverer;
use super::numbers::Tally;
use super::runs::Runner;

/// How many messages are taken from the inbox at once.
const TAKE_MAX: usize = 256;
/// How often the gate is checked while notices wait for a failing store.
const GATE_LOOK: Duration = Duration::from_millis(500);

pub(crate) enum Message {
    Input(Input),
    /// An input for which somebody waits until its result is on the disk: whoever is told that it is done relies on it.
    AnswerOnceStored(Input, oneshot::Sender<()>),
    /// The same for what somebody did, with the entry of the audit log that says who. Its number is given here.
    Audited(Box<AuditEntry>, Input, oneshot::Sender<()>),
    Progress(Progress),
    /// A plugin's new generation, to be remembered.
    Remember(GenerationRow),
    Mark(PluginDecision),
    Unmark(PluginName, Digest),
    /// Answered when everything that was sent before has been taken, and the board shows it.
    Reached(oneshot::Sender<()>),
    /// No new run starts, and what is under way may end.
    Drain {
        idle: oneshot::Sender<()>,
    },
    /// The drain took too long: end now.
    Stop,
}

pub(crate) struct MainLoop {
    pub(crate) state: State,
    pub(crate) clock: Clock,
    pub(crate) inbox: mpsc::UnboundedReceiver<Message>,
    pub(crate) writer: Writer,
    pub(crate) runner: Runner,
    pub(crate) deliverer: Deliverer,
    pub(crate) actor: Actor,
    pub(crate) board: Arc<Board>,
    pub(crate) signaller: DeadManSignaller,
    pub(crate) tally: Arc<Tally>,
    /// The number of the next entry of the audit log.
    pub(crate) audit_next: u64,
}

struct Loop {
    parts: MainLoop,
    effects: Vec<Effect>,
    wake: Option<Mono>,
    /// Deliveries that wait for their commits, in the order of these.
    gated: VecDeque<StartDelivery>,
    /// Actions that wait for theirs.
    gated_actions: VecDeque<StartAction>,
    /// Answers that wait for their commits, in the same order.
    kept: VecDeque<(CommitId, oneshot::Sender<()>)>,
    committed: CommitId,
    durable: CommitId,
    failing_since: Option<Mono>,
    /// How many inconsistencies the core has counted.
    inconsistencies: u64,
    draining: Option<oneshot::Sender<()>>,
    under_way: usize,
    stopped: bool,
}

impl MainLoop {
    /// Runs until every sender is gone or a drain is over. Returns the writer, to be closed last.
    pub(crate) async fn run(self) -> Writer {
        let mut looped = Loop {
            parts: self,
            effects: Vec::new(),
            wake: None,
            gated: VecDeque::new(),
            gated_actions: VecDeque::new(),
            kept: VecDeque::new(),
            committed: CommitId(0),
            durable: CommitId(0),
            failing_since: None,
            inconsistencies: 0,
            draining: None,
            under_way: 0,
            stopped: false,
        };
        looped.take(Input::Tick);
        let mut messages = Vec::with_capacity(TAKE_MAX);
        loop {
            let wake = looped.next_wake();
            tokio::select! {
                taken = looped.parts.inbox.recv_many(&mut messages, TAKE_MAX) => {
                    if taken == 0 {
                        break;
                    }
                }
                () = until(wake.map(|at| looped.parts.clock.instant(at))) => {
                    looped.wake = None;
                    looped.take(Input::Tick);
                }
            }
            for message in messages.drain(..) {
                looped.handle(message);
            }
            if looped.stopped {
                break;
            }
            looped.answer();
            looped.open_gate();
            if looped.under_way == 0
                && let Some(idle) = looped.draining.take()
            {
                // Whoever asked for the drain may have stopped waiting.
                let _ = idle.send(());
                break;
            }
        }
        looped.parts.writer
    }
}

impl Loop {
    fn handle(&mut self, message: Message) {
        match message {
            Message::Input(input) => {
                if matches!(
                    input,
                    Input::RunFinished(_) | Input::DeliveryFinished(_) | Input::ActionFinished(_)
                ) {
                    self.under_way = self.under_way.saturating_sub(1);
                }
                self.take(input);
            }
            Message::AnswerOnceStored(input, answer) => {
                let before = self.committed;
                self.take(input);
                // An input that changed nothing waits for no commit of others.
                let own = if self.committed > before { self.committed } else { CommitId(0) };
                self.kept.push_back((own, answer));
            }
            Message::Audited(entry, input, answer) => {
                let entry = AuditEntry { number: self.parts.audit_next, ..*entry };
                self.parts.audit_next += 1;
                self.handle(Message::AnswerOnceStored(
                    Input::Audited(Box::new(entry), Box::new(input)),
                    answer,
                ));
            }
            Message::Progress(Progress::Durable(commit)) => self.durable = self.durable.max(commit),
            Message::Progress(Progress::Failing { error, pending, .. }) => {
                if self.failing_since.is_none() {
                    tracing::error!(%error, pending, "cannot write to the store; checks go on, results wait in memory");
                    self.failing_since = Some(self.parts.clock.mono());
                    self.take(Input::StoreHealth(StoreHealth::Fails(error.to_string())));
                }
            }
            Message::Progress(Progress::Recovered) => {
                tracing::info!("the store can be written again");
                self.failing_since = None;
                self.take(Input::StoreHealth(StoreHealth::Writes));
            }
            Message::Remember(row) => self.parts.writer.put_generation(row),
            Message::Mark(mark) => self.parts.writer.put_plugin_decision(mark),
            Message::Unmark(plugin, digest) => self.parts.writer.remove_plugin_decision(plugin, digest),
            // Whoever asked may have stopped waiting.
            Message::Reached(reached) => drop(reached.send(())),
            Message::Drain { idle } => self.draining = Some(idle),
            Message::Stop => self.stopped = true,
        }
    }

    fn take(&mut self, input: Input) {
        let now = self.parts.clock.now();
        step(&mut self.parts.state, input, now, &mut self.effects);
        let inconsistencies = self.parts.state.inconsistencies();
        if inconsistencies > self.inconsistencies {
            self.inconsistencies = inconsistencies;
            self.parts.tally.inconsistencies(inconsistencies);
        }
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            self.perform(effect);
        }
        self.effects = effects;
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::StartRun(start) => {
                if self.draining.is_none() {
                    self.under_way += 1;
                    self.parts.runner.start(start);
                }
            }
            Effect::Commit(commit) => {
                self.committed = self.committed.max(commit.id);
                self.parts.writer.send(commit);
            }
            Effect::StartDelivery(start) => self.gated.push_back(start),
            Effect::StartAction(start) => self.gated_actions.push_back(start),
            Effect::WakeAt(at) => self.wake = Some(at),
            Effect::Publish(update) => self.parts.board.apply(update),
            Effect::SendDeadManSignal => self.parts.signaller.send(),
        }
    }

    /// Answers those whose request is stored. As with notices, a store that fails for long does not leave them waiting.
    fn answer(&mut self) {
        let failing_for = self.failing_for();
        while let Some((after, _)) = self.kept.front()
            && gate::may_leave(*after, self.durable, failing_for)
            && let Some((_, answer)) = self.kept.pop_front()
        {
            // Whoever asked may have stopped waiting.
            let _ = answer.send(());
        }
    }

    fn failing_for(&self) -> Option<Duration> {
        self.failing_since.map(|since| self.parts.clock.mono().since(since))
    }

    /// Starts the deliveries that may start. A drain holds back those that have not begun: their intent is durable, and
    /// the next start takes them up.
    fn open_gate(&mut self) {
        if self.draining.is_some() {
            return;
        }
        let failing_for = self.failing_for();
        while let Some(first) = self.gated.front()
            && gate::may_leave(first.after, self.durable, failing_for)
            && let Some(start) = self.gated.pop_front()
        {
            self.under_way += 1;
            self.parts.deliverer.start(start);
        }
        // Unlike a notice, an action does not leave while the store fails: what nobody could know of after a crash would be done
        // twice.
        while let Some(first) = self.gated_actions.front()
            && first.after <= self.durable
            && let Some(start) = self.gated_actions.pop_front()
        {
            self.under_way += 1;
            self.parts.actor.start(start);
        }
    }

    fn next_wake(&self) -> Option<Mono> {
        let waits = !self.gated.is_empty() || !self.kept.is_empty();
        let gate = (waits && self.failing_since.is_some()).then(|| self.parts.clock.mono() + GATE_LOOK);
        if self.draining.is_some() { gate } else { self.wake.into_iter().chain(gate).min() }
    }
}

async fn until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
