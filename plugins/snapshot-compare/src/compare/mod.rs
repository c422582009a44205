//! Holds a picture against the reference: how it lies on it, and what of it has changed then.

mod consensus;
mod features;
mod fields;
mod motion;
mod refine;

use watchkeep_sdk::picture::{Decoded, Mask, Plane};

use features::{Corner, Pattern};
use fields::{Grid, Measured, Noise};

pub use fields::Field;
pub use motion::Motion;

/// The longer side of what is compared; everything else is a half and a quarter of it.
pub(crate) const SIDE: usize = 400;

/// A picture's brightness, at a part of its size that is enough.
///
/// # Errors
/// A sentence that says what is wrong with the picture.
pub fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    watchkeep_sdk::picture::decode(bytes, SIDE as u32)
}

/// Fields that agree so well need no search.
const AGREES_WELL: f32 = 0.85;
/// Less is no agreement.
const AGREES: f32 = 0.3;
/// In widths and degrees: what is moved by less is found where it was as well, and needs no proof.
const TINY: (f32, f32) = (0.006, 0.6);
/// Cosine and sine of the 24 degrees between two attempts.
const TURN: (f32, f32) = (0.913_545_5, 0.406_736_64);
/// Around a point, for its relief.
const RADIUS: usize = 6;

/// What differs between two pictures.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// Where the picture lies on the reference. `None` if it is nowhere to be found.
    pub motion: Option<Motion>,
    pub columns: usize,
    pub fields: Vec<Field>,
    /// From 0 to 1.
    pub similarity: f32,
    /// Of the fields with structure in the reference, those in which it is gone.
    pub lost: f32,
    /// Fields that have structure in the reference: with few of them, little can be said.
    pub structured: usize,
    /// How much is left of small structure, compared with larger: 1 if it is as sharp as the reference.
    pub sharpness: f32,
}

impl Comparison {
    /// Of the fields that are seen, how many are not the same.
    pub fn changed(&self) -> f32 {
        let changed = self.count(Field::Changed) + self.count(Field::Lost);
        changed as f32 / (changed + self.count(Field::Same)).max(1) as f32
    }
    pub(crate) fn count(&self, wanted: Field) -> usize {
        self.fields.iter().filter(|field| **field == wanted).count()
    }
}

/// A picture in three sizes, with what each step wants of it.
struct Levels {
    whole: Plane,
    half: Plane,
    relief: Plane,
    fine: Plane,
}

impl Levels {
    fn of(picture: &Plane, width: usize, height: usize) -> Self {
        let whole = picture.shrunk(width, height);
        let half = whole.halved();
        let smooth = half.smoothed();
        let relief = smooth.relief(RADIUS);
        let fine = half.zipped(&smooth.smoothed(), |own, around| own - around);
        Levels { whole, half, relief, fine }
    }
}

/// Both have the same proportions.
pub fn compare(reference: &Plane, current: &Plane, masks: &[Mask]) -> Comparison {
    let longer = reference.width.max(reference.height).max(1);
    let side = SIDE.min(longer).min(current.width.max(current.height));
    let scaled = |length: usize| (length * side).div_ceil(longer).max(1);
    let (width, height) = (scaled(reference.width), scaled(reference.height));
    let (one, two) = (Levels::of(reference, width, height), Levels::of(current, width, height));
    // Pictures of the same proportions may still differ by a point.
    let (width, height) = (one.whole.width.min(two.whole.width), one.whole.height.min(two.whole.height));
    let (one, two) = match (two.whole.width, two.whole.height) == (width, height) {
        true if (one.whole.width, one.whole.height) == (width, height) => (one, two),
        _ => (Levels::of(&one.whole, width, height), Levels::of(&two.whole, width, height)),
    };
    let counts = counting(&one.half, masks);
    let grid = Grid::of(&one.half);
    let measured = |motion| grid.measured(&one.relief, &two.relief, motion, &counts);
    let still = measured(Motion::NONE);
    let noise = Noise::of(&still);
    let motion = placed(&one, &two, masks, &counts, &still, noise, &measured);
    let seen = motion.map_or_else(|| still.clone(), measured);
    let dimmer = one.half.mean().max(1.0) / two.half.mean().max(1.0);
    let judged = fields::judged(&seen, noise, dimmer);
    let sharpness = sharpness(&one, &two, motion.unwrap_or(Motion::NONE), &counts);
    Comparison {
        motion,
        columns: grid.columns,
        fields: judged.fields,
        similarity: judged.similarity,
        lost: judged.lost,
        structured: judged.structured,
        sharpness,
    }
}

/// Which points of a level count.
fn counting(level: &Plane, masks: &[Mask]) -> Vec<bool> {
    let (width, height) = (level.width as f32, level.height as f32);
    let mut counts = Vec::with_capacity(level.values.len());
    for y in 0..level.height {
        for x in 0..level.width {
            counts.push(!is_masked(masks, (x as f32 + 0.5) / width, (y as f32 + 0.5) / height));
        }
    }
    counts
}

fn is_masked(masks: &[Mask], x: f32, y: f32) -> bool {
    masks.iter().any(|mask| mask.covers(x, y))
}

/// The motion that explains most. The one that is nearest is tried first; only if it explains little, all are searched.
fn placed(
    one: &Levels,
    two: &Levels,
    masks: &[Mask],
    counts: &[bool],
    still: &[Measured],
    noise: Noise,
    measured: &impl Fn(Motion) -> Vec<Measured>,
) -> Option<Motion> {
    let sharp = [refine::normalised(&one.half), refine::normalised(&two.half)];
    let quarter = |level: &Levels| refine::normalised(&level.half.halved());
    let coarse = [quarter(one), quarter(two)];
    let coarse_counts = counting(&coarse[0], masks);
    let exact = |from: Motion| refine::refined(&sharp[0], &sharp[1], from, counts);
    let agreement = |motion: Motion| fields::agreement(&measured(motion), still, noise);

    let near = exact(refine::refined(&coarse[0], &coarse[1], Motion::NONE, &coarse_counts));
    let mut best = (near, agreement(near));
    if best.1 < AGREES_WELL {
        let others = searched(one, two, masks).into_iter().flat_map(|found| [exact(found), found]);
        for motion in others.chain([exact(Motion::NONE), Motion::NONE]) {
            let agrees = agreement(motion);
            if agrees > best.1 + 0.01 {
                best = (motion, agrees);
            }
        }
    }
    let (motion, agrees) = best;
    if agrees < AGREES {
        return None;
    }
    let is_tiny = motion.distance() < TINY.0 && motion.degrees().abs() < TINY.1;
    let (for_it, against) = fields::preferences(&measured(motion), still, noise);
    let is_proven = for_it >= 4 && for_it >= 2 * against;
    if is_tiny || is_proven {
        return Some(motion);
    }
    // What moved by itself does not move the camera.
    (agreement(Motion::NONE) >= AGREES).then_some(Motion::NONE)
}

/// By corners, first as if nothing were turned, then turned and zoomed.
fn searched(one: &Levels, two: &Levels, masks: &[Mask]) -> Vec<Motion> {
    let found: Vec<(Vec<Corner>, Plane)> = [one, two].map(|levels| cornered(&levels.whole, masks)).into();
    let [(first, first_smooth), (second, second_smooth)] = &found[..] else { return Vec::new() };
    let upright = Pattern::new(1.0, 0.0);
    let own: Vec<_> = first.iter().map(|corner| upright.bits(first_smooth, *corner)).collect();
    let place = |plane: &Plane, corner: &Corner| {
        let width = plane.width as f32;
        ((corner.x + 0.5 - width / 2.0) / width, (corner.y + 0.5 - plane.height as f32 / 2.0) / width)
    };
    let agreed = |pattern: &Pattern| {
        let others: Vec<_> = second.iter().map(|corner| pattern.bits(second_smooth, *corner)).collect();
        let pairs: Vec<motion::Pair> = features::matches(&own, &others)
            .into_iter()
            .filter_map(|(at, other)| {
                Some((place(first_smooth, first.get(at)?), place(second_smooth, second.get(other)?)))
            })
            .collect();
        consensus::motion(&pairs)
    };
    let mut best = agreed(&upright);
    if best.is_none_or(|(_, agree)| agree < 20) {
        let (mut cosine, mut sine) = (1.0, 0.0);
        for turn in 0..15 {
            // Nobody turns a camera on its head and zooms as well.
            let zooms: &[f32] = if matches!(turn, 0 | 1 | 14) { &[1.0, 0.7, 1.43] } else { &[1.0] };
            for zoom in zooms {
                let motion = agreed(&Pattern::new(zoom * cosine, zoom * sine));
                if motion.is_some_and(|(_, agree)| best.is_none_or(|(_, most)| agree > most)) {
                    best = motion;
                }
            }
            (cosine, sine) = (cosine * TURN.0 - sine * TURN.1, sine * TURN.0 + cosine * TURN.1);
        }
    }
    best.map(|(motion, _)| motion).into_iter().collect()
}

fn cornered(plane: &Plane, masks: &[Mask]) -> (Vec<Corner>, Plane) {
    let (width, height) = (plane.width as f32, plane.height as f32);
    let counts = |x: f32, y: f32| !is_masked(masks, (x + 0.5) / width, (y + 0.5) / height);
    (features::corners(plane, counts), plane.smoothed().smoothed().smoothed())
}

/// What noise adds is in neither picture's structure, and so does not count.
fn sharpness(one: &Levels, two: &Levels, motion: Motion, counts: &[bool]) -> f32 {
    let all = Grid { columns: 1, rows: 1 };
    let left = |first: &Plane, second: &Plane| {
        let measured = all.measured(first, second, motion, counts);
        measured.first().and_then(Measured::left)
    };
    match (left(&one.fine, &two.fine), left(&one.relief, &two.relief)) {
        (Some(fine), Some(coarse)) if coarse > 1e-3 => (fine / coarse).clamp(0.0, 10.0),
        _ => 1.0,
    }
}
