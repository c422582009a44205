//! Performs `StartRun`: one task for each run. Uses the generation that is live when the run begins, so that a swap
//! never affects a run under way.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::FutureExt as _;
use tokio::sync::{Semaphore, mpsc};
use watchkeep_core::commit::KvScope;
use watchkeep_core::effect::StartRun;
use watchkeep_core::input::{Input, RunFinished};
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::rule::RuleSpec;
use watchkeep_core::setup::{CheckSpec, Work};
use watchkeep_engine::{CheckCall, Engine};
use watchkeep_store::Store;

use super::attachments;
use super::clock::{Clock, wall};
use super::main_loop::Message;
use super::numbers::Tally;
use super::plugin_reloader::PluginReloader;
use super::prepared::{InForce, Prepared};
use super::rules;

#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) shared: Arc<RunnerParts>,
}

pub(crate) struct RunnerParts {
    pub(crate) engine: Engine,
    pub(crate) in_force: Arc<ArcSwap<InForce>>,
    /// Limits how many runs of all plugins may be under way at once.
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) clock: Clock,
    pub(crate) inbox: mpsc::UnboundedSender<Message>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) plugin_reloader: Arc<PluginReloader>,
    pub(crate) store: Store,
}

impl Runner {
    /// Starts a run. Its end arrives in the inbox as `Input::RunFinished`, whatever happens.
    pub(crate) fn start(&self, start: StartRun) {
        let parts = self.shared.clone();
        tokio::spawn(async move {
            let plugin = start.spec.plugin.clone();
            let (id, spec) = (start.run.clone(), start.spec.clone());
            // A bug of the host in one run must not leave its check under way for ever.
            let finished = match AssertUnwindSafe(run(&parts, start)).catch_unwind().await {
                Ok(finished) => finished,
                Err(_) => unstarted(id, broken(&spec), Duration::ZERO),
            };
            parts.tally.run_finished(&plugin, &finished);
            parts.plugin_reloader.run_finished(&plugin, &finished);
            // The inbox is closed only when the host has ended.
            let _ = parts.inbox.send(Message::Input(Input::RunFinished(finished)));
        });
    }
}

async fn run(parts: &RunnerParts, start: StartRun) -> RunFinished {
    match &start.spec.work {
        Work::Plugin => {}
        Work::Rule(rule) => {
            let rule = rule.clone();
            return look(parts, start, rule).await;
        }
        // A heartbeat starts nothing. If it were asked to, this would say so.
        Work::Heartbeat(_) => {
            let outcome = gone(&start.spec, "starts nothing: it waits for pings");
            return unstarted(start.run, outcome, Duration::ZERO);
        }
    }
    let StartRun { run, spec, due, previous } = start;
    let not_in_config = || gone(&spec, "is no longer in the config");
    let permits = parts.in_force.load().check(&spec.name).map(|prepared| prepared.permits.clone());
    let Some(permits) = permits else {
        return unstarted(run, not_in_config(), Duration::ZERO);
    };
    let _permit = parts.permits.acquire().await;
    let _plugin_permit = permits.acquire().await;
    let late = parts.clock.mono().since(due);
    // Rights and generation must belong together. They are taken after the wait, because a swap may have come
    // meanwhile.
    let in_force = parts.in_force.load_full();
    let Some(prepared) = in_force.check(&spec.name).cloned() else {
        return unstarted(run, not_in_config(), late);
    };
    let generation = in_force.catalogue.find(&spec.plugin).map(|plugin| plugin.generation.clone());
    drop(in_force);
    let Some(generation) = generation else {
        return unstarted(run, gone(&spec, "is not loaded"), late);
    };
    let ended =
        parts.engine.run_check(&generation, call(&run, &spec, previous, &prepared), &prepared.ports).await;
    let outcome = attachments::keep(&parts.store, &spec.name, ended.value, ended.attachments).await;
    RunFinished { run, outcome, took: ended.took, late, generation: Some(generation.digest), kv: ended.kv }
}

/// Runs a rule: reads the store, and asks no plugin.
async fn look(parts: &RunnerParts, start: StartRun, rule: Arc<RuleSpec>) -> RunFinished {
    let _permit = parts.permits.acquire().await;
    let late = parts.clock.mono().since(start.due);
    let (spec, config) = (start.spec, parts.in_force.load().config.clone());
    let (store, clock) = (parts.store.clone(), parts.clock);
    let began = clock.mono();
    let looked =
        tokio::task::spawn_blocking(move || rules::outcome(&rule, &spec, &config.setup, &store, wall()));
    let outcome = match looked.await {
        Ok(outcome) => outcome,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    let took = clock.mono().since(began);
    RunFinished { run: start.run, outcome, took, late, generation: None, kv: Vec::new() }
}

fn call(
    run: &watchkeep_core::ids::RunId,
    spec: &CheckSpec,
    previous: Option<watchkeep_core::report::State>,
    prepared: &Prepared,
) -> CheckCall {
    CheckCall {
        run: run.clone(),
        config: spec.config.clone(),
        scheduled_at: run.scheduled_at,
        timeout: spec.timeout,
        previous,
        location: spec.location.clone(),
        labels: spec.labels.clone(),
        rights: prepared.rights.clone(),
        limits: *prepared.limits,
        scope: KvScope::of_check(spec.name.clone(), spec.plugin.clone()),
    }
}

fn unstarted(run: watchkeep_core::ids::RunId, outcome: Outcome, late: Duration) -> RunFinished {
    RunFinished { run, outcome, took: Duration::ZERO, late, generation: None, kv: Vec::new() }
}

fn broken(spec: &CheckSpec) -> Outcome {
    Outcome::Failed(Arc::new(Failure {
        reason: FailureReason::Host,
        stage: Stage::Call,
        message: format!("check `{}` could not be run: the host itself failed", spec.name),
        hint: Some("the host's log says where; this is a defect of watchkeep, please report it".to_owned()),
        backtrace: None,
    }))
}

fn gone(spec: &CheckSpec, what: &str) -> Outcome {
    Outcome::Failed(Arc::new(Failure {
        reason: FailureReason::NoPlugin,
        stage: Stage::Load,
        message: format!("check `{}` cannot run: plugin `{}` {what}", spec.name, spec.plugin),
        hint: Some("`watchkeep plugin list` says which plugins are loaded, and why one is not".to_owned()),
        backtrace: None,
    }))
}
