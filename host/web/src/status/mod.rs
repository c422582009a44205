//! `/status/NAME`: what people outside are shown. Served on the host's own address and on the public one, to anyone, with
//! any host name, without a cookie or a script. What is shown is decided by `watchkeep_core::status`; here it is found,
//! remembered for some seconds, so that a flood costs no more than a reader, and written.
//!
//! A page that is not there and one whose token is missing or wrong have the same answer.

mod badge;
mod days;
mod feed;
mod kept;
mod letters;
mod page;
mod text;
mod view;

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, Path, RawQuery, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use watchkeep_core::ids::Digest;

use crate::host::Host;
pub(crate) use kept::StatusPages;
use kept::{Kept, Shown};
pub use letters::{Desk, own_link};
pub(crate) use text::{Piece, pieces};
pub use view::shown;
pub(crate) use view::states;

/// The time for an answer. What is computed meanwhile is computed to its end all the same, for whoever asks next.
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// How long a browser or a proxy may keep an answer, in seconds.
const KEPT_SECONDS: u32 = 10;
/// After how many seconds a browser that is left open asks again.
const REFRESH_SECONDS: &str = "60";

/// Every route here, for the table of who may; all are for anyone.
pub(crate) fn paths() -> Vec<(Method, &'static str)> {
    let reads = table().into_iter().map(|(path, _)| (Method::GET, path));
    reads.chain(letters::PATHS.map(|path| (Method::POST, path))).collect()
}

fn table() -> Vec<(&'static str, MethodRouter<Public>)> {
    vec![
        ("/status/{name}", get(whole)),
        ("/status/{name}/style.css", get(style)),
        ("/status/{name}/feed.xml", get(feed_of_page)),
        ("/status/{name}/badge.svg", get(badge_of_page)),
        ("/status/{name}/badge.json", get(badge_json_of_page)),
        (letters::PATHS[0], get(letters::form).post(letters::ask)),
        (letters::PATHS[1], get(letters::show).post(letters::press)),
        ("/status/{name}/{component}/badge.svg", get(badge_of_component)),
        ("/status/{name}/{component}/badge.json", get(badge_json_of_component)),
    ]
}

/// The routes alone, without a fallback.
pub(crate) fn routes(host: Arc<dyn Host>) -> Router {
    let mut router = Router::new();
    for (path, handler) in table() {
        router = router.route(path, handler);
    }
    let refused =
        async || plain(StatusCode::METHOD_NOT_ALLOWED, "a status page is read, and its forms are sent\n");
    router
        .method_not_allowed_fallback(refused)
        .layer(from_fn(protected))
        .with_state(Public(Arc::new(StatusPages::new(host))))
}

#[derive(Clone)]
struct Public(Arc<StatusPages>);

/// The way to the pages, in the manner of `crate::router::State`: there is no caller here, and so no [`crate::seen::Seen`].
struct State(Arc<StatusPages>);

impl Deref for State {
    type Target = StatusPages;

    fn deref(&self) -> &StatusPages {
        &self.0
    }
}

impl FromRequestParts<Public> for State {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, public: &Public) -> Result<Self, Infallible> {
        Ok(State(Arc::clone(&public.0)))
    }
}

async fn whole(pages: State, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let Some(kept) = find(&pages, &name, query.as_deref()).await else { return not_found() };
    let mut response = body(&kept, "text/html; charset=utf-8", kept.html.clone());
    response
        .headers_mut()
        .insert(HeaderName::from_static("refresh"), HeaderValue::from_static(REFRESH_SECONDS));
    response
}

/// The same for every name, so that it says nothing of which pages there are.
async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    let age = [(header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (kind, age, page::STYLE).into_response()
}

async fn feed_of_page(pages: State, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    match find(&pages, &name, query.as_deref()).await {
        Some(kept) => body(&kept, "application/atom+xml; charset=utf-8", kept.feed.clone()),
        None => not_found(),
    }
}

async fn badge_of_page(pages: State, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    badge(&pages, &name, None, query.as_deref(), badge::svg, "image/svg+xml").await
}

async fn badge_json_of_page(pages: State, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    badge(&pages, &name, None, query.as_deref(), badge::json, "application/json").await
}

async fn badge_of_component(
    pages: State,
    Path((name, component)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    badge(&pages, &name, Some(&component), query.as_deref(), badge::svg, "image/svg+xml").await
}

async fn badge_json_of_component(
    pages: State,
    Path((name, component)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    badge(&pages, &name, Some(&component), query.as_deref(), badge::json, "application/json").await
}

async fn badge(
    pages: &StatusPages,
    name: &str,
    component: Option<&str>,
    query: Option<&str>,
    write: fn(&badge::Badge) -> String,
    media_type: &'static str,
) -> Response {
    let Some(kept) = find(pages, name, query).await else { return not_found() };
    let says = badge::Says::of(one(query, "show").as_deref());
    let Some(badge) = badge::Badge::of(&kept.view, component, says) else { return not_found() };
    body(&kept, media_type, write(&badge))
}

/// The page as it is now, if it is there and the token is right.
async fn find(pages: &StatusPages, name: &str, query: Option<&str>) -> Option<Arc<Kept>> {
    let token = Digest::of(one(query, "token").unwrap_or_default().as_bytes());
    let found = pages.shown(name, token)?;
    tokio::time::timeout(ANSWER_TIME, pages.kept(found)).await.ok().flatten()
}

/// The first value of a parameter.
fn one(query: Option<&str>, wanted: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

fn body(kept: &Kept, media_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let (who, robots) = match kept.shown {
        Shown::ToAll => ("public", None),
        // The address is as good as a key: nobody but who asked keeps the answer.
        Shown::ByToken => ("private", Some(HeaderValue::from_static("noindex"))),
    };
    let mut response = ([(header::CONTENT_TYPE, media_type)], body.into()).into_response();
    let headers = response.headers_mut();
    if let Ok(cache) = HeaderValue::try_from(format!("{who}, max-age={KEPT_SECONDS}")) {
        headers.insert(header::CACHE_CONTROL, cache);
    }
    headers.extend(robots.map(|value| (HeaderName::from_static("x-robots-tag"), value)));
    response
}

fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND, "not found\n")
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

/// Headers that allow nothing but the page's own style. The address may hold a token: no referrer tells it to others. A
/// badge may stand on pages of others.
async fn protected(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        // What has a form of its own has said so.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
