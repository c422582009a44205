//! `/metrics`: the host's numbers and every check's last report, in Prometheus text.

mod histogram;
mod host;
mod probe;
mod text;

pub use histogram::Histogram;

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt as _;
use http::{StatusCode, header};
use watchkeep_core::ids::{PluginName, ReceiverName};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use crate::api::query::Params;
use crate::host::HostError;
use crate::problem::Problem;
use crate::router::{App, State};
use probe::Probes;
use text::Exposition;

/// What the daemon counts. Counters never go down while the host runs.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub started_at: Wall,
    /// Runs by plugin and `Outcome::kind`.
    pub runs: Vec<(PluginName, &'static str, u64)>,
    pub run_lateness: Histogram,
    pub run_duration: Histogram,
    pub runs_skipped: u64,
    /// Failures by plugin and `FailureReason::as_str`.
    pub plugin_failures: Vec<(PluginName, &'static str, u64)>,
    pub outbox_depth: u64,
    /// The age of the oldest row in the outbox.
    pub outbox_oldest: Duration,
    /// Deliveries by receiver and result: `delivered`, `retry`, `unsure`, `rejected`, `dead`, `superseded`.
    pub deliveries: Vec<(ReceiverName, &'static str, u64)>,
    pub store_commit: Histogram,
    /// How often the core did not find something that must exist.
    pub inconsistencies: u64,
}

pub(crate) async fn metrics(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["checks", "match"])?;
    let place = app.scrapes.clone().try_acquire_owned().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-scrapes",
            "too many answers of `/metrics` are still being read; hint: scrape less often, or ask for `checks=none`",
        )
    })?;
    let host = &app.host;
    let checks = host.checks();
    let mut out = Exposition::default();
    host::write(&mut out, host.as_ref(), &checks);
    let chosen = match params.one("checks") {
        None | Some("all") => chosen(checks, &params)?,
        Some("none") if params.one("match").is_none() => Vec::new(),
        Some("none") => {
            return Err(Problem::invalid("`match` chooses checks, and `checks=none` leaves them all out"));
        }
        Some(other) => {
            return Err(Problem::invalid(format!("`checks` is `all` or `none`, and not `{other}`")));
        }
    };
    let first = futures::stream::once(std::future::ready(Bytes::from(out.finish())));
    // Sorting many series takes a while; other answers continue meanwhile.
    let probes = tokio::task::spawn_blocking(|| Probes::new(chosen))
        .await
        .map_err(|error| HostError::Internal(Box::new(error)))?;
    let rest = futures::stream::unfold((probes, place), async |(mut probes, place)| {
        let piece = probes.piece()?;
        tokio::task::yield_now().await;
        Some((Bytes::from(piece), (probes, place)))
    });
    let body = Body::from_stream(first.chain(rest).map(Ok::<_, Infallible>));
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response())
}

/// The checks whose own labels, name and plugin match.
fn chosen(checks: Vec<CheckView>, params: &Params) -> Result<Vec<CheckView>, Problem> {
    let matchers = params.all("match").map(Matcher::parse).collect::<Result<Vec<_>, _>>();
    let matchers = matchers.map_err(|error| Problem::invalid(error.to_string()))?;
    if matchers.is_empty() {
        return Ok(checks);
    }
    let fits = |view: &CheckView| {
        let own = [("check", view.spec.name.as_str()), ("plugin", view.spec.plugin.as_str())];
        let labels = view.spec.labels.with(own);
        matchers.iter().all(|matcher| matcher.matches(&labels))
    };
    Ok(checks.into_iter().filter(fits).collect())
}
