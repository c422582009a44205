//! `/-/reload`: reads the config again, or says what it would change.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use watchkeep_core::setup::Difference;

use super::json::Subject;
use super::query::Params;
use crate::problem::Problem;
use crate::reload::{ConfigProblem, ReloadMode, Reloaded, Severity};
use crate::router::{App, State};

#[derive(Serialize)]
struct ReloadJson {
    applied: bool,
    dry_run: bool,
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
    renamed: Vec<Renamed>,
    receivers_removed: Vec<String>,
    routes_changed: bool,
    actions_changed: bool,
    /// Open alerts that close because their check is removed.
    closes: Vec<Subject>,
    /// What else changes: rights, limits, secrets and the like.
    altered: Vec<String>,
    problems: Vec<ProblemJson>,
}

#[derive(Serialize)]
struct Renamed {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct ProblemJson {
    severity: &'static str,
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    key: Option<String>,
    message: String,
    hint: Option<String>,
}

/// A config with errors. It is answered with 422, `applied: false` and the list; `detail` counts the errors, as in
/// every refusal.
#[derive(Serialize)]
struct Refused {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    applied: bool,
    dry_run: bool,
    problems: Vec<ProblemJson>,
}

pub(crate) async fn reload(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["dry_run"])?;
    let dry_run = params.flag("dry_run")?;
    let mode = if dry_run { ReloadMode::DryRun } else { ReloadMode::Apply };
    Ok(match app.host.reload(mode).await? {
        Reloaded::Accepted { difference, closes, altered, warnings } => {
            let closes = closes.iter().map(Subject::of).collect();
            Json(accepted(dry_run, &difference, closes, altered, warnings)).into_response()
        }
        Reloaded::Refused { problems } => refused(dry_run, problems),
    })
}

fn accepted(
    dry_run: bool,
    difference: &Difference,
    closes: Vec<Subject>,
    altered: Vec<String>,
    warnings: Vec<ConfigProblem>,
) -> ReloadJson {
    let texts = |names: &[watchkeep_core::ids::CheckName]| names.iter().map(ToString::to_string).collect();
    ReloadJson {
        applied: !dry_run,
        dry_run,
        added: texts(&difference.added),
        changed: texts(&difference.changed),
        removed: texts(&difference.removed),
        renamed: difference
            .renamed
            .iter()
            .map(|(to, from)| Renamed { from: from.to_string(), to: to.to_string() })
            .collect(),
        receivers_removed: difference.receivers_removed.iter().map(ToString::to_string).collect(),
        routes_changed: difference.routes_changed,
        actions_changed: difference.actions_changed,
        closes,
        altered,
        problems: warnings.into_iter().map(problem).collect(),
    }
}

fn refused(dry_run: bool, problems: Vec<ConfigProblem>) -> Response {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let body = Refused {
        r#type: "about:blank",
        title: "Unprocessable Content",
        status: status.as_u16(),
        code: "bad-config",
        detail: format!(
            "the config has {errors} error{}; nothing was changed",
            if errors == 1 { "" } else { "s" }
        ),
        applied: false,
        dry_run,
        problems: problems.into_iter().map(problem).collect(),
    };
    let mut response = (status, Json(body)).into_response();
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/problem+json"));
    response
}

fn problem(problem: ConfigProblem) -> ProblemJson {
    ProblemJson {
        severity: match problem.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        file: problem.file,
        line: problem.line,
        column: problem.column,
        key: problem.key,
        message: problem.message,
        hint: problem.hint,
    }
}
