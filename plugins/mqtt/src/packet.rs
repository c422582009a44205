//! Packets of MQTT 3.1.1 and 5.0: those that a client writes, and those that it reads.

use crate::properties::{self, Properties};

/// The most bytes of a packet that is read.
pub(crate) const PACKET_BYTES_MAX: usize = 256 << 10;
/// A number of four bytes with seven bits each.
const LENGTH_BYTES_MAX: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// 3.1.1.
    V3,
    /// 5.0.
    V5,
}

/// What a broker says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Packet {
    Connack { has_session: bool, code: u8, more: Properties },
    Publish(Publish),
    Puback(Answer),
    Pubrec(Answer),
    Pubrel(Answer),
    Pubcomp(Answer),
    Suback { id: u16, codes: Vec<u8>, more: Properties },
    Pingresp,
    Disconnect { code: u8, more: Properties },
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub is_retained: bool,
    /// 0 without a promise.
    pub id: u16,
}

/// One step of a promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub id: u16,
    pub code: u8,
    pub more: Properties,
}

const NAMES: [&str; 16] = [
    "packet of type 0",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
];

impl Packet {
    pub(crate) fn name(&self) -> &'static str {
        NAMES[match self {
            Packet::Connack { .. } => 2,
            Packet::Publish(_) => 3,
            Packet::Puback(_) => 4,
            Packet::Pubrec(_) => 5,
            Packet::Pubrel(_) => 6,
            Packet::Pubcomp(_) => 7,
            Packet::Suback { .. } => 9,
            Packet::Pingresp => 13,
            Packet::Disconnect { .. } => 14,
        }]
    }
}

/// The packet that the bytes begin with, and how long it is; none if it is not whole yet. An error says in a sentence what
/// is none of a broker's packets.
pub fn read(bytes: &[u8], version: Version) -> Result<Option<(Packet, usize)>, String> {
    let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
    let (kind, flags) = (first >> 4, first & 0x0f);
    let name = NAMES[usize::from(kind)];
    let is_brokers = match kind {
        2..=7 | 9 | 13 => true,
        14 => version == Version::V5,
        _ => false,
    };
    if !is_brokers {
        return Err(format!("it sends a {name}, which no broker sends here"));
    }
    if kind != 3 && flags != if kind == 6 { 2 } else { 0 } {
        return Err(format!("it sends a {name} with flags that are reserved ({flags})"));
    }
    let mut cursor = Cursor(rest);
    let Some(length) = cursor.length() else {
        if rest.len() >= LENGTH_BYTES_MAX {
            return Err(format!("it sends a {name} whose length is not a number"));
        }
        return Ok(None);
    };
    if length > PACKET_BYTES_MAX {
        return Err(format!("it sends a {name} of {length} bytes; at most {PACKET_BYTES_MAX} are read"));
    }
    let head = bytes.len() - cursor.0.len();
    let Some(body) = cursor.take(length) else { return Ok(None) };
    match decode(kind, flags, Cursor(body), version) {
        Some(packet) => Ok(Some((packet, head + length))),
        None => Err(format!("it sends a {name} of {length} bytes that is malformed")),
    }
}

fn decode(kind: u8, flags: u8, mut body: Cursor<'_>, version: Version) -> Option<Packet> {
    let packet = match kind {
        2 => {
            let (flag, code) = (body.byte()?, body.byte()?);
            // Who speaks only 3.1.1 says so in 3.1.1.
            let more = body.properties_or_none(version)?;
            (flag <= 1).then_some(Packet::Connack { has_session: flag == 1, code, more })?
        }
        3 => Packet::Publish(body.publish(flags, version)?),
        4 => Packet::Puback(body.answer(version)?),
        5 => Packet::Pubrec(body.answer(version)?),
        6 => Packet::Pubrel(body.answer(version)?),
        7 => Packet::Pubcomp(body.answer(version)?),
        9 => {
            let id = body.two()?;
            let more =
                if version == Version::V5 { properties::read(&mut body)? } else { Properties::default() };
            let codes = body.take(body.0.len())?.to_vec();
            Packet::Suback { id, codes, more }
        }
        13 => Packet::Pingresp,
        _ => {
            let code = if body.0.is_empty() { 0 } else { body.byte()? };
            Packet::Disconnect { code, more: body.properties_or_none(version)? }
        }
    };
    body.0.is_empty().then_some(packet)
}

/// What is left to read.
pub(crate) struct Cursor<'b>(pub(crate) &'b [u8]);

impl<'b> Cursor<'b> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }
    pub(crate) fn two(&mut self) -> Option<u16> {
        self.take(2).map(|two| u16::from_be_bytes([two[0], two[1]]))
    }
    /// With its length in front.
    pub(crate) fn text(&mut self) -> Option<&'b [u8]> {
        let length = self.two()?;
        self.take(usize::from(length))
    }
    /// Seven bits a byte, the lowest first.
    pub(crate) fn length(&mut self) -> Option<usize> {
        let mut length = 0;
        for place in 0..LENGTH_BYTES_MAX {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(length);
            }
        }
        None
    }
    fn properties_or_none(&mut self, version: Version) -> Option<Properties> {
        match (version, self.0.is_empty()) {
            (_, true) => Some(Properties::default()),
            (Version::V5, false) => properties::read(self),
            (Version::V3, false) => None,
        }
    }
    fn answer(&mut self, version: Version) -> Option<Answer> {
        let id = self.two()?;
        let code = if version == Version::V5 && !self.0.is_empty() { self.byte()? } else { 0 };
        Some(Answer { id, code, more: self.properties_or_none(version)? })
    }
    fn publish(&mut self, flags: u8, version: Version) -> Option<Publish> {
        let qos = flags >> 1 & 3;
        let topic = std::str::from_utf8(self.text()?).ok()?;
        let id = if qos > 0 { self.two()? } else { 0 };
        if version == Version::V5 {
            properties::read(self)?;
        }
        let payload = self.take(self.0.len())?.to_vec();
        // No alias of a topic was agreed on.
        let is_named = !topic.is_empty() && !topic.bytes().any(|byte| matches!(byte, b'+' | b'#' | 0));
        let is_promised = qos < 3 && (qos == 0) == (id == 0);
        (is_named && is_promised).then(|| Publish {
            topic: topic.to_owned(),
            payload,
            qos,
            is_retained: flags & 1 == 1,
            id,
        })
    }
}

/// What a client says of itself.
pub(crate) struct Connect<'c> {
    pub(crate) version: Version,
    pub(crate) keep_alive: u16,
    pub(crate) client_id: &'c str,
    pub(crate) user: Option<&'c str>,
    /// The length of the password, which is to follow.
    pub(crate) password_length: Option<u16>,
}

impl Connect<'_> {
    /// All of it but the password.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut body = Vec::new();
        text(&mut body, "MQTT");
        body.push(if self.version == Version::V5 { 5 } else { 4 });
        // A clean start.
        let flags = 0x02 | if self.user.is_some() { 0x80 } else { 0 };
        body.push(flags | if self.password_length.is_some() { 0x40 } else { 0 });
        body.extend(self.keep_alive.to_be_bytes());
        if self.version == Version::V5 {
            // The largest packet that is taken.
            body.extend([5, 0x27]);
            body.extend((PACKET_BYTES_MAX as u32).to_be_bytes());
        }
        text(&mut body, self.client_id);
        if let Some(user) = self.user {
            text(&mut body, user);
        }
        let mut follows = 0;
        if let Some(length) = self.password_length {
            body.extend(length.to_be_bytes());
            follows = usize::from(length);
        }
        headed(0x10, body, follows)
    }
}

/// `only_new` keeps what is retained away, where the version can say so.
pub(crate) fn subscribe(version: Version, id: u16, filter: &str, qos: u8, only_new: OnlyNew) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    let mut options = qos;
    if version == Version::V5 {
        body.push(0);
        options |= if only_new == OnlyNew::Yes { 2 << 4 } else { 0 };
    }
    text(&mut body, filter);
    body.push(options);
    headed(0x82, body, 0)
}

/// Whether only what is published from now on is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnlyNew {
    Yes,
    No,
}

pub(crate) fn publish(version: Version, id: u16, topic: &str, qos: u8, payload: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, topic);
    if qos > 0 {
        body.extend(id.to_be_bytes());
    }
    if version == Version::V5 {
        body.push(0);
    }
    body.extend(payload);
    headed(0x30 | qos << 1, body, 0)
}

pub(crate) const fn puback(id: u16) -> [u8; 4] {
    answer(0x40, id)
}
pub(crate) const fn pubrec(id: u16) -> [u8; 4] {
    answer(0x50, id)
}
pub(crate) const fn pubrel(id: u16) -> [u8; 4] {
    answer(0x62, id)
}
pub(crate) const fn pubcomp(id: u16) -> [u8; 4] {
    answer(0x70, id)
}
pub(crate) const PINGREQ: [u8; 2] = [0xc0, 0];
pub(crate) const DISCONNECT: [u8; 2] = [0xe0, 0];

const fn answer(first: u8, id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [first, 2, high, low]
}

/// `follows` bytes of it are written elsewhere.
fn headed(first: u8, body: Vec<u8>, follows: usize) -> Vec<u8> {
    let mut packet = vec![first];
    let mut left = body.len() + follows;
    loop {
        let more = left > 0x7f;
        packet.push((left & 0x7f) as u8 | if more { 0x80 } else { 0 });
        left >>= 7;
        if !more {
            break;
        }
    }
    packet.extend(body);
    packet
}

/// Texts that are sent are bounded by the config.
fn text(body: &mut Vec<u8>, text: &str) {
    body.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    body.extend(text.as_bytes());
}
