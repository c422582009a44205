//! What a start begins with: what ran well when the host ended, whatever became of the files since. Files that differ
//! are taken afterwards, in the same way as while the host runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_config::{Config, Loaded};
use watchkeep_core::commit::{GenerationRow, PluginDecision};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_engine::Engine;

use super::super::clock::wall;
use super::super::plugin_files::{Read, files, read_now};
use super::super::plugins::{BUNDLED_SOURCE, Catalogue, Plugin};
use super::super::ports::StoredState;
use super::super::prepared::{HostEndpoints, InForce};
use super::super::reload::load_config;
use super::events::{Event, Stage};
use super::gone::{DISABLED, removal};
use super::keep::Keep;
use super::ledger::{KnownFile, Ledger};
use super::{asked, is_file, source_of};

pub(crate) struct Beginning {
    pub(crate) catalogue: Catalogue,
    pub(crate) loaded: Loaded,
    pub(crate) ledger: Ledger,
    /// Plugins that the config names and whose files were removed without a replacement.
    pub(crate) removed: Vec<PluginName>,
    /// Plugins that are remembered, but have no file and are not named by the config.
    pub(crate) forgotten: Vec<PluginName>,
}

pub(crate) async fn begin(
    engine: &Engine,
    keep: &Keep,
    config: &Path,
    plugin_dir: &Path,
    rows: Vec<GenerationRow>,
    marks: Vec<PluginDecision>,
) -> Beginning {
    let mut ledger = Ledger::with_marks(marks);
    let mut found = Catalogue::for_config(engine, config, plugin_dir).await;
    for name in found.names_where(|plugin| ledger.bad(plugin.generation.digest).is_some()) {
        found.put_bundled(engine, &name).await;
    }
    let mut first = found.clone();
    for row in &rows {
        if let Some(plugin) = resumed(engine, keep, &found, row).await {
            first.put(&row.plugin, Some(plugin));
        }
    }
    let there = files(plugin_dir).ok();
    let was_removed = |plugin: &Plugin| {
        let is_there = |files: &Vec<PathBuf>| files.iter().any(|path| source_of(path) == plugin.source);
        is_file(plugin) && there.as_ref().is_some_and(|files| !is_there(files))
    };
    // A file under another name may have replaced it, which is seen when the folder is first listed.
    let missing: Vec<PluginName> =
        first.names_where(was_removed).into_iter().filter(|name| found.find(name).is_none()).collect();
    let named = watchkeep_config::plugins_named(config);
    let is_named = |name: &PluginName| named.as_ref().is_none_or(|named| named.contains(name.as_str()));
    let (removed, forgotten): (Vec<_>, Vec<_>) = missing.into_iter().partition(is_named);
    forgotten.iter().for_each(|name| first.put(name, None));

    let (mut catalogue, loaded, mut events) = fitting(engine, config, first, &found).await;
    events.extend(removed.iter().filter_map(|name| disable(name, &mut catalogue, &mut ledger)));
    for event in events {
        event.log();
        ledger.add(event);
    }
    note_seen(&catalogue, &mut ledger);
    Beginning { catalogue, loaded, ledger, removed, forgotten }
}

/// A plugin that ran well, from the bytes that a host keeps. For programs other than the host. `None` if it can no
/// longer be loaded.
pub(crate) async fn kept_plugin(
    engine: &Engine,
    data_dir: &Path,
    digest: Digest,
    source: &str,
) -> Option<Plugin> {
    let bytes = Keep::of_another(data_dir).get(digest)?;
    let generation = engine.load(bytes, source).await.ok()?;
    Some(Plugin { generation, since: wall(), source: source.to_owned() })
}

/// A plugin that was remembered, unless the folder has the same. `None` if it can no longer be loaded.
async fn resumed(engine: &Engine, keep: &Keep, found: &Catalogue, row: &GenerationRow) -> Option<Plugin> {
    let now = found.find(&row.plugin);
    if let Some(plugin) = now.filter(|plugin| plugin.generation.digest == row.digest) {
        return Some(Plugin { since: row.since, ..plugin.clone() });
    }
    let bytes = if row.source == BUNDLED_SOURCE {
        // From this binary, which may contain another build than the one that remembered it.
        now.filter(|plugin| is_file(plugin))?;
        super::super::plugins::bundled(row.plugin.as_str())?.into()
    } else {
        keep.get(row.digest)?
    };
    match engine.load(bytes, &row.source).await {
        Ok(generation) => {
            Some(Plugin { generation: Arc::clone(&generation), since: row.since, source: row.source.clone() })
        }
        Err(error) => {
            tracing::error!(%error, plugin = %row.plugin, "what ran last does not load any more");
            None
        }
    }
}

/// Remembered plugins that fit the config. Plugin and config may have been changed together while the host was down. If
/// so, as few newer files as the config needs are taken at once, and what that allows them is reported.
async fn fitting(
    engine: &Engine,
    config: &Path,
    first: Catalogue,
    found: &Catalogue,
) -> (Catalogue, Loaded, Vec<Event>) {
    let load = async |catalogue: &Catalogue| load_config(config.to_owned(), engine, catalogue).await;
    let loaded = load(&first).await;
    if loaded.config.is_some() {
        return (first, loaded, Vec::new());
    }
    let is_other = |plugin: &Plugin| {
        let remembered = first.find(&plugin.generation.name);
        remembered.is_none_or(|old| old.generation.digest != plugin.generation.digest)
    };
    let mut newer: BTreeSet<PluginName> = found.names_where(is_other).into_iter().collect();
    let mut catalogue = first.clone();
    newer.iter().for_each(|name| catalogue.put(name, found.find(name).cloned()));
    let mut read = load(&catalogue).await;
    if read.config.is_none() {
        return (first, loaded, Vec::new());
    }
    for name in newer.clone() {
        let mut without = catalogue.clone();
        without.put(&name, first.find(&name).cloned());
        let read_without = load(&without).await;
        if read_without.config.is_some() {
            newer.remove(&name);
            (catalogue, read) = (without, read_without);
        }
    }
    let events = match &read.config {
        Some(config) => newer.iter().filter_map(|name| gained(config, &first, &catalogue, name)).collect(),
        None => Vec::new(),
    };
    (catalogue, read, events)
}

/// Whoever starts a host with a config that only the new file accepts has decided. What it gained is still reported.
fn gained(config: &Config, first: &Catalogue, next: &Catalogue, name: &PluginName) -> Option<Event> {
    let (old, new) = (first.find(name)?, next.find(name)?);
    let in_force = |config: Config, catalogue: &Catalogue| {
        InForce::new(
            Arc::new(config),
            Arc::new(catalogue.clone()),
            HostEndpoints::default(),
            StoredState::nothing(),
            None,
        )
    };
    let mut with_old = next.clone();
    with_old.put(name, Some(old.clone()));
    let (before, after) =
        (in_force(config.granting_as(&old.facts()), &with_old), in_force(config.clone(), next));
    let asks = asked(&before, &after, old, &new.generation);
    (!asks.is_empty()).then(|| {
        let message = format!(
            "was taken at the start, since only it fits the config, and may do more than the one that ran: {}",
            asks.join(", ")
        );
        let hint = format!("if that is not meant, put the old file and the old config of `{name}` back");
        Event::now(new.source.clone(), Some(new.generation.digest), Stage::Grant, message, &hint)
    })
}

/// Disables a plugin as if its file had been removed while the host ran: a replacement is compared with its rights.
fn disable(name: &PluginName, catalogue: &mut Catalogue, ledger: &mut Ledger) -> Option<Event> {
    let plugin = catalogue.find(name).cloned()?;
    catalogue.put(name, None);
    let source = plugin.source.clone();
    ledger.life(name).removed = Some(plugin);
    Some(removal(source, DISABLED))
}

/// Notes only files that are live. Any other is looked at when the folder is first listed.
fn note_seen(catalogue: &Catalogue, ledger: &mut Ledger) {
    for (_, plugin) in catalogue.iter().filter(|(_, plugin)| is_file(plugin)) {
        let path = PathBuf::from(&plugin.source);
        let digest = plugin.generation.digest;
        if let Read::Bytes(bytes) = read_now(&path)
            && Digest::of(&bytes) == digest
        {
            ledger.seen.insert(path, KnownFile { digest: Some(digest), problem: None });
        }
    }
}
