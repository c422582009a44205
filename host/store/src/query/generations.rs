//! The last good generation of each plugin: a restart goes on with it even if the file in the folder is broken
//! by then.

use redb::ReadableTable;
use watchkeep_core::commit::GenerationRow;

use crate::error::ReadError;
use crate::row::{GenerationRowV1, decode};
use crate::store::Store;
use crate::tables::GENERATIONS;

impl Store {
    /// By plugin, in order.
    pub fn generations(&self) -> Result<Vec<GenerationRow>, ReadError> {
        let table = self.shared.read()?.open_table(GENERATIONS)?;
        table.iter()?.map(|row| Ok(decode::<GenerationRowV1<'_>>(row?.1.value())?.into())).collect()
    }
}
