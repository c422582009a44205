//! Stretches of history in which the clock neither went back nor went ahead by more than a day. Rows are filed by the
//! moment that the clock showed. Within a stretch, that is the order in which they were written; across stretches, it
//! need not be. Code that lists history walks the stretches from the newest one, and so has the runs in their order
//! whatever the clock did.
//!
//! A clock that is never set makes a single stretch, and costs nothing. Steps are detected when rows are written.

use std::ops::Range;

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, Table};
use serde::{Deserialize, Serialize};

use crate::error::{ReadError, WriteError};
use crate::index::ResultKey;
use crate::meta;
use crate::query::{Cursor, table};
use crate::row::{Row, decode, encode};
use crate::tables::{CLOCK_STEPS, META};

/// A larger step ahead begins a stretch of its own, so that what is in between need not be searched.
const AHEAD_MAX_MILLIS: i64 = 24 * 3_600_000;
/// Beyond it, the two oldest stretches become one, which is in the order of its moments.
const STEPS_MAX: u64 = 1_000;

/// How the clock moved at the row that the key names.
#[derive(Serialize, Deserialize)]
pub(crate) struct StepRow {
    /// The highest moment of the stretch before.
    before: i64,
    /// The first moment of the new one.
    after: i64,
}

impl Row for StepRow {
    const TABLE: &'static str = "clock_steps";
    const VERSION: u8 = 1;
}

/// How far the rows have come while a transaction adds to them.
#[derive(Clone, Copy)]
pub(crate) struct Course {
    next: u64,
    /// The highest moment of the newest stretch; `None` if no row was seen yet.
    top: Option<i64>,
}

type Steps<'txn> = Table<'txn, u64, &'static [u8]>;
type Meta<'txn> = Table<'txn, &'static str, &'static [u8]>;

impl Course {
    pub(crate) fn stored(meta: &Meta<'_>) -> Result<Self, ReadError> {
        let next = meta::get(meta, meta::NEXT_SEQUENCE)?.unwrap_or(0);
        Ok(Self { next, top: meta::get(meta, meta::STRETCH_TOP)?.map(u64::cast_signed) })
    }

    /// Notes that a row is written, and says whether a stretch begins with it. A row that was written before says
    /// nothing new.
    pub(crate) fn saw(&mut self, millis: i64, sequence: u64) -> Option<StepRow> {
        if sequence < self.next {
            return None;
        }
        let before = match self.top {
            Some(top) => (millis < top || millis.saturating_sub(top) > AHEAD_MAX_MILLIS).then_some(top),
            // Rows of a program that did not look for steps may have any moments.
            None => (self.next > 0).then_some(i64::MAX),
        };
        self.top = if before.is_some() { Some(millis) } else { self.top.max(Some(millis)) };
        self.next = sequence.saturating_add(1);
        before.map(|before| StepRow { before, after: millis })
    }

    pub(crate) fn store(self, meta: &mut Meta<'_>) -> Result<(), WriteError> {
        if let Some(top) = self.top {
            meta.insert(meta::STRETCH_TOP, meta::figure(top.cast_unsigned()).as_slice())?;
        }
        Ok(())
    }
}

/// Stores that a stretch begins with the row of this sequence.
pub(crate) fn add(steps: &mut Steps<'_>, sequence: u64, row: &StepRow) -> Result<(), WriteError> {
    steps.insert(sequence, encode(row).as_slice())?;
    if steps.len()? <= STEPS_MAX {
        return Ok(());
    }
    let oldest = steps.pop_first()?.map(|(_, bytes)| decode::<StepRow>(bytes.value()).map(|row| row.before));
    let next = match steps.first()? {
        Some((key, bytes)) => Some((key.value(), decode::<StepRow>(bytes.value())?)),
        None => None,
    };
    if let (Some(oldest), Some((key, row))) = (oldest.transpose()?, next) {
        let joined = StepRow { before: row.before.max(oldest), after: row.after };
        steps.insert(key, encode(&joined).as_slice())?;
    }
    Ok(())
}

/// Rows with these sequences have moments within `moments`, including the last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stretch {
    pub(crate) sequences: Range<u64>,
    moments: (i64, i64),
}

impl Stretch {
    /// The lower bound of the moments of its rows.
    pub(crate) fn begins(&self) -> i64 {
        self.moments.0
    }
    pub(crate) fn has(&self, (millis, sequence): ResultKey) -> bool {
        self.sequences.contains(&sequence) && self.moments.0 <= millis && millis <= self.moments.1
    }
}

/// Whether a row would be found where it is looked for. The newest stretch comes first.
pub(crate) fn finds(stretches: &[Stretch], key: ResultKey) -> bool {
    let place = stretches.partition_point(|stretch| stretch.sequences.start > key.1);
    stretches.get(place).is_some_and(|stretch| stretch.has(key))
}

/// All stretches, the newest first.
pub(crate) fn stretches(snapshot: &ReadTransaction) -> Result<Vec<Stretch>, ReadError> {
    let top = meta::get(&snapshot.open_table(META)?, meta::STRETCH_TOP)?.map_or(i64::MAX, u64::cast_signed);
    let mut found = Vec::new();
    let (mut end, mut last) = (u64::MAX, top);
    if let Some(steps) = table(snapshot, CLOCK_STEPS)? {
        for row in steps.iter()?.rev() {
            let (key, bytes) = row?;
            let StepRow { before, after } = decode(bytes.value())?;
            found.push(Stretch { sequences: key.value()..end, moments: (after, last) });
            (end, last) = (key.value(), before);
        }
    }
    found.push(Stretch { sequences: 0..end, moments: (i64::MIN, last) });
    Ok(found)
}

/// What to read, in this order, for rows whose moments are in `between` and that come after the cursor: the keys of
/// each stretch, from the highest down.
pub(crate) fn walk(
    stretches: Vec<Stretch>,
    between: Range<i64>,
    after: Option<Cursor>,
) -> impl Iterator<Item = (Stretch, Range<ResultKey>)> {
    stretches.into_iter().filter_map(move |stretch| {
        let low = (between.start.max(stretch.moments.0), 0);
        let mut high = (between.end.min(stretch.moments.1.saturating_add(1)), 0);
        if let Some((millis, sequence)) = after.map(Cursor::key) {
            if sequence < stretch.sequences.start {
                return None;
            }
            if stretch.sequences.contains(&sequence) {
                high = high.min((millis, sequence));
            }
        }
        (low < high).then_some((stretch, low..high))
    })
}
