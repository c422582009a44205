//! `/`: what broke, since when, and every check, worst first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::service::ServiceSpec;
use watchkeep_core::setup::Setup;
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use super::layout::{Here, Layout};
use super::render;
use super::rows::{AlertRow, CheckRow, Chip, Fold, RowContext, is_firing, labels, shared};
use super::services::{Tile, tiles};
use super::words::{Moment, Part, escaped, prose, shortened};
use crate::alerts::worst;
use crate::api::query::Params;
use crate::filter::{CheckFilter, DisplayState};
use crate::host::DeadLetter;
use crate::problem::Problem;
use crate::router::{App, State};

/// The most rows of one page. A phone draws that many at once without stuttering; the filter finds the rest.
const ROWS_MAX: usize = 200;
const ALERTS_MAX: usize = 12;
const FOLDS_MAX: usize = 12;
const DEAD_MAX: usize = 3;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    layout: Layout,
    counts: Vec<Count>,
    services: Vec<Tile>,
    /// The service whose checks are shown.
    service: String,
    alerts: Vec<AlertRow>,
    alerts_more: usize,
    folds: Vec<Fold>,
    folds_more: usize,
    dead: DeadLetters,
    /// A sentence about a doubted clock: when history will be removed again.
    clock_doubted: Vec<Part>,
    pending: Vec<AlertRow>,
    pending_more: usize,
    last_result: Option<Moment>,
    query: String,
    states: String,
    labels: Vec<String>,
    filtered: bool,
    /// Labels that all checks found have; rows leave them out.
    shared: Vec<Chip>,
    groups: Vec<Group>,
    checks_total: usize,
    found: usize,
    first: usize,
    last: usize,
    previous_page: Option<String>,
    next_page: Option<String>,
}

/// Notifications that were given up: somebody who should know does not.
struct DeadLetters {
    total: usize,
    /// How many there are, as in `1 notice was given up`.
    title: String,
    rows: Vec<(String, Moment, Vec<Part>)>,
}

impl DeadLetters {
    fn of(app: &App, now: Wall) -> Self {
        let dead = app.host.dead_letters();
        let row = |letter: &DeadLetter| {
            let receiver = letter.delivery.notification.receiver.to_string();
            (receiver, Moment::new(letter.at, now), prose(&shortened(&letter.error, 200)))
        };
        Self {
            total: dead.len(),
            title: match dead.len() {
                1 => "1 notice did not reach its receiver".to_owned(),
                many => format!("{many} notices did not reach their receivers"),
            },
            rows: dead.iter().take(DEAD_MAX).map(row).collect(),
        }
    }
}

fn clock_doubted(until: Wall) -> Vec<Part> {
    prose(&format!(
        "The clock went ahead by more than a day at once. In case it is wrong, nothing is removed from history until {until}. If \
         it is, set it (`timedatectl`); if this host was down for so long, all is well."
    ))
}

struct Count {
    standing: &'static str,
    count: usize,
    href: String,
    chosen: bool,
}

struct Group {
    standing: &'static str,
    /// How many there are on all pages.
    count: usize,
    rows: Vec<CheckRow>,
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["q", "state", "label", "service", "page"])?;
    let filter = CheckFilter::read(&params)?;
    let number = match params.one("page") {
        None => 1,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|page| (1..=1_000_000).contains(page))
            .ok_or_else(|| Problem::invalid(format!("`page` is a number from 1, not `{text}`")))?,
    };
    let link = Link::of(&params);
    let checks = app.host.checks();
    let setup = app.host.setup();
    let service = chosen_service(&setup, &link.service)?;
    let mut found: Vec<(DisplayState, &CheckView)> = checks
        .iter()
        .filter(|view| filter.finds(view) && service.is_none_or(|service| service.has(&view.spec)))
        .map(|view| (DisplayState::of(view), view))
        .collect();
    let counts = counts(&found, &filter, &link);
    found.retain(|(standing, _)| filter.shows(*standing));
    found.sort_by_key(|(standing, view)| order(*standing, view));

    let pages = found.len().div_ceil(ROWS_MAX).max(1);
    let number = number.min(pages);
    let start = (number - 1) * ROWS_MAX;
    let shown = &found[start..found.len().min(start + ROWS_MAX)];
    let now = app.host.now();
    let (firing, pending): (Vec<_>, Vec<_>) =
        app.host.alerts().into_iter().partition(|alert| is_firing(alert));
    let seen = RowContext::of(&app);
    let hours = &seen.scene.hours;
    let (held, firing): (Vec<_>, Vec<_>) = firing.into_iter().partition(|alert| hours.is_held(alert));
    let folds = Fold::of(&seen, &worst(held, usize::MAX, hours), ALERTS_MAX);
    let rows = |alerts: &[Arc<AlertRecord>]| -> Vec<AlertRow> {
        worst(alerts, ALERTS_MAX, hours).into_iter().map(|alert| AlertRow::of(&seen, alert)).collect()
    };
    let shared = shared(found.iter().map(|(_, view)| *view));
    let last_result = checks.iter().filter_map(|view| view.last.as_ref()).map(|row| row.finished_at).max();
    render(&Overview {
        counts,
        services: tiles(&setup, &checks, service.map(|service| service.name.as_str())),
        service: link.service.clone(),
        alerts: rows(&firing),
        alerts_more: firing.len().saturating_sub(ALERTS_MAX),
        folds_more: folds.len().saturating_sub(FOLDS_MAX),
        folds: folds.into_iter().take(FOLDS_MAX).collect(),
        dead: DeadLetters::of(&app, now),
        clock_doubted: app.host.clock_doubted_until().map(clock_doubted).unwrap_or_default(),
        pending: rows(&pending),
        pending_more: pending.len().saturating_sub(ALERTS_MAX),
        last_result: last_result.map(|at| Moment::new(at, now)),
        query: params.one("q").unwrap_or("").to_owned(),
        states: link.states.clone(),
        labels: link.labels.clone(),
        filtered: params.one("q").is_some()
            || !link.states.is_empty()
            || !link.labels.is_empty()
            || service.is_some(),
        shared: labels(shared.iter().copied()),
        groups: grouped(shown, &found, now, &shared),
        checks_total: checks.len(),
        found: found.len(),
        first: if shown.is_empty() { 0 } else { start + 1 },
        last: start + shown.len(),
        previous_page: (number > 1).then(|| link.to(&link.states, number - 1)),
        next_page: (number < pages).then(|| link.to(&link.states, number + 1)),
        layout: Layout::new(&app, Here::Overview),
    })
}

/// The order of checks: worst first. Those that are not well are ordered by their last change, newest first, because
/// that is what people look for; the others by name.
fn order(standing: DisplayState, view: &CheckView) -> (DisplayState, i64) {
    let newest = match standing {
        DisplayState::Critical | DisplayState::Warning | DisplayState::Unknown => {
            view.since.map_or(0, |since| since.millis().saturating_neg())
        }
        DisplayState::Waiting | DisplayState::Ok | DisplayState::Paused => 0,
    };
    (standing, newest)
}

fn counts(found: &[(DisplayState, &CheckView)], filter: &CheckFilter, link: &Link) -> Vec<Count> {
    let always = |standing| {
        [DisplayState::Critical, DisplayState::Warning, DisplayState::Unknown, DisplayState::Ok]
            .contains(&standing)
    };
    DisplayState::ALL
        .into_iter()
        .map(|standing| {
            let chosen = filter.standings == [standing];
            Count {
                standing: standing.as_str(),
                count: found.iter().filter(|(other, _)| *other == standing).count(),
                // A second click undoes the choice.
                href: link.to(if chosen { "" } else { standing.as_str() }, 1),
                chosen,
            }
        })
        .zip(DisplayState::ALL)
        .filter(|(count, standing)| count.count > 0 || count.chosen || always(*standing))
        .map(|(count, _)| count)
        .collect()
}

fn grouped(
    shown: &[(DisplayState, &CheckView)],
    found: &[(DisplayState, &CheckView)],
    now: Wall,
    shared: &BTreeSet<(&str, &str)>,
) -> Vec<Group> {
    let mut rows: BTreeMap<DisplayState, Vec<CheckRow>> = BTreeMap::new();
    for (standing, view) in shown {
        rows.entry(*standing).or_default().push(CheckRow::among(view, now, shared));
    }
    rows.into_iter()
        .map(|(standing, rows)| Group {
            standing: standing.as_str(),
            count: found.iter().filter(|(other, _)| *other == standing).count(),
            rows,
        })
        .collect()
}

fn chosen_service<'s>(setup: &'s Setup, name: &str) -> Result<Option<&'s ServiceSpec>, Problem> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = setup.services.iter().find(|service| service.name.as_str() == name);
    found.map(|service| Some(&**service)).ok_or_else(|| Problem::not_found(&format!("service `{name}`")))
}

/// Links that keep the filter.
struct Link {
    service: String,
    query: String,
    states: String,
    labels: Vec<String>,
}

impl Link {
    fn of(params: &Params) -> Self {
        Self {
            service: params.one("service").unwrap_or("").to_owned(),
            query: params.one("q").unwrap_or("").to_owned(),
            states: params.all("state").collect::<Vec<_>>().join(","),
            labels: params.all("label").map(str::to_owned).collect(),
        }
    }
    fn to(&self, states: &str, page: usize) -> String {
        let mut parts = Vec::new();
        if !self.service.is_empty() {
            parts.push(format!("service={}", escaped(&self.service)));
        }
        if !self.query.is_empty() {
            parts.push(format!("q={}", escaped(&self.query)));
        }
        if !states.is_empty() {
            parts.push(format!("state={}", escaped(states)));
        }
        parts.extend(self.labels.iter().map(|label| format!("label={}", escaped(label))));
        if page > 1 {
            parts.push(format!("page={page}"));
        }
        if parts.is_empty() { "/".to_owned() } else { format!("/?{}", parts.join("&")) }
    }
}
