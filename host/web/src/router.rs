//! The routes, and what applies to every request: who may make it, how long it may take, what browsers may do with the
//! answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::sync::Semaphore;

use crate::access::{Audience, LocalControl, Peer, Writer, admit};
use crate::api::{
    actions, alerts, checks, commands, deliveries, explain, groups, openapi, plugins, reload, results,
    snapshots, stream, take, windows,
};
use crate::host::Host;
use crate::idempotency::{Answered, answer_once};
use crate::problem::Problem;
use crate::{metrics, pages, ping, probes};

/// The longest body; a longer one is refused unread. No request needs more. Pings have a bound of their own.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 10;
/// The time for an answer, except for the stream and commands that wait, which have bounds of their own.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// The most live streams at once.
const STREAMS_MAX: usize = 256;

/// The most answers of `/metrics` under way at once: each holds the last outcomes of all checks until it has been read.
const SCRAPES_MAX: usize = 8;

/// What handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) scrapes: Arc<Semaphore>,
    pub(crate) answered: Arc<Answered>,
}

/// The router for everything that the host serves. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`
/// over TCP, and with the extension [`LocalControl`] over the control socket.
pub fn router(host: Arc<dyn Host>) -> Router {
    let pings = ping::routes(Arc::clone(&host));
    let app = App {
        host,
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        scrapes: Arc::new(Semaphore::new(SCRAPES_MAX)),
        answered: Arc::new(Answered::default()),
    };
    let timed = Router::new()
        .merge(pages::routes())
        .merge(reading())
        .route("/-/healthy", get(probes::healthy))
        .route("/-/ready", get(probes::ready))
        .route("/metrics", get(metrics::metrics))
        .layer(from_fn(bounded_time));
    // What a person does must not be done twice because a phone sent it twice.
    let once = from_fn_with_state(app.clone(), answer_once);
    let taking = taking().layer(once.clone()).layer(from_fn(bounded_time));
    // These have bounds of their own: a stream lasts, a command may wait, a reload compiles.
    let untimed = Router::new()
        .route("/-/reload", post(reload::reload))
        .route("/api/v1/checks/{name}/run", post(commands::run))
        .route("/api/v1/checks/{name}/pause", post(commands::pause))
        .route("/api/v1/checks/{name}/resume", post(commands::resume))
        .route("/api/v1/checks/{name}/snapshots/accept", post(snapshots::accept))
        .route("/api/v1/receivers/{name}/test", post(commands::test_receiver))
        .route("/api/v1/alerts/{id}/act", post(actions::act))
        .route("/api/v1/plugins/{name}/approve", post(plugins::approve))
        .route("/api/v1/plugins/{name}/rollback", post(plugins::roll_back))
        .layer(once)
        .merge(pages::long_routes())
        .route("/api/v1/stream", get(stream::stream));
    timed
        .merge(taking)
        .merge(untimed)
        .fallback(pages::not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), guarded))
        .with_state(app)
        // A ping needs no right but its key, from anywhere and with any host name.
        .merge(pings)
}

/// Routes for what people do about alerts.
fn taking() -> Router<App> {
    Router::new()
        .route("/api/v1/alerts/{id}/acknowledge", post(take::acknowledge_alert))
        .route("/api/v1/alerts/{id}/unacknowledge", post(take::unacknowledge_alert))
        .route("/api/v1/alerts/{id}/hand-over", post(take::hand_over_alert))
        .route("/api/v1/groups/{id}/acknowledge", post(take::acknowledge_group))
        .route("/api/v1/groups/{id}/unacknowledge", post(take::unacknowledge_group))
        .route("/api/v1/groups/{id}/hand-over", post(take::hand_over_group))
        .route("/api/v1/silences", get(windows::silences).post(windows::make_silence))
        .route("/api/v1/silences/{id}", get(windows::silence).delete(windows::end_silence))
        .route("/api/v1/maintenance", get(windows::maintenance).post(windows::make_maintenance))
        .route("/api/v1/maintenance/{id}", get(windows::one_maintenance).delete(windows::end_maintenance))
        .route("/api/v1/deliveries/{id}/retry", post(deliveries::retry))
        .route("/api/v1/occasions/{id}/approve", post(actions::approve))
        .route("/api/v1/occasions/{id}/decline", post(actions::decline))
}

fn reading() -> Router<App> {
    Router::new()
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1/checks", get(checks::list))
        .route("/api/v1/checks/{name}", get(checks::one))
        .route("/api/v1/checks/{name}/explain", get(explain::of_check))
        .route("/api/v1/checks/{name}/results", get(results::list))
        .route("/api/v1/checks/{name}/snapshots", get(snapshots::list))
        .route("/api/v1/checks/{name}/transitions", get(alerts::transitions_of_check))
        .route("/api/v1/alerts", get(alerts::list))
        .route("/api/v1/alerts/explain", get(explain::any))
        .route("/api/v1/alerts/{id}", get(alerts::one))
        .route("/api/v1/alerts/{id}/explain", get(explain::of_alert))
        .route("/api/v1/groups", get(groups::list))
        .route("/api/v1/groups/{id}", get(groups::one))
        .route("/api/v1/transitions", get(alerts::transitions))
        .route("/api/v1/plugins", get(plugins::list))
        .route("/api/v1/plugins/events", get(plugins::events))
        .route("/api/v1/receivers", get(plugins::receivers))
        .route("/api/v1/deliveries", get(deliveries::list))
        .route("/api/v1/actions", get(actions::list))
        .route("/api/v1/occasions", get(actions::occasions))
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "this path is asked in another way; hint: `/api/v1/openapi.json` lists what there is",
    )
}

async fn bounded_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "too-slow",
            format!(
                "no answer within {} s; hint: ask for less, with `limit` or a filter",
                ANSWER_TIME.as_secs()
            ),
        )
        .into_response(),
    }
}

/// Admits or refuses a request, then says what browsers may do with the answer.
async fn guarded(State(app): State<App>, mut request: Request, next: Next) -> Response {
    // The admin token has no name of its own, and the control socket belongs to the admin.
    request.extensions_mut().insert(Writer(Arc::from("admin")));
    let asked = request.headers().clone();
    let mut response = match refusal(&app, &request) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    if let Some(problem) = response.extensions().get::<Problem>()
        && let Some(page) = pages::as_page(problem, &asked)
    {
        let needs_token = response.headers_mut().remove(header::WWW_AUTHENTICATE);
        response = page;
        response.headers_mut().extend(needs_token.map(|value| (header::WWW_AUTHENTICATE, value)));
    }
    let headers = response.headers_mut();
    for (name, value) in PROTECTION {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Headers that allow nothing inline, nothing from elsewhere, and no frames around our pages. The referrer policy is
/// `same-origin` and not `no-referrer`, because with the latter a browser sends `Origin: null` with our own forms.
const PROTECTION: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

fn refusal(app: &App, request: &Request) -> Option<Problem> {
    let peer = if request.extensions().get::<LocalControl>().is_some() {
        Peer::ControlSocket
    } else {
        Peer::Tcp(request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip()))
    };
    let audience = if request.uri().path() == "/-/healthy" { Audience::Anyone } else { Audience::Reader };
    if let Err(problem) = admit(&app.host.access(), peer, audience, request.method(), request.headers()) {
        return Some(problem);
    }
    let length = request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok()?;
    (length > BODY_BYTES_MAX as u64).then(Problem::too_large)
}
