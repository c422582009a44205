//! The broker: speaks HTTP for guests. It decides the name, looks it up, decides each address and connects to
//! nothing else; walks redirects itself and decides each of them anew; puts credentials in place, drops them
//! when the origin changes, and masks what comes back. There is no proxy, no pool and no cookie.

pub(crate) mod mask;

mod body;
mod certificate;
mod connect;
mod credential;
mod exchange;
mod failure;
mod request;
mod tls;
mod trace;

use std::sync::Arc;
use std::time::Instant;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use url::Url;

use crate::call::CallState;
use crate::contract::http::{Header, Hop, Request, Response};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::error::EngineError;
use exchange::Outgoing;
use failure::Problem;
use mask::Mask;
use request::{Origin, Plan};
use tls::Tls;
use trace::Trace;

pub(crate) struct Broker {
    tls: Tls,
    user_agent: HeaderValue,
}

impl Broker {
    pub(crate) fn new(extra_roots_pem: &[Vec<u8>], user_agent: &str) -> Result<Self, EngineError> {
        let user_agent = HeaderValue::from_str(user_agent).unwrap_or(HeaderValue::from_static("watchkeep"));
        Ok(Self { tls: Tls::new(extra_roots_pem)?, user_agent })
    }

    /// Any status is a response; a failure means that there was none.
    pub(crate) async fn send(&self, state: &mut CallState, request: Request) -> Result<Response, Failure> {
        let mut walk = Walk { trace: Arc::new(Trace::begin()), hops: Vec::new() };
        let outcome = self.send_within(state, request, &mut walk).await;
        let mask = &state.mask;
        match outcome {
            Ok(response) if mask.is_empty() => Ok(response),
            Ok(response) => Ok(masked(response, mask)),
            Err(problem) => {
                let mut failure = problem.with(&walk.trace);
                failure.message = mask.text(failure.message);
                Err(failure)
            }
        }
    }

    async fn send_within(
        &self,
        state: &mut CallState,
        request: Request,
        walk: &mut Walk,
    ) -> Result<Response, Problem> {
        if state.http.requests >= state.limits.http_requests {
            let message = format!("more than {} HTTP requests in one call", state.limits.http_requests);
            return Err(Problem::new(FailureKind::Limit, Phase::Policy, state.refusals.limit(message)));
        }
        state.http.requests += 1;
        let plan = Plan::new(state, request, &self.user_agent)?;
        let remaining = state.clocks.remaining();
        let span = plan.timeout.map_or(remaining, |timeout| timeout.min(remaining));
        let timed_out = {
            let walking = std::pin::pin!(self.walk(state, plan, walk));
            match tokio::time::timeout(span, walking).await {
                Ok(outcome) => return outcome,
                Err(_) => span,
            }
        };
        let phase = walk.trace.marks().phase();
        Err(Problem::new(FailureKind::TimedOut, phase, format!("no response within {timed_out:?}")))
    }

    async fn walk(&self, state: &mut CallState, plan: Plan, walk: &mut Walk) -> Result<Response, Problem> {
        let mut plan = plan;
        let first = Origin::of(&plan.url)?;
        loop {
            let origin = Origin::of(&plan.url)?;
            request::decide(state, &origin, &plan.headers, plan.trust)?;
            if !origin.same(&first) {
                plan.credentials.clear();
                for name in [AUTHORIZATION, COOKIE, HOST] {
                    plan.headers.remove(name);
                }
            }
            credential::decide(state, &plan.credentials, origin.scheme, &origin.host, origin.port)?;
            let mut outgoing = Outgoing {
                method: plan.method.clone(),
                url: plan.url.clone(),
                headers: plan.headers.clone(),
                body: Arc::clone(&plan.body),
            };
            for credential in &plan.credentials {
                credential.place(&mut outgoing.url, &mut outgoing.headers, &mut outgoing.body)?;
            }
            let response = exchange::exchange(self, state, &walk.trace, &plan, &origin, outgoing).await?;
            let status = response.status();
            let location = response
                .headers()
                .get(LOCATION)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            match location {
                Some(location) if is_redirect(status) && plan.redirects_max > 0 => {
                    if walk.hops.len() >= usize::from(plan.redirects_max) {
                        let message = format!("more than {} redirects", plan.redirects_max);
                        return Err(Problem::new(FailureKind::Protocol, Phase::Wait, message));
                    }
                    let next = request::parse_url(
                        plan.url
                            .join(&location)
                            .map_err(|_| {
                                Problem::new(
                                    FailureKind::Protocol,
                                    Phase::Wait,
                                    "it redirects to what is no URL",
                                )
                            })?
                            .as_str(),
                    )?;
                    let mut marks = walk.trace.marks();
                    marks.ended = Some(Instant::now());
                    walk.hops.push(Hop {
                        url: shown(&plan),
                        status: status.as_u16(),
                        location,
                        timings: marks.timings(),
                    });
                    drop(marks);
                    walk.trace = Arc::new(Trace::begin());
                    follow(&mut plan, status, next);
                }
                Some(_) | None => return self.finish(plan, walk, response).await,
            }
        }
    }

    async fn finish(
        &self,
        plan: Plan,
        walk: &mut Walk,
        response: reqwest::Response,
    ) -> Result<Response, Problem> {
        let coding = exchange::coding(&plan, &response);
        let status = response.status().as_u16();
        let version = exchange::version(response.version()).to_owned();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| Header {
                name: name.as_str().to_owned(),
                value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
            })
            .collect();
        let body = body::read(response, coding, plan.body_max, &walk.trace).await?;
        let mut marks = walk.trace.marks();
        marks.ended = Some(Instant::now());
        Ok(Response {
            status,
            version,
            headers,
            body: body.bytes,
            truncated: body.truncated,
            wire_bytes: body.wire_bytes,
            url: shown(&plan),
            redirects: std::mem::take(&mut walk.hops),
            peer: marks.peer.clone(),
            tls: marks.tls_facts(),
            timings: marks.timings(),
        })
    }
}

/// Where a request has been: kept outside of the walk, which may be cut off.
struct Walk {
    /// Of the hop under way.
    trace: Arc<Trace>,
    hops: Vec<Hop>,
}

const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
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
        plan.body = Arc::from([]);
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

fn masked(response: Response, mask: &Mask) -> Response {
    Response {
        headers: response
            .headers
            .into_iter()
            .map(|Header { name, value }| Header { name: mask.text(name), value: mask.text(value) })
            .collect(),
        body: mask.bytes(response.body),
        url: mask.text(response.url),
        redirects: response
            .redirects
            .into_iter()
            .map(|hop| Hop { url: mask.text(hop.url), location: mask.text(hop.location), ..hop })
            .collect(),
        ..response
    }
}
