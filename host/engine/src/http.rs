//! The broker: speaks HTTP for guests. It decides the name, looks it up, decides each address and connects to
//! nothing else; walks redirects itself and decides each of them anew; puts credentials in place, drops them
//! when the origin changes, and masks what comes back. There is no proxy, no pool and no cookie.

pub(crate) mod mask;

mod body;
mod credential;
mod drive;
mod exchange;
mod request;

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{HeaderMap, HeaderName, Method, StatusCode, Version};
use url::Url;
use watchkeep_core::limits::Limit;

use crate::call::CallState;
use crate::contract::http::{Header, Hop, Request, Response};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::network::failure::Problem;
use crate::network::guard::{self, Destination, Said};
use crate::network::marks::Marks;
use crate::network::sockets::Sockets;
use body::{Altered, Body};
use exchange::{Answer, Outgoing};
use mask::Mask;
pub(crate) use request::Way;
use request::{Origin, Plan};

pub(crate) struct Broker {
    user_agent: HeaderValue,
}

impl Broker {
    pub(crate) fn new(user_agent: &str) -> Self {
        let user_agent = HeaderValue::from_str(user_agent).unwrap_or(HeaderValue::from_static("watchkeep"));
        Self { user_agent }
    }

    /// Any status is a response; a failure means that there was none.
    pub(crate) async fn send(
        &self,
        state: &mut CallState,
        way: Way,
        request: Request,
    ) -> Result<Response, Failure> {
        let mut walk = Walk { marks: Marks::begin(), hops: Vec::new() };
        let outcome = self.send_within(state, way, request, &mut walk).await;
        match outcome {
            Ok(response) if state.mask.is_empty() => Ok(response),
            Ok(response) => Ok(masked(response, &state.mask)),
            Err(problem) => Err(problem.told(state, &walk.marks)),
        }
    }

    async fn send_within(
        &self,
        state: &mut CallState,
        way: Way,
        request: Request,
        walk: &mut Walk,
    ) -> Result<Response, Problem> {
        if state.http.requests >= state.limits.http_requests {
            let message = format!("more than {} HTTP requests in one call", state.limits.http_requests);
            return Err(Problem::new(
                FailureKind::Limit,
                Phase::Policy,
                state.meet(Limit::HttpRequests, message),
            ));
        }
        state.http.requests += 1;
        let plan = Plan::new(state, way, request, &self.user_agent)?;
        let timeout = plan.timeout.unwrap_or(Duration::MAX);
        let _place = Sockets::place(state, state.clocks.span(timeout)).await?;
        let span = state.clocks.span(timeout);
        let timed_out = {
            let walking = std::pin::pin!(self.walk(state, plan, walk));
            match tokio::time::timeout(span, walking).await {
                Ok(outcome) => return outcome,
                Err(_) => span,
            }
        };
        let phase = walk.marks.phase();
        Err(Problem::new(FailureKind::TimedOut, phase, format!("no response within {timed_out:?}")))
    }

    async fn walk(&self, state: &mut CallState, plan: Plan, walk: &mut Walk) -> Result<Response, Problem> {
        let mut plan = plan;
        let mut said = Said::ByGuest;
        let first = Origin::of(&plan.url)?;
        let mut origin = first.clone();
        loop {
            request::decide(state, &origin, &plan)?;
            credential::decide(state, &plan.credentials, origin.scheme, &origin.host, origin.port)?;
            let outgoing = outgoing(state, &plan)?;
            keep_in(state, &plan, &origin, &outgoing, said).await?;
            let answer = exchange::exchange(state, &mut walk.marks, &plan, &origin, outgoing).await?;
            let Answer { status, version, headers, body } = answer;
            match body {
                Some(body) => return Ok(finished(plan, walk, status, version, &headers, body)),
                None => {
                    let next = walk.hop(&plan, status, &headers)?;
                    follow(&mut plan, status, next);
                    origin = Origin::of(&plan.url)?;
                    said = Said::ByServer;
                    if let (Way::Socket(_), false) = (&plan.way, origin.same(&first)) {
                        let message = "it redirects away from the socket";
                        return Err(Problem::new(FailureKind::Protocol, Phase::Wait, message));
                    }
                    if !origin.same(&first) {
                        plan.leave_origin();
                    }
                }
            }
        }
    }
}

/// The plan's request, with its credentials in place.
fn outgoing(state: &mut CallState, plan: &Plan) -> Result<Outgoing, Problem> {
    let mut outgoing = Outgoing {
        method: plan.method.clone(),
        url: plan.url.clone(),
        headers: plan.headers.clone(),
        body: plan.body.clone(),
    };
    credential::place(state, &plan.credentials, &mut outgoing)?;
    Ok(outgoing)
}

/// No secret goes where it is not bound to, whoever wrote it there.
async fn keep_in(
    state: &mut CallState,
    plan: &Plan,
    origin: &Origin,
    outgoing: &Outgoing,
    said: Said,
) -> Result<(), Problem> {
    if state.mask.known().is_empty() {
        return Ok(());
    }
    let to = match &plan.way {
        Way::Network => {
            Destination::Endpoint { scheme: origin.scheme, host: &origin.host, port: origin.port }
        }
        Way::Socket(_) => Destination::Other("a request over a socket of this machine"),
    };
    let Outgoing { method, url, headers, body } = outgoing;
    let mut texts = vec![method.as_str().as_bytes(), body];
    texts.extend(plan.server_name.as_ref().map(String::as_bytes));
    texts.extend(plan.alpn.iter().map(String::as_bytes));
    texts.extend(headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]));
    guard::check(state, to, Said::ByGuest, &texts).await?;
    guard::check(state, to, said, &[url.as_str().as_bytes()]).await
}

fn finished(
    plan: Plan,
    walk: &mut Walk,
    status: StatusCode,
    version: Version,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let header = |(name, value): (&HeaderName, &HeaderValue)| Header {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    let told = |name: &HeaderName| match body.altered {
        Altered::No => true,
        Altered::Masked => name != CONTENT_LENGTH,
        Altered::Decoded => name != CONTENT_LENGTH && name != CONTENT_ENCODING,
    };
    Response {
        status: status.as_u16(),
        version: exchange::version(version).to_owned(),
        headers: headers.iter().filter(|(name, _)| told(name)).map(header).collect(),
        body: body.bytes,
        truncated: body.truncated,
        wire_bytes: body.wire_bytes,
        url: shown(&plan),
        redirects: std::mem::take(&mut walk.hops),
        peer: walk.marks.address(),
        tls: walk.marks.tls_facts(),
        timings: walk.marks.timings(),
    }
}

/// Where a request has been: kept outside of the future that walks, which may be cut off.
struct Walk {
    /// Of the hop under way.
    marks: Marks,
    hops: Vec<Hop>,
}

impl Walk {
    /// Ends a hop that redirects; returns where to.
    fn hop(&mut self, plan: &Plan, status: StatusCode, headers: &HeaderMap) -> Result<Url, Problem> {
        if self.hops.len() >= usize::from(plan.redirects_max) {
            let message = format!("more than {} redirects", plan.redirects_max);
            return Err(Problem::new(FailureKind::Protocol, Phase::Wait, message));
        }
        let location = headers.get(LOCATION).map_or(&[][..], HeaderValue::as_bytes);
        let location = String::from_utf8_lossy(location).into_owned();
        let next = plan.url.join(&location).map_err(|_| {
            Problem::new(FailureKind::Protocol, Phase::Wait, "it redirects to what is no URL")
        })?;
        let next = request::checked(next)?;
        let marks = std::mem::replace(&mut self.marks, Marks::begin());
        let timings = marks.timings();
        self.hops.push(Hop { url: shown(plan), status: status.as_u16(), location, timings });
        Ok(next)
    }
}

/// What every client does: 303 asks for the result, and 301 and 302 turn POST into GET.
fn follow(plan: &mut Plan, status: StatusCode, next: Url) {
    let to_get = match status {
        StatusCode::SEE_OTHER => plan.method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => plan.method == Method::POST,
        _ => false,
    };
    if to_get {
        plan.method = Method::GET;
        plan.body = Bytes::new();
        plan.headers.remove(CONTENT_TYPE);
        plan.headers.remove(CONTENT_LENGTH);
    }
    // A whole URL was the first hop's; where it led is written in the answer.
    plan.credentials.retain(|credential| !credential.is_whole_url());
    plan.url = next;
}

/// The URL without what a credential put into it.
fn shown(plan: &Plan) -> String {
    if plan.credentials.iter().any(credential::Attached::is_whole_url) {
        return format!("{}/***", plan.url.origin().ascii_serialization());
    }
    plan.url.as_str().to_owned()
}

/// The body was read so already.
fn masked(response: Response, mask: &Mask) -> Response {
    let text = |text: String| mask.for_guest(text);
    Response {
        headers: response
            .headers
            .into_iter()
            .map(|Header { name, value }| Header { name: text(name), value: text(value) })
            .collect(),
        url: text(response.url),
        redirects: response
            .redirects
            .into_iter()
            .map(|hop| Hop { url: text(hop.url), location: text(hop.location), ..hop })
            .collect(),
        ..response
    }
}
