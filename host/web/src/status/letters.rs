//! Letters about a page: the form where somebody asks for them, and the page behind the links in them. Opening a page
//! changes nothing, because mail scanners open links; a button does. The form answers the same whether an address is known
//! or not.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use askama::Template;
use axum::extract::{ConnectInfo, Path, RawQuery, Request};
use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use watchkeep_core::ids::{Digest, SubscriberId};
use watchkeep_core::status_page::StatusPageSpec;
use watchkeep_core::subscription::{
    Address, Asked, CONFIRM_WITHIN, Letter, Requests, Subject, Subscriber, SubscriberChange, already, confirm,
};
use watchkeep_core::time::Mono;

use super::{State, not_found, one, page};
use crate::api::body::whole;
use crate::host::{Host, HostError};
use crate::pages::escaped;
use crate::proxies;

/// What is asked for and what somebody has; both have a form.
pub(super) const PATHS: [&str; 2] = ["/status/{name}/letters", "/status/{name}/letters/for/{id}"];

/// As for the page, and forms may be sent to where they came from.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Who asked lately, on whichever listener, and whose turn it is.
pub struct Desk {
    began: Instant,
    requests: Mutex<Requests>,
    /// Held from looking who is there to having changed it: nobody is there twice, and nobody who left comes back.
    turn: tokio::sync::Mutex<()>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { began: Instant::now(), requests: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl Desk {
    fn admits(&self, address: &Address, client: IpAddr) -> bool {
        let now = Mono::default() + self.began.elapsed();
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).admit(address, client, now)
    }
}

/// What the page says and offers.
enum Standing {
    Ask,
    /// What was typed is no address; the sentence says so.
    Wrong(String),
    Sent,
    Full,
    /// One can confirm for this address, shortened.
    Confirm(String),
    Confirmed(String),
    Leave(String),
    Left,
    Unknown,
    Failed,
}

#[derive(Template)]
#[template(path = "letters.html")]
struct LettersPage<'a> {
    title: &'a str,
    /// The status page's path.
    path: String,
    style_version: &'static str,
    standing: Standing,
    hours: u64,
}

impl LettersPage<'_> {
    fn offers_form(&self) -> bool {
        match self.standing {
            Standing::Ask | Standing::Wrong(_) => true,
            Standing::Sent
            | Standing::Full
            | Standing::Confirm(_)
            | Standing::Confirmed(_)
            | Standing::Leave(_)
            | Standing::Left
            | Standing::Unknown
            | Standing::Failed => false,
        }
    }
}

fn answer(status: StatusCode, spec: &StatusPageSpec, standing: Standing) -> Response {
    let page = LettersPage {
        title: &spec.title,
        path: format!("/status/{}", escaped(spec.name.as_str())),
        style_version: page::style_version(),
        standing,
        hours: CONFIRM_WITHIN.as_secs() / 3600,
    };
    let mut response = match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page about letters could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// The page, if whoever asks may see it and it sends letters.
fn sends(pages: &State, name: &str, query: Option<&str>) -> Option<Arc<StatusPageSpec>> {
    let token = Digest::of(one(query, "token").unwrap_or_default().as_bytes());
    let found = pages.shown(name, token)?;
    found.spec().subscriptions.is_some().then(|| Arc::clone(found.spec()))
}

pub(super) async fn form(pages: State, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    match sends(&pages, &name, query.as_deref()) {
        Some(spec) => answer(StatusCode::OK, &spec, Standing::Ask),
        None => not_found(),
    }
}

pub(super) async fn ask(
    pages: State,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let Some(spec) = sends(&pages, &name, query.as_deref()) else { return not_found() };
    let host = pages.host();
    let client = peer(&**host, &request);
    let typed = match field(request, "address").await {
        Ok(typed) => typed,
        Err(status) => return answer(status, &spec, Standing::Failed),
    };
    let address = match Address::parse(&typed) {
        Ok(address) => address,
        Err(error) => {
            return answer(StatusCode::UNPROCESSABLE_ENTITY, &spec, Standing::Wrong(error.to_string()));
        }
    };
    let desk = host.desk();
    let _turn = desk.turn.lock().await;
    let is_full = host.subscribers().room(&spec.name, host.now()).is_none();
    if desk.admits(&address, client)
        && let Err(error) = answer_by_letter(&**host, &spec, address).await
    {
        tracing::error!(page = %spec.name, %error, "a letter to a subscriber could not be written");
        return answer(StatusCode::SERVICE_UNAVAILABLE, &spec, Standing::Failed);
    }
    if is_full {
        tracing::warn!(page = %spec.name, "somebody asked for letters, and there is no room for more subscribers");
        return answer(StatusCode::SERVICE_UNAVAILABLE, &spec, Standing::Full);
    }
    answer(StatusCode::OK, &spec, Standing::Sent)
}

/// Whoever reads the mailbox is asked, or told that it is subscribed.
async fn answer_by_letter(host: &dyn Host, spec: &StatusPageSpec, address: Address) -> Result<(), HostError> {
    let (id, changes, (title, text)) = match host.subscribers().ask(&spec.name, &address, host.now()) {
        Asked::Full => return Ok(()),
        Asked::Again(known) => {
            let says = if known.confirmed_at.is_some() { already } else { confirm };
            (known.id.clone(), Vec::new(), says(&spec.title))
        }
        Asked::New(mut changes) => {
            let drawn: String = host.random()?.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            let id = SubscriberId::new(format!("s-{drawn}"));
            let new = Subscriber {
                id: id.clone(),
                page: spec.name.clone(),
                address,
                asked_at: host.now(),
                confirmed_at: None,
            };
            changes.push(SubscriberChange::Put(new));
            (id, changes, confirm(&spec.title))
        }
    };
    let (Some(receiver), Some(url)) = (&spec.subscriptions, &spec.url) else { return Ok(()) };
    let letter = Letter {
        page: spec.name.clone(),
        receiver: receiver.clone(),
        subject: Subject::Confirm,
        title,
        text,
        link: url.clone(),
        to: vec![id],
        told: None,
    };
    host.correspond(changes, Some(letter)).await
}

/// Where a subscriber confirms and leaves, below the page's own address.
pub fn own_link(url: &str, id: &SubscriberId) -> String {
    format!("{url}/letters/for/{}", escaped(id.as_str()))
}

fn page_of(pages: &State, name: &str) -> Option<Arc<StatusPageSpec>> {
    pages.host().setup().status_pages.iter().find(|page| page.name.as_str() == name).cloned()
}

/// The subscriber, who is of this page, and whose time to confirm is not over.
fn find(host: &dyn Host, spec: &StatusPageSpec, id: &str) -> Option<Arc<Subscriber>> {
    let found = host.subscribers().find(&SubscriberId::new(id)).cloned()?;
    (found.page == spec.name && !found.is_overdue(host.now())).then_some(found)
}

/// Whoever has the link needs no token of the page.
pub(super) async fn show(pages: State, Path((name, id)): Path<(String, String)>) -> Response {
    let Some(spec) = page_of(&pages, &name) else { return not_found() };
    match find(&**pages.host(), &spec, &id) {
        None => answer(StatusCode::NOT_FOUND, &spec, Standing::Unknown),
        Some(known) if known.confirmed_at.is_some() => {
            answer(StatusCode::OK, &spec, Standing::Leave(known.address.masked()))
        }
        Some(known) => answer(StatusCode::OK, &spec, Standing::Confirm(known.address.masked())),
    }
}

/// A button confirms or leaves. A mail program that was told to leave says so by itself (RFC 8058).
pub(super) async fn press(
    pages: State,
    Path((name, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(spec) = page_of(&pages, &name) else { return not_found() };
    let host = &**pages.host();
    let pressed = match field(request, "do").await {
        Ok(pressed) => pressed,
        Err(status) => return answer(status, &spec, Standing::Failed),
    };
    let desk = host.desk();
    let _turn = desk.turn.lock().await;
    let Some(known) = find(host, &spec, &id) else {
        return answer(StatusCode::NOT_FOUND, &spec, Standing::Unknown);
    };
    let (change, standing) = if pressed == "confirm" {
        if known.confirmed_at.is_none() && host.subscribers().is_full(&spec.name) {
            return answer(StatusCode::SERVICE_UNAVAILABLE, &spec, Standing::Full);
        }
        let confirmed_at = known.confirmed_at.or(Some(host.now()));
        let confirmed = Subscriber { confirmed_at, ..Subscriber::clone(&known) };
        (SubscriberChange::Put(confirmed), Standing::Confirmed(known.address.masked()))
    } else {
        (SubscriberChange::Remove(known.id.clone()), Standing::Left)
    };
    match host.correspond(vec![change], None).await {
        Ok(()) => answer(StatusCode::OK, &spec, standing),
        Err(error) => {
            tracing::error!(page = %spec.name, %error, "a subscription could not be changed");
            answer(StatusCode::SERVICE_UNAVAILABLE, &spec, Standing::Failed)
        }
    }
}

/// A field of a form, empty if it is not there.
async fn field(request: Request, wanted: &str) -> Result<String, StatusCode> {
    let body = whole(request.into_body()).await.map_err(|problem| problem.status)?;
    let found = form_urlencoded::parse(&body).find(|(name, _)| name == wanted);
    Ok(found.map(|(_, value)| value.into_owned()).unwrap_or_default())
}

/// Where the request comes from; who hides it shares its bounds with all who do.
fn peer(host: &dyn Host, request: &Request) -> IpAddr {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = proxies::peer(&host.access().trusted_proxies, address, request.headers()).address();
    peer.unwrap_or(IpAddr::from([0, 0, 0, 0]))
}
