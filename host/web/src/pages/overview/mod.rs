//! `/`: what broke, since when, and every check, worst first.

mod groups;
mod services;

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::service::{ServiceSpec, labels as labels_of};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use self::groups::{By, Choice, GROUPS_MAX, Members, choices, members, rows_of_each, tally};
use self::services::{ServiceCell, cells};
use super::layout::{Here, Layout};
use super::render;
use super::rows::{AlertRow, CheckRow, Chip, Fold, RowContext, is_firing, labels, shared};
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
    services: Vec<ServiceCell>,
    /// The service that is shown; empty for all checks.
    service: String,
    group_by: String,
    choices: Vec<Choice>,
    /// How many checks are left out of the list, because their alerts stand above it.
    above: usize,
    /// Labels that all alerts on the page have.
    alerts_shared: Vec<Chip>,
    wall: bool,
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
    name: String,
    /// How many of its checks are in which state; empty where the group is one state.
    tally: String,
    /// How many there are on all pages.
    count: usize,
    rows: Vec<CheckRow>,
    /// How many more there are, and where.
    more: Option<(usize, String)>,
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["q", "state", "label", "page", "service", "group", "wall"])?;
    let filter = CheckFilter::read(&params)?;
    let number = number(&params)?;
    let link = Link::of(&params);
    let setup = app.host.setup();
    let checks = app.host.checks();
    let service = service(&setup.services, &params)?;
    let mut found: Vec<(DisplayState, &CheckView)> = checks
        .iter()
        .filter(|view| {
            filter.finds(view) && service.is_none_or(|service| service.has(&labels_of(&view.spec)))
        })
        .map(|view| (DisplayState::of(view), view))
        .collect();
    let counts = counts(&found, &filter, &link);
    found.retain(|(standing, _)| filter.shows(*standing));
    found.sort_by_key(|(standing, view)| order(*standing, view));
    let wall = params.has("wall");
    if wall {
        // From across a room one reads only what is not well.
        found.retain(|(standing, _)| standing.is_bad());
    }

    let now = app.host.now();
    let seen = RowContext::of(&app);
    let alerting = Alerting::of(&seen, app.host.alerts());
    let filtered =
        params.one("q").is_some() || !link.states.is_empty() || !link.labels.is_empty() || service.is_some();
    let by = By::read(params.one("group"));
    let total = found.len();
    if !filtered && by == By::State {
        found.retain(|(_, view)| !alerting.shown.contains(view.spec.name.as_str()));
    }
    let above = total - found.len();
    let shared = shared(found.iter().map(|(_, view)| *view));
    let list = list(&by, &found, &setup.services, (number, &link), (now, &shared));
    let last_result = checks.iter().filter_map(|view| view.last.as_ref()).map(|row| row.finished_at).max();
    render(&Overview {
        counts,
        services: if service.is_none() { cells(&setup.services, &checks) } else { Vec::new() },
        alerts: alerting.rows,
        alerts_shared: alerting.shared,
        alerts_more: alerting.more,
        folds_more: alerting.folds.len().saturating_sub(FOLDS_MAX),
        folds: alerting.folds.into_iter().take(FOLDS_MAX).collect(),
        dead: DeadLetters::of(&app, now),
        clock_doubted: app.host.clock_doubted_until().map(clock_doubted).unwrap_or_default(),
        pending: alerting.pending,
        pending_more: alerting.pending_more,
        last_result: last_result.map(|at| Moment::new(at, now)),
        query: params.one("q").unwrap_or("").to_owned(),
        states: link.states.clone(),
        labels: link.labels.clone(),
        service: link.service.clone(),
        group_by: link.group.clone(),
        choices: choices(&by, &found, &setup.services, &link),
        filtered,
        shared: labels(shared.iter().copied()),
        groups: list.groups,
        checks_total: checks.len(),
        found: found.len(),
        above,
        first: list.first,
        last: list.last,
        previous_page: list.previous_page,
        next_page: list.next_page,
        wall,
        layout: Layout::new(&app, Here::Overview),
    })
}

fn number(params: &Params) -> Result<usize, Problem> {
    let Some(text) = params.one("page") else { return Ok(1) };
    let number = text.parse::<usize>().ok().filter(|page| (1..=1_000_000).contains(page));
    number.ok_or_else(|| Problem::invalid(format!("`page` is a number from 1, not `{text}`")))
}

fn service<'s>(
    services: &'s [Arc<ServiceSpec>],
    params: &Params,
) -> Result<Option<&'s ServiceSpec>, Problem> {
    let Some(name) = params.one("service") else { return Ok(None) };
    let found = services.iter().find(|service| service.name.as_str() == name);
    let found = found.map(|service| Some(&**service));
    found.ok_or_else(|| Problem::not_found(&format!("service `{}`", shortened(name, 200))))
}

/// What is alerting, as it stands above the list.
struct Alerting {
    rows: Vec<AlertRow>,
    more: usize,
    shared: Vec<Chip>,
    folds: Vec<Fold>,
    pending: Vec<AlertRow>,
    pending_more: usize,
    /// The checks whose own alerts these are.
    shown: BTreeSet<String>,
}

impl Alerting {
    fn of(seen: &RowContext<'_>, open: Vec<Arc<AlertRecord>>) -> Self {
        let hours = &seen.scene.hours;
        let (firing, pending): (Vec<_>, Vec<_>) = open.into_iter().partition(|alert| is_firing(alert));
        let (held, firing): (Vec<_>, Vec<_>) = firing.into_iter().partition(|alert| hours.is_held(alert));
        let (firing_total, pending_total) = (firing.len(), pending.len());
        let firing = worst(firing, ALERTS_MAX, hours);
        let pending = worst(pending, ALERTS_MAX, hours);
        let rows = |alerts: &[Arc<AlertRecord>]| -> Vec<AlertRow> {
            alerts.iter().map(|alert| AlertRow::of(seen, alert)).collect()
        };
        let own = |alert: &Arc<AlertRecord>| match &alert.key {
            AlertKey::Check(check) => Some(check.to_string()),
            AlertKey::Finding(..) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => None,
        };
        let mut shown_rows = rows(&firing);
        let shared = AlertRow::share(&mut shown_rows);
        Self {
            more: firing_total - firing.len(),
            shown: firing.iter().filter_map(own).collect(),
            rows: shown_rows,
            shared,
            folds: Fold::of(seen, &worst(held, usize::MAX, hours), ALERTS_MAX),
            pending_more: pending_total - pending.len(),
            pending: rows(&pending),
        }
    }
}

/// One page of the list of checks.
struct List {
    groups: Vec<Group>,
    first: usize,
    last: usize,
    previous_page: Option<String>,
    next_page: Option<String>,
}

fn list(
    by: &By,
    found: &[(DisplayState, &CheckView)],
    services: &[Arc<ServiceSpec>],
    (number, link): (usize, &Link),
    (now, shared): (Wall, &BTreeSet<(&str, &str)>),
) -> List {
    // By state, pages are of checks; else they are of groups, each of which shows its worst.
    let (all, size) = if *by == By::State {
        (found.len(), ROWS_MAX)
    } else {
        (members(by, found, services).len(), GROUPS_MAX)
    };
    let pages = all.div_ceil(size).max(1);
    let number = number.min(pages);
    let start = (number - 1) * size;
    let end = all.min(start + size);
    let row = |view: &CheckView| CheckRow::among(view, now, shared);
    let groups = if *by == By::State {
        let shown = members(by, &found[start..end], services).into_iter();
        let count = |standing| found.iter().filter(|(other, _)| *other == standing).count();
        shown
            .map(|Members { name, checks }| Group {
                name: name.unwrap_or_default(),
                tally: String::new(),
                count: checks.first().map_or(0, |(standing, _)| count(*standing)),
                rows: checks.iter().map(|(_, view)| row(view)).collect(),
                more: None,
            })
            .collect()
    } else {
        let most = rows_of_each(end - start);
        members(by, found, services)
            .into_iter()
            .skip(start)
            .take(size)
            .map(|Members { name, checks }| Group {
                tally: tally(&checks),
                count: checks.len(),
                rows: checks.iter().take(most).map(|(_, view)| row(view)).collect(),
                more: name
                    .as_deref()
                    .filter(|_| checks.len() > most)
                    .map(|name| (checks.len() - most, link.within(by, name))),
                name: name.unwrap_or_else(|| format!("without {}", by.text())),
            })
            .collect()
    };
    List {
        groups,
        first: if found.is_empty() { 0 } else { start + 1 },
        last: end,
        previous_page: (number > 1).then(|| link.to(&link.states, number - 1)),
        next_page: (number < pages).then(|| link.to(&link.states, number + 1)),
    }
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

/// Links that keep the filter.
struct Link {
    query: String,
    states: String,
    labels: Vec<String>,
    service: String,
    group: String,
}

impl Link {
    fn of(params: &Params) -> Self {
        Self {
            query: params.one("q").unwrap_or("").to_owned(),
            states: params.all("state").collect::<Vec<_>>().join(","),
            labels: params.all("label").map(str::to_owned).collect(),
            service: params.one("service").unwrap_or("").to_owned(),
            group: By::read(params.one("group")).text().to_owned(),
        }
    }
    fn to(&self, states: &str, page: usize) -> String {
        self.whole((states, &self.group), page, None)
    }
    fn grouped(&self, by: &By) -> String {
        self.whole((&self.states, by.text()), 1, None)
    }
    /// To all checks of one group.
    fn within(&self, by: &By, name: &str) -> String {
        let chosen = match by {
            By::State => ("state", name.to_owned()),
            By::Service => ("service", name.to_owned()),
            By::Plugin => ("q", name.to_owned()),
            By::Label(label) => ("label", format!("{label}={name}")),
        };
        self.whole((&self.states, ""), 1, Some(chosen))
    }
    fn whole(&self, (states, group): (&str, &str), page: usize, chosen: Option<(&str, String)>) -> String {
        let mut parts = Vec::new();
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                parts.push(format!("{name}={}", escaped(value)));
            }
        };
        add("q", &self.query);
        add("state", states);
        self.labels.iter().for_each(|label| add("label", label));
        add("service", &self.service);
        add("group", group);
        if let Some((name, value)) = &chosen {
            add(name, value);
        }
        if page > 1 {
            add("page", &page.to_string());
        }
        if parts.is_empty() { "/".to_owned() } else { format!("/?{}", parts.join("&")) }
    }
}
