//! The decision itself: from rights and an access to permission, or to a denial with its fix.

mod machine;
mod names;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::address::{Class, Special, class_of};
use super::dry;
use super::pattern::HostPattern;
use super::{
    Access, Allow, Capability, Denial, GrantError, GrantedBy, Host, Machine, Origin, Requests, Rights,
    Scheme, SystemPattern, Target,
};
use crate::ids::SecretName;

/// Decides whether the access is allowed. It is pure, and the only place that decides.
pub fn decide(rights: &Rights, access: &Access<'_>) -> Result<(), Denial> {
    dry::decide(rights, access)?;
    match *access {
        Access::Origin { scheme, host, port } => {
            decide_reach(rights, &Reach::new(Capability::Http, Some(scheme), host, port)?)
        }
        // Grants are for an origin, whatever method is used.
        Access::Method { .. } => Ok(()),
        Access::Endpoint { transport, host, port } => {
            decide_reach(rights, &Reach::new(Capability::Net, Some(transport), host, port)?)
        }
        Access::Echo { host } => decide_reach(rights, &Reach::new(Capability::Icmp, None, host, 0)?),
        Access::Question { name, server } => names::decide_question(rights, name, server),
        Access::NameServer(server) => names::decide_server(rights, server),
        Access::Resolved { call, ip } => decide_resolved(rights, call, ip.to_canonical()),
        Access::Reveal(secret) => decide_reveal(rights, secret),
        Access::UnverifiedTls { scheme, host, port } => decide_unverified(rights, scheme, host, port),
        Access::ServerName { host, name } => decide_server_name(rights, host, name),
        Access::Socket { name } => machine::decide_socket(rights, name),
        Access::LocalRequest { socket, method, path } => machine::decide_local(rights, socket, method, path),
        Access::SocketFile { call, path } => machine::decide_socket_file(rights, call, path),
        Access::File { root, path } => machine::decide_file(rights, root, path),
        Access::FoundFile { call, path } => machine::decide_found_file(rights, call, path),
        Access::Command { name } => machine::decide_command(rights, name),
        Access::Series { own, check, series } => decide_series(rights, own, check, series),
        Access::System(asked) => decide_system(rights, asked),
    }
}

/// A network access in a normal form.
struct Reach {
    capability: Capability,
    /// The scheme; `None` for ICMP, which has neither scheme nor port.
    scheme: Option<Scheme>,
    host: Host,
    port: u16,
}

impl Reach {
    fn new(capability: Capability, scheme: Option<Scheme>, host: &str, port: u16) -> Result<Self, Denial> {
        let host = Host::parse(host).map_err(|error| invalid_host(capability, error))?;
        Ok(Self { capability, scheme, host, port })
    }
    fn with_host(&self, host: Host) -> Self {
        Self { capability: self.capability, scheme: self.scheme, host, port: self.port }
    }
    /// Whether a host pattern in `allow` passes the test, of those whose scheme and port fit.
    fn any_host(&self, allow: &Allow, test: impl Fn(&HostPattern) -> bool) -> bool {
        let fits = |pattern: &super::OriginPattern| {
            self.scheme.is_none_or(|scheme| pattern.covers_door(scheme, self.port)) && test(pattern.host())
        };
        match self.capability {
            Capability::Http => allow.http.iter().any(fits),
            Capability::Net => allow.net.iter().any(|pattern| fits(pattern.as_origin())),
            Capability::Dns => allow.dns.iter().filter_map(|pattern| pattern.server.as_ref()).any(fits),
            Capability::Icmp => allow.icmp.iter().any(test),
            Capability::TlsUnverified => allow.tls_unverified.iter().any(fits),
            Capability::ServerName => allow.server_name.iter().any(test),
            Capability::Reveal
            | Capability::NetLocal
            | Capability::HttpLocal
            | Capability::Snapshots
            | Capability::Files
            | Capability::Commands
            | Capability::System => false,
        }
    }
    fn is_covered_by(&self, allow: &Allow) -> bool {
        self.any_host(allow, |pattern| pattern.covers(&self.host))
    }
}

/// The entry in its capability's list that would grant exactly this.
impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match (self.capability, self.scheme) {
            (Capability::Dns, _) if self.port == 53 => write!(f, "@{host}"),
            (Capability::Dns, _) => write!(f, "@{host}:{}", self.port),
            (_, Some(scheme)) => {
                write!(f, "{}", Origin { scheme, host: host.clone(), port: self.port })
            }
            (_, None) => write!(f, "{host}"),
        }
    }
}

/// The network access behind a call that led to an address.
fn reach_of(call: &Access<'_>) -> Result<Option<Reach>, Denial> {
    match *call {
        Access::Origin { scheme, host, port } => {
            Reach::new(Capability::Http, Some(scheme), host, port).map(Some)
        }
        Access::Endpoint { transport, host, port } => {
            Reach::new(Capability::Net, Some(transport), host, port).map(Some)
        }
        Access::Echo { host } => Reach::new(Capability::Icmp, None, host, 0).map(Some),
        Access::Resolved { call, .. } => reach_of(call),
        // A server is already an address; the others connect to nothing.
        Access::Question { .. }
        | Access::NameServer(_)
        | Access::Method { .. }
        | Access::Reveal(_)
        | Access::UnverifiedTls { .. }
        | Access::ServerName { .. }
        | Access::Socket { .. }
        | Access::LocalRequest { .. }
        | Access::System(_)
        | Access::Series { .. }
        | Access::SocketFile { .. }
        | Access::File { .. }
        | Access::FoundFile { .. }
        | Access::Command { .. } => Ok(None),
    }
}

impl Rights {
    /// Whether the operator granted it and the plugin asked for it.
    fn grants(&self, covers: impl Fn(&Allow) -> bool) -> Granted {
        if self.targets.iter().any(|target| covers(&target.0)) {
            return Granted::Yes;
        }
        if !covers(&self.allow) {
            return Granted::No;
        }
        match &self.requests {
            Requests::Stated(stated) if !covers(stated) => Granted::NotRequested,
            Requests::Stated(_) | Requests::Unstated => Granted::Yes,
        }
    }
    fn written(&self) -> impl Iterator<Item = &Allow> {
        self.targets.iter().map(Target::as_allow).chain([&*self.allow])
    }
}

enum Granted {
    Yes,
    No,
    NotRequested,
}

/// Decides the first layer, and the second at once if the host is an address.
fn decide_reach(rights: &Rights, reach: &Reach) -> Result<(), Denial> {
    if let Some(ip) = reach.host.address() {
        refuse_own_listener(rights, reach, ip)?;
    }
    granted_or(rights, reach.capability, reach, |allow| reach.is_covered_by(allow))?;
    match reach.host.address() {
        Some(ip) => decide_address(rights, reach, ip),
        None => Ok(()),
    }
}

/// Decides both layers, for an address that the host of `call` resolved to.
fn decide_resolved(rights: &Rights, call: &Access<'_>, ip: IpAddr) -> Result<(), Denial> {
    let Some(reach) = reach_of(call)? else { return decide(rights, call) };
    if let Access::Resolved { .. } = call {
        decide(rights, call)?;
    } else {
        dry::decide(rights, call)?;
        decide_reach(rights, &reach)?;
    }
    decide_address(rights, &reach, ip)
}

/// Decides the second layer.
fn decide_address(rights: &Rights, reach: &Reach, ip: IpAddr) -> Result<(), Denial> {
    refuse_own_listener(rights, reach, ip)?;
    let named = || rights.written().any(|allow| reach.any_host(allow, |pattern| pattern.names(ip)));
    let reason = match class_of(ip) {
        Class::Public => return Ok(()),
        Class::Special(special) => {
            if named() || is_meant_localhost(rights, reach, special) {
                return Ok(());
            }
            special.as_str()
        }
        Class::Private => {
            let open = rights.ceiling.private_networks.iter().any(|network| network.contains(&ip));
            if open || named() || rights.written().any(|allow| names_private_network(allow, reach, ip)) {
                return Ok(());
            }
            "a private address"
        }
    };
    let by_address = reach.with_host(ip.into());
    let message = match &reach.host {
        Host::Name(name) => {
            format!("{} to {reach}, since `{name}` leads to `{ip}`, {reason}", reach.capability)
        }
        Host::Address(_) => format!("{} to {reach}, {reason}", reach.capability),
    };
    let or_network = match class_of(ip) {
        Class::Private if rights.ceiling.granted_by == GrantedBy::Config => {
            format!(", or `private_networks = [\"{}\"]` under [host]", IpNet::from(ip))
        }
        Class::Private | Class::Public | Class::Special(_) => String::new(),
    };
    let hint = format!("{}{or_network}", add_hint(rights, reach.capability, &by_address.to_string()));
    Err(Denial { message, hint })
}

fn is_meant_localhost(rights: &Rights, reach: &Reach, special: Special) -> bool {
    special == Special::Loopback
        && reach.host.is_localhost()
        && rights.written().any(|allow| {
            reach.any_host(allow, |pattern| match pattern {
                HostPattern::Exact(host) => host.is_localhost(),
                HostPattern::Any | HostPattern::Below(_) | HostPattern::Network(_) => false,
            })
        })
}

/// Whether a private range is named. `0.0.0.0/0` does not mean the office network.
fn names_private_network(allow: &Allow, reach: &Reach, ip: IpAddr) -> bool {
    reach.any_host(allow, |pattern| match pattern {
        HostPattern::Network(network) => {
            network.contains(&ip)
                && class_of(network.network()) == Class::Private
                && class_of(network.broadcast()) == Class::Private
        }
        HostPattern::Any | HostPattern::Exact(_) | HostPattern::Below(_) => false,
    })
}

fn refuse_own_listener(rights: &Rights, reach: &Reach, ip: IpAddr) -> Result<(), Denial> {
    let is_own = |listener: &SocketAddr| {
        let own = listener.ip().to_canonical();
        let same_ip = own == ip
            || ip.is_unspecified()
            || (own.is_unspecified() && class_of(ip) == Class::Special(Special::Loopback));
        same_ip && listener.port() == reach.port
    };
    if reach.capability == Capability::Icmp || !rights.ceiling.own_listeners.iter().any(is_own) {
        return Ok(());
    }
    Err(Denial {
        message: format!("{} to {reach}, where this host itself listens", reach.capability),
        hint: "no grant opens the host's own listeners to a plugin".to_owned(),
    })
}

fn decide_reveal(rights: &Rights, secret: &SecretName) -> Result<(), Denial> {
    granted_or(rights, Capability::Reveal, secret, |allow| allow.reveal.contains(secret))
}

fn decide_unverified(rights: &Rights, scheme: Scheme, host: &str, port: u16) -> Result<(), Denial> {
    let reach = Reach::new(Capability::TlsUnverified, Some(scheme), host, port)?;
    granted_or(rights, Capability::TlsUnverified, &reach, |allow| reach.is_covered_by(allow))
}

fn decide_server_name(rights: &Rights, host: &str, name: &str) -> Result<(), Denial> {
    let host = Host::parse(host).map_err(|error| invalid_host(Capability::ServerName, error))?;
    let (bare, _) = super::origin::split_port(name);
    let reach = Reach::new(Capability::ServerName, None, bare, 0)?;
    if reach.host == host {
        return Ok(());
    }
    granted_or(rights, Capability::ServerName, &reach, |allow| reach.is_covered_by(allow))
}

/// Decides about a series. What a check itself kept belongs to it.
fn decide_series(rights: &Rights, own: Option<&str>, check: &str, series: &str) -> Result<(), Denial> {
    if own == Some(check) {
        return Ok(());
    }
    let entry = fmt::from_fn(|f| match series {
        "" => f.write_str(check),
        series => write!(f, "{check}/{series}"),
    });
    granted_or(rights, Capability::Snapshots, entry, |allow| {
        allow.snapshots.iter().any(|pattern| pattern.covers(check, series))
    })
}

/// Decides about a reading of the machine. One pattern has to cover the whole question.
fn decide_system(rights: &Rights, asked: Machine<'_>) -> Result<(), Denial> {
    let asked = SystemPattern::asked(asked).map_err(|error| Denial {
        message: format!("{}: {}", what(Capability::System, &asked.to_string()), error.problem),
        hint: error.hint,
    })?;
    granted_or(rights, Capability::System, &asked, |allow| {
        allow.system.iter().any(|pattern| pattern.covers(&asked))
    })
}

/// `entry` would grant it. It is only written out for a denial.
fn granted_or(
    rights: &Rights,
    capability: Capability,
    entry: impl fmt::Display,
    covers: impl Fn(&Allow) -> bool,
) -> Result<(), Denial> {
    match rights.grants(covers) {
        Granted::Yes => Ok(()),
        Granted::No => {
            let entry = entry.to_string();
            Err(Denial { message: what(capability, &entry), hint: add_hint(rights, capability, &entry) })
        }
        Granted::NotRequested => {
            let entry = entry.to_string();
            Err(Denial {
                message: format!(
                    "{}, which plugin `{}` does not request",
                    what(capability, &entry),
                    rights.plugin
                ),
                hint: format!("its author has to request `{capability}` to `{entry}`"),
            })
        }
    }
}

fn what(capability: Capability, entry: &str) -> String {
    match capability {
        Capability::Http | Capability::Net | Capability::Icmp => format!("{capability} to {entry}"),
        Capability::Dns => format!("dns question for {entry}"),
        Capability::Reveal => format!("reveal of secret `{entry}`"),
        Capability::TlsUnverified => format!("unverified TLS to {entry}"),
        Capability::ServerName => format!("server name `{entry}` in place of the URL's host"),
        Capability::NetLocal => format!("a stream to socket `{entry}`"),
        Capability::Snapshots => format!("snapshots of `{entry}`"),
        Capability::HttpLocal => format!("HTTP over a socket of this machine: `{entry}`"),
        Capability::Files => format!("files below folder `{entry}`"),
        Capability::Commands => format!("command `{entry}`"),
        Capability::System => format!("reading `{entry}` of this machine"),
    }
}

fn add_hint(rights: &Rights, capability: Capability, entry: &str) -> String {
    match rights.ceiling.granted_by {
        GrantedBy::Config => {
            // As in TOML: names of units may have backslashes.
            let entry = entry.replace('\\', "\\\\").replace('"', "\\\"");
            format!("add `{capability} = [\"{entry}\"]` under [plugin.{}.allow]", rights.plugin)
        }
        GrantedBy::CommandLine => {
            // As in a shell.
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
            let grant = format!("{capability}={entry}");
            let is_plain = entry.chars().all(plain);
            let grant = if is_plain { grant } else { format!("'{}'", grant.replace('\'', "'\\''")) };
            format!("add `--grant {grant}`")
        }
    }
}

fn invalid_host(capability: Capability, error: GrantError) -> Denial {
    Denial { message: format!("{capability} to `{}`: {}", error.entry, error.problem), hint: error.hint }
}
