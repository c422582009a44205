//! Checks as they are now.

use axum::Json;
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::ids::CheckName;

use super::json::{AlertItem, CheckDetail, CheckItem, List};
use super::query::{Named, Params};
use crate::explain::Scene;
use crate::filter::{CheckFilter, DisplayState};
use crate::problem::Problem;
use crate::router::{App, State};

/// Lists checks in the order of their names; the cursor is the last name.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<CheckItem>>, Problem> {
    params.only(&["state", "label", "q", "limit", "cursor"])?;
    let filter = CheckFilter::read(&params)?;
    let page = params.page()?;
    let after = page.after.as_ref().map(|cursor| cursor.0.as_str());
    let checks = app.host.checks();
    let mut found = checks
        .iter()
        .filter(|view| after.is_none_or(|after| view.spec.name.as_str() > after))
        .filter(|view| filter.shows(DisplayState::of(view)) && filter.finds(view));
    let items: Vec<_> = found.by_ref().take(page.limit).collect();
    let next = found.next().and(items.last()).map(|last| last.spec.name.to_string());
    Ok(Json(List { items: items.into_iter().map(CheckItem::of).collect(), next }))
}

pub(crate) async fn one(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<CheckDetail>, Problem> {
    params.only(&[])?;
    let name = CheckName::from(name.as_str());
    let view = app.host.check(&name).ok_or_else(|| Problem::not_found(&format!("check `{name}`")))?;
    let (alerts, scene) = (app.host.alerts(), Scene::of(&app.host));
    let alerts = alerts
        .iter()
        .filter(|alert| is_about(alert, &name))
        .map(|alert| AlertItem::of(alert, &scene))
        .collect();
    Ok(Json(CheckDetail::of(&view, alerts)))
}

pub(crate) fn is_about(alert: &AlertRecord, check: &CheckName) -> bool {
    alert.key.check() == Some(check)
}
