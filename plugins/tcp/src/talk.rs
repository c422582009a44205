//! The conversation. What is read at once, how often, and how long a step takes are bounded: a peer that speaks in drops, or
//! without end, is told of as such.

use watchkeep_sdk::clipped;
use watchkeep_sdk::net::{self, Connection, Encoding, Failure, FailureKind};
use watchkeep_sdk::prelude::*;

use crate::config::{SECRET, Step, Tcp};

/// The most bytes that have arrived and that no step has taken yet.
const AHEAD_BYTES_MAX: usize = 16 << 10;
const READ_BYTES: u32 = 4 << 10;
/// Reads of one step.
const READS_MAX: usize = 1_000;
/// How long a server that asked for a client certificate may say that it does not take it, where nothing else is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a conversation did not come to its end.
pub(crate) enum Wrong {
    /// Nothing that is the peer's.
    Fault(Fault),
    /// The peer says something else, or nothing more.
    Said(String),
}

impl From<Box<Failure>> for Wrong {
    fn from(failure: Box<Failure>) -> Self {
        match failure.as_fault() {
            Some(fault) => Wrong::Fault(fault),
            None => Wrong::Said(failure.sentence()),
        }
    }
}

pub(crate) fn open(config: &Tcp) -> Result<Connection, Box<Failure>> {
    let mut connection =
        net::target(&*config.address).family(config.ip_family).timeout(config.timeout).connect()?;
    connection.set_timeout(config.timeout);
    if config.tls {
        connection.start_tls(&config.peer.options())?;
    }
    Ok(connection)
}

/// The last line that came.
pub(crate) fn talk(config: &Tcp, connection: Connection) -> Result<String, Wrong> {
    let mut talk = Talk {
        connection,
        config,
        ahead: String::new(),
        part: Vec::new(),
        said: String::new(),
        is_within_line: false,
    };
    if let Some(send) = &config.send {
        talk.connection.write(send)?;
    }
    for text in &config.expect.0 {
        talk.expect_text(text.as_str())?;
    }
    for (place, step) in config.talk.iter().enumerate() {
        talk.step(step).map_err(|wrong| match wrong {
            Wrong::Said(sentence) => Wrong::Said(format!("step {}: {sentence}", place + 1)),
            fault @ Wrong::Fault(_) => fault,
        })?;
    }
    talk.connection.set_timeout(config.timeout);
    let way = talk.connection.elapsed();
    talk.connection.admitted(PATIENCE + way)?;
    Ok(talk.said)
}

struct Talk<'c> {
    connection: Connection,
    config: &'c Tcp,
    /// Came, and was not taken by a step yet.
    ahead: String,
    /// The bytes behind it, which begin a character.
    part: Vec<u8>,
    /// What the last step took.
    said: String,
    /// That ended before its line did.
    is_within_line: bool,
}

impl Talk<'_> {
    fn step(&mut self, step: &Step) -> Result<(), Wrong> {
        if let Some(send) = &step.send {
            self.connection.set_timeout(self.config.timeout);
            match (&step.secret, send.split_once(SECRET)) {
                (Some(secret), Some((before, after))) => {
                    self.connection.write_secret(secret, before, after, Encoding::Raw)?;
                }
                (_, _) => self.connection.write(send)?,
            }
        }
        if let Some(text) = &step.expect {
            self.expect_text(text.as_str())?;
        }
        if let Some(pattern) = &step.expect_pattern {
            self.expect(pattern.as_str(), |ahead| pattern.find(ahead).map(|found| found.end))?;
        }
        if step.starttls == Some(true) {
            // The rest of its line belongs to the answer.
            if self.is_within_line && !self.ahead.is_empty() {
                let said = std::mem::take(&mut self.said);
                self.expect_text("\n")?;
                self.said = said;
            }
            // Whoever sent it wants it to be taken for what comes under TLS.
            let more = format!("{}{}", self.ahead, String::from_utf8_lossy(&self.part));
            if !more.trim().is_empty() {
                let said = clipped(more.trim());
                return Err(Wrong::Said(format!("it sends more before the handshake: `{said}`")));
            }
            self.ahead.clear();
            self.part.clear();
            self.connection.set_timeout(self.config.timeout);
            self.connection.start_tls(&self.config.peer.options())?;
        }
        Ok(())
    }

    fn expect_text(&mut self, text: &str) -> Result<(), Wrong> {
        self.expect(text, |ahead| ahead.find(text).map(|at| at + text.len()))
    }

    /// Reads until `end` finds where what is waited for ends.
    fn expect(&mut self, what: &str, end: impl Fn(&str) -> Option<usize>) -> Result<(), Wrong> {
        let began = clock::monotonic();
        for _ in 0..READS_MAX {
            if let Some(end) = end(&self.ahead) {
                // The rest of its line, if it is there, is for people.
                let line_end = self.ahead[end..].find('\n').map_or(self.ahead.len(), |at| end + at);
                let said = &self.ahead[..line_end];
                self.said = said.trim().lines().next_back().unwrap_or_default().to_owned();
                self.is_within_line = !self.ahead[..end].ends_with('\n');
                self.ahead.drain(..end);
                return Ok(());
            }
            if self.ahead.len() > AHEAD_BYTES_MAX {
                return Err(self.missing(what, &format!("in {AHEAD_BYTES_MAX} bytes")));
            }
            let left = self.config.timeout.saturating_sub(clock::monotonic() - began);
            self.connection.set_timeout(left);
            match self.connection.read(READ_BYTES) {
                Ok(read) if read.is_empty() => return Err(self.missing(what, "before it closed")),
                Ok(read) => self.take(&read),
                Err(failure) if failure.kind == FailureKind::TimedOut => {
                    return Err(self.missing(what, &format!("within {}", net::span(self.config.timeout))));
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(self.missing(what, &format!("in {READS_MAX} pieces")))
    }

    /// A character may come in two pieces.
    fn take(&mut self, read: &[u8]) {
        self.part.extend(read);
        let last = self.part.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
        let is_begun = std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
        let whole = self.part.len() - if is_begun { last.len() } else { 0 };
        let part = self.part.split_off(whole);
        self.ahead.push_str(&String::from_utf8_lossy(&self.part));
        self.part = part;
    }

    fn missing(&self, what: &str, when: &str) -> Wrong {
        let said = self.ahead.trim();
        let said = match said.is_empty() {
            true => "it says nothing".to_owned(),
            false => format!("it says `{}`", clipped(said)),
        };
        Wrong::Said(format!("`{}` did not come {when}; {said}", clipped(what)))
    }
}
