//! As much of ASN.1's Basic Encoding Rules as SNMP uses: lengths are stated, and hold.

use crate::oid::Oid;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const NAME: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// Why bytes are none of these.
pub(crate) type Wrong = &'static str;

/// Contents under a tag, from front to back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Where the rest begins in the whole message.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.rest
    }
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// The next tag with its contents.
    pub(crate) fn any(&mut self) -> Result<(u8, Reader<'a>), Wrong> {
        const CUT: Wrong = "it is cut off";
        let [tag, length, ..] = *self.rest else { return Err(CUT) };
        let (head, length) = match length {
            0..=0x7f => (2, usize::from(length)),
            0x81..=0x84 => {
                let more = usize::from(length & 0x7f);
                let digits = self.rest.get(2..2 + more).ok_or(CUT)?;
                (2 + more, digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
            }
            _ => return Err("a length has no form that SNMP knows"),
        };
        let rest = &self.rest[head..];
        if length > rest.len() {
            return Err("a length goes beyond its end");
        }
        let (contents, behind) = rest.split_at(length);
        let found = Reader { rest: contents, at: self.at + head };
        *self = Reader { rest: behind, at: self.at + head + length };
        Ok((tag, found))
    }
    pub(crate) fn take(&mut self, wanted: u8) -> Result<Reader<'a>, Wrong> {
        match self.any()? {
            (tag, contents) if tag == wanted => Ok(contents),
            _ => Err("it has parts of another kind than SNMP's"),
        }
    }
    pub(crate) fn integer(&mut self) -> Result<i64, Wrong> {
        signed(self.take(INTEGER)?.rest)
    }
    pub(crate) fn octets(&mut self) -> Result<&'a [u8], Wrong> {
        Ok(self.take(OCTETS)?.rest)
    }
    pub(crate) fn end(&self) -> Result<(), Wrong> {
        if self.is_empty() { Ok(()) } else { Err("it has more parts than SNMP's") }
    }
}

pub(crate) fn signed(bytes: &[u8]) -> Result<i64, Wrong> {
    match bytes {
        [] => Err("a number has no digits"),
        [first, ..] if bytes.len() <= 8 => {
            let sign = if first & 0x80 == 0 { 0 } else { -1 };
            Ok(bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte)))
        }
        _ => Err("a number has more than 64 bits"),
    }
}

/// Some agents leave out the zero that keeps a number from being negative.
pub(crate) fn unsigned(bytes: &[u8]) -> Result<u64, Wrong> {
    match bytes {
        [] => Err("a number has no digits"),
        [0, rest @ ..] if rest.len() <= 8 => Ok(number(rest)),
        _ if bytes.len() <= 8 => Ok(number(bytes)),
        _ => Err("a number has more than 64 bits"),
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A tag with these contents.
pub fn wrap(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = contents.len();
    match length {
        0..=0x7f => bytes.push(length as u8),
        0x80..=0xff => bytes.extend([0x81, length as u8]),
        _ => bytes.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    bytes.extend_from_slice(contents);
    bytes
}

pub fn integer(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    // What only repeats the sign is left out.
    let is_spare = |at: usize| bytes[at] == if number < 0 { 0xff } else { 0 };
    let mut from = 0;
    while from < 7 && is_spare(from) && (bytes[from] ^ bytes[from + 1]) & 0x80 == 0 {
        from += 1;
    }
    wrap(INTEGER, &bytes[from..])
}

pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    wrap(OCTETS, bytes)
}

pub(crate) fn name(oid: &Oid) -> Vec<u8> {
    wrap(NAME, &oid.encoded())
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    wrap(SEQUENCE, &parts.concat())
}
