//! Results of one check, newest first, from two places: rows that are not packed yet, found with the index, and packs.
//! Whatever packing does meanwhile, each result is seen once.

use std::cmp::Reverse;
use std::ops::{ControlFlow, Range};

use redb::{OwnedRange, ReadOnlyTable, ReadTransaction};
use watchkeep_core::commit::ResultRow;

use super::{Page, Pager, ResultsQuery, millis};
use crate::error::ReadError;
use crate::guard;
use crate::index::ResultKey;
use crate::pack::unpack;
use crate::packing::{self, Packing};
use crate::row::{ResultRowV1, decode};
use crate::shared::lock;
use crate::store::Store;
use crate::stretches::{stretches, walk};
use crate::tables::{PACKS, RESULTS, hour_of};

impl Store {
    /// Results of one check in the order in which they came, newest first, whatever the clock did.
    pub fn results(&self, query: &ResultsQuery) -> Result<Page<ResultRow>, ReadError> {
        guard::reading(|| {
            let mut page = Pager::new(query.limit);
            let Some(check) = self.number(&query.check) else { return Ok(page.finish()) };
            let stretches = stretches(&self.shared.read()?)?;
            for (stretch, range) in walk(stretches, millis(&query.between), query.after) {
                let (snapshot, keys) = self.unpacked(check, &range, &stretch.sequences, page.limit)?;
                let read = |row: ResultRowV1<'_>| row.into_core(query.check.clone());
                let mut merged = Merged::new(&snapshot, read, check, range, keys)?;
                while let Some((key, result)) = merged.next_newest()? {
                    if !stretch.has(key) {
                        continue;
                    }
                    if page.is_full() {
                        return Ok(page.finish());
                    }
                    page.push(key.into(), result);
                }
            }
            Ok(page.finish())
        })
    }

    /// A snapshot, and the keys of the check's unpacked rows in it, in rising order: all in the range, or more than
    /// `limit` of the newest with these sequences. Both are taken under the index's lock, because packing changes both
    /// under it.
    pub(super) fn unpacked(
        &self,
        check: u32,
        range: &Range<ResultKey>,
        sequences: &Range<u64>,
        limit: usize,
    ) -> Result<(ReadTransaction, Vec<ResultKey>), ReadError> {
        let mut index = lock(&self.shared.index);
        let snapshot = self.shared.read()?;
        index.extend_until(&snapshot, |index| {
            let enough = index.covers(range.start) || index.known(check, range, sequences) > limit;
            if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let keys = index.keys(check, range);
        Ok((snapshot, keys))
    }

    /// The result at a place where there was one.
    pub(crate) fn result_at(
        &self,
        snapshot: &ReadTransaction,
        check: u32,
        key: ResultKey,
    ) -> Result<Option<ResultRow>, ReadError> {
        let Some(name) = self.name(check) else { return Ok(None) };
        let range = key..(key.0, key.1.saturating_add(1));
        let read = |row: ResultRowV1<'_>| row.into_core(name.clone());
        Ok(Merged::new(snapshot, read, check, range, vec![key])?.next_newest()?.map(|(_, result)| result))
    }
}

/// Rows and packs of one check as one list, newest first. An item is what `read` makes of a row.
pub(super) struct Merged<R, T> {
    read: R,
    range: Range<ResultKey>,
    rows: ReadOnlyTable<(i64, u64), &'static [u8]>,
    /// The keys of rows that are still to come, in rising order.
    keys: Vec<ResultKey>,
    packs: OwnedRange<(u32, i64, u64), &'static [u8]>,
    packing: Option<Packing>,
    /// The next pack that counts, and its hour.
    next_pack: Option<(i64, Vec<u8>)>,
    /// What was unpacked and is still to come, in rising order.
    unpacked: Vec<(ResultKey, T)>,
}

impl<R: Fn(ResultRowV1<'_>) -> T, T> Merged<R, T> {
    pub(super) fn new(
        snapshot: &ReadTransaction,
        read: R,
        check: u32,
        range: Range<ResultKey>,
        keys: Vec<ResultKey>,
    ) -> Result<Self, ReadError> {
        let hours = (check, hour_of(range.start.0), 0)..=(check, hour_of(range.end.0), u64::MAX);
        let packs = snapshot.open_table(PACKS)?.range_owned(hours)?;
        let mut merged = Self {
            read,
            range,
            rows: snapshot.open_table(RESULTS)?,
            keys,
            packs,
            packing: packing::stored(snapshot)?,
            next_pack: None,
            unpacked: Vec::new(),
        };
        merged.fetch_pack()?;
        Ok(merged)
    }

    pub(super) fn next_newest(&mut self) -> Result<Option<(ResultKey, T)>, ReadError> {
        loop {
            let row = self.keys.last().copied();
            let packed = self.unpacked.last().map(|(key, _)| *key);
            let newest = row.max(packed);
            if let Some((hour, _)) = self.next_pack
                && newest.is_none_or(|key| hour_of(key.0) <= hour)
            {
                self.open_pack()?;
                continue;
            }
            if newest.is_none() {
                return Ok(None);
            }
            if packed == newest {
                return Ok(self.unpacked.pop());
            }
            let key = self.keys.pop().expect("the newest is not a packed one, so it is the last key");
            if let Some(result) = self.read_row(key)? {
                return Ok(Some((key, result)));
            }
        }
    }

    /// The row with this key; `None` if it has been moved into a pack meanwhile.
    fn read_row(&self, key: ResultKey) -> Result<Option<T>, ReadError> {
        if self.packing.is_some_and(|packing| packing.hides_row(key.0, key.1)) {
            return Ok(None);
        }
        let Some(bytes) = self.rows.get(key)? else { return Ok(None) };
        Ok(Some((self.read)(decode::<ResultRowV1<'_>>(bytes.value())?)))
    }

    fn fetch_pack(&mut self) -> Result<(), ReadError> {
        self.next_pack = None;
        while let Some(row) = self.packs.next_back() {
            let (key, bytes) = row?;
            let (_, hour, first) = key.value();
            if self.packing.is_none_or(|packing| !packing.hides_pack(hour, first)) {
                self.next_pack = Some((hour, bytes.value().to_vec()));
                break;
            }
        }
        Ok(())
    }

    fn open_pack(&mut self) -> Result<(), ReadError> {
        if let Some((_, bytes)) = self.next_pack.take() {
            for row in unpack(&bytes)?.rows() {
                let row = decode::<ResultRowV1<'_>>(row?)?;
                let key = (row.finished_at, row.sequence);
                if self.range.contains(&key) {
                    self.unpacked.push((key, (self.read)(row)));
                }
            }
            self.unpacked.sort_unstable_by_key(|(key, _)| *key);
        }
        self.fetch_pack()
    }
}

/// Sorts results that were found in any order, newest first.
pub(crate) fn newest_first(results: &mut [ResultRow]) {
    results.sort_unstable_by_key(|result| Reverse((result.finished_at, result.sequence)));
}
