//! Notes that people post on status pages: what is wrong, what is done about it, and that it is over. Only data: they
//! decide about no alert. The host remembers a bounded number of them for each page.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ids::{NoteId, StatusPageName};
use crate::time::Wall;

/// The most entries of one note.
pub const ENTRIES_MAX: usize = 50;
/// The most notes of one page that have not ended.
pub const OPEN_MAX: usize = 20;
/// The most notes of one page. When another is posted, those that ended first are forgotten.
pub const NOTES_MAX: usize = 200;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    pub id: NoteId,
    pub page: StatusPageName,
    pub title: String,
    /// Oldest first; at least one.
    pub entries: Vec<NoteEntry>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteEntry {
    pub at: Wall,
    pub stage: Stage,
    /// Plain text, for everybody to read.
    pub text: String,
    /// Who wrote it. Nobody outside is told.
    pub by: String,
}

/// How far the work on it has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
}

impl Stage {
    pub const ALL: [Stage; 4] = [Stage::Investigating, Stage::Identified, Stage::Monitoring, Stage::Resolved];

    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Investigating => "investigating",
            Stage::Identified => "identified",
            Stage::Monitoring => "monitoring",
            Stage::Resolved => "resolved",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

impl Note {
    /// When it was posted.
    pub fn posted_at(&self) -> Wall {
        self.entries.first().map_or(Wall::from_millis(0), |entry| entry.at)
    }
    /// When it last changed.
    pub fn changed_at(&self) -> Wall {
        self.entries.last().map_or(Wall::from_millis(0), |entry| entry.at)
    }
    pub fn stage(&self) -> Stage {
        self.entries.last().map_or(Stage::Resolved, |entry| entry.stage)
    }
    pub fn has_ended(&self) -> bool {
        self.stage() == Stage::Resolved
    }
}

/// A change to the notes. Each says how the row is afterwards, so that it can be applied twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoteChange {
    Put(Note),
    Remove(NoteId),
}

/// All notes, as they are now.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Notes {
    all: BTreeMap<NoteId, Arc<Note>>,
}

impl Notes {
    pub fn apply(&mut self, change: &NoteChange) {
        match change {
            NoteChange::Put(note) => {
                self.all.insert(note.id.clone(), Arc::new(note.clone()));
            }
            NoteChange::Remove(id) => {
                self.all.remove(id);
            }
        }
    }
    pub fn find(&self, id: &NoteId) -> Option<&Arc<Note>> {
        self.all.get(id)
    }
    /// Those of one page, in the order in which they were posted, newest first.
    pub fn of(&self, page: &StatusPageName) -> Vec<Arc<Note>> {
        let mut notes: Vec<_> = self.all.values().filter(|note| note.page == *page).cloned().collect();
        notes.sort_by(|one, other| {
            other.posted_at().cmp(&one.posted_at()).then_with(|| other.id.cmp(&one.id))
        });
        notes
    }
    /// Those that are forgotten when one more is posted on the page.
    pub fn beyond(&self, page: &StatusPageName) -> Vec<NoteChange> {
        let notes = self.of(page);
        let excess = (notes.len() + 1).saturating_sub(NOTES_MAX);
        let mut ended: Vec<_> = notes.iter().filter(|note| note.has_ended()).collect();
        ended.sort_by_key(|note| note.changed_at());
        ended.into_iter().take(excess).map(|note| NoteChange::Remove(note.id.clone())).collect()
    }
}

impl FromIterator<Note> for Notes {
    fn from_iter<I: IntoIterator<Item = Note>>(notes: I) -> Self {
        Self { all: notes.into_iter().map(|note| (note.id.clone(), Arc::new(note))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(number: usize, stage: Stage) -> Note {
        let entry =
            |at, stage| NoteEntry { at: Wall::from_millis(at), stage, text: "x".into(), by: "ann".into() };
        let first = number as i64;
        Note {
            id: NoteId::new(format!("n-{number:04}")),
            page: "shop".into(),
            title: "Slow".into(),
            entries: vec![entry(first, Stage::Investigating), entry(first + 10_000, stage)],
        }
    }

    #[test]
    fn what_ended_first_is_forgotten_and_what_is_open_never() {
        let open = (0..OPEN_MAX).map(|number| note(number, Stage::Monitoring));
        let ended = (OPEN_MAX..NOTES_MAX).map(|number| note(number, Stage::Resolved));
        let notes: Notes = open.chain(ended).collect();
        assert_eq!(notes.beyond(&"shop".into()), [NoteChange::Remove("n-0020".into())]);
        assert_eq!(notes.beyond(&"other".into()), []);
        assert_eq!(notes.of(&"shop".into())[0].id, NoteId::new("n-0199"));
    }
}
