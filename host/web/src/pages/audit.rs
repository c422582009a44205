//! `/audit`: who did what.

use askama::Template;
use axum::response::Response;
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::time::Wall;

use super::layout::{Here, Layout};
use super::render;
use super::words::{Moment, Part, escaped, prose, shortened};
use crate::api::audit::{checked, filter};
use crate::api::query::Params;
use crate::host::AuditPage as Found;
use crate::problem::Problem;
use crate::router::{App, State};

const ROWS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    layout: Layout,
    rows: Vec<AuditRow>,
    by: String,
    what: String,
    older: Option<String>,
    /// That the log is whole, or why it is not, where somebody asked.
    checked: Option<Result<Vec<Part>, Vec<Part>>>,
}

struct AuditRow {
    number: u64,
    at: Moment,
    by: String,
    role: String,
    by_way_of: String,
    from: String,
    what: String,
    on: String,
    before: String,
    after: String,
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["by", "what", "cursor", "check"])?;
    let checked = match params.one("check") {
        Some(_) => Some(match checked(&app, &Params::default()).await?.sentence() {
            Ok(said) => Ok(prose(&said)),
            Err(said) => Err(prose(&said)),
        }),
        None => None,
    };
    let Found { entries, next } = app.host.audit_log(filter(&params, ROWS_MAX)?).await?;
    let now = app.host.now();
    let (by, what) = (params.one("by").unwrap_or_default(), params.one("what").unwrap_or_default());
    render(&AuditPage {
        rows: entries.into_iter().map(|entry| row(entry, now)).collect(),
        by: by.to_owned(),
        what: what.to_owned(),
        checked,
        older: next.map(|next| format!("/audit?by={}&what={}&cursor={next}", escaped(by), escaped(what))),
        layout: Layout::new(&app, Here::Audit),
    })
}

fn row(entry: AuditEntry, now: Wall) -> AuditRow {
    let AuditEntry { number, at, who, what, on, before, after } = entry;
    AuditRow {
        number,
        at: Moment::new(at, now),
        by: who.name,
        role: who.role,
        by_way_of: who.by_way_of,
        from: who.from,
        what,
        on: shortened(&on, 200),
        before: shortened(&before, 400),
        after: shortened(&after, 400),
    }
}
