//! Server-sent events: every update as it happens. A client that comes back with the id of the last event that it had goes on
//! there, or is told that something was missed: then it asks for the lists again. A client that does not keep up is
//! dropped, so nothing here grows without bound.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use http::{HeaderMap, StatusCode};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use watchkeep_core::ids::CheckName;
use watchkeep_core::view::Update;

use super::json::{self, AlertItem, CheckItem, DeliveryJson, GroupItem, OccasionItem, Subject, WindowItem};
use super::query::Params;
use super::standings::Standings;
use crate::explain::Scene;
use crate::host::DeliveryItem;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::seen::Updates;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The most events that wait for one client.
const QUEUE_MAX: usize = 32;
/// How long a client may read nothing before it is dropped.
const STALL_MAX: Duration = Duration::from_secs(10);
/// How often it is looked whether the client may still listen, beside each change of who may.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How soon a browser reconnects after it was dropped.
const RETRY: Duration = Duration::from_secs(2);

pub(crate) async fn stream(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params.only(&["check", "changes"])?;
    let mut wanted = Wanted { check: params.one("check").map(CheckName::from), changes: None };
    let wants_changes = params.flag("changes")?;
    // What is remembered for a listener grows with the checks.
    let remembered = if wants_changes { app.host.checks().len() } else { 0 };
    let taken = app.streams.take(remembered).ok_or_else(|| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-streams",
            "too many live streams are open; hint: close some pages, or ask `/api/v1/checks` now and then",
        )
    })?;
    let resumed = headers.get("last-event-id").map(|place| {
        let place = place.to_str().ok()?;
        app.host.resume(place)
    });
    let has_missed = matches!(resumed, Some(None));
    let updates = resumed.flatten().unwrap_or_else(|| app.host.subscribe());
    if wants_changes {
        wanted.changes = Some(Standings::of(app.host.checks().iter()));
    }
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let hello = Event::default()
        .event("hello")
        .retry(RETRY)
        .data(format!("{{\"now\":\"{}\"}}", json::time(app.host.now())));
    tokio::spawn(async move {
        let _taken = taken;
        let missed = Event::default().event("missed").data("{}");
        let begun = sender.try_send(hello).is_ok() && (!has_missed || sender.try_send(missed).is_ok());
        if begun {
            forward(wanted, &app, updates, &sender).await;
        }
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(events(receiver)).keep_alive(keep_alive).into_response())
}

fn events(receiver: mpsc::Receiver<Event>) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|event| (Ok(event), receiver))
    })
}

/// Forwards updates until the client is gone, stalls or lags behind, loses the right to listen, or the host stops.
async fn forward(mut wanted: Wanted, app: &App, mut updates: Updates, sender: &mpsc::Sender<Event>) {
    let mut directory = app.host.directory_changes();
    let mut look_again = tokio::time::interval(LOOK_AGAIN);
    loop {
        // How things stood when it was missed is not known: of what was missed, everything is told.
        let was_missed = updates.is_behind();
        let update = tokio::select! {
            update = updates.recv() => update,
            () = sender.closed() => return,
            changed = directory.changed() => {
                if changed.is_err() || !app.caller.is_still_let_in(&*app.host) {
                    return;
                }
                continue;
            }
            // What ends by itself: sessions and tokens. And what the config says.
            _ = look_again.tick() => {
                if !app.caller.is_still_let_in(&*app.host) {
                    return;
                }
                continue;
            }
        };
        // A right that ended a moment ago lets nothing more through.
        if directory.has_changed().unwrap_or(true) && !app.caller.is_still_let_in(&*app.host) {
            return;
        }
        let event = match update {
            Ok(update) if wanted.wants(&update, was_missed) => event(&update, app),
            Ok(_) => continue,
            Err(RecvError::Lagged(_) | RecvError::Closed) => return,
        };
        let Ok(event) = event.map(|event| event.id(updates.place())) else { continue };
        if sender.send_timeout(event, STALL_MAX).await.is_err() {
            return;
        }
    }
}

/// Which updates one client asked for.
struct Wanted {
    check: Option<CheckName>,
    /// If only changes of a check's standing are wanted.
    changes: Option<Standings>,
}

impl Wanted {
    fn wants(&mut self, update: &Update, was_missed: bool) -> bool {
        match update {
            Update::Check(view) => {
                if self.check.as_ref().is_some_and(|check| *check != view.spec.name) {
                    return false;
                }
                was_missed || self.changes.as_mut().is_none_or(|standings| standings.is_change(view))
            }
            Update::CheckRemoved(name) => {
                if let Some(standings) = &mut self.changes {
                    standings.forget(name);
                }
                self.check.as_ref().is_none_or(|check| check == name)
            }
            Update::Alert(alert) => self.is_of(alert.key.check()),
            Update::AlertClosed(key) => self.is_of(key.check()),
            Update::Action(record) => self.is_of(record.key.check()),
            Update::Window(_)
            | Update::WindowRemoved(_)
            | Update::Group(_)
            | Update::GroupClosed(_)
            | Update::Delivery(_)
            | Update::DeliveryEnded { .. } => self.check.is_none(),
        }
    }

    fn is_of(&self, check: Option<&CheckName>) -> bool {
        self.check.is_none() || self.check.as_ref() == check
    }
}

fn event(update: &Update, app: &App) -> Result<Event, axum::Error> {
    let named = |name: &str| Event::default().event(name);
    match update {
        Update::Check(view) => named("check").json_data(CheckItem::of(view)),
        Update::CheckRemoved(name) => {
            named("check-removed").json_data(serde_json::json!({"name": name.as_str()}))
        }
        Update::Alert(alert) => named("alert").json_data(AlertItem::of(alert, &Scene::of(&app.host))),
        Update::AlertClosed(key) => named("alert-closed").json_data(Subject::of(key)),
        Update::Action(record) => named("occasion").json_data(OccasionItem::of(record)),
        Update::Window(window) => named("window").json_data(WindowItem::of(window, app.host.now())),
        Update::WindowRemoved(id) => {
            named("window-removed").json_data(serde_json::json!({"id": id.as_str()}))
        }
        Update::Group(group) => named("group").json_data(GroupItem::of(group, &*app.host)),
        Update::GroupClosed(key) => named("group-closed").json_data(serde_json::json!({"id": key.id()})),
        Update::Delivery(delivery) => {
            let item = DeliveryItem { delivery: delivery.clone(), ended: None };
            named("delivery").json_data(DeliveryJson::of(&item))
        }
        Update::DeliveryEnded { delivery, ended } => {
            let item = DeliveryItem { delivery: delivery.clone(), ended: Some(ended.clone()) };
            named("delivery").json_data(DeliveryJson::of(&item))
        }
    }
}
