//! Key-value pairs of checks, receivers and actions. Writes that were sent and are not durable yet are seen as well: the next
//! run of a check must see what its last run wrote.

use std::collections::BTreeSet;

use watchkeep_core::commit::{KvScope, KvWrite};

use crate::error::ReadError;
use crate::guard;
use crate::meta::parse_figure;
use crate::row::{KvRow, scope_key};
use crate::shared::lock;
use crate::store::Store;
use crate::tables::{KV, KV_FLOORS};

/// A value and its version; `None` for a key that was never written or was deleted.
type Pair = Option<(Vec<u8>, u64)>;

impl Store {
    /// The value and version of a key.
    pub fn kv_get(&self, scope: &KvScope, key: &str) -> Result<Pair, ReadError> {
        guard::reading(|| {
            let unwritten = self.unwritten(scope, key);
            let stored = self.kv_stored(scope, key)?;
            Ok(match unwritten {
                // The store may have given the stored write a higher version than the caller asked for.
                Some(KvWrite { value: Some(value), version, .. }) => {
                    Some((value, stored.map_or(version, |stored| version.max(stored.version))))
                }
                Some(KvWrite { value: None, .. }) => None,
                None => stored.filter(|stored| stored.is_own).map(|stored| (stored.value, stored.version)),
            })
        })
    }

    /// The highest version that this key has, or could have had before it was deleted; 0 if it has none. The version of
    /// the next write must be higher.
    pub fn kv_version(&self, scope: &KvScope, key: &str) -> Result<u64, ReadError> {
        guard::reading(|| {
            let unwritten = self.unwritten(scope, key).map_or(0, |write| write.version);
            let stored = match self.kv_stored(scope, key)? {
                Some(Stored { version, .. }) => version,
                None => {
                    let floors = self.shared.read()?.open_table(KV_FLOORS)?;
                    let floor = floors.get(scope_key(scope).as_str())?;
                    floor.map(|row| parse_figure("kv_floors", row.value())).transpose()?.unwrap_or(0)
                }
            };
            Ok(stored.max(unwritten))
        })
    }

    /// Keys that begin with `prefix`, in order.
    pub fn kv_keys(&self, scope: &KvScope, prefix: &str) -> Result<Vec<String>, ReadError> {
        guard::reading(|| {
            let name = scope_key(scope);
            // Read before the snapshot, so that what becomes durable in between is seen twice rather than missed.
            let unwritten = lock(&self.shared.unwritten_kv).get(scope).cloned().unwrap_or_default();
            let mut keys = BTreeSet::new();
            let table = self.shared.read()?.open_table(KV)?;
            for row in table.range((name.as_str(), prefix)..)? {
                let (key, bytes) = row?;
                let (of, key) = key.value();
                if of != name || !key.starts_with(prefix) {
                    break;
                }
                if KvRow::read(bytes.value())?.is_of(scope.plugin.as_str()) {
                    keys.insert(key.to_owned());
                }
            }
            for (key, (_, write)) in unwritten {
                if key.starts_with(prefix) {
                    match write.value {
                        Some(_) => keys.insert(key),
                        None => keys.remove(&key),
                    };
                }
            }
            Ok(keys.into_iter().collect())
        })
    }

    fn unwritten(&self, scope: &KvScope, key: &str) -> Option<KvWrite> {
        lock(&self.shared.unwritten_kv).get(scope)?.get(key).map(|(_, write)| write.clone())
    }

    /// The stored pair, whichever plugin wrote it: versions rise over all of them.
    fn kv_stored(&self, scope: &KvScope, key: &str) -> Result<Option<Stored>, ReadError> {
        let table = self.shared.read()?.open_table(KV)?;
        let Some(bytes) = table.get((scope_key(scope).as_str(), key))? else { return Ok(None) };
        let row = KvRow::read(bytes.value())?;
        let is_own = row.is_of(scope.plugin.as_str());
        Ok(Some(Stored { value: row.value.to_vec(), version: row.version, is_own }))
    }
}

struct Stored {
    value: Vec<u8>,
    version: u64,
    /// Whether the plugin that asks wrote it.
    is_own: bool,
}
