//! Lines of a peer that may send anything, read within limits.

use watchkeep_sdk::net::{Connection, Failure, FailureKind, Intake, Unread};
use watchkeep_sdk::prelude::*;

const READ_BYTES_MAX: usize = 1 << 20;
const STEPS_MAX: usize = 300;
const LINE_BYTES_MAX: usize = 4 << 10;

pub(crate) struct Lines {
    connection: Connection,
    intake: Intake,
    until: Duration,
}

/// Why there is no line.
pub(crate) enum Broken {
    Late,
    Closed,
    /// What was said makes no sense, or cannot be read; described in a sentence.
    Nonsense(String),
    Fault(Fault),
}

impl Lines {
    pub(crate) fn over(connection: Connection, until: Duration) -> Self {
        Self { connection, intake: Intake::new(READ_BYTES_MAX, STEPS_MAX), until }
    }

    pub(crate) fn write(&mut self, text: &str) -> Result<(), Broken> {
        self.connection.set_timeout(self.until.saturating_sub(clock::monotonic()));
        self.connection.write(text).map_err(|failure| failed(&failure))
    }

    pub(crate) fn write_secret(&mut self, secret: &Secret) -> Result<(), Broken> {
        self.connection.set_timeout(self.until.saturating_sub(clock::monotonic()));
        let written = self.connection.write_secret(secret, "", "\n", net::Encoding::Raw);
        written.map_err(|failure| failed(&failure))
    }

    /// Whether this comes next, which has no line end; it is taken then.
    pub(crate) fn prompts(&mut self, prompt: &[u8]) -> Result<bool, Broken> {
        loop {
            let bytes = self.intake.bytes();
            let both = bytes.len().min(prompt.len());
            if bytes[..both] != prompt[..both] {
                return Ok(false);
            }
            if both == prompt.len() {
                self.intake.take(both);
                return Ok(true);
            }
            self.more()?;
        }
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self) -> Result<String, Broken> {
        loop {
            let bytes = self.intake.bytes();
            if let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&bytes[..at]).trim_end_matches('\r').to_owned();
                self.intake.take(at + 1);
                return Ok(line);
            }
            if bytes.len() > LINE_BYTES_MAX {
                return Err(Broken::Nonsense(format!("a line is longer than {LINE_BYTES_MAX} bytes")));
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> Result<(), Broken> {
        self.intake.more(&mut self.connection, self.until).map_err(|unread| match unread {
            Unread::Late => Broken::Late,
            Unread::Closed => Broken::Closed,
            Unread::Endless(said) => Broken::Nonsense(said),
            Unread::Failed(failure) => failed(&failure),
        })
    }
}

fn failed(failure: &Failure) -> Broken {
    if let Some(fault) = failure.as_fault() {
        return Broken::Fault(fault);
    }
    match failure.kind {
        FailureKind::TimedOut => Broken::Late,
        FailureKind::Closed | FailureKind::Reset => Broken::Closed,
        _ => Broken::Nonsense(failure.sentence()),
    }
}
