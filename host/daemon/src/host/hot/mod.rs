//! Hot loading: a file in the plugin folder becomes what runs, without a run being lost, and gives way when it does
//! worse than what ran before it. In the order in which a file meets it: `watch` says which files have settled,
//! `take` reads one and puts it live or says why not, `canary` holds it against its predecessor, `operator` is
//! what people order by hand, `keep` holds the bytes for the next start, `start` is that start.
//!
//! Invariants: whatever fails, what runs stays as it was; plugin, config and rights are swapped as one value; one
//! change at a time (`turn`); a folder that cannot be read deletes nothing; what is decided is decided in the core.

mod canary;
mod keep;
mod ledger;
mod operator;
mod reload;
mod start;
mod take;
mod watch;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify, mpsc};
use watchkeep_core::commit::GenerationRow;
use watchkeep_core::ids::PluginName;
use watchkeep_core::input::{Input, PluginStatus};
use watchkeep_engine::{Engine, KvReader};
use watchkeep_store::Store;

use super::clock::Clock;
use super::main_loop::Message;
use super::plugins::{BUNDLED_SOURCE, Plugin};
use super::prepared::InForce;

pub(crate) use keep::Keep;
pub(crate) use ledger::{Event, Ledger, Waiting, Why};
pub(crate) use operator::Refusal;
pub(crate) use reload::Pair;
pub(crate) use start::{Beginning, begin};
pub(crate) use take::asked;
pub(crate) use watch::watch;

pub(crate) struct Hot {
    pub(crate) engine: Engine,
    pub(crate) in_force: Arc<ArcSwap<InForce>>,
    pub(crate) own_listeners: Vec<SocketAddr>,
    pub(crate) kv: Arc<dyn KvReader>,
    pub(crate) inbox: mpsc::UnboundedSender<Message>,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) keep: Keep,
    /// One change of what runs at a time, reloads included.
    pub(crate) turn: Mutex<()>,
    pub(crate) ledger: std::sync::Mutex<Ledger>,
    /// Rung when a canary begins, so that its end is waited for.
    pub(crate) bell: Notify,
}

impl Hot {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What runs would be with `plugin` under `name`, with its config and its rights.
    fn with(
        &self,
        before: &InForce,
        name: &PluginName,
        plugin: Option<Plugin>,
        config: watchkeep_config::Config,
    ) -> InForce {
        let mut catalogue = (*before.catalogue).clone();
        catalogue.put(name, plugin);
        InForce::new(
            Arc::new(config),
            Arc::new(catalogue),
            self.own_listeners.clone(),
            self.kv.clone(),
            Some(before),
        )
    }

    /// The one moment at which another generation is live. Calls under way keep the one they began with.
    fn swap(&self, name: &PluginName, next: InForce) {
        let status = match next.catalogue.find(name) {
            Some(plugin) => {
                let generation = &plugin.generation;
                tracing::info!(plugin = %name, digest = %generation.digest, version = %generation.version, source = %plugin.source, "this generation is live");
                PluginStatus::Live(generation.digest)
            }
            None => PluginStatus::Gone,
        };
        self.in_force.store(Arc::new(next));
        self.send(Message::Input(Input::PluginChanged { plugin: name.clone(), status }));
    }

    /// What runs is good: a restart goes on with it.
    fn remember(&self, name: &PluginName) {
        let in_force = self.in_force.load();
        match in_force.catalogue.find(name) {
            Some(plugin) => self.send(Message::Remember(row(name, plugin))),
            None => self.send(Message::Forget(name.clone())),
        }
        self.prune(&in_force);
    }

    /// Files are kept while the database, as it is on disk, names them, and while they may be needed again.
    fn prune(&self, in_force: &InForce) {
        let Ok(rows) = self.store.generations() else { return };
        let mut needed: Vec<_> = rows.iter().map(|row| row.digest).collect();
        needed.extend(in_force.catalogue.iter().map(|(_, plugin)| plugin.generation.digest));
        needed.extend(self.ledger().previous().map(|plugin| plugin.generation.digest));
        self.keep.prune(&needed);
    }

    fn send(&self, message: Message) {
        // The inbox is gone only when the host is.
        let _ = self.inbox.send(message);
    }
}

pub(crate) fn row(name: &PluginName, plugin: &Plugin) -> GenerationRow {
    GenerationRow {
        plugin: name.clone(),
        digest: plugin.generation.digest,
        version: plugin.generation.version.clone(),
        source: plugin.source.clone(),
        since: plugin.since,
    }
}

fn is_file(plugin: &Plugin) -> bool {
    plugin.source != BUNDLED_SOURCE
}

fn source_of(path: &Path) -> String {
    path.display().to_string()
}
