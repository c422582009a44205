//! `/ping/KEY`: where jobs report that they ran, in the way that Healthchecks made common, so that its clients work
//! unchanged. Whoever knows the key may ping, from anywhere; an answer says whether the key exists and nothing else.
//! The same routes serve the host's own address and the public one, which serves status pages beside them
//! and nothing else.

mod guesses;
mod places;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use futures::StreamExt as _;
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use watchkeep_core::heartbeat::{Ping, PingKind, Refused};

use crate::host::{Host, PingTaken};
use crate::packing::packed;
use crate::problem::Problem;
use crate::{proxies, reply, status};
use guesses::Guesses;
use places::Places;

/// How much of what a job sends is kept; the rest is read and dropped.
const KEPT_BYTES_MAX: usize = 10 << 10;
/// How much of a body is read. A job that sends more gets its answer before it has sent everything.
const READ_BYTES_MAX: usize = 1 << 20;
/// The time for a whole ping; what a job sends is short.
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// The longest key.
const KEY_BYTES_MAX: usize = 200;

#[derive(Clone)]
struct Pinged {
    host: Arc<dyn Host>,
    guesses: Arc<Guesses>,
    places: Arc<Places>,
}

/// The router for the public address: pings, status pages, answers to messages, and nothing else. Serve it with
/// `into_make_service_with_connect_info::<SocketAddr>()`, so that guessing is slowed for each address separately.
pub fn public_router(host: Arc<dyn Host>) -> Router {
    let nothing = any(async || plain(StatusCode::NOT_FOUND, "not found")).layer(from_fn(bare));
    let open = routes(Arc::clone(&host)).merge(reply::routes(Arc::clone(&host)));
    packed(open.merge(status::routes(host)).fallback_service(nothing))
}

/// The ping routes alone, without a fallback.
pub(crate) fn routes(host: Arc<dyn Host>) -> Router {
    let pinged = Pinged { host, guesses: Arc::new(Guesses::default()), places: Arc::default() };
    let refused = async || plain(StatusCode::METHOD_NOT_ALLOWED, "ping with GET, POST or HEAD");
    Router::new()
        .route("/ping/{key}", get(success).post(success))
        .route("/ping/{key}/", get(success).post(success))
        .route("/ping/{key}/{what}", get(said).post(said))
        .method_not_allowed_fallback(refused)
        .layer(from_fn(bare))
        .with_state(pinged)
}

async fn success(
    State(app): State<Pinged>,
    Path(key): Path<String>,
    peer: Peer,
    request: Request,
) -> Response {
    take(&app, &key, PingKind::Success, peer, request).await
}

async fn said(
    State(app): State<Pinged>,
    Path((key, what)): Path<(String, String)>,
    peer: Peer,
    request: Request,
) -> Response {
    let kind = match what.as_str() {
        "start" => PingKind::Start,
        "fail" => PingKind::Fail,
        "log" => PingKind::Log,
        digits if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            match digits.parse() {
                Ok(status) => PingKind::Exit(status),
                Err(_) => return plain(StatusCode::BAD_REQUEST, "an exit status is 0 to 255"),
            }
        }
        _ => return plain(StatusCode::NOT_FOUND, "not found"),
    };
    take(&app, &key, kind, peer, request).await
}

/// Takes a ping. The key is looked at before the body is waited for, so that nobody without a key uses up a place.
async fn take(app: &Pinged, key: &str, kind: PingKind, peer: Peer, request: Request) -> Response {
    let check = || if key.len() <= KEY_BYTES_MAX { app.host.heartbeat(key) } else { None };
    if !app.guesses.admit(peer.0).await {
        // The answer is the same for a known key, so that guessing reveals nothing. A job behind the same address may
        // have pinged correctly.
        if let Some(check) = check() {
            app.host.turned_away(Refused::Of(check));
        }
        return later("too many unknown keys were tried from this address");
    }
    let Some(check) = check() else {
        app.guesses.missed(peer.0);
        return plain(StatusCode::NOT_FOUND, "not found");
    };
    let Some(_place) = app.places.place(&check) else {
        app.host.turned_away(Refused::Of(check));
        return later("too many pings of this check at once");
    };
    match tokio::time::timeout(ANSWER_TIME, taken(app, key, kind, request)).await {
        Ok(response) => response,
        Err(_) => {
            // The time that ran out is the host's own limit.
            app.host.turned_away(Refused::Of(check));
            plain(StatusCode::REQUEST_TIMEOUT, "the ping took too long")
        }
    }
}

async fn taken(app: &Pinged, key: &str, kind: PingKind, request: Request) -> Response {
    let run_id = match run_id(request.uri().query().unwrap_or_default()) {
        Ok(run_id) => run_id,
        Err(refusal) => return plain(StatusCode::BAD_REQUEST, refusal),
    };
    let Ok(body) = read(request.into_body()).await else {
        return plain(StatusCode::BAD_REQUEST, "the body broke off");
    };
    match app.host.ping(key, Ping { kind, run_id, body }).await {
        Ok(PingTaken::Known) => plain(StatusCode::OK, "OK"),
        // The config has another key by now.
        Ok(PingTaken::UnknownKey) => plain(StatusCode::NOT_FOUND, "not found"),
        Err(error) => {
            // The causes go to the log; the status tells a client that retries whether it may.
            let problem = Problem::from(error);
            plain(problem.status, "the ping was not taken")
        }
    }
}

/// Reads `rid`, in lower case, which tells overlapping runs of one job apart.
fn run_id(query: &str) -> Result<Option<String>, &'static str> {
    let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "rid");
    let Some((_, text)) = found else { return Ok(None) };
    let groups: Vec<&str> = text.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|digit| digit.is_ascii_hexdigit()));
    if is_uuid { Ok(Some(text.to_ascii_lowercase())) } else { Err("rid is a UUID") }
}

/// What is kept of a body, as text.
async fn read(body: Body) -> Result<String, axum::Error> {
    let mut kept = Vec::new();
    let mut read = 0;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        read += chunk.len();
        kept.extend_from_slice(&chunk[..chunk.len().min(KEPT_BYTES_MAX - kept.len())]);
        if read > READ_BYTES_MAX {
            break;
        }
    }
    let mut text = String::from_utf8_lossy(&kept).into_owned();
    // The text gets longer where bytes that are not text were replaced.
    text.truncate(text.floor_char_boundary(KEPT_BYTES_MAX));
    Ok(text)
}

/// The address of the client; `None` if it is not known.
struct Peer(Option<IpAddr>);

impl FromRequestParts<Pinged> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Pinged) -> Result<Self, Self::Rejection> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let access = app.host.access();
        Ok(Self(proxies::peer(&access.trusted_proxies, address, &parts.headers).address()))
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

fn later(text: &'static str) -> Response {
    let retry = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
    (StatusCode::TOO_MANY_REQUESTS, retry, text).into_response()
}

/// Makes the answer text that no browser interprets. The limit is announced as Healthchecks does.
async fn bare(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("ping-body-limit"), "10240"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_cut_at_a_character() {
        let long = "é".repeat(KEPT_BYTES_MAX);
        let kept = read(Body::from(format!("x{long}"))).await.unwrap();
        assert!(kept.len() <= KEPT_BYTES_MAX && kept.len() > KEPT_BYTES_MAX - 4, "{}", kept.len());
        let bad = read(Body::from(vec![0xff; KEPT_BYTES_MAX])).await.unwrap();
        assert!(bad.len() <= KEPT_BYTES_MAX, "{}", bad.len());
    }

    #[test]
    fn a_run_id_is_a_uuid() {
        let uuid = "F47AC10B-58cc-4372-a567-0e02b2c3d479";
        assert_eq!(run_id(&format!("rid={uuid}")), Ok(Some(uuid.to_lowercase())));
        assert_eq!(run_id("x=1"), Ok(None));
        for wrong in [
            "rid=",
            "rid=1",
            "rid=f47ac10b58cc4372a5670e02b2c3d479",
            "rid=g47ac10b-58cc-4372-a567-0e02b2c3d479",
        ] {
            assert!(run_id(wrong).is_err(), "{wrong}");
        }
    }
}
