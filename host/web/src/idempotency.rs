//! `Idempotency-Key`: a write that is sent again with the same key gets the first answer again, and is not done again.
//! Answers are remembered in memory, up to a bound; a restart forgets them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State as Held};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, StatusCode, header};
use watchkeep_core::ids::Digest;

use crate::api::body::whole;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::router::Shared;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_BYTES_MAX: usize = 255;
const REMEMBERED_MAX: usize = 512;
/// The largest answer that is remembered.
const ANSWER_BYTES_MAX: usize = 256 << 10;

/// The last writes that had a key.
#[derive(Default)]
pub(crate) struct Answered(Mutex<VecDeque<Entry>>);

struct Entry {
    key: String,
    target: String,
    /// The answer; `None` while the first request is under way.
    answer: Option<(StatusCode, Option<http::HeaderValue>, Bytes)>,
}

pub(crate) async fn answer_once(Held(app): Held<Shared>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get(&KEY) else { return next.run(request).await };
    let is_key = |key: &&str| {
        (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let Some(key) = key.to_str().ok().filter(is_key) else {
        let told = format!(
            "`Idempotency-Key` is 1 to {KEY_BYTES_MAX} letters, digits and signs of ASCII, without spaces"
        );
        return Problem::invalid(told).into_response();
    };
    // Two people who send the same key have nothing to do with each other.
    let caller = request.extensions().get::<Arc<Caller>>().map(|caller| caller.author());
    let key = match caller {
        Some(author) => format!("{} {} {key}", author.by_way_of, author.name),
        None => key.to_owned(),
    };
    let (parts, body) = request.into_parts();
    let body = match whole(body).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    // What is asked for is in the body as well.
    let target = format!("{} {} {}", parts.method, parts.uri, Digest::of(&body));
    let request = Request::from_parts(parts, Body::from(body));
    if let Some(answer) = app.answered.begin(&key, &target) {
        return answer;
    }
    let guard = Begun { answered: &app.answered, key: &key };
    let (parts, body) = next.run(request).await.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the answer was too long")
            .into_response();
    };
    if parts.status.is_success() {
        let media_type = parts.headers.get(header::CONTENT_TYPE).cloned();
        app.answered.end(&key, (parts.status, media_type, bytes.clone()));
    }
    drop(guard);
    Response::from_parts(parts, Body::from(bytes))
}

/// A write under way. It is forgotten if it does not end well, even if its client has gone away, because it may then be
/// sent again.
struct Begun<'a> {
    answered: &'a Answered,
    key: &'a str,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.answered.entries().retain(|entry| entry.key != self.key || entry.answer.is_some());
    }
}

impl Answered {
    fn entries(&self) -> std::sync::MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a write; `None` if it is new, and now under way.
    fn begin(&self, key: &str, target: &str) -> Option<Response> {
        let mut entries = self.entries();
        if let Some(entry) = entries.iter().find(|entry| entry.key == key) {
            let conflict = |detail: &str| {
                Problem::new(StatusCode::CONFLICT, "idempotency-key-used", detail).into_response()
            };
            return Some(match &entry.answer {
                _ if entry.target != target => {
                    conflict("this `Idempotency-Key` was used for another request")
                }
                None => conflict("a request with this `Idempotency-Key` is under way"),
                Some((status, media_type, body)) => {
                    let mut response = (*status, body.clone()).into_response();
                    if let Some(media_type) = media_type {
                        response.headers_mut().insert(header::CONTENT_TYPE, media_type.clone());
                    }
                    response
                }
            });
        }
        if entries.len() == REMEMBERED_MAX {
            entries.pop_front();
        }
        entries.push_back(Entry { key: key.to_owned(), target: target.to_owned(), answer: None });
        None
    }

    fn end(&self, key: &str, answer: (StatusCode, Option<http::HeaderValue>, Bytes)) {
        if let Some(entry) = self.entries().iter_mut().find(|entry| entry.key == key) {
            entry.answer = Some(answer);
        }
    }
}
