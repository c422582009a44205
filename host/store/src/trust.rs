//! Whether the wall clock is believed when something is to be removed because it is old. A clock that is wrong by years
//! must not cost the history, whether it jumped while this host ran or while it was down.
//!
//! Nothing is removed before the clock has run without a jump for an hour. After a step forward of more than a day, the
//! clock may be wrong, or the host may have stood still. Nobody can tell, and removing can wait: for a week, even
//! across restarts.

use std::time::Duration;

use watchkeep_core::time::{Wall, span};

use crate::appender::Appender;
use crate::error::{ReadError, WriteError};
use crate::meta;
use crate::shared::lock;
use crate::tables::META;

const STEADY: Duration = Duration::from_hours(1);
/// The largest step that is believed, from one look at the clock to the next, or from the last one before a start.
const GAP: Duration = Duration::from_hours(24);
const DOUBTED: Duration = Duration::from_hours(7 * 24);
/// How often the moment of the last look is stored.
const WRITTEN_EVERY: Duration = Duration::from_hours(1);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Belief {
    /// What is too old may be removed.
    Steady,
    /// The clock jumped, or the host started, within the last hour.
    Fresh,
    /// The clock went ahead by more than a day at once, within the last week.
    Doubted,
}

#[derive(Default)]
pub(crate) struct Trust {
    /// A stretch in which the clock did not jump: its beginning, and the last look.
    steady: Option<(Wall, Wall)>,
    kept: Option<StoredTrust>,
}

/// What the file has.
#[derive(Clone, Copy, PartialEq, Eq)]
struct StoredTrust {
    seen: Option<Wall>,
    doubted_until: Option<Wall>,
}

impl Trust {
    /// Upkeep comes every few seconds, so a step of more than `STEADY` is a jump (or a sleep, which is treated as one).
    fn is_steady(&mut self, now: Wall) -> bool {
        let since = match self.steady {
            Some((since, last)) if last <= now && now.since(last) <= STEADY => since,
            Some(_) | None => now,
        };
        self.steady = Some((since, now));
        now.since(since) >= STEADY
    }
    /// Forgets what was stored, after the file was opened again.
    pub(crate) fn forget(&mut self) {
        self.kept = None;
    }
}

impl Appender {
    pub(crate) fn believe(&mut self, now: Wall) -> Result<Belief, WriteError> {
        let kept = match self.keeper.trust.kept {
            Some(kept) => kept,
            None => self.kept()?,
        };
        let last = self.keeper.trust.steady.map(|(_, last)| last).or(kept.seen);
        let ahead = last.map_or(Duration::ZERO, |last| now.since(last));
        // If it is more than a week from now, it was set under a clock that has been put back since.
        let doubted = kept.doubted_until.filter(|until| *until > now && *until <= now + DOUBTED);
        let doubted_until = if ahead > GAP { Some(now + DOUBTED) } else { doubted };
        let is_old = kept.seen.is_none_or(|seen| now < seen || now.since(seen) >= WRITTEN_EVERY);
        let mut known = StoredTrust { doubted_until, ..kept };
        if is_old || known != kept {
            known.seen = Some(now);
            self.keep(known)?;
        }
        self.keeper.trust.kept = Some(known);
        lock(&self.shared.figures).doubted_until = doubted_until;
        match doubted_until {
            Some(until) if ahead > GAP => tracing::warn!(
                "the clock is {} ahead of when this host last looked at it; until {until} nothing is removed for its age, in \
                 case the clock is wrong; hint: if it is, set it (`timedatectl`): history and silences are as they were",
                span(ahead)
            ),
            None if kept.doubted_until.is_some() => {
                tracing::info!("the clock is believed again: what is too old is removed as usual");
            }
            Some(_) | None => {}
        }
        Ok(match (self.keeper.trust.is_steady(now), doubted_until) {
            (false, _) => Belief::Fresh,
            (true, Some(_)) => Belief::Doubted,
            (true, None) => Belief::Steady,
        })
    }

    fn kept(&self) -> Result<StoredTrust, WriteError> {
        let snapshot = self.shared.read()?;
        let table = snapshot.open_table(META).map_err(ReadError::from)?;
        Ok(StoredTrust {
            seen: meta::moment(&table, meta::CLOCK_SEEN)?,
            doubted_until: meta::moment(&table, meta::CLOCK_DOUBTED_UNTIL)?,
        })
    }

    fn keep(&mut self, kept: StoredTrust) -> Result<(), WriteError> {
        self.transact(|transaction| {
            let mut table = transaction.open_table(META)?;
            let moments = [(meta::CLOCK_SEEN, kept.seen), (meta::CLOCK_DOUBTED_UNTIL, kept.doubted_until)];
            for (key, at) in moments {
                // A moment before 1970 is stored as none.
                match at.and_then(|at| u64::try_from(at.millis()).ok()) {
                    Some(at) => table.insert(key, meta::figure(at).as_slice())?,
                    None => table.remove(key)?,
                };
            }
            Ok(())
        })
    }
}
