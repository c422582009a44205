//! The broker: speaks HTTP for guests. It decides the name, looks it up, decides each address and connects to
//! nothing else; walks redirects itself and decides each of them anew; puts credentials in place, drops them
//! when the origin changes, and masks what comes back. There is no proxy and no pool, and cookies last as long as a walk.
//! It reads what sloppy servers write as browsers do, and notes what it put up with.

pub(crate) mod mask;

mod body;
mod cookies;
mod credential;
mod drive;
mod exchange;
mod head;
mod leniences;
mod redirect;
mod request;
mod text;
mod told;
mod walk;

use std::time::Duration;

use http::HeaderValue;
use http::header::COOKIE;
use watchkeep_core::limits::Limit;

use crate::call::CallState;
use crate::contract::http::{Exchange, Request, Response};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::network::failure::Problem;
use crate::network::sockets::Sockets;
use cookies::{Cookies, Reach};
use exchange::Outgoing;
pub(crate) use request::Way;
use request::{Origin, Plan};
use walk::{Stop, Walk};

pub(crate) struct Broker {
    user_agent: HeaderValue,
}

impl Broker {
    pub(crate) fn new(user_agent: &str) -> Self {
        let user_agent = HeaderValue::from_str(user_agent).unwrap_or(HeaderValue::from_static("watchkeep"));
        Self { user_agent }
    }

    /// Any status is a response; a failure means that there was none, or not all of it.
    pub(crate) async fn send(
        &self,
        state: &mut CallState,
        way: Way,
        request: Request,
    ) -> Result<Response, Failure> {
        let mut walk = Walk::begin();
        let mut plan = match self.plan(state, way, request) {
            Ok(plan) => plan,
            Err(problem) => return Err(told::failure(problem, &walk.marks, &state.mask)),
        };
        let ended = self.walk_within(state, &mut plan, &mut walk).await;
        told::response(&plan, walk, ended, &state.mask)
    }

    /// All that is certain, however it ends.
    pub(crate) async fn fetch(&self, state: &mut CallState, way: Way, request: Request) -> Exchange {
        let mut walk = Walk::begin();
        let mut plan = match self.plan(state, way, request) {
            Ok(plan) => plan,
            Err(problem) => return told::unsent(problem, &walk, &state.mask),
        };
        let refused_before = state.refusals.first.clone();
        let ended = self.walk_within(state, &mut plan, &mut walk).await;
        if let Err(Stop::Redirect(_)) = &ended {
            // Where a target sends people is its own doing. The guest judges it; what was refused is counted all the same.
            state.refusals.first = refused_before;
        }
        told::exchange(&plan, walk, ended, &state.mask)
    }

    fn plan(&self, state: &mut CallState, way: Way, request: Request) -> Result<Plan, Problem> {
        if state.http.requests >= state.limits.http_requests {
            let message = format!("more than {} HTTP requests in one call", state.limits.http_requests);
            let message = state.meet(Limit::HttpRequests, message);
            return Err(Problem::new(FailureKind::Limit, Phase::Policy, message));
        }
        state.http.requests += 1;
        Plan::new(state, way, request, &self.user_agent)
    }

    async fn walk_within(&self, state: &mut CallState, plan: &mut Plan, walk: &mut Walk) -> Result<(), Stop> {
        let timeout = plan.timeout.unwrap_or(Duration::MAX);
        let _place = Sockets::place(state, state.clocks.span(timeout)).await.map_err(Stop::Broken)?;
        let span = state.clocks.span(timeout);
        {
            let walking = std::pin::pin!(self.walk(state, plan, walk));
            if let Ok(ended) = tokio::time::timeout(span, walking).await {
                return ended;
            }
        }
        let phase = walk.marks.phase();
        let message = match phase {
            Phase::Transfer => format!("the response was not whole within {span:?}"),
            _ => format!("no response within {span:?}"),
        };
        Err(Stop::Broken(Problem::new(FailureKind::TimedOut, phase, message)))
    }

    async fn walk(&self, state: &mut CallState, plan: &mut Plan, walk: &mut Walk) -> Result<(), Stop> {
        let first = Origin::of(&plan.url).map_err(Stop::Broken)?;
        // What a bound server says stays with it.
        let is_bound = !plan.credentials.is_empty() || plan.identity.is_some();
        walk.cookies = Cookies::new(if is_bound { Reach::Origin } else { Reach::Domain });
        let mut origin = first.clone();
        loop {
            walk.url = shown(plan);
            if let Err(problem) = self.hop(state, plan, walk, &origin).await {
                return Err(match problem.kind {
                    FailureKind::Denied if walk.heard.is_none() => match walk.turn_back() {
                        Some(location) => {
                            let message =
                                redirect::leads(&location, &format!("which is {}", problem.message));
                            Stop::Redirect(Problem { message, ..problem })
                        }
                        None => Stop::Broken(problem),
                    },
                    _ => Stop::Broken(problem),
                });
            }
            let is_followed =
                walk.heard.as_ref().is_some_and(|heard| plan.follows(heard.status, &heard.headers));
            if !is_followed {
                return Ok(());
            }
            walk.follow(plan).map_err(Stop::Redirect)?;
            origin = Origin::of(&plan.url).map_err(Stop::Broken)?;
            if let (Way::Socket(_), false) = (&plan.way, origin.same(&first)) {
                walk.turn_back();
                let message = "it redirects away from the socket";
                return Err(Stop::Redirect(Problem::new(FailureKind::Protocol, Phase::Wait, message)));
            }
            if !origin.same(&first) {
                plan.leave_origin();
            }
        }
    }

    async fn hop(
        &self,
        state: &mut CallState,
        plan: &Plan,
        walk: &mut Walk,
        origin: &Origin,
    ) -> Result<(), Problem> {
        request::decide(state, origin, plan)?;
        credential::decide(state, &plan.credentials, origin.scheme, &origin.host, origin.port)?;
        let mut outgoing = outgoing(state, plan)?;
        if let Some(cookies) = walk.cookies.header(&plan.url, outgoing.headers.get(COOKIE)) {
            outgoing.headers.insert(COOKIE, cookies);
        }
        exchange::exchange(state, walk, plan, origin, outgoing).await
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

/// The URL without what a credential put into it.
fn shown(plan: &Plan) -> String {
    if plan.credentials.iter().any(credential::Attached::is_whole_url) {
        return format!("{}/***", plan.url.origin().ascii_serialization());
    }
    plan.url.as_str().to_owned()
}
