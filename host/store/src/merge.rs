//! Merging: once a day, the packs of each hour become packs that fill some pages of the file, and what they say is added
//! to the roll-ups. One transaction does both for a check, so that each result is in one pack and once in the roll-ups.

use redb::ReadableTable;
use watchkeep_core::rollup::Resolution;
use watchkeep_core::time::Wall;

use crate::appender::Appender;
use crate::error::{ReadError, WriteError};
use crate::pack::{Opened, Split, lowest, pack};
use crate::query::table;
use crate::rollup;
use crate::tables::{HOUR, PACKS, PackKey, UNMERGED, hour_of};
use crate::upkeep::{SETTLE, Upkeep};

/// The most hours that a merged pack spans, from the hour of its first row to that of its last.
pub(crate) const MERGED_HOURS_MAX: i64 = 47;
/// What a merged pack takes at most: with its key and what the file keeps beside it, four pages.
const BYTES_MAX: usize = 4 * 4096 - 64;
/// A merged pack below this size gets company at the next merging.
const BYTES_ENOUGH: usize = BYTES_MAX / 4 * 3;
/// A pack is as near to `BYTES_MAX` as this, if there are rows for it and a few tries suffice.
const BYTES_FULL: usize = BYTES_MAX / 100 * 93;
const TRIES_MAX: usize = 5;
/// The most packs of one check that are merged in one transaction.
const PACKS_PER_SLICE: usize = 24;
/// No more checks are begun in a transaction that has so many rows.
const ROWS_PER_SLICE: usize = 1000;

/// How far merging has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Merging {
    /// Everything before this hour is merged.
    Done(i64),
    /// Packs before the hour are being merged, those of this check next.
    Checks { before: i64, next: u32 },
}

/// What one transaction does for one check.
struct Merge {
    check: u32,
    /// Packs that go.
    old: Vec<PackKey>,
    /// Those of them whose rows are not in the roll-ups.
    unmerged: Vec<PackKey>,
    new: Vec<(PackKey, Vec<u8>)>,
    gathered: rollup::Gathered,
}

impl Appender {
    /// Merges packs of hours of days that are over. Must not run while an hour is being packed.
    pub(crate) fn merge_slice(&mut self, now: Wall) -> Result<Upkeep, WriteError> {
        let (before, next) = match self.keeper.merging {
            Merging::Checks { before, next } => (before, next),
            Merging::Done(done) => {
                let before = first_hour_of_day(now);
                if done == before {
                    return Ok(Upkeep::Idle);
                }
                (before, 0)
            }
        };
        let (merges, next) = self.prepare(before, next)?;
        if !merges.is_empty() {
            self.transact(|transaction| {
                for Merge { check, old, unmerged, new, gathered } in merges {
                    let mut packs = transaction.open_table(PACKS)?;
                    for key in old {
                        packs.remove(key)?;
                    }
                    for (key, bytes) in &new {
                        packs.insert(key, bytes.as_slice())?;
                    }
                    let mut listed = transaction.open_table(UNMERGED)?;
                    for key in unmerged {
                        listed.remove(key)?;
                    }
                    rollup::add(transaction, check, gathered)?;
                }
                Ok(())
            })?;
        }
        self.keeper.merging = match next {
            Some(next) => Merging::Checks { before, next },
            None => Merging::Done(before),
        };
        Ok(Upkeep::More)
    }

    /// Merges of some checks, and the check to go on with.
    fn prepare(&self, before: i64, mut next: u32) -> Result<(Vec<Merge>, Option<u32>), ReadError> {
        let snapshot = self.shared.read()?;
        let Some(listed) = table(&snapshot, UNMERGED)? else { return Ok((Vec::new(), None)) };
        let packs = snapshot.open_table(PACKS)?;
        let (mut merges, mut rows) = (Vec::new(), 0);
        while rows < ROWS_PER_SLICE {
            let Some(row) = listed.range((next, i64::MIN, 0)..)?.next() else { return Ok((merges, None)) };
            let (check, hour, _) = row?.0.value();
            if hour < before {
                let keys = listed.range((check, hour, 0)..(check, before, 0))?.take(PACKS_PER_SLICE);
                let keys = keys.map(|row| Ok(row?.0.value())).collect::<Result<Vec<_>, ReadError>>()?;
                let whole = keys.len() < PACKS_PER_SLICE;
                let merge = merge(&packs, check, keys)?;
                rows += merge.1;
                merges.push(merge.0);
                if !whole {
                    // The rest of this check follows in another transaction, which sees this one.
                    return Ok((merges, Some(check)));
                }
            }
            match check.checked_add(1) {
                Some(following) => next = following,
                None => return Ok((merges, None)),
            }
        }
        Ok((merges, Some(next)))
    }
}

/// The first hour of the day that goes on; packs before it are merged. A day goes on until its last hour is packed.
fn first_hour_of_day(now: Wall) -> i64 {
    let settled = (now - SETTLE).millis().saturating_sub(HOUR);
    settled.div_euclid(Resolution::Day.millis()).saturating_mul(Resolution::Day.millis() / HOUR)
}

/// What is to be done about these packs, and how many rows they have.
fn merge(
    packs: &impl ReadableTable<PackKey, &'static [u8]>,
    check: u32,
    unmerged: Vec<PackKey>,
) -> Result<(Merge, usize), ReadError> {
    let mut rows = Vec::new();
    for key in &unmerged {
        if let Some(bytes) = packs.get(key)? {
            rows.extend(Opened::read(bytes.value())?.splits()?);
        }
    }
    let count = rows.len();
    let gathered = rollup::gather(&rows)?;
    let mut old = unmerged.clone();
    if let Some((key, company)) = company(packs, &unmerged)? {
        old.push(key);
        rows.extend(company);
    }
    rows.sort_by_key(|row| row.head.key());
    let new = packs_of(check, &rows)?;
    Ok((Merge { check, old, unmerged, new, gathered }, count))
}

/// The merged pack before these, if it is small and not far away.
fn company(
    packs: &impl ReadableTable<PackKey, &'static [u8]>,
    unmerged: &[PackKey],
) -> Result<Option<(PackKey, Vec<Split>)>, ReadError> {
    let Some(first) = unmerged.first() else { return Ok(None) };
    let Some(row) = packs.range((first.0, i64::MIN, 0)..*first)?.next_back() else { return Ok(None) };
    let (key, bytes) = row?;
    let (key, bytes) = (key.value(), bytes.value());
    let Some(lowest) = lowest(bytes)? else { return Ok(None) };
    if bytes.len() >= BYTES_ENOUGH || first.1 - hour_of(lowest) > MERGED_HOURS_MAX {
        return Ok(None);
    }
    Ok(Some((key, Opened::read(bytes)?.splits()?)))
}

/// Rows in rising order as packs, each as full as may be.
fn packs_of(check: u32, rows: &[Split]) -> Result<Vec<(PackKey, Vec<u8>)>, ReadError> {
    let mut packs = Vec::new();
    let mut rest = rows;
    let mut guess = 500;
    while let Some(first) = rest.first() {
        let end = hour_of(first.head.finished_at).saturating_add(MERGED_HOURS_MAX);
        let near = rest.partition_point(|row| hour_of(row.head.finished_at) <= end);
        let (count, bytes) = fill(check, &rest[..near], guess)?;
        guess = count;
        let (here, after) = rest.split_at(count);
        let (hour, sequence) = file(here);
        packs.push(((check, hour, sequence), bytes));
        rest = after;
    }
    Ok(packs)
}

/// How a pack is filed: by the hour of its newest row, and its lowest sequence.
pub(crate) fn file(rows: &[Split]) -> (i64, u64) {
    let hour = rows.last().map_or(0, |row| hour_of(row.head.finished_at));
    (hour, rows.iter().map(|row| row.head.sequence).min().unwrap_or(0))
}

/// The pack of as many of the rows as fit, tried from `guess` on; at least one.
fn fill(check: u32, rows: &[Split], guess: usize) -> Result<(usize, Vec<u8>), ReadError> {
    let mut count = guess.clamp(1, rows.len());
    let mut best: Option<(usize, Vec<u8>)> = None;
    // The fewest rows that are known not to fit.
    let mut too_many = rows.len() + 1;
    for _ in 0..TRIES_MAX {
        let bytes = pack(check, &rows[..count])?;
        let size = bytes.len();
        let by_size = count * BYTES_MAX / size.max(1) * 98 / 100;
        if size <= BYTES_MAX || count == 1 {
            let enough = size >= BYTES_FULL || count + 1 >= too_many || count == rows.len();
            best = Some((count, bytes));
            if enough {
                break;
            }
            count = by_size.clamp(count + 1, too_many - 1);
        } else {
            too_many = count;
            let least = best.as_ref().map_or(1, |(count, _)| count + 1);
            if least >= too_many {
                break;
            }
            count = by_size.clamp(least, too_many - 1);
        }
    }
    match best {
        Some(best) => Ok(best),
        None => Ok((1, pack(check, &rows[..1])?)),
    }
}

impl Appender {
    /// Lists the packs of a file that was written before there were roll-ups, so that they are merged as well.
    pub(crate) fn list_unmerged(&mut self) -> Result<Upkeep, WriteError> {
        let keys = {
            let snapshot = self.shared.read()?;
            if table(&snapshot, UNMERGED)?.is_some() {
                return Ok(Upkeep::Idle);
            }
            let packs = snapshot.open_table(PACKS)?;
            packs.iter()?.map(|row| Ok(row?.0.value())).collect::<Result<Vec<_>, ReadError>>()?
        };
        self.transact(|transaction| {
            let mut listed = transaction.open_table(UNMERGED)?;
            for key in keys {
                listed.insert(key, ())?;
            }
            Ok(())
        })?;
        Ok(Upkeep::More)
    }
}
