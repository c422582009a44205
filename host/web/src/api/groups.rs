//! Open groups: alerts whose notifications are sent together.

use std::sync::Arc;

use axum::Json;
use watchkeep_core::group::GroupRecord;

use super::json::{GroupItem, List};
use super::query::{Named, Params};
use crate::problem::Problem;
use crate::router::{App, State};

/// Lists groups in the order of their ids, which has no meaning but does not change; the cursor is the last id.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<GroupItem>>, Problem> {
    params.only(&["route", "limit", "cursor"])?;
    let page = params.page()?;
    let route = params.one("route");
    let after = page.after.as_ref().map(|cursor| cursor.0.as_str());
    let mut found: Vec<(String, Arc<GroupRecord>)> = app
        .host
        .groups()
        .into_iter()
        .filter(|group| route.is_none_or(|route| group.key.route.as_str() == route))
        .map(|group| (group.key.id(), group))
        .filter(|(id, _)| after.is_none_or(|after| id.as_str() > after))
        .collect();
    found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let more = found.len() > page.limit;
    found.truncate(page.limit);
    let next = found.last().filter(|_| more).map(|(id, _)| id.clone());
    Ok(Json(List { items: found.iter().map(|(_, group)| GroupItem::of(group, &*app.host)).collect(), next }))
}

pub(crate) async fn one(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<GroupItem>, Problem> {
    params.only(&[])?;
    Ok(Json(GroupItem::of(&*group(&app, &id)?, &*app.host)))
}

/// The open group with this id.
pub(crate) fn group(app: &App, id: &str) -> Result<Arc<GroupRecord>, Problem> {
    app.host.groups().into_iter().find(|group| group.key.id() == id).ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Problem::not_found(&format!("an open group `{shown}`"))
    })
}
