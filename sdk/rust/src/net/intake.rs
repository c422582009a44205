//! What a peer sends in packets or frames, read within limits.

use std::time::Duration;

use super::{Connection, Failure, FailureKind};
use crate::clock;

const READ_BYTES: u32 = 16 << 10;

/// Bytes that have arrived and have not been taken yet. Their number, the number of pieces and the time are limited: a
/// peer that sends in drips, or without end, is reported as such.
///
/// ```
/// use watchkeep_sdk::net::{Connection, Intake, Unread};
/// use watchkeep_sdk::prelude::*;
///
/// /// A record that says its length in its first byte.
/// fn record(peer: &mut Connection, intake: &mut Intake) -> Result<Vec<u8>, Unread> {
///     let until = clock::monotonic() + Duration::from_secs(5);
///     loop {
///         if let Some((&length, rest)) = intake.bytes().split_first()
///             && let Some(record) = rest.get(..usize::from(length))
///         {
///             let record = record.to_vec();
///             intake.take(1 + record.len());
///             return Ok(record);
///         }
///         intake.more(peer, until)?;
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Intake {
    ahead: Vec<u8>,
    /// How many of them have been taken.
    done: usize,
    read: usize,
    bytes_max: usize,
    steps: usize,
    steps_max: usize,
    piece_bytes: u32,
}

/// Why nothing more was read.
#[derive(Clone, Debug)]
pub enum Unread {
    /// Nothing came in time.
    Late,
    /// The peer has closed.
    Closed,
    /// More came than is read; described in a sentence.
    Endless(String),
    Failed(Box<Failure>),
}

impl Intake {
    /// Reads at most this many bytes in at most this many steps. A step is one or two host calls, of which a run has a
    /// thousand.
    pub fn new(bytes_max: usize, steps_max: usize) -> Self {
        Self { ahead: Vec::new(), done: 0, read: 0, bytes_max, steps: 0, steps_max, piece_bytes: READ_BYTES }
    }
    /// Reads at most this many bytes at once; 16 KiB by default. More is for peers that send much: each read is a host call.
    #[must_use]
    pub fn pieces_of(mut self, bytes: u32) -> Self {
        self.piece_bytes = bytes;
        self
    }
    /// What has arrived, from the first byte that was not taken.
    pub fn bytes(&self) -> &[u8] {
        self.ahead.get(self.done..).unwrap_or_default()
    }
    /// Takes this many bytes.
    pub fn take(&mut self, count: usize) {
        self.done = (self.done + count).min(self.ahead.len());
    }
    /// Counts a step for something that is written because of what came.
    pub fn step(&mut self) -> Result<(), Unread> {
        self.steps += 1;
        match self.steps > self.steps_max {
            true => {
                Err(Unread::Endless(format!("it says in {} pieces not what was waited for", self.steps_max)))
            }
            false => Ok(()),
        }
    }
    /// Reads more, until that moment of the run at the latest.
    pub fn more(&mut self, connection: &mut Connection, until: Duration) -> Result<(), Unread> {
        let left = until.saturating_sub(clock::monotonic());
        if left.is_zero() {
            return Err(Unread::Late);
        }
        self.step()?;
        connection.set_timeout(left);
        match connection.read(self.piece_bytes) {
            Ok(read) if read.is_empty() => Err(Unread::Closed),
            Ok(read) => {
                self.ahead.drain(..self.done);
                self.done = 0;
                self.read += read.len();
                if self.read > self.bytes_max {
                    let most = self.bytes_max;
                    let sentence = format!("it says more than {most} bytes, and not what was waited for");
                    return Err(Unread::Endless(sentence));
                }
                self.ahead.extend(read);
                Ok(())
            }
            Err(failure) if failure.kind == FailureKind::TimedOut => Err(Unread::Late),
            Err(failure) => Err(Unread::Failed(failure)),
        }
    }
}
