//! Which of two places counts while an hour is being packed. Packs are written first and do not count yet. Then, in one
//! transaction, they count and the hour's rows no longer do. Then the rows are removed. A crash at any point leaves
//! every result in exactly one place that counts, and the work continues where it was.

use redb::ReadTransaction;
use serde::{Deserialize, Serialize};

use crate::error::ReadError;
use crate::row::{Row, decode};
use crate::tables::{PACKING, hour_of};

/// The results of `hour` whose sequences are in `from..=up_to`. A result that arrives later for the same hour (after a
/// clock was set back) has a higher sequence, and waits for the hour's next packing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Packing {
    pub(crate) hour: i64,
    pub(crate) from: u64,
    pub(crate) up_to: u64,
    pub(crate) stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Packs are being written; rows count.
    Writing,
    /// Rows are being removed; packs count.
    Removing,
}

impl Row for Packing {
    const TABLE: &'static str = "packing";
    const VERSION: u8 = 1;
}

impl Packing {
    pub(crate) fn hides_row(&self, millis: i64, sequence: u64) -> bool {
        match self.stage {
            Stage::Writing => false,
            Stage::Removing => hour_of(millis) == self.hour && sequence <= self.up_to,
        }
    }

    /// Whether a pack does not count. `first` is the sequence in the pack's key.
    pub(crate) fn hides_pack(&self, hour: i64, first: u64) -> bool {
        match self.stage {
            Stage::Writing => hour == self.hour && first >= self.from,
            Stage::Removing => false,
        }
    }
}

pub(crate) fn stored(transaction: &ReadTransaction) -> Result<Option<Packing>, ReadError> {
    transaction.open_table(PACKING)?.get(0)?.map(|row| decode(row.value())).transpose()
}
