//! The attachments of one check that are kept, and which of them a reviewer accepted.

use axum::Json;
use serde::Serialize;
use watchkeep_core::commit::AcceptedSnapshot;
use watchkeep_core::ids::CheckName;
use watchkeep_core::input::Command;

use super::json::{List, time};
use super::query::{Named, Params};
use crate::host::SnapshotFacts;
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Serialize)]
pub(crate) struct SnapshotItem {
    id: String,
    series: Option<String>,
    at: String,
    name: String,
    media_type: String,
    size_bytes: u64,
    url: String,
}

impl From<SnapshotFacts> for SnapshotItem {
    fn from(facts: SnapshotFacts) -> Self {
        let SnapshotFacts { series, at, name, media_type, size_bytes, digest } = facts;
        let url = format!("/snapshots/{digest}");
        Self { id: digest.to_string(), series, at: time(at), name, media_type, size_bytes, url }
    }
}

/// Lists the newest snapshots, newest first. Older ones are found through the results that they came with.
pub(crate) async fn list(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<SnapshotItem>>, Problem> {
    params.only(&["limit"])?;
    let check = CheckName::from(name.as_str());
    let found = app.host.snapshots(check.clone(), params.page()?.limit).await?;
    if found.is_empty() && app.host.check(&check).is_none() {
        return Err(Problem::not_found(&format!("check `{check}`")));
    }
    Ok(Json(List::whole(found.into_iter().map(SnapshotItem::from).collect())))
}

/// Makes a picture the one to compare with from now on: the one with this `id`, or the newest of the series.
pub(crate) async fn accept(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<SnapshotItem>, Problem> {
    params.only(&["series", "id"])?;
    let facts = accept_one(&app, &name, params.one("series"), params.one("id")).await?;
    Ok(Json(facts.into()))
}

/// The same for the page's form.
pub(crate) async fn accept_one(
    app: &App,
    name: &str,
    series: Option<&str>,
    id: Option<&str>,
) -> Result<SnapshotFacts, Problem> {
    let check = CheckName::from(name);
    if app.host.check(&check).is_none() {
        return Err(Problem::not_found(&format!("check `{check}`")));
    }
    let series = series.ok_or_else(|| {
        Problem::invalid("which series? hint: `series=NAME`, as the list of snapshots names it")
    })?;
    let found = app.host.snapshots(check.clone(), usize::MAX).await?;
    let chosen = found.into_iter().find(|facts| {
        facts.series.as_deref() == Some(series) && id.is_none_or(|id| facts.digest.to_string() == id)
    });
    let facts = chosen.ok_or_else(|| Problem::not_found(&format!("such a snapshot of series `{series}`")))?;
    let accepted = AcceptedSnapshot {
        check,
        series: series.to_owned(),
        at: facts.at,
        name: facts.name.clone(),
        media_type: facts.media_type.clone(),
        size_bytes: facts.size_bytes,
        digest: facts.digest,
    };
    app.host.command(Command::AcceptSnapshot(accepted)).await?;
    Ok(facts)
}
