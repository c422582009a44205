//! Figures about the store itself, for `/metrics` and `/-/ready`.

use std::time::Duration;

use watchkeep_core::time::Wall;

/// Upper bounds of `Histogram::buckets`, in seconds, in the manner of Prometheus; the last bucket has none.
const COMMIT_BOUNDS_SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Counts per bucket (not cumulative), and the sum of all spans.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Histogram {
    pub buckets: [u64; COMMIT_BOUNDS_SECONDS.len() + 1],
    pub sum: Duration,
}

impl Histogram {
    pub fn bounds_seconds(&self) -> &'static [f64] {
        &COMMIT_BOUNDS_SECONDS
    }
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
    pub(crate) fn observe(&mut self, span: Duration) {
        let seconds = span.as_secs_f64();
        let bucket = COMMIT_BOUNDS_SECONDS.iter().position(|bound| seconds <= *bound);
        self.buckets[bucket.unwrap_or(COMMIT_BOUNDS_SECONDS.len())] += 1;
        self.sum += span;
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RowCounts {
    /// Results that are not packed yet.
    pub results: u64,
    /// Packs, each with results of one check in one hour.
    pub packs: u64,
    pub transitions: u64,
    pub decisions: u64,
    pub alerts: u64,
    pub groups: u64,
    pub outbox: u64,
    pub deliveries: u64,
    pub windows: u64,
    pub heartbeats: u64,
    /// Ids of events that are remembered.
    pub events: u64,
    pub kv: u64,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stats {
    /// `watchkeep_store_commit_seconds`: from the start of a transaction to its sync.
    pub commit_seconds: Histogram,
    /// Commits that became durable.
    pub commits: u64,
    /// Transactions that failed.
    pub failures: u64,
    pub failing_since: Option<Wall>,
    /// Commits that wait in memory.
    pub pending: usize,
    /// Results that were dropped while the database failed.
    pub dropped_results: u64,
    pub rows: RowCounts,
    /// The size of the database file; 0 if it cannot be read.
    pub file_bytes: u64,
}

/// What a table takes in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableSpace {
    pub table: &'static str,
    /// Bytes of its rows, keys included.
    pub stored: u64,
    /// Bytes that they need in pages: rows, what the file keeps beside them, and room that is left over.
    pub used: u64,
}
