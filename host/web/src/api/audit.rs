//! The audit log, newest first.

use axum::Json;
use serde::Serialize;
use watchkeep_core::audit_log::AuditEntry;

use super::json::{List, time};
use super::query::Params;
use crate::host::{AuditFilter, AuditPage};
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Serialize)]
pub(crate) struct AuditItem {
    number: u64,
    at: String,
    by: String,
    role: String,
    by_way_of: String,
    from: String,
    what: String,
    on: String,
    before: String,
    after: String,
}

impl AuditItem {
    fn of(entry: AuditEntry) -> Self {
        let AuditEntry { number, at, who, what, on, before, after } = entry;
        let at = time(at);
        Self {
            number,
            at,
            by: who.name,
            role: who.role,
            by_way_of: who.by_way_of,
            from: who.from,
            what,
            on,
            before,
            after,
        }
    }
}

/// The parameters that both the list and the page have.
pub(crate) fn filter(params: &Params, limit: usize) -> Result<AuditFilter, Problem> {
    let before = params.one("cursor").map(|cursor| {
        cursor.parse().map_err(|_| Problem::invalid("`cursor` is not one that this host gave"))
    });
    Ok(AuditFilter {
        before: before.transpose()?,
        by: params.one("by").map(str::to_owned),
        what: params.one("what").map(str::to_owned),
        limit,
    })
}

pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<AuditItem>>, Problem> {
    params.only(&["by", "what", "limit", "cursor"])?;
    let limit = params.page()?.limit;
    let AuditPage { entries, next } = app.host.audit_log(filter(&params, limit)?).await?;
    Ok(Json(List {
        items: entries.into_iter().map(AuditItem::of).collect(),
        next: next.map(|next| next.to_string()),
    }))
}
