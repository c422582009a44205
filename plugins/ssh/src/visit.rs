//! One connection to the server: its version, what it offers, and one of its host keys with the proof that it is its own. How much is read, and how long it
//! takes, is bounded: a server that speaks in drops, or without end, is told of as such.

use watchkeep_sdk::net::{self, Connection, Failure, FailureKind, span};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{clipped, random};

use crate::config::Ssh;
use crate::exchange::{self, Said};
use crate::keys::KeyType;
use crate::proof::{self, Unproved};
use crate::wire::{self, Offer};

/// What stands before the server's version at most.
const LINES_MAX: usize = 50;
/// RFC 4253, with the line end.
const VERSION_BYTES_MAX: u8 = 255;
/// Messages that say nothing, in a row.
const IDLE_MESSAGES_MAX: usize = 20;
const OWN_VERSION: &str = concat!("SSH-2.0-Watchkeep_", env!("CARGO_PKG_VERSION"));

/// Why a connection did not come to its end.
pub(crate) enum Wrong {
    /// A right or a limit was missing: also as a sentence.
    Fault(Fault, String),
    /// It cannot be reached, says nothing, or ends too early.
    Unanswered(String),
    /// It says what no SSH server says.
    Nonsense(String),
}

impl From<Box<Failure>> for Wrong {
    fn from(failure: Box<Failure>) -> Self {
        match failure.as_fault() {
            Some(fault) => Wrong::Fault(fault, failure.sentence()),
            None => Wrong::Unanswered(failure.sentence()),
        }
    }
}

/// A connection on which both have said what they offer.
pub(crate) struct Visit {
    talk: Talk,
    /// The server's version line.
    pub(crate) version: String,
    pub(crate) offer: Offer,
    /// The first messages of both, as they were sent.
    own_offer: Vec<u8>,
    said_offer: Vec<u8>,
    /// How long it took: to open, the version line, and the offer.
    pub(crate) opened: net::Timings,
    pub(crate) greeted: Duration,
    pub(crate) offered: Duration,
}

impl Visit {
    pub(crate) fn took(&self) -> Duration {
        Duration::from_nanos(self.opened.total) + self.greeted + self.offered
    }
}

/// As far as the server says what it offers. It is asked for a host key of this type.
pub(crate) fn open(config: &Ssh, kind: KeyType) -> Result<Visit, Wrong> {
    let connection =
        net::target(&*config.address).family(config.ip_family).timeout(config.timeout).connect()?;
    let opened = connection.timings();
    let began = clock::monotonic();
    let mut talk = Talk { connection, timeout: config.timeout, began };
    talk.write(format!("{OWN_VERSION}\r\n").as_bytes())?;
    let version = talk.version()?;
    let greeted = clock::monotonic() - began;
    let exchanges = exchange::ALL.map(|way| way.name);
    // What was just drawn is in all that the server signs: nobody can have heard it sign that before.
    let own_offer = wire::kexinit(&random::bytes(16), &exchanges, kind.algorithms());
    talk.write(&wire::packet(&own_offer))?;
    let said_offer = talk.message(wire::KEXINIT, "what it offers")?;
    let offer = wire::offer(&said_offer)
        .ok_or_else(|| Wrong::Nonsense("what it offers cannot be read: a broken KEXINIT".to_owned()))?;
    let offered = clock::monotonic() - began - greeted;
    Ok(Visit { talk, version, offer, own_offer, said_offer, opened, greeted, offered })
}

/// A key that the server shows, and whether it is its own.
pub(crate) struct Shown {
    pub(crate) key: Vec<u8>,
    pub(crate) proof: Result<(), Unproved>,
}

/// The host key of the type that the connection was opened for.
pub(crate) fn host_key(mut visit: Visit, kind: KeyType) -> Result<Shown, Wrong> {
    let chosen = exchange::ALL.iter().find(|way| visit.offer.exchanges.iter().any(|one| one == way.name));
    let Some(way) = chosen else {
        let offered = clipped(&visit.offer.exchanges.join(", "));
        return Err(Wrong::Unanswered(format!(
            "it has no key exchange that this check knows, but {offered}"
        )));
    };
    let agreed = kind.algorithms().iter().find(|name| visit.offer.key_types.iter().any(|one| one == *name));
    let Some(agreed) = agreed else {
        let offered = clipped(&visit.offer.key_types.join(", "));
        let kind = kind.as_str();
        return Err(Wrong::Nonsense(format!(
            "on another connection it offers no host key of the type {kind} any more, but {offered}"
        )));
    };
    let own_share = way.share();
    visit.talk.write(&wire::packet(&wire::kex_init(&own_share)))?;
    let payload = visit.talk.message(wire::KEX_REPLY, "its host key")?;
    let reply = wire::reply(&payload)
        .ok_or_else(|| Wrong::Nonsense("its host key cannot be read: a broken reply".to_owned()))?;
    match wire::key_type(reply.key) {
        Some(shown) if shown == kind.as_str() => {}
        Some(shown) => {
            return Err(Wrong::Nonsense(format!(
                "it was asked for a host key of the type {} and shows one of the type {}",
                kind.as_str(),
                clipped(shown)
            )));
        }
        None => return Err(Wrong::Nonsense("the host key that it shows is not valid".to_owned())),
    }
    let said = Said {
        own_version: OWN_VERSION,
        version: &visit.version,
        own_offer: &visit.own_offer,
        offer: &visit.said_offer,
        key: reply.key,
    };
    let signed = way.signed(&said, &own_share, reply.share);
    let proof = proof::prove((kind, reply.key), agreed, &signed, reply.signature);
    Ok(Shown { key: reply.key.to_vec(), proof })
}

/// All of which takes no longer than its timeout.
struct Talk {
    connection: Connection,
    timeout: Duration,
    began: Duration,
}

impl Talk {
    fn wait_for_the_rest(&mut self) {
        let passed = clock::monotonic().saturating_sub(self.began);
        self.connection.set_timeout(self.timeout.saturating_sub(passed));
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        self.wait_for_the_rest();
        self.connection.write(bytes).map_err(|failure| self.failed(failure))
    }

    /// The server's version line. Lines before it are for people.
    fn version(&mut self) -> Result<String, Wrong> {
        let mut first = None;
        for _ in 0..LINES_MAX {
            self.wait_for_the_rest();
            let line = match self.connection.read_line() {
                Ok(line) => line,
                Err(failure) => return Err(self.no_version(failure, first)),
            };
            if line.starts_with("SSH-") {
                return is_version(line);
            }
            let line = wire::printable(&line);
            if !line.is_empty() {
                first.get_or_insert(line);
            }
        }
        let said = first.unwrap_or_default();
        Err(Wrong::Nonsense(format!("no SSH version in {LINES_MAX} lines; it says `{}`", clipped(&said))))
    }

    /// The first line is what tells: an HTTP status, a greeting of another protocol, what sshd says when it turns away.
    fn no_version(&mut self, failure: Box<Failure>, first: Option<String>) -> Wrong {
        let said = first.or_else(|| self.unfinished(failure.kind)).filter(|said| !said.is_empty());
        let said = said.map(|said| format!("it says `{}`", clipped(&said)));
        match (failure.kind, said) {
            (FailureKind::Closed | FailureKind::Reset, Some(said)) => {
                Wrong::Unanswered(format!("it closes without an SSH version; {said}"))
            }
            (FailureKind::TimedOut, Some(said)) => {
                Wrong::Unanswered(format!("no SSH version within {}; {said}", span(self.timeout)))
            }
            (FailureKind::TooLarge, _) => {
                Wrong::Nonsense(format!("no SSH version, but a line of more than {} bytes", net::LINE_BYTES_MAX))
            }
            (FailureKind::Closed, None) => Wrong::Unanswered(
                "it closes before it says a word: too many connections (`MaxStartups`), or none from here are let in"
                    .to_owned(),
            ),
            (_, _) => self.failed(failure),
        }
    }

    /// What came of a line that has no end.
    fn unfinished(&mut self, kind: FailureKind) -> Option<String> {
        if !matches!(kind, FailureKind::Closed | FailureKind::TimedOut) {
            return None;
        }
        self.connection.set_timeout(Duration::ZERO);
        let rest = self.connection.read(u32::from(VERSION_BYTES_MAX)).ok()?;
        Some(wire::printable(&String::from_utf8_lossy(&rest)))
    }

    /// A timeout is that of the whole talk.
    fn failed(&self, mut failure: Box<Failure>) -> Wrong {
        if failure.kind == FailureKind::TimedOut {
            let passed = clock::monotonic().saturating_sub(self.began);
            failure.timings.total = u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX);
        }
        failure.into()
    }

    /// The payload of the next message of this kind; those that say nothing are passed over.
    fn message(&mut self, kind: u8, what: &str) -> Result<Vec<u8>, Wrong> {
        for _ in 0..IDLE_MESSAGES_MAX {
            let payload = self.payload()?;
            match payload.first() {
                Some(&first) if first == kind => return Ok(payload),
                Some(&(wire::IGNORE | wire::DEBUG | wire::UNIMPLEMENTED)) => {}
                Some(&wire::DISCONNECT) => {
                    let (number, words) = wire::disconnect(&payload).unwrap_or_default();
                    let words = if words.is_empty() { words } else { format!(": `{}`", clipped(&words)) };
                    return Err(Wrong::Unanswered(format!(
                        "it disconnects before it says {what}{words} (reason {number})"
                    )));
                }
                other => {
                    let other = other.copied().unwrap_or_default();
                    return Err(Wrong::Nonsense(format!(
                        "in place of {what} comes a message of kind {other}"
                    )));
                }
            }
        }
        Err(Wrong::Nonsense(format!("{IDLE_MESSAGES_MAX} messages without a meaning in place of {what}")))
    }

    fn payload(&mut self) -> Result<Vec<u8>, Wrong> {
        self.wait_for_the_rest();
        let size = self.connection.read_exactly(4).map_err(|failure| self.failed(failure))?;
        let size = size.iter().fold(0, |size, byte| size << 8 | usize::from(*byte));
        if size > wire::PACKET_BYTES_MAX {
            return Err(Wrong::Nonsense(format!(
                "behind its version comes no SSH: a packet of {size} bytes, at most {} are allowed",
                wire::PACKET_BYTES_MAX
            )));
        }
        self.wait_for_the_rest();
        let packet = self.connection.read_exactly(size).map_err(|failure| self.failed(failure))?;
        let payload = wire::payload(&packet).map(<[u8]>::to_vec);
        payload.ok_or_else(|| {
            Wrong::Nonsense("behind its version comes no SSH: a packet without content".to_owned())
        })
    }
}

/// Held to what the protocol is; `SSH-1.99` speaks both versions.
fn is_version(line: String) -> Result<String, Wrong> {
    let is_text = line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if !is_text || line.len() + 2 > usize::from(VERSION_BYTES_MAX) {
        let said = clipped(&wire::printable(&line));
        return Err(Wrong::Nonsense(format!("its version line is not as SSH wants it: `{said}`")));
    }
    let protocol = line.split('-').nth(1).unwrap_or_default();
    match protocol {
        "2.0" | "1.99" => Ok(line),
        _ if protocol.starts_with("1.") => {
            Err(Wrong::Nonsense(format!("it speaks SSH 1 only, which is broken: `{}`", clipped(&line))))
        }
        _ => Err(Wrong::Nonsense(format!("it speaks another SSH than version 2: `{}`", clipped(&line)))),
    }
}
