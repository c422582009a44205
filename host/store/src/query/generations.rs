//! The last good generation of each plugin: a host that restarts continues with it even if the file in the folder is
//! broken by then.

use redb::{ReadableTable, TableError};
use watchkeep_core::commit::{GenerationRow, PluginDecision};

use crate::error::ReadError;
use crate::guard;
use crate::row::{GenerationRowV1, MarkRow, decode};
use crate::store::Store;
use crate::tables::{GENERATIONS, PLUGIN_MARKS};

impl Store {
    /// All generations, ordered by plugin.
    pub fn generations(&self) -> Result<Vec<GenerationRow>, ReadError> {
        guard::reading(|| {
            let table = self.shared.read()?.open_table(GENERATIONS)?;
            table.iter()?.map(|row| Ok(decode::<GenerationRowV1<'_>>(row?.1.value())?.into())).collect()
        })
    }

    /// All decisions about plugin files, ordered by plugin and digest.
    pub fn plugin_marks(&self) -> Result<Vec<PluginDecision>, ReadError> {
        guard::reading(|| {
            let table = match self.shared.read()?.open_table(PLUGIN_MARKS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                opened => opened?,
            };
            table.iter()?.map(|row| Ok(decode::<MarkRow<'_>>(row?.1.value())?.into())).collect()
        })
    }
}
