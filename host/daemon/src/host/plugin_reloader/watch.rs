//! Watches the plugin folder, and not its files, so that a file that is replaced or comes later is seen as well. The
//! folder is also listed every half minute, and at once when the kernel may have missed something: a queue overflowed,
//! or the folder was missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use watchkeep_core::plugin_reload::{Settle, Settler, is_plugin_file};

use super::super::plugin_files::files;
use super::{PluginReloader, is_file};

const RESCAN: Duration = Duration::from_secs(30);
/// How often to look for the folder while it cannot be read.
const LOOK_FOR_FOLDER: Duration = Duration::from_secs(1);
/// How many changes may wait to be looked at; beyond this, the folder is listed instead.
const CHANGES_MAX: usize = 1_024;

enum Change {
    File(PathBuf),
    /// Something other than a single file: the folder is listed.
    Folder,
}

/// What the file system says about a file without reading it.
type Stamp = (u64, u64, Option<SystemTime>);

struct Watch {
    plugin_reloader: Arc<PluginReloader>,
    folder: PathBuf,
    settler: Settler<PathBuf>,
    stamps: BTreeMap<PathBuf, Stamp>,
    /// Being read and loaded now.
    busy: BTreeSet<PathBuf>,
    changes: mpsc::Sender<Change>,
    /// The watcher, and which folder it watches: another one may have taken its name.
    watcher: Option<(RecommendedWatcher, (u64, u64))>,
}

/// Runs until it is dropped.
pub(crate) async fn watch(plugin_reloader: Arc<PluginReloader>) {
    let (changes, mut changed) = mpsc::channel(CHANGES_MAX);
    let (done, mut finished) = mpsc::unbounded_channel::<PathBuf>();
    let folder = plugin_reloader.folder();
    let mut watch = Watch {
        settler: Settler::new(settle(&plugin_reloader)),
        plugin_reloader: plugin_reloader.clone(),
        folder,
        stamps: BTreeMap::new(),
        busy: BTreeSet::new(),
        changes,
        watcher: None,
    };
    let mut rescan = plugin_reloader.clock.mono();
    loop {
        let wake =
            [watch.settler.next(), plugin_reloader.next_canary(), Some(rescan)].into_iter().flatten().min();
        tokio::select! {
            change = changed.recv() => match change {
                Some(Change::File(path)) => watch.settler.changed(path, plugin_reloader.clock.mono()),
                Some(Change::Folder) => rescan = plugin_reloader.clock.mono(),
                None => return,
            },
            path = finished.recv() => {
                if let Some(path) = path {
                    watch.busy.remove(&path);
                }
            }
            () = plugin_reloader.bell.notified() => {}
            () = tokio::time::sleep_until(wake.map_or_else(tokio::time::Instant::now, |at| plugin_reloader.clock.instant(at))) => {}
        }
        let now = plugin_reloader.clock.mono();
        if now >= rescan {
            rescan = now + watch.rescan();
        }
        plugin_reloader.end_canaries();
        let ready = watch.ready();
        if !ready.is_empty() {
            let (plugin_reloader, done) = (plugin_reloader.clone(), done.clone());
            tokio::spawn(async move { plugin_reloader.settled(ready, &done).await });
        }
    }
}

fn settle(plugin_reloader: &PluginReloader) -> Settle {
    let in_force = plugin_reloader.in_force.load();
    let host = &in_force.config.host;
    Settle { quiet: host.plugin_settle, most: host.plugin_settle_max }
}

impl Watch {
    /// The files that have settled. One that is still being loaded is looked at when that is over.
    fn ready(&mut self) -> Vec<PathBuf> {
        let now = self.plugin_reloader.clock.mono();
        let (busy, ready): (Vec<_>, Vec<_>) =
            self.settler.ready(now).into_iter().partition(|path| self.busy.contains(path));
        busy.into_iter().for_each(|path| self.settler.changed(path, now));
        self.busy.extend(ready.iter().cloned());
        ready
    }

    /// Lists the folder and notes what differs; returns when to do it again.
    fn rescan(&mut self) -> Duration {
        self.settler.set(settle(&self.plugin_reloader));
        let folder = self.plugin_reloader.folder();
        if folder != self.folder {
            self.folder = folder;
            self.watcher = None;
            self.stamps.clear();
        }
        // Watched before it is listed, so that a file that comes in between is seen twice rather than missed.
        let watched = self.watch_folder();
        match watched.and_then(|()| files(&self.folder)) {
            Ok(files) => {
                self.recovered();
                self.compare(files);
                RESCAN
            }
            Err(error) => {
                self.watcher = None;
                self.folder_fails(&error);
                LOOK_FOR_FOLDER
            }
        }
    }

    fn compare(&mut self, files: Vec<PathBuf>) {
        let now = self.plugin_reloader.clock.mono();
        let mut missing: BTreeSet<PathBuf> = self.stamps.keys().cloned().collect();
        missing.extend(self.plugin_reloader.ledger().seen.keys().cloned());
        let in_force = self.plugin_reloader.in_force.load();
        missing.extend(
            in_force
                .catalogue
                .iter()
                .filter(|(_, plugin)| is_file(plugin))
                .map(|(_, plugin)| PathBuf::from(&plugin.source)),
        );
        for path in files {
            missing.remove(&path);
            let stamp = stamp(&path);
            // A file that could not be read is tried again, although no change of it can be seen.
            let unread =
                self.plugin_reloader.ledger().seen.get(&path).is_none_or(|seen| seen.digest.is_none());
            if unread || self.stamps.get(&path) != stamp.as_ref() {
                self.settler.changed(path.clone(), now);
            }
            if let Some(stamp) = stamp {
                self.stamps.insert(path, stamp);
            }
        }
        for path in missing {
            self.stamps.remove(&path);
            self.settler.changed(path, now);
        }
    }

    fn watch_folder(&mut self) -> std::io::Result<()> {
        let found = identity(&self.folder)?;
        if self.watcher.as_ref().is_some_and(|(_, watched)| *watched == found) {
            return Ok(());
        }
        let (changes, folder) = (self.changes.clone(), self.folder.clone());
        let tell = move |event: notify::Result<notify::Event>| {
            for change in changes_of(event, &folder) {
                // A full queue wakes the watch as well, and the next listing finds what was left out.
                if changes.try_send(change).is_err() {
                    return;
                }
            }
        };
        let mut watcher = notify::recommended_watcher(tell).map_err(std::io::Error::other)?;
        if let Err(error) = watcher.watch(&self.folder, RecursiveMode::NonRecursive) {
            // Listing alone finds every change, only later.
            tracing::warn!(folder = %self.folder.display(), %error, "cannot be told of changes in the plugin folder; it is listed every half minute");
        }
        self.watcher = Some((watcher, found));
        Ok(())
    }

    fn folder_fails(&self, error: &std::io::Error) {
        let problem = error.to_string();
        let mut ledger = self.plugin_reloader.ledger();
        let never_there = ledger.folder_problem.is_none()
            && error.kind() == std::io::ErrorKind::NotFound
            && self.stamps.is_empty();
        if ledger.folder_problem.as_ref() != Some(&problem) && !never_there {
            tracing::error!(folder = %self.folder.display(), %error, "cannot read the plugin folder; what runs goes on; hint: make it readable for the host's user");
        }
        ledger.folder_problem = Some(problem);
    }

    fn recovered(&self) {
        if self.plugin_reloader.ledger().folder_problem.take().is_some() {
            tracing::info!(folder = %self.folder.display(), "the plugin folder can be read");
        }
    }
}

/// Reading a file is no change. Writing and closing it is one, and so is renaming it.
fn changes_of(event: notify::Result<notify::Event>, folder: &Path) -> Vec<Change> {
    let Ok(event) = event else { return vec![Change::Folder] };
    if event.need_rescan() {
        return vec![Change::Folder];
    }
    let counts = match event.kind {
        EventKind::Access(kind) => kind == notify::event::AccessKind::Close(notify::event::AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    };
    if !counts {
        return Vec::new();
    }
    let change = |path: &PathBuf| {
        let name = path.file_name()?.to_string_lossy();
        if is_plugin_file(&name) {
            // Uses the name that the config gives the folder.
            return Some(Change::File(folder.join(&*name)));
        }
        let is_folder = folder.file_name().is_some_and(|folder| folder.to_string_lossy() == name);
        is_folder.then_some(Change::Folder)
    };
    event.paths.iter().filter_map(change).collect()
}

fn identity(folder: &Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(folder)?;
    Ok((metadata.dev(), metadata.ino()))
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.len(), metadata.modified().ok()))
}
