//! Snapshots: attachments that were kept. Those of a series are found by time, bytes by their digest.

use std::time::Duration;

use redb::{ReadTransaction, ReadableTable as _, TableDefinition, TableError};
use watchkeep_core::ids::{CheckName, Digest};
use watchkeep_core::time::Wall;

use crate::blobs::BlobError;
use crate::error::ReadError;
use crate::guard;
use crate::row::{PlaceRow, ReferenceRow, SnapshotRow, decode};
use crate::store::Store;
use crate::tables::{SNAPSHOT_DIGESTS, SNAPSHOT_PLACES, SNAPSHOT_REFERENCES, SNAPSHOTS};

/// One attachment that was kept. Its bytes are found by the digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    pub check: CheckName,
    /// The series; `None` for an attachment of a report that belongs to no series.
    pub series: Option<String>,
    pub at: Wall,
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub digest: Digest,
}

type Key<'a> = (&'a str, &'a str, i64, u64, u32);

impl Store {
    /// Keeps an attachment's bytes, which must be on disk before the result that names them is written.
    pub fn put_blob(&self, digest: Digest, bytes: &[u8]) -> Result<(), BlobError> {
        self.shared.blobs.put(digest, bytes)
    }

    pub fn blob(&self, digest: Digest) -> Result<Vec<u8>, BlobError> {
        self.shared.blobs.read(digest)
    }

    pub fn latest_snapshot(&self, check: &CheckName, series: &str) -> Result<Option<Snapshot>, ReadError> {
        guard::reading(|| self.last_up_to(check, series, i64::MAX))
    }

    /// The snapshot nearest to `at` and at most `within` away; if two are equally near, the older.
    pub fn nearest_snapshot(
        &self,
        check: &CheckName,
        series: &str,
        at: Wall,
        within: Duration,
    ) -> Result<Option<Snapshot>, ReadError> {
        guard::reading(|| {
            let before = self.last_up_to(check, series, at.millis())?;
            let after = self.first_after(check, series, at.millis())?;
            let away = |snapshot: &Snapshot| snapshot.at.millis().abs_diff(at.millis());
            let nearest = [before, after].into_iter().flatten().min_by_key(away);
            Ok(nearest.filter(|snapshot| u128::from(away(snapshot)) <= within.as_millis()))
        })
    }

    /// The snapshot that a reviewer last accepted.
    pub fn reference_snapshot(&self, check: &CheckName, series: &str) -> Result<Option<Snapshot>, ReadError> {
        guard::reading(|| {
            let read = self.shared.read()?;
            let Some(table) = table(&read, SNAPSHOT_REFERENCES)? else { return Ok(None) };
            let Some(bytes) = table.get((check.as_str(), series))? else { return Ok(None) };
            let row = decode::<ReferenceRow<'_>>(bytes.value())?;
            Ok(Some(snapshot(check.as_str(), series, row.at, &row.snapshot)))
        })
    }

    /// Snapshots of a check, newest first, in all series and in none.
    pub fn snapshots(&self, check: &CheckName, limit: usize) -> Result<Vec<Snapshot>, ReadError> {
        guard::reading(|| {
            let read = self.shared.read()?;
            let Some(table) = table(&read, SNAPSHOTS)? else { return Ok(Vec::new()) };
            let mut all = Vec::new();
            for row in table.range((check.as_str(), "", i64::MIN, 0, 0)..)? {
                let (key, bytes) = row?;
                let (of, series, at, ..) = key.value();
                if of != check.as_str() {
                    break;
                }
                all.push(snapshot(of, series, at, &decode(bytes.value())?));
            }
            all.sort_by_key(|snapshot: &Snapshot| std::cmp::Reverse(snapshot.at));
            all.truncate(limit);
            Ok(all)
        })
    }

    /// All snapshots with these bytes, including those that were accepted.
    pub fn snapshots_of(&self, digest: Digest) -> Result<Vec<Snapshot>, ReadError> {
        guard::reading(|| {
            let read = self.shared.read()?;
            let (Some(digests), Some(places), Some(rows)) =
                (table(&read, SNAPSHOT_DIGESTS)?, table(&read, SNAPSHOT_PLACES)?, table(&read, SNAPSHOTS)?)
            else {
                return Ok(Vec::new());
            };
            let mut found = Vec::new();
            for key in digests.range((digest.0, 0, 0)..=(digest.0, u64::MAX, u32::MAX))? {
                let (_, sequence, index) = key?.0.value();
                let Some(place) = places.get((sequence, index))? else { continue };
                let PlaceRow { check, series, at, .. } = decode(place.value())?;
                let Some(row) = rows.get((check, series, at, sequence, index))? else { continue };
                found.push(snapshot(check, series, at, &decode(row.value())?));
            }
            let Some(references) = table(&read, SNAPSHOT_REFERENCES)? else { return Ok(found) };
            for row in references.iter()? {
                let (key, bytes) = row?;
                let (check, series) = key.value();
                let row = decode::<ReferenceRow<'_>>(bytes.value())?;
                if row.snapshot.digest() == digest {
                    found.push(snapshot(check, series, row.at, &row.snapshot));
                }
            }
            Ok(found)
        })
    }

    fn last_up_to(&self, check: &CheckName, series: &str, at: i64) -> Result<Option<Snapshot>, ReadError> {
        let low = (check.as_str(), series, i64::MIN, 0, 0);
        self.one(low, (check.as_str(), series, at, u64::MAX, u32::MAX), End::Last)
    }

    fn first_after(&self, check: &CheckName, series: &str, at: i64) -> Result<Option<Snapshot>, ReadError> {
        let Some(next) = at.checked_add(1) else { return Ok(None) };
        let low = (check.as_str(), series, next, 0, 0);
        self.one(low, (check.as_str(), series, i64::MAX, u64::MAX, u32::MAX), End::First)
    }

    fn one(&self, low: Key<'_>, high: Key<'_>, end: End) -> Result<Option<Snapshot>, ReadError> {
        let read = self.shared.read()?;
        let Some(table) = table(&read, SNAPSHOTS)? else { return Ok(None) };
        let mut range = table.range(low..=high)?;
        let row = match end {
            End::First => range.next(),
            End::Last => range.next_back(),
        };
        let Some(row) = row else { return Ok(None) };
        let (key, bytes) = row?;
        let (check, series, at, ..) = key.value();
        Ok(Some(snapshot(check, series, at, &decode(bytes.value())?)))
    }
}

#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

fn snapshot(check: &str, series: &str, at: i64, row: &SnapshotRow<'_>) -> Snapshot {
    Snapshot {
        check: check.into(),
        series: (!series.is_empty()).then(|| series.to_owned()),
        at: Wall::from_millis(at),
        name: row.name.to_owned(),
        media_type: row.media_type.to_owned(),
        size_bytes: row.size_bytes,
        digest: row.digest(),
    }
}

/// Opens a table; `None` if the file was made before the table existed.
pub(crate) fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
    read: &ReadTransaction,
    definition: TableDefinition<'_, K, V>,
) -> Result<Option<redb::ReadOnlyTable<K, V>>, ReadError> {
    match read.open_table(definition) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
