//! Lines of a peer that may send anything, read within limits.

use std::time::Duration;

use super::{Connection, Encoding, Intake, Unread};
use crate::clock;
use crate::config::Secret;

/// A conversation in lines that ends at a moment of the run, with prompts that have no line end.
///
/// ```
/// use watchkeep_sdk::net::{Intake, Lines, Unread};
/// use watchkeep_sdk::prelude::*;
///
/// /// How many lines a peer lists before `END`.
/// fn count(peer: net::Connection) -> Result<usize, Unread> {
///     let until = clock::monotonic() + Duration::from_secs(5);
///     let mut lines = Lines::over(peer, Intake::new(1 << 20, 100), until);
///     lines.write("list\n")?;
///     let mut count = 0;
///     while lines.line()? != b"END" {
///         count += 1;
///     }
///     Ok(count)
/// }
/// ```
#[derive(Debug)]
pub struct Lines {
    connection: Connection,
    intake: Intake,
    until: Duration,
    /// How much of what has arrived is the line that was handed over last.
    handed: usize,
}

impl Lines {
    /// The most bytes of one line.
    pub const LINE_BYTES_MAX: usize = 16 << 10;

    /// What is read, all lines together, is limited by `intake`; `until` is a moment of the run's own clock.
    pub fn over(connection: Connection, intake: Intake, until: Duration) -> Self {
        Self { connection, intake, until, handed: 0 }
    }

    /// Writes everything, or fails.
    pub fn write(&mut self, text: impl AsRef<[u8]>) -> Result<(), Unread> {
        self.hurry();
        self.connection.write(text).map_err(Unread::Failed)
    }

    /// Writes a secret and `end`; it must be bound to this endpoint.
    pub fn write_secret(&mut self, secret: &Secret, end: &str) -> Result<(), Unread> {
        self.hurry();
        self.connection.write_secret(secret, "", end, Encoding::Raw).map_err(Unread::Failed)
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> Result<&[u8], Unread> {
        self.settle();
        let mut looked_at = 0;
        let end = loop {
            let bytes = self.intake.bytes();
            let new = bytes.get(looked_at..).unwrap_or_default();
            if let Some(end) = new.iter().position(|byte| *byte == b'\n') {
                break looked_at + end;
            }
            looked_at = bytes.len();
            if looked_at > Self::LINE_BYTES_MAX {
                let most = Self::LINE_BYTES_MAX;
                return Err(Unread::Endless(format!("a line is longer than {most} bytes")));
            }
            self.intake.more(&mut self.connection, self.until)?;
        };
        self.handed = end + 1;
        let line = self.intake.bytes().get(..end).unwrap_or_default();
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Takes this prompt, which has no line end; false if something else comes in its place, which stays.
    pub fn prompts(&mut self, prompt: &[u8]) -> Result<bool, Unread> {
        self.settle();
        loop {
            let bytes = self.intake.bytes();
            if bytes.starts_with(prompt) {
                self.intake.take(prompt.len());
                return Ok(true);
            }
            if !prompt.starts_with(bytes) {
                return Ok(false);
            }
            self.intake.more(&mut self.connection, self.until)?;
        }
    }

    /// Takes the line that was handed over.
    fn settle(&mut self) {
        self.intake.take(std::mem::take(&mut self.handed));
    }

    fn hurry(&mut self) {
        self.connection.set_timeout(self.until.saturating_sub(clock::monotonic()));
    }
}
