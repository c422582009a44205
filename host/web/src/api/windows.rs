//! Silences and maintenance: the same four paths for both.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window, WindowKind};

use super::body::{Body, by};
use super::json::{AlertItem, List, WindowItem, WindowState};
use super::query::{Named, Params};
use crate::caller::Writer;
use crate::explain::Scene;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::windows::{Breadth, Hides, WindowRequest, end, find, in_order, make};

/// The most alerts in an answer that says what a window would hide.
const ALERTS_MAX: usize = 200;
const CHECKS_MAX: usize = 1000;

#[derive(Serialize)]
struct Preview {
    window: WindowItem,
    /// The first 200 alerts, worst first.
    alerts: Vec<AlertItem>,
    alerts_total: usize,
    /// The first 1000 checks whose alerts would be hidden, in the order of their names.
    checks: Vec<String>,
    checks_total: usize,
}

pub(crate) async fn silences(app: State<App>, params: Params) -> Result<Json<List<WindowItem>>, Problem> {
    list(&app, WindowKind::Silence, &params)
}

pub(crate) async fn maintenance(app: State<App>, params: Params) -> Result<Json<List<WindowItem>>, Problem> {
    list(&app, WindowKind::Maintenance, &params)
}

/// Lists windows. The cursor is the last id: a window that ends between two pages moves to the end, and appears again
/// there.
fn list(app: &App, kind: WindowKind, params: &Params) -> Result<Json<List<WindowItem>>, Problem> {
    params.only(&["state", "limit", "cursor"])?;
    let state = match params.one("state") {
        None => None,
        Some(word) => {
            Some(WindowState::ALL.into_iter().find(|state| state.as_str() == word).ok_or_else(|| {
                let known = WindowState::ALL.map(WindowState::as_str).join("`, `");
                Problem::invalid(format!("`{word}` is not a state; hint: there is `{known}`"))
            })?)
        }
    };
    let page = params.page()?;
    let now = app.host.now();
    let mut windows = in_order(&*app.host, now);
    windows.retain(|(standing, window)| window.kind == kind && state.is_none_or(|state| state == *standing));
    List::cut(windows, &page, |(_, window)| window.id.as_str(), |(_, window)| WindowItem::of(window, now))
        .map(Json)
}

pub(crate) async fn silence(
    app: State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<WindowItem>, Problem> {
    one(&app, WindowKind::Silence, &id, &params)
}

pub(crate) async fn one_maintenance(
    app: State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<WindowItem>, Problem> {
    one(&app, WindowKind::Maintenance, &id, &params)
}

fn one(app: &App, kind: WindowKind, id: &str, params: &Params) -> Result<Json<WindowItem>, Problem> {
    params.only(&[])?;
    Ok(Json(WindowItem::of(&*find(app, kind, id)?, app.host.now())))
}

pub(crate) async fn make_silence(
    app: State<App>,
    params: Params,
    writer: Writer,
    Body(asked): Body<WindowRequest>,
) -> Result<Response, Problem> {
    open(&app, WindowKind::Silence, &params, &writer, &asked).await
}

pub(crate) async fn make_maintenance(
    app: State<App>,
    params: Params,
    writer: Writer,
    Body(asked): Body<WindowRequest>,
) -> Result<Response, Problem> {
    open(&app, WindowKind::Maintenance, &params, &writer, &asked).await
}

async fn open(
    app: &App,
    kind: WindowKind,
    params: &Params,
    writer: &Writer,
    asked: &WindowRequest,
) -> Result<Response, Problem> {
    params.only(&["dry_run"])?;
    let now = app.host.now();
    let window = asked.window(kind, writer, now)?;
    if params.flag("dry_run")? {
        return Ok(Json(preview(app, &window, now)).into_response());
    }
    make(app, &window, Breadth::of(asked.everything)).await?;
    let path = match kind {
        WindowKind::Silence => "silences",
        WindowKind::Maintenance => "maintenance",
    };
    let mut response = (StatusCode::CREATED, Json(WindowItem::of(&window, now))).into_response();
    if let Ok(location) = HeaderValue::try_from(format!("/api/v1/{path}/{}", window.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn preview(app: &App, window: &Window, now: Wall) -> Preview {
    let hides = Hides::of(&*app.host, window);
    let scene = Scene::of(&app.host);
    Preview {
        window: WindowItem::of(window, now),
        alerts: hides.alerts.iter().take(ALERTS_MAX).map(|alert| AlertItem::of(alert, &scene)).collect(),
        alerts_total: hides.alerts.len(),
        checks: hides.checks.iter().take(CHECKS_MAX).map(ToString::to_string).collect(),
        checks_total: hides.checks.len(),
    }
}

pub(crate) async fn end_silence(
    app: State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
) -> Result<Json<WindowItem>, Problem> {
    ended(&app, WindowKind::Silence, &id, &params, &writer).await
}

pub(crate) async fn end_maintenance(
    app: State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
) -> Result<Json<WindowItem>, Problem> {
    ended(&app, WindowKind::Maintenance, &id, &params, &writer).await
}

/// Answers with the window as it is afterwards, even if the host has forgotten it at once.
async fn ended(
    app: &App,
    kind: WindowKind,
    id: &str,
    params: &Params,
    writer: &Writer,
) -> Result<Json<WindowItem>, Problem> {
    params.only(&["by"])?;
    let window = find(app, kind, id)?;
    end(app, &window, by(params.one("by"), writer)?).await?;
    let now = app.host.now();
    let after = find(app, kind, id).unwrap_or_else(|_| std::sync::Arc::new(over(&window, now)));
    Ok(Json(WindowItem::of(&after, now)))
}

fn over(window: &Window, now: Wall) -> Window {
    let when = match &window.when {
        When::Once { from, until } => When::Once { from: (*from).min(now), until: (*until).min(now) },
        When::Recurring { starts, lasts, .. } => {
            When::Recurring { starts: starts.clone(), lasts: *lasts, ended: Some(now) }
        }
    };
    Window { when, ..window.clone() }
}
