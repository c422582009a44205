//! Where notices of both contenders arrive: each of their alerts is kept with its moments, and answered at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::post;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::net::TcpListener;

/// Requests to this path are never answered.
pub(crate) const HANGING: &str = "/hanging";

#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) url: String,
    arrived: Arc<Mutex<BTreeMap<String, Arrival>>>,
}

/// The first notice of an alert.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) path: String,
    /// When the alert began, as its notice says.
    pub(crate) since: DateTime<Utc>,
    pub(crate) at: DateTime<Utc>,
}

impl Sink {
    pub(crate) async fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let sink = Sink { url, arrived: Arc::default() };
        let router = Router::new().fallback(post(take)).with_state(sink.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        sink
    }
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }
    /// The arrival of the alert with this key.
    pub(crate) fn of(&self, key: &str) -> Option<Arrival> {
        self.lock().get(key).cloned()
    }
    /// All, and forgets them.
    pub(crate) fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arrival>> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(sink): State<Sink>, uri: Uri, body: Bytes) {
    let at = Utc::now();
    if uri.path() == HANGING {
        std::future::pending::<()>().await;
    }
    let Ok(notice) = serde_json::from_slice::<Value>(&body) else { return };
    // Ends are not measured.
    if notice["kind"] == "resolved" || notice["status"] == "resolved" {
        return;
    }
    let mut arrived = sink.lock();
    for alert in notice["alerts"].as_array().into_iter().flatten() {
        let began = alert["since"].as_str().or(alert["startsAt"].as_str()).unwrap_or_default();
        let Ok(since) = DateTime::parse_from_rfc3339(began) else { continue };
        let arrival = Arrival { path: uri.path().to_owned(), since: since.to_utc(), at };
        arrived.entry(key(alert)).or_insert(arrival);
    }
}

/// Check and finding, which are labels of Alertmanager's alerts.
fn key(alert: &Value) -> String {
    let text = |ours: &str, theirs: &str| {
        alert[ours].as_str().or(alert["labels"][theirs].as_str()).unwrap_or_default().to_owned()
    };
    format!("{}/{}", text("check", "alertname"), text("finding", "finding"))
}
