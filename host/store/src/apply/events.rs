//! Ids of events that are remembered, so that none is reported twice.

use watchkeep_core::commit::Forgotten;
use watchkeep_core::ids::CheckName;
use watchkeep_core::time::Wall;

use super::Session;
use crate::error::WriteError;
use crate::row::{KnownEventRow, encode};

impl Session<'_, '_> {
    pub(super) fn know_events(
        &mut self,
        check: &CheckName,
        ids: &[String],
        at: Wall,
    ) -> Result<(), WriteError> {
        let bytes = encode(&KnownEventRow { at: at.millis() });
        let table = self.tables.events()?;
        for id in ids {
            table.insert((check.as_str(), id.as_str()), bytes.as_slice())?;
        }
        Ok(())
    }

    pub(super) fn forget_events(&mut self, check: &CheckName, ids: &Forgotten) -> Result<(), WriteError> {
        let table = self.tables.events()?;
        match ids {
            Forgotten::All => {
                // No text sorts between a name and the same name with a zero byte after it.
                let behind = format!("{check}\0");
                table.retain_in((check.as_str(), "")..(behind.as_str(), ""), |_, _| false)?;
            }
            Forgotten::These(ids) => {
                for id in ids {
                    table.remove((check.as_str(), id.as_str()))?;
                }
            }
        }
        Ok(())
    }
}
