//! Why there was no answer: refused, slow and untrusted are told apart, with the phase in which it happened.

use std::io;

use super::marks::Marks;
use super::tls;
use crate::contract::transport::{Failure, FailureKind, Phase};

/// A failure before its marks are added to it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: FailureKind,
    pub(crate) phase: Phase,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(kind: FailureKind, phase: Phase, message: impl Into<String>) -> Self {
        Self { kind, phase, message: message.into() }
    }
    /// Nothing was sent: the request itself is at fault.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, Phase::Policy, message)
    }
    pub(crate) fn with(self, marks: &Marks) -> Failure {
        Failure {
            kind: self.kind,
            phase: self.phase,
            message: self.message,
            peer: marks.address(),
            tls: marks.tls_facts(),
            timings: marks.timings(),
        }
    }
}

/// What the system says of a connection, in the contract's words.
pub(crate) fn of_io(error: &io::Error, phase: Phase) -> Problem {
    // rustls stands inside of an I/O error, and not in its chain of sources.
    if let Some(inner) = error.get_ref() {
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return of_tls(error);
        }
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return of_io(error, phase);
        }
    }
    let kind = match error.kind() {
        io::ErrorKind::ConnectionRefused => FailureKind::Refused,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => FailureKind::Unreachable,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            FailureKind::Reset
        }
        io::ErrorKind::UnexpectedEof => FailureKind::Closed,
        io::ErrorKind::TimedOut => FailureKind::TimedOut,
        // Not of the system, but of whoever reads what the peer sent.
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if error.raw_os_error().is_none() => {
            FailureKind::Protocol
        }
        _ => FailureKind::Other,
    };
    let message = match kind {
        FailureKind::Refused => "the connection was refused".to_owned(),
        FailureKind::Reset => "the connection was reset".to_owned(),
        FailureKind::Closed => "the connection was closed before all was there".to_owned(),
        FailureKind::TimedOut => "the system gave the connection up".to_owned(),
        FailureKind::Protocol => format!("the peer does not keep to the protocol: {}", plain(error)),
        FailureKind::Unreachable => format!("the host is unreachable: {}", plain(error)),
        _ => format!("the connection failed: {}", plain(error)),
    };
    Problem::new(kind, phase, message)
}

/// Without the number of the system.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

fn of_tls(error: &rustls::Error) -> Problem {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            let message = format!("the certificate is not trusted: {}", tls::words(error));
            Problem::new(FailureKind::Certificate, Phase::Tls, message)
        }
        _ => Problem::new(FailureKind::Tls, Phase::Tls, format!("no TLS connection: {}", tls::words(error))),
    }
}
