//! A site that always answers, with text in which a check can look for something.

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

const PAGE: &str = "<!doctype html><title>Shop</title><h1>Shop</h1><button>Add to cart</button>\n";

/// `/` is a page, `/health` is JSON for assertions.
pub fn router() -> Router {
    Router::new().route("/", get(|| async { Html(PAGE) })).route("/health", get(health))
}

async fn health() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], r#"{"status":"ok","queue":{"depth":3}}"#)
}
