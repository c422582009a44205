//! A baseline JPEG. The tables are those of the standard's annex K.

/// Of the standard's tables, which are for half the quality, this share.
const QUALITY_PERCENT: u32 = 50;
const SIDE: usize = 8;

const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];
const LIGHT_STEPS: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
/// How many codes there are of each length, and what they stand for.
const FIRST_COUNTS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const FIRST_VALUES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const OTHER_COUNTS: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
const OTHER_VALUES: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
    0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33,
    0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34,
    0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55,
    0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76,
    0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5,
    0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4,
    0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1,
    0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

/// A JPEG, small rather than fine. In colours: red, green and blue from 0 to 255 at each place.
pub fn encode(width: usize, height: usize, colour: impl Fn(usize, usize) -> [f32; 3]) -> Vec<u8> {
    encode_at(width, height, QUALITY_PERCENT, colour)
}

/// `coarse` is the percentage of the standard's steps: more is smaller and worse.
pub fn encode_at(
    width: usize,
    height: usize,
    coarse: u32,
    colour: impl Fn(usize, usize) -> [f32; 3],
) -> Vec<u8> {
    let mut steps = [1_u8; 64];
    for (step, own) in steps.iter_mut().zip(LIGHT_STEPS) {
        *step = (u32::from(own) * coarse / 100).clamp(1, 255) as u8;
    }
    let mut file = head(width, height, &steps);
    let mut bits = Bits { file: &mut file, held: 0, count: 0 };
    let (first, other) = (codes(&FIRST_COUNTS, &FIRST_VALUES), codes(&OTHER_COUNTS, &OTHER_VALUES));
    let waves = waves();
    let mut last = [0_i32; 3];
    for top in (0..height).step_by(SIDE) {
        for left in (0..width).step_by(SIDE) {
            let mut parts = [[0.0_f32; 64]; 3];
            for at in 0..64 {
                let (x, y) = ((left + at % SIDE).min(width - 1), (top + at / SIDE).min(height - 1));
                let [red, green, blue] = colour(x, y);
                let light = 0.299 * red + 0.587 * green + 0.114 * blue;
                let own = [light - 128.0, (blue - light) * 0.564, (red - light) * 0.713];
                for (part, value) in parts.iter_mut().zip(own) {
                    part[at] = value;
                }
            }
            for (part, last) in parts.iter().zip(&mut last) {
                let levels = levels(part, &waves, &steps);
                bits.block(&levels, last, &first, &other);
            }
        }
    }
    bits.end();
    file.extend([0xff, 0xd9]);
    file
}

fn head(width: usize, height: usize, steps: &[u8; 64]) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    let mut segment = |kind: u8, content: &[u8]| {
        file.extend([0xff, kind]);
        file.extend((content.len() as u16 + 2).to_be_bytes());
        file.extend(content);
    };
    segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let mut table = vec![0];
    table.extend(ZIGZAG.iter().map(|at| steps[usize::from(*at)]));
    segment(0xdb, &table);
    let mut frame = vec![8];
    frame.extend((height as u16).to_be_bytes());
    frame.extend((width as u16).to_be_bytes());
    frame.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    segment(0xc0, &frame);
    segment(0xc4, &[&[0][..], &FIRST_COUNTS, &FIRST_VALUES].concat());
    segment(0xc4, &[&[0x10][..], &OTHER_COUNTS, &OTHER_VALUES].concat());
    segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    file
}

/// Each code with its length, by what it stands for.
fn codes(counts: &[u8; 16], values: &[u8]) -> Vec<(u16, u8)> {
    let mut codes = vec![(0, 0); 256];
    let (mut code, mut at) = (0_u16, 0);
    for (length, count) in (1..).zip(counts) {
        for _ in 0..*count {
            if let Some(known) = values.get(at).and_then(|value| codes.get_mut(usize::from(*value))) {
                *known = (code, length);
            }
            code = code.wrapping_add(1);
            at += 1;
        }
        code <<= 1;
    }
    codes
}

/// Halves of cosines of the odd sixteenths of a half turn, in the order of the first quarter.
const HALVES: [f32; 8] =
    [0.5, 0.490_392_64, 0.461_939_77, 0.415_734_8, 0.353_553_4, 0.277_785_1, 0.191_341_72, 0.097_545_16];

/// Of each frequency the wave, point by point.
fn waves() -> [[f32; SIDE]; SIDE] {
    let mut waves = [[0.353_553_4; SIDE]; SIDE];
    for (frequency, wave) in waves.iter_mut().enumerate().skip(1) {
        for (x, value) in wave.iter_mut().enumerate() {
            // Of 32 parts of a whole turn.
            let part = (2 * x + 1) * frequency % 32;
            let (part, is_negative) = match part {
                0..=8 => (part, false),
                9..=16 => (16 - part, true),
                17..=24 => (part - 16, true),
                _ => (32 - part, false),
            };
            let half = HALVES.get(part).copied().unwrap_or(0.0);
            *value = if is_negative { -half } else { half };
        }
    }
    waves
}

fn levels(part: &[f32; 64], waves: &[[f32; SIDE]; SIDE], steps: &[u8; 64]) -> [i32; 64] {
    let mut rows = [0.0_f32; 64];
    for y in 0..SIDE {
        for (frequency, wave) in waves.iter().enumerate() {
            rows[y * SIDE + frequency] = (0..SIDE).map(|x| part[y * SIDE + x] * wave[x]).sum();
        }
    }
    let mut levels = [0; 64];
    for (level, at) in levels.iter_mut().zip(ZIGZAG) {
        let at = usize::from(at);
        let (down, along) = (at / SIDE, at % SIDE);
        let sum: f32 = (0..SIDE).map(|y| rows[y * SIDE + along] * waves[down][y]).sum();
        *level = ((sum / f32::from(steps[at])).round() as i32).clamp(-1_023, 1_023);
    }
    levels
}

struct Bits<'a> {
    file: &'a mut Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    fn put(&mut self, value: u32, length: u32) {
        self.held = self.held << length | value & ((1 << length) - 1);
        self.count += length;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.file.push(byte);
            if byte == 0xff {
                self.file.push(0);
            }
        }
    }
    /// What is left of a byte is ones.
    fn end(&mut self) {
        self.put(0x7f, 7);
    }
    fn number(&mut self, zeros: u8, level: i32, codes: &[(u16, u8)]) {
        let length = (32 - level.unsigned_abs().leading_zeros()) as u8;
        let (code, bits) = codes[usize::from(zeros << 4 | length)];
        self.put(u32::from(code), u32::from(bits));
        let value = if level < 0 { level - 1 } else { level };
        self.put(value as u32, u32::from(length));
    }
    fn block(&mut self, levels: &[i32; 64], last: &mut i32, first: &[(u16, u8)], other: &[(u16, u8)]) {
        self.number(0, levels[0] - *last, first);
        *last = levels[0];
        let mut zeros = 0;
        for level in &levels[1..] {
            if *level == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 {
                let (code, bits) = other[0xf0];
                self.put(u32::from(code), u32::from(bits));
                zeros -= 16;
            }
            self.number(zeros, *level, other);
            zeros = 0;
        }
        if zeros > 0 {
            let (code, bits) = other[0];
            self.put(u32::from(code), u32::from(bits));
        }
    }
}
