//! How a check ends.

use crate::http::{Failure, FailureKind, Phase};
use crate::report::Report;

pub use crate::bindings::imports::watchkeep::plugin::types::Fault;

/// What most checks return. `?` on a host call ends the run correctly: a target that cannot be reached is *reported* as
/// critical, and a missing right is a *fault*, which judges nothing.
///
/// A check can also return `Result<Report, Fault>` or a plain `Report`; it then decides itself what a failed call
/// means.
pub type Verdict = Result<Report, Stop>;

/// Why a check ends early.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The target was judged after all.
    Judged(Box<Report>),
    /// The plugin could not judge.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}
impl From<Report> for Stop {
    fn from(report: Report) -> Self {
        Stop::Judged(Box::new(report))
    }
}
impl From<Box<Failure>> for Stop {
    fn from(failure: Box<Failure>) -> Self {
        match failure.as_fault() {
            Some(fault) => Stop::Fault(fault),
            None => Report::critical(failure.sentence()).with_timings(&failure.timings).into(),
        }
    }
}

impl Failure {
    /// Whether the peer may have got what was sent, and acted on it: the connection was not refused, and broke in no earlier
    /// phase than sending.
    pub fn may_have_arrived(&self) -> bool {
        match self.kind {
            FailureKind::Denied
            | FailureKind::Limit
            | FailureKind::Invalid
            | FailureKind::NameNotFound
            | FailureKind::NameServerFailed
            | FailureKind::Refused
            | FailureKind::Unreachable
            | FailureKind::Certificate
            | FailureKind::Tls => false,
            // Where a peer breaks the connection, what was on its way is in doubt whatever the phase.
            FailureKind::Reset | FailureKind::Closed => true,
            FailureKind::TimedOut | FailureKind::Protocol | FailureKind::TooLarge | FailureKind::Other => {
                matches!(self.phase, Phase::Send | Phase::Wait | Phase::Transfer)
            }
        }
    }
    /// The fault for this failure, if it says nothing about the target: a right or a limit was missing, or the request
    /// was malformed.
    pub fn as_fault(&self) -> Option<Fault> {
        match self.kind {
            FailureKind::Denied | FailureKind::Limit => Some(Fault::Denied(self.message.clone())),
            FailureKind::Invalid => Some(Fault::Config(self.message.clone())),
            FailureKind::NameNotFound
            | FailureKind::NameServerFailed
            | FailureKind::Refused
            | FailureKind::Unreachable
            | FailureKind::Reset
            | FailureKind::Closed
            | FailureKind::TimedOut
            | FailureKind::Certificate
            | FailureKind::Tls
            | FailureKind::Protocol
            | FailureKind::TooLarge
            | FailureKind::Other => None,
        }
    }
}

impl Fault {
    /// A fault for a config that is valid by its schema and still makes no sense.
    pub fn config(message: impl Into<String>) -> Self {
        Fault::Config(message.into())
    }
    /// A fault for a target that answered in a way that is neither good nor bad.
    pub fn inconclusive(message: impl Into<String>) -> Self {
        Fault::Inconclusive(message.into())
    }
    pub fn other(message: impl Into<String>) -> Self {
        Fault::Other(message.into())
    }
    /// What it says, whatever kind it is.
    pub fn message(&self) -> &str {
        match self {
            Fault::Config(message)
            | Fault::Denied(message)
            | Fault::Inconclusive(message)
            | Fault::Other(message) => message,
        }
    }
}

/// What a check function may return.
pub trait Ending {
    fn finish(self) -> Result<Report, Fault>;
}

impl Ending for Report {
    fn finish(self) -> Result<Report, Fault> {
        Ok(self)
    }
}

impl<E: Into<Stop>> Ending for Result<Report, E> {
    fn finish(self) -> Result<Report, Fault> {
        self.or_else(|stop| match stop.into() {
            Stop::Judged(report) => Ok(*report),
            Stop::Fault(fault) => Err(fault),
        })
    }
}
