//! A sketch of a distribution after DDSketch (Masson, Rim, Lee, 2019): values are counted in bins whose bounds grow by a
//! constant factor, so that a percentile is off by at most a part of itself, and sketches merge by adding counts. Only
//! bins that are in use are kept: a period of five values takes five, where a dense one takes hundreds.

/// Half the width of a bin, as a part of the value.
const ERROR: f64 = 0.01;
/// The factor between the bounds of a bin.
const GAMMA: f64 = (1.0 + ERROR) / (1.0 - ERROR);
/// Bins of positive values are above this, bins of negative ones below its negative; 0 is the bin of zero.
const OFFSET: i32 = 40_000;
/// Bins beyond this many are merged into the lowest, so that high percentiles stay as exact as they were.
const BINS_MAX: usize = 1024;

/// Counts of values in bins.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sketch {
    /// By rising value, each bin once and with a count above 0.
    bins: Vec<(i32, u64)>,
}

impl Sketch {
    /// How far a percentile may be from the value that it stands for, as a part of that value.
    pub const ERROR: f64 = ERROR;

    /// What was stored; `None` unless the bins rise, hold something, and exist.
    pub fn restore(bins: Vec<(i32, u64)>) -> Option<Self> {
        let rises = bins.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let exist =
            bins.iter().all(|(bin, count)| *count > 0 && bin.unsigned_abs() < 2 * OFFSET.unsigned_abs());
        let total = bins.iter().try_fold(0_u64, |total, (_, count)| total.checked_add(*count));
        (rises && exist && total.is_some() && bins.len() <= BINS_MAX).then_some(Self { bins })
    }

    /// Bins and their counts, by rising value.
    pub fn bins(&self) -> impl Iterator<Item = (i32, u64)> {
        self.bins.iter().copied()
    }

    pub fn count(&self) -> u64 {
        self.bins.iter().map(|(_, count)| count).sum()
    }

    /// Counts a value, which must be finite.
    pub(super) fn add(&mut self, value: f64) {
        self.count_in(bin(value), 1);
        self.shrink();
    }

    pub(super) fn merge(&mut self, other: &Sketch) {
        for (bin, count) in &other.bins {
            self.count_in(*bin, *count);
        }
        self.shrink();
    }

    fn count_in(&mut self, bin: i32, count: u64) {
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => self.bins[at].1 = self.bins[at].1.saturating_add(count),
            Err(at) => self.bins.insert(at, (bin, count)),
        }
    }

    fn shrink(&mut self) {
        let excess = self.bins.len().saturating_sub(BINS_MAX);
        if excess > 0 {
            let lost: u64 = self.bins.drain(..excess).map(|(_, count)| count).sum();
            self.bins[0].1 = self.bins[0].1.saturating_add(lost);
        }
    }

    /// The value at this part of the distribution, by nearest rank; `None` if it is empty.
    pub(super) fn quantile(&self, part: f64) -> Option<f64> {
        let total = self.count();
        let rank = ((part * total as f64).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0_u64;
        self.bins.iter().find_map(|(bin, count)| {
            seen += count;
            (seen >= rank).then(|| middle(*bin))
        })
    }
}

/// The bin of a value.
fn bin(value: f64) -> i32 {
    if value == 0.0 {
        return 0;
    }
    let power = (value.abs().ln() / GAMMA.ln()).ceil() as i32;
    if value > 0.0 { OFFSET + power } else { -OFFSET - power }
}

/// A value that is within `ERROR` of each value of the bin.
fn middle(bin: i32) -> f64 {
    if bin == 0 {
        return 0.0;
    }
    let value = 2.0 * GAMMA.powi(bin.abs() - OFFSET) / (GAMMA + 1.0);
    if bin > 0 { value.min(f64::MAX) } else { (-value).max(f64::MIN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_in_the_order_of_their_values() {
        let values = [f64::MIN, -1.0, -1e-9, -5e-324, 0.0, 5e-324, 1e-9, 1.0, 1.03, f64::MAX];
        let bins: Vec<i32> = values.into_iter().map(bin).collect();
        assert!(bins.windows(2).all(|pair| pair[0] < pair[1]), "{bins:?}");
    }

    #[test]
    fn what_no_sketch_can_have_been_is_refused() {
        for bins in [
            vec![(5, 1), (5, 1)],
            vec![(6, 1), (5, 1)],
            vec![(5, 0)],
            vec![(i32::MIN, 1)],
            vec![(1, u64::MAX), (2, 1)],
        ] {
            assert_eq!(Sketch::restore(bins), None);
        }
    }

    #[test]
    fn values_of_all_sizes_take_bounded_room_and_leave_high_percentiles_exact() {
        let mut sketch = Sketch::default();
        for power in 0..3000 {
            sketch.add(1e-6 * 1.02_f64.powi(power));
        }
        assert_eq!((sketch.bins().count(), sketch.count()), (BINS_MAX, 3000));
        let exact = 1e-6 * 1.02_f64.powi(2969);
        assert!((sketch.quantile(0.99).unwrap() / exact - 1.0).abs() <= ERROR * 1.01);
    }
}
