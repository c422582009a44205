//! PluginReloader loading: a file in the plugin folder goes live without a run being lost, and is rolled back when it does worse
//! than what ran before it. In the order in which a file meets them: `watch` says which files have settled, `loads`
//! makes generations of them, `take` reads one and puts it live or says why not, `gone` deals with one that was
//! removed, `canary` compares it with its predecessor, `operator` is what people order by hand, `reload` takes files
//! and a config together, `events` says what went wrong and `ledger` what is known, `keep` stores the bytes for the
//! next start, and `start` is that start.
//!
//! Invariants: whatever fails, what runs stays as it was; plugin, config and rights are swapped as one value; there is
//! one change at a time (`turn`); a folder that cannot be read removes nothing; decisions are made in the core.

mod watch;

mod loads;

mod take;

mod gone;

mod canary;
mod operator;
mod reload;

mod events;
mod ledger;

mod keep;
mod start;

use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify, mpsc};
use watchkeep_core::commit::GenerationRow;
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::input::{Input, PluginStatus};
use watchkeep_engine::Engine;
use watchkeep_store::Store;

use super::clock::Clock;
use super::main_loop::Message;
use super::plugins::{BUNDLED_SOURCE, Plugin};
use super::ports::StoredState;
use super::prepared::{HostEndpoints, InForce};

pub(crate) use events::Event;
pub(crate) use keep::Keep;
pub(crate) use ledger::{Ledger, Waiting, Why};
pub(crate) use loads::Loads;
pub(crate) use operator::Refusal;
pub(crate) use reload::Pair;
pub(crate) use start::{Beginning, begin, kept_plugin};
pub(crate) use take::asked;
pub(crate) use watch::watch;

pub(crate) struct PluginReloader {
    pub(crate) engine: Engine,
    /// Digests of the bundled plugins.
    pub(crate) bundled: Vec<Digest>,
    pub(crate) in_force: Arc<ArcSwap<InForce>>,
    pub(crate) own: HostEndpoints,
    pub(crate) kept: StoredState,
    pub(crate) inbox: mpsc::UnboundedSender<Message>,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) keep: Keep,
    pub(crate) loads: Loads,
    /// One change of what runs at a time, reloads included.
    pub(crate) turn: Mutex<()>,
    pub(crate) ledger: std::sync::Mutex<Ledger>,
    /// Rung when a canary begins, so that the loop waits for its end.
    pub(crate) bell: Notify,
}

impl PluginReloader {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What would be in force with `plugin` under `name`, with its config and its rights.
    fn with(
        &self,
        before: &InForce,
        name: &PluginName,
        plugin: Option<Plugin>,
        config: watchkeep_config::Config,
    ) -> InForce {
        let mut catalogue = (*before.catalogue).clone();
        catalogue.put(name, plugin);
        InForce::new(Arc::new(config), Arc::new(catalogue), self.own.clone(), self.kept.clone(), Some(before))
    }

    /// The one place where another generation goes live. Calls under way keep the one they began with.
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

    /// Remembers that what runs is good, so that a restart uses it.
    fn remember(&self, name: &PluginName) {
        let in_force = self.in_force.load();
        // If nothing replaced it, what was good stays remembered.
        if let Some(plugin) = in_force.catalogue.find(name) {
            self.send(Message::Remember(row(name, plugin)));
        }
    }

    /// Needs the turn, so that nothing is about to go live. Bytes are kept while the database on disk names them and
    /// while they may be needed again; compiled code also for what waits and what is bundled.
    fn prune(&self) {
        let Ok(rows) = self.store.generations() else { return };
        let in_force = self.in_force.load();
        let mut needed: Vec<Digest> = rows.iter().map(|row| row.digest).collect();
        needed.extend(in_force.catalogue.iter().map(|(_, plugin)| plugin.generation.digest));
        needed.extend(self.ledger().previous().map(|plugin| plugin.generation.digest));
        self.keep.prune(&needed);
        needed.extend(self.ledger().waiting().iter().map(|waiting| waiting.generation.digest));
        needed.extend(&self.bundled);
        self.engine.keep_compiled(&needed);
    }

    fn send(&self, message: Message) {
        // The inbox is closed only when the host has ended.
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
