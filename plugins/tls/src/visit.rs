//! One connection to the server, up to where TLS begins.

use std::time::Duration;

use watchkeep_sdk::net::{self, Connection, Failure, Inspection, NoTls, TlsOptions};

use crate::config::Tls;

/// What a server showed, and how long it took.
pub(crate) struct Inspected {
    pub(crate) inspection: Inspection,
    /// Opening the connection.
    pub(crate) opened: net::Timings,
}

impl Inspected {
    /// From the first moment to the end of the handshake, without the talk before it.
    pub(crate) fn took(&self) -> Duration {
        Duration::from_nanos(self.opened.total + self.inspection.timings.total)
    }
}

/// The server waits for a handshake then.
pub(crate) fn open(config: &Tls) -> Result<Connection, NoTls> {
    let mut connection =
        net::target(&*config.address).family(config.ip_family).timeout(config.timeout).connect()?;
    connection.set_timeout(config.timeout);
    if let Some(starttls) = config.starttls {
        starttls.ask(&mut connection, config.name())?;
    }
    Ok(connection)
}

pub(crate) fn inspect(config: &Tls) -> Result<Inspected, NoTls> {
    let connection = open(config)?;
    let opened = connection.timings();
    let mut options = TlsOptions::new();
    if let Some(name) = &config.server_name {
        options = options.server_name(name.as_str());
    }
    for protocol in &config.alpn.0 {
        options = options.alpn(protocol.clone());
    }
    if let Some(certificate) = &config.client_certificate {
        options = options.client_certificate(certificate);
    }
    let inspection = connection.inspect_tls(&options);
    Ok(Inspected { inspection: inspection.or_else(shown_all_the_same)?, opened })
}

/// With a client certificate an untrusted chain ends the handshake; what it showed is there.
fn shown_all_the_same(failure: Box<Failure>) -> Result<Inspection, Box<Failure>> {
    match (failure.kind, &failure.tls) {
        (net::FailureKind::Certificate, Some(facts)) => {
            Ok(Inspection { facts: facts.clone(), path: Vec::new(), timings: failure.timings })
        }
        (_, _) => Err(failure),
    }
}
