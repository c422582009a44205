//! A camera that somebody turns: it answers with a picture of a yard that does not exist, first as it was mounted, and
//! turned after a while, or as it is told.

mod png;
mod scene;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::steer::Steer;
use scene::{HEIGHT, Pose, WIDTH};

/// Who says where the camera looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Straight, and turned for good once the span has passed with which the lab was started.
    Clock,
    Straight,
    Turned,
}

/// The camera's state, shared by its server and by whoever steers it.
#[derive(Clone)]
pub struct Camera {
    started: Instant,
    turns_after: Duration,
    steer: Steer<Rule>,
    taken: Arc<AtomicU32>,
}

impl Camera {
    pub const SNAPSHOT_PATH: &str = "/snapshot.png";

    pub fn new(turns_after: Duration) -> Self {
        let taken = Arc::new(AtomicU32::new(0));
        Self { started: Instant::now(), turns_after, steer: Steer::new(Rule::Clock), taken }
    }
    pub fn set(&self, rule: Rule) {
        self.steer.set(rule);
    }
    fn pose(&self) -> Pose {
        let is_turned = match self.steer.rule() {
            Rule::Clock => self.started.elapsed() >= self.turns_after,
            Rule::Straight => false,
            Rule::Turned => true,
        };
        if is_turned { Pose::TURNED } else { Pose::MOUNTED }
    }
    /// A picture in PNG. No two are the same, as with every real sensor.
    pub fn picture(&self) -> Vec<u8> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        png::encode((WIDTH, HEIGHT), &scene::look(self.pose(), number))
    }

    /// `/snapshot.png` is what it sees, `/control` steers it: `{"rule": "turned"}`.
    pub fn router(&self) -> Router {
        let pictures = Router::new().route(Self::SNAPSHOT_PATH, get(snapshot)).with_state(self.clone());
        pictures.merge(self.steer.router())
    }
}

async fn snapshot(State(camera): State<Camera>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/png")], camera.picture())
}
