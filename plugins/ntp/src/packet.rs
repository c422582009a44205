//! Packets of RFC 5905.

use std::time::Duration;

/// Leap indicator 0, version 4, mode 3 (client).
const CLIENT: u8 = 0b00_100_011;
const SERVER_MODE: u8 = 4;
const PACKET_BYTES: usize = 48;
/// From 1900 to 1970.
const UNIX_EPOCH_SECONDS: f64 = 2_208_988_800.0;
/// The seconds of one era of 32 bits; the next begins in 2036.
const ERA_SECONDS: f64 = 4_294_967_296.0;

const UNSYNCHRONISED: u8 = 16;

/// What a server says of its clock. Moments in seconds since 1900, within one era.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Answer {
    pub leap: u8,
    pub stratum: u8,
    pub reference: [u8; 4],
    /// Seconds.
    pub root_delay: f64,
    pub root_dispersion: f64,
    /// When the question came.
    pub received: f64,
    /// When the answer left.
    pub sent: f64,
}

/// The time of this host is nobody's business: where it would stand is a number that comes back.
pub(crate) fn request(nonce: u64) -> Vec<u8> {
    let mut packet = vec![0; PACKET_BYTES];
    packet[0] = CLIENT;
    packet[40..].copy_from_slice(&nonce.to_be_bytes());
    packet
}

/// An answer to the question with this number, or why it is none.
pub fn read(data: &[u8], nonce: u64) -> Result<Answer, String> {
    let Some(packet) = data.first_chunk::<PACKET_BYTES>() else {
        return Err(format!("it answers with {} bytes; NTP has at least {PACKET_BYTES}", data.len()));
    };
    let mode = packet[0] & 7;
    if mode != SERVER_MODE {
        return Err(format!("it answers in mode {mode}; a server's is {SERVER_MODE}"));
    }
    let word = |at: usize| u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]]);
    let moment = |at: usize| f64::from(word(at)) + f64::from(word(at + 4)) / ERA_SECONDS;
    let short = |at: usize| f64::from(word(at)) / 65_536.0;
    if packet[24..32] != nonce.to_be_bytes() {
        return Err("it answers another question than was asked".to_owned());
    }
    Ok(Answer {
        leap: packet[0] >> 6,
        stratum: packet[1],
        reference: [packet[12], packet[13], packet[14], packet[15]],
        root_delay: short(4),
        root_dispersion: short(8),
        received: moment(32),
        sent: moment(40),
    })
}

impl Answer {
    /// That it does not want to be asked, and why.
    pub(crate) fn kiss(&self) -> Option<String> {
        // Without a code it is a server that has no time: chrony's reference is zero then.
        if self.stratum != 0 || !self.reference.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let code: String = self.reference.iter().map(|byte| char::from(*byte)).collect();
        let words = match code.as_str() {
            "RATE" => "it is asked too often; hint: raise `interval`",
            "DENY" | "RSTR" => "it answers others only",
            // What ntpd says until it has set its clock.
            "INIT" | "STEP" => return None,
            _ => "it does not want to be asked",
        };
        Some(format!("the server answers `{code}`: {words}"))
    }

    /// Sixteen, which is none, travels as zero.
    pub(crate) const fn stratum(&self) -> u8 {
        if self.stratum == 0 { UNSYNCHRONISED } else { self.stratum }
    }

    pub(crate) const fn is_unsynchronised(&self) -> bool {
        self.leap == 3 || self.stratum() >= UNSYNCHRONISED
    }

    /// How far its clock is ahead of this host's, and how long the answer was on its way; in seconds. The answer was there
    /// at `until`, in milliseconds since the Unix epoch, and `took` so long.
    pub(crate) fn offset_and_delay(&self, until: u64, took: Duration) -> (f64, f64) {
        let took = took.as_secs_f64();
        let arrived = until as f64 / 1_000.0 + UNIX_EPOCH_SECONDS;
        let asked = arrived - took;
        // Eras are not told: the nearest one is meant.
        let nearest = |moment: f64| moment + ((arrived - moment) / ERA_SECONDS).round() * ERA_SECONDS;
        let (received, sent) = (nearest(self.received), nearest(self.sent));
        let offset = f64::midpoint(received - asked, sent - arrived);
        (offset, (took - (sent - received)).max(0.0))
    }
}
