//! `/reply/TOKEN`: where people acknowledge from within a message. Whoever has the token may, once, for the one alert that it
//! is bound to; it needs no sign-in, because the message is on a phone. Opening the page changes nothing: mail scanners open
//! links. The same routes serve the host's own address and the public one.

mod page;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{StatusCode, header};
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::ids::{AlertId, PersonName};
use watchkeep_core::input::Command;
use watchkeep_core::replies::{self, Refused};
use watchkeep_core::reply::{Invitation, Replier, Reply};

use crate::api::body::whole;
use crate::host::{Host, HostError, Write};
use crate::proxies;
use page::{ReplyPage, Standing, protected};

/// Where the page of a token is.
pub(crate) const PATH: &str = "/reply/{token}";
/// No token: it has a dot in it.
const STYLE_PATH: &str = "/reply/style.css";

/// Why somebody's answer counts for nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Acknowledges, and returns the sentence for who did once that is kept. `from` is where the answer came from, for the audit
/// log: an address, or the service's id of the person.
pub async fn take(host: &dyn Host, reply: Reply, from: &str) -> Result<String, ReplyError> {
    let id = reply.invitation.alert.clone();
    let record = open_alert(host, &id);
    let taken = replies::judge(&host.setup(), record.as_deref(), &reply, host.now())?;
    let who = Author {
        name: taken.by.clone(),
        role: String::new(),
        by_way_of: format!("message to {}", reply.invitation.receiver),
        from: from.to_owned(),
    };
    let on = record.map_or_else(|| id.to_string(), |record| record.key.to_string());
    let entry = AuditEntry::new(host.now(), who, "alert.acknowledge", on)
        .to(format!("by {}: {}", taken.by, taken.comment));
    host.write(Write::Command(Command::Reply(reply.clone())), entry).await?;
    // Somebody else may have been quicker, or the alert may be over.
    let record = open_alert(host, &id);
    match record.as_deref().and_then(|record| record.acknowledged.as_ref()) {
        Some(now) if now.by == taken.by => Ok(format!("Acknowledged by {}.", taken.by)),
        Some(now) => Err(Refused::Taken { by: now.by.clone() }.into()),
        None => Err(Refused::Over.into()),
    }
}

fn open_alert(host: &dyn Host, id: &AlertId) -> Option<Arc<AlertRecord>> {
    host.alerts().into_iter().find(|alert| alert.id == *id)
}

pub(crate) fn routes(host: Arc<dyn Host>) -> Router {
    let refused = async || page::plain(StatusCode::METHOD_NOT_ALLOWED, "open it, or press its button");
    Router::new()
        .route(PATH, get(show).post(press))
        .route(STYLE_PATH, get(style))
        .method_not_allowed_fallback(refused)
        .layer(from_fn(protected))
        .with_state(host)
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE).into_response()
}

async fn show(State(host): State<Arc<dyn Host>>, Path(token): Path<String>) -> Response {
    match host.invitation(&token) {
        Some(invitation) => ReplyPage::of(&*host, &invitation, Standing::Asked).answer(StatusCode::OK),
        None => unknown(),
    }
}

async fn press(State(host): State<Arc<dyn Host>>, Path(token): Path<String>, request: Request) -> Response {
    let Some(invitation) = host.invitation(&token) else { return unknown() };
    let from = peer(&*host, &request).map(|ip| ip.to_string()).unwrap_or_default();
    let body = match whole(request.into_body()).await {
        Ok(body) => body,
        Err(problem) => return page::plain(problem.status, "the answer is too long, or broke off"),
    };
    let named = form_urlencoded::parse(&body).find(|(name, _)| name == "person").map(|(_, value)| value);
    let named = named.filter(|name| !name.is_empty()).map(|name| PersonName::new(name.as_ref()));
    let Some(person) = named.or_else(|| only_reader(&*host, &invitation)) else {
        let standing =
            Standing::Refused("several people read this message; hint: say which of them".to_owned());
        return ReplyPage::of(&*host, &invitation, standing).answer(StatusCode::UNPROCESSABLE_ENTITY);
    };
    let reply = Reply { invitation: invitation.clone(), who: Replier::Person(person) };
    let (status, standing) = match take(&*host, reply, &from).await {
        Ok(said) => (StatusCode::OK, Standing::Done(said)),
        Err(ReplyError::Refused(refused)) => (StatusCode::CONFLICT, Standing::Refused(refused.to_string())),
        Err(ReplyError::Host(error)) => {
            let problem = crate::problem::Problem::from(error);
            (problem.status, Standing::Refused("the host could not keep it; hint: try again".to_owned()))
        }
    };
    ReplyPage::of(&*host, &invitation, standing).answer(status)
}

/// Whoever answers must be this person.
fn only_reader(host: &dyn Host, invitation: &Invitation) -> Option<PersonName> {
    let setup = host.setup();
    let mut readers = replies::readers(&setup, &invitation.receiver);
    let only = readers.next()?;
    readers.next().is_none().then(|| only.name.clone())
}

fn unknown() -> Response {
    page::plain(
        StatusCode::NOT_FOUND,
        "This link is none of this host's, or the receiver that it was sent to is gone. Open the alert's page instead.",
    )
}

fn peer(host: &dyn Host, request: &Request) -> Option<IpAddr> {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    proxies::peer(&host.access().trusted_proxies, address, request.headers()).address()
}
