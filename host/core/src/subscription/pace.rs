//! When the letters about a page go out. One pace per page bounds each of its subscribers, and nothing is kept of them.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Mono;

pub const LETTERS_AN_HOUR_MAX: usize = 6;
const HOUR: Duration = Duration::from_secs(3_600);

/// What a page has told its subscribers lately. After a restart of the host it begins anew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pace {
    changed_at: Option<Mono>,
    /// The latest letters, at most `LETTERS_AN_HOUR_MAX`.
    told: VecDeque<Mono>,
}

impl Pace {
    /// Something that the page shows has changed.
    pub fn changed(&mut self, now: Mono) {
        self.changed_at.get_or_insert(now);
    }
    /// Nothing is left to tell.
    pub fn settled(&mut self) {
        self.changed_at = None;
    }
    /// When the next letter is due; `None` while there is nothing to tell. Changes are gathered for `after`, from the first of them on.
    pub fn due_at(&self, after: Duration) -> Option<Mono> {
        let gathered = self.changed_at? + after;
        let full = self.told.len() >= LETTERS_AN_HOUR_MAX;
        let free = self.told.front().filter(|_| full).map(|first| *first + HOUR);
        Some(free.map_or(gathered, |free| free.max(gathered)))
    }
    /// Whether a letter goes out now. If so, what changed until now is told.
    #[must_use]
    pub fn tell(&mut self, now: Mono, after: Duration) -> bool {
        if self.due_at(after).is_none_or(|due| now < due) {
            return false;
        }
        self.changed_at = None;
        if self.told.len() >= LETTERS_AN_HOUR_MAX {
            self.told.pop_front();
        }
        self.told.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AFTER: Duration = Duration::from_secs(120);

    fn at(seconds: u64) -> Mono {
        Mono::default() + Duration::from_secs(seconds)
    }

    #[test]
    fn changes_within_two_minutes_are_one_letter() {
        let mut pace = Pace::default();
        assert!(!pace.tell(at(0), AFTER), "nothing to tell");
        pace.changed(at(10));
        pace.changed(at(100));
        assert!(!pace.tell(at(129), AFTER));
        assert!(pace.tell(at(130), AFTER));
        assert!(!pace.tell(at(1_000), AFTER), "told already");
    }

    proptest! {
        #[test]
        fn never_more_than_the_bound_and_no_change_is_lost(steps in prop::collection::vec((0_u64..400, any::<bool>()), 1..300)) {
            let (mut pace, mut now, mut told) = (Pace::default(), 0, Vec::new());
            for (seconds, changes) in steps {
                now += seconds;
                if changes {
                    pace.changed(at(now));
                }
                if pace.tell(at(now), AFTER) {
                    told.push(now);
                }
            }
            for window in told.windows(LETTERS_AN_HOUR_MAX + 1) {
                prop_assert!(window[LETTERS_AN_HOUR_MAX] - window[0] >= 3_600, "{:?}", window);
            }
            pace.changed(at(now));
            prop_assert!(pace.tell(at(now + 3_600 + 120), AFTER));
        }
    }
}
