//! One exchange over a connection of its own: to a decided address, over TLS where the URL says so, in HTTP/1.1 or
//! HTTP/2, whichever the peer takes. hyper speaks; nothing is shared between exchanges but the TLS configuration.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, HOST, HeaderMap, HeaderValue};
use http::uri::PathAndQuery;
use http::{Method, Request, StatusCode, Uri, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use url::{Position, Url};
use watchkeep_core::grant::Scheme;

use super::body::{self, Body, Coding, Form, Unread};
use super::drive::{drive, within};
use super::mask::Mask;
use super::request::{Origin, Plan, Way};
use crate::call::{CallState, Meter, Pace};
use crate::contract::transport::{FailureKind, Phase};
use crate::network::dial::dial;
use crate::network::failure::{self, Problem};
use crate::network::marks::Marks;
use crate::network::paced::{Gauge, Paced};
use crate::network::{guard, local, resolve};

/// What one hop sends; credentials are in place.
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    /// None if nobody wanted it.
    pub(super) body: Option<Body>,
}

/// How an answer is read: at the call's cost, and without its secrets.
struct Reading {
    mask: Mask,
    pace: Pace,
    gauge: Arc<Gauge>,
    meter: Arc<Meter>,
    budget: Duration,
}

impl Reading {
    fn of(state: &CallState) -> Self {
        Self {
            mask: state.mask.clone(),
            pace: state.pace(),
            gauge: Arc::default(),
            meter: Arc::clone(&state.meter),
            budget: state.limits.cpu,
        }
    }
    fn paced<S>(&self, stream: S) -> Paced<S> {
        Paced::new(stream, &self.gauge, &self.meter, self.budget)
    }
}

/// Sends it and reads the answer. The origin was decided; addresses are decided here.
pub(super) async fn exchange(
    state: &mut CallState,
    marks: &mut Marks,
    plan: &Plan,
    origin: &Origin,
    outgoing: Outgoing,
) -> Result<Answer, Problem> {
    let mut reading = Reading::of(state);
    match exchange_within(state, marks, plan, origin, outgoing, &mut reading).await {
        Ok(answer) => Ok(answer),
        Err(Unread::OverBudget) => Err(guard::over_budget(state)),
        Err(Unread::Problem(_)) if reading.gauge.is_over_budget() => Err(guard::over_budget(state)),
        Err(Unread::Problem(problem)) => Err(problem),
    }
}

async fn exchange_within(
    state: &mut CallState,
    marks: &mut Marks,
    plan: &Plan,
    origin: &Origin,
    outgoing: Outgoing,
    reading: &mut Reading,
) -> Result<Answer, Unread> {
    if let Way::Socket(socket) = &plan.way {
        let path = local::file(state, &plan.over(socket), socket).await?;
        let stream = local::connect(state, marks, socket, &path).await?;
        state.network.sent = true;
        return over_http1(marks, stream, plan, outgoing, reading).await;
    }
    let addresses =
        resolve::addresses(state, marks, &origin.access(), &origin.host, origin.port, plan.family).await?;
    let stream = dial(marks, &addresses).await?;
    match origin.scheme {
        Scheme::Https => {
            let network = Arc::clone(&state.network.shared);
            let stream = network.tls.handshake(marks, stream, plan.handshake(origin)).await?;
            let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            // From here on something can have left, however the call ends.
            state.network.sent = true;
            if speaks_http2 {
                over_http2(marks, stream, plan, outgoing, reading).await
            } else {
                over_http1(marks, stream, plan, outgoing, reading).await
            }
        }
        Scheme::Http | Scheme::Tcp | Scheme::Udp => {
            state.network.sent = true;
            over_http1(marks, stream, plan, outgoing, reading).await
        }
    }
}

async fn over_http1<S: AsyncRead + AsyncWrite + Unpin>(
    marks: &mut Marks,
    stream: S,
    plan: &Plan,
    outgoing: Outgoing,
    reading: &mut Reading,
) -> Result<Answer, Unread> {
    let Outgoing { method, url, headers, body } = outgoing;
    let mut fields = HeaderMap::with_capacity(headers.len() + 2);
    if !headers.contains_key(HOST) {
        fields.insert(HOST, host_field(&url)?);
    }
    fields.extend(headers);
    // The peer closes first, so that it is not this host that runs out of ports.
    fields.insert(CONNECTION, HeaderValue::from_static("close"));
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = path_and_query(&url)?.into();
    *request.headers_mut() = fields;
    let (mut sender, connection) = http1::handshake(TokioIo::new(reading.paced(stream)))
        .await
        .map_err(|error| of_hyper(&error, Phase::Send))?;
    drive(connection, async {
        let sent = sender.send_request(request).await;
        answer(marks, plan, sent, reading).await
    })
    .await
}

async fn over_http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    marks: &mut Marks,
    stream: S,
    plan: &Plan,
    outgoing: Outgoing,
    reading: &mut Reading,
) -> Result<Answer, Unread> {
    let Outgoing { method, url, mut headers, body } = outgoing;
    let authority = match headers.remove(HOST) {
        Some(named) => named,
        None => host_field(&url)?,
    };
    let uri = Uri::builder()
        .scheme(url.scheme())
        .authority(authority.as_bytes())
        .path_and_query(path_and_query(&url)?)
        .build()
        .map_err(|_| Problem::invalid("the URL cannot be sent"))?;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let (executor, parts) = within();
    let handshake =
        http2::Builder::new(executor).timer(TokioTimer::new()).handshake(TokioIo::new(reading.paced(stream)));
    let (mut sender, connection) = handshake.await.map_err(|error| of_hyper(&error, Phase::Send))?;
    drive(parts.run(connection), async {
        let sent = sender.send_request(request).await;
        answer(marks, plan, sent, reading).await
    })
    .await
}

async fn answer(
    marks: &mut Marks,
    plan: &Plan,
    sent: hyper::Result<http::Response<Incoming>>,
    reading: &mut Reading,
) -> Result<Answer, Unread> {
    let response = sent.map_err(|error| of_hyper(&error, marks.phase()))?;
    marks.answered();
    reading.gauge.answered();
    let (head, incoming) = response.into_parts();
    let body = if plan.follows(head.status, &head.headers) {
        None
    } else {
        let form = Form { wanted: coding(plan, &head.headers), declared: declared(&head.headers) };
        Some(body::read(incoming, form, plan.body_max, &reading.mask, &mut reading.pace).await?)
    };
    marks.ended();
    Ok(Answer { status: head.status, version: head.version, headers: head.headers, body })
}

pub(super) fn host_field(url: &Url) -> Result<HeaderValue, Problem> {
    // Without the port where it is the scheme's own: `Url` keeps no other.
    HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort])
        .map_err(|_| Problem::invalid("the URL's host cannot be sent"))
}

fn path_and_query(url: &Url) -> Result<PathAndQuery, Problem> {
    PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery])
        .map_err(|_| Problem::invalid("the URL's path cannot be sent"))
}

/// How the answer's body is coded, if the guest wants it decoded.
fn coding(plan: &Plan, headers: &HeaderMap) -> Coding {
    match headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) {
        Some(value) if plan.decompress => Coding::of(value),
        Some(_) | None => Coding::Plain,
    }
}

fn declared(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

pub(super) fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}

/// What hyper says, in the contract's words.
pub(super) fn of_hyper(error: &hyper::Error, phase: Phase) -> Problem {
    // Its own test for this is not public; the words are.
    if error.is_parse() && error.to_string().contains("too large") {
        return Problem::new(FailureKind::TooLarge, phase, "the response's header is too large");
    }
    let mut deepest: &(dyn Error + 'static) = error;
    while let Some(cause) = deepest.source() {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return failure::of_io(error, phase);
        }
        deepest = cause;
    }
    if error.is_incomplete_message() {
        let message = "the connection was closed before the response was whole";
        return Problem::new(FailureKind::Closed, phase, message);
    }
    if error.is_parse() {
        return Problem::new(FailureKind::Protocol, phase, format!("the response is no valid HTTP: {error}"));
    }
    Problem::new(FailureKind::Protocol, phase, format!("the exchange failed: {deepest}"))
}
