//! Commands for one check or receiver. `wait=SECONDS` waits for the result.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use watchkeep_core::commit::ResultRow;
use watchkeep_core::delivery::{DeliverySubject, Ended};
use watchkeep_core::ids::{CheckName, DeliveryId, ReceiverName};
use watchkeep_core::input::Command;
use watchkeep_core::setup::ReceiverSpec;
use watchkeep_core::view::{CheckView, Update};

use super::json::{CheckItem, DeliveryJson, ResultItem};
use super::query::{Named, Params};
use crate::host::DeliveryItem;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::seen::Updates;

const WAIT_SECONDS_MAX: u64 = 300;

#[derive(Serialize)]
struct Accepted<T> {
    accepted: bool,
    /// The result; `null` if nobody waited, or not long enough.
    result: Option<T>,
}

pub(crate) async fn run(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["wait"])?;
    let wait = wait(&params)?;
    let view = known(&app, &name)?;
    let before = view.last.as_ref().map(|row| row.sequence);
    let updates = app.host.subscribe();
    app.host.command(Command::RunNow(view.spec.name.clone())).await?;
    let row = within(wait, finished(&app, updates, &view.spec.name, before)).await;
    Ok(accepted(row.as_deref().map(ResultItem::of)))
}

pub(crate) async fn pause(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<CheckItem>, Problem> {
    switch(&app, &name, &params, Command::Pause).await
}

pub(crate) async fn resume(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<CheckItem>, Problem> {
    switch(&app, &name, &params, Command::Resume).await
}

/// Sends the command, and answers with the check as it is afterwards.
async fn switch(
    app: &App,
    name: &str,
    params: &Params,
    command: fn(CheckName) -> Command,
) -> Result<Json<CheckItem>, Problem> {
    params.only(&[])?;
    let name = known(app, name)?.spec.name.clone();
    app.host.command(command(name.clone())).await?;
    Ok(Json(CheckItem::of(&known(app, name.as_str())?)))
}

pub(crate) async fn test_receiver(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["wait"])?;
    let receiver = receiver(&app, &name)?;
    let wait = wait(&params)?;
    let updates = app.host.subscribe();
    // An earlier test may still be tried; its result is not what was asked for.
    let before = app.host.deliveries_about(&DeliverySubject::Test).iter().map(|test| test.id).max();
    app.host.command(Command::TestReceiver(receiver.name.clone())).await?;
    let item = within(wait, tested(updates, &receiver.name, before)).await;
    Ok(accepted(item.as_ref().map(DeliveryJson::of)))
}

pub(crate) fn receiver(app: &App, name: &str) -> Result<Arc<ReceiverSpec>, Problem> {
    let mut receivers = app.host.receivers().into_iter();
    let found = receivers.find(|receiver| receiver.name.as_str() == name);
    found.ok_or_else(|| Problem::not_found(&format!("receiver `{name}`")))
}

pub(crate) fn known(app: &App, name: &str) -> Result<CheckView, Problem> {
    app.host.check(&CheckName::from(name)).ok_or_else(|| Problem::not_found(&format!("check `{name}`")))
}

pub(crate) fn accepted<T: Serialize>(result: Option<T>) -> Response {
    let status = if result.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    (status, Json(Accepted { accepted: true, result })).into_response()
}

pub(crate) fn wait(params: &Params) -> Result<Option<Duration>, Problem> {
    params
        .one("wait")
        .map(|text| match text.parse() {
            Ok(seconds) if seconds <= WAIT_SECONDS_MAX => Ok(Duration::from_secs(seconds)),
            _ => Err(Problem::invalid(format!(
                "`wait` is a number of seconds up to {WAIT_SECONDS_MAX}, not `{text}`"
            ))),
        })
        .transpose()
}

pub(crate) async fn within<T>(wait: Option<Duration>, done: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(wait?, done).await.ok().flatten()
}

/// Waits for the first result after `before`. A run that was under way counts, because the core does not start a second
/// one.
async fn finished(
    app: &App,
    mut updates: Updates,
    check: &CheckName,
    before: Option<u64>,
) -> Option<Arc<ResultRow>> {
    let newer = |view: &CheckView| view.last.clone().filter(|row| Some(row.sequence) != before);
    loop {
        let row = match updates.recv().await {
            Ok(update) => match &*update {
                Update::Check(view) if view.spec.name == *check => newer(view),
                _ => None,
            },
            // Some updates were missed, but the board has the newest result.
            Err(RecvError::Lagged(_)) => app.host.check(check).as_ref().and_then(newer),
            Err(RecvError::Closed) => return None,
        };
        if row.is_some() {
            return row;
        }
    }
}

/// Waits for the end of a test, or for its first failed attempt: the person who waits wants to see why.
async fn tested(
    mut updates: Updates,
    receiver: &ReceiverName,
    before: Option<DeliveryId>,
) -> Option<DeliveryItem> {
    loop {
        let update = match updates.recv().await {
            Ok(update) => update,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return None,
        };
        let (delivery, ended): (_, Option<&Ended>) = match &*update {
            Update::Delivery(delivery) => (delivery, None),
            Update::DeliveryEnded { delivery, ended } => (delivery, Some(ended)),
            _ => continue,
        };
        let ours = delivery.subject == DeliverySubject::Test
            && delivery.notification.receiver == *receiver
            && Some(delivery.id) > before;
        if ours && (ended.is_some() || delivery.last_error.is_some()) {
            return Some(DeliveryItem { delivery: delivery.clone(), ended: ended.cloned() });
        }
    }
}
