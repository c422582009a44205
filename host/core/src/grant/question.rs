//! Patterns for `dns`: what may be asked, and which servers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::host::parse_name;
use super::origin::split_port;
use super::pattern::{HostPattern, OriginPattern, Part, parse_port_part};
use super::{GrantError, Host};

/// A pattern for `dns`, which names what may be asked and which servers: `*.example.com` (asked of the host's own
/// resolver), `@10.0.0.53` (a server, for names that are granted separately), `*.example.com@10.0.0.53:5353` (both at
/// once).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NamePattern {
    pub(super) name: Option<DomainPattern>,
    pub(super) server: Option<OriginPattern>,
}

/// What may be asked. It is not a host: `1.2.3.4` is a name here, and never an address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum DomainPattern {
    Any,
    Exact(Arc<str>),
    Below(Arc<str>),
}

const DNS_PORT: u16 = 53;

impl NamePattern {
    pub fn parse(entry: &str) -> Result<Self, GrantError> {
        let (name, server) = match entry.split_once('@') {
            Some((name, server)) => (name, Some(parse_server(entry, server)?)),
            None => (entry, None),
        };
        let name = match name {
            "" if server.is_some() => None,
            "*" => Some(DomainPattern::Any),
            name => Some(match name.strip_prefix("*.") {
                Some(domain) => {
                    let domain = parse_name(domain).map_err(|error| error.of(entry))?;
                    DomainPattern::Below(format!(".{domain}").into())
                }
                None => DomainPattern::Exact(parse_domain(name).map_err(|error| error.of(entry))?.into()),
            }),
        };
        Ok(Self { name, server })
    }
    /// The pattern for a config's value: an address is a server, everything else a name, and `*` has no meaning.
    pub(super) fn of_value(value: &str) -> Result<Self, GrantError> {
        let server = match value.parse::<SocketAddr>() {
            Ok(server) => Some((server.ip(), server.port())),
            Err(_) => value.parse::<IpAddr>().ok().map(|ip| (ip, DNS_PORT)),
        };
        if let Some((ip, port)) = server {
            return Ok(Self {
                name: None,
                server: Some(OriginPattern {
                    scheme: Part::Any,
                    host: HostPattern::Exact(ip.into()),
                    port: Some(Part::Only(port)),
                }),
            });
        }
        Ok(Self { name: Some(DomainPattern::Exact(parse_domain(value)?.into())), server: None })
    }
}

/// Parses a name to ask for, into a normal form; the root is a name too.
pub(super) fn parse_domain(text: &str) -> Result<String, GrantError> {
    if text == "." { Ok(".".to_owned()) } else { parse_name(text) }
}

impl DomainPattern {
    /// Whether the name is covered. `name` is in lower case, without a trailing dot.
    pub(super) fn covers(&self, name: &str) -> bool {
        match self {
            DomainPattern::Any => true,
            DomainPattern::Exact(only) => **only == *name,
            DomainPattern::Below(suffix) => name.len() > suffix.len() && name.ends_with(&**suffix),
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => {}
            Some(DomainPattern::Any) => f.write_str("*")?,
            Some(DomainPattern::Exact(name)) => f.write_str(name)?,
            Some(DomainPattern::Below(suffix)) => write!(f, "*{suffix}")?,
        }
        match &self.server {
            None => Ok(()),
            Some(server) => {
                let text = server.to_string();
                let text = text.strip_prefix("*://").unwrap_or(&text);
                write!(f, "@{}", text.strip_suffix(":53").unwrap_or(text))
            }
        }
    }
}

fn parse_server(entry: &str, server: &str) -> Result<OriginPattern, GrantError> {
    let (host, port) = split_port(server);
    let host = HostPattern::parse(host).map_err(|error| error.of(entry))?;
    let by_address = match &host {
        HostPattern::Any | HostPattern::Network(_) | HostPattern::Exact(Host::Address(_)) => true,
        HostPattern::Exact(Host::Name(_)) | HostPattern::Below(_) => false,
    };
    if !by_address {
        return Err(GrantError::new(
            entry,
            "a name server is written as an address",
            "write it as `example.com@192.0.2.53`, or `example.com@*` for any server",
        ));
    }
    let port = match port {
        Some(port) => parse_port_part(entry, port)?,
        None => Part::Only(DNS_PORT),
    };
    Ok(OriginPattern { scheme: Part::Any, host, port: Some(port) })
}
