//! Silences and maintenance windows: spans in which notices about matching alerts are held back, and why. Operators
//! make both. Maintenance may recur and may also be in the config; judgements during it do not count for flapping (rule
//! A6), nor, later, for an SLA.

use std::fmt;
use std::time::Duration;

use crate::cron::CronSchedule;
use crate::ids::WindowId;
use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::model::keys::Hold;
use crate::time::Wall;

#[derive(Clone, PartialEq, Debug)]
pub struct Window {
    pub id: WindowId,
    pub kind: WindowKind,
    /// All must match. Never empty, because a window that hides everything hides the next outage.
    pub matchers: Vec<Matcher>,
    pub when: When,
    pub author: String,
    pub comment: String,
    /// What status pages say of maintenance, for everybody to read. One without is announced nowhere.
    pub announcement: Option<String>,
    pub made_at: Wall,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WindowKind {
    Silence,
    Maintenance,
}

impl WindowKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            WindowKind::Silence => "silence",
            WindowKind::Maintenance => "maintenance",
        }
    }
    pub(crate) const fn hold(self) -> Hold {
        match self {
            WindowKind::Silence => Hold::Silenced,
            WindowKind::Maintenance => Hold::Maintenance,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum When {
    /// Open from the first moment until just before the second.
    Once { from: Wall, until: Wall },
    /// Opens at each start of the schedule, for the span `lasts`. If it is ended by hand, it ends for good.
    Recurring { starts: CronSchedule, lasts: Duration, ended: Option<Wall> },
}

/// Why a window is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WindowError {
    #[error(
        "it names no matcher, and would hide every alert; hint: say what it is about, as in `team=\"web\"`"
    )]
    NoMatcher,
    #[error(
        "every matcher fits what has no such label, so it would hide every alert; hint: add one that names a value, as in `team=\"web\"`"
    )]
    MatchesEverything,
    #[error("it ends before it starts; hint: give an end after the start, or a span with `--for`")]
    EndsBeforeStart,
    #[error("it has ended already; hint: give an end that is still to come")]
    IsOver,
    #[error("it lasts no time; hint: give a span such as `2h`")]
    LastsNoTime,
    #[error(
        "it is longer than the {days} days that a window may last; hint: make a shorter one, or disable the check"
    )]
    TooLong { days: u64 },
}

/// The longest window. A silence for years means that nobody wants the check: it should be disabled, where everybody
/// sees it.
const LASTS_MAX: Duration = Duration::from_secs(400 * 86_400);

/// Whether a window is open at some moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowStatus {
    /// It is open, and closes then.
    Open { until: Wall },
    /// It is closed, and opens then, if ever again.
    Closed { opens: Option<Wall> },
}

impl Window {
    /// Whether the window is valid at `now`.
    pub fn check(&self, now: Wall) -> Result<(), WindowError> {
        if self.matchers.is_empty() {
            return Err(WindowError::NoMatcher);
        }
        if self.matchers.iter().all(|matcher| matcher.matches(&Labels::default())) {
            return Err(WindowError::MatchesEverything);
        }
        let lasts = match &self.when {
            When::Once { from, until } if until <= from => return Err(WindowError::EndsBeforeStart),
            When::Once { until, .. } if *until <= now => return Err(WindowError::IsOver),
            When::Once { from, until } => until.since(*from),
            When::Recurring { lasts, .. } => *lasts,
        };
        if lasts.is_zero() {
            return Err(WindowError::LastsNoTime);
        }
        if lasts > LASTS_MAX {
            return Err(WindowError::TooLong { days: LASTS_MAX.as_secs() / 86_400 });
        }
        Ok(())
    }
    pub fn matches(&self, labels: &Labels) -> bool {
        !self.matchers.is_empty() && self.matchers.iter().all(|matcher| matcher.matches(labels))
    }
    pub fn standing(&self, now: Wall) -> WindowStatus {
        match &self.when {
            When::Once { from, until } if *from <= now && now < *until => {
                WindowStatus::Open { until: *until }
            }
            When::Once { from, .. } => WindowStatus::Closed { opens: (now < *from).then_some(*from) },
            When::Recurring { ended: Some(ended), .. } if *ended <= now => {
                WindowStatus::Closed { opens: None }
            }
            When::Recurring { starts, lasts, ended } => {
                let capped = |at: Wall| ended.map_or(at, |ended| at.min(ended));
                // Starts after `now - lasts` and up to `now` keep it open, and the last of them decides until when.
                let mut began = None;
                let mut from = now - *lasts;
                while let Some(start) = starts.next_after(from).filter(|start| *start <= now) {
                    began = Some(start);
                    from = start;
                }
                match began {
                    Some(start) => WindowStatus::Open { until: capped(start + *lasts) },
                    None => WindowStatus::Closed {
                        opens: starts.next_after(now).filter(|at| ended.is_none_or(|ended| *at < ended)),
                    },
                }
            }
        }
    }
    /// Whether the window will never be open again.
    pub fn is_over(&self, now: Wall) -> bool {
        self.standing(now) == WindowStatus::Closed { opens: None }
    }
    /// When the window ends for good, if that is known.
    pub fn ends(&self) -> Option<Wall> {
        match &self.when {
            When::Once { until, .. } => Some(*until),
            When::Recurring { ended, .. } => *ended,
        }
    }
    /// Ends the window for good.
    pub(crate) fn end(&mut self, now: Wall) {
        match &mut self.when {
            When::Once { from, until } => {
                *from = (*from).min(now);
                *until = (*until).min(now);
            }
            When::Recurring { ended, .. } => *ended = Some(now),
        }
    }
}

impl fmt::Display for Window {
    /// How a hold by this window is explained: which window, by whom, why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` by {}", self.kind.as_str(), self.id, self.author)?;
        if self.comment.is_empty() { Ok(()) } else { write!(f, ": {}", self.comment) }
    }
}
