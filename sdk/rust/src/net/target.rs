//! The target of a call, built step by step.

use std::time::Duration;

use super::{Connection, Datagram, Failure, Family, TlsFacts, TlsOptions};
use crate::backend;
use crate::transport::{host_and_port, millis};

/// A target that nothing has been sent to yet.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
///
/// fn banner(address: &str) -> Result<String, Box<net::Failure>> {
///     let mut connection = net::target(address).timeout(Duration::from_secs(5)).connect()?;
///     connection.read_line()
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `connect`, `inspect_tls` or `exchange`"]
pub struct Target {
    address: String,
    family: Family,
    timeout: Duration,
}

/// The target `host:port`, such as `db.example.com:5432` or `[2001:db8::1]:443`.
pub fn target(address: impl Into<String>) -> Target {
    Target { address: address.into(), family: Family::Any, timeout: Duration::MAX }
}

/// Opens a TCP stream to `host:port`.
pub fn connect(address: &str) -> Result<Connection, Box<Failure>> {
    target(address).connect()
}

/// Opens a stream socket of this machine, by the name that the operator gave it.
pub fn connect_local(socket: &str) -> Result<Connection, Box<Failure>> {
    backend::net_connect_local(socket, u64::MAX).map(Connection::new).map_err(Box::new)
}

/// Looks at the chain that `host:port` shows for its own name; see [`Target::inspect_tls`].
pub fn inspect_tls(address: &str) -> Result<TlsFacts, Box<Failure>> {
    target(address).inspect_tls(&TlsOptions::new())
}

impl Target {
    pub fn family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }
    /// Sets the timeout. It is never longer than what remains of the run, which is also the default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
    /// Opens a TCP stream.
    pub fn connect(&self) -> Result<Connection, Box<Failure>> {
        let (host, port) = host_and_port(&self.address)?;
        let opened = backend::net_connect(host, port, self.family, millis(self.timeout));
        opened.map(Connection::new).map_err(Box::new)
    }
    /// Does only the handshake; nothing is sent. An untrusted chain is a fact here, not a failure.
    pub fn inspect_tls(&self, options: &TlsOptions) -> Result<TlsFacts, Box<Failure>> {
        let (host, port) = host_and_port(&self.address)?;
        backend::net_inspect_tls(host, port, self.family, options, millis(self.timeout)).map_err(Box::new)
    }
    /// Sends one datagram and collects up to `replies_max` answers until the timeout; if there are none, that is a
    /// failure.
    pub fn exchange(&self, data: &[u8], replies_max: u32) -> Result<Vec<Datagram>, Box<Failure>> {
        let (host, port) = host_and_port(&self.address)?;
        backend::net_udp_exchange(host, port, self.family, data, replies_max, millis(self.timeout))
            .map_err(Box::new)
    }
}
