//! Where the results are that are not packed yet, by check: `RESULTS` is ordered by time alone. The index is kept in
//! memory (12 bytes a row) and built from the newest row backwards, a slice at a time, so that opening a large database
//! takes no time; `covers` says how far back it goes.

use std::collections::{BTreeMap, HashMap};
use std::ops::{ControlFlow, Range};

use redb::ReadableTable;

use crate::apply::Filed;
use crate::error::ReadError;
use crate::packing::{Packing, stored as stored_packing};
use crate::row::{LatestEntry, LatestRow, ResultHead, decode};
use crate::stretches::stretches;
use crate::tables::{HOUR, LATEST, RESULTS, hour_of};

/// The number of rows in one slice, which takes some milliseconds.
const SLICE: usize = 10_000;

/// The key of a row in `RESULTS`.
pub(crate) type ResultKey = (i64, u64);

#[derive(Default)]
pub(crate) struct Index {
    hours: BTreeMap<i64, HashMap<u32, Vec<Entry>>>,
    coverage: Coverage,
    /// The newest result of each check, by sequence.
    latest: HashMap<u32, ResultKey>,
    /// How many results were added since `latest` was stored.
    unstored: usize,
}

/// How far back the index knows the rows that were there when the file was opened.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Coverage {
    #[default]
    Nothing,
    DownTo(ResultKey),
    All,
}

/// A row within its hour: milliseconds from the start of the hour, and the two halves of the sequence.
#[derive(Clone, Copy)]
struct Entry {
    millis: u32,
    high: u32,
    low: u32,
}

impl Entry {
    fn key(self, hour: i64) -> ResultKey {
        (
            hour.wrapping_mul(HOUR).wrapping_add(i64::from(self.millis)),
            u64::from(self.high) << 32 | u64::from(self.low),
        )
    }
}

impl Index {
    pub(crate) fn add(&mut self, filed: Filed) {
        self.insert(filed);
        self.unstored += 1;
    }

    fn insert(&mut self, filed: Filed) {
        let Filed { check, millis, sequence } = filed;
        let entry = Entry {
            millis: u32::try_from(millis.rem_euclid(HOUR)).expect("an hour's milliseconds fit"),
            high: (sequence >> 32) as u32,
            low: (sequence & u64::from(u32::MAX)) as u32,
        };
        self.hours.entry(hour_of(millis)).or_default().entry(check).or_default().push(entry);
        self.saw(LatestEntry { check, millis, sequence });
    }

    fn saw(&mut self, entry: LatestEntry) {
        let newest = self.latest.entry(entry.check).or_insert((entry.millis, entry.sequence));
        if newest.1 <= entry.sequence {
            *newest = (entry.millis, entry.sequence);
        }
    }

    /// The keys of a check's rows in the range, in rising order, as far back as the index goes.
    pub(crate) fn keys(&self, check: u32, range: &Range<ResultKey>) -> Vec<ResultKey> {
        let mut keys: Vec<ResultKey> = self
            .hours
            .range(hour_of(range.start.0)..=hour_of(range.end.0.max(range.start.0)))
            .filter_map(|(hour, checks)| checks.get(&check).map(|entries| (hour, entries)))
            .flat_map(|(hour, entries)| entries.iter().map(|entry| entry.key(*hour)))
            .filter(|key| range.contains(key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// How many of a check's rows in the range, with these sequences, are known without gaps between them. A row that
    /// was added since the start may be further back than that, because a clock may be set back.
    pub(crate) fn known(&self, check: u32, range: &Range<ResultKey>, sequences: &Range<u64>) -> usize {
        let keys = match self.coverage {
            Coverage::Nothing => return 0,
            Coverage::DownTo(key) => self.keys(check, &(range.start.max(key)..range.end)),
            Coverage::All => self.keys(check, range),
        };
        keys.into_iter().filter(|(_, sequence)| sequences.contains(sequence)).count()
    }

    pub(crate) fn hours(&self) -> impl Iterator<Item = i64> {
        self.hours.keys().copied()
    }

    /// The lowest and highest sequence in an hour.
    pub(crate) fn span(&self, hour: i64) -> Option<(u64, u64)> {
        let sequences = || self.hours.get(&hour).into_iter().flat_map(HashMap::values).flatten();
        let low = sequences().map(|entry| entry.key(hour).1).min()?;
        let high = sequences().map(|entry| entry.key(hour).1).max()?;
        Some((low, high))
    }

    pub(crate) fn checks_in(&self, hour: i64) -> Vec<u32> {
        let mut checks: Vec<u32> =
            self.hours.get(&hour).into_iter().flat_map(HashMap::keys).copied().collect();
        checks.sort_unstable();
        checks
    }

    pub(crate) fn keys_in(&self, hour: i64, check: u32, up_to: u64) -> Vec<ResultKey> {
        let entries = self.hours.get(&hour).and_then(|checks| checks.get(&check));
        let mut keys: Vec<ResultKey> = entries
            .into_iter()
            .flatten()
            .map(|entry| entry.key(hour))
            .filter(|(_, sequence)| *sequence <= up_to)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Removes rows that are packed now.
    pub(crate) fn forget(&mut self, packing: &Packing) {
        let Some(checks) = self.hours.get_mut(&packing.hour) else { return };
        checks.retain(|_, entries| {
            entries.retain(|entry| entry.key(packing.hour).1 > packing.up_to);
            entries.shrink_to_fit();
            !entries.is_empty()
        });
        if checks.is_empty() {
            self.hours.remove(&packing.hour);
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.coverage == Coverage::All
    }

    /// Whether all rows from `low` on are known.
    pub(crate) fn covers(&self, low: ResultKey) -> bool {
        match self.coverage {
            Coverage::Nothing => false,
            Coverage::DownTo(key) => key <= low,
            Coverage::All => true,
        }
    }

    /// Goes one slice further back.
    pub(crate) fn extend(&mut self, transaction: &redb::ReadTransaction) -> Result<(), ReadError> {
        if self.is_complete() {
            return Ok(());
        }
        let table = transaction.open_table(RESULTS)?;
        let packing = stored_packing(transaction)?;
        let rows = match self.coverage {
            Coverage::DownTo(key) => table.range(..key)?,
            Coverage::Nothing | Coverage::All => table.iter()?,
        };
        let mut seen = 0;
        let mut last = None;
        for row in rows.rev().take(SLICE) {
            let (key, value) = row?;
            let (millis, sequence) = key.value();
            seen += 1;
            last = Some((millis, sequence));
            if packing.as_ref().is_some_and(|packing| packing.hides_row(millis, sequence)) {
                continue;
            }
            self.insert(Filed { check: ResultHead::read(value.value())?.check, millis, sequence });
        }
        self.coverage = match last {
            Some(key) if seen == SLICE => Coverage::DownTo(key),
            _ => Coverage::All,
        };
        Ok(())
    }

    /// Extends the index until `done` breaks or everything is covered.
    pub(crate) fn extend_until(
        &mut self,
        transaction: &redb::ReadTransaction,
        mut done: impl FnMut(&Index) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        while !self.is_complete() && done(self).is_continue() {
            self.extend(transaction)?;
        }
        Ok(())
    }

    /// The newest result of each check: those stored some minutes ago, and those that came after them.
    pub(crate) fn latest(
        &mut self,
        transaction: &redb::ReadTransaction,
    ) -> Result<Vec<LatestEntry>, ReadError> {
        let stored = stored_latest(transaction)?;
        let newest = stored.iter().max_by_key(|entry| entry.sequence);
        let mut known_from = newest.map_or((i64::MIN, 0), |entry| (entry.millis, entry.sequence));
        // If the clock has been set back meanwhile, later results are filed further back.
        let (_, last) = known_from;
        for stretch in stretches(transaction)?.iter().take_while(|stretch| stretch.sequences.start > last) {
            known_from = known_from.min((stretch.begins(), 0));
        }
        self.extend_until(transaction, |index| {
            if index.covers(known_from) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        stored.into_iter().for_each(|entry| self.saw(entry));
        Ok(self.latest_entries())
    }

    /// The newest result of each check, in the order of the checks' numbers.
    pub(crate) fn latest_entries(&self) -> Vec<LatestEntry> {
        let mut entries: Vec<LatestEntry> = self
            .latest
            .iter()
            .map(|(&check, &(millis, sequence))| LatestEntry { check, millis, sequence })
            .collect();
        entries.sort_unstable_by_key(|entry| entry.check);
        entries
    }

    pub(crate) fn unstored(&self) -> usize {
        self.unstored
    }

    pub(crate) fn stored_latest(&mut self) {
        self.unstored = 0;
    }
}

fn stored_latest(transaction: &redb::ReadTransaction) -> Result<Vec<LatestEntry>, ReadError> {
    let table = transaction.open_table(LATEST)?;
    match table.get(0)? {
        Some(row) => Ok(decode::<LatestRow>(row.value())?.entries),
        None => Ok(Vec::new()),
    }
}
