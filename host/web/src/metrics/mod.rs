//! `/metrics`: the host's numbers and every check's last report, in Prometheus text.

mod histogram;
mod host;
mod probe;
mod text;

pub use histogram::Histogram;

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use watchkeep_core::ids::{PluginName, ReceiverName};
use watchkeep_core::time::Wall;

use crate::router::App;
use text::Exposition;

/// What the daemon counts. Counters never go back while the host runs.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub started_at: Wall,
    /// By plugin and `Outcome::kind`.
    pub runs: Vec<(PluginName, &'static str, u64)>,
    pub run_lateness: Histogram,
    pub run_duration: Histogram,
    pub runs_skipped: u64,
    /// By plugin and `FailureReason::as_str`.
    pub plugin_failures: Vec<(PluginName, &'static str, u64)>,
    pub outbox_depth: u64,
    /// Age of the oldest row of the outbox.
    pub outbox_oldest: Duration,
    /// By receiver and result: `delivered`, `retry`, `unsure`, `rejected`, `dead`, `superseded`.
    pub deliveries: Vec<(ReceiverName, &'static str, u64)>,
    pub store_commit: Histogram,
    /// How often the core missed something that must be there.
    pub inconsistencies: u64,
}

pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let host = &app.host;
    let checks = host.checks();
    let mut out = Exposition::default();
    host::write(&mut out, host.as_ref(), &checks);
    probe::write(&mut out, &checks);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out.finish()).into_response()
}
