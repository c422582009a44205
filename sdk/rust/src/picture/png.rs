//! PNG, decoded row by row into the sums of squares of points: a picture of any size takes little memory. Checksums of
//! chunks are not computed; the one of the data is. Transparency does not count.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::decode::{Flaw, Points, Tone};

const SIGNATURE_BYTES: usize = 8;
const PIECE_BYTES: usize = 16 << 10;

/// What is in the head.
#[derive(Clone, Copy)]
struct Head {
    width: usize,
    height: usize,
    depth: usize,
    colour: Colour,
    is_interlaced: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    Grey,
    Rgb,
    Palette,
    GreyAlpha,
    RgbAlpha,
}

impl Colour {
    fn samples(self) -> usize {
        match self {
            Colour::Grey | Colour::Palette => 1,
            Colour::GreyAlpha => 2,
            Colour::Rgb => 3,
            Colour::RgbAlpha => 4,
        }
    }
}

/// Of an interlaced picture: where its points begin, and how far they are apart.
const PASSES: [[usize; 4]; 7] =
    [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

/// The sizes in the head have been looked at.
pub(super) fn decode<const N: usize>(bytes: &[u8], side: u32, tone: impl Tone<N>) -> Result<Points<N>, Flaw> {
    let head = chunks(bytes).find(|(kind, _)| kind == b"IHDR").ok_or(Flaw::Damaged)?.1;
    let head = read_head(head)?;
    let palette: Vec<[f32; N]> = chunks(bytes)
        .find(|(kind, _)| kind == b"PLTE")
        .map(|(_, colours)| colours.chunks_exact(3).map(|rgb| tone(rgb[0], rgb[1], rgb[2])).collect())
        .unwrap_or_default();
    let mut sums = Sums::new(head.width, head.height, side as usize);
    let mut data = Data::of(bytes);
    let passes: &[[usize; 4]] = if head.is_interlaced { &PASSES } else { &[[0, 0, 1, 1]] };
    for [left, top, along, down] in passes {
        let width = head.width.saturating_sub(*left).div_ceil(*along);
        let height = head.height.saturating_sub(*top).div_ceil(*down);
        if width == 0 {
            continue;
        }
        let mut rows = Rows::new(head, width);
        for row in 0..height {
            let points = rows.next(&mut data)?;
            for column in 0..width {
                let value = value(head, &palette, &tone, points, column);
                sums.add(left + column * along, top + row * down, value);
            }
        }
    }
    Ok(sums.points())
}

fn read_head(bytes: &[u8]) -> Result<Head, Flaw> {
    let [w1, w2, w3, w4, h1, h2, h3, h4, depth, colour, compression, filter, interlace] = *bytes else {
        return Err(Flaw::Damaged);
    };
    let side = |bytes| usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX);
    let colour = match (colour, depth) {
        (0, 1 | 2 | 4 | 8 | 16) => Colour::Grey,
        (2, 8 | 16) => Colour::Rgb,
        (3, 1 | 2 | 4 | 8) => Colour::Palette,
        (4, 8 | 16) => Colour::GreyAlpha,
        (6, 8 | 16) => Colour::RgbAlpha,
        (_, _) => return Err(Flaw::Unsupported),
    };
    if compression != 0 || filter != 0 || interlace > 1 {
        return Err(Flaw::Unsupported);
    }
    Ok(Head {
        width: side([w1, w2, w3, w4]),
        height: side([h1, h2, h3, h4]),
        depth: usize::from(depth),
        colour,
        is_interlaced: interlace == 1,
    })
}

/// One point of a row. What the palette does not have is black.
fn value<const N: usize>(
    head: Head,
    palette: &[[f32; N]],
    tone: &impl Tone<N>,
    row: &[u8],
    column: usize,
) -> [f32; N] {
    let byte = |at: usize| row.get(at).copied().unwrap_or(0);
    let known = |at: u8| palette.get(usize::from(at)).copied().unwrap_or([0.0; N]);
    if head.depth < 8 {
        let bit = column * head.depth;
        let shift = 8 - head.depth - bit % 8;
        let most = (1_u8 << head.depth) - 1;
        let sample = (byte(bit / 8) >> shift) & most;
        if head.colour == Colour::Palette {
            return known(sample);
        }
        let grey = (u16::from(sample) * 255 / u16::from(most)) as u8;
        return tone(grey, grey, grey);
    }
    // Of two bytes the first alone.
    let size = head.depth / 8;
    let sample = |number: usize| byte((column * head.colour.samples() + number) * size);
    match head.colour {
        Colour::Grey | Colour::GreyAlpha => tone(sample(0), sample(0), sample(0)),
        Colour::Rgb | Colour::RgbAlpha => tone(sample(0), sample(1), sample(2)),
        Colour::Palette => known(sample(0)),
    }
}

/// Chunks by kind, up to the first that breaks off.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = bytes.get(SIGNATURE_BYTES..).unwrap_or_default();
    core::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (kind, behind) = behind.split_at_checked(4)?;
        let content = behind.get(..length)?;
        rest = behind.get(length.checked_add(4)?..)?;
        Some((kind, content))
    })
}

/// What the parts of the data unpack to.
struct Data<'a> {
    packed: Box<dyn Iterator<Item = &'a [u8]> + 'a>,
    input: &'a [u8],
    state: Box<InflateState>,
    piece: Vec<u8>,
    /// Of the piece.
    from: usize,
    to: usize,
}

impl<'a> Data<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let packed = chunks(bytes).filter(|(kind, _)| kind == b"IDAT").map(|(_, content)| content);
        Data {
            packed: Box::new(packed),
            input: &[],
            state: InflateState::new_boxed(DataFormat::Zlib),
            piece: vec![0; PIECE_BYTES],
            from: 0,
            to: 0,
        }
    }

    fn fill(&mut self, mut wanted: &mut [u8]) -> Result<(), Flaw> {
        while !wanted.is_empty() {
            if self.from == self.to {
                self.unpack()?;
            }
            let there = self.piece.get(self.from..self.to).ok_or(Flaw::Damaged)?;
            let count = there.len().min(wanted.len());
            let (now, later) = wanted.split_at_mut(count);
            now.copy_from_slice(&there[..count]);
            self.from += count;
            wanted = later;
        }
        Ok(())
    }

    fn unpack(&mut self) -> Result<(), Flaw> {
        loop {
            if self.input.is_empty() {
                self.input = self.packed.next().unwrap_or_default();
            }
            let had = self.input.len();
            let result = inflate(&mut self.state, self.input, &mut self.piece, MZFlush::None);
            self.input = self.input.get(result.bytes_consumed..).unwrap_or_default();
            (self.from, self.to) = (0, result.bytes_written);
            match result.status {
                Ok(MZStatus::Ok | MZStatus::StreamEnd) | Err(MZError::Buf) if result.bytes_written > 0 => {
                    return Ok(());
                }
                Ok(MZStatus::Ok) if had > 0 => {}
                Err(MZError::Buf) if had > 0 && self.input.is_empty() => {}
                _ => return Err(Flaw::Damaged),
            }
        }
    }
}

/// Rows of one pass, each kept for the next.
struct Rows {
    /// Bytes of a point, at least one.
    step: usize,
    before: Vec<u8>,
    own: Vec<u8>,
}

impl Rows {
    fn new(head: Head, width: usize) -> Self {
        let bits = head.colour.samples() * head.depth;
        let size = (width * bits).div_ceil(8);
        Rows { step: bits.div_ceil(8), before: vec![0; size], own: vec![0; size] }
    }

    fn next(&mut self, data: &mut Data<'_>) -> Result<&[u8], Flaw> {
        core::mem::swap(&mut self.before, &mut self.own);
        let mut filter = [0];
        data.fill(&mut filter)?;
        data.fill(&mut self.own)?;
        for at in 0..self.own.len() {
            let left = at.checked_sub(self.step);
            let of = |row: &[u8], at: Option<usize>| at.and_then(|at| row.get(at)).copied().unwrap_or(0);
            let (a, b, c) = (of(&self.own, left), of(&self.before, Some(at)), of(&self.before, left));
            let guess = match filter {
                [0] => break,
                [1] => a,
                [2] => b,
                [3] => ((u16::from(a) + u16::from(b)) / 2) as u8,
                [4] => nearest(a, b, c),
                _ => return Err(Flaw::Damaged),
            };
            if let Some(own) = self.own.get_mut(at) {
                *own = own.wrapping_add(guess);
            }
        }
        Ok(&self.own)
    }
}

/// Which of the neighbours is nearest to what they together foretell.
fn nearest(a: u8, b: u8, c: u8) -> u8 {
    let (wa, wb, wc) = (i16::from(a), i16::from(b), i16::from(c));
    let (pa, pb, pc) = ((wb - wc).abs(), (wa - wc).abs(), (wa + wb - 2 * wc).abs());
    if pa <= pb && pa <= pc {
        a
    } else if pb <= pc {
        b
    } else {
        c
    }
}

/// Squares of points, as large as is enough.
struct Sums<const N: usize> {
    step: usize,
    width: usize,
    height: usize,
    values: Vec<[f32; N]>,
}

impl<const N: usize> Sums<N> {
    fn new(width: usize, height: usize, side: usize) -> Self {
        let step = (width.max(height) / (2 * side)).max(1);
        // A long and narrow picture still has a row.
        let (width, height) = ((width / step).max(1), (height / step).max(1));
        Sums { step, width, height, values: vec![[0.0; N]; width * height] }
    }
    fn add(&mut self, x: usize, y: usize, value: [f32; N]) {
        let (x, y) = (x / self.step, y / self.step);
        // What is left over at the edges is not a whole square.
        if x < self.width
            && let Some(sums) = self.values.get_mut(y * self.width + x)
        {
            sums.iter_mut().zip(value).for_each(|(sum, value)| *sum += value);
        }
    }
    fn points(mut self) -> Points<N> {
        let count = (self.step * self.step) as f32;
        self.values.iter_mut().flatten().for_each(|value| *value /= count);
        Points { width: self.width, height: self.height, values: self.values }
    }
}
