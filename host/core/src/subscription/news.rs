//! What a page shows, what its subscribers have been told of it, and so what is news.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono_tz::Tz;

use crate::ids::short_hash;
use crate::note::{Note, NoteEntry};
use crate::status::{Announcement, Occurs, PublicState};
use crate::status_page::moment;
use crate::time::Wall;

/// What a page shows at one moment, as far as letters tell of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    /// The page's own title.
    pub title: String,
    pub zone: Tz,
    /// Titles and states, in the order of the page.
    pub components: Vec<(String, PublicState)>,
    pub notes: Vec<Arc<Note>>,
    pub announcements: Vec<Announcement>,
}

/// What the subscribers of a page have been told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// What each component was when it was last told of, by title.
    pub components: BTreeMap<String, PublicState>,
    /// What people wrote up to this moment.
    pub notes_until: Option<Wall>,
    /// Maintenance that was announced, by its text and its time.
    pub announced: BTreeSet<String>,
}

/// One thing that is new.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Item {
    /// In a line, as for a subject.
    pub(super) short: String,
    pub(super) long: String,
}

impl Told {
    /// What counts as told of a page that shows this, if it was this before.
    pub fn after(before: Option<&Told>, shown: &Shown) -> Told {
        let state = |(title, state): &(String, PublicState)| {
            let old = before.and_then(|told| told.components.get(title)).copied();
            (title.clone(), if is_told(*state) { *state } else { old.unwrap_or(PublicState::Operational) })
        };
        let written = shown.notes.iter().map(|note| note.changed_at()).max();
        Told {
            components: shown.components.iter().map(state).collect(),
            notes_until: written.max(before.and_then(|told| told.notes_until)),
            announced: planned(shown).map(key).collect(),
        }
    }

    /// What the page shows and they do not know: what is down or well again first, then what people wrote, then what is
    /// planned.
    pub(super) fn news(&self, shown: &Shown) -> Vec<Item> {
        let changed = shown.components.iter().filter_map(|(title, state)| {
            // A component that was not there before is no news.
            let before = self.components.get(title)?;
            (is_told(*state) && before != state).then(|| {
                let says = says(*state);
                Item { short: format!("{title} {says}"), long: format!("{title} {says}.") }
            })
        });
        let mut written: Vec<(&Note, &NoteEntry)> = shown
            .notes
            .iter()
            .flat_map(|note| note.entries.iter().map(move |entry| (&**note, entry)))
            .filter(|(_, entry)| self.notes_until.is_none_or(|until| entry.at > until))
            .collect();
        written.sort_by_key(|(_, entry)| entry.at);
        let written = written.into_iter().map(|(note, entry)| Item {
            short: format!("{} ({})", note.title, entry.stage.as_str()),
            long: format!(
                "{} ({}, {}):\n{}",
                note.title,
                entry.stage.as_str(),
                moment(entry.at, shown.zone),
                entry.text
            ),
        });
        let planned = planned(shown).filter(|it| !self.announced.contains(&key(it))).map(|it| {
            let from = moment(it.from, shown.zone);
            let again = if it.recurs { ", and again as planned" } else { "" };
            Item {
                short: format!("maintenance of {} from {from}", it.about.join(", ")),
                long: format!(
                    "Maintenance of {} from {from} to {}{again}:\n{}",
                    it.about.join(", "),
                    moment(it.until, shown.zone),
                    it.text
                ),
            }
        });
        changed.chain(written).chain(planned).collect()
    }
}

/// Whether subscribers are told of this state. What is not known says nothing, and maintenance is announced.
const fn is_told(state: PublicState) -> bool {
    match state {
        PublicState::Down | PublicState::Degraded | PublicState::Operational => true,
        PublicState::Maintenance | PublicState::Unknown => false,
    }
}

const fn says(state: PublicState) -> &'static str {
    match state {
        PublicState::Down => "is down",
        PublicState::Degraded => "is degraded",
        PublicState::Operational => "is operational again",
        PublicState::Maintenance => "is in maintenance",
        PublicState::Unknown => "is not known to be well",
    }
}

/// What is to come, or under way.
fn planned(shown: &Shown) -> impl Iterator<Item = &Announcement> {
    shown.announcements.iter().filter(|it| match it.occurs {
        Occurs::Now | Occurs::Ahead => true,
        Occurs::Over => false,
    })
}

/// What recurs is told once, and not before each time.
fn key(announced: &Announcement) -> String {
    if announced.recurs {
        return short_hash(&[announced.text.as_bytes(), announced.about.join("\u{1f}").as_bytes()]);
    }
    let (from, until) = (announced.from.millis().to_be_bytes(), announced.until.millis().to_be_bytes());
    short_hash(&[announced.text.as_bytes(), &from, &until])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::note::Stage;

    pub(in crate::subscription) fn shown(components: &[(&str, PublicState)]) -> Shown {
        Shown {
            title: "Acme".into(),
            zone: Tz::Europe__Oslo,
            components: components.iter().map(|(title, state)| ((*title).to_owned(), *state)).collect(),
            notes: Vec::new(),
            announcements: Vec::new(),
        }
    }
    fn shorts(told: &Told, shown: &Shown) -> Vec<String> {
        told.news(shown).into_iter().map(|item| item.short).collect()
    }
    const WELL: (&str, PublicState) = ("Web", PublicState::Operational);

    #[test]
    fn what_breaks_and_what_is_well_again_is_news_and_what_nobody_knows_is_not() {
        let mut told = Told::after(None, &shown(&[WELL]));
        assert_eq!(shorts(&told, &shown(&[WELL, ("Shop", PublicState::Down)])), [""; 0], "it is new");
        for (state, expected) in [
            (PublicState::Unknown, None),
            (PublicState::Maintenance, None),
            (PublicState::Down, Some("Web is down")),
            (PublicState::Down, None),
            (PublicState::Unknown, None),
            (PublicState::Down, None),
            (PublicState::Degraded, Some("Web is degraded")),
            (PublicState::Maintenance, None),
            (PublicState::Operational, Some("Web is operational again")),
        ] {
            let now = shown(&[("Web", state)]);
            assert_eq!(shorts(&told, &now).first().map(String::as_str), expected, "{state:?}");
            told = Told::after(Some(&told), &now);
        }
    }

    #[test]
    fn each_entry_of_a_note_is_told_once_with_its_moment_in_the_zone_of_the_page() {
        let entry = |at, stage, text: &str| NoteEntry {
            at: Wall::from_millis(at),
            stage,
            text: text.into(),
            by: "kari".into(),
        };
        let note = |entries: Vec<NoteEntry>| {
            let note = Note { id: "n-1".into(), page: "acme".into(), title: "Slow".into(), entries };
            Shown { notes: vec![Arc::new(note)], ..shown(&[WELL]) }
        };
        let told = Told::after(None, &shown(&[WELL]));
        let first = entry(1_800_000_000_000, Stage::Investigating, "We look.");
        let now = note(vec![first.clone()]);
        let news = told.news(&now);
        assert_eq!(news[0].short, "Slow (investigating)");
        assert_eq!(news[0].long, "Slow (investigating, 15 Jan 2027, 09:00 CET):\nWe look.");
        assert!(!news[0].long.contains("kari"), "nobody outside is told who");
        let told = Told::after(Some(&told), &now);
        assert_eq!(shorts(&told, &now), [""; 0]);
        let now = note(vec![first, entry(1_800_000_060_000, Stage::Resolved, "Over.")]);
        assert_eq!(shorts(&told, &now), ["Slow (resolved)"]);
        // A page without notes forgets nothing.
        let later = Told::after(Some(&Told::after(Some(&told), &now)), &shown(&[WELL]));
        assert_eq!(shorts(&later, &now), [""; 0]);
    }

    #[test]
    fn maintenance_is_told_once_before_it_begins_and_again_if_it_moves() {
        let planned = |from: i64, occurs| Shown {
            announcements: vec![Announcement {
                text: "New disks".into(),
                from: Wall::from_millis(from),
                until: Wall::from_millis(from + 3_600_000),
                occurs,
                about: vec!["Web".into()],
                made_at: Wall::from_millis(0),
                recurs: false,
            }],
            ..shown(&[WELL])
        };
        let told = Told::after(None, &shown(&[WELL]));
        let ahead = planned(1_800_000_000_000, Occurs::Ahead);
        assert_eq!(shorts(&told, &ahead), ["maintenance of Web from 15 Jan 2027, 09:00 CET"]);
        let told = Told::after(Some(&told), &ahead);
        for known in
            [ahead, planned(1_800_000_000_000, Occurs::Now), planned(1_800_000_000_000, Occurs::Over)]
        {
            assert_eq!(shorts(&told, &known), [""; 0]);
        }
        assert_eq!(shorts(&told, &planned(1_800_000_600_000, Occurs::Ahead)).len(), 1);
        // Each night is told of before the first.
        let nightly = |night: i64, occurs| {
            let mut shown = planned(1_800_000_000_000 + night * 86_400_000, occurs);
            shown.announcements[0].recurs = true;
            shown
        };
        let first = told.news(&nightly(0, Occurs::Ahead));
        assert!(first[0].long.contains("10:00 CET, and again as planned:"), "{}", first[0].long);
        let told = Told::after(Some(&told), &nightly(0, Occurs::Ahead));
        for later in [nightly(0, Occurs::Now), nightly(1, Occurs::Ahead), nightly(2, Occurs::Ahead)] {
            assert_eq!(shorts(&told, &later), [""; 0]);
        }
    }
}
