//! `/metrics`: the host's numbers in Prometheus text.

use std::time::Duration;

use watchkeep_core::ids::{PluginName, ReceiverName};

/// What the daemon counts. Counters never go back while the host runs.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub started_at: watchkeep_core::time::Wall,
    /// By plugin and `Outcome::kind`.
    pub runs: Vec<(PluginName, &'static str, u64)>,
    pub run_lateness: Histogram,
    pub run_duration: Histogram,
    pub runs_skipped: u64,
    /// By plugin and `FailureReason::as_str`.
    pub plugin_failures: Vec<(PluginName, &'static str, u64)>,
    pub outbox_depth: u64,
    /// Age of the oldest row of the outbox.
    pub outbox_oldest: Duration,
    /// By receiver and result: `delivered`, `retry`, `unsure`, `rejected`, `dead`, `superseded`.
    pub deliveries: Vec<(ReceiverName, &'static str, u64)>,
    pub store_commit: Histogram,
}

/// Counts spans into buckets of fixed upper bounds, in seconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One for each bound, not cumulative, and one beyond the last.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// For work between a tenth of a millisecond and half a minute.
    pub const SECONDS: &'static [f64] =
        &[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

    /// `bounds` rise.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }
    pub fn observe(&mut self, span: Duration) {
        let seconds = span.as_secs_f64();
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        self.counts[bucket] += 1;
        self.sum += seconds;
    }
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
    pub fn sum_seconds(&self) -> f64 {
        self.sum
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new(Self::SECONDS)
    }
}
