//! A client's connection to the broker. What is read, how often, and how long anything takes are bounded: a broker that
//! speaks in drops, or without end, is told of as such.

use watchkeep_sdk::clipped;
use watchkeep_sdk::net::{self, Connection, Encoding, Failure, FailureKind, Intake, Unread};
use watchkeep_sdk::prelude::*;

use crate::config::Mqtt;
use crate::packet::{self, Answer, Connect, OnlyNew, Packet, Publish, Version};
use crate::properties::Properties;
use crate::reasons;

/// The most bytes that a broker may send in one run.
const READ_BYTES_MAX: usize = 2 << 20;
/// Reads and answers of one run.
const STEPS_MAX: usize = 250;
const MESSAGES_MAX: usize = 10_000;
/// How long nothing is said before the broker is asked whether it still listens.
const KEEP_ALIVE_SECONDS: u16 = 60;
/// What a broker that takes many clients may not have either.
const BUSY: [u8; 3] = [0x88, 0x89, 0x9f];

const SUBSCRIBE_ID: u16 = 1;
const PUBLISH_ID: u16 = 2;

/// Why a session did not come to its end.
pub(crate) enum Wrong {
    /// Nothing that is the broker's.
    Fault(Fault),
    Said(String),
    /// It has no room for a client now.
    Busy(String),
    /// Nothing came in time.
    Late,
    /// It closed before anything came.
    Closed,
    /// It broke the connection off, in a sentence.
    Reset(String),
}

impl From<Box<Failure>> for Wrong {
    fn from(failure: Box<Failure>) -> Self {
        match failure.as_fault() {
            Some(fault) => Wrong::Fault(fault),
            None if failure.kind == FailureKind::Reset => Wrong::Reset(failure.sentence()),
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

impl Wrong {
    /// What was waited for in vain.
    pub(crate) fn waiting_for(self, what: &str, span: Duration) -> Self {
        match self {
            Wrong::Late => Wrong::Said(format!("{what} did not come within {}", net::span(span))),
            Wrong::Closed => Wrong::Said(format!("it closes the connection before {what} came")),
            told @ (Wrong::Fault(_) | Wrong::Said(_) | Wrong::Busy(_) | Wrong::Reset(_)) => told,
        }
    }
}

/// How long each part of the way in took.
pub(crate) struct Phases {
    pub(crate) opened: net::Timings,
    pub(crate) tls: Option<Duration>,
    pub(crate) login: Duration,
}

pub(crate) struct Session {
    connection: Connection,
    version: Version,
    timeout: Duration,
    intake: Intake,
    messages: usize,
    /// After so long of nothing the broker is asked whether it still listens.
    idle: Duration,
    qos_max: u8,
    pub(crate) phases: Phases,
}

/// What concerns more than the session itself.
pub(crate) enum Event {
    Message(Publish),
    Puback(Answer),
    Pubrec(Answer),
    Pubcomp(Answer),
    Suback { id: u16, codes: Vec<u8>, more: Properties },
}

/// The broker has let the client in then.
pub(crate) fn open(config: &Mqtt) -> Result<Session, Wrong> {
    let mut connection =
        net::target(&*config.address).family(config.ip_family).timeout(config.timeout).connect()?;
    connection.set_timeout(config.timeout);
    let phases = Phases { opened: connection.timings(), tls: None, login: Duration::ZERO };
    let mut session = Session {
        connection,
        version: config.version,
        timeout: config.timeout,
        intake: Intake::new(READ_BYTES_MAX, STEPS_MAX),
        messages: 0,
        idle: Duration::from_secs(u64::from(KEEP_ALIVE_SECONDS / 2)),
        qos_max: 2,
        phases,
    };
    if config.tls {
        let began = clock::monotonic();
        session.connection.start_tls(&config.peer.options())?;
        session.phases.tls = Some(clock::monotonic() - began);
    }
    let began = clock::monotonic();
    session.connect(config)?;
    session.phases.login = clock::monotonic() - began;
    Ok(session)
}

/// Its length stands before it, within a packet whose length stands before that.
fn length(password: &Secret) -> Result<u16, Wrong> {
    let bytes = secrets::reveal(password).map_err(|error| Wrong::Fault(error.into()))?;
    u16::try_from(bytes.len()).map_err(|_| {
        let message = "the password is longer than the 65535 bytes that MQTT has room for";
        Wrong::Fault(Fault::config(message))
    })
}

fn new_id() -> String {
    format!("watchkeep-{}", hex(&random::bytes(6)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    hex
}

impl Session {
    fn connect(&mut self, config: &Mqtt) -> Result<(), Wrong> {
        let client_id = config.client_id.clone().unwrap_or_else(new_id);
        let password_length = config.password.as_ref().map(length).transpose()?;
        let connect = Connect {
            version: config.version,
            keep_alive: KEEP_ALIVE_SECONDS,
            client_id: &client_id,
            user: config.user.as_deref(),
            password_length,
        };
        match &config.password {
            // The host looks at where it goes.
            Some(password) => {
                self.connection.write_secret(password, &*connect.write(), &[][..], Encoding::Raw)?
            }
            None => self.connection.write(&*connect.write())?,
        }
        let until = clock::monotonic() + self.timeout;
        let packet = self.first(until).map_err(|wrong| {
            let ended = match wrong {
                Wrong::Closed if !config.tls => "it closes the connection without an answer".to_owned(),
                Wrong::Reset(sentence) if !config.tls => sentence,
                other => return other.waiting_for("its answer to CONNECT", self.timeout),
            };
            Wrong::Said(format!("{ended}; hint: a broker that wants TLS is asked with `tls = true`"))
        })?;
        match packet {
            Packet::Connack { has_session, code: 0, more } => {
                if has_session {
                    return said("it says that it has kept a session, where a clean one was asked for");
                }
                if let Some(seconds) = more.keep_alive.filter(|seconds| *seconds > 0) {
                    self.idle = self.idle.min(Duration::from_millis(u64::from(seconds) * 500));
                }
                self.qos_max = more.qos_max.unwrap_or(2);
                Ok(())
            }
            Packet::Connack { code, more, .. } => Err(turned_away(self.version, code, &more)),
            other => said(format!("it answers CONNECT with a {}", other.name())),
        }
    }

    /// The first packet: whatever listens there has not shown yet that it is a broker.
    fn first(&mut self, until: Duration) -> Result<Packet, Wrong> {
        loop {
            match self.intake.bytes().first() {
                None | Some(0x20) => {}
                Some(0x15) if self.version == Version::V3 || self.intake.bytes().get(1) == Some(&3) => {
                    return said("it speaks TLS; hint: add `tls = true`");
                }
                Some(_) => {
                    let text = String::from_utf8_lossy(self.intake.bytes());
                    let line = text.trim().lines().next().unwrap_or_default();
                    return said(format!("it speaks no MQTT; it says `{}`", clipped(line)));
                }
            }
            if let Some(packet) = self.whole()? {
                return Ok(packet);
            }
            self.read(until)?;
        }
    }

    fn whole(&mut self) -> Result<Option<Packet>, Wrong> {
        match packet::read(self.intake.bytes(), self.version) {
            Ok(Some((packet, size))) => {
                self.intake.take(size);
                Ok(Some(packet))
            }
            Ok(None) => Ok(None),
            Err(sentence) => said(sentence),
        }
    }

    /// The next of what was waited for, until that moment of the run.
    pub(crate) fn next(&mut self, until: Duration) -> Result<Event, Wrong> {
        loop {
            match self.whole()? {
                None => self.read(until)?,
                Some(Packet::Publish(message)) => {
                    self.messages += 1;
                    if self.messages > MESSAGES_MAX {
                        return said(format!(
                            "it sends more than {MESSAGES_MAX} other messages; hint: name a topic with fewer"
                        ));
                    }
                    match message.qos {
                        0 => {}
                        1 => self.write(&packet::puback(message.id))?,
                        _ => self.write(&packet::pubrec(message.id))?,
                    }
                    return Ok(Event::Message(message));
                }
                Some(Packet::Pubrel(answer)) => self.write(&packet::pubcomp(answer.id))?,
                Some(Packet::Puback(answer)) => return Ok(Event::Puback(answer)),
                Some(Packet::Pubrec(answer)) => return Ok(Event::Pubrec(answer)),
                Some(Packet::Pubcomp(answer)) => return Ok(Event::Pubcomp(answer)),
                Some(Packet::Suback { id, codes, more }) => return Ok(Event::Suback { id, codes, more }),
                Some(Packet::Pingresp) => {}
                Some(Packet::Disconnect { code, more }) => {
                    let why = told(reasons::of(code), code, &more);
                    return said(format!("it ends the session: {why}"));
                }
                Some(Packet::Connack { .. }) => return said("it sends a second CONNACK"),
            }
        }
    }

    fn read(&mut self, until: Duration) -> Result<(), Wrong> {
        let pause = clock::monotonic() + self.idle;
        match self.intake.more(&mut self.connection, until.min(pause)) {
            Err(Unread::Late) if pause < until => self.write(&packet::PINGREQ),
            read => Ok(read?),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        self.intake.step()?;
        self.connection.set_timeout(self.timeout);
        Ok(self.connection.write(bytes)?)
    }

    /// With which promise the broker will deliver, and the first message that fits and came before it said so: a retained one
    /// may.
    pub(crate) fn subscribe(
        &mut self,
        filter: &str,
        qos: u8,
        only_new: OnlyNew,
        fits: &dyn Fn(&Publish) -> bool,
    ) -> Result<(u8, Option<Publish>), Wrong> {
        let subscribe = packet::subscribe(self.version, SUBSCRIBE_ID, filter, qos, only_new);
        self.write(&subscribe)?;
        let until = clock::monotonic() + self.timeout;
        let mut early = None;
        loop {
            let event = self.next(until);
            match event.map_err(|wrong| wrong.waiting_for("its answer to SUBSCRIBE", self.timeout))? {
                Event::Message(message) if early.is_none() && fits(&message) => early = Some(message),
                Event::Message(_) => {}
                Event::Suback { id: SUBSCRIBE_ID, codes, more } => {
                    return match codes[..] {
                        [granted] if granted <= qos => Ok((granted, early)),
                        [code] if code >= 0x80 => {
                            let why = match self.version {
                                Version::V5 => told(reasons::of(code), code, &more),
                                Version::V3 => {
                                    "it does not say why; hint: look at what the user may read".to_owned()
                                }
                            };
                            said(format!("it refuses the subscription to `{}`: {why}", clipped(filter)))
                        }
                        _ => said(format!(
                            "its answer to SUBSCRIBE for one topic is invalid ({} codes)",
                            codes.len()
                        )),
                    };
                }
                Event::Suback { .. } | Event::Puback(_) | Event::Pubrec(_) | Event::Pubcomp(_) => {
                    return said("it answers something that was not asked");
                }
            }
        }
    }

    pub(crate) fn publish(&mut self, topic: &str, qos: u8, payload: &[u8]) -> Result<(), Wrong> {
        if qos > self.qos_max {
            return said(format!("it takes QoS {} at most; hint: set `qos` to that", self.qos_max));
        }
        self.write(&packet::publish(self.version, PUBLISH_ID, topic, qos, payload))
    }

    /// The broker has what was published, and may send it on.
    pub(crate) fn release(&mut self) -> Result<(), Wrong> {
        self.write(&packet::pubrel(PUBLISH_ID))
    }

    /// Whether it is an answer to what was published, and a good one.
    pub(crate) fn is_taken(&self, answer: &Answer) -> Result<(), Wrong> {
        if answer.id != PUBLISH_ID {
            return said("it answers something that was not published");
        }
        if answer.code < 0x80 {
            return Ok(());
        }
        said(format!("it refuses the message: {}", told(reasons::of(answer.code), answer.code, &answer.more)))
    }

    /// A broker that is not told would publish a last will, and log that a client was lost.
    pub(crate) fn close(mut self) {
        // It was judged already.
        let _ = self.connection.write(&packet::DISCONNECT[..]);
    }
}

/// Why the client was not let in.
fn turned_away(version: Version, code: u8, more: &Properties) -> Wrong {
    let is_old = version == Version::V3 || code < 0x80;
    let name = if is_old { reasons::of_connack(code) } else { reasons::of(code) };
    let why = told(name, code, more);
    let is_busy = if is_old { code == 3 } else { BUSY.contains(&code) };
    let is_version = if is_old { code == 1 } else { code == 0x84 };
    let hint = match (is_version, version) {
        (true, Version::V5) => "; hint: try `version = \"3.1.1\"`",
        (true, Version::V3) => "; hint: try `version = \"5.0\"`",
        (false, _) => "",
    };
    let sentence = format!("it turns the client away: {why}{hint}");
    if is_busy { Wrong::Busy(sentence) } else { Wrong::Said(sentence) }
}

/// The reason's name, and what the broker says besides.
fn told(name: &str, code: u8, more: &Properties) -> String {
    let mut why = reasons::told(name, code);
    if !more.reason.is_empty() {
        why.push_str(&format!(", `{}`", clipped(&more.reason)));
    }
    if !more.reference.is_empty() {
        why.push_str(&format!("; it names `{}` instead", clipped(&more.reference)));
    }
    why
}

fn said<T>(sentence: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Said(sentence.into()))
}
