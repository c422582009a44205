//! How large pictures are, by the sequence parameter sets of H.264 and H.265.

/// Width and height in pixels.
pub type Size = (u32, u32);

/// The most bytes that are looked at: the size stands near the beginning.
const BYTES_MAX: usize = 256;
/// No camera has more.
const PIXELS_MAX: u64 = 1 << 15;

/// Profiles of H.264 that say how colours are stored.
const HIGH: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// The set with its one byte of head.
pub fn h264(unit: &[u8]) -> Option<Size> {
    let mut bits = Bits::of(unit.get(1..)?);
    let profile = bits.take(8)?;
    bits.skip(16)?;
    bits.number()?;
    let mut chroma = 1;
    if HIGH.contains(&profile) {
        chroma = bits.number()?;
        if chroma == 3 {
            bits.skip(1)?;
        }
        bits.number()?;
        bits.number()?;
        bits.skip(1)?;
        if bits.take(1)? == 1 {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.take(1)? == 1 {
                    scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.number()?;
    match bits.number()? {
        0 => {
            bits.number()?;
        }
        1 => {
            bits.skip(1)?;
            bits.number()?;
            bits.number()?;
            for _ in 0..bits.number().filter(|count| *count < 256)? {
                bits.number()?;
            }
        }
        _ => {}
    }
    bits.number()?;
    bits.skip(1)?;
    let (across, down) = (u64::from(bits.number()?) + 1, u64::from(bits.number()?) + 1);
    // Pictures in two halves are twice as high.
    let halves = if bits.take(1)? == 1 {
        1
    } else {
        bits.skip(1)?;
        2
    };
    bits.skip(1)?;
    let (unit_x, unit_y) = match chroma {
        1 => (2, 2 * halves),
        2 => (2, halves),
        _ => (1, halves),
    };
    let (cut_x, cut_y) = bits.window()?;
    cropped((across * 16, down * 16 * halves), (cut_x * unit_x, cut_y * unit_y))
}

fn scaling_list(bits: &mut Bits, size: usize) -> Option<()> {
    let (mut last, mut next) = (8_i32, 8_i32);
    for _ in 0..size {
        if next != 0 {
            next = last.wrapping_add(bits.signed()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// The set with its two bytes of head.
pub fn h265(unit: &[u8]) -> Option<Size> {
    let mut bits = Bits::of(unit.get(2..)?);
    bits.skip(4)?;
    let layers = bits.take(3)?;
    bits.skip(1 + 96)?;
    let mut inner = 0;
    for _ in 0..layers {
        inner += if bits.take(1)? == 1 { 88 } else { 0 };
        inner += if bits.take(1)? == 1 { 8 } else { 0 };
    }
    if layers > 0 {
        bits.skip((8 - layers as usize) * 2 + inner)?;
    }
    bits.number()?;
    let chroma = bits.number()?;
    if chroma == 3 {
        bits.skip(1)?;
    }
    let whole = (u64::from(bits.number()?), u64::from(bits.number()?));
    let (cut_x, cut_y) = bits.window()?;
    let (unit_x, unit_y) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    cropped(whole, (cut_x * unit_x, cut_y * unit_y))
}

fn cropped(whole: (u64, u64), cut: (u64, u64)) -> Option<Size> {
    let side = |whole: u64, cut: u64| {
        let left = whole.checked_sub(cut).filter(|left| (1..=PIXELS_MAX).contains(left))?;
        u32::try_from(left).ok()
    };
    Some((side(whole.0, cut.0)?, side(whole.1, cut.1)?))
}

/// Bits of a set, without the bytes that keep start codes out of it.
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn of(unit: &[u8]) -> Self {
        let mut bytes = Vec::new();
        let mut zeros = 0;
        for &byte in unit.iter().take(BYTES_MAX) {
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Bits { bytes, at: 0 }
    }
    fn skip(&mut self, count: usize) -> Option<()> {
        self.at += count;
        (self.at <= self.bytes.len() * 8).then_some(())
    }
    /// At most 32.
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
    /// A number after as many zeros as it has further bits.
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.take(zeros)?;
        Some((1_u32 << zeros) - 1 + rest)
    }
    fn signed(&mut self) -> Option<i32> {
        let number = self.number()?;
        let half = i32::try_from(number.div_ceil(2)).ok()?;
        Some(if number % 2 == 1 { half } else { -half })
    }
    /// What is cut off across and down, if anything is.
    fn window(&mut self) -> Option<(u64, u64)> {
        if self.take(1)? == 0 {
            return Some((0, 0));
        }
        let mut sides = [0_u64; 4];
        for side in &mut sides {
            *side = u64::from(self.number()?);
        }
        Some((sides[0] + sides[1], sides[2] + sides[3]))
    }
}
