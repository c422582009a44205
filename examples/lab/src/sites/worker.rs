//! A service that stops working a while after its start, and works again once it is restarted, as one that leaks memory does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

/// Its later lives are so many times longer than the first, lest the demonstration be about nothing else.
const LATER_LIVES: u32 = 15;

/// The service, shared by its server and by whoever looks at it.
#[derive(Clone)]
pub struct Worker(Arc<Mutex<Life>>);

struct Life {
    started: Instant,
    lasts: Duration,
    restarts: u32,
}

impl Worker {
    pub const RESTART_PATH: &str = "/restart";

    /// It stops working when `first_life` has passed.
    pub fn new(first_life: Duration) -> Self {
        Self(Arc::new(Mutex::new(Life { started: Instant::now(), lasts: first_life, restarts: 0 })))
    }
    pub fn restarts(&self) -> u32 {
        self.with(|life| life.restarts)
    }
    fn with<T>(&self, ask: impl FnOnce(&mut Life) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `/` is the service; `POST /restart` restarts it.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(answer))
            .route(Self::RESTART_PATH, post(restart))
            .with_state(self.clone())
    }
}

async fn answer(State(worker): State<Worker>) -> impl IntoResponse {
    if worker.with(|life| life.started.elapsed() < life.lasts) {
        (StatusCode::OK, "working\n")
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, "out of memory\n")
    }
}

async fn restart(State(worker): State<Worker>) -> impl IntoResponse {
    let restarts = worker.with(|life| {
        if life.restarts == 0 {
            life.lasts = life.lasts.saturating_mul(LATER_LIVES);
        }
        life.started = Instant::now();
        life.restarts += 1;
        life.restarts
    });
    Json(json!({ "restarts": restarts }))
}
