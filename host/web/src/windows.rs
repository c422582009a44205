//! Silences and maintenance windows as people ask for them: read, refused with a sentence, or shown with what they
//! would hide. The page and the API share it.

use std::str::FromStr as _;
use std::sync::Arc;

use chrono_tz::Tz;
use http::StatusCode;
use serde::Deserialize;
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::ids::{CheckName, WindowId, short_hash};
use watchkeep_core::input::Command;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::status::concerns;
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;
use watchkeep_core::window::{When, Window, WindowKind};

use crate::alerts::worst;
use crate::api::body::{Span, by, comment, moment, public_text};
use crate::api::json::{WindowState, is_of_config};
use crate::caller::Writer;
use crate::explain::Hours;
use crate::host::Host;
use crate::problem::Problem;
use crate::router::App;

/// The most matchers of one window.
const MATCHERS_MAX: usize = 32;
/// The most characters of what status pages say of maintenance.
const ANNOUNCEMENT_MAX: usize = 2000;
/// The most windows that are not over yet.
const WINDOWS_MAX: usize = 5000;

/// A window that is asked for. A silence does not recur.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WindowRequest {
    pub(crate) matchers: Vec<String>,
    /// When it starts; if it is missing, now.
    pub(crate) starts_at: Option<String>,
    pub(crate) ends_at: Option<String>,
    pub(crate) r#for: Option<Span>,
    /// A cron expression, in place of the three fields above.
    pub(crate) schedule: Option<String>,
    pub(crate) lasts: Option<Span>,
    /// The time zone of the schedule; if it is missing, UTC.
    pub(crate) time_zone: Option<String>,
    pub(crate) comment: Option<String>,
    /// What status pages say of maintenance, for everybody to read.
    pub(crate) announcement: Option<String>,
    pub(crate) by: Option<String>,
    /// Whether it is meant to hide every check's alerts.
    pub(crate) everything: Option<bool>,
}

/// Whether the person who makes a window has confirmed that it hides everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Breadth {
    Unasked,
    Confirmed,
}

impl Breadth {
    pub(crate) fn of(everything: Option<bool>) -> Self {
        if everything == Some(true) { Breadth::Confirmed } else { Breadth::Unasked }
    }
}

/// The code of the refusal that asks for a confirmation.
pub(crate) const HIDES_EVERYTHING: &str = "hides-everything";

impl WindowRequest {
    pub(crate) fn window(&self, kind: WindowKind, writer: &Writer, now: Wall) -> Result<Window, Problem> {
        if self.matchers.len() > MATCHERS_MAX {
            return Err(Problem::invalid(format!("a {} has at most {MATCHERS_MAX} matchers", kind.as_str())));
        }
        let matchers = self.matchers.iter().map(|text| Matcher::parse(text)).collect::<Result<Vec<_>, _>>();
        let matchers = matchers.map_err(|error| Problem::invalid(error.to_string()))?;
        let when = match (&self.schedule, kind) {
            (None, _) => self.once(now)?,
            (Some(_), WindowKind::Silence) => {
                return Err(Problem::invalid(
                    "a silence does not recur; hint: make it maintenance, or a silence for each time",
                ));
            }
            (Some(schedule), WindowKind::Maintenance) => self.recurring(schedule)?,
        };
        let mut window = Window {
            id: WindowId::new(""),
            kind,
            matchers,
            when,
            author: by(self.by.as_deref(), writer)?,
            comment: comment(self.comment.as_deref())?,
            announcement: self.announced(kind)?,
            made_at: now,
        };
        window
            .check(now)
            .map_err(|error| Problem::invalid(format!("no {} was made: {error}", kind.as_str())))?;
        // Whoever sees a part of the host hides nothing beyond it.
        writer.scope.narrow(&mut window);
        window.id = id(&window);
        Ok(window)
    }

    fn announced(&self, kind: WindowKind) -> Result<Option<String>, Problem> {
        let text =
            public_text("announcement", self.announcement.as_deref().unwrap_or_default(), ANNOUNCEMENT_MAX)?;
        match kind {
            WindowKind::Silence if !text.is_empty() => Err(Problem::invalid(
                "a silence is announced to nobody; hint: make it maintenance, or leave out `announcement`",
            )),
            WindowKind::Silence | WindowKind::Maintenance => Ok((!text.is_empty()).then_some(text)),
        }
    }

    fn once(&self, now: Wall) -> Result<When, Problem> {
        if self.lasts.is_some() || self.time_zone.is_some() {
            return Err(Problem::invalid(
                "`lasts` and `time_zone` belong to a `schedule`; hint: a window without one has `for` or `ends_at`",
            ));
        }
        let from = self.starts_at.as_deref().map_or(Ok(now), |text| moment("starts_at", text))?;
        let until = match (&self.ends_at, self.r#for) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid("`ends_at` and `for` say the same; hint: give one"));
            }
            (Some(text), None) => moment("ends_at", text)?,
            (None, Some(span)) => from + span.0,
            (None, None) => {
                return Err(Problem::invalid("it has no end; hint: give `for`, as in `2h`, or `ends_at`"));
            }
        };
        Ok(When::Once { from, until })
    }

    fn recurring(&self, schedule: &str) -> Result<When, Problem> {
        if self.starts_at.is_some() || self.ends_at.is_some() || self.r#for.is_some() {
            return Err(Problem::invalid(
                "a `schedule` says when it starts, `lasts` how long it is open; hint: leave out `starts_at`, \
                 `ends_at` and `for`",
            ));
        }
        let zone = match self.time_zone.as_deref() {
            None => Tz::UTC,
            Some(name) => Tz::from_str(name).map_err(|_| {
                Problem::invalid(format!(
                    "unknown time zone `{name}`; hint: write its IANA name, such as `Europe/Oslo`"
                ))
            })?,
        };
        let starts =
            CronSchedule::parse(schedule, zone).map_err(|error| Problem::invalid(error.to_string()))?;
        let lasts = self.lasts.ok_or_else(|| {
            Problem::invalid("a `schedule` needs `lasts`; hint: say how long it is open, as in `2h`")
        })?;
        Ok(When::Recurring { starts, lasts: lasts.0, ended: None })
    }
}

/// An id derived from content and time: the same request in the same millisecond makes the same window.
fn id(window: &Window) -> WindowId {
    let (letter, when) = match &window.when {
        When::Once { from, until } => ('o', format!("{} {}", from.millis(), until.millis())),
        When::Recurring { starts, lasts, .. } => {
            ('r', format!("{} {} {}", starts.as_str(), starts.zone().name(), lasts.as_millis()))
        }
    };
    let matchers: Vec<String> = window.matchers.iter().map(ToString::to_string).collect();
    let made = window.made_at.millis().to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![&made, window.author.as_bytes(), window.comment.as_bytes()];
    let when = format!("{letter} {when}");
    parts.push(when.as_bytes());
    parts.extend(matchers.iter().map(String::as_bytes));
    parts.extend(window.announcement.iter().map(String::as_bytes));
    let prefix = match window.kind {
        WindowKind::Silence => "s",
        WindowKind::Maintenance => "m",
    };
    WindowId::new(format!("{prefix}-{}", short_hash(&parts)))
}

pub(crate) async fn make(app: &App, window: &Window, breadth: Breadth) -> Result<(), Problem> {
    let now = app.host.now();
    if breadth == Breadth::Unasked {
        confirmed(&*app.host, window)?;
    }
    let standing = app.host.windows();
    let lasting = standing.iter().filter(|window| WindowState::of(window, now) != WindowState::Ended).count();
    if lasting >= WINDOWS_MAX {
        return Err(Problem::refused(format!(
            "there are {lasting} silences and maintenance windows already; hint: end some, or write one with a pattern"
        )));
    }
    Ok(app.host.command(Command::OpenWindow(Box::new(window.clone()))).await?)
}

/// Checks that a window which hides everything is confirmed. A matcher for a label that all checks have, such as the
/// host's own, hides everything as surely as no matcher at all.
fn confirmed(host: &dyn Host, window: &Window) -> Result<(), Problem> {
    let all = host.checks().len();
    if all < 2 || Hides::of(host, window).checks.len() < all {
        return Ok(());
    }
    let detail = format!(
        "it would hide what {all} of {all} checks tell; hint: say what it is about, or confirm that everything is meant \
         (`--everything`, or `\"everything\": true`)"
    );
    Err(Problem::new(StatusCode::CONFLICT, HIDES_EVERYTHING, detail))
}

/// The window of this kind: the id of a silence does not find a maintenance window.
pub(crate) fn find(app: &App, kind: WindowKind, id: &str) -> Result<Arc<Window>, Problem> {
    let mut windows = app.host.windows().into_iter();
    windows.find(|window| window.kind == kind && window.id.as_str() == id).ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Problem::not_found(&format!("{} `{shown}`", kind.as_str()))
    })
}

/// Ends a window now, for good.
pub(crate) async fn end(app: &App, window: &Window, by: String) -> Result<(), Problem> {
    if is_of_config(window) {
        return Err(Problem::refused(format!(
            "`{}` is set in the config; hint: change it there, and reload",
            window.id
        )));
    }
    if WindowState::of(window, app.host.now()) == WindowState::Ended {
        return Err(Problem::refused(format!("{} `{}` has ended already", window.kind.as_str(), window.id)));
    }
    Ok(app.host.command(Command::EndWindow { id: window.id.clone(), by }).await?)
}

/// All windows: open ones first, then those still to come, then those that ended; the newest first.
pub(crate) fn in_order(host: &dyn Host, now: Wall) -> Vec<(WindowState, Arc<Window>)> {
    let mut windows: Vec<_> =
        host.windows().into_iter().map(|window| (WindowState::of(&window, now), window)).collect();
    windows.sort_unstable_by(|(state, window), (other_state, other)| {
        state
            .cmp(other_state)
            .then_with(|| other.made_at.cmp(&window.made_at))
            .then_with(|| window.id.cmp(&other.id))
    });
    windows
}

/// What a window matches, and hides while it is open.
pub(crate) struct Hides {
    /// Alerts, worst first.
    pub(crate) alerts: Vec<Arc<AlertRecord>>,
    /// Checks, ordered by name.
    pub(crate) checks: Vec<CheckName>,
}

impl Hides {
    pub(crate) fn of(host: &dyn Host, window: &Window) -> Self {
        let alerts: Vec<_> =
            host.alerts().into_iter().filter(|alert| window.matches(&alert.labels)).collect();
        let count = alerts.len();
        let hidden = |view: &&CheckView| concerns(window, view);
        let checks = host.checks().iter().filter(hidden).map(|view| view.spec.name.clone()).collect();
        Self { alerts: worst(alerts, count, &Hours::of(host)), checks }
    }
}
