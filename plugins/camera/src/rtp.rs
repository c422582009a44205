//! Packets of media (RFC 3550), and how many of them are missing.

/// A packet without its head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'b> {
    pub payload_type: u8,
    /// The last packet of a picture.
    pub is_last: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub source: u32,
    pub payload: &'b [u8],
}

/// None where it is no packet: of another version, or with a part that is longer than the whole.
pub fn read(bytes: &[u8]) -> Option<Packet<'_>> {
    let (head, rest) = bytes.split_first_chunk::<12>()?;
    let [first, second, ..] = *head;
    if first >> 6 != 2 {
        return None;
    }
    let contributors = usize::from(first & 0x0f) * 4;
    let mut rest = rest.get(contributors..)?;
    if first & 0x10 != 0 {
        let (extension, behind) = rest.split_first_chunk::<4>()?;
        let words = u16::from_be_bytes([extension[2], extension[3]]);
        rest = behind.get(usize::from(words) * 4..)?;
    }
    if first & 0x20 != 0 {
        let padding = usize::from(*rest.last()?);
        let left = rest.len().checked_sub(padding).filter(|_| padding > 0)?;
        rest = &rest[..left];
    }
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    Some(Packet {
        payload_type: second & 0x7f,
        is_last: second & 0x80 != 0,
        sequence: u16::from_be_bytes([head[2], head[3]]),
        timestamp: number(4),
        source: number(8),
        payload: rest,
    })
}

/// Counts what is missing by sequence numbers, which begin again after 65,535.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    last: Option<u16>,
    /// How many there have been from the first to the last number.
    expected: u64,
    received: u64,
    /// How often the numbers began anew.
    pub restarts: u64,
}

/// A greater step is no loss: the sender began anew (RFC 3550, A.1).
const DROPOUT_MAX: u16 = 3_000;
/// So far back a packet is late, and not from a new beginning.
const MISORDER_MAX: u16 = 100;

impl Sequence {
    pub fn take(&mut self, number: u16) {
        let Some(last) = self.last else {
            self.begin(number);
            return;
        };
        let step = number.wrapping_sub(last);
        match step {
            1..=DROPOUT_MAX => {
                self.expected += u64::from(step);
                self.received += 1;
                self.last = Some(number);
            }
            // Twice the same.
            0 => {}
            _ if step > u16::MAX - MISORDER_MAX => self.received += 1,
            _ => {
                self.restarts += 1;
                self.begin(number);
            }
        }
    }
    /// Another sender has numbers of its own.
    pub fn begin(&mut self, number: u16) {
        self.last = Some(number);
        self.expected += 1;
        self.received += 1;
    }
    pub fn lost(&self) -> u64 {
        self.expected.saturating_sub(self.received)
    }
    /// From 0 to 1.
    pub fn loss(&self) -> f64 {
        if self.expected == 0 { 0.0 } else { self.lost() as f64 / self.expected as f64 }
    }
}
