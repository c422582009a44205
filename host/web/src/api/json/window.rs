//! A silence or a maintenance window.

use serde::Serialize;
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window, WindowStatus};

use super::{seconds, time};

#[derive(Serialize)]
pub(crate) struct WindowItem {
    id: String,
    kind: &'static str,
    state: &'static str,
    matchers: Vec<String>,
    /// When it starts; `null` if it recurs.
    starts_at: Option<String>,
    ends_at: Option<String>,
    /// How it recurs; `null` if it does not.
    recurs: Option<RecursItem>,
    /// When it opens, if it is not open.
    opens_at: Option<String>,
    /// When it closes, if it is open.
    closes_at: Option<String>,
    by: String,
    comment: String,
    /// What status pages say of it; `null` if it is announced nowhere.
    announcement: Option<String>,
    made_at: String,
    /// Where it was made. A window of the `config` ends only with an edit of the config.
    source: &'static str,
}

#[derive(Serialize)]
struct RecursItem {
    schedule: String,
    time_zone: &'static str,
    lasts_seconds: f64,
    /// When somebody ended it for good.
    ended_at: Option<String>,
}

/// The state of a window, in the order of lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum WindowState {
    Open,
    Scheduled,
    Ended,
}

impl WindowState {
    pub(crate) const ALL: [WindowState; 3] = [WindowState::Open, WindowState::Scheduled, WindowState::Ended];

    pub(crate) fn of(window: &Window, now: Wall) -> Self {
        match window.standing(now) {
            WindowStatus::Open { .. } => WindowState::Open,
            WindowStatus::Closed { opens: Some(_) } => WindowState::Scheduled,
            WindowStatus::Closed { opens: None } => WindowState::Ended,
        }
    }
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            WindowState::Open => "open",
            WindowState::Scheduled => "scheduled",
            WindowState::Ended => "ended",
        }
    }
}

/// How the id of a window begins that the config has.
const OF_CONFIG: &str = "config:";

pub(crate) fn is_of_config(window: &Window) -> bool {
    window.id.as_str().starts_with(OF_CONFIG)
}

impl WindowItem {
    pub(crate) fn of(window: &Window, now: Wall) -> Self {
        let (starts_at, ends_at, recurs) = match &window.when {
            When::Once { from, until } => (Some(time(*from)), Some(time(*until)), None),
            When::Recurring { starts, lasts, ended } => {
                let recurs = RecursItem {
                    schedule: starts.as_str().to_owned(),
                    time_zone: starts.zone().name(),
                    lasts_seconds: seconds(*lasts),
                    ended_at: ended.map(time),
                };
                (None, None, Some(recurs))
            }
        };
        let (opens_at, closes_at) = match window.standing(now) {
            WindowStatus::Open { until } => (None, Some(time(until))),
            WindowStatus::Closed { opens } => (opens.map(time), None),
        };
        Self {
            id: window.id.to_string(),
            kind: window.kind.as_str(),
            state: WindowState::of(window, now).as_str(),
            matchers: window.matchers.iter().map(ToString::to_string).collect(),
            starts_at,
            ends_at,
            recurs,
            opens_at,
            closes_at,
            by: window.author.clone(),
            comment: window.comment.clone(),
            announcement: window.announcement.clone(),
            made_at: time(window.made_at),
            source: if is_of_config(window) { "config" } else { "operator" },
        }
    }
}
