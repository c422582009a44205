//! Questions and answers, of RFC 3416, and the values in them.

use crate::ber::{self, Reader, Wrong};
use crate::oid::Oid;

const IP_ADDRESS: u8 = 0x40;
const COUNTER32: u8 = 0x41;
const GAUGE32: u8 = 0x42;
const TIME_TICKS: u8 = 0x43;
const OPAQUE: u8 = 0x44;
const COUNTER64: u8 = 0x46;
/// An obsolete type that is still met.
const UINTEGER32: u8 = 0x47;
const NO_SUCH_OBJECT: u8 = 0x80;
const NO_SUCH_INSTANCE: u8 = 0x81;
const END_OF_MIB_VIEW: u8 = 0x82;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Get = 0xa0,
    Response = 0xa2,
    GetBulk = 0xa5,
    Report = 0xa8,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Pdu {
    pub kind: Kind,
    pub id: i64,
    /// The error's number; in `GetBulk` how many names are not repeated.
    pub status: i64,
    /// Which name the error is about, from 1 on; in `GetBulk` how often the names are repeated.
    pub index: i64,
    pub bindings: Vec<(Oid, Value)>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Null,
    Integer(i64),
    Octets(Vec<u8>),
    Name(Oid),
    Address(Vec<u8>),
    Counter32(u64),
    Gauge(u64),
    /// Hundredths of a second.
    Ticks(u64),
    Counter64(u64),
    Float(f64),
    Opaque(Vec<u8>),
    NoSuchObject,
    NoSuchInstance,
    EndOfMibView,
    /// A type that SNMP does not have.
    Other(u8),
}

impl Pdu {
    pub fn encoded(&self) -> Vec<u8> {
        let mut list = Vec::new();
        for (name, value) in &self.bindings {
            list.extend(ber::sequence(&[ber::name(name), value.encoded()]));
        }
        let mut parts = ber::integer(self.id);
        parts.extend(ber::integer(self.status));
        parts.extend(ber::integer(self.index));
        parts.extend(ber::wrap(ber::SEQUENCE, &list));
        ber::wrap(self.kind as u8, &parts)
    }

    /// Nothing but an answer or a report.
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Pdu, Wrong> {
        let (tag, mut parts) = from.any()?;
        let kind = [Kind::Response, Kind::Report].into_iter().find(|kind| *kind as u8 == tag);
        let kind = kind.ok_or("it is neither an answer nor a report")?;
        let (id, status, index) = (parts.integer()?, parts.integer()?, parts.integer()?);
        let mut list = parts.take(ber::SEQUENCE)?;
        parts.end()?;
        let mut bindings = Vec::new();
        while !list.is_empty() {
            let mut binding = list.take(ber::SEQUENCE)?;
            let name = Oid::decoded(binding.take(ber::NAME)?.bytes())?;
            let (tag, contents) = binding.any()?;
            binding.end()?;
            bindings.push((name, Value::decoded(tag, contents.bytes())?));
        }
        Ok(Pdu { kind, id, status, index, bindings })
    }
}

impl Value {
    fn decoded(tag: u8, bytes: &[u8]) -> Result<Value, Wrong> {
        Ok(match tag {
            ber::INTEGER => Value::Integer(ber::signed(bytes)?),
            ber::OCTETS => Value::Octets(bytes.to_vec()),
            ber::NULL => Value::Null,
            ber::NAME => Value::Name(Oid::decoded(bytes)?),
            IP_ADDRESS => Value::Address(bytes.to_vec()),
            COUNTER32 => Value::Counter32(ber::unsigned(bytes)? & 0xffff_ffff),
            GAUGE32 | UINTEGER32 => Value::Gauge(ber::unsigned(bytes)? & 0xffff_ffff),
            TIME_TICKS => Value::Ticks(ber::unsigned(bytes)? & 0xffff_ffff),
            COUNTER64 => Value::Counter64(ber::unsigned(bytes)?),
            OPAQUE => opaque(bytes),
            NO_SUCH_OBJECT => Value::NoSuchObject,
            NO_SUCH_INSTANCE => Value::NoSuchInstance,
            END_OF_MIB_VIEW => Value::EndOfMibView,
            other => Value::Other(other),
        })
    }

    pub(crate) fn encoded(&self) -> Vec<u8> {
        let (tag, bytes) = match self {
            Value::Null => (ber::NULL, Vec::new()),
            Value::Integer(number) => return ber::integer(*number),
            Value::Octets(bytes) => (ber::OCTETS, bytes.clone()),
            Value::Name(oid) => return ber::name(oid),
            Value::Address(bytes) => (IP_ADDRESS, bytes.clone()),
            Value::Counter32(number) => (COUNTER32, whole(*number)),
            Value::Gauge(number) => (GAUGE32, whole(*number)),
            Value::Ticks(number) => (TIME_TICKS, whole(*number)),
            Value::Counter64(number) => (COUNTER64, whole(*number)),
            Value::Float(number) => (OPAQUE, [&DOUBLE[..], &[8], &number.to_be_bytes()].concat()),
            Value::Opaque(bytes) => (OPAQUE, bytes.clone()),
            Value::NoSuchObject => (NO_SUCH_OBJECT, Vec::new()),
            Value::NoSuchInstance => (NO_SUCH_INSTANCE, Vec::new()),
            Value::EndOfMibView => (END_OF_MIB_VIEW, Vec::new()),
            Value::Other(tag) => (*tag, Vec::new()),
        };
        ber::wrap(tag, &bytes)
    }
}

const FLOAT: [u8; 2] = [0x9f, 0x78];
const DOUBLE: [u8; 2] = [0x9f, 0x79];

/// Net-SNMP wraps floating numbers so.
fn opaque(bytes: &[u8]) -> Value {
    let number = match bytes {
        [a, b, 4, rest @ ..] if [*a, *b] == FLOAT => {
            rest.try_into().ok().map(|bytes| f64::from(f32::from_be_bytes(bytes)))
        }
        [a, b, 8, rest @ ..] if [*a, *b] == DOUBLE => rest.try_into().ok().map(f64::from_be_bytes),
        _ => None,
    };
    number.map_or_else(|| Value::Opaque(bytes.to_vec()), Value::Float)
}

fn whole(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let from = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    // A zero in front, where the number would be negative without.
    let zero: &[u8] = if bytes[from] & 0x80 == 0 { &[] } else { &[0] };
    [zero, &bytes[from..]].concat()
}

/// The name of an error-status.
pub(crate) fn error_name(status: i64) -> String {
    const NAMES: [&str; 18] = [
        "tooBig",
        "noSuchName",
        "badValue",
        "readOnly",
        "genErr",
        "noAccess",
        "wrongType",
        "wrongLength",
        "wrongEncoding",
        "wrongValue",
        "noCreation",
        "inconsistentValue",
        "resourceUnavailable",
        "commitFailed",
        "undoFailed",
        "authorizationError",
        "notWritable",
        "inconsistentName",
    ];
    let name = usize::try_from(status - 1).ok().and_then(|at| NAMES.get(at));
    name.map_or_else(|| format!("error {status}"), |name| (*name).to_owned())
}
