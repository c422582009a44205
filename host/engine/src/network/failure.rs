//! Why there was no answer: refused, slow, untrusted and so on, with the phase in which it happened.

use std::io;

use super::timeline::Timeline;
use super::tls;
use crate::call::CallContext;
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::shortage::Shortage;

/// A failure before the timeline is added to it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: FailureKind,
    pub(crate) phase: Phase,
    pub(crate) message: String,
    /// Set if this machine lacked something. Then `kind` is a limit, and nothing is said about the peer.
    shortage: Option<Shortage>,
}

impl Problem {
    pub(crate) fn new(kind: FailureKind, phase: Phase, message: impl Into<String>) -> Self {
        Self { kind, phase, message: message.into(), shortage: None }
    }
    pub(crate) fn short(shortage: Shortage, phase: Phase) -> Self {
        let message = shortage.message.clone();
        Self { kind: FailureKind::Limit, phase, message, shortage: Some(shortage) }
    }
    pub(crate) fn is_short(&self) -> bool {
        self.shortage.is_some()
    }
    /// The same in other words.
    pub(crate) fn saying(self, message: String) -> Self {
        Self { message, ..self }
    }
    /// A problem with the request itself. Nothing was sent.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, Phase::Policy, message)
    }
    /// The failure as the guest gets it. Every problem passes here, so that a shortage of this machine is noted and the
    /// run judges nothing.
    pub(crate) fn told(self, state: &mut CallContext, timeline: &Timeline) -> Failure {
        let cut_off = || timeline.lacking().filter(|_| self.kind == FailureKind::TimedOut).cloned();
        let shortage = self.shortage.or_else(cut_off);
        let kind = if shortage.is_some() { FailureKind::Limit } else { self.kind };
        let message = match shortage {
            Some(shortage) => state.refusals.short(shortage),
            None => self.message,
        };
        Failure {
            kind,
            phase: self.phase,
            message: match kind {
                FailureKind::Certificate => timeline.reason(message, &state.mask),
                _ => state.mask.for_guest(message),
            },
            peer: timeline.address(),
            tls: timeline.tls_facts(&state.mask),
            timings: timeline.timings(),
        }
    }
}

/// An error of the system about a connection, in the contract's terms.
pub(crate) fn of_io(error: &io::Error, phase: Phase) -> Problem {
    // An error of rustls is inside of an I/O error, and not in its chain of sources.
    if let Some(inner) = error.get_ref() {
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return of_tls(error);
        }
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return of_io(error, phase);
        }
    }
    if let Some(shortage) = Shortage::of(error) {
        return Problem::short(shortage, phase);
    }
    let kind = match error.kind() {
        io::ErrorKind::ConnectionRefused => FailureKind::Refused,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => FailureKind::Unreachable,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            FailureKind::Reset
        }
        io::ErrorKind::UnexpectedEof => FailureKind::Closed,
        io::ErrorKind::TimedOut => FailureKind::TimedOut,
        // This is not an error of the system, but of the code that reads what the peer sent.
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

/// The text without the system's error number.
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
