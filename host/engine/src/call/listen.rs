//! A notifier listens for pressed buttons: what to, and one stretch of it.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::commit::KvScope;
use watchkeep_core::grant::Rights;
use watchkeep_core::outcome::Failure;

use super::{CallInputs, Ended, Setup, classify, in_store, manifest};
use crate::contract::listener::Listening;
use crate::engine::Shared;
use crate::generation::{Entry, Generation};
use crate::interfaces::replies::Taker;
use crate::options::Limits;
use crate::ports::Ports;

/// How much of a source's text counts.
const SOURCE_BYTES_MAX: usize = 1 << 10;

#[derive(Clone)]
pub struct ListenCall {
    /// The receiver's name.
    pub receiver: Arc<str>,
    /// The receiver's config, as JSON.
    pub config: Arc<str>,
    /// The wall time of this stretch.
    pub timeout: Duration,
    pub rights: Arc<Rights>,
    pub limits: Limits,
    pub scope: KvScope,
    pub taker: Arc<dyn Taker>,
}

/// What the notifier listens to with this config; `None` if to nothing, or if it cannot say.
pub(crate) async fn source(shared: &Shared, generation: &Generation, config: &str) -> Option<String> {
    let Entry::Notifier { listen: Some(pre), .. } = &generation.entry else { return None };
    let finished = in_store(shared, manifest::setup_of(generation), async move |store| {
        let instance = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        instance.watchkeep_plugin_listener().call_source(&mut *store, config).await
    })
    .await;
    let mut source = finished.result.ok().flatten()?;
    source.truncate(source.floor_char_boundary(SOURCE_BYTES_MAX));
    Some(source)
}

/// One stretch of listening. `Err` says what went wrong, as a sentence.
pub(crate) async fn listen(
    shared: &Shared,
    generation: &Generation,
    call: ListenCall,
    ports: &Ports,
) -> Ended<Result<(), String>> {
    let Entry::Notifier { listen: Some(pre), .. } = &generation.entry else {
        return Ended::unstarted(Err(format!("{} does not listen", generation.label)));
    };
    let ListenCall { receiver, config, timeout, rights, limits, scope, taker } = call;
    let listening = Listening {
        receiver: receiver.to_string(),
        config: config.to_string(),
        deadline: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
    };
    let given = CallInputs { config, timeout, limits, rights, scope: scope.clone() };
    let setup = Setup::of(generation, &receiver, ports, given);
    let mut finished = in_store(shared, setup, async move |store| {
        store.data_mut().own.replies.taker = Some(taker);
        let instance = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        instance.watchkeep_plugin_listener().call_listen(&mut *store, &listening).await
    })
    .await;
    let result = std::mem::replace(&mut finished.result, Err(super::Stop::Timeout));
    let ended_well = matches!(result, Ok(Ok(())));
    let value = match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(classify::fault(fault, "listen", &finished.state)),
        Err(stop) => Err(classify::stopped(stop, &finished.state)),
    };
    let kv = if ended_well { finished.state.take_kv(&scope) } else { Vec::new() };
    finished.ended(value.map_err(told), kv)
}

fn told(failure: Failure) -> String {
    match failure.hint {
        Some(hint) => format!("{}; hint: {hint}", failure.message),
        None => failure.message,
    }
}
