//! The router, made of the table of routes, and what applies to every request: who makes it, whether it may be made, how
//! long it may take, what browsers may do with the answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State as Held};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::sync::{Mutex, Semaphore};

use crate::access::{
    Access, LocalControl, OverTls, Peer, entrance, is_https_by_name, is_loopback_name, text,
};
use crate::accounts::Door;
use crate::admission::{Asked, admitted, refused, with_proof};
use crate::caller::{Caller, Https, Way, Writer, identify};
use crate::host::Host;
use crate::idempotency::{Answered, answer_once};
use crate::packing::packed;
use crate::problem::Problem;
use crate::proxies::{self, Route};
use crate::routes::{Pace, table};
use crate::seen::Seen;
use crate::streams::Streams;
use crate::{pages, ping, reply, status};

/// The longest body; a longer one is refused unread. No request needs more. Pings have a bound of their own.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 10;
/// The time for an answer, except for the stream and commands that wait, which have bounds of their own.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// The most live streams at once, where nothing says how many connections there are.
const STREAMS_MAX: usize = 1024;

/// The most answers of `/metrics` under way at once: each holds the last outcomes of all checks until it has been read.
const SCRAPES_MAX: usize = 8;

/// What all requests share. Handlers do not get it: theirs is [`App`], which has the host as the caller may see it.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) host: Arc<dyn Host>,
    streams: Arc<Streams>,
    scrapes: Arc<Semaphore>,
    backups: Arc<Semaphore>,
    notes: Arc<Mutex<()>>,
    pub(crate) answered: Arc<Answered>,
    door: Arc<Door>,
}

/// What a handler has: the host as this caller may see it, and who the caller is.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) scrapes: Arc<Semaphore>,
    pub(crate) backups: Arc<Semaphore>,
    /// Held from reading a note to having changed it, so that no entry is lost.
    pub(crate) notes: Arc<Mutex<()>>,
    pub(crate) door: Arc<Door>,
}

/// The way to an [`App`], and the only one: axum's own `State` gives none.
pub(crate) struct State<T>(pub(crate) T);

impl Deref for State<App> {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

impl FromRequestParts<Shared> for State<App> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        let caller = caller.unwrap_or_else(|| Arc::new(Caller::nobody(None)));
        Ok(State(App {
            host: Arc::new(Seen::new(Arc::clone(&shared.host), Arc::clone(&caller))),
            caller,
            streams: Arc::clone(&shared.streams),
            scrapes: Arc::clone(&shared.scrapes),
            backups: Arc::clone(&shared.backups),
            notes: Arc::clone(&shared.notes),
            door: Arc::clone(&shared.door),
        }))
    }
}

/// The router for everything that the host serves. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`
/// over TCP, and with the extension [`LocalControl`] over the control socket.
pub fn router(host: Arc<dyn Host>) -> Router {
    router_within(host, STREAMS_MAX)
}

/// The same, with at most so many live streams at once: fewer than there are connections for one address, or whoever only
/// watches would keep everybody from asking.
pub fn router_within(host: Arc<dyn Host>, streams_max: usize) -> Router {
    let pings = ping::routes(Arc::clone(&host));
    let replies = reply::routes(Arc::clone(&host));
    let status_pages = status::routes(Arc::clone(&host));
    let shared = Shared {
        host,
        streams: Arc::new(Streams::new(streams_max)),
        scrapes: Arc::new(Semaphore::new(SCRAPES_MAX)),
        backups: Arc::new(Semaphore::new(1)),
        notes: Arc::default(),
        answered: Arc::new(Answered::default()),
        door: Arc::new(Door::default()),
    };
    // What a person does must not be done twice because a phone sent it twice.
    let once = from_fn_with_state(shared.clone(), answer_once);
    let mut router = Router::new();
    for entry in table() {
        let handler = match entry.pace {
            Pace::Prompt => entry.handler.layer(from_fn(bounded_time)),
            Pace::PromptOnce => entry.handler.layer(once.clone()).layer(from_fn(bounded_time)),
            Pace::WaitingOnce => entry.handler.layer(once.clone()),
            Pace::Lasting => entry.handler,
        };
        let asked = Asked { host: Arc::clone(&shared.host), right: entry.right };
        router = router.route(entry.path, handler.layer(from_fn_with_state(asked, admitted)));
    }
    let router = router
        .fallback(pages::not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(shared.clone(), guarded))
        .with_state(shared)
        // A ping needs no right but its key, from anywhere and with any host name.
        .merge(pings)
        // The same for status pages, of which the token is part of the address.
        .merge(status_pages)
        // And for answers to messages.
        .merge(replies);
    packed(router)
}

async fn method_not_allowed(State(app): State<App>, request: Request) -> Problem {
    if !app.caller.is_signed_in() {
        return refused(&*app.host, &app.caller, request.method(), None);
    }
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

/// Finds out who makes the request, then says what browsers may do with the answer.
async fn guarded(Held(shared): Held<Shared>, request: Request, next: Next) -> Response {
    let asked = request.headers().clone();
    let is_over_tls = request.extensions().get::<OverTls>().is_some();
    let mut response = match known(&shared, request).await {
        Err(problem) => problem.into_response(),
        Ok((request, caller)) => {
            let response = next.run(request).await;
            pages::with_csrf(response, &caller).await
        }
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
        // What is stricter than this stays.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_over_tls && !text(&asked, &header::HOST).is_some_and(is_loopback_name) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Browsers ask in no other way for a month from now: long enough that nobody is caught in between, short enough that who
/// takes TLS away again is not locked out for good.
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=2592000");

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

/// The request with its caller in it, if it may be made at all.
async fn known(shared: &Shared, request: Request) -> Result<(Request, Arc<Caller>), Problem> {
    let access = shared.host.access();
    let (peer, way) = came(&access, &request);
    let distance = entrance(&access, peer, request.method(), request.headers())?;
    if length(&request).is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        return Err(Problem::too_large());
    }
    let caller = Arc::new(identify(&shared.host, peer, way, distance, request.headers())?);
    let mut request = with_proof(request, &caller).await?;
    request.extensions_mut().insert(Writer::of(&caller));
    request.extensions_mut().insert(Arc::clone(&caller));
    Ok((request, caller))
}

/// Who sent the request, and how it came.
fn came(access: &Access, request: &Request) -> (Peer, Way) {
    let (extensions, headers) = (request.extensions(), request.headers());
    if extensions.get::<LocalControl>().is_some() {
        return (Peer::ControlSocket, Way::PLAIN);
    }
    let address = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let trusted = &access.trusted_proxies;
    let peer = proxies::peer(trusted, address, headers);
    let is_https = extensions.get::<OverTls>().is_some()
        || is_https_by_name(access, headers)
        || proxies::says_https(trusted, address, headers);
    let https = if is_https { Https::Yes } else { Https::No };
    (peer, Way { https, route: Route::of(peer, request.version(), headers) })
}

fn length(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
