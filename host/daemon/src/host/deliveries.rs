//! Performs `StartDelivery`: one task for each attempt. How often, when and in what order is decided in the core.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::FutureExt as _;
use tokio::sync::mpsc;
use watchkeep_core::commit::KvScope;
use watchkeep_core::delivery::AttemptResult;
use watchkeep_core::effect::StartDelivery;
use watchkeep_core::input::{DeliveryFinished, Input};
use watchkeep_core::plugin_reload::{Caller, Ending};
use watchkeep_core::reply_token::ReplyKey;
use watchkeep_engine::{Attempted, Engine, NotifierCall};

use super::board::Board;
use super::clock::wall;
use super::letters;
use super::main_loop::Message;
use super::numbers::Tally;
use super::plugin_reloader::PluginReloader;
use super::posted::PostedSubscribers;
use super::prepared::InForce;
use super::replies;

#[derive(Clone)]
pub(crate) struct Deliverer {
    pub(crate) shared: Arc<DelivererParts>,
}

pub(crate) struct DelivererParts {
    pub(crate) engine: Engine,
    pub(crate) in_force: Arc<ArcSwap<InForce>>,
    pub(crate) inbox: mpsc::UnboundedSender<Message>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) plugin_reloader: Arc<PluginReloader>,
    pub(crate) board: Arc<Board>,
    pub(crate) reply_key: Arc<ReplyKey>,
    pub(crate) subscribers: Arc<PostedSubscribers>,
}

impl Deliverer {
    /// Starts an attempt. Its end arrives in the inbox as `Input::DeliveryFinished`, whatever happens.
    pub(crate) fn start(&self, start: StartDelivery) {
        let parts = self.shared.clone();
        tokio::spawn(async move {
            // A bug of the host in one attempt must not leave its receiver waiting for ever.
            let finished = match AssertUnwindSafe(attempt(&parts, &start)).catch_unwind().await {
                Ok(finished) => finished,
                Err(_) => DeliveryFinished {
                    delivery: start.delivery.id,
                    attempt: start.attempt,
                    result: AttemptResult::Unsure("the host itself failed; its log says where".to_owned()),
                    kv: Vec::new(),
                },
            };
            let receiver = &start.delivery.notification.receiver;
            parts.tally.attempt_finished(receiver, &finished.result);
            match finished.result.error() {
                None => {
                    tracing::info!(%receiver, delivery = %start.delivery.id, attempt = start.attempt, "delivered");
                }
                Some(error) => {
                    tracing::warn!(%receiver, delivery = %start.delivery.id, attempt = start.attempt, %error, "not delivered");
                }
            }
            // The inbox is closed only when the host has ended.
            let _ = parts.inbox.send(Message::Input(Input::DeliveryFinished(finished)));
        });
    }
}

async fn attempt(parts: &DelivererParts, start: &StartDelivery) -> DeliveryFinished {
    let spec = &start.delivery.receiver;
    let ended =
        |result, kv| DeliveryFinished { delivery: start.delivery.id, attempt: start.attempt, result, kv };
    let in_force = parts.in_force.load_full();
    let Some(prepared) = in_force.receiver(&spec.name) else {
        let what =
            format!("receiver `{}` is no longer in the config, and with it its rights are gone", spec.name);
        return ended(AttemptResult::Rejected(what), Vec::new());
    };
    let generation = in_force.catalogue.find(&spec.plugin).map(|plugin| plugin.generation.clone());
    let Some(generation) = generation else {
        let what = format!("plugin `{}` is not loaded; hint: `watchkeep plugin list` says why", spec.plugin);
        return ended(AttemptResult::Retryable(what), Vec::new());
    };
    let addressed = match letters::addressed(&start.delivery, &parts.subscribers.now(), &in_force.setup) {
        Ok(addressed) => addressed,
        Err(why) => return ended(AttemptResult::Rejected(why), Vec::new()),
    };
    let call = NotifierCall {
        notification: addressed.notification,
        config: addressed.config,
        attempt: start.attempt,
        previous_id: start.delivery.previous_id.clone(),
        timeout: spec.timeout,
        invitations: replies::invitations(
            &parts.reply_key,
            &parts.board,
            &in_force.setup,
            &start.delivery.notification,
            wall(),
        ),
        private: addressed.private,
        rights: prepared.rights.clone(),
        limits: *prepared.limits,
        scope: KvScope::of_receiver(spec.name.clone(), spec.plugin.clone()),
    };
    let done = parts.engine.deliver(&generation, call, &prepared.ports).await;
    let Attempted { result, cut_short } = done.value;
    let caller = Caller::Receiver(spec.name.clone());
    if let (Some(reason), Some(error)) = (cut_short, result.error())
        && let Some(ending) = Ending::of(caller, generation.digest, reason, error)
    {
        parts.plugin_reloader.offended(&spec.plugin, &ending);
    }
    ended(result, done.kv)
}
