//! Writes one transaction after the other, on the caller's thread. `Writer` puts a thread and a queue around it; tests
//! and tools use it as it is.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use redb::WriteTransaction;
use watchkeep_core::commit::Commit;

use crate::apply::{Applied, Work, apply};
use crate::clock;
use crate::error::{OpenError, WriteError};
use crate::file::Place;
use crate::guard;
use crate::options::{Backend, Retention};
use crate::shared::{Shared, lock};
use crate::store::Store;
use crate::upkeep::Keeper;

pub struct Appender {
    pub(crate) shared: Arc<Shared>,
    pub(crate) keeper: Keeper,
    /// Alert keys that got decisions since decisions were last pruned.
    pub(crate) decided: BTreeSet<Vec<u8>>,
    condition: Condition,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Open,
    /// The last transaction failed, and the file could not be opened again yet.
    Broken,
}

impl Appender {
    /// Opens or creates the database in `data_dir`.
    pub fn open(data_dir: &Path, retention: Retention) -> Result<(Store, Appender), OpenError> {
        Self::open_with(Place::new(data_dir, 32 << 20, None), retention)
    }

    /// Opens the database on a storage of the caller's, for fault injection.
    pub fn open_backend(backend: Backend, retention: Retention) -> Result<(Store, Appender), OpenError> {
        Self::open_with(Place::new(Path::new(""), 32 << 20, Some(backend)), retention)
    }

    pub(crate) fn open_with(place: Place, retention: Retention) -> Result<(Store, Appender), OpenError> {
        let shared = Arc::new(Shared::open(place)?);
        shared.blobs.limit(retention.snapshots_bytes_max);
        let appender = Appender {
            shared: Arc::clone(&shared),
            keeper: Keeper::new(retention),
            decided: BTreeSet::new(),
            condition: Condition::Open,
        };
        Ok((Store::new(shared), appender))
    }

    /// Writes the commits in one transaction: all of them are durable when it returns, or none of them.
    pub fn commit(&mut self, commits: impl IntoIterator<Item = Commit>) -> Result<(), WriteError> {
        let works: Vec<Work> = commits.into_iter().map(Work::Commit).collect();
        self.write(works.iter())
    }

    pub(crate) fn write<'a>(&mut self, works: impl Iterator<Item = &'a Work>) -> Result<(), WriteError> {
        let began = clock::now();
        let shared = Arc::clone(&self.shared);
        let applied = self.transact(|transaction| {
            let mut names = shared.names.write().unwrap_or_else(PoisonError::into_inner);
            apply(transaction, works, &mut names)
        })?;
        self.note(applied, clock::now() - began);
        Ok(())
    }

    fn note(&mut self, applied: Applied, took: std::time::Duration) {
        let mut index = lock(&self.shared.index);
        applied.results.into_iter().for_each(|filed| index.add(filed));
        drop(index);
        self.decided.extend(applied.decided);
        let mut figures = lock(&self.shared.figures);
        figures.commit_seconds.observe(took);
        figures.commits += applied.commits;
    }

    /// Runs one transaction. A failure of any kind closes the file: redb does nothing more with a file that had an I/O
    /// error, and a reader must not wait for the next try to find that out.
    pub(crate) fn transact<T>(
        &mut self,
        body: impl FnOnce(&WriteTransaction) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        if self.condition == Condition::Broken {
            self.reopen()?;
        }
        let shared = Arc::clone(&self.shared);
        let result = guard::writing(|| shared.write(body));
        if let Err(error) = &result {
            lock(&self.shared.figures).failures += 1;
            tracing::debug!(
                error = crate::error::chain(error),
                "a transaction failed; opening the database again"
            );
            self.condition = Condition::Broken;
            // The first error is the one to report; this one comes up again at the next try.
            self.reopen().ok();
        }
        result
    }

    fn reopen(&mut self) -> Result<(), WriteError> {
        guard::opening(&self.shared.place, || self.shared.reopen())?;
        self.keeper.forget_progress();
        self.condition = Condition::Open;
        Ok(())
    }
}
