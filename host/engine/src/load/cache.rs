//! Compiled code and descriptions, stored by the digest of the plugin and the compatibility of the engine.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use watchkeep_core::ids::Digest;

use super::describe::Description;
use super::inspect::Facts;
use crate::error::EngineError;

/// What is known of a digest without asking the plugin again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) facts: Facts,
    /// `None` for a program, which cannot describe itself.
    pub(super) description: Option<Description>,
}

pub(crate) struct Cache {
    dir: PathBuf,
    /// A hash of everything that decides whether code fits: wasmtime's version, the CPU, the settings, and the version
    /// of this crate, which makes components of core modules and defines what is offered.
    compatibility: u64,
    /// How many loads of each digest are under way. Its files are left alone meanwhile.
    loading: Mutex<BTreeMap<Digest, usize>>,
}

/// Keeps the files of its digest while it lives.
pub(super) struct Loading<'a> {
    cache: &'a Cache,
    digest: Digest,
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let mut loading = self.cache.loading();
        if let Some(count) = loading.get_mut(&self.digest) {
            *count -= 1;
            if *count == 0 {
                loading.remove(&self.digest);
            }
        }
    }
}

impl Cache {
    pub(crate) fn open(dir: &Path, engine: &wasmtime::Engine) -> Result<Self, EngineError> {
        let failed = |source| EngineError::CacheDir { path: dir.display().to_string(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        // Its contents are run as code, so others who could write here before can do so no longer.
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
        let mut hasher = std::hash::DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        Ok(Self { dir: dir.to_owned(), compatibility: hasher.finish(), loading: Mutex::default() })
    }

    pub(super) fn begin_loading(&self, digest: Digest) -> Loading<'_> {
        *self.loading().entry(digest).or_default() += 1;
        Loading { cache: self, digest }
    }

    fn loading(&self) -> MutexGuard<'_, BTreeMap<Digest, usize>> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes all files that belong to no needed digest, whatever version of the engine made them. Mapped code stays
    /// mapped. A file that cannot be removed now is removed another time.
    pub(crate) fn prune(&self, needed: &[Digest]) {
        // Held to the end, so that nothing begins to load a file while it is removed.
        let loading = self.loading();
        let mut kept: Vec<String> = needed.iter().chain(loading.keys()).map(Digest::to_string).collect();
        kept.sort();
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_ours = path.extension().is_some_and(|end| end == "code" || end == "json" || end == "lock");
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let digest = name.split_once('-').map_or("", |(digest, _)| digest).to_owned();
            if is_ours && kept.binary_search(&digest).is_err() {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// The turn to compile this digest into this folder, unless any process has it. Held until the file is closed,
    /// which also happens when a process is killed.
    pub(super) fn lock(&self, digest: Digest) -> std::io::Result<Option<File>> {
        // One lock for each digest, so that one that takes long to compile holds up nothing else. `prune` removes the
        // file with the others. Whoever made it anew meanwhile compiles a second time, and nothing worse happens.
        let path = self.dir.join(format!("{digest}-compiling.lock"));
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    pub(super) fn code(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}-{:016x}.code", self.compatibility))
    }
    fn description(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}-{:016x}.json", self.compatibility))
    }
    /// `None` if it is missing or cannot be read. It is then made again.
    pub(super) fn known(&self, digest: Digest) -> Option<Known> {
        let text = std::fs::read(self.description(digest)).ok()?;
        serde_json::from_slice(&text).ok()
    }
    pub(super) fn temporary(&self) -> std::io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(".tmp-").tempfile_in(&self.dir)
    }
    /// `file` is durable already.
    pub(super) fn keep_code(&self, digest: Digest, file: NamedTempFile) -> std::io::Result<()> {
        file.persist(self.code(digest)).map(drop).map_err(|error| error.error)
    }
    pub(super) fn keep_known(&self, digest: Digest, known: &Known) -> std::io::Result<()> {
        let mut file = self.temporary()?;
        file.write_all(&serde_json::to_vec(known)?)?;
        file.as_file().sync_all()?;
        file.persist(self.description(digest)).map(drop).map_err(|error| error.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_nobody_needs_and_nothing_that_is_being_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), &wasmtime::Engine::default()).unwrap();
        let (needed, loading, other) = (Digest::of(b"needed"), Digest::of(b"loading"), Digest::of(b"other"));
        for digest in [needed, loading, other] {
            std::fs::write(cache.code(digest), b"code").unwrap();
            std::fs::write(cache.description(digest), b"{}").unwrap();
            drop(cache.lock(digest).unwrap());
        }
        let of_another_engine = folder.path().join(format!("{other}-0123456789abcdef.code"));
        let not_ours = folder.path().join("notes.txt");
        std::fs::write(&of_another_engine, b"code").unwrap();
        std::fs::write(&not_ours, b"by hand").unwrap();

        let is_there = |digest| cache.code(digest).exists() && cache.description(digest).exists();
        let loads = (cache.begin_loading(loading), cache.begin_loading(loading));
        cache.prune(&[needed]);
        assert!(is_there(needed) && is_there(loading) && not_ours.exists());
        let of_the_other =
            |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(&other.to_string());
        assert!(!std::fs::read_dir(folder.path()).unwrap().flatten().any(|entry| of_the_other(&entry)));
        drop(loads.0);
        cache.prune(&[needed]);
        assert!(is_there(loading), "it is loaded twice");
        drop(loads.1);
        cache.prune(&[needed]);
        assert!(is_there(needed) && !is_there(loading));
    }
}
