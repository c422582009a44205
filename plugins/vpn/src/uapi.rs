//! What the socket of a userspace WireGuard says: lines `key=value`, a peer after the other, `errno` and an empty line at the
//! end.

use std::str;

use crate::config::from_hex;

/// More than any machine has; what is over is not read.
const PEERS_MAX: usize = 20_000;
const ENDPOINT_BYTES_MAX: usize = 64;

/// A peer of an interface; likewise a client of an OpenVPN server.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Peer {
    /// The public key in base64; of a client its common name.
    pub key: String,
    /// The address and port from which it was heard last.
    pub endpoint: Option<String>,
    /// When the last handshake was, in seconds since the Unix epoch, and none before the first; of a client when it connected.
    pub handshake: Option<u64>,
    pub received: u64,
    pub sent: u64,
    /// Whether this side sends something at all times.
    pub keepalive: bool,
    /// How many connections a client has beside this one.
    pub more: usize,
}

/// The peers that were read so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Interface {
    pub peers: Vec<Peer>,
    errno: Option<u64>,
    lines: usize,
}

impl Interface {
    /// Takes a line without its end; true once it was the last. A sentence says what is wrong with one, without repeating any of
    /// it: it could be a key.
    pub fn line(&mut self, line: &[u8]) -> Result<bool, String> {
        self.lines += 1;
        if line.is_empty() {
            return match self.errno {
                Some(0) => Ok(true),
                Some(number) => Err(format!("error number {number}")),
                None => Err(self.wrong("is empty")),
            };
        }
        let Some(at) = line.iter().position(|byte| *byte == b'=') else {
            return Err(self.wrong("has no `=`"));
        };
        let (name, value) = (&line[..at], &line[at + 1..]);
        match name {
            // Dropped here, and looked at by nobody.
            b"private_key" | b"preshared_key" => {}
            b"public_key" => {
                let key = from_hex(value).ok_or_else(|| self.wrong("is not a public key"))?;
                if self.peers.len() >= PEERS_MAX {
                    return Err(format!("more than {PEERS_MAX} peers"));
                }
                self.peers.push(Peer { key, ..Peer::default() });
            }
            b"errno" => {
                let value = value.strip_prefix(b"-").unwrap_or(value);
                self.errno = Some(number(value).ok_or_else(|| self.wrong("is not an error number"))?);
            }
            b"endpoint" => self.of_peer()?.endpoint = endpoint(value),
            b"last_handshake_time_sec" => {
                self.of_peer()?.handshake = Some(self.number(value)?).filter(|at| *at > 0);
            }
            b"rx_bytes" => self.of_peer()?.received = self.number(value)?,
            b"tx_bytes" => self.of_peer()?.sent = self.number(value)?,
            b"persistent_keepalive_interval" => self.of_peer()?.keepalive = self.number(value)? > 0,
            // Implementations have more, and later versions will.
            name if name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_') => {}
            _ => return Err(self.wrong("does not begin with a name")),
        }
        Ok(false)
    }

    fn of_peer(&mut self) -> Result<&mut Peer, String> {
        let lines = self.lines;
        self.peers.last_mut().ok_or_else(|| format!("line {lines} comes before any peer"))
    }

    fn number(&self, value: &[u8]) -> Result<u64, String> {
        number(value).ok_or_else(|| self.wrong("is not a number"))
    }

    fn wrong(&self, what: &str) -> String {
        format!("line {} {what}", self.lines)
    }
}

/// By their keys, each once.
pub(crate) fn in_order(peers: &mut Vec<Peer>) {
    sort(peers);
    peers.dedup_by(|one, other| one.key == other.key);
}

/// One function for all: each use of its own would be 4 KiB of the component.
#[inline(never)]
pub(crate) fn sort(peers: &mut [Peer]) {
    peers.sort_unstable_by(|one, other| one.key.cmp(&other.key));
}

/// Digits alone, of 64 bits.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    str::from_utf8(value).ok().filter(|_| is_digits)?.parse().ok()
}

/// `192.0.2.1:51820` or `[2001:db8::1]:51820`. Anything else is none, because it would be repeated.
pub(crate) fn endpoint(value: &[u8]) -> Option<String> {
    let text = str::from_utf8(value).ok()?;
    let (host, port) = text.rsplit_once(':')?;
    let is_port = port.parse::<u16>().is_ok();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_address = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    // An address of one link has that link's name behind it.
    let (address, link) = host.split_once('%').unwrap_or((host, ""));
    let is_host = !address.is_empty()
        && address.contains(['.', ':'])
        && address.chars().all(is_address)
        && link.len() < 16
        && link.chars().all(|c| c.is_ascii_alphanumeric());
    (is_port && is_host && text.len() <= ENDPOINT_BYTES_MAX).then(|| text.to_owned())
}
