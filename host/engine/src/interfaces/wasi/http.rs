//! `wasi:http/outgoing-handler`: one exchange through the same broker and under the same grants as `http`. The guest
//! follows redirects itself, and each of its requests is decided anew. A secret of the config is put where its
//! placeholder is; no other credentials are offered here.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http_body_util::{BodyExt as _, LengthLimitError, Limited, StreamBody};
use hyper::body::Frame;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtxView, WasiHttpHooks, WasiHttpView as _,
};
use watchkeep_core::limits::Limit;

use super::background::BackgroundExchange;
use super::output::End;
use super::told;
use crate::call::CallState;
use crate::contract::http::{Header, Host as _, Request, Response};
use crate::contract::transport::{Credential, Failure, FailureKind, Family, Phase, Placement};
use crate::interfaces::gate::Gate;

/// What a guest writes in place of a secret: only characters that stay as they are in a URL, a header and a body.
fn placeholder(secret: &str) -> String {
    format!("__secret_{secret}__")
}

/// How much of a body a guest may write before its turn has come.
const CHUNK_BYTES_MAX: usize = 64 << 10;

type Sent = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

/// Passes requests to the broker.
#[derive(Default)]
pub(super) struct Outgoing {
    /// The state for the next request.
    next: Option<BackgroundExchange>,
}

impl Outgoing {
    /// Drops the state of a request that turned out to be invalid, and so never reached the broker.
    pub(super) fn forget(&mut self) {
        self.next = None;
    }
}

impl CallState {
    /// The view that `handle` is given. The state that its exchange will run in is made here, where the call's state is
    /// at hand.
    pub(super) fn handing_over(&mut self) -> WasiHttpCtxView<'_> {
        self.settle_wasi(End::NotYet);
        // The guest sees it as a denial: nothing here can end the call.
        let next = match self.enter() {
            Ok(()) => {
                let background = self.background();
                let beside = BackgroundExchange::of(self, background);
                self.http.requests = self.http.requests.saturating_add(1);
                Some(beside)
            }
            Err(stop) => {
                self.meet(Limit::HostCalls, stop.to_string());
                None
            }
        };
        self.wasi_mut().outgoing.next = next;
        self.http()
    }
}

impl WasiHttpHooks for Outgoing {
    /// No: the broker sets the header, from the URL that is decided.
    fn set_host_header(&mut self) -> bool {
        false
    }
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let beside = self.next.take();
        Box::new(async move {
            let mut beside = beside.ok_or(Error::HttpRequestDenied)?;
            let response = exchange(&mut beside, request, options).await?;
            let done: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
            Ok((response, done))
        })
    }
}

async fn exchange(
    beside: &mut BackgroundExchange,
    request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<http::Response<WasiBody>, Error> {
    let (mut head, body) = request.into_parts();
    let wants_failures = head.headers.remove(told::WANTED).is_some();
    let turn = tokio::time::timeout(beside.state.clocks.remaining(), beside.turn());
    let _turn = turn.await.map_err(|_| Error::ConnectionTimeout)?;
    let body = collected(beside, body).await?;
    let room = beside.room();
    let state = &mut beside.state;
    let mut request = Request {
        method: head.method.as_str().to_owned(),
        url: head.uri.to_string(),
        headers: head
            .headers
            .iter()
            // The broker knows the length of the whole body.
            .filter(|(name, _)| **name != CONTENT_LENGTH)
            .map(|(name, value)| Header {
                name: name.as_str().to_owned(),
                value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
            })
            .collect(),
        body,
        credentials: Vec::new(),
        timeout: options.as_ref().and_then(timeout),
        redirects_max: 0,
        body_max: room.bytes,
        decompress: false,
        family: Family::Any,
        tls: None,
    };
    request.credentials = placed(state, &request);
    // The call goes through the same gate as `http.send`, so that a tape records it. Nothing here can end the call.
    let response = Gate(state).send(request).await;
    let response = match response.map_err(|stop| Error::InternalError(Some(stop.to_string())))? {
        Ok(response) => response,
        Err(failure) if wants_failures => return Ok(told::answer(&failure)),
        Err(failure) => return Err(error(failure)),
    };
    let bytes_max = room.bytes;
    room.taken(response.body.len());
    if response.truncated {
        // The guest cannot tell a cut body from a complete one unless it ends with an error.
        state.meet(Limit::HttpBody, format!("a response body of more than {bytes_max} bytes"));
    }
    Ok(answered(response, bytes_max))
}

/// The complete body, which the guest may still be writing, and may never end.
async fn collected(beside: &mut BackgroundExchange, body: WasiBody) -> Result<Vec<u8>, Error> {
    let room = beside.room();
    let bytes_max = room.bytes;
    let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let collecting = Limited::new(body, most).collect();
    match tokio::time::timeout(beside.state.clocks.remaining(), collecting).await {
        Err(_) => Err(Error::ConnectionWriteTimeout),
        Ok(Ok(body)) => {
            let body = body.to_bytes().to_vec();
            room.taken(body.len());
            Ok(body)
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            beside.state.meet(Limit::HttpBody, format!("a request body of more than {bytes_max} bytes"));
            Err(Error::HttpRequestBodySize(Some(bytes_max)))
        }
        Ok(Err(_)) => Err(Error::HttpRequestBodySize(None)),
    }
}

/// Credentials for the secrets of the config whose placeholder is somewhere in the request.
fn placed(state: &mut CallState, request: &Request) -> Vec<Credential> {
    let stands = |holder: &str| {
        request.url.contains(holder)
            || request.headers.iter().any(|header| header.value.contains(holder))
            || memchr::memmem::find(&request.body, holder.as_bytes()).is_some()
    };
    let secrets = state.attachable.names();
    secrets
        .iter()
        .map(|secret| (secret, placeholder(secret)))
        .filter(|(_, holder)| stands(holder))
        .map(|(secret, holder)| Credential {
            secret: secret.clone(),
            placement: Placement::Placeholder(holder),
        })
        .collect()
}

/// The timeout of a whole exchange, which is the only one that the broker knows.
fn timeout(options: &RequestOptions) -> Option<u64> {
    let RequestOptions { connect_timeout, first_byte_timeout, between_bytes_timeout: _ } = options;
    let first_byte = (*first_byte_timeout)?;
    let span = first_byte.saturating_add(connect_timeout.unwrap_or(Duration::ZERO));
    Some(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

fn answered(response: Response, body_bytes_max: u64) -> http::Response<WasiBody> {
    let Response { status, headers, body, truncated, .. } = response;
    let mut frames = vec![Ok(Frame::data(Bytes::from(body)))];
    if truncated {
        frames.push(Err(Error::HttpResponseBodySize(Some(body_bytes_max))));
    }
    let body = StreamBody::new(futures::stream::iter(frames)).boxed_unsync();
    let mut answered = http::Response::new(body);
    *answered.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    for Header { name, value } in headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            continue;
        };
        // The body is passed on as a whole; and only the host may say that an exchange failed.
        if name != TRANSFER_ENCODING && name != told::FAILED {
            answered.headers_mut().append(name, value);
        }
    }
    answered
}

fn error(failure: Failure) -> Error {
    let dns = |rcode: &str| Error::DnsError { rcode: Some(rcode.to_owned()), info_code: None };
    match failure.kind {
        FailureKind::Denied => Error::HttpRequestDenied,
        FailureKind::NameNotFound => dns("NXDOMAIN"),
        FailureKind::NameServerFailed => dns("SERVFAIL"),
        FailureKind::Refused => Error::ConnectionRefused,
        FailureKind::Unreachable => Error::DestinationIpUnroutable,
        FailureKind::Reset | FailureKind::Closed => match failure.phase {
            Phase::Transfer => Error::HttpResponseIncomplete,
            Phase::Policy | Phase::Name | Phase::Connect | Phase::Tls | Phase::Send | Phase::Wait => {
                Error::ConnectionTerminated
            }
        },
        FailureKind::TimedOut => match failure.phase {
            Phase::Name => Error::DnsTimeout,
            Phase::Policy | Phase::Connect | Phase::Tls => Error::ConnectionTimeout,
            Phase::Send => Error::ConnectionWriteTimeout,
            Phase::Wait | Phase::Transfer => Error::HttpResponseTimeout,
        },
        FailureKind::Certificate => Error::TlsCertificateError,
        FailureKind::Tls => Error::TlsProtocolError,
        FailureKind::Protocol => Error::HttpProtocolError,
        FailureKind::TooLarge => Error::HttpResponseHeaderSectionSize(None),
        FailureKind::Limit => Error::ConnectionLimitReached,
        FailureKind::Invalid => Error::HttpRequestUriInvalid,
        FailureKind::Other => Error::InternalError(Some(failure.message)),
    }
}
