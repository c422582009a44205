//! The pages: rendered here, complete without scripts. The one script loads the same pages again and replaces their
//! parts. Links only look, and forms act: nothing changes by GET. All text is escaped by the templates; no template
//! marks anything as safe.

mod acts;
mod alert;
mod alerts;
mod assets;
mod charts;
mod check;
mod config;
mod deliveries;
mod error;
mod feed;
mod layout;
mod life;
mod over;
mod overview;
mod pipelines;
mod plugins;
mod references;
mod reputation;
mod rows;
mod silences;
mod snapshots;
mod targets;
mod words;

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{StatusCode, Uri};

use crate::problem::Problem;
use crate::router::App;

pub(crate) use error::as_page;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(overview::page))
        .route("/checks/{name}", get(check::page))
        .route("/checks/{name}/run", post(acts::run))
        .route("/checks/{name}/pause", post(acts::pause))
        .route("/checks/{name}/resume", post(acts::resume))
        .route("/receivers/{name}/test", post(acts::test_receiver))
        .route("/checks/{name}/snapshots/accept", post(acts::accept))
        .route("/alerts", get(alerts::page))
        .route("/feed", get(feed::page))
        .route("/pipelines", get(pipelines::page))
        .route("/reputation", get(reputation::page))
        .route("/reputation.csv", get(reputation::csv))
        .route("/alerts/{id}", get(alert::page))
        .route("/alerts/{id}/acknowledge", post(acts::acknowledge))
        .route("/alerts/{id}/unacknowledge", post(acts::unacknowledge))
        .route("/alerts/{id}/hand-over", post(acts::hand_over))
        .route("/alerts/{id}/act", post(acts::act))
        .route("/occasions/{id}/approve", post(acts::approve))
        .route("/occasions/{id}/decline", post(acts::decline))
        .route("/silences", get(silences::page).post(silences::make_or_show))
        .route("/silences/{id}/end", post(acts::end_window))
        .route("/deliveries", get(deliveries::page))
        .route("/deliveries/{id}/retry", post(acts::retry))
        .route("/plugins", get(plugins::page))
        .route("/snapshots/{id}", get(snapshots::serve))
        .route("/assets/{file}", get(assets::serve))
}

/// What may take long, because plugins are compiled: a deadline would leave it half answered.
pub(crate) fn long_routes() -> Router<App> {
    Router::new()
        .route("/config", get(config::page).post(config::reload))
        .route("/plugins/{name}/approve", post(acts::approve_plugin))
        .route("/plugins/{name}/rollback", post(acts::roll_back))
}

pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::not_found(&format!("`{}`", words::shortened(uri.path(), 200)))
}

fn render(template: &impl Template) -> Result<Response, Problem> {
    match template.render() {
        Ok(text) => Ok(Html(text).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the page could not be rendered"))
        }
    }
}
