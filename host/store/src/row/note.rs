//! Notes that people post on status pages.

use serde::{Deserialize, Serialize};
use watchkeep_core::ids::{NoteId, StatusPageName};
use watchkeep_core::note::{Note, NoteEntry, Stage};
use watchkeep_core::time::Wall;

use super::Row;
use super::enums::NoteStageRow;

#[derive(Serialize, Deserialize)]
pub(crate) struct NoteRow<'a> {
    id: &'a str,
    page: &'a str,
    title: &'a str,
    #[serde(borrow)]
    entries: Vec<EntryRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct EntryRow<'a> {
    at: i64,
    stage: NoteStageRow,
    text: &'a str,
    by: &'a str,
}

impl Row for NoteRow<'_> {
    const TABLE: &'static str = "notes";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a Note> for NoteRow<'a> {
    fn from(note: &'a Note) -> Self {
        let Note { id, page, title, entries } = note;
        let entry = |entry: &'a NoteEntry| {
            let NoteEntry { at, stage, text, by } = entry;
            EntryRow { at: at.millis(), stage: (*stage).into(), text, by }
        };
        Self { id: id.as_str(), page: page.as_str(), title, entries: entries.iter().map(entry).collect() }
    }
}
impl From<NoteRow<'_>> for Note {
    fn from(row: NoteRow<'_>) -> Self {
        let entry = |entry: EntryRow<'_>| NoteEntry {
            at: Wall::from_millis(entry.at),
            stage: Stage::from(entry.stage),
            text: entry.text.to_owned(),
            by: entry.by.to_owned(),
        };
        Note {
            id: NoteId::new(row.id),
            page: StatusPageName::new(row.page),
            title: row.title.to_owned(),
            entries: row.entries.into_iter().map(entry).collect(),
        }
    }
}
