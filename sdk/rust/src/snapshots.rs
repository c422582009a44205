//! What earlier runs attached to a series. A check's own series need no grant; those of another check do.

use std::time::Duration;

use crate::backend;
use crate::bindings::imports::watchkeep::plugin::snapshots::Series as Asked;
use crate::transport::millis;

pub use crate::bindings::imports::watchkeep::plugin::snapshots::{Snapshot, SnapshotError};

/// A series of snapshots.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
/// use watchkeep_sdk::snapshots::SnapshotError;
///
/// fn last_picture() -> Result<Option<Vec<u8>>, SnapshotError> {
///     snapshots::series("front").latest()?.map(|snapshot| snapshot.read()).transpose()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Series(Asked);

/// A series of the check itself.
pub fn series(name: impl Into<String>) -> Series {
    Series(Asked { check: None, name: name.into() })
}

impl Series {
    /// The series of this name of another check.
    #[must_use]
    pub fn of(mut self, check: impl Into<String>) -> Self {
        self.0.check = Some(check.into());
        self
    }
    /// The newest snapshot; `None` if there is none yet.
    pub fn latest(&self) -> Result<Option<Snapshot>, SnapshotError> {
        backend::snapshots_latest(&self.0)
    }
    /// The snapshot nearest to `at` (milliseconds since the Unix epoch), at most `within` away.
    pub fn nearest(&self, at: u64, within: Duration) -> Result<Option<Snapshot>, SnapshotError> {
        backend::snapshots_nearest(&self.0, at, millis(within))
    }
    /// The picture to compare with, which a reviewer last accepted.
    pub fn reference(&self) -> Result<Option<Snapshot>, SnapshotError> {
        backend::snapshots_reference(&self.0)
    }
}

impl Snapshot {
    /// Reads its bytes.
    pub fn read(&self) -> Result<Vec<u8>, SnapshotError> {
        backend::snapshots_read(&self.id)
    }
}
