//! What the engine needs from the rest of the host. The daemon implements it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::commit::KvScope;
use watchkeep_core::ids::{CheckName, Digest, SecretName};
use watchkeep_core::time::{Local, Wall};

use watchkeep_core::grant::OriginPattern;

use crate::tape::Tape;

/// The key-value state as it was committed last.
pub trait KvReader: Send + Sync {
    /// The value and its version.
    fn get(&self, scope: &KvScope, key: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError>;
    /// All keys that begin with `prefix`, in order.
    fn keys(&self, scope: &KvScope, prefix: &str) -> Result<Vec<String>, KvReadError>;
}

/// The store could not be read, which is a failure of the host and not of the plugin.
#[derive(Clone, Debug, thiserror::Error)]
#[error("key-value state could not be read: {0}")]
pub struct KvReadError(pub String);

/// Which snapshot of a series is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Latest,
    /// The one nearest to `at`, not further away than `within`.
    Nearest {
        at: Wall,
        within: Duration,
    },
    /// What a reviewer accepted last.
    Reference,
}

/// Attachments that were kept.
pub trait SnapshotReader: Send + Sync {
    /// `None` if there is none.
    fn find(
        &self,
        check: &CheckName,
        series: &str,
        which: Which,
    ) -> Result<Option<KeptSnapshot>, SnapshotReadError>;
    /// All snapshots with these bytes.
    fn with(&self, digest: Digest) -> Result<Vec<KeptSnapshot>, SnapshotReadError>;
    /// The bytes; `None` if they were removed.
    fn bytes(&self, digest: Digest) -> Result<Option<Vec<u8>>, SnapshotReadError>;
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptSnapshot {
    pub check: CheckName,
    pub series: Option<String>,
    pub at: Wall,
    pub media_type: String,
    pub size_bytes: u64,
    pub digest: Digest,
}

/// The store could not be read, which is a failure of the host and not of the plugin.
#[derive(Clone, Debug, thiserror::Error)]
#[error("snapshots could not be read: {0}")]
pub struct SnapshotReadError(pub String);

/// A reader for where nothing is kept.
#[derive(Clone, Copy, Debug)]
pub struct NoSnapshots;

impl SnapshotReader for NoSnapshots {
    fn find(&self, _: &CheckName, _: &str, _: Which) -> Result<Option<KeptSnapshot>, SnapshotReadError> {
        Ok(None)
    }
    fn with(&self, _: Digest) -> Result<Vec<KeptSnapshot>, SnapshotReadError> {
        Ok(Vec::new())
    }
    fn bytes(&self, _: Digest) -> Result<Option<Vec<u8>>, SnapshotReadError> {
        Ok(None)
    }
}

/// The operator's secrets.
pub trait SecretSource: Send + Sync {
    fn secret(&self, name: &SecretName) -> Option<Secret>;
}

/// A secret's bytes and the origins that the operator bound it to.
#[derive(Clone)]
pub struct Secret {
    pub value: Arc<[u8]>,
    pub to: Arc<[OriginPattern]>,
}
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Cheap to clone: one per process, or one per test.
#[derive(Clone)]
pub struct Ports {
    pub kv: Arc<dyn KvReader>,
    pub snapshots: Arc<dyn SnapshotReader>,
    pub secrets: Arc<dyn SecretSource>,
    pub wall: Arc<dyn Fn() -> Wall + Send + Sync>,
    /// Converts to the zone in which messages to people are written.
    pub local: Arc<dyn Fn(Wall) -> Local + Send + Sync>,
    /// Records host calls, or answers them. `None` in a running host.
    pub tape: Option<Tape>,
}
