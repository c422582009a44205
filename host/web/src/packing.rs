//! Answers are packed for whoever takes them so: a page over a phone's line is a seventh of its size.
//!
//! What is packed together with a secret can tell it by its length, to somebody who chooses a part of it and sees how long
//! answers are. Pages hold the proof of forms beside what was searched for; but no page of another site can have them fetched
//! with the session, whose cookie is sent to our own pages alone.

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::middleware::map_response;
use axum::response::Response;
use http::header;
use http_body_util::BodyExt as _;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Shorter answers fit into one packet anyway.
const BYTES_MIN: u16 = 1024;
/// What is text, beside all that is called so.
const TEXTS: [&str; 4] =
    ["application/json", "application/problem+json", "application/atom+xml", "image/svg+xml"];

/// The router, with its answers packed.
pub(crate) fn packed(router: Router) -> Router {
    let layer = CompressionLayer::new().quality(CompressionLevel::Fastest);
    let layer = layer.compress_when(SizeAbove::new(BYTES_MIN).and(IsText));
    router.layer(map_response(fused)).layer(layer)
}

/// What packs asks a body for more after its end, which a stream may answer with a panic.
async fn fused(response: Response) -> Response {
    response.map(|body| Body::new(body.fuse()))
}

/// Streams of events are not packed, so that each is there at once; backups and pictures are packed already.
#[derive(Clone, Copy)]
struct IsText;

impl Predicate for IsText {
    fn should_compress<B: HttpBody>(&self, response: &http::Response<B>) -> bool {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or("").split(';').next().unwrap_or("").trim();
        kind != "text/event-stream" && (kind.starts_with("text/") || TEXTS.contains(&kind))
    }
}
