//! How a store is opened: sizes, bounds, and what it is to tell.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::time::Wall;

use crate::progress::Progress;

const DAY: Duration = Duration::from_hours(24);

/// How long history is kept. State (open alerts, groups, the outbox, key-value pairs) is kept for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    pub results: Duration,
    /// Availability is computed from transitions, so they are kept for long.
    pub transitions: Duration,
    /// Of deliveries that ended.
    pub deliveries: Duration,
    pub decisions: Duration,
    /// Of attachments.
    pub snapshots: Duration,
    /// Of attachments' bytes together; beyond it the oldest go first.
    pub snapshots_bytes_max: u64,
    /// Newest decisions kept for one alert key.
    pub decisions_per_alert_max: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            results: DAY * 90,
            transitions: DAY * 1100,
            deliveries: DAY * 400,
            decisions: DAY * 90,
            snapshots: DAY * 30,
            snapshots_bytes_max: 10 << 30,
            decisions_per_alert_max: 100,
        }
    }
}

/// Makes the storage below the database; called again when the database is opened again after a failure.
/// For fault injection.
pub type Backend = Arc<dyn Fn() -> std::io::Result<Box<dyn redb::StorageBackend>> + Send + Sync>;

pub struct Options {
    /// Told after each transaction, from the writer's thread; must not block.
    pub on_progress: Box<dyn Fn(Progress) + Send>,
    /// Decides what is old and which hours have ended. Called seldom, on the writer's thread.
    pub wall_clock: Box<dyn Fn() -> Wall + Send>,
    /// Memory for pages.
    pub cache_bytes: usize,
    /// A batch of results waits at most so long for company. Each transaction rewrites some 100 KB beside its rows, so
    /// ten a second would wear a disk; nobody waits for a result.
    pub batch_time: Duration,
    /// Changes in one transaction, at most (a commit is never split).
    pub batch_changes_max: usize,
    /// Results kept in memory while the database fails; beyond it the oldest are dropped and counted.
    pub pending_results_max: usize,
    /// First and longest span between two tries while the database fails.
    pub retry_first: Duration,
    pub retry_max: Duration,
    pub retention: Retention,
    pub backend: Option<Backend>,
}

impl Options {
    /// `wall_clock` is the caller's: nothing in this crate reads it by itself.
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
