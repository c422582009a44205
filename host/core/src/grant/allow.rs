//! What the operator granted: the lists under `allow`, and the targets in a check's config.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::local::{LocalPattern, parse_socket_name};
use super::machine::{parse_command_name, parse_root_name};
use super::origin::split_port;
use super::pattern::{EndpointPattern, HostPattern, OriginPattern};
use super::question::NamePattern;
use super::series::SeriesPattern;
use super::{GrantError, Host, Origin, Scheme, SystemPattern};
use crate::ids::{CommandName, RootName, SecretName, SocketName};

/// The keys of an `allow` table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Capability {
    Http,
    Net,
    Dns,
    Icmp,
    /// Secrets whose bytes the plugin may have.
    Reveal,
    /// Origins whose certificates need not be trusted.
    TlsUnverified,
    /// Names that `Host` and the TLS server name may be set to in place of the URL's host.
    ServerName,
    /// Sockets of this machine as streams.
    NetLocal,
    /// HTTP over sockets of this machine.
    HttpLocal,
    /// Series of snapshots of other checks.
    Snapshots,
    /// Files below folders of this machine.
    Files,
    /// Programs of this machine.
    Commands,
    /// What may be read of this machine.
    System,
}

impl Capability {
    pub const ALL: [Capability; 13] = [
        Capability::Http,
        Capability::Net,
        Capability::Dns,
        Capability::Icmp,
        Capability::Reveal,
        Capability::TlsUnverified,
        Capability::ServerName,
        Capability::NetLocal,
        Capability::HttpLocal,
        Capability::Snapshots,
        Capability::Files,
        Capability::Commands,
        Capability::System,
    ];
    /// The name as it is written in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Capability::Http => "http",
            Capability::Net => "net",
            Capability::Dns => "dns",
            Capability::Icmp => "icmp",
            Capability::Reveal => "reveal",
            Capability::TlsUnverified => "tls_unverified",
            Capability::ServerName => "server_name",
            Capability::NetLocal => "net_local",
            Capability::HttpLocal => "http_local",
            Capability::Snapshots => "snapshots",
            Capability::Files => "files",
            Capability::Commands => "commands",
            Capability::System => "system",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str() == text)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The `allow = { http = [...], ... }` of a check, a receiver or a plugin. Empty lists allow nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Allow {
    pub http: Vec<OriginPattern>,
    pub net: Vec<EndpointPattern>,
    pub dns: Vec<NamePattern>,
    pub icmp: Vec<HostPattern>,
    pub reveal: Vec<SecretName>,
    pub tls_unverified: Vec<OriginPattern>,
    pub server_name: Vec<HostPattern>,
    pub net_local: Vec<SocketName>,
    pub http_local: Vec<LocalPattern>,
    pub snapshots: Vec<SeriesPattern>,
    pub files: Vec<RootName>,
    pub commands: Vec<CommandName>,
    pub system: Vec<SystemPattern>,
}

impl Allow {
    /// Parses and adds one entry of the list under `capability`.
    pub fn parse_entry(&mut self, capability: &str, entry: &str) -> Result<(), GrantError> {
        let Some(known) = Capability::parse(capability) else {
            let names = Capability::ALL.map(|capability| format!("`{capability}`")).join(", ");
            let problem = format!("there is no capability `{capability}`");
            return Err(GrantError::new(entry, problem, format!("capabilities are {names}")));
        };
        match known {
            Capability::Http => self.http.push(OriginPattern::parse_http(entry)?),
            Capability::Net => self.net.push(EndpointPattern::parse(entry)?),
            Capability::Dns => self.dns.push(NamePattern::parse(entry)?),
            Capability::Icmp => self.icmp.push(HostPattern::parse(entry)?),
            Capability::Reveal => self.reveal.push(parse_secret_name(entry)?),
            Capability::TlsUnverified => self.tls_unverified.push(OriginPattern::parse(entry)?),
            Capability::ServerName => self.server_name.push(HostPattern::parse(entry)?),
            Capability::NetLocal => self.net_local.push(parse_socket_name(entry)?),
            Capability::HttpLocal => self.http_local.push(LocalPattern::parse(entry)?),
            Capability::Snapshots => self.snapshots.push(SeriesPattern::parse(entry)?),
            Capability::Files => self.files.push(parse_root_name(entry)?),
            Capability::Commands => self.commands.push(parse_command_name(entry)?),
            Capability::System => self.system.push(SystemPattern::parse(entry)?),
        }
        Ok(())
    }
    /// Adds what `other` allows; what both allow is there once.
    pub fn merge(&mut self, other: &Allow) {
        fn add<T: Clone + PartialEq>(to: &mut Vec<T>, from: &[T]) {
            for entry in from {
                if !to.contains(entry) {
                    to.push(entry.clone());
                }
            }
        }
        add(&mut self.http, &other.http);
        add(&mut self.net, &other.net);
        add(&mut self.dns, &other.dns);
        add(&mut self.icmp, &other.icmp);
        add(&mut self.reveal, &other.reveal);
        add(&mut self.tls_unverified, &other.tls_unverified);
        add(&mut self.server_name, &other.server_name);
        add(&mut self.net_local, &other.net_local);
        add(&mut self.http_local, &other.http_local);
        add(&mut self.snapshots, &other.snapshots);
        add(&mut self.files, &other.files);
        add(&mut self.commands, &other.commands);
        add(&mut self.system, &other.system);
    }
    /// The sockets of this machine that an entry names.
    pub fn sockets(&self) -> impl Iterator<Item = &SocketName> {
        self.net_local.iter().chain(self.http_local.iter().map(LocalPattern::socket))
    }
    pub fn is_empty(&self) -> bool {
        *self == Allow::default()
    }
    /// Whether it lets a request or a stream go to a host that is not `near`.
    pub fn leads_beyond(&self, near: fn(&Host) -> bool) -> bool {
        let hosts = self.http.iter().map(OriginPattern::host);
        let mut hosts = hosts.chain(self.net.iter().map(EndpointPattern::host));
        hosts.any(|pattern| match pattern {
            HostPattern::Exact(host) => !near(host),
            HostPattern::Any | HostPattern::Below(_) | HostPattern::Network(_) => true,
        })
    }
    /// Every entry with its capability, for pages and for comparing two sets of rights.
    pub fn entries(&self) -> impl Iterator<Item = (Capability, String)> + '_ {
        fn texts<T: fmt::Display>(of: Capability, list: &[T]) -> impl Iterator<Item = (Capability, String)> {
            list.iter().map(move |entry| (of, entry.to_string()))
        }
        texts(Capability::Http, &self.http)
            .chain(texts(Capability::Net, &self.net))
            .chain(texts(Capability::Dns, &self.dns))
            .chain(texts(Capability::Icmp, &self.icmp))
            .chain(texts(Capability::Reveal, &self.reveal))
            .chain(texts(Capability::TlsUnverified, &self.tls_unverified))
            .chain(texts(Capability::ServerName, &self.server_name))
            .chain(texts(Capability::NetLocal, &self.net_local))
            .chain(texts(Capability::HttpLocal, &self.http_local))
            .chain(texts(Capability::Snapshots, &self.snapshots))
            .chain(texts(Capability::Files, &self.files))
            .chain(texts(Capability::Commands, &self.commands))
            .chain(texts(Capability::System, &self.system))
    }
}

fn parse_secret_name(entry: &str) -> Result<SecretName, GrantError> {
    if entry.is_empty() || entry.contains('*') {
        let problem = "it names no single secret";
        return Err(GrantError::new(
            entry,
            problem,
            "name each secret on its own; there is no pattern for secrets",
        ));
    }
    Ok(SecretName::from(entry))
}

/// The grant of a config field that the plugin marked as its target: the value that the operator wrote there grants
/// itself, exactly, without any pattern. An address or `localhost` in it counts as written by the operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target(pub(super) Arc<Allow>);

impl Target {
    /// Whether it is a URL of exactly that host.
    pub fn is_for(&self, host: &Host) -> bool {
        self.0.http.iter().any(|pattern| matches!(pattern.host(), HostPattern::Exact(own) if own == host))
    }
    /// Whether it may lead to a host that is not `near`.
    pub fn leads_beyond(&self, near: fn(&Host) -> bool) -> bool {
        self.0.leads_beyond(near)
    }
    /// The target for a value. `capability` is `http`, `net`, `dns` or `icmp`; `tcp` and `udp` each stand for one half
    /// of `net`. For `http`, the value is a URL; for `net`, `host:port`; for `dns`, a name or the address of a server.
    /// For a stream, it may also be the URL of a WebSocket or of media (`rtsp`).
    pub fn from_config(capability: &str, value: &str) -> Result<Target, GrantError> {
        let mut allow = Allow::default();
        match capability {
            "http" => {
                let origin = Origin::of_url(value)?;
                match origin.scheme {
                    Scheme::Http | Scheme::Https => allow.http = vec![OriginPattern::exactly(&origin)],
                    Scheme::Tcp | Scheme::Udp => {
                        let hint = "write a URL that begins with `https://` or `http://`";
                        return Err(GrantError::new(
                            &origin.to_string(),
                            "it is not the URL of a web server",
                            hint,
                        ));
                    }
                }
            }
            "net" => allow.net = vec![endpoint(value, None)?],
            "tcp" => {
                allow.net = vec![match stream_url(value) {
                    Some(endpoint) => endpoint?,
                    None => endpoint(value, Some(Scheme::Tcp))?,
                }];
            }
            "udp" => allow.net = vec![endpoint(value, Some(Scheme::Udp))?],
            "dns" => allow.dns = vec![NamePattern::of_value(value)?],
            "icmp" => allow.icmp = vec![HostPattern::Exact(Host::parse(value)?)],
            other => {
                let problem = format!("a config field cannot grant `{other}`");
                let hint = "the plugin may mark fields with `http`, `net`, `tcp`, `udp`, `dns` or `icmp`";
                return Err(GrantError::new(value, problem, hint));
            }
        }
        Ok(Target(Arc::new(allow)))
    }
    /// What it grants, in the grammar of `allow`.
    pub fn as_allow(&self) -> &Allow {
        &self.0
    }
}

/// Streams that have URLs: their scheme, the one under TLS, and the port of a URL that names none.
const STREAM_URLS: [(&str, &str, u16); 4] =
    [("ws", "wss", 80), ("wss", "wss", 443), ("rtsp", "rtsps", 554), ("rtsps", "rtsps", 322)];

/// The endpoint of a stream that has a URL, which is read as that of a web page.
fn stream_url(url: &str) -> Option<Result<EndpointPattern, GrantError>> {
    let (written, rest) = url.split_once("://")?;
    let (scheme, secure, default) = STREAM_URLS.into_iter().find(|(scheme, ..)| *scheme == written)?;
    let origin = Origin::of_url(&format!("https://{rest}")).map_err(|error| GrantError {
        entry: error.entry.replacen("https", scheme, 1),
        hint: error.hint.replacen("`https", &format!("`{secure}"), 1),
        ..error
    });
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let has_port = split_port(authority).1.is_some();
    Some(origin.map(|Origin { host, port, .. }| {
        EndpointPattern::exactly(Some(Scheme::Tcp), host, if has_port { port } else { default })
    }))
}

fn endpoint(value: &str, scheme: Option<Scheme>) -> Result<EndpointPattern, GrantError> {
    let (scheme, rest) = match value.split_once("://") {
        None => (scheme, value),
        Some((written, rest)) => match (Scheme::parse(written), scheme) {
            (Some(found @ (Scheme::Tcp | Scheme::Udp)), None) => (Some(found), rest),
            (Some(found), Some(wanted)) if found == wanted => (Some(found), rest),
            (Some(_) | None, _) => {
                let problem = format!("`{written}` has no place here");
                return Err(GrantError::new(value, problem, "write it as `host:port`"));
            }
        },
    };
    let (host, port) = split_port(rest);
    let Some(port) = port else {
        let is_bare_ipv6 = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6());
        let written = if is_bare_ipv6 { format!("[{host}]") } else { host.to_owned() };
        let hint = format!("write it as `{written}:PORT` with the port");
        return Err(GrantError::new(value, "it has no port", hint));
    };
    let port = super::origin::parse_port(value, port)?;
    Ok(EndpointPattern::exactly(scheme, Host::parse(host).map_err(|error| error.of(value))?, port))
}
