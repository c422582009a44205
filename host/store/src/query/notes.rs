//! What people posted on status pages.

use redb::ReadableTable as _;
use watchkeep_core::note::{Note, Notes};

use super::table;
use crate::error::ReadError;
use crate::guard;
use crate::row::{NoteRow, decode};
use crate::store::Store;
use crate::tables::NOTES;

impl Store {
    /// All notes of all status pages.
    pub fn notes(&self) -> Result<Notes, ReadError> {
        guard::reading(|| {
            let Some(notes) = table(&self.shared.read()?, NOTES)? else { return Ok(Notes::default()) };
            notes.iter()?.map(|row| Ok(Note::from(decode::<NoteRow<'_>>(row?.1.value())?))).collect()
        })
    }
}
