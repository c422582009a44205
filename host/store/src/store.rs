//! The handle that reads. Cheap to clone; usable while the writer writes.

use std::path::Path;

use watchkeep_core::alert::AlertKey;
use watchkeep_core::commit::{Decision, GenerationRow, KvScope, ResultRow, Transition};
use watchkeep_core::ids::PluginName;
use watchkeep_core::restore::Restored;

use crate::error::{OpenError, ReadError};
use crate::options::Options;
use crate::query::{DeliveriesQuery, Page, ResultsQuery, StoredDelivery, TransitionsQuery, Violation};
use crate::stats::Stats;
use crate::writer::Writer;

#[derive(Clone, Debug)]
pub struct Store;

impl Store {
    /// Opens or creates the database in `data_dir`, and starts the writer's thread.
    pub fn open(_data_dir: &Path, _options: Options) -> Result<(Store, Writer), OpenError> {
        Ok((Store, Writer))
    }
    /// For reading beside no host.
    pub fn open_read_only(_data_dir: &Path, _cache_bytes: usize) -> Result<Store, OpenError> {
        Ok(Store)
    }
    pub fn restored(&self) -> Result<Restored, ReadError> {
        Ok(Restored::default())
    }
    pub fn results(&self, _query: &ResultsQuery) -> Result<Page<ResultRow>, ReadError> {
        Ok(Page { items: Vec::new(), next: None })
    }
    pub fn transitions(&self, _query: &TransitionsQuery) -> Result<Page<Transition>, ReadError> {
        Ok(Page { items: Vec::new(), next: None })
    }
    /// Newest first.
    pub fn decisions(&self, _key: &AlertKey) -> Result<Vec<Decision>, ReadError> {
        Ok(Vec::new())
    }
    pub fn deliveries(&self, _query: &DeliveriesQuery) -> Result<Page<StoredDelivery>, ReadError> {
        Ok(Page { items: Vec::new(), next: None })
    }
    /// Value and version. Sees writes that were sent and are not durable yet.
    pub fn kv_get(&self, _scope: &KvScope, _key: &str) -> Result<Option<(Vec<u8>, u64)>, ReadError> {
        Ok(None)
    }
    /// The highest version that a key of this name had, also of one that was deleted; 0 if none: the next write's
    /// version must be above it.
    pub fn kv_version(&self, _scope: &KvScope, _key: &str) -> Result<u64, ReadError> {
        Ok(0)
    }
    /// In order. Sees writes that were sent and are not durable yet.
    pub fn kv_keys(&self, _scope: &KvScope, _prefix: &str) -> Result<Vec<String>, ReadError> {
        Ok(Vec::new())
    }
    /// The last good generation of each plugin.
    pub fn generations(&self) -> Result<Vec<GenerationRow>, ReadError> {
        Ok(Vec::new())
    }
    /// Queued behind the commits sent so far; never blocks.
    pub fn put_generation(&self, _row: GenerationRow) {}
    pub fn remove_generation(&self, _plugin: PluginName) {}
    /// Checks the stored invariants; reads everything.
    pub fn audit(&self) -> Result<Vec<Violation>, ReadError> {
        Ok(Vec::new())
    }
    pub fn stats(&self) -> Stats {
        Stats::default()
    }
}
