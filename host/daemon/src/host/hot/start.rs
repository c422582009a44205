//! What a start goes on with: what ran well when the host ended, whatever became of the files since. Files that
//! differ are taken afterwards, by the same way as while the host runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_config::Loaded;
use watchkeep_core::commit::{GenerationRow, PluginMark};
use watchkeep_engine::Engine;

use super::super::plugins::{BUNDLED_SOURCE, Catalogue, Plugin};
use super::super::reload::load_config;
use super::keep::Keep;
use super::ledger::{Ledger, Seen};
use super::source_of;
use super::take::files;

pub(crate) struct Beginning {
    pub(crate) catalogue: Catalogue,
    pub(crate) loaded: Loaded,
    pub(crate) ledger: Ledger,
}

pub(crate) async fn begin(
    engine: &Engine,
    keep: &Keep,
    config: &Path,
    plugin_dir: &Path,
    rows: Vec<GenerationRow>,
    marks: Vec<PluginMark>,
) -> Beginning {
    let mut ledger = Ledger::with_marks(marks);
    let mut found = Catalogue::for_config(engine, config, plugin_dir).await;
    for name in found.names_where(|plugin| ledger.bad(plugin.generation.digest).is_some()) {
        found.put_bundled(engine, &name).await;
    }
    let mut first = found.clone();
    for row in rows.into_iter().filter(|row| row.source != BUNDLED_SOURCE) {
        if let Some(plugin) = resumed(engine, keep, plugin_dir, &found, &row).await {
            first.put(&row.plugin, Some(plugin));
        }
    }
    let loaded = load_config(config.to_owned(), engine, &first).await;
    let (catalogue, loaded) = if loaded.config.is_some() {
        (first, loaded)
    } else {
        // Plugin and config may have been changed together while the host was down.
        let with_files = load_config(config.to_owned(), engine, &found).await;
        if with_files.config.is_some() { (found, with_files) } else { (first, loaded) }
    };
    for (_, plugin) in catalogue.iter().filter(|(_, plugin)| super::is_file(plugin)) {
        // Only the file that is what runs; any other is looked at when the folder is first listed.
        let path = PathBuf::from(&plugin.source);
        let is_it = std::fs::read(&path)
            .is_ok_and(|bytes| watchkeep_core::ids::Digest::of(&bytes) == plugin.generation.digest);
        if is_it {
            let digest = Some(plugin.generation.digest);
            ledger.seen.insert(path, Seen { digest, problem: None });
        }
    }
    Beginning { catalogue, loaded, ledger }
}

/// What was remembered, unless the folder holds the same, or no longer holds it at all.
async fn resumed(
    engine: &Engine,
    keep: &Keep,
    plugin_dir: &Path,
    found: &Catalogue,
    row: &GenerationRow,
) -> Option<Plugin> {
    let now = found.find(&row.plugin);
    if let Some(plugin) = now.filter(|plugin| plugin.generation.digest == row.digest) {
        return Some(Plugin { since: row.since, ..plugin.clone() });
    }
    let was_there = |files: Vec<PathBuf>| files.iter().any(|path| source_of(path) == row.source);
    let was_removed = files(plugin_dir).is_ok_and(|files| !was_there(files));
    if was_removed {
        return None;
    }
    let bytes = keep.get(row.digest)?;
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
