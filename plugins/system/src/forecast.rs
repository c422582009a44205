//! When a disk will be full, if it goes on as it did.

use watchkeep_sdk::prelude::*;

/// How much a line through the samples must explain of how they differ, for the trend to count.
const EXPLAINED_MIN: f64 = 0.8;
const SAMPLES_MIN: usize = 5;
/// How many samples a window has.
const SAMPLES: u64 = 24;

/// What was available, and when, in seconds; oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Samples(pub(crate) Vec<(u64, u64)>);

impl Samples {
    /// Forgets what is older than the window, and takes this one if the last was not just before it.
    pub(crate) fn take(&mut self, now: u64, available: u64, window: Duration) {
        let window = window.as_secs();
        self.0.retain(|(at, _)| *at <= now && now - at <= window);
        let last = self.0.last().map(|(at, _)| *at);
        if last.is_none_or(|last| now - last >= window / SAMPLES) {
            self.0.push((now, available));
        }
    }

    /// How long until nothing is available. None if it does not fill, or no trend holds.
    pub(crate) fn full_in(&self, now: u64, available: u64, window: Duration) -> Option<Duration> {
        let began = self.0.first()?.0;
        if now.saturating_sub(began) < window.as_secs() / 6 {
            return None;
        }
        let mut points: Vec<(f64, f64)> =
            self.0.iter().map(|(at, left)| ((at - began) as f64, *left as f64)).collect();
        if self.0.last().is_some_and(|(at, _)| *at < now) {
            points.push(((now - began) as f64, available as f64));
        }
        if points.len() < SAMPLES_MIN {
            return None;
        }
        let slope = slope(&points)?;
        let seconds = available as f64 / -slope;
        // Further than anybody plans.
        (slope < 0.0 && seconds < 1e10).then(|| Duration::from_secs(seconds as u64))
    }
}

/// Of the line that fits best, in bytes a second, if it explains enough.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_at, mean_left) = (mean(|point| point.0), mean(|point| point.1));
    let (mut at_at, mut at_left, mut left_left) = (0.0, 0.0, 0.0);
    for (at, left) in points {
        let (at, left) = (at - mean_at, left - mean_left);
        at_at += at * at;
        at_left += at * left;
        left_left += left * left;
    }
    if at_at <= 0.0 || left_left <= 0.0 {
        return None;
    }
    let explained = at_left * at_left / (at_at * left_left);
    (explained >= EXPLAINED_MIN).then(|| at_left / at_at)
}
