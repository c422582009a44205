//! `/pipelines`: the jobs that ping when they run, each with its last runs.

use askama::Template;
use axum::response::Response;
use watchkeep_core::commit::ResultRow;
use watchkeep_core::heartbeat::HeartbeatSpec;
use watchkeep_core::setup::Work;
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use super::check::expects;
use super::layout::{Here, Layout};
use super::render;
use super::rows::CheckRow;
use super::words::{Moment, latency};
use crate::api::query::Params;
use crate::filter::DisplayState;
use crate::host::{PageRequest, ResultQuery};
use crate::problem::Problem;
use crate::router::{App, State};

/// The most jobs of the page: of each, its last runs are read.
const ROWS_MAX: usize = 100;
const RUNS_MAX: usize = 12;

#[derive(Template)]
#[template(path = "pipelines.html")]
struct PipelinesPage {
    layout: Layout,
    rows: Vec<JobRow>,
    more: usize,
}

struct JobRow {
    check: CheckRow,
    expects: String,
    /// Oldest first.
    runs: Vec<JobRun>,
}

struct JobRun {
    at: Moment,
    state: &'static str,
    said: String,
}

fn heartbeat(view: &CheckView) -> Option<&HeartbeatSpec> {
    match &view.spec.work {
        Work::Heartbeat(spec) => Some(spec),
        Work::Plugin | Work::Rule(_) => None,
    }
}

/// Whether there is a job at all.
pub(super) fn are_there(checks: &[CheckView]) -> bool {
    checks.iter().any(|view| heartbeat(view).is_some())
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    let now = app.host.now();
    let checks = app.host.checks();
    let mut jobs: Vec<(&CheckView, &HeartbeatSpec)> =
        checks.iter().filter_map(|view| Some((view, heartbeat(view)?))).collect();
    jobs.sort_by_key(|(view, _)| DisplayState::of(view));
    let mut rows = Vec::new();
    for (view, spec) in jobs.iter().take(ROWS_MAX) {
        let page = PageRequest { after: None, limit: RUNS_MAX };
        let query = ResultQuery { check: view.spec.name.clone(), from: None, to: None, page };
        let results = app.host.results(query).await?;
        rows.push(JobRow {
            check: CheckRow::of(view, now),
            expects: expects(spec),
            runs: results.items.iter().rev().map(|row| run(row, now)).collect(),
        });
    }
    render(&PipelinesPage {
        rows,
        more: jobs.len().saturating_sub(ROWS_MAX),
        layout: Layout::new(&app, Here::Pipelines),
    })
}

fn run(row: &ResultRow, now: Wall) -> JobRun {
    let state = row.outcome.state().as_str();
    let took = if row.took.is_zero() { String::new() } else { format!(", took {}", latency(row.took)) };
    JobRun {
        at: Moment::new(row.finished_at, now),
        state,
        said: format!("{state}{took}, {}", super::words::shortened(row.outcome.summary(), 160)),
    }
}
