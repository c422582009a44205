//! Which plugins there are: those embedded in the binary and those in the plugin folder, loaded in the same way. A file
//! takes precedence over a bundled plugin of the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use watchkeep_bundle::BUNDLED;
use watchkeep_config::{HostConfig, PluginFacts};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::time::Wall;
use watchkeep_engine::{CompilerCommand, Engine, EngineOptions, Generation, Inheritance};

use super::clock::wall;
use super::plugin_files::{self, Read, read_now};

/// How long one plugin may compile.
const BY_HAND_COMPILE_TIME_MAX: Duration = Duration::from_secs(600);

/// How long a start waits for files that nothing needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// The source of a plugin that came with the binary.
pub(crate) const BUNDLED_SOURCE: &str = "bundled";

/// All plugins at one moment. Replaced as a whole.
#[derive(Clone, Default)]
pub(crate) struct Catalogue {
    plugins: BTreeMap<PluginName, Plugin>,
    /// Files that did not load, by path, with what to tell the operator.
    pub(crate) broken: BTreeMap<PathBuf, String>,
    /// Why files are not plugins yet, by the name that each would have. For problems of a config that names one.
    pub(crate) absent: BTreeMap<PluginName, String>,
}

#[derive(Clone)]
pub(crate) struct Plugin {
    pub(crate) generation: Arc<Generation>,
    pub(crate) since: Wall,
    /// The file that it came from, or `bundled`.
    pub(crate) source: String,
}

impl Plugin {
    pub(crate) fn facts(&self) -> PluginFacts {
        facts(&self.generation)
    }
}

/// What the config needs to know about a generation.
pub(crate) fn facts(generation: &Generation) -> PluginFacts {
    PluginFacts {
        name: generation.name.clone(),
        kind: generation.kind,
        schema: generation.schema.clone(),
        digest: generation.digest,
    }
}

/// The bytes of a bundled plugin.
pub(crate) fn bundled(name: &str) -> Option<&'static [u8]> {
    BUNDLED.iter().find(|plugin| plugin.name == name).map(|plugin| plugin.bytes)
}

/// A place where a plugin's bytes come from.
struct Candidate {
    source: String,
    path: Option<PathBuf>,
    bytes: std::result::Result<Arc<[u8]>, String>,
}

impl Catalogue {
    /// Loads what is new, and keeps what was loaded before under the same digest. `named` are the plugins that the
    /// config names. Bundled plugins that nothing uses are left out, so that the first start need not compile them, and
    /// slow files are waited for only while a named plugin is missing. If `named` is `None`, all are wanted.
    pub(crate) async fn load(
        engine: &Engine,
        plugin_dir: &Path,
        before: &Catalogue,
        named: Option<&BTreeSet<String>>,
    ) -> Catalogue {
        let wanted = |name: &str| named.is_none_or(|named| named.contains(name));
        let bundled = BUNDLED.iter().filter(|plugin| wanted(plugin.name)).map(|plugin| Candidate {
            source: BUNDLED_SOURCE.to_owned(),
            path: None,
            bytes: Ok(Arc::from(plugin.bytes)),
        });
        let candidates: Vec<Candidate> = bundled.chain(files(plugin_dir)).collect();
        let mut loading: FuturesUnordered<_> = candidates
            .into_iter()
            .enumerate()
            .map(|(at, candidate)| load(engine, before, candidate).map(move |loaded| (at, loaded)))
            .collect();
        let mut loaded = Vec::new();
        let mut patience = std::pin::pin!(tokio::time::sleep(PATIENCE));
        let mut is_over = false;
        loop {
            tokio::select! {
                next = loading.next() => match next {
                    Some(next) => loaded.push(next),
                    None => break,
                },
                () = &mut patience, if !is_over => is_over = true,
            }
            let has = |name: &String| {
                loaded.iter().any(|(_, (_, _, result))| {
                    result.as_ref().is_ok_and(|generation: &Arc<Generation>| generation.name.as_str() == name)
                })
            };
            if is_over && named.is_some_and(|named| named.iter().all(has)) {
                break;
            }
        }
        if !loading.is_empty() {
            tracing::warn!(
                files = loading.len(),
                "plugin files are still being compiled and nothing needs them: they are taken when they are done"
            );
        }
        loaded.sort_by_key(|(at, _)| *at);
        let loaded = loaded.into_iter().map(|(_, loaded)| loaded);

        let mut catalogue = Catalogue::default();
        for (source, path, result) in loaded {
            match result {
                Ok(generation) => catalogue.take(source, path, generation, before),
                Err(problem) => match path {
                    Some(path) => {
                        catalogue.absent.insert(stem(&path), failed(&problem));
                        catalogue.broken.insert(path, problem);
                    }
                    // If a bundled plugin does not load, the binary is defective: that is logged, and the host
                    // continues without it.
                    None => {
                        tracing::error!(%problem, "a bundled plugin does not load");
                    }
                },
            }
        }
        catalogue
    }

    /// The plugins that the config at `path` names. A name that does not exist may be a slip, so everything is loaded
    /// then, to suggest the nearest name.
    pub(crate) async fn for_config(engine: &Engine, path: &Path, plugin_dir: &Path) -> Catalogue {
        let named = watchkeep_config::plugins_named(path);
        let catalogue = Catalogue::load(engine, plugin_dir, &Catalogue::default(), named.as_ref()).await;
        let missing = named.iter().flatten().any(|name| catalogue.find(&name.as_str().into()).is_none());
        if missing { Catalogue::load(engine, plugin_dir, &catalogue, None).await } else { catalogue }
    }

    pub(crate) fn find(&self, name: &PluginName) -> Option<&Plugin> {
        self.plugins.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&PluginName, &Plugin)> {
        self.plugins.iter()
    }

    /// Replaces what runs under a name; `None` takes it away.
    pub(crate) fn put(&mut self, name: &PluginName, plugin: Option<Plugin>) {
        match plugin {
            Some(plugin) => self.plugins.insert(name.clone(), plugin),
            None => self.plugins.remove(name),
        };
    }

    /// Bundled plugins under whose names nothing runs here.
    pub(crate) async fn bundled_beside(&self, engine: &Engine) -> Catalogue {
        let missing = BUNDLED.iter().filter(|plugin| self.find(&plugin.name.into()).is_none());
        let loaded = join_all(missing.map(|plugin| engine.load(plugin.bytes.into(), BUNDLED_SOURCE))).await;
        let mut bundled = Catalogue::default();
        for generation in loaded.into_iter().flatten() {
            let name = generation.name.clone();
            let plugin = Plugin { generation, since: wall(), source: BUNDLED_SOURCE.to_owned() };
            bundled.put(&name, Some(plugin));
        }
        bundled
    }

    /// Adds those of `others` under whose names there is nothing here.
    pub(crate) fn put_missing(&mut self, others: &Catalogue) {
        for (name, plugin) in others.iter() {
            self.plugins.entry(name.clone()).or_insert_with(|| plugin.clone());
        }
    }

    /// Puts the bundled plugin of that name, or removes it if there is none.
    pub(crate) async fn put_bundled(&mut self, engine: &Engine, name: &PluginName) {
        let loaded = match bundled(name.as_str()) {
            Some(bytes) => engine.load(bytes.into(), BUNDLED_SOURCE).await.ok(),
            None => None,
        };
        let plugin =
            loaded.map(|generation| Plugin { generation, since: wall(), source: BUNDLED_SOURCE.to_owned() });
        self.put(name, plugin);
    }

    pub(crate) fn names_where(&self, holds: impl Fn(&Plugin) -> bool) -> Vec<PluginName> {
        self.plugins.iter().filter(|(_, plugin)| holds(plugin)).map(|(name, _)| name.clone()).collect()
    }

    /// What the config needs to know about the plugins.
    pub(crate) fn facts(&self) -> BTreeMap<PluginName, PluginFacts> {
        self.plugins.iter().map(|(name, plugin)| (name.clone(), plugin.facts())).collect()
    }

    fn take(
        &mut self,
        source: String,
        path: Option<PathBuf>,
        generation: Arc<Generation>,
        before: &Catalogue,
    ) {
        let name = generation.name.clone();
        if let (Some(path), Some(other)) = (&path, self.plugins.get(&name))
            && other.source != BUNDLED_SOURCE
        {
            let first = &other.source;
            let problem = format!(
                "`{source}` states the name `{name}`, as `{first}` does; hint: remove one of the two files"
            );
            tracing::error!(%problem, "plugin not taken");
            self.broken.insert(path.clone(), problem);
            return;
        }
        let since = match before.plugins.get(&name) {
            Some(old) if old.generation.digest == generation.digest => old.since,
            _ => wall(),
        };
        self.plugins.insert(name, Plugin { generation, since, source });
    }
}

/// The name that a plugin in this file usually has.
pub(crate) fn stem(path: &Path) -> PluginName {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()).as_str().into()
}

/// The problem, for a sentence that begins with the file.
pub(crate) fn failed(problem: &str) -> String {
    format!("failed: {problem}")
}

async fn load(
    engine: &Engine,
    before: &Catalogue,
    candidate: Candidate,
) -> (String, Option<PathBuf>, std::result::Result<Arc<Generation>, String>) {
    let Candidate { source, path, bytes } = candidate;
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(problem) => return (source, path, Err(problem)),
    };
    let digest = Digest::of(&bytes);
    let known =
        before.plugins.values().find(|plugin| plugin.generation.digest == digest && plugin.source == source);
    let result = match known {
        Some(plugin) => Ok(plugin.generation.clone()),
        None => engine.load(bytes, &source).await.map_err(|error| error.to_string()),
    };
    (source, path, result)
}

/// The files `*.wasm` in the folder, in name order. If the folder is missing or cannot be read, there are none, and
/// that is logged.
fn files(folder: &Path) -> Vec<Candidate> {
    let paths = match plugin_files::files(folder) {
        Ok(paths) => paths,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::error!(folder = %folder.display(), %error, "cannot read the plugin folder; hint: make it readable for the host's user");
            return Vec::new();
        }
    };
    let candidate = |path: PathBuf| {
        let source = path.display().to_string();
        let bytes = match read_now(&path) {
            Read::Bytes(bytes) => Ok(bytes),
            Read::Gone | Read::Vanishing => Err(format!("`{source}` was removed while it was read")),
            Read::Unreadable(problem) => {
                Err(format!("cannot read `{source}`: {problem}; hint: make it readable for the host's user"))
            }
        };
        Candidate { source, path: Some(path), bytes }
    };
    paths.into_iter().map(candidate).collect()
}

/// This very binary compiles plugins, in a child.
pub(crate) fn compiler() -> Result<CompilerCommand> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    Ok(CompilerCommand { program, args: vec![OsString::from("compile-plugin")] })
}

/// The engine of a host, with its cache below the data folder.
pub(crate) fn engine(settings: &HostConfig, sockets_max: u32, inheritance: Inheritance) -> Result<Engine> {
    let options = EngineOptions { sockets_max, inheritance, ..folder_options(&settings.data_dir)? };
    engine_with(options, settings.ca_file.as_deref())
}

/// The engine for work without a host. Only whoever typed the command waits for it to compile, and a whole interpreter
/// takes minutes on a busy machine.
pub(crate) fn engine_by_hand(folder: &Path) -> Result<Engine> {
    let mut options = folder_options(folder)?;
    options.compile.time_max = BY_HAND_COMPILE_TIME_MAX;
    engine_with(options, None)
}

fn folder_options(folder: &Path) -> Result<EngineOptions> {
    Ok(EngineOptions::new(folder.join("cache"), compiler()?))
}

fn engine_with(mut options: EngineOptions, ca_file: Option<&Path>) -> Result<Engine> {
    if let Some(file) = ca_file {
        let pem = std::fs::read(file).with_context(|| {
            format!("cannot read `{}`, which `ca_file` under [host] names", file.display())
        })?;
        options.extra_roots_pem.push(pem);
    }
    Engine::new(options).context("cannot start the plugin engine")
}
