//! Counts durations into buckets with fixed upper bounds, in seconds.

use std::time::Duration;

#[derive(Clone, PartialEq, Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One count for each bound, not cumulative, and one beyond the last.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// Bounds for work that takes between a tenth of a millisecond and half a minute.
    pub const SECONDS: &'static [f64] =
        &[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

    /// An empty histogram. `bounds` must rise.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }
    /// A histogram that was counted elsewhere. `counts` has one for each bound, not cumulative, and one beyond the
    /// last. Counts that do not fit the bounds are left out.
    pub fn from_counts(bounds: &'static [f64], counts: &[u64], sum: Duration) -> Self {
        let mut taken = Self::new(bounds);
        for (own, count) in taken.counts.iter_mut().zip(counts) {
            *own = *count;
        }
        taken.sum = sum.as_secs_f64();
        taken
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
    /// Each upper bound, with the number of durations at or below it; without the infinite one, which is `count`.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        self.bounds.iter().zip(&self.counts).scan(0, |below, (bound, count)| {
            *below += count;
            Some((*bound, *below))
        })
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new(Self::SECONDS)
    }
}
