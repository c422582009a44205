//! What people posted, as one caller sees it, and what a caller with a scope may post.

use std::sync::Arc;

use watchkeep_core::labels::Labels;
use watchkeep_core::marker::{Marker, MarkerChange, Markers};
use watchkeep_core::note::{Note, NoteChange, Notes};
use watchkeep_core::service::labels as labels_of;
use watchkeep_core::setup::CheckSpec;

use super::{Seen, gone};
use crate::host::{Host as _, HostError};

impl Seen {
    /// Notes are posted on pages of which the caller sees everything.
    pub(super) fn may_note(&self, changes: &[NoteChange]) -> Result<(), HostError> {
        if self.reach.is_none() {
            return Ok(());
        }
        let (pages, notes) = (self.setup(), self.host.notes());
        for change in changes {
            let page = match change {
                NoteChange::Put(note) => Some(&note.page),
                NoteChange::Remove(id) => notes.find(id).map(|note| &note.page),
            };
            if let Some(page) = page
                && !pages.status_pages.iter().any(|spec| spec.name == *page)
            {
                return Err(gone(format!("status page `{page}`")));
            }
        }
        Ok(())
    }

    pub(super) fn seen_notes(&self) -> Arc<Notes> {
        let notes = self.host.notes();
        if self.reach.is_none() {
            return notes;
        }
        let setup = self.setup();
        let seen = setup.status_pages.iter().flat_map(|page| notes.of(&page.name));
        Arc::new(seen.map(|note| Note::clone(&note)).collect())
    }

    /// The changes, after those that make room for them.
    pub(super) fn with_room(&self, changes: Vec<MarkerChange>) -> Vec<MarkerChange> {
        let markers = self.host.markers();
        let is_new = |change: &MarkerChange| match change {
            MarkerChange::Put(marker) => markers.find(&marker.id).is_none(),
            MarkerChange::Remove(_) => false,
        };
        let room = if changes.iter().any(is_new) { markers.beyond() } else { Vec::new() };
        room.into_iter().chain(changes).collect()
    }

    /// Who sees a part of the checks marks what concerns some of that part, and nothing else.
    pub(super) fn may_mark(&self, changes: &[MarkerChange]) -> Result<(), HostError> {
        let Some(reach) = &self.reach else { return Ok(()) };
        let (setup, markers) = (self.host.setup(), self.host.markers());
        for change in changes {
            let marker = match change {
                MarkerChange::Put(marker) => marker,
                MarkerChange::Remove(id) => match markers.find(id) {
                    Some(marker) => marker,
                    None => continue,
                },
            };
            let mut concerned = setup.checks.values().filter(|spec| concerns(marker, spec)).peekable();
            if concerned.peek().is_none() || !concerned.all(|spec| reach.scope.admits(spec)) {
                return Err(HostError::Forbidden {
                    message: "the marker's labels reach beyond the checks that you see; hint: give it the labels of \
                              your scope"
                        .to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Those that concern some check that the caller sees.
    pub(super) fn seen_markers(&self) -> Arc<Markers> {
        let markers = self.host.markers();
        let Some(reach) = &self.reach else { return markers };
        let setup = self.host.setup();
        let seen: Vec<Labels> = setup
            .checks
            .values()
            .filter(|spec| reach.scope.admits(spec))
            .map(|spec| labels_of(spec))
            .collect();
        let concerned = markers.iter().filter(|marker| seen.iter().any(|labels| marker.concerns(labels)));
        Arc::new(concerned.cloned().collect())
    }
}

fn concerns(marker: &Marker, spec: &CheckSpec) -> bool {
    marker.concerns(&labels_of(spec))
}
