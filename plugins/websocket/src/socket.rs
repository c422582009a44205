//! An open WebSocket. What is read, how often, and how long anything takes are bounded: a server that speaks in drops, or
//! without end, is told of as such.

use watchkeep_sdk::net::{self, Connection, Failure, Intake, TlsFacts, Unread};
use watchkeep_sdk::prelude::*;

use crate::close::{self, Goodbye, NORMAL};
use crate::config::WebSocket;
use crate::frame::{self, BINARY, CLOSE, CONTINUATION, MESSAGE_BYTES_MAX, PING, PONG, TEXT};
use crate::head::{self, Head};
use crate::upgrade;
use crate::url::Protection;

/// The most bytes that a server may send in one run.
const READ_BYTES_MAX: usize = 4 << 20;
/// Reads and answers of one run.
const STEPS_MAX: usize = 300;
const FRAMES_MAX: usize = 20_000;

/// Why a conversation did not come to its end.
pub(crate) enum Wrong {
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
    pub(crate) fn waiting_for(self, what: &str, span: Duration, instead: &str) -> Self {
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

/// What is known of the way in, however far it came.
#[derive(Default)]
pub(crate) struct Way {
    pub(crate) opened: Option<net::Timings>,
    pub(crate) tls: Option<Secured>,
    pub(crate) upgrade: Option<Duration>,
    pub(crate) status: Option<u16>,
    pub(crate) subprotocol: Option<String>,
}

/// What the handshake showed, and how long it took.
pub(crate) struct Secured {
    pub(crate) facts: TlsFacts,
    /// Places in the chain of the certificates that the trust rests on.
    pub(crate) path: Vec<u32>,
    pub(crate) took: Duration,
}

/// A message, or a word about the connection.
pub(crate) enum Event {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
}

pub(crate) struct Socket {
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

pub(crate) fn open(config: &WebSocket, way: &mut Way) -> Result<Socket, Wrong> {
    let target = net::target(config.url.address()).family(config.ip_family).timeout(config.timeout);
    let mut connection = target.connect()?;
    connection.set_timeout(config.timeout);
    way.opened = Some(connection.timings());
    if config.url.protection == Protection::Tls {
        let began = clock::monotonic();
        let facts = connection.start_tls(&config.tls_options())?;
        way.tls = Some(Secured { facts, path: connection.path(), took: clock::monotonic() - began });
    }
    let began = clock::monotonic();
    let key = upgrade::new_key();
    upgrade::ask(config, &mut connection, &key)?;
    let intake = Intake::new(READ_BYTES_MAX, STEPS_MAX);
    let mut socket =
        Socket { connection, timeout: config.timeout, intake, frames: 0, part: None, stage: Stage::Open };
    let head = socket.head(began + config.timeout).map_err(|wrong| match wrong {
        Wrong::Late if !socket.intake.bytes().is_empty() => {
            Wrong::Said(format!("its answer was not whole within {}", net::span(config.timeout)))
        }
        other => other.waiting_for("its answer", config.timeout, ""),
    })?;
    way.status = Some(head.status);
    upgrade::judge(config, &head, &key)?;
    way.upgrade = Some(clock::monotonic() - began);
    way.subprotocol = head.header("sec-websocket-protocol");
    Ok(socket)
}

impl Socket {
    fn head(&mut self, until: Duration) -> Result<Head, Wrong> {
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
    pub(crate) fn next(&mut self, until: Duration) -> Result<Event, Wrong> {
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

    pub(crate) fn send_text(&mut self, text: &str) -> Result<(), Wrong> {
        self.write(TEXT, text.as_bytes())
    }
    pub(crate) fn send_binary(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        self.write(BINARY, bytes)
    }
    pub(crate) fn ping(&mut self, payload: &[u8]) -> Result<(), Wrong> {
        self.write(PING, payload)
    }

    fn write(&mut self, opcode: u8, payload: &[u8]) -> Result<(), Wrong> {
        self.intake.step()?;
        let mask = random::bytes(4).try_into().unwrap_or_default();
        self.connection.set_timeout(self.timeout);
        Ok(self.connection.write(frame::write(opcode, payload, mask))?)
    }

    /// Says goodbye, and waits for the server's. None if it leaves without one.
    pub(crate) fn close(&mut self) -> Result<Option<Goodbye>, Wrong> {
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
