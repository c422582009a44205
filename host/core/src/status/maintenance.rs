//! Maintenance that is announced: windows that have a text for the public, and that concern what the page shows.

use std::sync::Arc;
use std::time::Duration;

use super::Component;
use crate::ids::CheckName;
use crate::notice::labels_of_check;
use crate::outcome::Outcome;
use crate::report::Judgement;
use crate::time::Wall;
use crate::view::CheckView;
use crate::window::{When, Window, WindowKind, WindowStatus};

/// How long ahead maintenance is announced.
const AHEAD: Duration = Duration::from_secs(60 * 86_400);

/// One occurrence of a window.
#[derive(Clone, PartialEq, Debug)]
pub struct Announcement {
    pub text: String,
    pub from: Wall,
    pub until: Wall,
    pub occurs: Occurs,
    /// The titles of the components that it is about, in the order of the page.
    pub about: Vec<String>,
    /// When it was made known.
    pub made_at: Wall,
    /// Whether others follow it by the same plan.
    pub recurs: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Occurs {
    Now,
    Ahead,
    Over,
}

/// Whether the window is about an alert that the check would open, at any level.
pub fn concerns(window: &Window, view: &CheckView) -> bool {
    let report = view.last.as_ref().and_then(|row| match &row.outcome {
        Outcome::Report(report) => Some(&**report),
        Outcome::Failed(_) => None,
    });
    [Judgement::Critical, Judgement::Warning]
        .into_iter()
        .any(|level| window.matches(&labels_of_check(&view.spec, report, level)))
}

/// The text of maintenance for the public; `None` for a silence, and where nothing is announced.
fn text(window: &Window) -> Option<&str> {
    match window.kind {
        WindowKind::Silence => None,
        WindowKind::Maintenance => window.announcement.as_deref(),
    }
}

/// Whether announced maintenance of the check is open at that moment.
pub fn is_announced(windows: &[Arc<Window>], view: &CheckView, at: Wall) -> bool {
    until(windows, view, at).is_some()
}

/// Until when announced maintenance of the check lasts that is open at that moment.
pub(super) fn until(windows: &[Arc<Window>], view: &CheckView, at: Wall) -> Option<Wall> {
    let open = windows.iter().filter(|window| text(window).is_some()).filter_map(|window| {
        let until = match window.standing(at) {
            WindowStatus::Open { until } => until,
            WindowStatus::Closed { .. } => return None,
        };
        concerns(window, view).then_some(until)
    });
    open.max()
}

/// What is announced on a page, over since `from` at the earliest: what is open first, then what is to come, the soonest
/// first. `view` finds a check.
pub fn announcements<'v>(
    windows: &[Arc<Window>],
    components: &[Component],
    view: impl Fn(&CheckName) -> Option<&'v CheckView>,
    (from, now): (Wall, Wall),
) -> Vec<Announcement> {
    let mut found: Vec<Announcement> = windows
        .iter()
        .filter_map(|window| {
            let text = text(window)?;
            let (begins, until, occurs) = occurrence(window, now)?;
            let concerned = |component: &&Component| {
                component.checks.iter().filter_map(&view).any(|view| concerns(window, view))
            };
            let about: Vec<String> =
                components.iter().filter(concerned).map(|component| component.title.clone()).collect();
            let is_near = until > from && begins <= now + AHEAD;
            (is_near && !about.is_empty()).then(|| Announcement {
                text: text.to_owned(),
                from: begins,
                until,
                occurs,
                about,
                made_at: window.made_at,
                recurs: matches!(window.when, When::Recurring { .. }),
            })
        })
        .collect();
    found.sort_by(|one, other| {
        (one.occurs, one.from, &one.text).cmp(&(other.occurs, other.from, &other.text))
    });
    found
}

/// The occurrence that is open, else the next, else the one that is over. None of one that was called off before it began.
fn occurrence(window: &Window, now: Wall) -> Option<(Wall, Wall, Occurs)> {
    match (&window.when, window.standing(now)) {
        (When::Once { from, until }, status) => {
            let occurs = match status {
                WindowStatus::Open { .. } => Occurs::Now,
                WindowStatus::Closed { opens: Some(_) } => Occurs::Ahead,
                WindowStatus::Closed { opens: None } => Occurs::Over,
            };
            (from < until).then_some((*from, *until, occurs))
        }
        (When::Recurring { starts, lasts, .. }, WindowStatus::Open { until }) => {
            let begins = starts.next_after(now - *lasts).filter(|begins| *begins <= now);
            Some((begins.unwrap_or(until - *lasts), until, Occurs::Now))
        }
        (When::Recurring { lasts, .. }, WindowStatus::Closed { opens }) => {
            opens.map(|opens| (opens, opens + *lasts, Occurs::Ahead))
        }
    }
}
