//! `/alerts`: everything open, then what happened lately.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::layout::{Here, Layout};
use super::render;
use super::rows::{AlertRow, check_link, is_firing};
use super::words::{Moment, escaped, shortened};
use crate::api::alerts::sorted;
use crate::api::json::transition;
use crate::api::query::Params;
use crate::host::{Cursor, PageRequest, TransitionQuery};
use crate::problem::Problem;
use crate::router::App;

const OPEN_MAX: usize = 300;
const HISTORY_MAX: usize = 100;

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    layout: Layout,
    firing: Vec<AlertRow>,
    pending: Vec<AlertRow>,
    more: usize,
    history: Vec<HistoryRow>,
    older: Option<String>,
}

struct HistoryRow {
    at: Moment,
    what: String,
    href: String,
    transition: &'static str,
    state: &'static str,
    summary: String,
}

pub(super) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["cursor"])?;
    let now = app.host.now();
    let after = params.one("cursor").map(|cursor| Cursor(cursor.to_owned()));
    let query = TransitionQuery {
        check: None,
        from: None,
        to: None,
        page: PageRequest { after, limit: HISTORY_MAX },
    };
    let history = app.host.transitions(query).await?;
    let open = sorted(app.host.alerts());
    let more = open.len().saturating_sub(OPEN_MAX);
    let rows = |firing: bool| -> Vec<AlertRow> {
        let open = open.iter().take(OPEN_MAX).filter(|alert| is_firing(alert) == firing);
        open.map(|alert| AlertRow::of(&app, alert, now)).collect()
    };
    render(&AlertsPage {
        firing: rows(true),
        pending: rows(false),
        more,
        history: history
            .items
            .iter()
            .map(|row| HistoryRow {
                at: Moment::new(row.at, now),
                what: row.key.to_string(),
                href: row.key.check().map_or("/plugins".to_owned(), |check| check_link(check.as_str())),
                transition: transition(row.kind),
                state: row.state.as_str(),
                summary: shortened(&row.summary, 240),
            })
            .collect(),
        older: history.next.map(|cursor| format!("/alerts?cursor={}#history", escaped(&cursor.0))),
        layout: Layout::new(&app, Here::Alerts),
    })
}
