//! Messages around questions and answers: version 2c by RFC 1901, version 3 by RFC 3412 with the security model of RFC 3414.

use crate::ber::{self, Reader, Wrong};
use crate::pdu::Pdu;

const VERSION_2C: i64 = 1;
const VERSION_3: i64 = 3;
/// The user-based security model.
const USER_BASED: i64 = 3;
/// The largest message that can come back: what a datagram holds.
const SIZE_MAX: i64 = 65_507;

pub(crate) const SIGNED: u8 = 1;
pub(crate) const ENCRYPTED: u8 = 2;
/// A report may answer it.
pub(crate) const REPORTABLE: u8 = 4;

pub(crate) fn community(community: &[u8], pdu: &Pdu) -> Vec<u8> {
    ber::sequence(&[ber::integer(VERSION_2C), ber::octets(community), pdu.encoded()])
}

/// What stands in an answer of version 2c.
pub fn read_community(message: &[u8]) -> Result<Pdu, Wrong> {
    let mut parts = opened(message, VERSION_2C)?;
    parts.octets()?;
    let pdu = Pdu::read(&mut parts)?;
    parts.end()?;
    Ok(pdu)
}

/// A message of version 3, but for its contents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    pub id: i64,
    pub flags: u8,
    pub engine: Vec<u8>,
    pub boots: i64,
    /// Seconds since it started.
    pub time: i64,
    pub user: Vec<u8>,
    pub signature: Vec<u8>,
    pub salt: Vec<u8>,
}

/// One that came.
#[derive(Debug)]
pub struct Sealed<'m> {
    pub head: Head,
    message: &'m [u8],
    /// Where the signature stands.
    signature_at: usize,
    contents: Reader<'m>,
}

impl Head {
    /// The message, with what `sign` makes of it in the place of the signature, which has to be as long. `contents` are
    /// encoded whole.
    pub fn around(&self, contents: &[u8], sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let salt = ber::octets(&self.salt);
        let security = ber::sequence(&[
            ber::octets(&self.engine),
            ber::integer(self.boots),
            ber::integer(self.time),
            ber::octets(&self.user),
            ber::octets(&self.signature),
            salt.clone(),
        ]);
        let global = ber::sequence(&[
            ber::integer(self.id),
            ber::integer(SIZE_MAX),
            ber::octets(&[self.flags]),
            ber::integer(USER_BASED),
        ]);
        let mut message =
            ber::sequence(&[ber::integer(VERSION_3), global, ber::octets(&security), contents.to_vec()]);
        if !self.signature.is_empty() {
            let end = message.len() - contents.len() - salt.len();
            let signature = sign(&message);
            if let Some(place) = message.get_mut(end - self.signature.len()..end)
                && place.len() == signature.len()
            {
                place.copy_from_slice(&signature);
            }
        }
        message
    }
}

/// A message of version 3, as it came.
pub fn read_sealed(message: &[u8]) -> Result<Sealed<'_>, Wrong> {
    let mut parts = opened(message, VERSION_3)?;
    let mut global = parts.take(ber::SEQUENCE)?;
    let id = global.integer()?;
    global.integer()?;
    let [flags] = *global.octets()? else { return Err("its flags are not one byte") };
    if global.integer()? != USER_BASED {
        return Err("its security model is not the user-based one");
    }
    global.end()?;
    let mut security = parts.take(ber::OCTETS)?;
    let mut fields = security.take(ber::SEQUENCE)?;
    security.end()?;
    let engine = fields.octets()?.to_vec();
    let (boots, time) = (fields.integer()?, fields.integer()?);
    let user = fields.octets()?.to_vec();
    let signature = fields.take(ber::OCTETS)?;
    let salt = fields.octets()?.to_vec();
    fields.end()?;
    let head = Head { id, flags, engine, boots, time, user, signature: signature.bytes().to_vec(), salt };
    Ok(Sealed { head, message, signature_at: signature.at(), contents: parts })
}

impl Sealed<'_> {
    pub(crate) const fn has(&self, flag: u8) -> bool {
        self.head.flags & flag != 0
    }
    /// What was signed: the message with nothing in the place of the signature.
    pub fn unsigned(&self) -> Vec<u8> {
        let mut message = self.message.to_vec();
        let end = self.signature_at + self.head.signature.len();
        if let Some(place) = message.get_mut(self.signature_at..end) {
            place.fill(0);
        }
        message
    }
    /// What is encrypted.
    pub fn encrypted(&self) -> Result<&[u8], Wrong> {
        let mut contents = self.contents;
        contents.octets()
    }
    /// What stands in it in the clear.
    pub fn plain(&self) -> Result<Pdu, Wrong> {
        scoped(self.contents)
    }
}

/// What was encrypted.
pub fn read_scoped(bytes: &[u8]) -> Result<Pdu, Wrong> {
    scoped(Reader::new(bytes))
}

fn scoped(mut from: Reader<'_>) -> Result<Pdu, Wrong> {
    let mut parts = from.take(ber::SEQUENCE)?;
    // The engine and the context.
    parts.octets()?;
    parts.octets()?;
    Pdu::read(&mut parts)
}

fn opened(message: &[u8], wanted: i64) -> Result<Reader<'_>, Wrong> {
    let mut whole = Reader::new(message);
    let mut parts = whole.take(ber::SEQUENCE)?;
    whole.end()?;
    match parts.integer()? {
        version if version == wanted => Ok(parts),
        0 => Err("it speaks version 1"),
        VERSION_2C => Err("it speaks version 2c"),
        VERSION_3 => Err("it speaks version 3"),
        _ => Err("it speaks an unknown version"),
    }
}
