//! How each check stood when one listener was last told of it. There are as many of these as listeners, so they are small: 16
//! bytes a check.

use std::hash::{BuildHasher as _, RandomState};

use watchkeep_core::ids::CheckName;
use watchkeep_core::view::{CheckStatus, CheckView};

use crate::filter::DisplayState;

/// The state as it is displayed, and whether there is no plugin.
type Standing = (DisplayState, bool);

pub(super) struct Standings {
    /// By the hash of the name, in order. Two names with one hash would hide a change of one of them from this listener; hashes
    /// are keyed, so that nobody can choose such names.
    seen: Vec<(u64, Standing)>,
    hashes: RandomState,
}

impl Standings {
    pub(super) fn of<'v>(views: impl IntoIterator<Item = &'v CheckView>) -> Self {
        let hashes = RandomState::new();
        let mut seen: Vec<_> =
            views.into_iter().map(|view| (hashes.hash_one(&view.spec.name), standing(view))).collect();
        seen.sort_unstable_by_key(|(hash, _)| *hash);
        seen.shrink_to_fit();
        Self { seen, hashes }
    }
    /// Whether the check stands otherwise than before; from now on this is how it stood.
    pub(super) fn is_change(&mut self, view: &CheckView) -> bool {
        let now = standing(view);
        match self.place(&view.spec.name) {
            Ok(at) => std::mem::replace(&mut self.seen[at].1, now) != now,
            Err(at) => {
                self.seen.insert(at, (self.hashes.hash_one(&view.spec.name), now));
                true
            }
        }
    }
    pub(super) fn forget(&mut self, check: &CheckName) {
        if let Ok(at) = self.place(check) {
            self.seen.remove(at);
        }
    }
    fn place(&self, check: &CheckName) -> Result<usize, usize> {
        let hash = self.hashes.hash_one(check);
        self.seen.binary_search_by_key(&hash, |(hash, _)| *hash)
    }
}

fn standing(view: &CheckView) -> Standing {
    (DisplayState::of(view), view.status == CheckStatus::NoPlugin)
}
