//! `/snapshots/ID`: the bytes of an attachment. They come from a plugin or a target and are hostile: only what a
//! browser shows as a picture is shown, and everything else is offered as a download.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use watchkeep_core::ids::Digest;

use crate::api::query::Named;
use crate::problem::Problem;
use crate::router::{App, State};

/// Formats that cannot contain scripts, as SVG can.
const SHOWN: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
/// An id always means the same bytes, so browsers may keep them.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
const TO_BE_SAVED: HeaderValue = HeaderValue::from_static("attachment");
/// Whatever a browser makes of the bytes, they run nothing, load nothing and are of no origin.
const ALONE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(crate) async fn serve(State(app): State<App>, Named(id): Named) -> Result<Response, Problem> {
    let digest = Digest::parse(&id).ok_or_else(|| Problem::not_found("such a snapshot"))?;
    let (media_type, bytes) = app.host.snapshot(digest).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    match shown(&media_type) {
        Some(media_type) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        None => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
            headers.insert(header::CONTENT_DISPOSITION, TO_BE_SAVED);
        }
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, ALONE);
    headers.insert(header::CACHE_CONTROL, FOR_GOOD);
    // Who signs in next with the same browser may not see it.
    headers.insert(header::VARY, HeaderValue::from_static("cookie, authorization"));
    Ok(response)
}

/// The media type in the spelling of this page's own list; `None` if it is not in it.
pub(super) fn shown(media_type: &str) -> Option<&'static str> {
    SHOWN.into_iter().find(|known| known.eq_ignore_ascii_case(media_type))
}
