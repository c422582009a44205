//! The first message of a handshake, and the first of the answer: enough to learn which protocol and cipher a server would
//! take, up to TLS 1.2. Nothing comes of such a handshake.

use watchkeep_sdk::net::{Connection, Failure, FailureKind};

use crate::config::Protocol;

/// What a server says to a first message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It takes this version of the protocol, and this cipher suite.
    Takes { version: u16, suite: u16 },
    /// An alert, or the end of the connection.
    Refuses,
    /// Something else.
    Nonsense,
}

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// What a record may hold.
const RECORD_BYTES_MAX: usize = 1 << 14;

/// Offers no newer protocol than this, and these suites.
pub(crate) fn client_hello(protocol: Protocol, suites: &[u16], name: &str, random: &[u8]) -> Vec<u8> {
    let mut body = protocol.wire().to_be_bytes().to_vec();
    body.extend_from_slice(random);
    // No session to go on with.
    body.push(0);
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    body.extend(with_size(&suites));
    // No compression.
    body.extend_from_slice(&[1, 0]);
    if protocol > Protocol::Ssl3 {
        body.extend(with_size(&extensions(protocol, name)));
    }
    let size = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut message = vec![CLIENT_HELLO, size[1], size[2], size[3]];
    message.extend(body);
    let record = if protocol == Protocol::Ssl3 { Protocol::Ssl3 } else { Protocol::Tls10 };
    let mut all = vec![HANDSHAKE];
    all.extend(record.wire().to_be_bytes());
    all.extend(with_size(&message));
    all
}

fn extensions(protocol: Protocol, name: &str) -> Vec<u8> {
    let mut all = Vec::new();
    // An address is no name to be asked for.
    if name.parse::<std::net::IpAddr>().is_err() {
        let mut one = vec![0];
        one.extend(with_size(name.as_bytes()));
        extension(&mut all, 0x0000, &with_size(&one));
    }
    // X25519, the curves of NIST, finite fields of 2,048 bits.
    extension(&mut all, 0x000a, &with_size(&[0, 29, 0, 23, 0, 24, 0, 25, 1, 0]));
    // Points in the usual form.
    extension(&mut all, 0x000b, &[1, 0]);
    if protocol >= Protocol::Tls12 {
        // Signatures by ECDSA and RSA, from SHA-512 down to SHA-1.
        let schemes = [4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 8, 6, 4, 1, 5, 1, 6, 1, 2, 1, 2, 3];
        extension(&mut all, 0x000d, &with_size(&schemes));
    }
    // That a renegotiation would be a safe one.
    extension(&mut all, 0xff01, &[0]);
    all
}

fn extension(all: &mut Vec<u8>, kind: u16, content: &[u8]) {
    all.extend(kind.to_be_bytes());
    all.extend(with_size(content));
}

/// Behind its size in two bytes.
fn with_size(bytes: &[u8]) -> Vec<u8> {
    let size = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&size.to_be_bytes(), bytes].concat()
}

/// What the server says first. A timeout is a failure; an end is an answer.
pub(crate) fn answer(connection: &mut Connection) -> Result<Answer, Box<Failure>> {
    let refuses = |failure: Box<Failure>| match failure.kind {
        FailureKind::Closed | FailureKind::Reset => Ok(Answer::Refuses),
        _ => Err(failure),
    };
    let head = match connection.read_exactly(5) {
        Ok(head) => head,
        Err(failure) => return refuses(failure),
    };
    let size = usize::from(u16::from_be_bytes([head[3], head[4]]));
    if size == 0 || size > RECORD_BYTES_MAX {
        return Ok(Answer::Nonsense);
    }
    match connection.read_exactly(size) {
        Ok(content) => Ok(read(head[0], &content)),
        Err(failure) => refuses(failure),
    }
}

/// What a record says, by its kind.
pub fn read(kind: u8, content: &[u8]) -> Answer {
    match kind {
        ALERT => Answer::Refuses,
        HANDSHAKE => server_hello(content).unwrap_or(Answer::Nonsense),
        _ => Answer::Nonsense,
    }
}

fn server_hello(content: &[u8]) -> Option<Answer> {
    let (&[kind, ..], rest) = content.split_first_chunk::<4>()?;
    if kind != SERVER_HELLO {
        return None;
    }
    let (version, rest) = rest.split_first_chunk::<2>()?;
    let (_, rest) = rest.split_first_chunk::<32>()?;
    let (&session, rest) = rest.split_first()?;
    let suite = rest.get(usize::from(session)..)?.first_chunk::<2>()?;
    Some(Answer::Takes { version: u16::from_be_bytes(*version), suite: u16::from_be_bytes(*suite) })
}
