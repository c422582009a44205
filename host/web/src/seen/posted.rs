//! What people posted, as one caller sees it, and what a caller with a scope may post.

use std::sync::Arc;

use watchkeep_core::ids::StatusPageName;
use watchkeep_core::labels::Labels;
use watchkeep_core::marker::{Marker, MarkerChange, Markers};
use watchkeep_core::note::{Note, NoteChange, Notes};
use watchkeep_core::service::labels as labels_of;
use watchkeep_core::setup::CheckSpec;
use watchkeep_core::subscription::{Subscriber, SubscriberChange, Subscribers};

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

    /// Those of pages of which the caller sees everything.
    pub(super) fn seen_subscribers(&self) -> Arc<Subscribers> {
        let subscribers = self.host.subscribers();
        if self.reach.is_none() {
            return subscribers;
        }
        let setup = self.setup();
        let is_seen = |page: &StatusPageName| setup.status_pages.iter().any(|spec| spec.name == *page);
        let seen = subscribers.iter().filter(|it| is_seen(&it.page));
        Arc::new(seen.map(|it| SubscriberChange::Put(Subscriber::clone(it))).collect())
    }

    /// Subscribers are removed by whoever sees their page.
    pub(super) fn may_remove(&self, changes: &[SubscriberChange]) -> Result<(), HostError> {
        if self.reach.is_none() {
            return Ok(());
        }
        let seen = self.seen_subscribers();
        let unseen = changes.iter().find_map(|change| match change {
            SubscriberChange::Remove(id) if seen.find(id).is_some() => None,
            SubscriberChange::Remove(id) => Some(format!("subscriber `{id}`")),
            SubscriberChange::Put(it) => Some(format!("status page `{}`", it.page)),
            SubscriberChange::Told(page, _) => Some(format!("status page `{page}`")),
        });
        unseen.map_or(Ok(()), |what| Err(gone(what)))
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
