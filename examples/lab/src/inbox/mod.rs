//! A Slack-like inbox: takes what Slack's incoming webhooks would take, refuses the rest with Slack's words,
//! and shows what arrived. It keeps the newest [`KEPT_MAX`] messages and forgets them when it stops.

mod mrkdwn;
mod pace;
mod page;
mod rules;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

pub use pace::Pace;
pub use rules::Refusal;

/// Older ones are forgotten.
const KEPT_MAX: usize = 500;
const BODY_MAX: usize = 1024 * 1024;

/// One message that was taken.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Message {
    /// Counts from 1.
    pub number: u64,
    pub received_at: DateTime<Utc>,
    /// The body as it was sent.
    pub payload: Value,
}

/// The inbox's state, shared by its server and by whoever reads it.
#[derive(Clone)]
pub struct Inbox(Arc<Mutex<Shelf>>);

struct Shelf {
    /// Newest first.
    messages: VecDeque<Message>,
    taken: u64,
    refused: u64,
    gate: pace::Gate,
}

/// The answer to `GET /messages.json`.
#[derive(Serialize)]
struct Listing {
    /// Newest first.
    messages: Vec<Message>,
    /// Since the start, forgotten ones included.
    taken: u64,
    refused: u64,
}

impl Inbox {
    /// Looks like Slack's: team, app and token.
    pub const WEBHOOK_PATH: &str = "/services/T00000LAB/B00000LAB/demonstration-token";

    pub fn new(pace: Pace) -> Self {
        let gate = pace::Gate::new(pace);
        Self(Arc::new(Mutex::new(Shelf { messages: VecDeque::new(), taken: 0, refused: 0, gate })))
    }

    /// Newest first.
    pub fn messages(&self) -> Vec<Message> {
        self.shelf().messages.iter().cloned().collect()
    }

    /// `/` shows what arrived, `/messages.json` lists it, the webhook path takes it.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/messages.json", get(list))
            .route(Self::WEBHOOK_PATH, post(take))
            .route("/services/{*rest}", post(|| async { (StatusCode::FORBIDDEN, "invalid_token") }))
            .layer(DefaultBodyLimit::max(BODY_MAX))
            .with_state(self.clone())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn keep(&mut self, payload: Value) {
        self.taken += 1;
        self.messages.push_front(Message { number: self.taken, received_at: Utc::now(), payload });
        self.messages.truncate(KEPT_MAX);
    }
}

async fn take(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> Response {
    let mut shelf = inbox.shelf();
    if let Err(wait) = shelf.gate.pass(Instant::now()) {
        shelf.refused += 1;
        let seconds = wait.as_secs_f64().ceil().to_string();
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], "rate_limited")
            .into_response();
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match rules::accept(content_type, &body) {
        Ok(payload) => {
            shelf.keep(payload);
            (StatusCode::OK, "ok").into_response()
        }
        Err(refusal) => {
            shelf.refused += 1;
            (StatusCode::BAD_REQUEST, refusal.to_string()).into_response()
        }
    }
}

async fn list(State(inbox): State<Inbox>) -> Json<Listing> {
    let shelf = inbox.shelf();
    Json(Listing {
        messages: shelf.messages.iter().cloned().collect(),
        taken: shelf.taken,
        refused: shelf.refused,
    })
}

async fn page(State(inbox): State<Inbox>) -> impl IntoResponse {
    let shelf = inbox.shelf();
    // What is shown was sent by others: even if escaping failed, nothing may run or load.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page::render(shelf.messages.iter(), shelf.refused)))
}
