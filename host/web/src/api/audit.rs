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

/// Whether the log is whole.
#[derive(Serialize)]
pub(crate) struct CheckItem {
    is_whole: bool,
    /// What was changed or taken out, a sentence each.
    problems: Vec<String>,
    newest_number: Option<u64>,
    newest_hash: Option<String>,
}

/// Reads the whole log. With `expect`, a number and a hash as they were told before, it finds as well what was cut off, or
/// written anew from there on.
pub(crate) async fn check(State(app): State<App>, params: Params) -> Result<Json<CheckItem>, Problem> {
    params.only(&["expect"])?;
    Ok(Json(checked(&app, &params).await?))
}

fn expected(text: &str) -> Result<(u64, String), Problem> {
    let read = || {
        let (number, hash) = text.split_once(':')?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_number = (1..20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_hash && is_number).then(|| Some((number.parse().ok()?, hash.to_ascii_lowercase())))?
    };
    read().ok_or_else(|| {
        Problem::invalid("`expect` is not a number and a hash; hint: write it as `NUMBER:HASH`, as a check before told them")
    })
}

pub(crate) async fn checked(app: &App, params: &Params) -> Result<CheckItem, Problem> {
    let expected = params.written("expect").map(expected).transpose()?;
    let found = app.host.audit_check(expected.as_ref().map(|(number, _)| *number)).await?;
    let mut problems = found.problems;
    if let Some((number, hash)) = expected
        && found.asked.is_none_or(|asked| asked.to_string() != hash)
    {
        problems.push(format!("entry {number} is not the one that had this hash"));
    }
    Ok(CheckItem {
        is_whole: problems.is_empty(),
        problems,
        newest_number: found.newest.map(|(number, _)| number),
        newest_hash: found.newest.map(|(_, hash)| hash.to_string()),
    })
}

impl CheckItem {
    /// As the page says it.
    pub(crate) fn sentence(&self) -> Result<String, String> {
        match (&self.newest_number, &self.newest_hash) {
            _ if !self.is_whole => Err(self.problems.join("; ")),
            (Some(number), Some(hash)) => {
                Ok(format!("The log is whole up to entry {number}. Its hash: {number}:{hash}"))
            }
            _ => Ok("The log is empty.".to_owned()),
        }
    }
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
