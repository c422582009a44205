//! Messages of the transport layer, RFC 4253 and RFC 5656, as far as the exchange of keys goes.

/// The kinds of messages that are of interest.
pub(crate) const DISCONNECT: u8 = 1;
pub(crate) const IGNORE: u8 = 2;
pub(crate) const UNIMPLEMENTED: u8 = 3;
pub(crate) const DEBUG: u8 = 4;
pub(crate) const KEXINIT: u8 = 20;
pub(crate) const KEX_INIT: u8 = 30;
pub(crate) const KEX_REPLY: u8 = 31;

/// More than the standard asks anybody to take.
pub(crate) const PACKET_BYTES_MAX: usize = 35_000;
/// RFC 4251 knows no longer name.
const NAME_BYTES_MAX: usize = 64;
const COOKIE_BYTES: usize = 16;

/// All that a server offers, in its own order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offer {
    pub exchanges: Vec<String>,
    pub key_types: Vec<String>,
    /// The ciphers of both directions.
    pub ciphers: Vec<String>,
    pub macs: Vec<String>,
}

/// What the server answers to the first message of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reply<'a> {
    pub key: &'a [u8],
    /// Its share of the exchange.
    pub share: &'a [u8],
    pub signature: &'a [u8],
}

/// Takes from the front, as long as there is enough.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn number(&mut self) -> Option<u32> {
        let (taken, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*taken))
    }
    fn string(&mut self) -> Option<&'a [u8]> {
        let size = self.number()?;
        self.bytes(size as usize)
    }
    fn names(&mut self) -> Option<Vec<String>> {
        let text = std::str::from_utf8(self.string()?).ok()?;
        if text.is_empty() {
            return Some(Vec::new());
        }
        let is_name = |name: &str| {
            !name.is_empty()
                && name.len() <= NAME_BYTES_MAX
                && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        text.split(',').map(|name| is_name(name).then(|| name.to_owned())).collect()
    }
}

/// What a packet carries, without its size in front.
pub fn payload(packet: &[u8]) -> Option<&[u8]> {
    let (&padding, rest) = packet.split_first()?;
    let payload = rest.get(..rest.len().checked_sub(usize::from(padding))?)?;
    (!payload.is_empty()).then_some(payload)
}

/// `None` if it is no message of this kind, or a broken one.
pub fn offer(payload: &[u8]) -> Option<Offer> {
    let mut reader = of_kind(payload, KEXINIT)?;
    reader.bytes(COOKIE_BYTES)?;
    let mut names = || reader.names();
    let (exchanges, key_types) = (names()?, names()?);
    let ciphers = both(names()?, names()?);
    let macs = both(names()?, names()?);
    // Compression and languages, whether a guess follows, and what is reserved.
    for _ in 0..4 {
        names()?;
    }
    reader.bytes(5)?;
    Some(Offer { exchanges, key_types, ciphers, macs })
}

/// Both directions have the same in nearly every server.
fn both(mut there: Vec<String>, back: Vec<String>) -> Vec<String> {
    if there != back {
        there.extend(back);
    }
    there
}

/// `None` if it is no message of this kind, or a broken one.
pub fn reply(payload: &[u8]) -> Option<Reply<'_>> {
    let reader = of_kind(payload, KEX_REPLY)?;
    let [key, share, signature] = strings(reader.0)?;
    Some(Reply { key, share, signature })
}

/// Why the server ends the connection: its reason's number and words.
pub fn disconnect(payload: &[u8]) -> Option<(u32, String)> {
    let mut reader = of_kind(payload, DISCONNECT)?;
    let number = reader.number()?;
    let words = String::from_utf8_lossy(reader.string()?);
    Some((number, printable(&words)))
}

/// The type that a public key says it has; `None` if it is cut off.
pub fn key_type(key: &[u8]) -> Option<&str> {
    let mut reader = Reader(key);
    let name = std::str::from_utf8(reader.string()?).ok()?;
    // Its numbers, up to the end.
    reader.string()?;
    while !reader.0.is_empty() {
        reader.string()?;
    }
    name.bytes().all(|byte| byte.is_ascii_graphic()).then_some(name)
}

/// So many strings, and nothing behind them: what keys and signatures are made of.
pub fn strings<const COUNT: usize>(bytes: &[u8]) -> Option<[&[u8]; COUNT]> {
    let mut reader = Reader(bytes);
    let mut strings: [&[u8]; COUNT] = [&[]; COUNT];
    for string in &mut strings {
        *string = reader.string()?;
    }
    reader.0.is_empty().then_some(strings)
}

/// The bytes of a number that is positive and written as it has to be, without zeros in front.
pub(crate) fn positive(number: &[u8]) -> Option<&[u8]> {
    let is_positive = number.first().is_some_and(|first| *first < 0x80) && mpint(number) == number;
    is_positive.then(|| unpadded(number))
}

fn of_kind(payload: &[u8], kind: u8) -> Option<Reader<'_>> {
    let (&first, rest) = payload.split_first()?;
    (first == kind).then_some(Reader(rest))
}

/// Without what drives a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).collect()
}

/// Offers these ways to exchange keys and these types of keys, and what any server takes of the rest: nothing is encrypted.
pub(crate) fn kexinit(cookie: &[u8], exchanges: &[&str], key_types: &[&str]) -> Vec<u8> {
    const CIPHERS: &[&str] = &[
        "aes128-ctr",
        "aes256-ctr",
        "aes128-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
        "aes128-cbc",
        "3des-cbc",
    ];
    const MACS: &[&str] = &[
        "hmac-sha2-256",
        "hmac-sha2-512",
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512-etm@openssh.com",
        "hmac-sha1",
    ];
    let mut payload = vec![KEXINIT];
    payload.extend_from_slice(cookie);
    for names in [exchanges, key_types, CIPHERS, CIPHERS, MACS, MACS, &["none"], &["none"], &[], &[]] {
        payload.extend(string(names.join(",").as_bytes()));
    }
    // No guess follows; the rest is reserved.
    payload.extend([0; 5]);
    payload
}

pub(crate) fn kex_init(share: &[u8]) -> Vec<u8> {
    [&[KEX_INIT], &*string(share)].concat()
}

/// As it goes over the wire. The padding is of zeros: there is nothing to hide.
pub(crate) fn packet(payload: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 8;
    let padding = BLOCK - (4 + 1 + payload.len()) % BLOCK;
    let padding = if padding < 4 { padding + BLOCK } else { padding };
    let size = u32::try_from(1 + payload.len() + padding).unwrap_or(u32::MAX);
    let mut packet = size.to_be_bytes().to_vec();
    packet.push(u8::try_from(padding).unwrap_or(u8::MAX));
    packet.extend_from_slice(payload);
    packet.resize(packet.len() + padding, 0);
    packet
}

pub(crate) fn string(bytes: &[u8]) -> Vec<u8> {
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&size.to_be_bytes(), bytes].concat()
}

/// A whole number that is not negative, of its bytes: in as few as it needs, and the first bit is a sign.
pub(crate) fn mpint(number: &[u8]) -> Vec<u8> {
    let number = unpadded(number);
    match number.first() {
        Some(first) if *first >= 0x80 => [&[0], number].concat(),
        Some(_) | None => number.to_vec(),
    }
}

/// Without the zeros in front.
pub(crate) fn unpadded(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Constants that are read when the plugin is compiled.
pub(crate) const fn hex<const COUNT: usize>(digits: &[u8]) -> [u8; COUNT] {
    const fn value(digit: u8) -> u8 {
        if digit < b'a' { digit - b'0' } else { digit - b'a' + 10 }
    }
    let mut bytes = [0; COUNT];
    let mut at = 0;
    while at < COUNT {
        bytes[at] = value(digits[2 * at]) << 4 | value(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}
