//! A bus with systemd on it, as a script: its messages are made by hand, byte by byte, by the specification of D-Bus and not by the
//! plugin's own writer.

use watchkeep_sdk::testing::Dialogue;

pub(crate) const OWNER: &str = ":1.3";

fn pad(to: &mut Vec<u8>, boundary: usize) {
    while !to.len().is_multiple_of(boundary) {
        to.push(0);
    }
}

fn text(to: &mut Vec<u8>, text: &str) {
    pad(to, 4);
    to.extend((text.len() as u32).to_le_bytes());
    to.extend(text.as_bytes());
    to.push(0);
}

/// A message in the byte order of this machine's own.
pub(crate) fn message(kind: u8, reply_to: Option<u32>, fields: &[(u8, &str)], arguments: &[&str]) -> Vec<u8> {
    let mut body = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        // The first one of `JobRemoved` is a number.
        match fields.iter().any(|(code, value)| *code == 8 && value.as_bytes()[at] == b'u') {
            true => body.extend(7_u32.to_le_bytes()),
            false => text(&mut body, argument),
        }
    }
    let mut header = vec![b'l', kind, 1, 1];
    header.extend((body.len() as u32).to_le_bytes());
    header.extend(9_u32.to_le_bytes());
    header.extend([0; 4]);
    let begins = header.len();
    if let Some(serial) = reply_to {
        header.extend([5, 1, b'u', 0]);
        header.extend(serial.to_le_bytes());
    }
    for (code, value) in fields {
        pad(&mut header, 8);
        let kind = match code {
            1 => b'o',
            8 => b'g',
            _ => b's',
        };
        header.extend([*code, 1, kind, 0]);
        match code {
            8 => {
                header.push(value.len() as u8);
                header.extend(value.as_bytes());
                header.push(0);
            }
            _ => text(&mut header, value),
        }
    }
    let length = (header.len() - begins) as u32;
    header[12..16].copy_from_slice(&length.to_le_bytes());
    pad(&mut header, 8);
    header.extend(body);
    header
}

pub(crate) fn answer(serial: u32, arguments: &[&str]) -> Vec<u8> {
    let signature = "s".repeat(arguments.len());
    let fields: &[(u8, &str)] = if arguments.is_empty() { &[] } else { &[(8, &signature)] };
    message(2, Some(serial), fields, arguments)
}

pub(crate) fn error(serial: u32, name: &str, said: &str) -> Vec<u8> {
    message(3, Some(serial), &[(4, name), (8, "s")], &[said])
}

pub(crate) fn removed(sender: &str, job: &str, result: &str) -> Vec<u8> {
    let fields = [
        (1, "/org/freedesktop/systemd1"),
        (2, "org.freedesktop.systemd1.Manager"),
        (3, "JobRemoved"),
        (7, sender),
        (8, "uoss"),
    ];
    message(4, None, &fields, &["", job, "nginx.service", result])
}

/// A bus that takes the user, and has answered the first four calls: `Hello`, `GetNameOwner`, `AddMatch`, `Subscribe`.
pub(crate) fn subscribed() -> Dialogue {
    Dialogue::new()
        .heedless()
        .says("DATA\r\n")
        .says("OK 0123456789abcdef\r\n")
        .says(answer(1, &[":1.7"]))
        // A signal that every new connection gets.
        .says(message(4, None, &[(2, "org.freedesktop.DBus"), (3, "NameAcquired"), (8, "s")], &[":1.7"]))
        .says(answer(2, &[OWNER]))
        .says([answer(3, &[]), answer(4, &[])].concat())
}

/// The same, which has also cleared the failed starts.
pub(crate) fn ready() -> Dialogue {
    subscribed().says(answer(5, &[]))
}
