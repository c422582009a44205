//! Takes one file from its bytes to being live: read, load, check against the config in force, compare rights, swap. If
//! a stage refuses it, what runs stays, and one event says why.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use watchkeep_config::{Config, Problem};
use watchkeep_core::grant::{Right, asks_for_more};
use watchkeep_core::ids::Digest;
use watchkeep_engine::Generation;

use super::super::clock::wall;
use super::super::plugin_files::{Read, read};
use super::super::plugins::Plugin;
use super::super::prepared::InForce;
use super::super::reload::ask_plugin;
use super::events::Stage;
use super::gone::REMOVAL_PATIENCE;
use super::ledger::{KnownFile, Waiting, Why};
use super::{PluginReloader, is_file, source_of};

/// How many files are held in memory and loaded side by side; more wait.
const LOADED_AT_ONCE: usize = 32;

enum Presence {
    There,
    Gone,
}

/// The watch listens until the host has ended.
fn tell(done: &UnboundedSender<PathBuf>, path: PathBuf) {
    let _ = done.send(path);
}

impl PluginReloader {
    pub(super) fn folder(&self) -> PathBuf {
        self.in_force.load().config.host.plugin_dir.clone()
    }

    /// Deals with files that have settled, and sends each to `done` afterwards. Several are loaded side by side, so
    /// that none waits for one that compiles for long. Files that exist come first, so that a renamed file is found
    /// under its new name before its old one is missed.
    pub(super) async fn settled(&self, paths: Vec<PathBuf>, done: &UnboundedSender<PathBuf>) {
        let (tell_left, left) = watch::channel(paths.len());
        let (tell_left, left) = (&tell_left, &left);
        futures::stream::iter(paths)
            .for_each_concurrent(LOADED_AT_ONCE, |path| async move {
                let presence = self.looked_at(&path).await;
                tell_left.send_modify(|left| *left -= 1);
                if let Presence::Gone = presence {
                    // A file that compiles slowly does not keep anything alive that was removed. Nobody closes the
                    // channel.
                    let mut left = left.clone();
                    let others = left.wait_for(|left| *left == 0);
                    let _ = tokio::time::timeout(REMOVAL_PATIENCE, others).await;
                    self.gone(&path).await;
                }
                tell(done, path);
            })
            .await;
    }

    async fn looked_at(&self, path: &Path) -> Presence {
        match read(path).await {
            Read::Bytes(bytes) => self.arrived(path, bytes).await,
            Read::Gone => return Presence::Gone,
            Read::Vanishing => {}
            Read::Unreadable(problem) => {
                let message = format!("cannot be read: {problem}");
                self.refuse(path, None, Stage::Read, message, "make it readable for the host's user");
            }
        }
        Presence::There
    }

    pub(super) async fn arrived(&self, path: &Path, bytes: Arc<[u8]>) {
        let digest = Digest::of(&bytes);
        if self.ledger().is_dealt_with(path, digest) {
            return;
        }
        self.ledger().forget_waiting(path);
        let bad = self.ledger().bad(digest).map(|mark| mark.plugin.clone());
        if let Some(plugin) = bad {
            let message =
                format!("this build of plugin `{plugin}` was rolled back before and is not tried again");
            self.refuse(path, Some(digest), Stage::Bad, message, "put another build in its place");
            return;
        }
        match self.load(bytes.clone(), source_of(path)).await {
            Ok(generation) => {
                let _turn = self.turn.lock().await;
                self.take(path, &bytes, &generation).await;
            }
            Err(error) => {
                let hint = error.hint.clone().unwrap_or_default();
                self.refuse(path, Some(digest), Stage::Load(error.stage), error.message.clone(), &hint);
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
            self.refuse(path, Some(digest), Stage::Name, message, "remove one of the two files");
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
                self.refuse(path, Some(digest), Stage::Config, message, hint);
                return;
            }
        };
        let next = self.with(&before, name, Some(plugin.clone()), config);
        let removed = self.ledger().removed(name);
        let (more, ran) = match (&old, removed) {
            (Some(old), _) => (asked(&before, &next, old, generation), "runs"),
            // Removing the old file first does not avoid the comparison of rights.
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
            self.refuse(path, Some(digest), Stage::Grant, message, &hint);
            return;
        }
        if let Err(error) = self.keep.put(digest, bytes) {
            let message = format!("cannot be kept for a restart: {error}");
            let hint = "free space on the disk of `data_dir`; the file is tried again";
            self.refuse(path, Some(digest), Stage::Keep, message, hint);
            return;
        }
        self.live(path, plugin, old, next);
        // The same file may have been another plugin before.
        for other in self.names_from(&source_of(path)).into_iter().filter(|other| other != name) {
            self.retire(&other).await;
        }
    }

    fn live(&self, path: &Path, plugin: Plugin, old: Option<Plugin>, next: InForce) {
        let (name, digest) = (plugin.generation.name.clone(), plugin.generation.digest);
        {
            let mut ledger = self.ledger();
            ledger.seen.insert(path.to_owned(), KnownFile { digest: Some(digest), problem: None });
            let life = ledger.life(&name);
            (life.waiting, life.removed) = (None, None);
        }
        self.swap(&name, next);
        match old.filter(|old| old.generation.digest != digest) {
            Some(old) => {
                self.begin_canary(&name, old, digest);
            }
            // The same file again, while it is on probation, proves nothing.
            None if self.ledger().canary_of(&name).is_some() => {}
            None => self.remember(&name),
        }
        self.prune();
    }

    /// The config in force, with what the new schema marks, if schema and plugin accept it.
    pub(super) async fn fitted(
        &self,
        config: &Arc<Config>,
        generation: &Generation,
    ) -> Result<Config, Vec<Problem>> {
        // The schema is a stranger's text, so it is examined where nobody waits for the thread.
        let (config, facts) = (Arc::clone(config), super::super::plugins::facts(generation));
        let fitting = tokio::task::spawn_blocking(move || config.refitted(&facts)).await;
        let fitted = match fitting {
            Ok(fitted) => fitted?,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        let problems = ask_plugin(&fitted, &self.engine, generation).await;
        if problems.is_empty() { Ok(fitted) } else { Err(problems) }
    }

    fn wait(&self, path: &Path, bytes: &Arc<[u8]>, generation: &Arc<Generation>, why: Why) {
        let waiting =
            Waiting { path: path.to_owned(), bytes: bytes.clone(), generation: generation.clone(), why };
        self.ledger().life(&generation.name).waiting = Some(waiting);
    }
}

/// What the checks and receivers of a plugin may do after a swap and could not before, as sorted texts.
pub(crate) fn asked(before: &InForce, after: &InForce, old: &Plugin, new: &Generation) -> Vec<String> {
    let gained: Vec<String> =
        new.imports.iter().filter(|import| !old.generation.imports.contains(import)).cloned().collect();
    let mut rights: BTreeMap<Right, ()> = BTreeMap::new();
    for (was, is) in before.pairs(after, &new.name) {
        rights.extend(asks_for_more(&was.rights, &is.rights, &gained).into_iter().map(|right| (right, ())));
    }
    rights.keys().map(ToString::to_string).collect()
}
