//! `/alerts/ID`: one alert; while it is open, what can be done about it, and why people were told or not.

use askama::Template;
use axum::response::Response;
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::ids::CheckName;
use watchkeep_core::recovery::{ActionRecord, ActionStatus};
use watchkeep_core::tried;

use super::check::{ExplainedRow, explained_row};
use super::layout::{Here, Layout};
use super::life::{Step, find, steps};
use super::over;
use super::render;
use super::rows::{AlertRow, RowContext};
use super::words::{Part, escaped, shortened, timed};
use crate::api::alerts::open;
use crate::api::query::{Named, Params};
use crate::explain::explained;
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Template)]
#[template(path = "alert.html")]
struct AlertPage {
    layout: Layout,
    alert: AlertRow,
    summary: Vec<Part>,
    /// What automatic recovery did.
    recovery: Vec<RecoveryRow>,
    /// The actions that may be begun by hand.
    actions: Vec<String>,
    explained: Vec<ExplainedRow>,
    /// Its life so far, oldest first.
    steps: Vec<Step>,
    /// What a silence of its subject matches: for a check, everything that it alerts about.
    matchers: Vec<String>,
    silence_link: String,
}

struct RecoveryRow {
    id: String,
    sentence: Vec<Part>,
    /// Whether it waits for approval.
    waits: bool,
}

impl RecoveryRow {
    fn of(record: &ActionRecord) -> Option<Self> {
        Some(Self {
            id: record.id.to_string(),
            sentence: timed(&shortened(&tried::sentence(record)?, 4000)),
            waits: record.status == ActionStatus::AwaitsApproval,
        })
    }
}

/// The actions that may act on it: none on what is about no target.
fn actions(app: &App, alert: &AlertRecord) -> Vec<String> {
    match alert.key {
        AlertKey::Check(_) | AlertKey::Finding(..) => {
            app.host.setup().actions.keys().map(ToString::to_string).collect()
        }
        AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => Vec::new(),
    }
}

pub(crate) async fn page(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["check"])?;
    let check = params.one("check").map(CheckName::from);
    let Ok(alert) = open(&app, &id) else { return over::page(&app, &id, check).await };
    let life = find(&app, &id, alert.key.check().cloned().or(check)).await?;
    let changes = life.as_ref().map_or(&[][..], |life| &life.changes);
    let began = over::of_open(life.as_ref(), alert.since);
    let steps = steps(&app, (&alert.id, &alert.key), (began, None), changes).await?;
    let explained = explained(&app.host, vec![alert.key.clone()]).await?;
    let seen = RowContext::of(&app);
    let matchers = matchers(&alert);
    let query: Vec<String> = matchers.iter().map(|matcher| format!("match={}", escaped(matcher))).collect();
    render(&AlertPage {
        alert: AlertRow::of(&seen, &alert),
        recovery: seen.scene.acts(&alert).iter().filter_map(|record| RecoveryRow::of(record)).collect(),
        actions: actions(&app, &alert),
        summary: timed(&shortened(&alert.summary, 4000)),
        explained: explained.iter().map(|explained| explained_row(explained, seen.scene.now)).collect(),
        silence_link: format!("/silences?{}#make", query.join("&")),
        matchers,
        steps,
        layout: Layout::new(&app, Here::Alerts),
    })
}

/// Matchers for the alert's subject, only of derived labels, which nobody can set.
fn matchers(alert: &AlertRecord) -> Vec<String> {
    let wanted: &[&str] = match alert.key {
        AlertKey::Check(_) | AlertKey::NotJudged(_) => &["check"],
        AlertKey::Finding(..) => &["check", "finding"],
        AlertKey::Plugin(_) => &["kind", "plugin"],
        AlertKey::Host(_) => &["kind", "problem"],
    };
    wanted
        .iter()
        .map(|name| {
            let value = match (*name, &alert.key) {
                ("check", key) => key.check().map_or("", |check| check.as_str()),
                ("finding", AlertKey::Finding(_, finding)) => finding.as_str(),
                ("kind", key) => key.kind(),
                ("problem", AlertKey::Host(problem)) => problem.as_str(),
                (name, _) => alert.labels.get(name),
            };
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect()
}
