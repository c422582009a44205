//! Samples of one metric, for rules. They are read from the same places as results, and no more of a result is kept
//! than the metric.

use watchkeep_core::ids::CheckName;
use watchkeep_core::labels::Labels;
use watchkeep_core::time::Wall;

use super::bounds;
use super::results::{Merged, Packs, Reader};
use crate::error::ReadError;
use crate::guard;
use crate::pack::Opened;
use crate::row::ResultRowV1;
use crate::store::Store;

/// The most samples of one query; the newest are returned. A result every second for a day, with one series, is 86,400.
const SAMPLES_MAX: usize = 100_000;

/// A query for samples of one metric of one check, by the moment when the run finished: from the first moment until
/// before the second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SamplesQuery {
    pub check: CheckName,
    pub metric: String,
    pub from: Wall,
    pub to: Wall,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    pub at: Wall,
    pub value: f64,
    /// The metric's own labels. For a metric of a finding, they are laid over the finding's labels, and `finding` is
    /// the finding's key.
    pub labels: Labels,
}

/// Reads the values of one metric, with their labels.
struct Values<'a> {
    metric: &'a str,
}

impl Reader for Values<'_> {
    type Item = Vec<(f64, Labels)>;

    fn stored(&self, row: ResultRowV1<'_>) -> Self::Item {
        row.values_of(self.metric)
    }

    fn packed(&self, pack: &Opened, row: usize) -> Result<Self::Item, ReadError> {
        let mut found = Vec::new();
        pack.each_metric(row, |metric, labels, value| {
            if metric.name == self.metric {
                found.push((value, labels()));
            }
        })?;
        Ok(found)
    }
}

impl Store {
    /// The samples, oldest first; within one result in the order of its report, then of its findings. If there are more
    /// than 100,000, only the newest.
    pub fn samples(&self, query: &SamplesQuery) -> Result<Vec<Sample>, ReadError> {
        guard::reading(|| {
            let Some(check) = self.number(&query.check)? else { return Ok(Vec::new()) };
            let Some(range) = bounds(&(query.from..query.to), None) else { return Ok(Vec::new()) };
            let (snapshot, keys) = self.unpacked(check, &range, &(0..u64::MAX), usize::MAX)?;
            let reader = Values { metric: &query.metric };
            let mut merged = Merged::new(&snapshot, reader, check, range, keys, Packs::All)?;
            let mut samples = Vec::new();
            while let Some(((millis, _), values)) = merged.next_newest()? {
                let at = Wall::from_millis(millis);
                samples.extend(values.into_iter().rev().map(|(value, labels)| Sample { at, value, labels }));
                if samples.len() >= SAMPLES_MAX {
                    samples.truncate(SAMPLES_MAX);
                    break;
                }
            }
            samples.reverse();
            Ok(samples)
        })
    }
}
