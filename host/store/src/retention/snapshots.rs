//! Snapshots that are too old or too many, and bytes that nothing names.

use std::collections::BTreeSet;
use std::ops::Bound;

use redb::ReadableTable as _;
use watchkeep_core::time::Wall;

use super::{ROWS_PER_SLICE, Sweep};
use crate::appender::Appender;
use crate::blobs::Shard;
use crate::error::{ReadError, WriteError};
use crate::query::table;
use crate::row::{PlaceRow, ReferenceRow, SnapshotRow, decode};
use crate::tables::{SNAPSHOT_DIGESTS, SNAPSHOT_PLACES, SNAPSHOT_REFERENCES, SNAPSHOTS};

/// The most checks and series whose snapshots are counted in one slice.
const SERIES_PER_SLICE: usize = 50;

/// A row in all three tables.
struct Old {
    check: String,
    series: String,
    at: i64,
    sequence: u64,
    index: u32,
    digest: [u8; 32],
}

impl Appender {
    /// A sweep that makes room for this many bytes.
    pub(crate) fn sweep_of_snapshots(&self, wanted: u64) -> Sweep {
        Sweep::Snapshots(self.shared.blobs.excess(wanted))
    }

    /// Removes the oldest snapshots, which are the first rows: the clock may have jumped, but sequences rise.
    pub(super) fn sweep_snapshots(&mut self, mut excess: u64, before: Wall) -> Result<Sweep, WriteError> {
        let mut old = Vec::new();
        {
            let read = self.shared.read()?;
            let Some(places) = table(&read, SNAPSHOT_PLACES)? else { return Ok(Sweep::Crowded(None)) };
            for row in places.iter().map_err(ReadError::from)?.take(ROWS_PER_SLICE) {
                let (key, bytes) = row?;
                let (sequence, index) = key.value();
                let PlaceRow { check, series, at, size_bytes, digest } = decode(bytes.value())?;
                if at >= before.millis() && excess == 0 {
                    break;
                }
                excess = excess.saturating_sub(size_bytes);
                old.push(Old {
                    check: check.to_owned(),
                    series: series.to_owned(),
                    at,
                    sequence,
                    index,
                    digest,
                });
            }
        }
        if old.is_empty() {
            return Ok(Sweep::Crowded(None));
        }
        self.remove_snapshots(&old)?;
        Ok(Sweep::Snapshots(excess))
    }

    /// Removes the oldest snapshots of each check and series that has too many, those of series after this one.
    pub(super) fn sweep_crowded(
        &mut self,
        behind: Option<(String, String)>,
        each_max: u32,
    ) -> Result<Sweep, WriteError> {
        let mut old = Vec::new();
        let mut last = behind;
        {
            let read = self.shared.read()?;
            let Some(snapshots) = table(&read, SNAPSHOTS)? else { return Ok(Sweep::Blobs(0)) };
            for _ in 0..SERIES_PER_SLICE {
                let next = match &last {
                    Some((check, series)) => {
                        let behind = (check.as_str(), series.as_str(), i64::MAX, u64::MAX, u32::MAX);
                        snapshots.range((Bound::Excluded(behind), Bound::Unbounded))?.next()
                    }
                    None => snapshots.first().map_err(ReadError::from)?.map(Ok),
                };
                let Some(row) = next.transpose().map_err(ReadError::from)? else {
                    last = None;
                    break;
                };
                let (check, series, ..) = row.0.value();
                let (check, series) = (check.to_owned(), series.to_owned());
                let own =
                    (&*check, &*series, i64::MIN, 0, 0)..=(&*check, &*series, i64::MAX, u64::MAX, u32::MAX);
                for row in snapshots.range(own)?.rev().skip(each_max as usize).take(ROWS_PER_SLICE) {
                    let (key, bytes) = row?;
                    let (_, _, at, sequence, index) = key.value();
                    let digest = decode::<SnapshotRow<'_>>(bytes.value())?.digest().0;
                    old.push(Old {
                        check: check.clone(),
                        series: series.clone(),
                        at,
                        sequence,
                        index,
                        digest,
                    });
                }
                last = Some((check, series));
            }
        }
        if !old.is_empty() {
            self.remove_snapshots(&old)?;
        }
        Ok(last.map_or(Sweep::Blobs(0), |last| Sweep::Crowded(Some(last))))
    }

    fn remove_snapshots(&mut self, old: &[Old]) -> Result<(), WriteError> {
        self.transact(|transaction| {
            let mut snapshots = transaction.open_table(SNAPSHOTS)?;
            let mut places = transaction.open_table(SNAPSHOT_PLACES)?;
            let mut digests = transaction.open_table(SNAPSHOT_DIGESTS)?;
            for Old { check, series, at, sequence, index, digest } in old {
                snapshots.remove((check.as_str(), series.as_str(), *at, *sequence, *index))?;
                places.remove((*sequence, *index))?;
                digests.remove((*digest, *sequence, *index))?;
            }
            Ok(())
        })
    }

    pub(super) fn sweep_blobs(&mut self, shard: Shard, before: Wall) -> Result<Sweep, WriteError> {
        let read = self.shared.read()?;
        let digests = table(&read, SNAPSHOT_DIGESTS)?;
        let mut accepted = BTreeSet::new();
        if let Some(references) = table(&read, SNAPSHOT_REFERENCES)? {
            for row in references.iter()? {
                let bytes = row?.1;
                accepted.insert(decode::<ReferenceRow<'_>>(bytes.value())?.snapshot.digest());
            }
        }
        self.shared.blobs.sweep(shard, before, |digest| {
            let Some(digests) = &digests else { return Ok::<_, WriteError>(false) };
            let named = digests.range((digest.0, 0, 0)..=(digest.0, u64::MAX, u32::MAX))?.next();
            Ok(named.transpose()?.is_some() || accepted.contains(&digest))
        })?;
        Ok(shard.checked_add(1).map_or(Sweep::Done, Sweep::Blobs))
    }
}
