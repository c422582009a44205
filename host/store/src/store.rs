//! The handle for reading. It is cheap to clone, and usable while the writer writes. Queries are in `query`, and what a
//! start needs is in `restore`.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use redb::{ReadTransaction, ReadableTableMetadata, TableDefinition};
use watchkeep_core::ids::CheckName;
use watchkeep_core::time::Wall;

use crate::error::{OpenError, ReadError};
use crate::file::Place;
use crate::guard;
use crate::options::Options;
use crate::shared::{Shared, lock};
use crate::stats::{RowCounts, Stats, TableSpace};
use crate::tables;
use crate::writer::Writer;

#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
}

impl Store {
    /// Opens or creates the database in `data_dir`, and starts the writer's thread. The data folder itself is created
    /// if nothing else is missing.
    pub fn open(data_dir: &Path, options: Options) -> Result<(Store, Writer), OpenError> {
        Writer::open(data_dir, options)
    }

    /// Opens the database for reading, where no host runs. It must exist.
    pub fn open_read_only(data_dir: &Path, cache_bytes: usize) -> Result<Store, OpenError> {
        Ok(Store::new(Arc::new(Shared::open_read_only(Place::new(data_dir, cache_bytes, None))?)))
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// When the clock went ahead by more than a day at once: the moment until which nothing is removed for its age.
    pub fn clock_doubted_until(&self) -> Option<Wall> {
        lock(&self.shared.figures).doubted_until
    }

    pub fn stats(&self) -> Stats {
        let rows = guard::reading(|| row_counts(&self.shared.read()?)).unwrap_or_default();
        let figures = lock(&self.shared.figures);
        Stats {
            commit_seconds: figures.commit_seconds,
            commits: figures.commits,
            failures: figures.failures,
            failing_since: figures.failing_since,
            pending: figures.pending,
            dropped_results: figures.dropped_results,
            rows,
            file_bytes: self.shared.place.file_bytes(),
        }
    }

    /// The bytes of attachments, and the most that they may have.
    pub fn attachments_filling(&self) -> (u64, u64) {
        self.shared.blobs.filling()
    }

    /// What the database takes on the disk: without what is set aside in the file and was never written.
    pub fn disk_bytes(&self) -> u64 {
        self.shared.place.disk_bytes()
    }

    /// What the largest tables take. Reads each of their pages.
    pub fn space(&self) -> Result<Vec<TableSpace>, ReadError> {
        guard::reading(|| {
            let snapshot = self.shared.read()?;
            Ok(vec![
                space(&snapshot, "results", tables::RESULTS)?,
                space(&snapshot, "packs", tables::PACKS)?,
                space(&snapshot, "unmerged", tables::UNMERGED)?,
                space(&snapshot, "series", tables::SERIES)?,
                space(&snapshot, "rollups", tables::ROLLUPS)?,
                space(&snapshot, "transitions", tables::TRANSITIONS)?,
                space(&snapshot, "decisions", tables::DECISIONS)?,
                space(&snapshot, "deliveries", tables::DELIVERIES)?,
            ])
        })
    }

    /// The check's number; `None` if nothing of it is stored. An error while the database cannot be read: then nobody knows.
    pub(crate) fn number(&self, check: &CheckName) -> Result<Option<u32>, ReadError> {
        self.shared.read()?;
        Ok(self.shared.names.read().unwrap_or_else(PoisonError::into_inner).number(check))
    }

    pub(crate) fn name(&self, number: u32) -> Option<CheckName> {
        self.shared.names.read().unwrap_or_else(PoisonError::into_inner).name(number)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.shared.place.path).finish_non_exhaustive()
    }
}

fn space<K: redb::Key + 'static, V: redb::Value + 'static>(
    snapshot: &ReadTransaction,
    name: &'static str,
    definition: TableDefinition<'static, K, V>,
) -> Result<TableSpace, ReadError> {
    let Some(table) = crate::query::table(snapshot, definition)? else {
        return Ok(TableSpace { table: name, stored: 0, used: 0 });
    };
    let stats = table.stats()?;
    let stored = stats.stored_bytes();
    Ok(TableSpace { table: name, stored, used: stored + stats.metadata_bytes() + stats.fragmented_bytes() })
}

fn row_counts(snapshot: &ReadTransaction) -> Result<RowCounts, ReadError> {
    fn len<K: redb::Key + 'static, V: redb::Value + 'static>(
        snapshot: &ReadTransaction,
        table: TableDefinition<'static, K, V>,
    ) -> Result<u64, ReadError> {
        Ok(snapshot.open_table(table)?.len()?)
    }
    Ok(RowCounts {
        results: len(snapshot, tables::RESULTS)?,
        packs: len(snapshot, tables::PACKS)?,
        transitions: len(snapshot, tables::TRANSITIONS)?,
        decisions: len(snapshot, tables::DECISIONS)?,
        alerts: len(snapshot, tables::ALERTS)?,
        groups: len(snapshot, tables::GROUPS)?,
        outbox: len(snapshot, tables::OUTBOX)?,
        deliveries: len(snapshot, tables::DELIVERIES)?,
        windows: len(snapshot, tables::WINDOWS)?,
        heartbeats: len(snapshot, tables::HEARTBEATS)?,
        events: len(snapshot, tables::EVENTS)?,
        kv: len(snapshot, tables::KV)?,
    })
}
