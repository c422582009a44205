//! What came of a stream, counted.

use std::time::Duration;

use crate::codec::{self, Codec};
use crate::rtp::{self, Packet, Sequence};
use crate::sdp::Track;
use crate::sps::Size;

/// A report of its sender says that nothing more will come (RFC 3550, 6.6).
const GOODBYE: u8 = 203;

#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) codec: Codec,
    clock: u32,
    payload_type: u8,
    channel: u8,
    /// When media were asked for.
    pub(crate) asked: Duration,
    pub(crate) packets: u64,
    pub(crate) malformed: u64,
    /// Frames of other channels, but for the reports of this one.
    pub(crate) strangers: u64,
    pub(crate) first: Option<Duration>,
    pub(crate) last: Duration,
    /// The longest time in which nothing came, between two packets.
    pub(crate) gap: Duration,
    /// What came after the first moment: how long what came in it took nobody knows.
    later: Later,
    pub(crate) sequence: Sequence,
    source: Option<u32>,
    pub(crate) has_picture: bool,
    pictures: Pictures,
    pub(crate) key: Option<Duration>,
    pub(crate) size: Option<Size>,
    /// The camera says that it ends the stream.
    pub(crate) is_over: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Later {
    packets: u64,
    bytes: u64,
}

/// Pictures by their time stamps, which are the same for all packets of one.
#[derive(Clone, Copy, Debug, Default)]
struct Pictures {
    last: Option<u32>,
    /// When it came.
    came: Duration,
    count: u64,
    /// Steps from one picture to the next, without those at which the time stamps began anew.
    steps: u64,
    /// Ticks until the time stamps last began anew.
    passed: i64,
    /// Ticks since then, which may go back: not all pictures are shown in the order in which they are sent.
    at: i64,
    least: i64,
    most: i64,
    ended: u64,
}

/// So far forward beyond what has passed, time stamps have begun anew.
const AHEAD_MAX: Duration = Duration::from_secs(2);

impl Pictures {
    fn take(&mut self, packet: &Packet<'_>, clock: u32, at: Duration) {
        self.ended += u64::from(packet.is_last);
        let timestamp = packet.timestamp;
        let step = self.last.map(|last| i64::from(timestamp.wrapping_sub(last) as i32));
        if step == Some(0) {
            return;
        }
        let most = (at.saturating_sub(self.came) + AHEAD_MAX).as_secs_f64() * f64::from(clock);
        // Further back than pictures are ever sent out of their order: another viewer came, for some servers.
        let goes_on = |step: &i64| *step > -i64::from(clock / 4) && *step as f64 <= most;
        match step.filter(goes_on) {
            Some(step) => {
                self.steps += 1;
                self.at += step;
                self.least = self.least.min(self.at);
                self.most = self.most.max(self.at);
            }
            None => {
                self.passed += self.most - self.least;
                (self.at, self.least, self.most) = (0, 0, 0);
            }
        }
        (self.last, self.came) = (Some(timestamp), at);
        self.count += 1;
    }
    fn ticks(&self) -> i64 {
        self.passed + self.most - self.least
    }
}

impl Heard {
    pub(crate) fn new(track: &Track, channel: u8) -> Self {
        Self {
            codec: track.codec.clone(),
            clock: track.clock,
            payload_type: track.payload_type,
            channel,
            asked: Duration::ZERO,
            packets: 0,
            malformed: 0,
            strangers: 0,
            first: None,
            last: Duration::ZERO,
            gap: Duration::ZERO,
            later: Later::default(),
            sequence: Sequence::default(),
            source: None,
            has_picture: false,
            pictures: Pictures::default(),
            key: None,
            size: track.size,
            is_over: false,
        }
    }
    pub(crate) fn since(mut self, asked: Duration) -> Self {
        self.asked = asked;
        self
    }

    pub(crate) fn frame(&mut self, channel: u8, payload: &[u8], at: Duration) {
        if channel == self.channel {
            self.packet(payload, at);
        } else if channel == self.channel.wrapping_add(1) {
            self.is_over |= has_goodbye(payload);
        } else {
            self.strangers += 1;
        }
    }

    fn packet(&mut self, bytes: &[u8], at: Duration) {
        let packet = rtp::read(bytes).filter(|packet| packet.payload_type == self.payload_type);
        let Some(packet) = packet else {
            self.malformed += 1;
            return;
        };
        self.packets += 1;
        match self.first {
            Some(first) if at > first => {
                self.later.packets += 1;
                self.later.bytes += bytes.len() as u64;
                self.gap = self.gap.max(at.saturating_sub(self.last));
            }
            Some(_) => {}
            None => self.first = Some(at),
        }
        self.last = at;
        match self.source {
            Some(source) if source != packet.source => self.sequence.begin(packet.sequence),
            Some(_) | None => self.sequence.take(packet.sequence),
        }
        self.source = Some(packet.source);
        let Some(seen) = codec::look(&self.codec, packet.payload) else {
            self.malformed += 1;
            return;
        };
        self.size = seen.size.or(self.size);
        if seen.is_key {
            self.key = Some(at);
        }
        if seen.is_picture {
            self.has_picture = true;
            self.pictures.take(&packet, self.clock, at);
        }
    }

    pub(crate) fn pictures(&self) -> u64 {
        self.pictures.count.max(self.pictures.ended)
    }
    /// From the first packet to the last.
    pub(crate) fn span(&self) -> Duration {
        self.last.saturating_sub(self.first.unwrap_or(self.last))
    }
    /// Per second of the camera's own clock; none where its time stands still.
    pub(crate) fn frame_rate(&self) -> Option<f64> {
        let ticks = self.pictures.ticks();
        (ticks > 0).then(|| self.pictures.steps as f64 * f64::from(self.clock) / ticks as f64)
    }
    /// Packets per second.
    pub(crate) fn packet_rate(&self) -> Option<f64> {
        self.per_second(self.later.packets)
    }
    /// Bits per second.
    pub(crate) fn bitrate(&self) -> Option<f64> {
        self.per_second(self.later.bytes).map(|bytes| bytes * 8.0)
    }
    fn per_second(&self, count: u64) -> Option<f64> {
        let seconds = self.span().as_secs_f64();
        (seconds > 0.0).then(|| count as f64 / seconds)
    }
}

/// Reports come several in one.
fn has_goodbye(mut reports: &[u8]) -> bool {
    while let Some((&[_, kind, high, low], _)) = reports.split_first_chunk::<4>() {
        if kind == GOODBYE {
            return true;
        }
        let words = usize::from(u16::from_be_bytes([high, low])) + 1;
        let Some(rest) = reports.get(words * 4..) else { return false };
        reports = rest;
    }
    false
}
