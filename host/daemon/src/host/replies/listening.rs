//! Hears of pressed buttons: one task for each service that a receiver's plugin listens to. What is listened to follows the
//! config and the plugins in force; what goes wrong is shown with the receiver, and tried again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::JoinHandle;
use watchkeep_core::commit::KvScope;
use watchkeep_core::ids::{PluginName, ReceiverName};
use watchkeep_engine::{Engine, ListenCall, Taker};
use watchkeep_web::Hearing;

use super::Presses;
use crate::host::clock::wall;
use crate::host::host_api::HostApi;
use crate::host::prepared::InForce;

/// One stretch. Its limits count anew with each.
const STRETCH: Duration = Duration::from_secs(240);
/// How soon a change of the config or of a plugin is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause after a failure, and what it grows to.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(120);
/// A stretch that lasts so long has reached its service: a connection that leads nowhere fails before. Until then nothing is
/// said, or what failed last.
const SETTLED_AFTER: Duration = Duration::from_secs(40);
/// A stretch that was shorter than this is not followed by another at once.
const STRETCH_MIN: Duration = Duration::from_secs(1);
/// The most services that are listened to. Each holds a slot of the engine.
const SOURCES_MAX: usize = 64;

/// What is heard, by receiver.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    hearing: Arc<Mutex<BTreeMap<ReceiverName, Hearing>>>,
}

impl Listeners {
    pub(crate) fn of(&self, receiver: &ReceiverName) -> Option<Hearing> {
        self.lock().get(receiver).cloned()
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ReceiverName, Hearing>> {
        self.hearing.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn note(&self, receivers: &[ReceiverName], hears: &Result<(), String>) {
        let mut hearing = self.lock();
        for name in receivers {
            let next = match (hears, hearing.get(name)) {
                (Ok(()), Some(Hearing::Listening { .. })) => continue,
                (Ok(()), _) => Hearing::Listening { since: wall() },
                (Err(error), Some(Hearing::Failing { since, .. })) => {
                    Hearing::Failing { since: *since, error: error.clone() }
                }
                (Err(error), _) => Hearing::Failing { since: wall(), error: error.clone() },
            };
            hearing.insert(name.clone(), next);
        }
    }
    fn forget<'a>(&self, receivers: impl Iterator<Item = &'a ReceiverName>) {
        let mut hearing = self.lock();
        receivers.for_each(|name| drop(hearing.remove(name)));
    }
}

/// What is listened to: by the plugin that listens, and what it calls the source.
type Source = (PluginName, String);

/// Listens to what the config in force asks for, until it is aborted.
pub(crate) async fn watch(
    engine: Engine,
    in_force: Arc<ArcSwap<InForce>>,
    host: Arc<HostApi>,
    listeners: Listeners,
) {
    let mut tasks = Tasks(Vec::new());
    let mut looked_at: Option<Arc<InForce>> = None;
    loop {
        let now = in_force.load_full();
        if looked_at.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &now)) {
            // All begin anew: a grant that was taken back, or a secret that was replaced, must not go on in a stretch.
            tasks.end();
            let before = looked_at.iter().flat_map(|before| before.setup.receivers.keys());
            listeners.forget(before);
            for ((plugin, _), receivers) in wanted(&engine, &now).await {
                let presses = Presses { host: host.clone(), plugin: plugin.to_string() };
                let (engine, in_force, listeners) = (engine.clone(), in_force.clone(), listeners.clone());
                tasks.0.push(tokio::spawn(listen(engine, in_force, presses, receivers, listeners)));
            }
            looked_at = Some(now);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Ended with whoever watches over them.
struct Tasks(Vec<JoinHandle<()>>);

impl Tasks {
    fn end(&mut self) {
        self.0.drain(..).for_each(|task| task.abort());
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end();
    }
}

/// Only receivers that somebody reads: of the others no message has a button.
async fn wanted(engine: &Engine, in_force: &InForce) -> BTreeMap<Source, Vec<ReceiverName>> {
    let mut wanted: BTreeMap<Source, Vec<ReceiverName>> = BTreeMap::new();
    for (name, spec) in &in_force.setup.receivers {
        let Some(plugin) = in_force.catalogue.find(&spec.plugin) else { continue };
        if !in_force.setup.readers.contains_key(name) {
            continue;
        }
        let Some(source) = engine.source(&plugin.generation, &spec.config).await else { continue };
        let key = (spec.plugin.clone(), source);
        if wanted.len() >= SOURCES_MAX && !wanted.contains_key(&key) {
            tracing::warn!(receiver = %name, "buttons of more than {SOURCES_MAX} services are not heard of");
            continue;
        }
        wanted.entry(key).or_default().push(name.clone());
    }
    wanted
}

async fn listen(
    engine: Engine,
    in_force: Arc<ArcSwap<InForce>>,
    presses: Presses,
    receivers: Vec<ReceiverName>,
    listeners: Listeners,
) {
    let presses: Arc<dyn Taker> = Arc::new(presses);
    let Some(receiver) = receivers.first() else { return };
    let mut pause = PAUSE_FIRST;
    let mut told = None;
    loop {
        let began = tokio::time::Instant::now();
        let settled = async {
            tokio::time::sleep(SETTLED_AFTER).await;
            listeners.note(&receivers, &Ok(()));
            std::future::pending::<()>().await
        };
        let ended = tokio::select! {
            ended = stretch(&engine, &in_force, receiver, &presses) => ended,
            () = settled => continue,
        };
        match ended {
            Ok(()) => {
                listeners.note(&receivers, &Ok(()));
                (pause, told) = (PAUSE_FIRST, None);
                tokio::time::sleep_until(began + STRETCH_MIN).await;
            }
            Err(error) => {
                if told.as_ref() != Some(&error) {
                    tracing::warn!(%receiver, %error, "pressed buttons are not heard of");
                }
                listeners.note(&receivers, &Err(error.clone()));
                told = Some(error);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    }
}

async fn stretch(
    engine: &Engine,
    in_force: &ArcSwap<InForce>,
    receiver: &ReceiverName,
    presses: &Arc<dyn Taker>,
) -> Result<(), String> {
    let now = in_force.load_full();
    let gone = || format!("receiver `{receiver}` is no longer in the config");
    let spec = now.setup.receivers.get(receiver).ok_or_else(gone)?;
    let prepared = now.receiver(receiver).ok_or_else(gone)?;
    let plugin = now.catalogue.find(&spec.plugin);
    let plugin = plugin.ok_or_else(|| {
        format!("plugin `{}` is not loaded; hint: `watchkeep plugin list` says why", spec.plugin)
    })?;
    let call = ListenCall {
        receiver: receiver.as_str().into(),
        config: Arc::clone(&spec.config),
        timeout: STRETCH,
        rights: prepared.rights.clone(),
        limits: *prepared.limits,
        scope: KvScope::of_receiver(receiver.clone(), spec.plugin.clone()),
        taker: Arc::clone(presses),
    };
    let ended = engine.listen(&plugin.generation, call, &prepared.ports).await;
    ended.value
}
