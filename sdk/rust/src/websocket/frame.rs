//! Frames of RFC 6455: those that a client writes, and those that it reads.

/// The most bytes of a message that is read.
pub(super) const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// The most bytes that a control frame carries.
pub(super) const CONTROL_BYTES_MAX: usize = 125;

pub(super) const CONTINUATION: u8 = 0;
pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

const LAST: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What a server sends: a part of a message, or a word about the connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub opcode: u8,
    pub is_last: bool,
    pub payload: Vec<u8>,
}

/// The frame that the bytes begin with, and how long it is; none if it is not whole yet. An error says in a sentence what no
/// server sends.
pub fn read(bytes: &[u8]) -> Result<Option<(Frame, usize)>, String> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let opcode = first & 0x0f;
    if first & 0x70 != 0 {
        return Err("it sends a frame with reserved bits, which nobody agreed on".to_owned());
    }
    if !matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
        return Err(format!("it sends a frame of the unknown type {opcode}"));
    }
    let is_last = first & LAST != 0;
    let is_control = opcode >= CLOSE;
    if is_control && !is_last {
        return Err("it sends a control frame in parts".to_owned());
    }
    let Some(&second) = bytes.get(1) else { return Ok(None) };
    if second & MASKED != 0 {
        return Err("it masks its frames, as only clients do".to_owned());
    }
    let (length, head) = match (second, bytes.get(2..4), bytes.get(2..10)) {
        (..=125, _, _) => (u64::from(second), 2),
        (126, Some(&[high, low]), _) => (u64::from(u16::from_be_bytes([high, low])), 4),
        (127.., _, Some(eight)) => (eight.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 10),
        (_, _, _) => return Ok(None),
    };
    if is_control && length > CONTROL_BYTES_MAX as u64 {
        return Err(format!(
            "it sends a control frame of {length} bytes; there are at most {CONTROL_BYTES_MAX}"
        ));
    }
    if (head == 4 && length < 126) || (head == 10 && length <= 0xffff) {
        return Err("it writes the length of a frame in more bytes than it needs".to_owned());
    }
    let Some(length) = usize::try_from(length).ok().filter(|length| *length <= MESSAGE_BYTES_MAX) else {
        return Err(format!("it sends a frame of {length} bytes; at most {MESSAGE_BYTES_MAX} are read"));
    };
    match bytes.get(head..head + length) {
        Some(payload) => Ok(Some((Frame { opcode, is_last, payload: payload.to_vec() }, head + length))),
        None => Ok(None),
    }
}

/// A whole message, masked as a client has to.
pub fn write(opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![LAST | opcode];
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..=125), _) => frame.push(MASKED | length),
        (_, Ok(length)) => {
            frame.push(MASKED | 126);
            frame.extend(length.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(MASKED | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}
