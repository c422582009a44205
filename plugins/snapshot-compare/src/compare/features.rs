//! Points that are found again in another light: corners, each with a text of bits that says which of two places near it
//! is brighter.

use watchkeep_sdk::picture::Plane;

/// Of a corner: each bit compares two places.
pub(super) type Bits = [u64; 4];
const PLACES: usize = 256;
/// So far from the corner places lie.
const REACH: i32 = 12;
/// So near to the border no corner is looked for.
const MARGIN: usize = 5;
const COLUMNS: usize = 10;
const ROWS: usize = 6;
/// In each of the fields, so that no tree has them all.
const CORNERS_PER_FIELD: usize = 6;
/// Bits that may differ.
const DISTANCE_MAX: u32 = 84;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Corner {
    pub(super) x: f32,
    pub(super) y: f32,
}

/// The best in each field, if `counts` of their place.
pub(super) fn corners(plane: &Plane, counts: impl Fn(f32, f32) -> bool) -> Vec<Corner> {
    let strength = strength(plane);
    let (width, height) = (plane.width, plane.height);
    let mut fields: Vec<Vec<(f32, usize, usize)>> = vec![Vec::new(); COLUMNS * ROWS];
    for y in MARGIN..height.saturating_sub(MARGIN) {
        for x in MARGIN..width.saturating_sub(MARGIN) {
            let own = strength.near(x as isize, y as isize);
            if own <= 0.05 || !is_peak(&strength, x, y, own) || !counts(x as f32, y as f32) {
                continue;
            }
            if let Some(field) = fields.get_mut(y * ROWS / height * COLUMNS + x * COLUMNS / width) {
                insert(field, (own, x, y));
            }
        }
    }
    fields.into_iter().flatten().map(|(_, x, y)| refined(&strength, x, y)).collect()
}

/// The strongest first, and no more than there may be.
fn insert(field: &mut Vec<(f32, usize, usize)>, corner: (f32, usize, usize)) {
    let at = field.iter().position(|known| known.0 < corner.0).unwrap_or(field.len());
    if at < CORNERS_PER_FIELD {
        field.truncate(CORNERS_PER_FIELD - 1);
        field.insert(at, corner);
    }
}

fn is_peak(strength: &Plane, x: usize, y: usize, own: f32) -> bool {
    let (x, y) = (x as isize, y as isize);
    for dy in -2..=2 {
        for dx in -2..=2 {
            let other = strength.near(x + dx, y + dy);
            let is_later = (dy, dx) > (0, 0);
            if other > own || (other == own && !is_later && (dx, dy) != (0, 0)) {
                return false;
            }
        }
    }
    true
}

/// Between points, where a parabola through the neighbours has its top.
fn refined(strength: &Plane, x: usize, y: usize) -> Corner {
    let (ix, iy) = (x as isize, y as isize);
    let top = |before: f32, own: f32, behind: f32| {
        let bend = before - 2.0 * own + behind;
        if bend < 0.0 { ((before - behind) / (2.0 * bend)).clamp(-0.5, 0.5) } else { 0.0 }
    };
    let own = strength.near(ix, iy);
    let dx = top(strength.near(ix - 1, iy), own, strength.near(ix + 1, iy));
    let dy = top(strength.near(ix, iy - 1), own, strength.near(ix, iy + 1));
    Corner { x: x as f32 + dx, y: y as f32 + dy }
}

/// How much brightness changes along the direction in which it changes least.
fn strength(plane: &Plane) -> Plane {
    let smooth = plane.smoothed();
    let (width, height) = (plane.width, plane.height);
    let slope = |dx: isize, dy: isize| {
        Plane::of(width, height, |x, y| {
            let (x, y) = (x as isize, y as isize);
            (smooth.near(x + dx, y + dy) - smooth.near(x - dx, y - dy)) / 2.0
        })
    };
    let (along, down) = (slope(1, 0), slope(0, 1));
    let around = |plane: Plane| plane.smoothed().smoothed();
    let xx = around(along.zipped(&along, |one, two| one * two));
    let yy = around(down.zipped(&down, |one, two| one * two));
    let xy = around(along.zipped(&down, |one, two| one * two));
    let half = xx.zipped(&yy, |xx, yy| (xx + yy) / 2.0);
    let apart = xx.zipped(&yy, |xx, yy| (xx - yy) / 2.0).zipped(&xy, f32::hypot);
    half.zipped(&apart, |half, apart| half - apart)
}

/// Where bits look, turned and stretched.
pub(super) struct Pattern(Vec<[i16; 4]>);

impl Pattern {
    /// `cosine` and `sine` of the angle, each times the stretch.
    pub(super) fn new(cosine: f32, sine: f32) -> Self {
        let mut dice = Dice::new(0x5eed);
        let mut coordinate =
            || (0..3).map(|_| dice.below(2 * REACH as u32 + 1) as i32 - REACH).sum::<i32>() as f32 / 1.7;
        let mut turned = || {
            let (x, y) = (coordinate(), coordinate());
            [(cosine * x - sine * y).round() as i16, (sine * x + cosine * y).round() as i16]
        };
        let pair = |_| {
            let ([x1, y1], [x2, y2]) = (turned(), turned());
            [x1, y1, x2, y2]
        };
        Pattern((0..PLACES).map(pair).collect())
    }

    /// `smooth` is smoothed, as a bit looks at single points.
    pub(super) fn bits(&self, smooth: &Plane, corner: Corner) -> Bits {
        let (x, y) = (corner.x.round() as i32, corner.y.round() as i32);
        let (right, bottom) = (smooth.width as i32 - 1, smooth.height as i32 - 1);
        let light = |dx: i16, dy: i16| {
            let (x, y) = ((x + i32::from(dx)).clamp(0, right), (y + i32::from(dy)).clamp(0, bottom));
            smooth.values.get((y * (right + 1) + x) as usize).copied().unwrap_or(0.0)
        };
        let mut bits = [0; 4];
        for (word, places) in bits.iter_mut().zip(self.0.chunks(64)) {
            for [x1, y1, x2, y2] in places {
                *word = *word << 1 | u64::from(light(*x1, *y1) < light(*x2, *y2));
            }
        }
        bits
    }
}

/// Pairs of which each is the other's best, and clearly better than the next: places in the first and in the second.
pub(super) fn matches(first: &[Bits], second: &[Bits]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (at, bits) in first.iter().enumerate() {
        let Some(other) = best(bits, second) else { continue };
        // Few get here, so that the way back is cheap.
        let back = second.get(other).and_then(|bits| best(bits, first));
        if back == Some(at) {
            pairs.push((at, other));
        }
    }
    pairs
}

fn best(bits: &Bits, among: &[Bits]) -> Option<usize> {
    let [a, b, c, d] = *bits;
    let (mut least, mut next, mut at) = (u32::MAX, u32::MAX, 0);
    for (place, [e, f, g, h]) in among.iter().enumerate() {
        let distance =
            (a ^ e).count_ones() + (b ^ f).count_ones() + (c ^ g).count_ones() + (d ^ h).count_ones();
        if distance < least {
            (next, least, at) = (least, distance, place);
        } else if distance < next {
            next = distance;
        }
    }
    (least <= DISTANCE_MAX && u64::from(least) * 100 <= u64::from(next) * 88).then_some(at)
}

/// The same numbers in each run, so that the same pictures are judged the same.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Dice(seed)
    }
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit.max(1))) as u32
    }
}
