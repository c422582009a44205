//! One exchange: a client of its own, so that nothing is shared between guests but the TLS configuration.

use std::sync::Arc;
use std::time::Instant;

use http::header::{CONTENT_ENCODING, HeaderMap};
use http::{Method, Version};
use reqwest::{Client, Request, Response};
use url::Url;
use watchkeep_core::grant::Scheme;

use super::connect::{ConnectMarks, Decided, addresses};
use super::failure::{self, Problem};
use super::request::{Origin, Plan};
use super::trace::Trace;
use super::{Broker, body::Coding};
use crate::call::CallState;
use crate::contract::transport::{Address, FailureKind, Phase};

/// What one hop sends; credentials are in place.
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Arc<[u8]>,
}

/// Sends it and reads the head of the answer. The origin was decided; addresses are decided here.
pub(super) async fn exchange(
    broker: &Broker,
    state: &mut CallState,
    trace: &Arc<Trace>,
    plan: &Plan,
    origin: &Origin,
    outgoing: Outgoing,
) -> Result<Response, Problem> {
    let addresses = addresses(state, trace, &origin.access(), &origin.host, origin.port, plan.family).await?;
    if let [only] = *addresses {
        trace.marks().peer = Some(Address { ip: only.ip().to_string(), port: only.port() });
    }
    let tls = match origin.scheme {
        Scheme::Https => broker.tls.recording(trace, plan.trust, &plan.alpn),
        Scheme::Http | Scheme::Tcp | Scheme::Udp => broker.tls.unused(),
    };
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Decided(addresses)))
        .connector_layer(ConnectMarks(Arc::clone(trace)))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()
        .map_err(|error| {
            Problem::new(FailureKind::Other, Phase::Policy, format!("no client: {}", error.without_url()))
        })?;
    let Outgoing { method, url, headers, body } = outgoing;
    let mut request = Request::new(method, url);
    *request.headers_mut() = headers;
    if !body.is_empty() {
        *request.body_mut() = Some(bytes::Bytes::from_owner(body).into());
    }
    // Set first, since the call may be cut off while it waits; taken back only if nothing can have left.
    let sent_before = std::mem::replace(&mut state.http.sent, true);
    let response = client.execute(request).await.map_err(|error| {
        if trace.marks().connected.is_none() {
            state.http.sent = sent_before;
        }
        failure::of_client(&error, trace)
    })?;
    let mut marks = trace.marks();
    marks.answered = Some(Instant::now());
    if let Some(address) = response.remote_addr() {
        marks.peer = Some(Address { ip: address.ip().to_canonical().to_string(), port: address.port() });
    }
    if let Some(handshake) = &mut marks.tls {
        handshake.alpn =
            Some(if response.version() == Version::HTTP_2 { "h2" } else { "http/1.1" }.to_owned());
    }
    drop(marks);
    Ok(response)
}

/// How the answer's body is coded, if the guest wants it decoded.
pub(super) fn coding(plan: &Plan, response: &Response) -> Coding {
    match response.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) {
        Some(value) if plan.decompress => Coding::of(value),
        Some(_) | None => Coding::Plain,
    }
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
