//! `/feed`: what alerts did in the last 24 hours, newest first, with what can be done about those that are open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::response::Response;
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::Transition;
use watchkeep_core::report::{Severity, State as CheckState};
use watchkeep_core::service::{ServiceSpec, labels};
use watchkeep_core::time::Wall;

use super::layout::{Here, Layout};
use super::render;
use super::rows::{AlertRow, RowContext, alert_link};
use super::words::{Moment, Part, escaped, shortened, timed, web_link};
use crate::api::json::transition;
use crate::api::query::Params;
use crate::host::{Cursor, PageRequest, TransitionQuery};
use crate::problem::Problem;
use crate::router::{App, State};

const ROWS_MAX: usize = 100;
const SHOWN: Duration = Duration::from_secs(86_400);

#[derive(Template)]
#[template(path = "feed.html")]
struct FeedPage {
    layout: Layout,
    rows: Vec<FeedRow>,
    levels: Vec<(&'static str, String, bool)>,
    older: Option<String>,
    has_services: bool,
}

struct FeedRow {
    at: Moment,
    severity: &'static str,
    /// The state that gives it its look.
    look: &'static str,
    service: String,
    what: String,
    href: String,
    became: &'static str,
    message: Vec<Part>,
    runbook: Option<String>,
    /// The alert, in its newest row, while it is open.
    open: Option<AlertRow>,
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["severity", "cursor"])?;
    let level = level(&params)?;
    let now = app.host.now();
    let after = params.one("cursor").map(|cursor| Cursor(cursor.to_owned()));
    let page = PageRequest { after, limit: ROWS_MAX };
    let query = TransitionQuery { check: None, from: Some(now - SHOWN), to: None, page };
    let found = app.host.transitions(query).await?;
    let setup = app.host.setup();
    let seen = RowContext::of(&app);
    let mut open: BTreeMap<AlertKey, Arc<AlertRecord>> =
        app.host.alerts().into_iter().map(|alert| (alert.key.clone(), alert)).collect();
    let rows = found.items.iter().filter(|change| change.at >= now - SHOWN);
    let rows = rows.filter_map(|change| {
        let is_open = open.get(&change.key).is_some_and(|alert| alert.id == change.alert);
        // What can be done stands with the newest row of an alert alone.
        let alert = if is_open { open.remove(&change.key) } else { None };
        let severity = severity(change);
        level.is_none_or(|level| level == severity).then(|| {
            let open = alert.map(|alert| AlertRow::of(&seen, &alert));
            row(&app, change, (now, severity), open, &setup.services)
        })
    });
    let words = [None, Some(Severity::Error), Some(Severity::Warning), Some(Severity::Info)];
    let link = |level: Option<Severity>| match level {
        None => ("all", "/feed".to_owned()),
        Some(level) => (level.as_str(), format!("/feed?severity={}", level.as_str())),
    };
    let kept = level.map(|level| format!("severity={}&", level.as_str())).unwrap_or_default();
    render(&FeedPage {
        rows: rows.collect(),
        levels: words.map(|word| (link(word).0, link(word).1, word == level)).into(),
        older: found.next.map(|cursor| format!("/feed?{kept}cursor={}", escaped(&cursor.0))),
        has_services: !setup.services.is_empty(),
        layout: Layout::new(&app, Here::Alerts),
    })
}

fn level(params: &Params) -> Result<Option<Severity>, Problem> {
    let Some(asked) = params.one("severity") else { return Ok(None) };
    let all = [Severity::Error, Severity::Warning, Severity::Info];
    let found = all.into_iter().find(|level| level.as_str() == asked);
    found.map(Some).ok_or_else(|| {
        Problem::invalid(format!("`{asked}` is not a severity; hint: there is `error`, `warning`, `info`"))
    })
}

/// That of the state in which it is afterwards: an end is a piece of information.
fn severity(change: &Transition) -> Severity {
    change.state.severity()
}

fn row(
    app: &App,
    change: &Transition,
    (now, severity): (Wall, Severity),
    open: Option<AlertRow>,
    services: &[Arc<ServiceSpec>],
) -> FeedRow {
    let view = change.key.check().and_then(|check| app.host.check(check));
    let of_check = view.as_ref().map(|view| labels(&view.spec));
    let names = services.iter().filter(|service| of_check.as_ref().is_some_and(|labels| service.has(labels)));
    FeedRow {
        at: Moment::new(change.at, now),
        severity: match severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        look: match severity {
            Severity::Error => CheckState::Critical.as_str(),
            Severity::Warning => CheckState::Warning.as_str(),
            Severity::Info => CheckState::Ok.as_str(),
        },
        service: names.map(|service| service.name.to_string()).collect::<Vec<_>>().join(", "),
        what: shortened(&change.key.to_string(), 200),
        href: alert_link(change.alert.as_str(), change.key.check()),
        became: transition(change.kind),
        message: timed(&shortened(&change.summary, 240)),
        runbook: view.and_then(|view| web_link(view.spec.runbook.as_deref()?)),
        open,
    }
}
