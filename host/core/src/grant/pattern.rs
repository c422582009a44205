//! Patterns that operators write: `https://api.example.com`, `*://*.example.com:*`, `tcp://10.0.0.0/8:5432`.
//! `*` stands for a whole part, a leading `*.` for every subdomain (and not for the domain itself).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::origin::{parse_port, split_port};
use super::{GrantError, Host, Origin, Scheme};

/// A part of a pattern: one value, or `*`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Part<T> {
    Any,
    Only(T),
}

impl<T: PartialEq> Part<T> {
    fn covers(&self, value: &T) -> bool {
        match self {
            Part::Any => true,
            Part::Only(only) => only == value,
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HostPattern {
    /// `*`: every name and every address. It names no address, so it does not lift the ban on special or private ones.
    Any,
    Exact(Host),
    /// `*.example.com`, stored as `.example.com`.
    Below(Arc<str>),
    /// Addresses that are written as such; names that lead into the network are not covered.
    Network(IpNet),
}

impl HostPattern {
    pub fn parse(entry: &str) -> Result<Self, GrantError> {
        if entry == "*" {
            return Ok(HostPattern::Any);
        }
        if entry.contains("://") {
            let hint = "write the host alone, such as `gw.example.com`";
            return Err(GrantError::new(entry, "it has a scheme", hint));
        }
        if let Some(domain) = entry.strip_prefix("*.") {
            return match Host::parse(domain)? {
                Host::Name(name) => Ok(HostPattern::Below(format!(".{name}").into())),
                Host::Address(_) => Err(GrantError::new(
                    entry,
                    "an address has no subdomains",
                    "write the network as `10.0.0.0/8`",
                )),
            };
        }
        if entry.contains('*') {
            return Err(GrantError::new(
                entry,
                "`*` stands for a whole host or for all in front of a domain",
                "write `*` or `*.example.com`",
            ));
        }
        if entry.contains('/') {
            return parse_network(entry).map(HostPattern::Network);
        }
        Host::parse(entry).map(HostPattern::Exact)
    }

    pub fn covers(&self, host: &Host) -> bool {
        match (self, host) {
            (HostPattern::Any, _) => true,
            (HostPattern::Exact(only), host) => only == host,
            (HostPattern::Below(suffix), Host::Name(name)) => {
                name.len() > suffix.len() && name.ends_with(&**suffix)
            }
            (HostPattern::Network(network), Host::Address(ip)) => network.contains(ip),
            (HostPattern::Below(_), Host::Address(_)) | (HostPattern::Network(_), Host::Name(_)) => false,
        }
    }
    /// Whether the operator wrote exactly this address.
    pub(super) fn names(&self, ip: IpAddr) -> bool {
        match self {
            HostPattern::Exact(Host::Address(only)) => *only == ip,
            HostPattern::Network(network) => {
                network.prefix_len() == network.max_prefix_len() && network.contains(&ip)
            }
            HostPattern::Any | HostPattern::Exact(Host::Name(_)) | HostPattern::Below(_) => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Any => f.write_str("*"),
            HostPattern::Exact(host) => write!(f, "{host}"),
            HostPattern::Below(suffix) => write!(f, "*{suffix}"),
            HostPattern::Network(IpNet::V4(network)) => write!(f, "{network}"),
            HostPattern::Network(IpNet::V6(network)) => write!(f, "[{network}]"),
        }
    }
}

/// Parses `10.0.0.0/8`, `[fd00::/8]` or `fd00::/8`.
fn parse_network(entry: &str) -> Result<IpNet, GrantError> {
    let inner = entry.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(entry);
    let network: IpNet = inner.parse().map_err(|_| {
        GrantError::new(entry, "it is not a network", "write it as `10.0.0.0/8` or `[fd00::/8]`")
    })?;
    if network.addr() != network.network() {
        let hint = format!("write `{}`", network.trunc());
        return Err(GrantError::new(entry, "it has bits behind the prefix", hint));
    }
    Ok(network)
}

/// A pattern for `http`, `tls_unverified` and the `to` of secrets: `scheme://host:port`. If the port is left out, it is
/// the scheme's default.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OriginPattern {
    pub(super) scheme: Part<Scheme>,
    pub(super) host: HostPattern,
    /// The port; `None` for the default port of the scheme in use.
    pub(super) port: Option<Part<u16>>,
}

impl OriginPattern {
    pub fn parse(entry: &str) -> Result<Self, GrantError> {
        let hint =
            "write it as `https://api.example.com`, `https://*.example.com:8443` or `http://10.0.0.0/8:*`";
        let (scheme, rest) =
            entry.split_once("://").ok_or_else(|| GrantError::new(entry, "it has no scheme", hint))?;
        let scheme =
            match scheme {
                "*" => Part::Any,
                text => Part::Only(Scheme::parse(text).ok_or_else(|| {
                    GrantError::new(entry, format!("`{text}` is not a scheme for it"), hint)
                })?),
            };
        let rest = strip_empty_path(entry, rest)?;
        let (host, port) = split_port(rest);
        let host = HostPattern::parse(host).map_err(|error| error.of(entry))?;
        let port = port.map(|port| parse_port_part(entry, port)).transpose()?;
        let pattern = Self::in_one_form(scheme, host, port);
        let needs_port = matches!(pattern.scheme, Part::Only(Scheme::Tcp | Scheme::Udp));
        if needs_port && pattern.port.is_none() {
            let hint = format!("write `{entry}:PORT`, or `{entry}:*` for every port");
            return Err(GrantError::new(entry, "it has no port", hint));
        }
        Ok(pattern)
    }
    /// The pattern for exactly this origin.
    pub fn exactly(origin: &Origin) -> Self {
        let host = HostPattern::Exact(origin.host.clone());
        Self::in_one_form(Part::Only(origin.scheme), host, Some(Part::Only(origin.port)))
    }
    /// A pattern in a normal form, without the scheme's default port, so that equivalent patterns are equal.
    fn in_one_form(scheme: Part<Scheme>, host: HostPattern, port: Option<Part<u16>>) -> Self {
        let port = match (&scheme, port) {
            (Part::Only(scheme), Some(Part::Only(port))) if scheme.default_port() == Some(port) => None,
            (_, port) => port,
        };
        Self { scheme, host, port }
    }
    /// The pattern for the origin of a URL, for a secret that is a URL. Errors never repeat its path or query.
    pub fn of_url(url: &str) -> Result<Self, GrantError> {
        match Origin::of_url(url) {
            Ok(origin) => Ok(Self::exactly(&origin)),
            // A secret that is not a URL at all must not be shown, not even in part.
            Err(error) if !url.contains("://") => Err(error.of("***")),
            Err(error) => Err(error),
        }
    }
    pub fn covers(&self, scheme: Scheme, host: &Host, port: u16) -> bool {
        self.covers_door(scheme, port) && self.host.covers(host)
    }
    pub fn host(&self) -> &HostPattern {
        &self.host
    }
    /// Whether scheme and port are covered, whatever the host.
    pub(super) fn covers_door(&self, scheme: Scheme, port: u16) -> bool {
        let port_fits = match &self.port {
            Some(part) => part.covers(&port),
            None => scheme.default_port() == Some(port),
        };
        port_fits && self.scheme.covers(&scheme)
    }
    fn is_for_http(&self) -> bool {
        matches!(self.scheme, Part::Any | Part::Only(Scheme::Http | Scheme::Https))
    }
    /// Parses an entry of the `http` list, where `tcp` is not allowed.
    pub(super) fn parse_http(entry: &str) -> Result<Self, GrantError> {
        let pattern = Self::parse(entry)?;
        if pattern.is_for_http() {
            return Ok(pattern);
        }
        Err(GrantError::new(entry, "`http` grants are for `http` and `https`", "put it into `net`"))
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match &self.scheme {
            Part::Any => "*",
            Part::Only(scheme) => scheme.as_str(),
        };
        write!(f, "{scheme}://{}", self.host)?;
        match &self.port {
            None => Ok(()),
            Some(Part::Only(port)) => write!(f, ":{port}"),
            Some(Part::Any) => f.write_str(":*"),
        }
    }
}

/// A pattern for `net`: `tcp://db.example.com:5432`, `udp://10.0.0.0/8:161`; without a scheme, it covers both.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EndpointPattern(OriginPattern);

impl EndpointPattern {
    pub fn host(&self) -> &HostPattern {
        self.0.host()
    }
    pub fn parse(entry: &str) -> Result<Self, GrantError> {
        let hint = "write it as `tcp://db.example.com:5432`, or `db.example.com:5432` for tcp and udp";
        let (scheme, rest) = match entry.split_once("://") {
            Some(("*", rest)) => (Part::Any, rest),
            Some((scheme, rest)) => match Scheme::parse(scheme) {
                Some(scheme @ (Scheme::Tcp | Scheme::Udp)) => (Part::Only(scheme), rest),
                Some(Scheme::Http | Scheme::Https) | None => {
                    let problem = format!("`net` grants are for `tcp` and `udp`, not `{scheme}`");
                    return Err(GrantError::new(entry, problem, hint));
                }
            },
            None => (Part::Any, entry),
        };
        let rest = strip_empty_path(entry, rest)?;
        let (host, Some(port)) = split_port(rest) else {
            let hint = format!("write `{entry}:PORT`, or `{entry}:*` for every port");
            return Err(GrantError::new(entry, "it has no port", hint));
        };
        Ok(Self(OriginPattern {
            scheme,
            host: HostPattern::parse(host).map_err(|error| error.of(entry))?,
            port: Some(parse_port_part(entry, port)?),
        }))
    }
    pub(super) fn exactly(scheme: Option<Scheme>, host: Host, port: u16) -> Self {
        Self(OriginPattern {
            scheme: scheme.map_or(Part::Any, Part::Only),
            host: HostPattern::Exact(host),
            port: Some(Part::Only(port)),
        })
    }
    pub fn covers(&self, scheme: Scheme, host: &Host, port: u16) -> bool {
        self.0.covers(scheme, host, port)
    }
    pub(super) fn as_origin(&self) -> &OriginPattern {
        &self.0
    }
}

impl fmt::Display for EndpointPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.strip_prefix("*://").unwrap_or(&text))
    }
}

pub(super) fn parse_port_part(entry: &str, text: &str) -> Result<Part<u16>, GrantError> {
    if text == "*" { Ok(Part::Any) } else { parse_port(entry, text).map(Part::Only) }
}

/// Removes a lone slash at the end, and refuses any other path. A network contains a slash too.
fn strip_empty_path<'a>(entry: &str, rest: &'a str) -> Result<&'a str, GrantError> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('@') {
        // The entry is not repeated as a whole, because it may contain a password.
        let shown = entry.find("://").map_or("", |at| &entry[..at + 3]);
        return Err(GrantError::new(
            shown,
            "it carries a user name or a password",
            "leave it out and place the credential as a secret",
        ));
    }
    let (host, _) = split_port(rest);
    let after_slash = rest.split_once('/').map(|(_, after)| after).unwrap_or("");
    let is_network =
        after_slash.starts_with(|c: char| c.is_ascii_digit()) && !host.starts_with(char::is_alphabetic);
    if rest.contains(['?', '#', '\\']) || (rest.contains('/') && !is_network) {
        let origin = entry.find("://").map_or(0, |at| at + 3);
        let end = entry[origin..].find(['/', '?', '#', '\\']).map_or(entry.len(), |at| origin + at);
        let hint = format!("a grant is for a whole origin: write `{}`", &entry[..end]);
        return Err(GrantError::new(entry, "it has a path", hint));
    }
    Ok(rest)
}
