//! Why there was no response: refused, slow and untrusted are told apart, with the phase in which it happened.

use std::error::Error;
use std::io;

use super::tls;
use super::trace::Trace;
use crate::contract::transport::{Failure, FailureKind, Phase};

/// A failure before its trace is added to it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Problem {
    pub(super) kind: FailureKind,
    pub(super) phase: Phase,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(kind: FailureKind, phase: Phase, message: impl Into<String>) -> Self {
        Self { kind, phase, message: message.into() }
    }
    /// Nothing was sent: the request itself is at fault.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, Phase::Policy, message)
    }
    pub(super) fn with(self, trace: &Trace) -> Failure {
        let marks = trace.marks();
        Failure {
            kind: self.kind,
            phase: self.phase,
            message: self.message,
            peer: marks.peer.clone(),
            tls: marks.tls_facts(),
            timings: marks.timings(),
        }
    }
}

/// What the client says, in the contract's words. `reqwest` prints URLs, so its own text is never used.
pub(super) fn of_client(error: &reqwest::Error, trace: &Trace) -> Problem {
    let phase = trace.marks().phase();
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut deepest = None;
    while let Some(error) = cause {
        if let Some(problem) = of_cause(error, phase) {
            return problem;
        }
        if !error.is::<reqwest::Error>() {
            deepest = Some(error);
        }
        cause = error.source();
    }
    let message = deepest.map_or_else(|| "the exchange failed".to_owned(), |error| error.to_string());
    Problem::new(FailureKind::Other, phase, message)
}

fn of_cause(error: &(dyn Error + 'static), phase: Phase) -> Option<Problem> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return of_io(error, phase);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        // Its own test for this is not public; the words are.
        if error.is_parse() && error.to_string().contains("too large") {
            return Some(Problem::new(FailureKind::TooLarge, phase, "the response's header is too large"));
        }
        if error.is_incomplete_message() {
            return Some(Problem::new(
                FailureKind::Closed,
                phase,
                "the connection was closed before the response was whole",
            ));
        }
        if error.is_parse() {
            return Some(Problem::new(
                FailureKind::Protocol,
                phase,
                format!("the response is no valid HTTP: {error}"),
            ));
        }
    }
    None
}

fn of_io(error: &io::Error, phase: Phase) -> Option<Problem> {
    // rustls stands inside of an I/O error, and not in its chain of sources.
    if let Some(inner) = error.get_ref() {
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return Some(of_tls(error));
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
        _ => return None,
    };
    let message = match kind {
        FailureKind::Refused => "the connection was refused".to_owned(),
        FailureKind::Reset => "the connection was reset".to_owned(),
        FailureKind::Closed => "the connection was closed before the response was whole".to_owned(),
        FailureKind::TimedOut => "the system gave the connection up".to_owned(),
        _ => format!("the host is unreachable: {error}"),
    };
    Some(Problem::new(kind, phase, message))
}

fn of_tls(error: &rustls::Error) -> Problem {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            let message = format!("the certificate is not trusted: {}", tls::reason(error));
            Problem::new(FailureKind::Certificate, Phase::Tls, message)
        }
        _ => Problem::new(FailureKind::Tls, Phase::Tls, format!("no TLS connection: {error}")),
    }
}
