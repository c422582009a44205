//! An open WebSocket. What is read, how often, and how long anything takes are bounded: a server that speaks in drops, or
//! without end, is told of as such.

use std::time::Duration;

use super::close::{self, Goodbye, NORMAL};
use super::frame::{self, BINARY, CLOSE, CONTINUATION, MESSAGE_BYTES_MAX, PING, PONG, TEXT};
use super::head::{self, Head};
use crate::net::{self, Connection, Failure, Intake, Unread};
use crate::{Fault, clock, random};

/// The most bytes that a server may send in one run.
const READ_BYTES_MAX: usize = 4 << 20;
/// Reads and answers of one run.
const STEPS_MAX: usize = 300;
const FRAMES_MAX: usize = 20_000;

/// Why a conversation did not come to its end.
pub enum Wrong {
    /// Nothing that is the server's.
    Fault(Fault),
    Said(String),
    /// Nothing came in time.
    Late,
    /// The connection is at its end, without a word.
    Closed,
    /// The server ends it.
    Ended(Goodbye),
}

impl From<Box<Failure>> for Wrong {
    fn from(failure: Box<Failure>) -> Self {
        match failure.as_fault() {
            Some(fault) => Wrong::Fault(fault),
            None => Wrong::Said(failure.sentence()),
        }
    }
}

impl From<Unread> for Wrong {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Late => Wrong::Late,
            Unread::Closed => Wrong::Closed,
            Unread::Endless(sentence) => Wrong::Said(sentence),
            Unread::Failed(failure) => failure.into(),
        }
    }
}

impl From<String> for Wrong {
    fn from(sentence: String) -> Self {
        Wrong::Said(sentence)
    }
}

impl Wrong {
    /// What was waited for in vain, and what came instead.
    pub fn waiting_for(self, what: &str, span: Duration, instead: &str) -> Self {
        match self {
            Wrong::Late => Wrong::Said(format!("{what} did not come within {}{instead}", net::span(span))),
            Wrong::Closed => {
                Wrong::Said(format!("it closes the connection without a word before {what} came{instead}"))
            }
            Wrong::Ended(goodbye) => {
                Wrong::Said(format!("it closes with {} before {what} came{instead}", goodbye.words()))
            }
            told @ (Wrong::Fault(_) | Wrong::Said(_)) => told,
        }
    }
}

/// A message, or a word about the connection.
pub enum Event {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
}

/// An open WebSocket.
pub struct Socket {
    connection: Connection,
    timeout: Duration,
    intake: Intake,
    frames: usize,
    /// The parts of a message that came so far, and of which kind it is.
    part: Option<(u8, Vec<u8>)>,
    stage: Stage,
}

/// Whether something may still be said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Open,
    /// It was said that nothing will be.
    Closing,
}

impl Socket {
    /// Over a connection on which HTTP is to go over to WebSocket. `timeout` is for each thing that is said.
    pub fn new(connection: Connection, timeout: Duration) -> Self {
        let intake = Intake::new(READ_BYTES_MAX, STEPS_MAX);
        Self { connection, timeout, intake, frames: 0, part: None, stage: Stage::Open }
    }
    /// Whether the server has said anything yet.
    pub fn has_heard(&self) -> bool {
        !self.intake.bytes().is_empty()
    }
    /// What the request is written to.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }
    /// The head of the server's answer to the request, until that moment of the run.
    pub fn head(&mut self, until: Duration) -> Result<Head, Wrong> {
        loop {
            // What comes before 101 only says that it is on its way.
            match head::read(self.intake.bytes())? {
                Some((head, size)) => {
                    self.intake.take(size);
                    if head.status >= 200 || head.status == 101 {
                        return Ok(head);
                    }
                    self.intake.step()?;
                }
                None => self.intake.more(&mut self.connection, until)?,
            }
        }
    }

    /// The next message or pong, until that moment of the run.
    pub fn next(&mut self, until: Duration) -> Result<Event, Wrong> {
        loop {
            let Some((frame, size)) = frame::read(self.intake.bytes())? else {
                self.intake.more(&mut self.connection, until)?;
                continue;
            };
            self.intake.take(size);
            self.frames += 1;
            if self.frames > FRAMES_MAX {
                let sentence = format!("it says in {FRAMES_MAX} frames not what was waited for");
                return Err(Wrong::Said(sentence));
            }
            match frame.opcode {
                PING => self.write(PONG, &frame.payload)?,
                PONG => return Ok(Event::Pong(frame.payload)),
                CLOSE => {
                    let goodbye = close::read(&frame.payload)?;
                    if self.stage == Stage::Open {
                        // So that the server need not wait; what it makes of it nobody is told.
                        let _ = self.write(CLOSE, &goodbye.code.unwrap_or(NORMAL).to_be_bytes());
                    }
                    return Err(Wrong::Ended(goodbye));
                }
                _ => {
                    if let Some(event) = self.message(frame)? {
                        return Ok(event);
                    }
                }
            }
        }
    }

    /// The message that is whole with this frame.
    fn message(&mut self, frame: frame::Frame) -> Result<Option<Event>, Wrong> {
        let (kind, mut payload) = match (frame.opcode, self.part.take()) {
            (CONTINUATION, Some((kind, part))) => (kind, part),
            (CONTINUATION, None) => return said("it goes on with a message that it did not begin"),
            (kind, None) => (kind, Vec::new()),
            (_, Some(_)) => return said("it begins a message within another"),
        };
        payload.extend(frame.payload);
        if payload.len() > MESSAGE_BYTES_MAX {
            return said(format!("it sends a message of more than {MESSAGE_BYTES_MAX} bytes"));
        }
        match (frame.is_last, kind) {
            (false, _) => {
                self.part = Some((kind, payload));
                Ok(None)
            }
            (true, TEXT) => match String::from_utf8(payload) {
                Ok(text) => Ok(Some(Event::Text(text))),
                Err(_) => said("it sends a text that is not UTF-8"),
            },
            (true, _) => Ok(Some(Event::Binary(payload))),
        }
    }

    pub fn send_text(&mut self, text: &str) -> Result<(), Wrong> {
        self.write(TEXT, text.as_bytes())
    }
    pub fn send_binary(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        self.write(BINARY, bytes)
    }
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Wrong> {
        self.write(PING, payload)
    }

    fn write(&mut self, opcode: u8, payload: &[u8]) -> Result<(), Wrong> {
        self.intake.step()?;
        let mask = random::bytes(4).try_into().unwrap_or_default();
        self.connection.set_timeout(self.timeout);
        Ok(self.connection.write(frame::write(opcode, payload, mask))?)
    }

    /// Says goodbye, and waits for the server's. None if it leaves without one.
    pub fn close(&mut self) -> Result<Option<Goodbye>, Wrong> {
        self.write(CLOSE, &NORMAL.to_be_bytes())?;
        self.stage = Stage::Closing;
        let until = clock::monotonic() + self.timeout;
        loop {
            match self.next(until) {
                Ok(_) => {}
                Err(Wrong::Ended(goodbye)) => return Ok(Some(goodbye)),
                Err(Wrong::Closed) => return Ok(None),
                Err(other) => return Err(other),
            }
        }
    }
}

fn said<T>(sentence: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Said(sentence.into()))
}
