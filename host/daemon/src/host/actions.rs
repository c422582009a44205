//! Performs `StartAction`: one task for each decision to act. Whether, when and how often is decided in the core.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::FutureExt as _;
use tokio::sync::mpsc;
use watchkeep_core::commit::{KvScope, KvWrite};
use watchkeep_core::effect::StartAction;
use watchkeep_core::grant::{Aim, Rights};
use watchkeep_core::input::{ActionFinished, Input};
use watchkeep_core::outcome::{Failure, FailureReason, Stage};
use watchkeep_core::plugin_reload::{Caller, Ending};
use watchkeep_core::recovery::{ActionResult, Mode};
use watchkeep_engine::{Acted, ActionCall, Engine};

use super::main_loop::Message;
use super::plugin_reloader::PluginReloader;
use super::prepared::InForce;

#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) shared: Arc<ActorParts>,
}

pub(crate) struct ActorParts {
    pub(crate) engine: Engine,
    pub(crate) in_force: Arc<ArcSwap<InForce>>,
    pub(crate) inbox: mpsc::UnboundedSender<Message>,
    pub(crate) plugin_reloader: Arc<PluginReloader>,
}

impl Actor {
    /// Begins an attempt. Its end arrives in the inbox as `Input::ActionFinished`, whatever happens.
    pub(crate) fn start(&self, start: StartAction) {
        let parts = self.shared.clone();
        tokio::spawn(async move {
            let (action, occasion) = (start.record.action.clone(), start.record.id.clone());
            tracing::info!(%action, %occasion, key = %start.record.key, "action begins");
            // A bug of the host in one attempt must not leave its alert waiting for ever.
            let (result, kv) = match AssertUnwindSafe(attempt(&parts, &start)).catch_unwind().await {
                Ok(ended) => ended,
                Err(_) => {
                    let why = "the host itself failed; its log says where".to_owned();
                    (ActionResult::Unknown(why), Vec::new())
                }
            };
            let said = watchkeep_core::tried::told(&result);
            match &result {
                ActionResult::Done(_) | ActionResult::Planned(_) => {
                    tracing::info!(%action, %occasion, result = %said, "action ended");
                }
                ActionResult::Failed { .. } | ActionResult::Unknown(_) => {
                    let said_by = said_by(&result).unwrap_or_default();
                    tracing::warn!(%action, %occasion, result = %said, said_by, "action ended");
                }
            }
            let finished = ActionFinished { occasion, result, kv };
            // The inbox is closed only when the host has ended.
            let _ = parts.inbox.send(Message::Input(Input::ActionFinished(finished)));
        });
    }
}

async fn attempt(parts: &ActorParts, start: &StartAction) -> (ActionResult, Vec<KvWrite>) {
    let spec = &start.spec;
    let failed = |what: String| (ActionResult::failed(what), Vec::new());
    let in_force = parts.in_force.load_full();
    let Some(prepared) = in_force.action(&spec.name) else {
        return failed(format!(
            "action `{}` is no longer in the config, and with it its rights are gone",
            spec.name
        ));
    };
    let generation = in_force.catalogue.find(&spec.plugin).map(|plugin| plugin.generation.clone());
    let Some(generation) = generation else {
        return failed(format!(
            "plugin `{}` is not loaded; hint: `watchkeep plugin list` says why",
            spec.plugin
        ));
    };
    let aim = match start.record.mode {
        Mode::Act => Aim::Act,
        Mode::DryRun => Aim::Look,
    };
    let call = ActionCall {
        occasion: start.occasion.clone(),
        attempt: 1,
        config: spec.config.clone(),
        timeout: spec.timeout,
        rights: Arc::new(Rights { aim, ..Rights::clone(&prepared.rights) }),
        limits: *prepared.limits,
        scope: KvScope::of_action(spec.name.clone(), spec.plugin.clone()),
    };
    let ended = parts.engine.act(&generation, call, &prepared.ports).await;
    let result = match ended.value {
        Ok(Acted::Done(effect)) => ActionResult::Done(effect),
        Ok(Acted::Planned(steps)) => ActionResult::Planned(steps),
        Err(failure) => {
            let caller = Caller::Action(spec.name.clone());
            let message = sentence(&failure);
            if let Some(ending) = Ending::of(caller, generation.digest, failure.reason, &message) {
                parts.plugin_reloader.offended(&spec.plugin, &ending);
            }
            // A dry run has no right to change anything, and what never began has changed nothing.
            let was_called = matches!(failure.stage, Stage::Call | Stage::Report);
            let may_have_acted = aim == Aim::Act && was_called && is_cut_short(failure.reason);
            match may_have_acted {
                true => ActionResult::Unknown(message),
                false => ActionResult::Failed { why: message, said_by: Some(generation.label().to_owned()) },
            }
        }
    };
    (result, ended.kv)
}

/// Whether the plugin was stopped in the middle or said something that is not valid, so that nobody knows what it has done.
fn is_cut_short(reason: FailureReason) -> bool {
    match reason {
        FailureReason::Trap
        | FailureReason::CpuTime
        | FailureReason::WallTime
        | FailureReason::Memory
        | FailureReason::Limit
        | FailureReason::InvalidReport
        | FailureReason::Host => true,
        FailureReason::Denied
        | FailureReason::Config
        | FailureReason::Inconclusive
        | FailureReason::Fault
        | FailureReason::NoPlugin => false,
    }
}

fn said_by(result: &ActionResult) -> Option<&str> {
    match result {
        ActionResult::Failed { said_by, .. } => said_by.as_deref(),
        ActionResult::Done(_) | ActionResult::Planned(_) | ActionResult::Unknown(_) => None,
    }
}

fn sentence(failure: &Failure) -> String {
    match &failure.hint {
        Some(hint) => format!("{}; hint: {hint}", failure.message),
        None => failure.message.clone(),
    }
}
