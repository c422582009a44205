//! Plugins that a host remembers. If a file in the plugin folder is broken, a host continues with what ran well, also
//! at a start. Commands that read a config without a host see the same, and report what is wrong with the file.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use watchkeep_config::{HostConfig, Place, Problem, Severity};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_engine::Engine;
use watchkeep_store::Store;

use super::Global;
use super::client::Client;
use crate::host::{Catalogue, kept_plugin};

/// The cache for the database's pages. Small, because it is read only once.
const CACHE_BYTES: usize = 1 << 20;

/// A plugin as it last ran.
struct Ran {
    plugin: PluginName,
    digest: Digest,
    source: String,
}

/// Adds plugins that the config names, that have no usable file in the folder, and that the host has. Broken files are
/// reported as warnings.
pub(crate) async fn fill(
    global: &Global,
    settings: &HostConfig,
    engine: &Engine,
    catalogue: &mut Catalogue,
) -> Vec<Problem> {
    let mut resumed = Vec::new();
    let named = watchkeep_config::plugins_named(&global.config).unwrap_or_default();
    let is_missing = |name: &String| catalogue.find(&name.as_str().into()).is_none();
    let missing: BTreeSet<PluginName> =
        named.iter().filter(|name| is_missing(name)).map(|name| name.as_str().into()).collect();
    if !missing.is_empty() {
        for ran in last_ran(global, settings).await.into_iter().filter(|ran| missing.contains(&ran.plugin)) {
            if let Some(plugin) = kept_plugin(engine, &settings.data_dir, ran.digest, &ran.source).await {
                catalogue.put(&ran.plugin, Some(plugin));
                resumed.push(ran);
            }
        }
    }
    let broken = catalogue.broken.iter();
    broken.map(|(path, problem)| warning(path, problem, &resumed)).collect()
}

/// What the running host remembers, or else the last one. Empty if neither can be asked: then there is only the folder.
async fn last_ran(global: &Global, settings: &HostConfig) -> Vec<Ran> {
    if let Ok(client) = Client::running(global) {
        let items = client.whole("/api/v1/plugins").await.unwrap_or_default();
        return items.iter().filter_map(of_host).collect();
    }
    let Ok(store) = Store::open_read_only(&settings.data_dir, CACHE_BYTES) else { return Vec::new() };
    let rows = store.generations().unwrap_or_default();
    rows.into_iter().map(|row| Ran { plugin: row.plugin, digest: row.digest, source: row.source }).collect()
}

fn of_host(item: &Value) -> Option<Ran> {
    let live = item.get("generation")?;
    Some(Ran {
        plugin: item.get("name")?.as_str()?.into(),
        digest: Digest::parse(live.get("digest")?.as_str()?)?,
        source: live.get("source")?.as_str()?.to_owned(),
    })
}

fn warning(path: &Path, problem: &str, resumed: &[Ran]) -> Problem {
    let shown = path.display().to_string();
    let (message, hint) = problem.split_once("; hint: ").unwrap_or((problem, "put a whole file there"));
    let instead = resumed.iter().find(|ran| ran.source == shown).map(|ran| {
        let digest = ran.digest.to_string();
        format!("; the host goes on with what ran before, {}", digest.get(..12).unwrap_or(&digest))
    });
    Problem {
        severity: Severity::Warning,
        place: Place { file: path.to_owned(), line: 0, column: 0, snippet: None },
        key: String::new(),
        message: format!("this plugin file is not taken: {message}{}", instead.unwrap_or_default()),
        hint: Some(hint.to_owned()),
        notes: Vec::new(),
    }
}
