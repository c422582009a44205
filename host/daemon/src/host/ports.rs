//! What the engine asks of the host while a plugin runs: committed key-value state, and secrets, of which a
//! call sees only those that its own config names.

use std::collections::BTreeMap;
use std::sync::Arc;

use watchkeep_core::commit::KvScope;
use watchkeep_core::ids::SecretName;
use watchkeep_engine::{KvReadError, KvReader, SecretSource};
use watchkeep_store::Store;

pub(crate) struct StoreKv(pub(crate) Store);

impl KvReader for StoreKv {
    fn get(&self, scope: &KvScope, key: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError> {
        self.0.kv_get(scope, key).map_err(|error| KvReadError(error.to_string()))
    }
    fn keys(&self, scope: &KvScope, prefix: &str) -> Result<Vec<String>, KvReadError> {
        self.0.kv_keys(scope, prefix).map_err(|error| KvReadError(error.to_string()))
    }
}

/// Holds nothing and keeps nothing: for a plugin that is tried without a database.
pub(crate) struct NoKv;

impl KvReader for NoKv {
    fn get(&self, _: &KvScope, _: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError> {
        Ok(None)
    }
    fn keys(&self, _: &KvScope, _: &str) -> Result<Vec<String>, KvReadError> {
        Ok(Vec::new())
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
