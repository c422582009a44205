//! What the reading handle and the writing handle share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, WriteTransaction};
use watchkeep_core::commit::{KvScope, KvWrite};
use watchkeep_core::ids::CommitId;
use watchkeep_core::time::Wall;

use crate::blobs::Blobs;
use crate::error::{OpenError, ReadError, WriteError};
use crate::file::Place;
use crate::guard;
use crate::index::Index;
use crate::names::Names;
use crate::stats::Histogram;

pub(crate) struct Shared {
    pub(crate) place: Place,
    pub(crate) blobs: Arc<Blobs>,
    database: RwLock<Handle>,
    pub(crate) names: RwLock<Names>,
    pub(crate) index: Mutex<Index>,
    pub(crate) unwritten_kv: Mutex<UnwrittenKv>,
    pub(crate) figures: Mutex<Figures>,
}

enum Handle {
    ReadWrite(Database),
    ReadOnly(ReadOnlyDatabase),
    /// Closed after a failure, until it can be opened again.
    Closed,
}

/// Key-value writes that were sent and are not durable yet: the next run of a check must see what its last run wrote,
/// whatever the disk does.
pub(crate) type UnwrittenKv = BTreeMap<KvScope, BTreeMap<String, (CommitId, KvWrite)>>;

/// Figures that the writer counts and `Store::stats` shows.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) commit_seconds: Histogram,
    pub(crate) commits: u64,
    pub(crate) failures: u64,
    pub(crate) failing_since: Option<Wall>,
    pub(crate) pending: usize,
    pub(crate) dropped_results: u64,
    pub(crate) doubted_until: Option<Wall>,
}

impl Shared {
    pub(crate) fn open(place: Place) -> Result<Self, OpenError> {
        let database = guard::opening(&place, || place.open())?;
        Self::new(place, Handle::ReadWrite(database))
    }

    pub(crate) fn open_read_only(place: Place) -> Result<Self, OpenError> {
        let database = guard::opening(&place, || place.open_read_only())?;
        Self::new(place, Handle::ReadOnly(database))
    }

    fn new(place: Place, handle: Handle) -> Result<Self, OpenError> {
        let shared = Self {
            blobs: Arc::new(Blobs::new(place.folder())),
            place,
            database: RwLock::new(handle),
            names: RwLock::default(),
            index: Mutex::default(),
            unwritten_kv: Mutex::default(),
            figures: Mutex::default(),
        };
        shared.load_names()?;
        Ok(shared)
    }

    /// A snapshot of what is committed.
    pub(crate) fn read(&self) -> Result<ReadTransaction, ReadError> {
        let handle = self.database.read().unwrap_or_else(PoisonError::into_inner);
        Ok(match &*handle {
            Handle::ReadWrite(database) => database.begin_read()?,
            Handle::ReadOnly(database) => database.begin_read()?,
            Handle::Closed => return Err(ReadError::Closed),
        })
    }

    /// Runs one writing transaction. It is durable if `body` and the commit succeed.
    pub(crate) fn write<T>(
        &self,
        body: impl FnOnce(&WriteTransaction) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let handle = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Handle::ReadWrite(database) = &*handle else { return Err(WriteError::NotOpen) };
        let mut transaction = database.begin_write()?;
        transaction.set_durability(redb::Durability::Immediate)?;
        transaction.set_quick_repair(true);
        let value = body(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Closes the file and opens it again: after an I/O error, redb does nothing more with it, and numbers that were
    /// given to names since the last commit may not be in it.
    pub(crate) fn reopen(&self) -> Result<(), OpenError> {
        let mut handle = self.database.write().unwrap_or_else(PoisonError::into_inner);
        *handle = Handle::Closed;
        *handle = Handle::ReadWrite(self.place.open()?);
        drop(handle);
        self.load_names()
    }

    fn load_names(&self) -> Result<(), OpenError> {
        let names = guard::reading(|| Names::load(&self.read()?));
        let names = names.map_err(|error| self.place.unreadable(error))?;
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = names;
        Ok(())
    }
}

/// Locks a mutex, also after a panic elsewhere: the data behind each lock is consistent between any two statements that
/// hold it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
