//! One exchange over a connection of its own: to a decided address, over TLS where the URL says so, in HTTP/1.1 or
//! HTTP/2, whichever the peer takes. hyper speaks; nothing is shared between exchanges but the TLS configuration.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderMap, HeaderValue, TE};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use url::{Position, Url};
use watchkeep_core::grant::Scheme;

use super::body::{self, Stretch};
use super::drive::{drive, within};
use super::head;
use super::lenient::{Lenient, Noted};
use super::request::{Origin, Plan, Way};
use super::shown;
use super::walk::{Heard, Walk};
use crate::call::{CallContext, Meter};
use crate::contract::transport::{FailureKind, Phase};
use crate::network::dial::dial;
use crate::network::failure::{self, Problem};
use crate::network::paced::{Gauge, Paced};
use crate::network::resolve::{self, Sought};
use crate::network::{guard, local};

/// The size of all headers of an answer over HTTP/2: the same as for a head of HTTP/1.
const HEADER_LIST_BYTES_MAX: u32 = 256 << 10;

/// What one hop sends; credentials are in place.
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Outgoing {
    /// A copy, to be sent once more.
    pub(super) fn again(&self) -> Self {
        let Self { method, url, headers, body } = self;
        Self { method: method.clone(), url: url.clone(), headers: headers.clone(), body: body.clone() }
    }
}

/// How an answer is read: at the call's cost, and a little beyond what the guest wants.
struct Ear {
    gauge: Arc<Gauge>,
    meter: Arc<Meter>,
    budget: Duration,
    beyond: usize,
}

impl Ear {
    fn of(state: &CallContext) -> Self {
        Self {
            gauge: Arc::default(),
            meter: Arc::clone(&state.meter),
            budget: state.limits.cpu,
            beyond: shown::beyond(&state.mask),
        }
    }
    fn paced<S>(&self, stream: S) -> Paced<S> {
        Paced::new(stream, &self.gauge, &self.meter, self.budget)
    }
}

/// Sends a request and reads the answer, which is in `walk` as far as it came. The origin was decided on before;
/// addresses are decided on here.
pub(super) async fn exchange(
    state: &mut CallContext,
    walk: &mut Walk,
    plan: &Plan,
    origin: &Origin,
    outgoing: Outgoing,
) -> Result<(), Problem> {
    let ear = Ear::of(state);
    let ended = exchange_within(state, walk, plan, origin, outgoing, &ear).await;
    // Whatever error the abandoned stream caused.
    if ended.is_err() && ear.gauge.is_over_budget() { Err(guard::over_budget(state)) } else { ended }
}

async fn exchange_within(
    state: &mut CallContext,
    walk: &mut Walk,
    plan: &Plan,
    origin: &Origin,
    outgoing: Outgoing,
    ear: &Ear,
) -> Result<(), Problem> {
    let timeline = &mut walk.timeline;
    if let Way::Socket(socket) = &plan.way {
        let path = local::file(state, &plan.over(socket), socket).await?;
        let stream = local::connect(state, timeline, socket, &path).await?;
        state.network.sent = true;
        return over_http1(walk, stream, plan, outgoing, ear).await;
    }
    let sought =
        Sought { host: &origin.host, port: origin.port, family: plan.family, resolver: plan.resolver };
    let addresses = resolve::addresses(state, timeline, &origin.access(), &sought).await?;
    let stream = dial(timeline, &addresses).await?;
    match origin.scheme {
        Scheme::Https => {
            let network = Arc::clone(&state.network.shared);
            let stream = network.tls.handshake(timeline, stream, plan.handshake(origin)).await?;
            let speaks_http2 = plan.http2 || stream.get_ref().1.alpn_protocol() == Some(b"h2");
            // From here on something can have left, however the call ends.
            state.network.sent = true;
            if speaks_http2 {
                over_http2(walk, stream, plan, outgoing, ear).await
            } else {
                over_http1(walk, stream, plan, outgoing, ear).await
            }
        }
        Scheme::Http | Scheme::Tcp | Scheme::Udp => {
            state.network.sent = true;
            if plan.http2 {
                over_http2(walk, stream, plan, outgoing, ear).await
            } else {
                over_http1(walk, stream, plan, outgoing, ear).await
            }
        }
    }
}

async fn over_http1<S: AsyncRead + AsyncWrite + Unpin>(
    walk: &mut Walk,
    stream: S,
    plan: &Plan,
    outgoing: Outgoing,
    ear: &Ear,
) -> Result<(), Problem> {
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
    let noted = Noted::in_walk(&walk.leniences);
    let stream = TokioIo::new(Lenient::new(ear.paced(stream), noted.clone()));
    // Some servers recognise a header only in its usual spelling.
    let handshake =
        http1::Builder::new().title_case_headers(true).max_headers(head::HEADERS_MAX).handshake(stream);
    let (mut sender, connection) = handshake.await.map_err(|error| of_hyper(&error, Phase::Send))?;
    drive(connection, async {
        let mut sent = sender.send_request(request).await;
        if let (Ok(response), true) = (&mut sent, noted.is_older()) {
            *response.version_mut() = Version::HTTP_10;
        }
        answer(walk, plan, sent, ear).await
    })
    .await
}

async fn over_http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    walk: &mut Walk,
    stream: S,
    plan: &Plan,
    outgoing: Outgoing,
    ear: &Ear,
) -> Result<(), Problem> {
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
    if plan.http2 {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let (executor, parts) = within();
    let mut builder = http2::Builder::new(executor);
    builder.timer(TokioTimer::new()).max_header_list_size(HEADER_LIST_BYTES_MAX);
    let handshake = builder.handshake(TokioIo::new(ear.paced(stream)));
    let (mut sender, connection) = handshake.await.map_err(|error| of_hyper(&error, Phase::Send))?;
    drive(parts.run(connection), async {
        let sent = sender.send_request(request).await;
        answer(walk, plan, sent, ear).await
    })
    .await
}

async fn answer(
    walk: &mut Walk,
    plan: &Plan,
    sent: hyper::Result<http::Response<Incoming>>,
    ear: &Ear,
) -> Result<(), Problem> {
    let response = sent.map_err(|error| of_hyper(&error, walk.timeline.phase()))?;
    walk.timeline.answered();
    ear.gauge.answered();
    let (head, incoming) = response.into_parts();
    let is_followed = plan.follows(head.status, &head.headers);
    let heard = walk.heard.insert(Heard {
        status: head.status,
        version: head.version,
        headers: head.headers,
        body: Stretch::default(),
        trailers: HeaderMap::new(),
    });
    // Nobody wants the body of a redirect.
    let cap = if is_followed { 0 } else { plan.cap() };
    body::read(incoming, &mut heard.body, &mut heard.trailers, cap, ear.beyond).await?;
    walk.timeline.ended();
    Ok(())
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
    // hyper's own test for this is not public, but its words are.
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
        return Problem::new(
            FailureKind::Protocol,
            phase,
            format!("the response is not valid HTTP: {error}"),
        );
    }
    Problem::new(FailureKind::Protocol, phase, format!("the exchange failed: {deepest}"))
}
