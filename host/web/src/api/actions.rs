//! Automatic recovery: the actions of the config, what was decided, and what people decide. The pages' forms end here as
//! well.

use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use watchkeep_core::alert::AlertKey;
use watchkeep_core::ids::{ActionName, AlertId, CheckName, OccasionId};
use watchkeep_core::input::Command;
use watchkeep_core::recovery::{ActionRecord, ActionStatus, Mode};
use watchkeep_core::view::Update;

use super::alerts::open;
use super::body::{Body, by};
use super::commands::{accepted, wait, within};
use super::json::{ActionItem, List, OccasionItem};
use super::query::{Named, Params};
use crate::caller::Writer;
use crate::host::OccasionQuery;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::seen::Updates;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Decide {
    pub(crate) by: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Act {
    pub(crate) action: String,
    pub(crate) by: Option<String>,
    /// Only say what it would do.
    pub(crate) dry_run: bool,
}

pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<ActionItem>>, Problem> {
    params.only(&[])?;
    let setup = app.host.setup();
    Ok(Json(List::whole(setup.actions.values().map(|spec| ActionItem::of(spec, &setup)).collect())))
}

pub(crate) async fn occasions(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<OccasionItem>>, Problem> {
    params.only(&["action", "check", "alert", "limit", "cursor"])?;
    let query = OccasionQuery {
        action: params.one("action").map(ActionName::from),
        check: params.one("check").map(CheckName::from),
        alert: params.one("alert").map(AlertId::restore),
        page: params.page()?,
    };
    let page = app.host.occasions(query).await?;
    Ok(Json(List::of(page, |record| OccasionItem::of(&record))))
}

/// The occasion as the host has it now.
fn known(app: &App, id: &str) -> Result<Arc<ActionRecord>, Problem> {
    let found = app.host.actions().into_iter().find(|record| record.id.as_str() == id);
    found.ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Problem::not_found(&format!("occasion `{shown}`"))
    })
}

/// Refuses what does not wait for approval.
fn must_wait(record: &ActionRecord) -> Result<(), Problem> {
    let why = match &record.status {
        ActionStatus::AwaitsApproval => return Ok(()),
        ActionStatus::Begun { .. } => "it is under way already".to_owned(),
        ActionStatus::Ended { .. } => "it is over".to_owned(),
        ActionStatus::Declined { by, .. } => format!("{by} has declined it"),
        ActionStatus::Withdrawn { .. } => "the problem was over before anybody approved it".to_owned(),
    };
    Err(Problem::refused(format!("action `{}` does not wait for approval: {why}", record.action)))
}

pub(crate) async fn decide(
    app: &App,
    id: &str,
    writer: &Writer,
    asked: &Decide,
    command: fn(OccasionId, String) -> Command,
) -> Result<(), Problem> {
    let record = known(app, id)?;
    must_wait(&record)?;
    let by = by(asked.by.as_deref(), writer)?;
    Ok(app.host.command(command(record.id.clone(), by)).await?)
}

pub(crate) fn approved(occasion: OccasionId, by: String) -> Command {
    Command::ApproveAction { occasion, by }
}

pub(crate) fn declined(occasion: OccasionId, by: String) -> Command {
    Command::DeclineAction { occasion, by }
}

pub(crate) async fn approve(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<Decide>,
) -> Result<Json<OccasionItem>, Problem> {
    params.only(&[])?;
    decide(&app, &id, &writer, &asked, approved).await?;
    Ok(Json(OccasionItem::of(&*known(&app, &id)?)))
}

pub(crate) async fn decline(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<Decide>,
) -> Result<Json<OccasionItem>, Problem> {
    params.only(&[])?;
    decide(&app, &id, &writer, &asked, declined).await?;
    Ok(Json(OccasionItem::of(&*known(&app, &id)?)))
}

/// Acts on an open alert by hand.
pub(crate) async fn act(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<Act>,
) -> Result<Response, Problem> {
    params.only(&["wait"])?;
    let wait = wait(&params)?;
    let updates = app.host.subscribe();
    let occasion = begin(&app, &id, &writer, &asked).await?;
    let ended = within(wait, ended(&app, updates, &occasion)).await;
    Ok(accepted(ended.as_deref().map(OccasionItem::of)))
}

pub(crate) async fn begin(app: &App, id: &str, writer: &Writer, asked: &Act) -> Result<OccasionId, Problem> {
    let alert = open(app, id)?;
    match alert.key {
        AlertKey::Check(_) | AlertKey::Finding(..) => {}
        AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {
            return Err(Problem::refused(format!(
                "`{}` is about no target, so there is nothing to act on",
                alert.key
            )));
        }
    }
    let action = ActionName::from(asked.action.as_str());
    if !app.host.setup().actions.contains_key(&action) {
        let names: Vec<String> = app.host.setup().actions.keys().map(|name| format!("`{name}`")).collect();
        let hint = match names.as_slice() {
            [] => "the config has no [[action]]".to_owned(),
            names => format!("there is {}", names.join(", ")),
        };
        let shown: String = asked.action.chars().take(64).collect();
        return Err(Problem::invalid(format!("`{shown}` is not an action; hint: {hint}")));
    }
    let of_it = |record: &Arc<ActionRecord>| record.action == action && record.key == alert.key;
    let before: Vec<Arc<ActionRecord>> = app.host.actions().into_iter().filter(of_it).collect();
    if before.iter().any(|record| matches!(record.status, ActionStatus::Begun { .. })) {
        return Err(Problem::refused(format!("action `{action}` is under way for `{}`", alert.key)));
    }
    let by = by(asked.by.as_deref(), writer)?;
    let mode = if asked.dry_run { Mode::DryRun } else { Mode::Act };
    app.host.command(Command::Act { action: action.clone(), alert: alert.id.clone(), by, mode }).await?;
    let new = app.host.actions().into_iter().filter(of_it);
    let new = new.filter(|record| before.iter().all(|other| other.id != record.id));
    new.max_by_key(|record| record.number)
        .map(|record| record.id.clone())
        .ok_or_else(|| Problem::refused(format!("`{}` was over before the action could begin", alert.key)))
}

/// Waits for the end of an attempt.
async fn ended(app: &App, mut updates: Updates, occasion: &OccasionId) -> Option<Arc<ActionRecord>> {
    let over = |record: &Arc<ActionRecord>| record.id == *occasion && record.is_over();
    loop {
        if let Some(record) = app.host.actions().into_iter().find(over) {
            return Some(record);
        }
        loop {
            match updates.recv().await {
                Ok(update) => {
                    if let Update::Action(record) = &*update
                        && over(record)
                    {
                        return Some(Arc::clone(record));
                    }
                }
                // Some updates were missed, but the board has what came of it.
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
