//! Removes packs of results.

use std::sync::PoisonError;

use redb::ReadableTable;
use watchkeep_core::time::Wall;

use super::{ROWS_PER_SLICE, Sweep};
use crate::appender::Appender;
use crate::error::{ReadError, WriteError};
use crate::merge::file;
use crate::pack::{Opened, lowest, pack};
use crate::tables::{PACKS, PackKey, UNMERGED, hour_of};

const CHECKS_PER_SLICE: usize = 500;
/// The most packs that are written anew in one transaction.
const TRIMS_PER_SLICE: usize = 50;
/// A pack of which only a part is too old is written anew once that part is this much too old, and not every hour.
const TRIM_AFTER_HOURS: i64 = 24;

/// What is done to the packs of some checks.
#[derive(Default)]
struct Tidying {
    old: Vec<PackKey>,
    new: Vec<(PackKey, Vec<u8>)>,
    /// How many checks were looked at.
    seen: usize,
}

impl Appender {
    /// The numbers of some checks, from this one on.
    pub(super) fn numbers_from(&self, from: u32, most: usize) -> Vec<u32> {
        let numbers = self.shared.names.read().unwrap_or_else(PoisonError::into_inner).numbers();
        numbers.into_iter().filter(|number| *number >= from).take(most).collect()
    }

    pub(super) fn sweep_packs(&mut self, from: u32, before: Wall) -> Result<Sweep, WriteError> {
        let numbers = self.numbers_from(from, CHECKS_PER_SLICE);
        let Tidying { old, new, seen } = {
            let snapshot = self.shared.read()?;
            tidying(&snapshot.open_table(PACKS)?, &numbers, hour_of(before.millis()))?
        };
        if !old.is_empty() {
            self.transact(|transaction| {
                let mut packs = transaction.open_table(PACKS)?;
                let mut unmerged = transaction.open_table(UNMERGED)?;
                for key in &old {
                    packs.remove(key)?;
                    unmerged.remove(key)?;
                }
                for (key, bytes) in &new {
                    packs.insert(key, bytes.as_slice())?;
                }
                Ok(())
            })?;
        }
        Ok(match numbers.get(seen) {
            Some(next) => Sweep::Packs(*next),
            None if numbers.len() == CHECKS_PER_SLICE => Sweep::Packs(numbers[seen - 1].saturating_add(1)),
            None => Sweep::Rollups(0),
        })
    }
}

/// What to do about packs whose newest row is of an hour before `end`, and about those that begin long before it. The
/// last check that was looked at is looked at again if there was more than fits.
fn tidying(
    packs: &impl ReadableTable<PackKey, &'static [u8]>,
    numbers: &[u32],
    end: i64,
) -> Result<Tidying, ReadError> {
    let mut found = Tidying::default();
    for number in numbers {
        for row in packs.range((*number, i64::MIN, 0)..(*number, end, 0))?.take(ROWS_PER_SLICE) {
            found.old.push(row?.0.value());
        }
        if found.old.len() >= ROWS_PER_SLICE || found.new.len() >= TRIMS_PER_SLICE {
            return Ok(found);
        }
        found.seen += 1;
        let first = packs.range((*number, end, 0)..=(*number, i64::MAX, u64::MAX))?.next();
        let Some(row) = first else { continue };
        let (key, bytes) = row?;
        if lowest(bytes.value())?.is_some_and(|lowest| end - hour_of(lowest) > TRIM_AFTER_HOURS) {
            let mut rows = Opened::read(bytes.value())?.splits()?;
            rows.retain(|row| hour_of(row.head.finished_at) >= end);
            let (hour, sequence) = file(&rows);
            found.old.push(key.value());
            found.new.push(((*number, hour, sequence), pack(*number, &rows)?));
        }
    }
    Ok(found)
}
