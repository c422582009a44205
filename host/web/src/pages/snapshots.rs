//! `/snapshots/ID`: the bytes of an attachment. They come from a plugin or a target and are hostile: only what a
//! browser shows as a picture is shown, and everything else is offered as a download.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use watchkeep_core::ids::Digest;

use crate::problem::Problem;
use crate::router::{App, State};

/// Formats that cannot contain scripts, as SVG can.
const SHOWN: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
/// An id always means the same bytes, so browsers may keep them.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
const TO_BE_SAVED: HeaderValue = HeaderValue::from_static("attachment");

pub(crate) async fn serve(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
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
    headers.insert(header::CACHE_CONTROL, FOR_GOOD);
    // Who signs in next with the same browser may not see it.
    headers.insert(header::VARY, HeaderValue::from_static("cookie, authorization"));
    Ok(response)
}

/// The media type in the spelling of this page's own list; `None` if it is not in it.
pub(super) fn shown(media_type: &str) -> Option<&'static str> {
    SHOWN.into_iter().find(|known| known.eq_ignore_ascii_case(media_type))
}
