//! `/api/v1/openapi.json`: the API's document, written by hand. A test walks the router and the JSON types against
//! it, so it cannot fall behind.

use axum::response::{IntoResponse, Response};
use http::header;

pub(crate) const DOCUMENT: &str = include_str!("openapi.json");

pub(crate) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
