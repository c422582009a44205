//! A guest's request, checked before anything is looked up or sent.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use http::{Method, StatusCode};
use url::Url;
use watchkeep_core::grant::{Access, Scheme};

use super::body;
use super::credential::{self, Attached};
use crate::call::CallState;
use crate::contract::http::{Header, Request};
use crate::contract::transport::{FailureKind, Family, Phase};
use crate::network::failure::Problem;
use crate::network::tls::Trust;

const HEADERS_MAX: usize = 100;
/// Those that frame a message or bind it to a connection: the client's own business.
const FRAMING: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What is sent, over all hops.
pub(super) struct Plan {
    pub(super) method: Method,
    /// With the secret's own URL in it, if the credential is one.
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
    pub(super) alpn: Vec<String>,
}

impl Plan {
    pub(super) fn new(
        state: &mut CallState,
        request: Request,
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
            .ok_or_else(|| Problem::invalid("the method is none that can be sent"))?;
        let credentials = credential::take(state, credentials)?;
        let url = parse_url(&credential::base_url(&url, &credentials)?)?;
        let mut headers = checked_headers(headers)?;
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        headers.entry(USER_AGENT).or_insert_with(|| user_agent.clone());
        if decompress {
            headers.entry(ACCEPT_ENCODING).or_insert_with(|| HeaderValue::from_static(body::ACCEPTED));
        }
        let (trust, alpn) = match tls {
            None => (Trust::Require, Vec::new()),
            Some(tls) => {
                if tls.client_certificate.is_some() {
                    return Err(Problem::invalid("client certificates are not offered by this version"));
                }
                let same = tls.server_name.as_deref().is_none_or(|name| url.host_str() == Some(name));
                if !same {
                    return Err(Problem::invalid(
                        "a TLS server name other than the URL's host is not offered by this version",
                    ));
                }
                let trust = match tls.trust {
                    crate::contract::transport::Trust::Require => Trust::Require,
                    crate::contract::transport::Trust::Ignore => Trust::Ignore,
                };
                (trust, tls.alpn)
            }
        };
        if trust == Trust::Ignore && !credentials.is_empty() {
            return Err(Problem::invalid("no credential travels over TLS that is not verified"));
        }
        Ok(Plan {
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
            alpn,
        })
    }

    /// What TLS offers the peer, in order.
    pub(super) fn protocols(&self) -> Vec<Vec<u8>> {
        if self.alpn.is_empty() {
            return vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        self.alpn.iter().map(|protocol| protocol.clone().into_bytes()).collect()
    }

    /// Whether an answer is a redirect that is to be followed; its body is nobody's.
    pub(super) fn follows(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        self.redirects_max > 0
            && matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
            && headers.contains_key(LOCATION)
    }
}

/// Scheme, host and port of a URL that is connected to.
#[derive(Clone)]
pub(super) struct Origin {
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

/// Name, and for `Host` and unverified TLS the grants of their own.
pub(super) fn decide(
    state: &mut CallState,
    origin: &Origin,
    headers: &HeaderMap,
    trust: Trust,
) -> Result<(), Problem> {
    let Origin { scheme, host, port } = origin;
    permit(state, &origin.access())?;
    if let Some(name) = headers.get(HOST) {
        let name = name.to_str().map_err(|_| Problem::invalid("the `host` header is not text"))?;
        permit(state, &Access::ServerName { host, name })?;
    }
    if trust == Trust::Ignore && *scheme == Scheme::Https {
        permit(state, &Access::UnverifiedTls { scheme: *scheme, host, port: *port })?;
    }
    Ok(())
}

fn permit(state: &mut CallState, access: &Access<'_>) -> Result<(), Problem> {
    state
        .permit(access)
        .map_err(|denial| Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))
}

pub(super) fn parse_url(text: &str) -> Result<Url, Problem> {
    // The parser's own words repeat nothing of the URL, which may be a secret.
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

fn checked_headers(headers: Vec<Header>) -> Result<HeaderMap, Problem> {
    if headers.len() > HEADERS_MAX {
        return Err(Problem::invalid(format!("{} headers, {HEADERS_MAX} are allowed", headers.len())));
    }
    let mut checked = HeaderMap::with_capacity(headers.len() + 2);
    for Header { name, value } in headers {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Problem::invalid("a header has a name that is none"))?;
        if FRAMING.contains(&parsed.as_str()) {
            return Err(Problem::invalid(format!("the header `{parsed}` is the host's own business")));
        }
        let value = HeaderValue::from_str(&value).map_err(|_| {
            Problem::invalid(format!("the value of header `{parsed}` has characters that cannot be sent"))
        })?;
        checked.append(parsed, value);
    }
    Ok(checked)
}
