//! Deals with a file that is gone: the bundled plugin of its name takes over, or the plugin is disabled until a file
//! comes back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use watchkeep_core::ids::PluginName;

use super::super::clock::wall;
use super::super::plugin_files::{Read, files, read};
use super::super::plugins::{BUNDLED_SOURCE, Plugin, bundled};
use super::events::{Event, Stage};
use super::{PluginReloader, source_of};

/// How long to wait for a file that may replace one that is gone.
pub(super) const REMOVAL_PATIENCE: Duration = Duration::from_secs(3);

impl PluginReloader {
    pub(super) async fn gone(&self, path: &Path) {
        self.look_for_heirs(path).await;
        let _turn = self.turn.lock().await;
        {
            let mut ledger = self.ledger();
            ledger.seen.remove(path);
            ledger.forget_waiting(path);
        }
        for name in self.names_from(&source_of(path)) {
            self.retire(&name).await;
        }
    }

    /// Looks for files that may replace it: one under another name that has not been read yet, or one that was refused
    /// because this file stated the plugin's name first.
    async fn look_for_heirs(&self, path: &Path) {
        let until = Instant::now() + REMOVAL_PATIENCE;
        let others: Vec<PathBuf> = files(&self.folder()).unwrap_or_default();
        for other in others.into_iter().filter(|other| other != path) {
            let may_be_heir = {
                let mut ledger = self.ledger();
                let was_second = ledger.problem_of(&other).is_some_and(|event| event.stage == Stage::Name);
                if was_second {
                    ledger.seen.remove(&other);
                }
                !ledger.seen.contains_key(&other)
            };
            if may_be_heir
                && let Read::Bytes(bytes) = read(&other).await
                && self.is_loaded_by(until, &bytes, &other).await
            {
                self.arrived(&other, bytes).await;
            }
        }
    }

    /// Whether the file is loaded in time. One that compiles slowly does not count: it is taken when it is done.
    async fn is_loaded_by(&self, until: Instant, bytes: &Arc<[u8]>, path: &Path) -> bool {
        let loading = self.load(bytes.clone(), source_of(path));
        matches!(tokio::time::timeout_at(until, loading).await, Ok(Ok(_)))
    }

    /// The plugins that run and came from this file.
    pub(super) fn names_from(&self, source: &str) -> Vec<PluginName> {
        self.in_force.load().catalogue.names_where(|plugin| plugin.source == source)
    }

    /// Needs the turn. Retires what ran under `name`, whose file is gone.
    pub(super) async fn retire(&self, name: &PluginName) {
        let before = self.in_force.load_full();
        let Some(removed) = before.catalogue.find(name).cloned() else { return };
        let bundled = match bundled(name.as_str()) {
            Some(bytes) => self.engine.load(bytes.into(), BUNDLED_SOURCE).await.ok(),
            None => None,
        };
        let fitted = match &bundled {
            Some(generation) => self.fitted(&before.config, generation).await.ok(),
            None => None,
        };
        let (plugin, config, message) = match (bundled, fitted) {
            (Some(generation), Some(config)) => {
                let plugin = Plugin { generation, since: wall(), source: BUNDLED_SOURCE.to_owned() };
                (Some(plugin), config, "was removed: the bundled plugin of that name runs")
            }
            (_, _) => (None, (*before.config).clone(), DISABLED),
        };
        let source = removed.source.clone();
        let goes_on = plugin.is_some();
        {
            let mut ledger = self.ledger();
            let life = ledger.life(name);
            (life.previous, life.canary) = (None, None);
            life.removed = (!goes_on).then_some(removed);
        }
        let next = self.with(&before, name, plugin, config);
        self.swap(name, next);
        // What was good stays remembered while nothing replaces it, so that a restart knows what it was allowed to do.
        if goes_on {
            self.remember(name);
        }
        self.prune();
        self.tell(None, removal(source, message));
    }
}

pub(super) const DISABLED: &str = "was removed, and no other plugin fits: its checks are not judged";

pub(super) fn removal(source: String, message: &str) -> Event {
    Event::now(source, None, Stage::Removed, message.to_owned(), "put the file back if it is still wanted")
}
