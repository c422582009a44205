//! Lines of a peer that may send anything, read within limits; and the ways in which a socket may be closed.

use watchkeep_sdk::net::{Connection, Failure, FailureKind, Intake, Unread};
use watchkeep_sdk::prelude::*;

use crate::words::has;

/// Some 20,000 peers; a host's own limit is 16 MiB.
const READ_BYTES_MAX: usize = 12 << 20;
const STEPS_MAX: usize = 400;
const PIECE_BYTES: u32 = 256 << 10;
const LINE_BYTES_MAX: usize = 16 << 10;

/// A connection on which lines are spoken, within the time of one timeout.
pub(crate) struct Lines {
    connection: Connection,
    intake: Intake,
    until: Duration,
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

impl Lines {
    pub(crate) fn over(connection: Connection, timeout: Duration) -> Lines {
        let intake = Intake::new(READ_BYTES_MAX, STEPS_MAX).pieces_of(PIECE_BYTES);
        Lines { connection, intake, until: clock::monotonic() + timeout }
    }

    pub(crate) fn write(&mut self, text: &str) -> Result<(), Broken> {
        self.connection.set_timeout(self.until.saturating_sub(clock::monotonic()));
        self.connection.write(text).map_err(|failure| Unread::Failed(failure).into())
    }

    pub(crate) fn write_secret(&mut self, secret: &Secret) -> Result<(), Broken> {
        self.connection.set_timeout(self.until.saturating_sub(clock::monotonic()));
        let written = self.connection.write_secret(secret, "", "\n", net::Encoding::Raw);
        written.map_err(|failure| Unread::Failed(failure).into())
    }

    /// Hands over each line, without its end, until something comes of one.
    pub(crate) fn each<T>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<Option<T>, Broken>,
    ) -> Result<T, Broken> {
        let mut looked_at = 0;
        loop {
            let bytes = self.intake.bytes();
            let end = bytes.get(looked_at..).and_then(|new| new.iter().position(|byte| *byte == b'\n'));
            if let Some(end) = end.map(|end| looked_at + end) {
                let line = bytes.get(..end).unwrap_or_default();
                let came = take(line.strip_suffix(b"\r").unwrap_or(line))?;
                self.intake.take(end + 1);
                looked_at = 0;
                if let Some(came) = came {
                    return Ok(came);
                }
                continue;
            }
            looked_at = bytes.len();
            if looked_at > LINE_BYTES_MAX {
                return Err(Broken::nonsense(format!("a line is longer than {LINE_BYTES_MAX} bytes")));
            }
            self.intake.more(&mut self.connection, self.until)?;
        }
    }

    /// Takes this prompt, which ends without a line end; false if a line comes in its place.
    pub(crate) fn prompts(&mut self, prompt: &[u8]) -> Result<bool, Broken> {
        loop {
            let bytes = self.intake.bytes();
            if bytes.starts_with(prompt) {
                self.intake.take(prompt.len());
                return Ok(true);
            }
            if bytes.len() >= prompt.len() || bytes.contains(&b'\n') {
                return Ok(false);
            }
            self.intake.more(&mut self.connection, self.until)?;
        }
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

/// Opens a socket of this machine, by the operator's name for it.
pub(crate) fn socket(name: &str) -> Result<Door, Stop> {
    match net::connect_local(name) {
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

/// Opens a stream to `host:port`.
pub(crate) fn address(address: &str, timeout: Duration) -> Result<Door, Stop> {
    match net::target(address).timeout(timeout).connect() {
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
