//! Compiled code and descriptions, under the digest of the plugin and the compatibility of the engine.

use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

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
    /// `None` for a program, which has no say.
    pub(super) description: Option<Description>,
}

pub(crate) struct Cache {
    dir: PathBuf,
    /// Of everything that decides whether code fits: wasmtime's version, the CPU, the settings, and the version of this
    /// crate, which makes components of core modules and says what is offered.
    compatibility: u64,
}

impl Cache {
    pub(crate) fn open(dir: &Path, engine: &wasmtime::Engine) -> Result<Self, EngineError> {
        let failed = |source| EngineError::CacheDir { path: dir.display().to_string(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        // Its contents are run as code: whoever else could write here before can no longer.
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
        let mut hasher = std::hash::DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        Ok(Self { dir: dir.to_owned(), compatibility: hasher.finish() })
    }

    pub(super) fn code(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}-{:016x}.code", self.compatibility))
    }
    fn description(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}-{:016x}.json", self.compatibility))
    }
    /// `None` if it is not there or not readable as it should be: then it is made again.
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
