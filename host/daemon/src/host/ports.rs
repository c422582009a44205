//! What the engine asks of the host while a plugin runs: committed key-value state, and secrets. A call sees only the
//! secrets that its own config names.

use std::collections::BTreeMap;
use std::sync::Arc;

use watchkeep_core::commit::KvScope;
use watchkeep_core::ids::{CheckName, Digest, SecretName};
use watchkeep_engine::{
    KeptSnapshot, KvReadError, KvReader, NoSnapshots, SecretSource, SnapshotReadError, SnapshotReader, Which,
};
use watchkeep_store::{BlobError, ReadError, Snapshot, Store};

struct StoreKv(Store);

impl KvReader for StoreKv {
    fn get(&self, scope: &KvScope, key: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError> {
        self.0.kv_get(scope, key).map_err(|error| KvReadError(error.to_string()))
    }
    fn keys(&self, scope: &KvScope, prefix: &str) -> Result<Vec<String>, KvReadError> {
        self.0.kv_keys(scope, prefix).map_err(|error| KvReadError(error.to_string()))
    }
}

/// A store without keys, for a plugin that is tried without a database.
struct NoKv;

impl KvReader for NoKv {
    fn get(&self, _: &KvScope, _: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError> {
        Ok(None)
    }
    fn keys(&self, _: &KvScope, _: &str) -> Result<Vec<String>, KvReadError> {
        Ok(Vec::new())
    }
}

struct StoreSnapshots(Store);

impl SnapshotReader for StoreSnapshots {
    fn find(
        &self,
        check: &CheckName,
        series: &str,
        which: Which,
    ) -> Result<Option<KeptSnapshot>, SnapshotReadError> {
        let read = match which {
            Which::Latest => self.0.latest_snapshot(check, series),
            Which::Nearest { at, within } => self.0.nearest_snapshot(check, series, at, within),
            Which::Reference => self.0.reference_snapshot(check, series),
        };
        found(read).map(|snapshot| snapshot.map(kept))
    }
    fn with(&self, digest: Digest) -> Result<Vec<KeptSnapshot>, SnapshotReadError> {
        found(self.0.snapshots_of(digest)).map(|all| all.into_iter().map(kept).collect())
    }
    fn bytes(&self, digest: Digest) -> Result<Option<Vec<u8>>, SnapshotReadError> {
        match self.0.blob(digest) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(BlobError::Gone { .. }) => Ok(None),
            Err(error) => Err(SnapshotReadError(error.to_string())),
        }
    }
}

fn found<T>(found: Result<T, ReadError>) -> Result<T, SnapshotReadError> {
    found.map_err(|error| SnapshotReadError(error.to_string()))
}

fn kept(snapshot: Snapshot) -> KeptSnapshot {
    let Snapshot { check, series, at, name: _, media_type, size_bytes, digest } = snapshot;
    KeptSnapshot { check, series, at, media_type, size_bytes, digest }
}

/// What is kept from run to run.
#[derive(Clone)]
pub(crate) struct StoredState {
    pub(crate) kv: Arc<dyn KvReader>,
    pub(crate) snapshots: Arc<dyn SnapshotReader>,
}

impl StoredState {
    pub(crate) fn in_store(store: &Store) -> Self {
        Self { kv: Arc::new(StoreKv(store.clone())), snapshots: Arc::new(StoreSnapshots(store.clone())) }
    }
    /// Keeps nothing, for a plugin that is tried without a database.
    pub(crate) fn nothing() -> Self {
        Self { kv: Arc::new(NoKv), snapshots: Arc::new(NoSnapshots) }
    }
}

/// The secrets that one check or receiver may attach.
pub(crate) struct NamedSecrets(BTreeMap<SecretName, watchkeep_engine::Secret>);

impl NamedSecrets {
    pub(crate) fn of(
        names: &[SecretName],
        all: &BTreeMap<SecretName, watchkeep_config::Secret>,
    ) -> Arc<dyn SecretSource> {
        let named = names.iter().filter_map(|name| {
            let secret = all.get(name)?;
            let handed = watchkeep_engine::Secret { value: secret.expose().into(), to: secret.to().into() };
            Some((name.clone(), handed))
        });
        Arc::new(Self(named.collect()))
    }
}

impl SecretSource for NamedSecrets {
    fn secret(&self, name: &SecretName) -> Option<watchkeep_engine::Secret> {
        self.0.get(name).cloned()
    }
}
