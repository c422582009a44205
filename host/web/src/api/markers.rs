//! Moments that people and their tools mark in charts, such as deployments.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use watchkeep_core::ids::CheckName;
use watchkeep_core::marker::Marker;
use watchkeep_core::service::labels as labels_of;
use watchkeep_core::setup::CheckSpec;
use watchkeep_core::time::Wall;

use super::body::Body;
use super::json::{List, labels, time};
use super::query::{Named, Params};
use crate::caller::Writer;
use crate::markers::{self, MarkerRequest};
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Serialize)]
pub(crate) struct MarkerItem {
    id: String,
    at: String,
    text: String,
    /// Empty if there is none.
    link: String,
    labels: BTreeMap<String, String>,
    by: String,
}

impl MarkerItem {
    fn of(marker: &Marker) -> Self {
        Self {
            id: marker.id.to_string(),
            at: time(marker.at),
            text: marker.text.clone(),
            link: marker.link.clone(),
            labels: labels(&marker.labels),
            by: marker.by.clone(),
        }
    }
}

/// Newest first. The cursor is the last marker: one that was removed meanwhile begins anew.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<MarkerItem>>, Problem> {
    params.only(&["check", "from", "to", "limit", "cursor"])?;
    let page = params.page()?;
    let from = params.time("from")?.unwrap_or(Wall::from_millis(i64::MIN));
    let to = params.time("to")?.unwrap_or(Wall::from_millis(i64::MAX));
    let mut found = app.host.markers().between(&(from..to));
    if let Some(check) = params.one("check") {
        let labels = labels_of(&*check_spec(&app, check)?);
        found.retain(|marker| marker.concerns(&labels));
    }
    List::cut(found, &page, |it| it.id.as_str(), |it| MarkerItem::of(it)).map(Json)
}

fn check_spec(app: &App, name: &str) -> Result<Arc<CheckSpec>, Problem> {
    let found = app.host.check(&CheckName::from(name)).map(|view| view.spec);
    found.ok_or_else(|| Problem::not_found(&format!("check `{name}`")))
}

pub(crate) async fn set(
    State(app): State<App>,
    params: Params,
    writer: Writer,
    Body(asked): Body<MarkerRequest>,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let marker = markers::set(&app, &writer, &asked).await?;
    Ok((StatusCode::CREATED, Json(MarkerItem::of(&marker))).into_response())
}

pub(crate) async fn remove(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<MarkerItem>, Problem> {
    params.only(&[])?;
    Ok(Json(MarkerItem::of(&*markers::remove(&app, &id).await?)))
}
