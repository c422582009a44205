//! What every request must have, whoever makes it: `Host` and `Origin` must be ours. And whether it comes from this
//! machine. Who makes it is found out in `caller`, and what each may do stands in `routes`.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use ipnet::IpNet;
use subtle::ConstantTimeEq as _;
use watchkeep_core::ids::Digest;

use crate::accounts::oidc::Oidc;
use crate::problem::Problem;
use crate::proxies::{Route, is_forwarded};

/// What the config says about who may make requests.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub admin_token: Option<AdminToken>,
    /// `[host] external_url`; its host is one of ours.
    pub external_url: Option<String>,
    /// Further values of `Host` that are ours, such as the addresses that the host listens on. A value without a port
    /// stands for every port.
    pub hosts: Vec<String>,
    /// Whether people must sign in even while nobody can.
    pub sign_in: SignIn,
    /// The OpenID provider by way of which people sign in.
    pub oidc: Option<Arc<Oidc>>,
    /// `[host] trusted_proxies`: who is believed about whom it asks for.
    pub trusted_proxies: Vec<IpNet>,
    /// The path of the control socket, for refusals: through it no token is needed.
    pub control_socket: PathBuf,
}

/// Whether a host that nobody can sign in to may be read from its own machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SignIn {
    /// It may, until there is an admin token or a user.
    #[default]
    OncePossible,
    /// It may not: `[host] users = true`.
    Always,
}

/// A request extension that the control socket sets: whoever may open the socket is the operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalControl;

/// A request extension of connections over TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OverTls;

/// The admin token. Compared in constant time, never printed.
#[derive(Clone)]
pub struct AdminToken(String);

impl AdminToken {
    /// An admin token. An empty one matches nothing.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }
    pub(crate) fn is(&self, given: &str) -> bool {
        let same: bool = self.0.as_bytes().ct_eq(given.as_bytes()).into();
        same && !self.0.is_empty()
    }
    /// A hash of the token together with something that nobody else has, so that it gives nothing away about the token.
    pub(crate) fn bound_to(&self, secret: &str) -> Digest {
        Digest::of(format!("{secret}\0{}", self.0).as_bytes())
    }
}
impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// Where a request came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Peer {
    ControlSocket,
    /// A TCP connection; `None` if the address is not known, so that the peer counts as remote.
    Tcp(Option<IpAddr>),
    /// A proxy that is trusted asks for this address, which is never this machine.
    Proxied(IpAddr),
}

impl Peer {
    /// The client's address, if it is known.
    pub(crate) fn address(self) -> Option<IpAddr> {
        match self {
            Peer::ControlSocket => None,
            Peer::Tcp(address) => address,
            Peer::Proxied(address) => Some(address),
        }
    }
}

/// Whether a request comes from this machine, as far as that can be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Distance {
    Near,
    Far,
}

/// Refuses what is not asked of this host, or comes from a page of another site, whoever asks.
pub(crate) fn entrance(
    access: &Access,
    peer: Peer,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Distance, Problem> {
    if peer == Peer::ControlSocket {
        return Ok(Distance::Near);
    }
    // A proxy may go by the one and this host by the other.
    if headers.get_all(header::HOST).iter().nth(1).is_some() {
        return Err(Problem::invalid("the request has more than one `Host` header"));
    }
    let host = text(headers, &header::HOST)
        .ok_or_else(|| Problem::invalid("the request has no readable `Host` header"))?;
    if !is_ours(access, host) {
        return Err(misdirected(host));
    }
    if !method.is_safe() {
        check_origin(access, host, headers)?;
    }
    let near = matches!(peer, Peer::Tcp(Some(address)) if address.to_canonical().is_loopback())
        && is_loopback_name(host)
        && !is_forwarded(headers);
    Ok(if near { Distance::Near } else { Distance::Far })
}

/// Whether `external_url` says of the name that was asked that it is asked over HTTPS.
pub(crate) fn is_https_by_name(access: &Access, headers: &HeaderMap) -> bool {
    let Some(url) = access.external_url.as_deref().filter(|url| url.starts_with("https://")) else {
        return false;
    };
    is_of(url, headers)
}

/// Whether the request asks for the host of this URL, by the very name and port.
pub(crate) fn is_of(url: &str, headers: &HeaderMap) -> bool {
    let host = text(headers, &header::HOST).unwrap_or_default();
    authority_of(url).is_some_and(|ours| ours.eq_ignore_ascii_case(host))
}

fn check_origin(access: &Access, host: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let foreign = |origin: &str| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            format!("a page of `{origin}` may not change anything on this host"),
        )
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or("an unreadable origin");
        let same_host =
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
        let external = access
            .external_url
            .as_deref()
            .and_then(origin_of)
            .is_some_and(|ours| ours.eq_ignore_ascii_case(origin));
        if !same_host && !external {
            return Err(foreign(origin));
        }
    } else if let Some("cross-site" | "same-site") = text(headers, &HeaderName::from_static("sec-fetch-site"))
    {
        return Err(foreign("another site"));
    }
    Ok(())
}

/// The token of an `Authorization: Bearer`; `None` if there is none.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The refusal where nobody can sign in at all.
pub(crate) fn nobody_can(access: &Access, method: &Method, route: Route) -> Problem {
    if route == Route::ThroughAProxy {
        return Problem::new(
            StatusCode::FORBIDDEN,
            "no-admin-token",
            "nobody can sign in to this host, so only whoever is on its machine may read, and this request came through \
             a proxy; hint: set `users = true` under [host], and name the proxy in `trusted_proxies`",
        );
    }
    let what = if method.is_safe() {
        "no admin token is configured, so only this machine may read"
    } else {
        "no admin token is configured, so nothing can be changed over TCP"
    };
    Problem::new(
        StatusCode::FORBIDDEN,
        "no-admin-token",
        format!(
            "{what}; hint: use the `watchkeep` command on the host, which asks through the control socket `{}`: \
             `watchkeep user add` lets somebody sign in, or set `admin_token` under [host]",
            access.control_socket.display()
        ),
    )
}

fn misdirected(host: &str) -> Problem {
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown-host",
        format!(
            "this host does not answer to the name `{host}`; hint: use `localhost`, or set `external_url` under \
             [host] to the address that people use"
        ),
    )
}

fn is_ours(access: &Access, host: &str) -> bool {
    let named = |ours: &str| ours.eq_ignore_ascii_case(host) || ours.eq_ignore_ascii_case(name_of(host));
    is_loopback_name(host)
        || access.external_url.as_deref().and_then(authority_of).is_some_and(named)
        || access.hosts.iter().any(|ours| named(ours))
}

/// Whether the name is `localhost`, `127.0.0.1` or `[::1]`, with any port.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let name = name_of(host);
    let literal = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || literal.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The name without its port; brackets stay.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn authority_of(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', '?', '#']).next()
}

fn origin_of(url: &str) -> Option<&str> {
    let start = url.find("://")? + 3;
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |end| start + end);
    Some(&url[..end])
}

pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
