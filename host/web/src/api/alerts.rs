//! Open alerts, and what happened to them.

use std::sync::Arc;

use axum::Json;
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::ids::CheckName;

use super::json::{AlertItem, List, TransitionItem};
use super::query::{Named, Params};
use crate::alerts::{AlertFilter, Order, Place};
use crate::explain::Scene;
use crate::host::TransitionQuery;
use crate::problem::Problem;
use crate::router::{App, State};

/// How many alerts a page has if the client does not say.
pub(crate) const LIMIT: usize = 200;

/// Lists open alerts. Only those on the page are turned into JSON: ten thousand may be open.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<AlertItem>>, Problem> {
    params.only(&[&AlertFilter::PARAMETERS[..], &["sort", "limit", "cursor"]].concat())?;
    let filter = AlertFilter::read(&params)?;
    let order = Order::read(&params)?;
    let page = params.page_of(LIMIT)?;
    let after = page.after.as_ref().map(|cursor| order.place(&cursor.0)).transpose()?;
    let alerts = app.host.alerts();
    let scene = Scene::of(&app.host);
    let mut found: Vec<(Place, &Arc<AlertRecord>)> = alerts
        .iter()
        .filter(|alert| filter.shows(alert, &scene.hours))
        .map(|alert| (order.of(alert, &scene.hours), alert))
        .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
        .collect();
    let more = found.len() > page.limit;
    if more {
        found.select_nth_unstable_by(page.limit, |one, other| one.0.cmp(&other.0));
        found.truncate(page.limit);
    }
    found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let next = found.last().filter(|_| more).map(|(place, _)| order.cursor(place));
    Ok(Json(List { items: found.iter().map(|(_, alert)| AlertItem::of(alert, &scene)).collect(), next }))
}

pub(crate) async fn one(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<AlertItem>, Problem> {
    params.only(&[])?;
    Ok(Json(AlertItem::of(&*open(&app, &id)?, &Scene::of(&app.host))))
}

/// The open alert with this id.
pub(crate) fn open(app: &App, id: &str) -> Result<Arc<AlertRecord>, Problem> {
    app.host.alerts().into_iter().find(|alert| alert.id.as_str() == id).ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Problem::not_found(&format!("an open alert `{shown}`"))
    })
}

pub(crate) async fn transitions(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<TransitionItem>>, Problem> {
    transitions_page(&app, None, &params).await
}

pub(crate) async fn transitions_of_check(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<TransitionItem>>, Problem> {
    transitions_page(&app, Some(CheckName::from(name.as_str())), &params).await
}

async fn transitions_page(
    app: &App,
    check: Option<CheckName>,
    params: &Params,
) -> Result<Json<List<TransitionItem>>, Problem> {
    params.only(&["from", "to", "limit", "cursor"])?;
    let query =
        TransitionQuery { check, from: params.time("from")?, to: params.time("to")?, page: params.page()? };
    let page = app.host.transitions(query).await?;
    Ok(Json(List::of(page, |row| TransitionItem::of(&row))))
}
