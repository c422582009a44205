//! Scheme, host and port: what a grant is for, and what a secret is bound to.

use std::fmt;

use super::{GrantError, Host};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    Http,
    Https,
    /// A stream, with TLS or without.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Scheme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Tcp => "tcp",
            Scheme::Udp => "udp",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Scheme::Http, Scheme::Https, Scheme::Tcp, Scheme::Udp]
            .into_iter()
            .find(|scheme| scheme.as_str().eq_ignore_ascii_case(text))
    }
    /// The port of a URL that names none.
    pub const fn default_port(self) -> Option<u16> {
        match self {
            Scheme::Http => Some(80),
            Scheme::Https => Some(443),
            Scheme::Tcp | Scheme::Udp => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin {
    pub scheme: Scheme,
    pub host: Host,
    pub port: u16,
}

impl Origin {
    /// The origin of a whole URL. User info is refused, because credentials are secrets.
    pub fn of_url(url: &str) -> Result<Self, GrantError> {
        let hint = "write it as `https://api.example.com/path`";
        // Errors show only the origin: path and query of a URL may contain a credential.
        let shown = shown_origin(url);
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| GrantError::new(shown, "it has no scheme", hint))?;
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(GrantError::new(shown, "it has a blank or a control character", hint));
        }
        let scheme = Scheme::parse(scheme).ok_or_else(|| {
            GrantError::new(shown, "the scheme is not `http`, `https`, `tcp` or `udp`", hint)
        })?;
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
        if authority.contains('@') {
            let problem = "it carries a user name or a password";
            return Err(GrantError::new(
                scheme.as_str(),
                problem,
                "leave it out and place the credential as a secret",
            ));
        }
        if rest[authority.len()..].starts_with('\\') {
            return Err(GrantError::new(shown, "a backslash follows the host", hint));
        }
        let (host, port) = split_port(authority);
        let port = match port {
            Some(port) => parse_port(shown, port)?,
            None => scheme.default_port().ok_or_else(|| {
                GrantError::new(shown, "it has no port", format!("write `{authority}:PORT` with the port"))
            })?,
        };
        Ok(Self { scheme, host: Host::parse(host).map_err(|error| error.of(shown))?, port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.scheme.default_port() == Some(self.port) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Scheme and host of a URL as it was written, without user name, path and query.
fn shown_origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#', '\\']).map_or(url.len(), |at| start + at);
    if url[start..end].contains('@') { &url[..start] } else { &url[..end] }
}

/// Splits `host:port`, where the host may be an IPv6 address in brackets; a bare IPv6 address has no port.
pub(super) fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

pub(super) fn parse_port(entry: &str, text: &str) -> Result<u16, GrantError> {
    let number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    number.filter(|&port| port != 0).ok_or_else(|| {
        GrantError::new(entry, format!("`{text}` is not a port"), "ports are numbers from 1 to 65535")
    })
}
