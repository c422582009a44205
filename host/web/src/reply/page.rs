//! The page behind a link in a message: what it is about, and one button for each person who reads the message.

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use watchkeep_core::replies;
use watchkeep_core::reply::Invitation;

use crate::host::Host;
use crate::pages::words::Moment;

/// Served beside the page, since the public address has no other files.
pub(super) const STYLE: &str = include_str!("../../assets/reply.css");

/// Allows that style, and nothing else: no script, no picture, no other page around this one.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// What there is to say beside what the message is about.
pub(super) enum Standing {
    Asked,
    /// A sentence.
    Done(String),
    /// A sentence.
    Refused(String),
}

#[derive(Template)]
#[template(path = "reply.html")]
pub(super) struct ReplyPage {
    /// `None` if the alert is over.
    alert: Option<Subject>,
    /// The page of the alert.
    link: String,
    receiver: String,
    standing: Standing,
    /// Name and what others call them; nobody if there is nothing to press.
    readers: Vec<(String, String)>,
}

struct Subject {
    name: String,
    state: &'static str,
    summary: String,
    since: Moment,
}

impl ReplyPage {
    pub(super) fn of(host: &dyn Host, invitation: &Invitation, standing: Standing) -> Self {
        let (setup, now) = (host.setup(), host.now());
        let record = super::open_alert(host, &invitation.alert);
        let offered = record.as_deref().and_then(|record| {
            replies::invitation(&setup, record, &invitation.receiver, now).map(|offered| offered.taken)
        });
        let (standing, can_press) = match standing {
            Standing::Asked => asked(record.as_deref(), invitation, offered, now),
            Standing::Refused(why) => (Standing::Refused(why), offered == Some(invitation.taken)),
            done @ Standing::Done(_) => (done, false),
        };
        let readers = replies::readers(&setup, &invitation.receiver);
        Self {
            alert: record.map(|record| Subject {
                name: record.key.to_string(),
                state: record.level.state().as_str(),
                summary: record.summary.clone(),
                since: Moment::new(record.since, now),
            }),
            link: format!("{}/alerts/{}", setup.external_url, invitation.alert),
            receiver: invitation.receiver.to_string(),
            standing,
            readers: readers
                .filter(|_| can_press)
                .map(|person| (person.name.to_string(), person.shown.clone()))
                .collect(),
        }
    }
    pub(super) fn answer(&self, status: StatusCode) -> Response {
        match self.render() {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page cannot be made");
                plain(StatusCode::INTERNAL_SERVER_ERROR, "the host failed to answer; its log says why")
            }
        }
    }
}

/// Whether there is a button, and why not if there is none.
fn asked(
    record: Option<&watchkeep_core::alert::AlertRecord>,
    invitation: &Invitation,
    offered: Option<u32>,
    now: watchkeep_core::time::Wall,
) -> (Standing, bool) {
    use replies::Refused;
    let refused = |why: Refused| (Standing::Refused(why.to_string()), false);
    match (record, offered) {
        (None, _) => refused(Refused::Over),
        (Some(record), _) if record.acknowledged.is_some() => {
            let by = record.acknowledged.as_ref().map(|taken| taken.by.clone()).unwrap_or_default();
            refused(Refused::Taken { by })
        }
        (Some(_), _) if invitation.expires_at <= now => refused(Refused::Expired),
        (Some(_), Some(taken)) if taken == invitation.taken => (Standing::Asked, true),
        (Some(_), _) => refused(Refused::Used),
    }
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

/// What browsers may do with the answer. The address gives a right, so it is told to nobody, and nothing is kept.
pub(super) async fn protected(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
