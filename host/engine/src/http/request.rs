//! A guest's request, checked before anything is looked up or sent.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderValue, LOCATION, USER_AGENT,
};
use http::{Method, StatusCode};
use url::Url;
use watchkeep_core::grant::{Access, Scheme};
use watchkeep_core::ids::SecretName;

use super::coding;
use super::credential::{self, Attached, Login};
use super::fields;
use crate::call::CallContext;
use crate::contract::http::{Extras, Request};
use crate::contract::transport::{Credential, FailureKind, Family, Phase, TlsOptions};
use crate::network::failure::Problem;
use crate::network::name_server;
use crate::network::secret;
use crate::network::tls::{Handshake, Identity, Trust};
use crate::ports::Secret;

/// How a request is sent.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Network,
    /// A socket of this machine, by the operator's name.
    Socket(String),
}

/// The host in a URL that goes over a socket, if it has none.
const SOCKET_HOST: &str = "localhost";

/// What is sent, over all hops.
pub(super) struct Plan {
    pub(super) way: Way,
    pub(super) method: Method,
    /// Contains the secret URL, if a credential is one.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) credentials: Vec<Attached>,
    /// What the guest allows at most; the call's own time bounds it further.
    pub(super) timeout: Option<Duration>,
    pub(super) redirects_max: u8,
    pub(super) body_max: u64,
    pub(super) decompress: bool,
    pub(super) family: Family,
    pub(super) trust: Trust,
    /// The name in the TLS handshake, if it is not the URL's host. Only for the first origin.
    pub(super) server_name: Option<String>,
    pub(super) alpn: Vec<String>,
    pub(super) identity: Option<ClientCertificate>,
    /// The name server that looks up the names on the way.
    pub(super) resolver: Option<SocketAddr>,
    /// Only HTTP/2 is offered and spoken.
    pub(super) http2: bool,
    pub(super) login: Option<Login>,
}

/// A secret that is shown in the handshake, bound to origins as any other.
pub(super) struct ClientCertificate {
    name: SecretName,
    secret: Secret,
    identity: Identity,
}

impl Plan {
    pub(super) fn new(
        state: &mut CallContext,
        way: Way,
        request: Request,
        extras: Extras,
        user_agent: &HeaderValue,
    ) -> Result<Plan, Problem> {
        let Request {
            method,
            url,
            headers,
            body,
            credentials,
            timeout,
            redirects_max,
            body_max,
            decompress,
            family,
            tls,
        } = request;
        let method = Method::from_bytes(method.as_bytes())
            .ok()
            .filter(|method| *method != Method::CONNECT)
            .ok_or_else(|| Problem::invalid("the method cannot be sent"))?;
        let url = match &way {
            Way::Network => url,
            Way::Socket(_) => over_socket(url, &credentials, tls.as_ref())?,
        };
        let credentials = credential::take(state, credentials)?;
        let url = parse_url(&credential::base_url(state, &url, &credentials)?);
        let url = match credentials.iter().any(Attached::is_whole_url) {
            false => url?,
            // Saying what is wrong with it would reveal something about the secret.
            true => url
                .and_then(|url| Origin::of(&url).map(|_| url))
                .map_err(|_| credential::no_url(state, &credentials))?,
        };
        let mut headers = fields::checked(headers)?;
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        headers.entry(USER_AGENT).or_insert_with(|| user_agent.clone());
        if decompress {
            headers.entry(ACCEPT_ENCODING).or_insert_with(|| HeaderValue::from_static(coding::ACCEPTED));
        }
        let Extras { resolver, http2, digest } = extras;
        let resolver = resolver.map(|server| name_server::parse(&server)).transpose()?;
        let login = digest.map(|digest| Login::take(state, digest)).transpose()?;
        if login.is_some()
            && (headers.contains_key(AUTHORIZATION) || credentials.iter().any(Attached::is_authorization))
        {
            let message = "a digest login and another credential both use `authorization`";
            return Err(Problem::invalid(message));
        }
        let Tls { trust, server_name, alpn, identity } = tls_of(state, tls)?;
        let is_secret = !credentials.is_empty() || identity.is_some() || login.is_some();
        if trust == Trust::Ignore && is_secret {
            return Err(Problem::invalid("no credential travels over TLS that is not verified"));
        }
        Ok(Plan {
            way,
            method,
            url,
            headers,
            body: body.into(),
            credentials,
            timeout: timeout.map(Duration::from_millis),
            redirects_max,
            body_max: body_max.min(state.limits.http_body_bytes),
            decompress,
            family,
            trust,
            server_name,
            alpn,
            identity,
            resolver,
            http2,
            login,
        })
    }

    /// What the handshake asks of the peer, with protocols in order of preference.
    pub(super) fn handshake<'a>(&'a self, origin: &'a Origin) -> Handshake<'a> {
        let usual = || match self.http2 {
            true => vec![b"h2".to_vec()],
            false => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        let asked = || self.alpn.iter().map(|protocol| protocol.clone().into_bytes()).collect();
        Handshake {
            server_name: self.server_name.as_deref().unwrap_or(&origin.host),
            trust: self.trust,
            alpn: if self.alpn.is_empty() { usual() } else { asked() },
            identity: self.identity.as_ref().map(|certificate| &certificate.identity),
        }
    }

    /// Drops what was meant only for the first origin.
    pub(super) fn leave_origin(&mut self) {
        self.credentials.clear();
        self.login = None;
        self.identity = None;
        self.server_name = None;
        for name in [AUTHORIZATION, COOKIE, HOST] {
            self.headers.remove(name);
        }
    }

    /// How many bytes of a body are wanted, as far as memory can hold them.
    pub(super) fn cap(&self) -> usize {
        usize::try_from(self.body_max).unwrap_or(usize::MAX)
    }

    /// What is decided about a request over this socket.
    pub(super) fn over<'a>(&'a self, socket: &'a str) -> Access<'a> {
        Access::LocalRequest { socket, method: self.method.as_str(), path: self.url.path() }
    }

    /// Whether an answer is a redirect that is to be followed. Nobody wants its body.
    pub(super) fn follows(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        self.redirects_max > 0
            && matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
            && headers.get(LOCATION).is_some_and(|location| !location.as_bytes().trim_ascii().is_empty())
    }
}

/// The whole URL of a request over a socket, which may be given as a path alone.
fn over_socket(url: String, credentials: &[Credential], tls: Option<&TlsOptions>) -> Result<String, Problem> {
    if !credentials.is_empty() || tls.is_some() {
        let message = "neither secrets nor TLS go over a socket of this machine";
        return Err(Problem::invalid(message));
    }
    if url.starts_with('/') {
        return Ok(format!("http://{SOCKET_HOST}{url}"));
    }
    let host = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(SOCKET_HOST));
    if host.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Ok(url);
    }
    let hint = format!("write the path alone, or begin it with `http://{SOCKET_HOST}/`");
    Err(Problem::invalid(format!("a URL with a host of its own goes over no socket; hint: {hint}")))
}

struct Tls {
    trust: Trust,
    server_name: Option<String>,
    alpn: Vec<String>,
    identity: Option<ClientCertificate>,
}

fn tls_of(state: &mut CallContext, options: Option<TlsOptions>) -> Result<Tls, Problem> {
    let Some(TlsOptions { server_name, trust, alpn, client_certificate }) = options else {
        return Ok(Tls { trust: Trust::Require, server_name: None, alpn: Vec::new(), identity: None });
    };
    let identity = match client_certificate {
        None => None,
        Some(name) => {
            let name = SecretName::from(&*name);
            let secret = secret::take(state, &name)?;
            let identity = secret::identity(state, &name, &secret)?;
            Some(ClientCertificate { name, secret, identity })
        }
    };
    Ok(Tls { trust: trust.into(), server_name, alpn, identity })
}

/// Scheme, host and port of a URL that is connected to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    pub(super) scheme: Scheme,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Origin {
    pub(super) fn of(url: &Url) -> Result<Origin, Problem> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => {
                return Err(Problem::invalid(format!(
                    "the URL's scheme is `{other}`, not `http` or `https`"
                )));
            }
        };
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| Problem::invalid("the URL has no host"))?;
        let port = url.port_or_known_default().ok_or_else(|| Problem::invalid("the URL has no port"))?;
        Ok(Origin { scheme, host: host.to_owned(), port })
    }
    pub(super) fn access(&self) -> Access<'_> {
        Access::Origin { scheme: self.scheme, host: &self.host, port: self.port }
    }
    pub(super) fn same(&self, other: &Origin) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port == other.port
    }
}

/// Decides about the name, and about `Host` and unverified TLS, which have grants of their own.
pub(super) fn decide(state: &mut CallContext, origin: &Origin, plan: &Plan) -> Result<(), Problem> {
    let Origin { scheme, host, port } = origin;
    match &plan.way {
        Way::Network => {
            permit(state, &origin.access())?;
            permit(
                state,
                &Access::Method { scheme: *scheme, host, port: *port, method: plan.method.as_str() },
            )?;
        }
        Way::Socket(socket) => permit(state, &plan.over(socket))?,
    }
    if let Some(name) = plan.headers.get(HOST) {
        let name = name.to_str().map_err(|_| Problem::invalid("the `host` header is not text"))?;
        permit(state, &Access::ServerName { host, name })?;
    }
    if *scheme != Scheme::Https {
        return Ok(());
    }
    if let Some(name) = &plan.server_name {
        permit(state, &Access::ServerName { host, name })?;
    }
    if plan.trust == Trust::Ignore {
        permit(state, &Access::UnverifiedTls { scheme: *scheme, host, port: *port })?;
    }
    if let Some(certificate) = &plan.identity {
        secret::decide(state, &certificate.name, &certificate.secret, *scheme, host, *port)?;
    }
    Ok(())
}

fn permit(state: &mut CallContext, access: &Access<'_>) -> Result<(), Problem> {
    state
        .permit(access)
        .map_err(|denial| Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))
}

pub(super) fn parse_url(text: &str) -> Result<Url, Problem> {
    // The parser's own words repeat no part of the URL, which may be a secret.
    let url = Url::parse(text).map_err(|error| Problem::invalid(format!("the URL is not valid: {error}")))?;
    checked(url)
}

pub(super) fn checked(mut url: Url) -> Result<Url, Problem> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Problem::invalid("the URL carries a user name; place the credential as a secret"));
    }
    url.set_fragment(None);
    Ok(url)
}
