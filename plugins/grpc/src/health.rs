//! One question to the health service, and what came of it (`grpc.health.v1.Health/Check`).

use std::borrow::Cow;

use watchkeep_sdk::http::{self, Detailed, Extras};

use crate::config::Grpc;

const METHOD: &str = "/grpc.health.v1.Health/Check";
/// The most bytes of an answer. A real one has two; the page of a proxy may have more.
const BODY_BYTES_MAX: u64 = 64 << 10;
/// Before a message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;
/// The field `status` of the answer, as a number.
const STATUS: u64 = 1 << 3;

/// What the health service says of a service. `3` is `SERVICE_UNKNOWN`, which only who watches is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Serving {
    Unknown,
    Serving,
    NotServing,
    Other(u64),
}

impl Serving {
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Serving::Unknown => "UNKNOWN".into(),
            Serving::Serving => "SERVING".into(),
            Serving::NotServing => "NOT_SERVING".into(),
            Serving::Other(3) => "SERVICE_UNKNOWN".into(),
            Serving::Other(number) => format!("status {number}").into(),
        }
    }
}

pub(crate) fn ask(config: &Grpc, service: &str) -> Detailed {
    let mut request = http::post(config.url.join(METHOD))
        .header("content-type", "application/grpc")
        .header("grpc-timeout", grpc_timeout(config))
        .body(message(service))
        .timeout(config.timeout)
        .redirects_max(0)
        .raw_body()
        .body_bytes_max(BODY_BYTES_MAX)
        .family(config.ip_family);
    for (name, value) in &config.metadata.0 {
        request = request.header(name, value);
    }
    for (name, secret) in &config.secret_metadata.0 {
        request = request.secret_header(name, secret);
    }
    if let Some(bearer) = &config.bearer {
        request = request.bearer(bearer);
    }
    if let Some(name) = config.peer.server_name() {
        request = request.header("host", name);
    }
    let request = request.tls_options(config.peer.options());
    request.fetch_with(&Extras::default().http2())
}

/// In milliseconds, with at most eight digits: the server gives up a moment after nobody waits any more, so that who is late is
/// always told in the same words.
fn grpc_timeout(config: &Grpc) -> String {
    const LONGER: u128 = 1_000;
    format!("{}m", (config.timeout.as_millis() + LONGER).min(99_999_999))
}

/// A `HealthCheckRequest` with its prefix.
fn message(service: &str) -> Vec<u8> {
    const SERVICE: u8 = 1 << 3 | 2;
    let mut body = Vec::new();
    if !service.is_empty() {
        body.push(SERVICE);
        push_varint(&mut body, service.len());
        body.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0][..], &length, &body].concat()
}

fn push_varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// What the answer's body says, or what is wrong with it.
pub fn serving(body: &[u8]) -> Result<Serving, String> {
    let Some((prefix, message)) = body.split_at_checked(PREFIX_BYTES) else {
        return Err(format!("its answer has {} bytes; a message has at least {PREFIX_BYTES}", body.len()));
    };
    let (compressed, length) = (prefix[0], u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]));
    if compressed != 0 {
        return Err("its answer is compressed, which was not asked for".to_owned());
    }
    if u64::from(length) != message.len() as u64 {
        return Err(format!("its answer says that it has {length} bytes, and has {}", message.len()));
    }
    status(message).ok_or_else(|| "its answer is not a message of the health service".to_owned())
}

/// The last `status` counts; it is 0 where there is none.
fn status(mut message: &[u8]) -> Option<Serving> {
    let mut status = 0;
    while !message.is_empty() {
        let key = varint(&mut message)?;
        match key {
            STATUS => status = varint(&mut message)?,
            _ => skip(key, &mut message)?,
        }
    }
    Some(match status {
        0 => Serving::Unknown,
        1 => Serving::Serving,
        2 => Serving::NotServing,
        other => Serving::Other(other),
    })
}

/// A field of later versions.
fn skip(key: u64, message: &mut &[u8]) -> Option<()> {
    if key >> 3 == 0 {
        return None;
    }
    let bytes = match key & 7 {
        0 => return varint(message).map(drop),
        1 => 8,
        2 => usize::try_from(varint(message)?).ok()?,
        5 => 4,
        _ => return None,
    };
    *message = message.get(bytes..)?;
    Some(())
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for at in 0..10 {
        let (&byte, rest) = message.split_first()?;
        *message = rest;
        // The tenth has a single bit.
        if at == 9 && byte > 1 {
            return None;
        }
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// As `grpc-message` is written: `%` and two digits for what is not printable.
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match decoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            Some(_) | None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_what_the_protocol_says() {
        assert_eq!(message(""), [0, 0, 0, 0, 0]);
        assert_eq!(message("a.B"), b"\0\0\0\0\x05\x0a\x03a.B");
        let long = message(&"x".repeat(300));
        assert_eq!((&long[..8], long.len()), (&[0, 0, 0, 1, 47, 0x0a, 0xac, 0x02][..], 308));
    }

    #[test]
    fn numbers_of_any_length_are_read_and_no_longer_ones() {
        for (bytes, number) in [
            (&[0x00][..], Some(0)),
            (&[0x7f], Some(127)),
            (&[0xac, 0x02], Some(300)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Some(u64::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], None),
            (&[0x80], None),
            (&[], None),
        ] {
            assert_eq!(varint(&mut &*bytes), number, "{bytes:?}");
        }
    }
}
