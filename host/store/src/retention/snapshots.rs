//! Snapshots that are too old or too many, and bytes that nothing names.

use std::collections::BTreeSet;

use redb::ReadableTable as _;
use watchkeep_core::time::Wall;

use super::{ROWS_PER_SLICE, Sweep};
use crate::appender::Appender;
use crate::blobs::Shard;
use crate::error::{ReadError, WriteError};
use crate::query::table;
use crate::row::{PlaceRow, ReferenceRow, decode};
use crate::tables::{SNAPSHOT_DIGESTS, SNAPSHOT_PLACES, SNAPSHOT_REFERENCES, SNAPSHOTS};

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
            let Some(places) = table(&read, SNAPSHOT_PLACES)? else { return Ok(Sweep::Blobs(0)) };
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
            return Ok(Sweep::Blobs(0));
        }
        self.transact(|transaction| {
            let mut snapshots = transaction.open_table(SNAPSHOTS)?;
            let mut places = transaction.open_table(SNAPSHOT_PLACES)?;
            let mut digests = transaction.open_table(SNAPSHOT_DIGESTS)?;
            for Old { check, series, at, sequence, index, digest } in &old {
                snapshots.remove((check.as_str(), series.as_str(), *at, *sequence, *index))?;
                places.remove((*sequence, *index))?;
                digests.remove((*digest, *sequence, *index))?;
            }
            Ok(())
        })?;
        Ok(Sweep::Snapshots(excess))
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
