//! Which motion most pairs of points agree on: those of what moved by itself, and those that are wrong, do not.

use super::features::Dice;
use super::motion::{Motion, Pair};

const ATTEMPTS: usize = 600;
/// In widths: so far a point may be from where the motion brings it.
const TOLERANCE: f32 = 0.007;
/// In widths: two points that are nearer say little of an angle.
const APART_MIN: f32 = 0.06;
/// Fewer agree by chance.
const AGREE_MIN: usize = 8;

/// With how many agree.
pub(super) fn motion(pairs: &[Pair]) -> Option<(Motion, usize)> {
    if pairs.len() < AGREE_MIN {
        return None;
    }
    let mut dice = Dice::new(0xca3e);
    let mut best = (Motion::NONE, 0);
    for _ in 0..ATTEMPTS {
        let mut drawn = || pairs.get(dice.below(pairs.len() as u32) as usize);
        let (Some(one), Some(two)) = (drawn(), drawn()) else { continue };
        if (one.0.0 - two.0.0).hypot(one.0.1 - two.0.1) < APART_MIN {
            continue;
        }
        let Some(motion) = Motion::through([one.0, two.0], [one.1, two.1]).filter(is_sensible) else {
            continue;
        };
        let agree = agreeing(pairs, motion, TOLERANCE).count();
        if agree > best.1 {
            best = (motion, agree);
        }
    }
    let mut motion = best.0;
    for tolerance in [TOLERANCE, TOLERANCE, TOLERANCE * 0.7] {
        let agreeing: Vec<Pair> = agreeing(pairs, motion, tolerance).copied().collect();
        motion = Motion::fitting(&agreeing).filter(is_sensible)?;
    }
    let agree = agreeing(pairs, motion, TOLERANCE).count();
    (agree >= AGREE_MIN).then_some((motion, agree))
}

fn is_sensible(motion: &Motion) -> bool {
    (0.4..2.5).contains(&motion.zoom()) && motion.distance() < 1.0
}

fn agreeing(pairs: &[Pair], motion: Motion, tolerance: f32) -> impl Iterator<Item = &Pair> {
    pairs.iter().filter(move |(from, to)| {
        let (x, y) = motion.of(*from);
        (x - to.0).hypot(y - to.1) <= tolerance
    })
}
