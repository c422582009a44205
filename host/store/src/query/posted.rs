//! What people posted: notes on status pages, and markers in charts.

use redb::ReadableTable as _;
use watchkeep_core::marker::{Marker, Markers};
use watchkeep_core::note::{Note, Notes};

use super::table;
use crate::error::ReadError;
use crate::guard;
use crate::row::{MarkerRow, NoteRow, decode};
use crate::store::Store;
use crate::tables::{MARKERS, NOTES};

impl Store {
    /// All notes of all status pages.
    pub fn notes(&self) -> Result<Notes, ReadError> {
        guard::reading(|| {
            let Some(notes) = table(&self.shared.read()?, NOTES)? else { return Ok(Notes::default()) };
            notes.iter()?.map(|row| Ok(Note::from(decode::<NoteRow<'_>>(row?.1.value())?))).collect()
        })
    }

    /// All markers.
    pub fn markers(&self) -> Result<Markers, ReadError> {
        guard::reading(|| {
            let Some(markers) = table(&self.shared.read()?, MARKERS)? else {
                return Ok(Markers::default());
            };
            markers.iter()?.map(|row| Ok(Marker::from(decode::<MarkerRow<'_>>(row?.1.value())?))).collect()
        })
    }
}
