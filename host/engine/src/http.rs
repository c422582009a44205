//! The broker: speaks HTTP for guests. It decides about the name, looks it up, decides about each address, and connects
//! to nothing else. It follows redirects itself, and decides about each of them anew. It puts credentials in place,
//! drops them when the origin changes, and masks what comes back. There is no proxy and no pool, and cookies last as
//! long as a walk over redirects. Answers of sloppy servers are read as browsers read them, and each leniency is noted.

pub(crate) mod mask;

mod body;
mod chunks;
mod coding;
mod cookies;
mod credential;
mod deflate;
mod drive;
mod exchange;
mod fields;
mod framing;
mod head;
mod leniences;
mod lenient;
mod redirect;
mod request;
mod shown;
mod text;
mod told;
mod walk;

use std::time::Duration;

use http::HeaderValue;
use http::header::{COOKIE, LOCATION};
use watchkeep_core::limits::Limit;

use crate::call::CallContext;
use crate::contract::http::{Detailed, Exchange, Extras, Request, Response};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::network::failure::Problem;
use crate::network::guard::{self, Destination, Said};
use crate::network::sockets::Sockets;
use cookies::{Cookies, Reach};
use exchange::Outgoing;
use request::Plan;
pub(crate) use request::{Origin, Way};
use walk::{Stop, Walk};

/// How many origins that servers redirected to are remembered in one call.
const LED_TO_MAX: usize = 100;
/// The extras of most requests: none.
const PLAIN: Extras = Extras { resolver: None, http2: false, digest: None };

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
        state: &mut CallContext,
        way: Way,
        request: Request,
    ) -> Result<Response, Failure> {
        let mut walk = Walk::begin();
        let mut plan = match self.plan(state, way, request, PLAIN) {
            Ok(plan) => plan,
            Err(problem) => return Err(problem.told(state, &walk.timeline)),
        };
        let ended = self.walk_within(state, &mut plan, &mut walk).await;
        told::response(state, &plan, walk, ended).await
    }

    /// Returns all that is certain, however it ends.
    pub(crate) async fn fetch(&self, state: &mut CallContext, request: Request) -> Exchange {
        self.fetch_with(state, request, PLAIN).await.exchange
    }

    /// Like `fetch`, with extras that few requests have.
    pub(crate) async fn fetch_with(
        &self,
        state: &mut CallContext,
        request: Request,
        extras: Extras,
    ) -> Detailed {
        let mut walk = Walk::begin();
        let mut plan = match self.plan(state, Way::Network, request, extras) {
            Ok(plan) => plan,
            Err(problem) => {
                let exchange = told::unsent(state, problem, &walk.timeline);
                return Detailed { exchange, trailers: Vec::new() };
            }
        };
        let refused_before = state.refusals.first.clone();
        let led_to = &state.http.led_to;
        let is_led = !led_to.is_empty() && Origin::of(&plan.url).is_ok_and(|origin| led_to.contains(&origin));
        let ended = self.walk_within(state, &mut plan, &mut walk).await;
        let is_targets_doing = match &ended {
            Err(Stop::Redirect(_)) => true,
            // The guest itself followed a redirect that a server gave it.
            Err(Stop::Broken(problem)) => is_led && problem.kind == FailureKind::Denied,
            Ok(()) => false,
        };
        if is_targets_doing {
            // Where a target sends people is its own doing, which the guest judges. The refusal is counted all the
            // same.
            state.refusals.forget_since(refused_before);
        }
        let trailers = told::trailers(&walk, &state.mask);
        Detailed { exchange: told::exchange(state, &plan, walk, ended).await, trailers }
    }

    fn plan(
        &self,
        state: &mut CallContext,
        way: Way,
        request: Request,
        extras: Extras,
    ) -> Result<Plan, Problem> {
        if state.http.requests >= state.limits.http_requests {
            let message = format!("more than {} HTTP requests in one call", state.limits.http_requests);
            let message = state.meet(Limit::HttpRequests, message);
            return Err(Problem::new(FailureKind::Limit, Phase::Policy, message));
        }
        state.http.requests += 1;
        Plan::new(state, way, request, extras, &self.user_agent)
    }

    async fn walk_within(
        &self,
        state: &mut CallContext,
        plan: &mut Plan,
        walk: &mut Walk,
    ) -> Result<(), Stop> {
        let timeout = plan.timeout.unwrap_or(Duration::MAX);
        let _place = Sockets::place(state, state.clocks.span(timeout)).await.map_err(Stop::Broken)?;
        let span = state.clocks.span(timeout);
        {
            let walking = std::pin::pin!(self.walk(state, plan, walk));
            if let Ok(ended) = tokio::time::timeout(span, walking).await {
                return ended;
            }
        }
        if walk.is_heard(plan) {
            walk.timeline.ended();
            return Ok(());
        }
        let phase = walk.timeline.phase();
        let message = match phase {
            Phase::Transfer => format!("the response was not whole within {span:?}"),
            _ => format!("no response within {span:?}"),
        };
        Err(Stop::Broken(Problem::new(FailureKind::TimedOut, phase, message)))
    }

    async fn walk(&self, state: &mut CallContext, plan: &mut Plan, walk: &mut Walk) -> Result<(), Stop> {
        let first = Origin::of(&plan.url).map_err(Stop::Broken)?;
        // What a server with a bound secret says goes to no other origin.
        let is_bound = !plan.credentials.is_empty() || plan.identity.is_some() || plan.login.is_some();
        walk.cookies = Cookies::new(if is_bound { Reach::Origin } else { Reach::Domain });
        let (mut origin, mut said) = (first.clone(), Said::ByGuest);
        loop {
            walk.url = shown(plan);
            if let Err(problem) = self.hop(state, plan, walk, &origin, said).await {
                return Err(match problem.kind {
                    FailureKind::Denied if walk.heard.is_none() => match walk.turn_back() {
                        Some(location) => {
                            let why = format!("which is {}", problem.message);
                            let message = redirect::leads(&location, &why, &state.mask);
                            Stop::Redirect(problem.saying(message))
                        }
                        None => Stop::Broken(problem),
                    },
                    _ => Stop::Broken(problem),
                });
            }
            let is_followed =
                walk.heard.as_ref().is_some_and(|heard| plan.follows(heard.status, &heard.headers));
            if !is_followed {
                remember_where_it_leads(state, plan, walk);
                return Ok(());
            }
            walk.follow(plan, &state.mask).map_err(Stop::Redirect)?;
            let from = std::mem::replace(&mut origin, Origin::of(&plan.url).map_err(Stop::Broken)?);
            // What a server says to itself, it knows already.
            said = if origin.same(&from) { Said::ByGuest } else { Said::ByServer };
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
        state: &mut CallContext,
        plan: &Plan,
        walk: &mut Walk,
        origin: &Origin,
        said: Said,
    ) -> Result<(), Problem> {
        request::decide(state, origin, plan)?;
        credential::decide(state, &plan.credentials, origin.scheme, &origin.host, origin.port)?;
        if let Some(login) = &plan.login {
            login.decide(state, origin.scheme, &origin.host, origin.port)?;
        }
        let first = outgoing(state, plan)?;
        let Some(login) = &plan.login else {
            return self.send_out(state, plan, walk, origin, (first, said)).await;
        };
        let mut second = first.again();
        self.send_out(state, plan, walk, origin, (first, said)).await?;
        let Some(heard) = &walk.heard else { return Ok(()) };
        if login.answer(state, (heard.status, &heard.headers), &mut second)? {
            walk.ask_again(&plan.url);
            self.send_out(state, plan, walk, origin, (second, said)).await?;
        }
        Ok(())
    }

    async fn send_out(
        &self,
        state: &mut CallContext,
        plan: &Plan,
        walk: &mut Walk,
        origin: &Origin,
        (mut outgoing, said): (Outgoing, Said),
    ) -> Result<(), Problem> {
        if let Some(cookies) = walk.cookies.header(&plan.url, outgoing.headers.get(COOKIE)) {
            outgoing.headers.insert(COOKIE, cookies);
        }
        keep_in(state, plan, origin, &outgoing, said, &walk.cookies.of_others(&plan.url)).await?;
        exchange::exchange(state, walk, plan, origin, outgoing).await
    }
}

/// Remembers where a response redirects that the guest gets as it is, because the guest may follow it.
fn remember_where_it_leads(state: &mut CallContext, plan: &Plan, walk: &Walk) {
    let Some(heard) = walk.heard.as_ref().filter(|heard| heard.status.is_redirection()) else { return };
    let Some(location) = heard.headers.get(LOCATION) else { return };
    let led = redirect::target(&plan.url, location.as_bytes(), &state.mask).and_then(|url| Origin::of(&url));
    if let Ok(origin) = led
        && state.http.led_to.len() < LED_TO_MAX
        && !state.http.led_to.contains(&origin)
    {
        state.http.led_to.push(origin);
    }
}

/// The plan's request, with its credentials in place.
fn outgoing(state: &mut CallContext, plan: &Plan) -> Result<Outgoing, Problem> {
    let mut outgoing = Outgoing {
        method: plan.method.clone(),
        url: plan.url.clone(),
        headers: plan.headers.clone(),
        body: plan.body.clone(),
    };
    credential::place(state, &plan.credentials, &mut outgoing)?;
    Ok(outgoing)
}

/// Checks that no secret goes where it is not bound to, whoever wrote it there. `said` is about the URL; cookies are
/// the words of other servers.
async fn keep_in(
    state: &mut CallContext,
    plan: &Plan,
    origin: &Origin,
    outgoing: &Outgoing,
    said: Said,
    cookies: &[String],
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
    texts.extend(plan.login.as_ref().map(|login| login.user.as_bytes()));
    texts.extend(plan.alpn.iter().map(String::as_bytes));
    texts.extend(headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]));
    guard::check(state, to, Said::ByGuest, &texts).await?;
    guard::check(state, to, said, &[url.as_str().as_bytes()]).await?;
    let cookies: Vec<&[u8]> = cookies.iter().map(String::as_bytes).collect();
    guard::check(state, to, Said::ByServer, &cookies).await
}

/// The URL without what a credential put into it.
fn shown(plan: &Plan) -> String {
    if plan.credentials.iter().any(credential::Attached::is_whole_url) {
        return format!("{}/***", plan.url.origin().ascii_serialization());
    }
    plan.url.as_str().to_owned()
}
