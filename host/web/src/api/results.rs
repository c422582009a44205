//! The history of one check.

use axum::Json;
use watchkeep_core::ids::CheckName;

use super::json::{List, ResultItem};
use super::query::{Named, Params};
use crate::host::ResultQuery;
use crate::problem::Problem;
use crate::router::{App, State};

/// Lists results, newest first. The history of a removed check can still be read, so an unknown name gets an error only
/// if the store has nothing about it.
pub(crate) async fn list(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<ResultItem>>, Problem> {
    params.only(&["from", "to", "limit", "cursor"])?;
    let check = CheckName::from(name.as_str());
    let query = ResultQuery {
        check: check.clone(),
        from: params.time("from")?,
        to: params.time("to")?,
        page: params.page()?,
    };
    let first = query.page.after.is_none() && query.from.is_none() && query.to.is_none();
    let page = app.host.results(query).await?;
    if first && page.items.is_empty() && app.host.check(&check).is_none() {
        return Err(Problem::not_found(&format!("check `{check}`")));
    }
    Ok(Json(List::of(page, |row| ResultItem::of(&row))))
}
