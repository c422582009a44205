//! One file, from its bytes to what runs: read, load, hold against the config in force, compare rights, swap. Each
//! stage may say no; then what runs stays, and one event says why.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_config::{Config, Problem};
use watchkeep_core::grant::{Right, asks_for_more};
use watchkeep_core::hot::is_plugin_file;
use watchkeep_core::ids::Digest;
use watchkeep_engine::Generation;

use super::super::clock::wall;
use super::super::plugins::{BUNDLED_SOURCE, Plugin, bundled};
use super::super::prepared::InForce;
use super::super::reload::ask_plugin;
use super::ledger::{Event, Seen, Waiting, Why};
use super::{Hot, is_file, source_of};

/// As the engine's limit; a byte more is read so that the engine says what is wrong.
const FILE_BYTES_MAX: u64 = 64 << 20;

pub(super) enum Read {
    Bytes(Arc<[u8]>),
    /// The folder is readable, and it is not there.
    Gone,
    /// Something was there a moment ago: nothing is concluded from it.
    Vanishing,
    Unreadable(String),
}

impl Hot {
    pub(super) fn folder(&self) -> PathBuf {
        self.in_force.load().config.host.plugin_dir.clone()
    }

    /// Files that have settled. Those that are there come first, so that a file that was renamed is found under its
    /// new name before its old one is missed.
    pub(super) async fn settled(&self, paths: Vec<PathBuf>) {
        let mut gone = Vec::new();
        for path in paths {
            match read(&path).await {
                Read::Bytes(bytes) => self.arrived(&path, bytes).await,
                Read::Gone => gone.push(path),
                Read::Vanishing => {}
                Read::Unreadable(problem) => {
                    let message = format!("cannot be read: {problem}");
                    self.refuse(&path, None, "read", message, "make it readable for the host's user");
                }
            }
        }
        for path in gone {
            self.gone(&path).await;
        }
    }

    async fn arrived(&self, path: &Path, bytes: Arc<[u8]>) {
        let digest = Digest::of(&bytes);
        let known = self.ledger().seen.get(path).is_some_and(|seen| seen.digest == Some(digest));
        if known {
            return;
        }
        self.ledger().forget_waiting(path);
        let bad = self.ledger().bad(digest).map(|mark| mark.plugin.clone());
        if let Some(plugin) = bad {
            let message =
                format!("this build of plugin `{plugin}` was rolled back before and is not tried again");
            self.refuse(path, Some(digest), "canary", message, "put another build in its place");
            return;
        }
        match self.engine.load(bytes.clone(), &source_of(path)).await {
            Ok(generation) => {
                let _turn = self.turn.lock().await;
                self.take(path, &bytes, &generation).await;
            }
            Err(error) => {
                let hint = error.hint.unwrap_or_default();
                self.refuse(path, Some(digest), error.stage.as_str(), error.message, &hint);
            }
        }
    }

    /// Needs the turn.
    pub(super) async fn take(&self, path: &Path, bytes: &Arc<[u8]>, generation: &Arc<Generation>) {
        let (name, digest) = (&generation.name, generation.digest);
        let before = self.in_force.load_full();
        let old = before.catalogue.find(name).cloned();
        if let Some(other) = old.as_ref().filter(|old| is_file(old) && old.source != source_of(path))
            && Path::new(&other.source).exists()
        {
            let message = format!("states the name `{name}`, as `{}` does", other.source);
            self.refuse(path, Some(digest), "name", message, "remove one of the two files");
            return;
        }
        let plugin = Plugin {
            generation: generation.clone(),
            since: old
                .as_ref()
                .filter(|old| old.generation.digest == digest)
                .map_or_else(wall, |old| old.since),
            source: source_of(path),
        };
        let config = match self.fitted(&before.config, generation).await {
            Ok(config) => config,
            Err(problems) => {
                self.wait(path, bytes, generation, Why::Config);
                let all: Vec<String> =
                    problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect();
                let message = format!("the config does not fit it: {}", all.join("; "));
                let hint = "change the config and run `watchkeep reload`, which takes both; the old one runs until then";
                self.refuse(path, Some(digest), "config", message, hint);
                return;
            }
        };
        let next = self.with(&before, name, Some(plugin.clone()), config);
        let removed = self.ledger().removed(name);
        let (more, ran) = match (&old, removed) {
            (Some(old), _) => (asked(&before, &next, old, generation), "runs"),
            // To remove a file first is no way around the question.
            (None, Some(removed)) => {
                let config = before.config.granting_as(&removed.facts());
                let then = self.with(&before, name, Some(removed.clone()), config);
                (asked(&then, &next, &removed, generation), "ran")
            }
            (None, None) => (Vec::new(), ""),
        };
        if !more.is_empty() && !self.ledger().is_approved(name, digest, &more) {
            let message = format!("asks for more than the one that {ran}: {}", more.join(", "));
            self.wait(path, bytes, generation, Why::Grant(more));
            let hint = format!("`watchkeep plugin approve {name}` lets it run with exactly these rights");
            self.refuse(path, Some(digest), "grant", message, &hint);
            return;
        }
        if let Err(error) = self.keep.put(digest, bytes) {
            let message = format!("cannot be kept for a restart: {error}");
            self.refuse(
                path,
                None,
                "keep",
                message,
                "free space on the disk of `data_dir`; the file is tried again",
            );
            return;
        }
        self.live(path, plugin, old, next);
    }

    fn live(&self, path: &Path, plugin: Plugin, old: Option<Plugin>, next: InForce) {
        let (name, digest) = (plugin.generation.name.clone(), plugin.generation.digest);
        {
            let mut ledger = self.ledger();
            ledger.seen.insert(path.to_owned(), Seen { digest: Some(digest), problem: None });
            let life = ledger.life(&name);
            (life.waiting, life.removed) = (None, None);
        }
        self.swap(&name, next);
        match old.filter(|old| old.generation.digest != digest) {
            Some(old) => {
                self.begin_canary(&name, old, digest);
                self.prune(&self.in_force.load());
            }
            // The same file again while it is watched proves nothing.
            None if self.ledger().canary_of(&name).is_some() => {}
            None => self.remember(&name),
        }
    }

    /// The config in force with what the new schema marks, if schema and plugin take it.
    async fn fitted(&self, config: &Config, generation: &Generation) -> Result<Config, Vec<Problem>> {
        let fitted = config.refitted(&super::super::plugins::facts(generation))?;
        let problems = ask_plugin(&fitted, &self.engine, generation).await;
        if problems.is_empty() { Ok(fitted) } else { Err(problems) }
    }

    fn wait(&self, path: &Path, bytes: &Arc<[u8]>, generation: &Arc<Generation>, why: Why) {
        let waiting =
            Waiting { path: path.to_owned(), bytes: bytes.clone(), generation: generation.clone(), why };
        self.ledger().life(&generation.name).waiting = Some(waiting);
    }

    /// The bundled plugin of that name takes over, or the plugin is disabled.
    async fn gone(&self, path: &Path) {
        // What took its place may have another name and may not have been read yet.
        let unread: Vec<PathBuf> = files(&self.folder()).unwrap_or_default();
        for other in unread.into_iter().filter(|other| other != path) {
            let is_new = !self.ledger().seen.contains_key(&other);
            if is_new && let Read::Bytes(bytes) = read(&other).await {
                self.arrived(&other, bytes).await;
            }
        }
        let _turn = self.turn.lock().await;
        let source = source_of(path);
        {
            let mut ledger = self.ledger();
            ledger.seen.remove(path);
            ledger.forget_waiting(path);
        }
        let before = self.in_force.load_full();
        let found = before.catalogue.iter().find(|(_, plugin)| plugin.source == source);
        let Some((name, removed)) = found.map(|(name, plugin)| (name.clone(), plugin.clone())) else {
            return;
        };
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
            (_, _) => (
                None,
                (*before.config).clone(),
                "was removed, and no other plugin fits: its checks are not judged",
            ),
        };
        {
            let mut ledger = self.ledger();
            let life = ledger.life(&name);
            (life.previous, life.canary) = (None, None);
            life.removed = plugin.is_none().then_some(removed);
        }
        let next = self.with(&before, &name, plugin, config);
        self.swap(&name, next);
        self.remember(&name);
        let event = Event {
            at: wall(),
            file: source,
            digest: None,
            stage: "removed",
            message: message.to_owned(),
            hint: Some("put the file back if it is still wanted".to_owned()),
        };
        self.tell(None, event);
    }

    fn refuse(&self, path: &Path, digest: Option<Digest>, stage: &'static str, message: String, hint: &str) {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        let event = Event { at: wall(), file: source_of(path), digest, stage, message, hint };
        let known = self.ledger().seen.get(path).is_some_and(|seen| {
            seen.digest == digest
                && seen.problem.as_ref().is_some_and(|old| old.stage == stage && old.message == event.message)
        });
        // A file that cannot be read is looked at again and again, and told once.
        if !known {
            self.tell(Some(path.to_owned()), event);
        }
    }

    /// One log line, one event.
    pub(super) fn tell(&self, path: Option<PathBuf>, event: Event) {
        let digest = event.digest.map(|digest| digest.to_string()).unwrap_or_default();
        let hint = event.hint.clone().unwrap_or_default();
        tracing::error!(file = %event.file, %digest, stage = event.stage, problem = %event.message, %hint, "plugin not taken");
        let mut ledger = self.ledger();
        if let Some(path) = path {
            ledger.seen.insert(path, Seen { digest: event.digest, problem: Some(event.clone()) });
        }
        ledger.add(event);
    }
}

/// What the checks and receivers of a plugin may do after a swap and could not before, as texts in order.
pub(crate) fn asked(before: &InForce, after: &InForce, old: &Plugin, new: &Generation) -> Vec<String> {
    let gained: Vec<String> =
        new.imports.iter().filter(|import| !old.generation.imports.contains(import)).cloned().collect();
    let mut rights: BTreeMap<Right, ()> = BTreeMap::new();
    for (was, is) in before.pairs(after, &new.name) {
        rights.extend(asks_for_more(&was.rights, &is.rights, &gained).into_iter().map(|right| (right, ())));
    }
    rights.keys().map(ToString::to_string).collect()
}

pub(super) async fn read(path: &Path) -> Read {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || read_now(&path)).await;
    read.unwrap_or_else(|error| Read::Unreadable(error.to_string()))
}

fn read_now(path: &Path) -> Read {
    let whole = || {
        let mut bytes = Vec::new();
        // Not what waits for a writer: opening a pipe would not end.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("it is no regular file"));
        }
        std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match whole() {
        Ok(bytes) => Read::Bytes(bytes.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let listed = path.parent().map(files);
            match listed {
                Some(Ok(files)) if !files.iter().any(|file| file == path) => Read::Gone,
                Some(Ok(_)) | Some(Err(_)) | None => Read::Vanishing,
            }
        }
        Err(error) => Read::Unreadable(error.to_string()),
    }
}

/// Plugin files in the folder, in the order of their names.
pub(super) fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if is_plugin_file(&entry.file_name().to_string_lossy()) {
            paths.push(folder.join(entry.file_name()));
        }
    }
    paths.sort();
    Ok(paths)
}
