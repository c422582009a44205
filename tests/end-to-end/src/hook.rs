//! Where notices of the `webhook` plugin arrive. It keeps every request and answers as it is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

#[derive(Clone)]
pub struct Hook {
    url: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    received: Vec<Received>,
    status: StatusCode,
    delay: Duration,
}

/// One request, at the moment at which it was complete; its answer may come later.
#[derive(Clone, Debug)]
pub struct Received {
    pub at: Instant,
    pub path: String,
    pub body: Value,
}

impl Received {
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or("")
    }
    /// `firing`, `resolved` ...
    pub fn kind(&self) -> &str {
        self.text("kind")
    }
    pub fn dedup_key(&self) -> &str {
        self.text("dedup_key")
    }
    pub fn tells_of(&self, check: &str) -> bool {
        self.body["alerts"]
            .as_array()
            .is_some_and(|alerts| alerts.iter().any(|alert| alert["check"] == check))
    }
}

impl Hook {
    /// Answers 200 at once, until told otherwise.
    pub async fn start() -> Hook {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("it is bound"));
        let shared = Shared { received: Vec::new(), status: StatusCode::OK, delay: Duration::ZERO };
        let hook = Hook { url, shared: Arc::new(Mutex::new(shared)) };
        let router = Router::new().fallback(post(take)).with_state(hook.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        hook
    }
    pub fn url(&self) -> &str {
        &self.url
    }
    /// 429 asks for a second's patience.
    pub fn answer_with(&self, status: u16) {
        self.shared().status = StatusCode::from_u16(status).expect("a status");
    }
    /// A request counts as received before this delay.
    pub fn answer_after(&self, delay: Duration) {
        self.shared().delay = delay;
    }
    /// Oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.shared().received.clone()
    }
    pub fn of(&self, kind: &str, check: &str) -> Vec<Received> {
        self.received()
            .into_iter()
            .filter(|received| received.kind() == kind && received.tells_of(check))
            .collect()
    }
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(hook): State<Hook>, uri: Uri, body: Bytes) -> Response {
    let (status, delay) = {
        let mut shared = hook.shared();
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        shared.received.push(Received { at: Instant::now(), path: uri.to_string(), body });
        (shared.status, shared.delay)
    };
    tokio::time::sleep(delay).await;
    match status {
        StatusCode::TOO_MANY_REQUESTS => (status, [(RETRY_AFTER, "1")]).into_response(),
        other => other.into_response(),
    }
}
