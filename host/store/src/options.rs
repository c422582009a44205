//! How a store is opened: sizes, bounds, and what it reports.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::time::Wall;

use crate::progress::Progress;

const DAY: Duration = Duration::from_hours(24);

/// How long history is kept. State (open alerts, groups, the outbox, key-value pairs) has no end of retention.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// How long results are kept; each is removed within a day after that.
    pub results: Duration,
    /// How long figures of five minutes, of hours and of days are kept. They are removed by whole stretches of 1, 4 and 32
    /// days.
    pub five_minutes: Duration,
    pub hours: Duration,
    pub days: Duration,
    /// How long transitions are kept. Availability is computed from them, so they are kept for long.
    pub transitions: Duration,
    /// How long deliveries that ended are kept, and actions that are over.
    pub deliveries: Duration,
    pub decisions: Duration,
    /// How long attachments are kept.
    pub snapshots: Duration,
    /// The most bytes that attachments may have together. Beyond it, the oldest are removed first.
    pub snapshots_bytes_max: u64,
    /// The most attachments of one check and series.
    pub snapshots_each_max: u32,
    /// How many of the newest decisions are kept for one alert key.
    pub decisions_per_alert_max: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            results: DAY * 90,
            five_minutes: DAY * 14,
            hours: DAY * 180,
            days: DAY * 1100,
            transitions: DAY * 1100,
            deliveries: DAY * 400,
            decisions: DAY * 90,
            snapshots: DAY * 30,
            snapshots_bytes_max: 10 << 30,
            snapshots_each_max: 10_000,
            decisions_per_alert_max: 100,
        }
    }
}

/// Makes the storage below the database, again each time the database is opened again after a failure. For fault
/// injection.
pub type Backend = Arc<dyn Fn() -> std::io::Result<Box<dyn redb::StorageBackend>> + Send + Sync>;

pub struct Options {
    /// Called after each transaction, on the writer's thread; must not block.
    pub on_progress: Box<dyn Fn(Progress) + Send>,
    /// The clock that decides what is old and which hours have ended. Called rarely, on the writer's thread.
    pub wall_clock: Box<dyn Fn() -> Wall + Send>,
    /// The memory for pages.
    pub cache_bytes: usize,
    /// How long a batch of results may wait for more. Each transaction rewrites about 100 KB beside its rows, so ten a
    /// second would wear a disk out, and nobody waits for a result.
    pub batch_time: Duration,
    /// The most changes in one transaction (a commit is never split).
    pub batch_changes_max: usize,
    /// The most results kept in memory while the database fails. Beyond it, the oldest are dropped and counted.
    pub pending_results_max: usize,
    /// The first and the longest delay between two tries while the database fails.
    pub retry_first: Duration,
    pub retry_max: Duration,
    pub retention: Retention,
    pub backend: Option<Backend>,
}

impl Options {
    /// The default options. `wall_clock` is the caller's: nothing in this crate reads a wall clock itself.
    pub fn new(wall_clock: impl Fn() -> Wall + Send + 'static) -> Self {
        Self {
            on_progress: Box::new(|_| {}),
            wall_clock: Box::new(wall_clock),
            cache_bytes: 32 << 20,
            batch_time: Duration::from_millis(500),
            batch_changes_max: 4096,
            pending_results_max: 20_000,
            retry_first: Duration::from_millis(50),
            retry_max: Duration::from_secs(2),
            retention: Retention::default(),
            backend: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("cache_bytes", &self.cache_bytes)
            .field("batch_time", &self.batch_time)
            .field("batch_changes_max", &self.batch_changes_max)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}
