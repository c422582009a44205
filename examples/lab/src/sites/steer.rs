//! What a part does by its own clock, unless somebody steers it: `GET /control` says how it is steered, `POST /control` steers it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How a part is steered, shared by its server and by whoever steers it.
#[derive(Clone)]
pub(crate) struct Steer<R>(Arc<Mutex<R>>);

/// The body of `POST /control` and the answer to `GET /control`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Control<R> {
    rule: R,
}

impl<R: Copy + Serialize + DeserializeOwned + Send + 'static> Steer<R> {
    pub(crate) fn new(rule: R) -> Self {
        Self(Arc::new(Mutex::new(rule)))
    }
    pub(crate) fn set(&self, rule: R) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rule;
    }
    pub(crate) fn rule(&self) -> R {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/control", get(read::<R>).post(control::<R>)).with_state(self.clone())
    }
}

async fn read<R>(State(steer): State<Steer<R>>) -> Json<Control<R>>
where
    R: Copy + Serialize + DeserializeOwned + Send + 'static,
{
    Json(Control { rule: steer.rule() })
}

async fn control<R>(State(steer): State<Steer<R>>, Json(wanted): Json<Control<R>>) -> Json<Control<R>>
where
    R: Copy + Serialize + DeserializeOwned + Send + 'static,
{
    steer.set(wanted.rule);
    Json(wanted)
}
