//! `/silences`: silences and maintenance: what is hidden now, by whom and why; making one, after a look at what it
//! would hide; ending one.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use http::StatusCode;
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window, WindowKind, WindowStatus};

use super::acts::{Form, see};
use super::layout::{Here, Layout};
use super::render;
use super::rows::{AlertRow, RowContext, check_link};
use super::words::{Moment, Part, counted, escaped, prose, setting};
use crate::api::json::{WindowState, is_of_config};
use crate::api::query::Params;
use crate::caller::Writer;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::windows::{Breadth, HIDES_EVERYTHING, Hides, WindowRequest, in_order, make};

/// The most alerts that a preview shows.
const ALERTS_MAX: usize = 20;
const CHECKS_MAX: usize = 100;
/// How many of the newest windows that ended are shown.
const ENDED_MAX: usize = 50;
const SHOWN_MAX: usize = 300;

#[derive(Template)]
#[template(path = "silences.html")]
struct SilencesPage {
    layout: Layout,
    open: Vec<WindowRow>,
    scheduled: Vec<WindowRow>,
    ended: Vec<WindowRow>,
    make: MakeForm,
    /// Whether there are status pages to announce maintenance on.
    has_pages: bool,
}

struct WindowRow {
    id: String,
    kind: &'static str,
    matchers: Vec<String>,
    when: String,
    /// The word for when it closes, opens or closed.
    word: &'static str,
    at: Option<Moment>,
    by: String,
    comment: String,
    announcement: Option<String>,
    made: Moment,
    /// The number of open alerts that it matches, if there are any.
    matching: Option<String>,
    of_config: bool,
    can_end: bool,
    /// To the form, filled in with what this one hides.
    again: String,
}

/// What somebody typed, what is wrong with it, and what it would hide.
#[derive(Default)]
struct MakeForm {
    maintenance: bool,
    matchers: String,
    r#for: String,
    starts_at: String,
    schedule: String,
    lasts: String,
    time_zone: String,
    comment: String,
    announcement: String,
    by: String,
    problem: Option<Vec<Part>>,
    /// Whether it hides everything; it is then made only if that is confirmed.
    asks_everything: bool,
    shown: Option<Shown>,
}

struct Shown {
    /// How many alerts it would hide, and of how many checks.
    title: String,
    alerts: Vec<AlertRow>,
    alerts_total: usize,
    checks: Vec<(String, String)>,
    checks_total: usize,
}

impl MakeForm {
    fn read(form: &Form) -> Self {
        let text = |name: &str| form.text(name).unwrap_or_default();
        Self {
            maintenance: form.one("kind") == Some("maintenance"),
            matchers: text("matchers"),
            r#for: text("for"),
            starts_at: text("starts_at"),
            schedule: text("schedule"),
            lasts: text("lasts"),
            time_zone: text("time_zone"),
            comment: text("comment"),
            announcement: text("announcement"),
            by: text("by"),
            problem: None,
            asks_everything: false,
            shown: None,
        }
    }
    fn kind(&self) -> WindowKind {
        if self.maintenance { WindowKind::Maintenance } else { WindowKind::Silence }
    }
    /// The window. Fields of the other kind may be filled in all the same, because a form cannot hide them without a
    /// script.
    fn window(&self, form: &Form, writer: &Writer, now: Wall) -> Result<Window, Problem> {
        let recurs = self.maintenance && !self.schedule.is_empty();
        let zone = zone(&self.time_zone)?;
        let starts_at = match self.starts_at.as_str() {
            text if recurs || text.is_empty() => None,
            text => Some(local(text, zone)?),
        };
        let asked = WindowRequest {
            matchers: self.lines().map(str::to_owned).collect(),
            starts_at,
            ends_at: None,
            r#for: if recurs { None } else { form.span("for")? },
            schedule: recurs.then(|| self.schedule.clone()),
            lasts: if recurs { form.span("lasts")? } else { None },
            time_zone: recurs.then(|| zone.name().to_owned()),
            comment: Some(self.comment.clone()),
            // A form cannot hide the field while a silence is chosen.
            announcement: self.maintenance.then(|| self.announcement.clone()),
            by: Some(self.by.clone()),
            everything: None,
        };
        asked.window(self.kind(), writer, now)
    }
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.matchers.lines().map(str::trim).filter(|line| !line.is_empty())
    }
}

/// The time zone. An empty one means UTC, which the form shows until the script knows better.
fn zone(name: &str) -> Result<Tz, Problem> {
    if name.is_empty() {
        return Ok(Tz::UTC);
    }
    name.parse().map_err(|_| {
        let shown: String = name.chars().take(64).collect();
        Problem::invalid(format!(
            "unknown time zone `{shown}`; hint: write its IANA name, such as `Europe/Oslo`"
        ))
    })
}

/// The time of a field. A browser leaves the zone out, and often the seconds: it is a time of the form's zone.
fn local(text: &str, zone: Tz) -> Result<String, Problem> {
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let clock = forms.into_iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    // A time with a zone needs no other.
    let Some(clock) = clock else { return Ok(text.to_owned()) };
    let at = Wall::of_clock(zone, clock)
        .ok_or_else(|| Problem::invalid("`starts_at` is not a time that a clock shows"))?;
    Ok(crate::api::json::time(at))
}

/// Shows the page. `match` fills in the form, so that an alert can link here.
pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["match"])?;
    let lines: Vec<&str> = params.all("match").collect();
    let make = MakeForm { matchers: lines.join("\n"), r#for: "2h".to_owned(), ..MakeForm::default() };
    show(&app, make, StatusCode::OK)
}

/// Shows what the window would hide, or makes it, depending on the button that was pressed.
pub(crate) async fn make_or_show(
    State(app): State<App>,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    let mut asked = MakeForm::read(&form);
    let window = match asked.window(&form, &writer, app.host.now()) {
        Ok(window) => window,
        Err(problem) => {
            asked.problem = Some(prose(&problem.detail));
            return show(&app, asked, problem.status);
        }
    };
    if form.one("what") == Some("show") {
        asked.shown = Some(shown(&app, &window));
        return show(&app, asked, StatusCode::OK);
    }
    let everything = form.one("everything").is_some();
    match make(&app, &window, Breadth::of(Some(everything))).await {
        Err(problem) if problem.code == HIDES_EVERYTHING => {
            asked.problem = Some(prose(&problem.detail));
            asked.asks_everything = true;
            asked.shown = Some(shown(&app, &window));
            return show(&app, asked, problem.status);
        }
        made => made?,
    }
    // A form on the page of an alert leads back to that page; this page's form leads to the list.
    Ok(if form.one("stay").is_some() { form.done() } else { see("/silences") })
}

fn shown(app: &App, window: &Window) -> Shown {
    let hides = Hides::of(&*app.host, window);
    let seen = RowContext::of(app);
    let checks = hides.checks.iter().take(CHECKS_MAX);
    let (open, tell) = (counted(hides.alerts.len(), "open alert"), counted(hides.checks.len(), "check"));
    Shown {
        title: format!("{open}, and what {tell} {}", if hides.checks.len() == 1 { "tells" } else { "tell" }),
        alerts: hides
            .alerts
            .iter()
            .take(ALERTS_MAX)
            .map(|alert| AlertRow { act: super::rows::Act::Nothing, ..AlertRow::of(&seen, alert) })
            .collect(),
        alerts_total: hides.alerts.len(),
        checks: checks.map(|check| (check.to_string(), check_link(check.as_str()))).collect(),
        checks_total: hides.checks.len(),
    }
}

fn show(app: &App, make: MakeForm, status: StatusCode) -> Result<Response, Problem> {
    let layout = Layout::new(app, Here::Silences);
    let now = app.host.now();
    let alerts = app.host.alerts();
    let windows = in_order(&*app.host, now);
    let rows = |wanted: WindowState, max: usize| -> Vec<WindowRow> {
        let of_state = windows.iter().filter(|(state, _)| *state == wanted).take(max);
        of_state
            .map(|(state, window)| WindowRow {
                matching: match state {
                    WindowState::Open | WindowState::Scheduled => {
                        let count = alerts.iter().filter(|alert| window.matches(&alert.labels)).count();
                        (count > 0).then(|| counted(count, "open alert"))
                    }
                    WindowState::Ended => None,
                },
                can_end: layout.may_write && *state != WindowState::Ended && !is_of_config(window),
                ..row(window, now)
            })
            .collect()
    };
    let page = SilencesPage {
        open: rows(WindowState::Open, SHOWN_MAX),
        scheduled: rows(WindowState::Scheduled, SHOWN_MAX),
        ended: rows(WindowState::Ended, ENDED_MAX),
        make,
        has_pages: !app.host.setup().status_pages.is_empty(),
        layout,
    };
    Ok((status, render(&page)?).into_response())
}

fn row(window: &Window, now: Wall) -> WindowRow {
    let (word, at) = match (window.standing(now), &window.when) {
        (WindowStatus::Open { until }, _) => ("until", Some(until)),
        (WindowStatus::Closed { opens: Some(opens) }, _) => ("opens", Some(opens)),
        (WindowStatus::Closed { opens: None }, When::Once { until, .. }) => ("ended", Some(*until)),
        (WindowStatus::Closed { opens: None }, When::Recurring { ended, .. }) => ("ended", *ended),
    };
    let again: Vec<String> =
        window.matchers.iter().map(|matcher| format!("match={}", escaped(&matcher.to_string()))).collect();
    WindowRow {
        id: window.id.to_string(),
        kind: window.kind.as_str(),
        matchers: window.matchers.iter().map(ToString::to_string).collect(),
        when: match &window.when {
            When::Once { from, until } => format!("once, for {}", setting(until.since(*from))),
            When::Recurring { starts, lasts, .. } => {
                format!("{} ({}), each time for {}", starts.as_str(), starts.zone().name(), setting(*lasts))
            }
        },
        word,
        at: at.map(|at| Moment::new(at, now)),
        by: window.author.clone(),
        comment: window.comment.clone(),
        announcement: window.announcement.clone(),
        made: Moment::new(window.made_at, now),
        matching: None,
        of_config: is_of_config(window),
        can_end: false,
        again: format!("/silences?{}#make", again.join("&")),
    }
}
