//! Binary protocols: directories and databases.

use super::{NoTls, refused};
use crate::net::Connection;

/// The extended operation 1.3.6.1.4.1.1466.20037 of RFC 4511, as message 1.
const LDAP_REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// The most bytes of the LDAP message that answers it.
const LDAP_BYTES_MAX: usize = 16 << 10;

pub(super) fn ldap(connection: &mut Connection) -> Result<(), NoTls> {
    connection.write(LDAP_REQUEST)?;
    let head = connection.read_exactly(2)?;
    if head[0] != 0x30 {
        return Err(NoTls::Refused("what answers speaks no LDAP".to_owned()));
    }
    let size = match head[1] {
        short @ ..0x80 => usize::from(short),
        // The size itself comes in this many bytes.
        long => {
            let bytes = connection.read_exactly(usize::from(long & 0x7f).min(4))?;
            bytes.iter().fold(0, |size, byte| size << 8 | usize::from(*byte))
        }
    };
    if size > LDAP_BYTES_MAX {
        return Err(NoTls::Refused(format!("its answer is larger than {LDAP_BYTES_MAX} bytes")));
    }
    let message = connection.read_exactly(size)?;
    match ldap_result(&message) {
        Some(0) => Ok(()),
        Some(code) => {
            Err(NoTls::Refused(format!("it does not start TLS: LDAP result {code}{}", ldap_words(code))))
        }
        None => Err(NoTls::Refused("its answer to STARTTLS is not LDAP".to_owned())),
    }
}

/// The result code in `messageID INTEGER, [APPLICATION 24] { resultCode ENUMERATED ...`.
fn ldap_result(message: &[u8]) -> Option<u8> {
    let (tag, _, rest) = element(message)?;
    let (0x02, (0x78, response, _)) = (tag, element(rest)?) else { return None };
    match element(response)? {
        (0x0a, [code], _) => Some(*code),
        _ => None,
    }
}

/// The tag and content of an element, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (size, rest) = match first {
        short @ ..0x80 => (usize::from(short), rest),
        long => {
            let (size, rest) = rest.split_at_checked(usize::from(long & 0x7f).min(4))?;
            (size.iter().fold(0, |size, byte| size << 8 | usize::from(*byte)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(size)?;
    Some((tag, content, rest))
}

const fn ldap_words(code: u8) -> &'static str {
    match code {
        1 => " (operations error)",
        2 => " (protocol error)",
        13 => " (confidentiality required)",
        52 => " (unavailable)",
        53 => " (unwilling to perform)",
        _ => "",
    }
}

/// `SSLRequest`: its length, and a code in place of a version.
const POSTGRESQL_REQUEST: &[u8] = &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

pub(super) fn postgresql(connection: &mut Connection) -> Result<(), NoTls> {
    connection.write(POSTGRESQL_REQUEST)?;
    match connection.read_exactly(1)?[0] {
        b'S' => Ok(()),
        b'N' => Err(NoTls::Refused("it takes no TLS (`ssl` is off, or built without)".to_owned())),
        b'E' => refused("it does not start TLS", &rest_of_error(connection)),
        other => Err(NoTls::Refused(format!("what answers speaks no PostgreSQL (byte {other:#04x})"))),
    }
}

/// The part of an error that has arrived, as text.
fn rest_of_error(connection: &mut Connection) -> String {
    let rest = connection.read(512).unwrap_or_default();
    String::from_utf8_lossy(&rest).into_owned()
}

/// `CLIENT_PROTOCOL_41`, `CLIENT_SSL`, `CLIENT_SECURE_CONNECTION`.
const MYSQL_CAPABILITIES: u32 = 0x0000_0200 | MYSQL_SSL | 0x0000_8000;
const MYSQL_SSL: u32 = 0x0000_0800;
const MYSQL_BYTES_MAX: usize = 4 << 10;

pub(super) fn mysql(connection: &mut Connection) -> Result<(), NoTls> {
    let head = connection.read_exactly(4)?;
    let size = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
    if size == 0 || size > MYSQL_BYTES_MAX {
        return Err(NoTls::Refused("what answers speaks no MySQL".to_owned()));
    }
    let greeting = connection.read_exactly(size)?;
    match greeting.first() {
        Some(0xff) => {
            let code = greeting.get(1..3).map_or(0, |code| u16::from_le_bytes([code[0], code[1]]));
            let said = String::from_utf8_lossy(greeting.get(3..).unwrap_or_default());
            return refused(&format!("it takes no connection, error {code}"), &said);
        }
        Some(10) => {}
        Some(_) | None => {
            return Err(NoTls::Refused("what answers speaks no MySQL of protocol 10".to_owned()));
        }
    }
    // After the version's text come the connection's number, eight bytes of salt, a zero, and the server's
    // capabilities.
    let end = greeting.iter().position(|byte| *byte == 0).unwrap_or(greeting.len());
    let can =
        greeting.get(end + 14..end + 16).map_or(0, |low| u32::from(u16::from_le_bytes([low[0], low[1]])));
    if can & MYSQL_SSL == 0 {
        return Err(NoTls::Refused(
            "it takes no TLS (no certificate is configured, or `skip_ssl` is set)".to_owned(),
        ));
    }
    let mut request = vec![32, 0, 0, 1];
    request.extend_from_slice(&MYSQL_CAPABILITIES.to_le_bytes());
    request.extend_from_slice(&(1_u32 << 24).to_le_bytes());
    // `utf8mb4`, followed by reserved bytes.
    request.push(45);
    request.extend_from_slice(&[0; 23]);
    Ok(connection.write(request)?)
}
