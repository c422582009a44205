//! Questions to name servers. A config field with `#[config(grants = "dns")]` grants a name or a server; any other name
//! or server must be granted separately.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::backend;
use crate::transport::millis;

pub use crate::bindings::imports::watchkeep::plugin::dns::{
    Answer, Protocol, Question as Asked, ResourceRecord,
};
pub use crate::transport::{Address, Failure, FailureKind, Phase, Timings};

/// A question that has not been asked yet.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
///
/// fn exchangers(domain: &str) -> Result<usize, Box<dns::Failure>> {
///     let answer = dns::question(domain, "MX").server("9.9.9.9").dnssec().ask()?;
///     Ok(answer.records("MX").count())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is asked before `ask`"]
pub struct Question {
    asked: Asked,
    /// What was given as a server and is not an address.
    odd_server: Option<String>,
}

/// A question for the host's resolver, over UDP. `kind` is a mnemonic (`MX`) or `TYPE65`.
pub fn question(name: impl Into<String>, kind: impl Into<String>) -> Question {
    Question {
        asked: Asked {
            name: name.into(),
            kind: kind.into(),
            server: None,
            protocol: Protocol::Udp,
            recursive: true,
            dnssec: false,
            timeout: u64::MAX,
        },
        odd_server: None,
    }
}

impl Question {
    /// Asks this server: an address, with `:port` if that is not 53.
    pub fn server(mut self, server: &str) -> Self {
        let address = server.parse::<SocketAddr>().ok();
        let address = address.or_else(|| server.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 53)));
        self.asked.server =
            address.map(|address| Address { ip: address.ip().to_string(), port: address.port() });
        self.odd_server = address.is_none().then(|| server.to_owned());
        self
    }
    pub fn tcp(mut self) -> Self {
        self.asked.protocol = Protocol::Tcp;
        self
    }
    /// Asks only for what the server knows itself.
    pub fn not_recursive(mut self) -> Self {
        self.asked.recursive = false;
        self
    }
    /// Asks for signatures, and whether the resolver has verified them (`authenticated`).
    pub fn dnssec(mut self) -> Self {
        self.asked.dnssec = true;
        self
    }
    /// Sets the timeout. It is never longer than what remains of the run, which is also the default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.asked.timeout = millis(timeout);
        self
    }
    /// Asks the question. Every answer of a server is an answer, including `NXDOMAIN` and `SERVFAIL`; a failure means
    /// that there was none.
    pub fn ask(&self) -> Result<Answer, Box<Failure>> {
        if let Some(odd) = &self.odd_server {
            let message = format!(
                "`{odd}` is not a name server address; hint: write `9.9.9.9` or `[2001:db8::53]:5353`"
            );
            return Err(Failure::of(FailureKind::Invalid, Phase::Policy, message));
        }
        backend::dns_query(&self.asked).map_err(Box::new)
    }
}

impl Answer {
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.took)
    }
    /// The answers of this type, in the order in which they came.
    pub fn records<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a ResourceRecord> {
        self.answers.iter().filter(move |record| record.kind.eq_ignore_ascii_case(kind))
    }
}
