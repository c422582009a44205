//! Results of one check, newest first, from two places: rows that are not packed yet, found with the index, and packs.
//! Whatever packing does meanwhile, each result is seen once.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range, RangeInclusive};
use std::rc::Rc;

use redb::{OwnedRange, ReadOnlyTable, ReadTransaction};
use watchkeep_core::commit::ResultRow;
use watchkeep_core::ids::CheckName;

use super::{Page, Pager, ResultsQuery, millis, table};
use crate::error::ReadError;
use crate::guard;
use crate::index::ResultKey;
use crate::merge::MERGED_HOURS_MAX;
use crate::pack::{Opened, lowest};
use crate::packing::{self, Packing};
use crate::row::{ResultRowV1, decode};
use crate::shared::lock;
use crate::store::Store;
use crate::stretches::{stretches, walk};
use crate::tables::{PACKS, RESULTS, UNMERGED, hour_of};

impl Store {
    /// Results of one check in the order in which they came, newest first, whatever the clock did.
    pub fn results(&self, query: &ResultsQuery) -> Result<Page<ResultRow>, ReadError> {
        guard::reading(|| {
            let mut page = Pager::new(query.limit);
            let Some(check) = self.number(&query.check)? else { return Ok(page.finish()) };
            let stretches = stretches(&self.shared.read()?)?;
            for (stretch, range) in walk(stretches, millis(&query.between), query.after) {
                let (snapshot, keys) = self.unpacked(check, &range, &stretch.sequences, page.limit)?;
                let mut merged = Merged::new(&snapshot, Whole(&query.check), check, range, keys, Packs::All)?;
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
        let mut merged = Merged::new(snapshot, Whole(&name), check, range, vec![key], Packs::All)?;
        Ok(merged.next_newest()?.map(|(_, result)| result))
    }
}

/// What is made of a result, wherever it lies.
pub(super) trait Reader {
    type Item;
    fn stored(&self, row: ResultRowV1<'_>) -> Self::Item;
    fn packed(&self, pack: &Opened, row: usize) -> Result<Self::Item, ReadError>;
}

/// Reads whole results of this check.
struct Whole<'a>(&'a CheckName);

impl Reader for Whole<'_> {
    type Item = ResultRow;
    fn stored(&self, row: ResultRowV1<'_>) -> ResultRow {
        row.into_core(self.0.clone())
    }
    fn packed(&self, pack: &Opened, row: usize) -> Result<ResultRow, ReadError> {
        pack.result(self.0.clone(), row)
    }
}

/// Which packs are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packs {
    All,
    /// Those whose results are not in the roll-ups yet.
    Unmerged,
}

/// Rows and packs of one check as one list, newest first.
pub(super) struct Merged<R> {
    reader: R,
    range: Range<ResultKey>,
    rows: ReadOnlyTable<(i64, u64), &'static [u8]>,
    /// The keys of rows that are still to come, in rising order.
    keys: Vec<ResultKey>,
    packs: OwnedRange<(u32, i64, u64), &'static [u8]>,
    packing: Option<Packing>,
    /// The keys of the packs to read; `None` for all.
    only: Option<BTreeSet<(i64, u64)>>,
    /// The next pack that counts, and the hour of its newest row.
    next_pack: Option<(i64, Vec<u8>)>,
    /// Rows of packs that are still to come, in rising order: each with its pack and its place in it.
    packed: Vec<(ResultKey, Rc<Opened>, usize)>,
}

impl<R: Reader> Merged<R> {
    pub(super) fn new(
        snapshot: &ReadTransaction,
        reader: R,
        check: u32,
        range: Range<ResultKey>,
        keys: Vec<ResultKey>,
        which: Packs,
    ) -> Result<Self, ReadError> {
        // A pack is filed by the hour of its newest row; one that begins in the range may end after it.
        let last = hour_of(range.end.0).saturating_add(MERGED_HOURS_MAX);
        let hours = (check, hour_of(range.start.0), 0)..=(check, last, u64::MAX);
        let only = match which {
            Packs::All => None,
            Packs::Unmerged => Some(unmerged(snapshot, hours.clone())?),
        };
        let mut merged = Self {
            reader,
            range,
            rows: snapshot.open_table(RESULTS)?,
            keys,
            packs: snapshot.open_table(PACKS)?.range_owned(hours)?,
            packing: packing::stored(snapshot)?,
            only,
            next_pack: None,
            packed: Vec::new(),
        };
        merged.fetch_pack()?;
        Ok(merged)
    }

    pub(super) fn next_newest(&mut self) -> Result<Option<(ResultKey, R::Item)>, ReadError> {
        loop {
            let row = self.keys.last().copied();
            let packed = self.packed.last().map(|(key, _, _)| *key);
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
            if packed == newest
                && let Some((key, pack, row)) = self.packed.pop()
            {
                return Ok(Some((key, self.reader.packed(&pack, row)?)));
            }
            let key = self.keys.pop().expect("the newest is not a packed one, so it is the last key");
            if let Some(result) = self.read_row(key)? {
                return Ok(Some((key, result)));
            }
        }
    }

    /// The row with this key; `None` if it has been moved into a pack meanwhile.
    fn read_row(&self, key: ResultKey) -> Result<Option<R::Item>, ReadError> {
        if self.packing.is_some_and(|packing| packing.hides_row(key.0, key.1)) {
            return Ok(None);
        }
        let Some(bytes) = self.rows.get(key)? else { return Ok(None) };
        Ok(Some(self.reader.stored(decode::<ResultRowV1<'_>>(bytes.value())?)))
    }

    fn fetch_pack(&mut self) -> Result<(), ReadError> {
        self.next_pack = None;
        while let Some(row) = self.packs.next_back() {
            let (key, bytes) = row?;
            let (_, hour, first) = key.value();
            let counts = self.packing.is_none_or(|packing| !packing.hides_pack(hour, first))
                && self.only.as_ref().is_none_or(|only| only.contains(&(hour, first)));
            if counts && lowest(bytes.value())?.is_none_or(|lowest| lowest <= self.range.end.0) {
                self.next_pack = Some((hour, bytes.value().to_vec()));
                break;
            }
        }
        Ok(())
    }

    fn open_pack(&mut self) -> Result<(), ReadError> {
        if let Some((_, bytes)) = self.next_pack.take() {
            let pack = Rc::new(Opened::read(&bytes)?);
            for (row, key) in pack.keys().into_iter().enumerate() {
                if self.range.contains(&key) {
                    self.packed.push((key, Rc::clone(&pack), row));
                }
            }
            self.packed.sort_by_key(|(key, _, _)| *key);
        }
        self.fetch_pack()
    }
}

fn unmerged(
    snapshot: &ReadTransaction,
    hours: RangeInclusive<(u32, i64, u64)>,
) -> Result<BTreeSet<(i64, u64)>, ReadError> {
    let Some(table) = table(snapshot, UNMERGED)? else { return Ok(BTreeSet::new()) };
    let keys = table.range(hours)?.map(|row| {
        let (_, hour, first) = row?.0.value();
        Ok((hour, first))
    });
    keys.collect()
}

/// Sorts results that were found in any order, newest first.
pub(crate) fn newest_first(results: &mut [ResultRow]) {
    results.sort_unstable_by_key(|result| Reverse((result.finished_at, result.sequence)));
}
