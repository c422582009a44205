//! What is decided about: the rights of one call, and the one thing that its plugin is about to do.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::IpNet;

use super::{Allow, Command, Scheme, Target};
use crate::ids::{CommandName, PluginName, RootName, SecretName, SocketName};

/// The most that the host allows, whatever is granted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ceiling {
    /// Private ranges that every plugin may reach if it was granted the name that leads there.
    pub private_networks: Vec<IpNet>,
    /// The addresses that the host itself listens on, which are never reached. One on the unspecified address includes
    /// loopback; whoever builds this adds it once for each of the machine's other addresses.
    pub own_listeners: Vec<SocketAddr>,
    /// Sockets of this machine that the operator named.
    pub sockets: BTreeMap<SocketName, PathBuf>,
    /// The sockets that the host itself listens on, with links resolved. They are never reached.
    pub own_sockets: Vec<PathBuf>,
    /// Folders of this machine that the operator named, whose files may be read.
    pub roots: BTreeMap<RootName, PathBuf>,
    /// The host's data, its config and files with secrets, with links resolved. They are never read, nor is anything
    /// below such a folder.
    pub closed: Vec<PathBuf>,
    /// Programs of this machine that the operator named.
    pub commands: BTreeMap<CommandName, Arc<Command>>,
    /// What a hint says after a denial.
    pub granted_by: GrantedBy,
}

/// Where grants are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GrantedBy {
    /// Under `allow`.
    #[default]
    Config,
    /// As `--grant`, by a person who runs a plugin by hand.
    CommandLine,
}

/// What the plugin's description asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Requests {
    /// It gives no details: whatever its imports can do.
    #[default]
    Unstated,
    /// Nothing beyond these and the targets in its config.
    Stated(Arc<Allow>),
}

/// Everything that decides what one run, delivery or action may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rights {
    pub plugin: PluginName,
    pub requests: Requests,
    /// From the check (or receiver) and from the plugin's own table, merged.
    pub allow: Arc<Allow>,
    pub targets: Vec<Target>,
    pub ceiling: Arc<Ceiling>,
    pub aim: Aim,
}

/// What a call is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Aim {
    #[default]
    Act,
    /// A dry run: it may look at what it was granted, and change nothing.
    Look,
}

/// One thing that a plugin is about to do.
#[derive(Clone, Copy, Debug)]
pub enum Access<'a> {
    /// An HTTP exchange, before its name is looked up. Decided again for every redirect.
    Origin { scheme: Scheme, host: &'a str, port: u16 },
    /// The method of an HTTP exchange whose origin has been decided.
    Method { scheme: Scheme, host: &'a str, port: u16, method: &'a str },
    /// A stream (TLS or not) or datagrams, before the name is looked up.
    Endpoint { transport: Scheme, host: &'a str, port: u16 },
    /// A DNS question; `server` is `None` for the host's own resolver.
    Question { name: &'a str, server: Option<SocketAddr> },
    /// The name server that looks up names for other accesses, each of which is decided by itself.
    NameServer(SocketAddr),
    /// ICMP echo, before the name is looked up.
    Echo { host: &'a str },
    /// The address that the name of `call` led to, just before connecting to exactly that address.
    Resolved { call: &'a Access<'a>, ip: IpAddr },
    /// The bytes of a secret.
    Reveal(&'a SecretName),
    /// An exchange whose certificate need not be trusted.
    UnverifiedTls { scheme: Scheme, host: &'a str, port: u16 },
    /// A `Host` header or a TLS server name; `name` may have a port.
    ServerName { host: &'a str, name: &'a str },
    /// A stream to a socket of this machine.
    Socket { name: &'a str },
    /// An HTTP exchange over a socket of this machine, without the query. Decided again for every redirect.
    LocalRequest { socket: &'a str, method: &'a str, path: &'a str },
    /// A series of snapshots of `check`; `own` is the check that asks, `None` for a receiver. An attachment without a
    /// series has an empty one.
    Series { own: Option<&'a str>, check: &'a str, series: &'a str },
    /// The file that the name of `call` led to, with links resolved, just before connecting to exactly that file.
    SocketFile { call: &'a Access<'a>, path: &'a Path },
    /// A look at something below a named folder; `path` is relative to the folder.
    File { root: &'a str, path: &'a str },
    /// What the path of `call` led to, just before exactly that file is read. A closed file under another name is given
    /// as the closed file.
    FoundFile { call: &'a Access<'a>, path: &'a Path },
    /// A run of a named program.
    Command { name: &'a str },
    /// A reading of the machine that the host runs on.
    System(Machine<'a>),
}

/// What is read of the machine that the host runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine<'a> {
    Disks,
    Memory,
    Load,
    Links,
    /// What work waits for.
    Pressure,
    /// What the kernel says of the clock.
    Clock,
    FileHandles,
    Temperatures,
    /// Whether the machine has to be started anew.
    Reboot,
    /// Sockets that listen, and whose they are.
    Listeners,
    /// Units of systemd and what their timers say, by a pattern for their names.
    Units(&'a str),
    /// Processes, by a pattern for their names.
    Processes(&'a str),
    /// The whole command line of a process with this name.
    CommandOf(&'a str),
}

/// A refusal, and what would change it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("denied: {message}; hint: {hint}")]
pub struct Denial {
    /// What was refused and why.
    pub message: String,
    /// What to write where, or that nothing helps.
    pub hint: String,
}

impl fmt::Display for Access<'_> {
    /// Writes the denial for the audit log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Access::Origin { scheme, host, port } => write!(f, "http {}://{host}:{port}", scheme.as_str()),
            Access::Method { scheme, host, port, method } => {
                write!(f, "http {method} {}://{host}:{port}", scheme.as_str())
            }
            Access::Endpoint { transport, host, port } => {
                write!(f, "net {}://{host}:{port}", transport.as_str())
            }
            Access::Question { name, server: None } => write!(f, "dns {name}"),
            Access::Question { name, server: Some(server) } => write!(f, "dns {name}@{server}"),
            Access::NameServer(server) => write!(f, "dns @{server}"),
            Access::Echo { host } => write!(f, "icmp {host}"),
            Access::Resolved { call, ip } => write!(f, "{call} at {ip}"),
            Access::Reveal(secret) => write!(f, "reveal {secret}"),
            Access::UnverifiedTls { scheme, host, port } => {
                write!(f, "tls_unverified {}://{host}:{port}", scheme.as_str())
            }
            Access::ServerName { host, name } => write!(f, "server_name {name} for {host}"),
            Access::Socket { name } => write!(f, "net_local {name}"),
            Access::LocalRequest { socket, method, path } => {
                write!(f, "http_local {socket} {method} {path}")
            }
            Access::Series { check, series, .. } => write!(f, "snapshots {check}/{series}"),
            Access::SocketFile { call, path } | Access::FoundFile { call, path } => {
                write!(f, "{call} at {}", path.display())
            }
            Access::File { root, path } => write!(f, "files {root} {path}"),
            Access::Command { name } => write!(f, "commands {name}"),
            Access::System(asked) => write!(f, "system {asked}"),
        }
    }
}
