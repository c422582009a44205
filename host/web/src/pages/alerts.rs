//! `/alerts`: everything that is open, with what can be done about it, then what happened recently.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::time::Wall;

use super::layout::{Here, Layout};
use super::render;
use super::rows::{AlertRow, Fold, RowContext, alert_link, is_firing};
use super::words::{Moment, Part, counted, escaped, shortened, timed};
use crate::alerts::{AlertFilter, Order, Place};
use crate::api::json::transition;
use crate::api::query::Params;
use crate::host::{Cursor, PageRequest, TransitionQuery};
use crate::problem::Problem;
use crate::router::{App, State};

const OPEN_MAX: usize = 100;
const HISTORY_MAX: usize = 100;

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    layout: Layout,
    firing: Vec<AlertRow>,
    folds: Vec<Fold>,
    pending: Vec<AlertRow>,
    open_total: usize,
    /// The number of open alerts, as in `5 open alerts`.
    open_shown: String,
    found: usize,
    filtered: bool,
    query: String,
    matchers: Vec<String>,
    choices: Vec<Choice>,
    next: Option<String>,
    /// The history; `None` when somebody searches or pages through what is open.
    history: Option<History>,
}

/// One choice among a few words.
struct Choice {
    name: &'static str,
    label: &'static str,
    options: Vec<(&'static str, &'static str, bool)>,
}

struct History {
    rows: Vec<HistoryRow>,
    older: Option<String>,
}

struct HistoryRow {
    at: Moment,
    what: String,
    href: String,
    transition: &'static str,
    state: &'static str,
    summary: Vec<Part>,
}

/// Each choice as it is in the address, and as people read it.
type Options = &'static [(&'static str, &'static str)];

/// What can be filtered by, beside the words and the matchers.
const CHOICES: [(&str, &str, Options); 4] = [
    (
        "state",
        "State",
        &[("", "any state"), ("critical", "critical"), ("warning", "warning"), ("unknown", "unknown")],
    ),
    ("acknowledged", "Taken", &[("", "taken or not"), ("false", "nobody has it"), ("true", "acknowledged")]),
    (
        "held",
        "Held back",
        &[
            ("", "held back or not"),
            ("false", "not held back"),
            ("true", "held back"),
            ("silenced", "silenced"),
            ("maintenance", "maintenance"),
            ("dependency", "dependency"),
            ("flapping", "flapping"),
            ("notify-hours", "notify hours"),
            ("host-offline", "host offline"),
        ],
    ),
    (
        "sort",
        "Order",
        &[("", "worst first"), ("newest", "newest first"), ("oldest", "oldest first"), ("name", "by name")],
    ),
];
/// The parameters that are read from the address and kept in links.
const KEPT: [&str; 8] = ["q", "phase", "state", "severity", "acknowledged", "held", "match", "sort"];

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[&KEPT[..], &["check", "after", "cursor"]].concat())?;
    let filter = AlertFilter::read(&params)?;
    let order = Order::read(&params)?;
    let after = params.one("after").map(|cursor| order.place(cursor)).transpose()?;
    let open = app.host.alerts();
    let seen = RowContext::of(&app);
    let hours = &seen.scene.hours;
    let mut found: Vec<(Place, &Arc<AlertRecord>)> = open
        .iter()
        .filter(|alert| filter.shows(alert, hours))
        .map(|alert| (order.of(alert, hours), alert))
        .collect();
    let found_total = found.len();
    found.retain(|(place, _)| after.as_ref().is_none_or(|after| place > after));
    found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let more = found.len() > OPEN_MAX;
    found.truncate(OPEN_MAX);
    let next = found.last().filter(|_| more).map(|(place, _)| next_link(&params, &order.cursor(place)));
    let found: Vec<Arc<AlertRecord>> = found.into_iter().map(|(_, alert)| Arc::clone(alert)).collect();
    let (firing, pending): (Vec<_>, Vec<_>) = found.into_iter().partition(|alert| is_firing(alert));
    // Whoever sorts the list or filters by what is held wants to see all of it unfolded.
    let folding = order == Order::Worst && params.one("held").is_none();
    let (held, firing): (Vec<_>, Vec<_>) =
        firing.into_iter().partition(|alert| folding && hours.is_held(alert));
    let rows = |alerts: &[Arc<AlertRecord>]| -> Vec<AlertRow> {
        alerts.iter().map(|alert| AlertRow::of(&seen, alert)).collect()
    };
    let filtered = KEPT.iter().any(|name| *name != "sort" && params.one(name).is_some());
    let searching = filtered || after.is_some() || params.one("check").is_some();
    let history = if searching { None } else { Some(history(&app, &params, seen.scene.now).await?) };
    render(&AlertsPage {
        firing: rows(&firing),
        folds: Fold::of(&seen, &held, OPEN_MAX),
        pending: rows(&pending),
        open_total: open.len(),
        open_shown: counted(open.len(), "open alert"),
        found: found_total,
        filtered,
        query: params.one("q").unwrap_or("").to_owned(),
        matchers: params.all("match").map(str::to_owned).collect(),
        choices: CHOICES.map(|(name, label, options)| choice(&params, name, label, options)).into(),
        next,
        history,
        layout: Layout::new(&app, Here::Alerts),
    })
}

fn choice(params: &Params, name: &'static str, label: &'static str, options: Options) -> Choice {
    let chosen = params.one(name).unwrap_or("");
    let options = options.iter().map(|(value, word)| (*value, *word, *value == chosen)).collect();
    Choice { name, label, options }
}

fn next_link(params: &Params, cursor: &str) -> String {
    let mut parts: Vec<String> = KEPT
        .iter()
        .flat_map(|name| params.all(name).map(move |value| format!("{name}={}", escaped(value))))
        .collect();
    parts.push(format!("after={}", escaped(cursor)));
    format!("/alerts?{}", parts.join("&"))
}

async fn history(app: &App, params: &Params, now: Wall) -> Result<History, Problem> {
    let after = params.one("cursor").map(|cursor| Cursor(cursor.to_owned()));
    let page = PageRequest { after, limit: HISTORY_MAX };
    let history = app.host.transitions(TransitionQuery { check: None, from: None, to: None, page }).await?;
    let rows = history.items.iter().map(|row| HistoryRow {
        at: Moment::new(row.at, now),
        what: row.key.to_string(),
        href: alert_link(row.alert.as_str(), row.key.check()),
        transition: transition(row.kind),
        state: row.state.as_str(),
        summary: timed(&shortened(&row.summary, 240)),
    });
    Ok(History {
        rows: rows.collect(),
        older: history.next.map(|cursor| format!("/alerts?cursor={}#history", escaped(&cursor.0))),
    })
}
