//! What people posted: notes on status pages, markers in charts, and where they want letters.

use redb::ReadableTable as _;
use watchkeep_core::ids::StatusPageName;
use watchkeep_core::marker::{Marker, Markers};
use watchkeep_core::note::{Note, Notes};
use watchkeep_core::subscription::{Subscriber, SubscriberChange, Subscribers, Told};

use super::table;
use crate::error::ReadError;
use crate::guard;
use crate::row::{MarkerRow, NoteRow, SubscriberRow, ToldRow, decode};
use crate::store::Store;
use crate::tables::{MARKERS, NOTES, SUBSCRIBERS, TOLD_SUBSCRIBERS};

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

    /// All subscribers of status pages, and what they have been told.
    pub fn subscribers(&self) -> Result<Subscribers, ReadError> {
        guard::reading(|| {
            let snapshot = self.shared.read()?;
            let mut changes = Vec::new();
            if let Some(subscribers) = table(&snapshot, SUBSCRIBERS)? {
                for row in subscribers.iter()? {
                    let subscriber = Subscriber::try_from(decode::<SubscriberRow<'_>>(row?.1.value())?)?;
                    changes.push(SubscriberChange::Put(subscriber));
                }
            }
            if let Some(told) = table(&snapshot, TOLD_SUBSCRIBERS)? {
                for row in told.iter()? {
                    let (page, bytes) = row?;
                    let told = Told::from(decode::<ToldRow<'_>>(bytes.value())?);
                    changes.push(SubscriberChange::Told(StatusPageName::new(page.value()), told));
                }
            }
            Ok(changes.into_iter().collect())
        })
    }
}
