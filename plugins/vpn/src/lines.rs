//! How much of a peer is read, what it means that it cannot be, and the ways in which a socket may be closed.

use watchkeep_sdk::net::{Connection, Failure, FailureKind, Intake, Unread};
use watchkeep_sdk::prelude::*;

use crate::words::has;

/// Some 20,000 peers; a host's own limit is 16 MiB.
const READ_BYTES_MAX: usize = 12 << 20;
const STEPS_MAX: usize = 400;
const PIECE_BYTES: u32 = 256 << 10;

pub(crate) fn intake() -> Intake {
    Intake::new(READ_BYTES_MAX, STEPS_MAX).pieces_of(PIECE_BYTES)
}

/// Why there is no answer.
pub(crate) enum Broken {
    Unread(Unread),
    /// What was said is not what was asked for; described in a sentence.
    Nonsense(String),
}

impl From<Unread> for Broken {
    fn from(unread: Unread) -> Self {
        Broken::Unread(unread)
    }
}

impl Broken {
    pub(crate) fn nonsense(sentence: impl Into<String>) -> Self {
        Broken::Nonsense(sentence.into())
    }
    /// `late` says what it means that nothing comes.
    pub(crate) fn fault(self, who: &str, late: &str) -> Stop {
        let said = match self {
            Broken::Unread(Unread::Late) => format!("{who} {late}"),
            Broken::Unread(Unread::Closed) => {
                format!("{who} closed the connection in the middle of its answer")
            }
            Broken::Unread(Unread::Endless(sentence)) => format!("{who} cannot be read: {sentence}"),
            Broken::Unread(Unread::Failed(failure)) => match failure.as_fault() {
                Some(fault) => return fault.into(),
                None => format!("{who} broke off: {}", failure.sentence()),
            },
            Broken::Nonsense(sentence) => format!("{who} cannot be read: {sentence}"),
        };
        Fault::inconclusive(said).into()
    }
}

/// What stands behind a socket or an address.
pub(crate) enum Door {
    Open(Connection),
    /// The socket's file is not there.
    Absent,
    /// Nobody listens.
    Refused,
}

/// A socket of this machine that was opened, or not, by the operator's name for it.
pub(crate) fn socket(name: &str, opened: Result<Connection, Box<Failure>>) -> Result<Door, Stop> {
    match opened {
        Ok(connection) => Ok(Door::Open(connection)),
        // The host has one kind of failure for these three, and tells them apart in words.
        Err(failure) if failure.kind == FailureKind::Refused => {
            if has(&failure.message, "is not there") {
                Ok(Door::Absent)
            } else if has(&failure.message, "queue is full") {
                Err(busy(&format!("socket `{name}`"), "its queue is full"))
            } else {
                Ok(Door::Refused)
            }
        }
        Err(failure) => Err(unjudged(&format!("socket `{name}`"), &failure)),
    }
}

/// The same of a stream to `host:port`.
pub(crate) fn address(address: &str, opened: Result<Connection, Box<Failure>>) -> Result<Door, Stop> {
    match opened {
        Ok(connection) => Ok(Door::Open(connection)),
        Err(failure) => match failure.kind {
            FailureKind::Refused => Ok(Door::Refused),
            FailureKind::TimedOut => Err(busy(&format!("`{address}`"), "it accepts no connection in time")),
            _ => Err(unjudged(&format!("`{address}`"), &failure)),
        },
    }
}

fn busy(what: &str, why: &str) -> Stop {
    let hint = "hint: it serves few clients at a time; end those that hold it";
    Fault::inconclusive(format!("{what} is busy: {why}; {hint}")).into()
}

fn unjudged(what: &str, failure: &Failure) -> Stop {
    let fault = failure.as_fault();
    fault.unwrap_or_else(|| Fault::inconclusive(format!("{what}: {}", failure.sentence()))).into()
}
