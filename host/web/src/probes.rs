//! `/-/healthy` says that the process answers, `/-/ready` that it works, or why it does not.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use crate::router::{App, State};

#[derive(Serialize)]
struct Ready {
    ready: bool,
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    part: &'static str,
    message: String,
}

pub(crate) async fn healthy() -> &'static str {
    "healthy\n"
}

pub(crate) async fn ready(State(app): State<App>) -> Response {
    let reasons: Vec<Reason> = app
        .host
        .not_ready()
        .into_iter()
        .map(|not_ready| Reason { part: not_ready.part, message: not_ready.message })
        .collect();
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: reasons.is_empty(), reasons })).into_response()
}
