//! The picture in fields, each of which is held against the same field of the reference: by structure, as light changes
//! every hour.

use super::motion::Motion;
use watchkeep_sdk::picture::Plane;

/// Along the longer side, and along the other.
const MANY: usize = 16;
const FEW: usize = 9;
/// In squared grey levels: structure that is weaker cannot be told from compression.
const POWER_MIN: f32 = 4.0;
/// So many times as strong as noise.
const OVER_NOISE: f32 = 4.0;
/// Structure that is like this, and no less, is the same structure.
const SAME: f32 = 0.4;
/// Of all of a field, so much has to be seen.
const SEEN_MIN: f32 = 0.5;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The operator masked it.
    Masked,
    /// The camera has moved, and no longer sees it.
    Outside,
    Same,
    Changed,
    /// Its structure is gone, as behind a cover.
    Lost,
}

/// What is known of a field under one motion.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Measured {
    /// Points that are seen and not masked, of the reference's whole field.
    seen: f32,
    unmasked: f32,
    /// Powers of structure, and what both have in common.
    reference: f32,
    current: f32,
    common: f32,
}

impl Measured {
    /// From -1 to 1.
    fn likeness(&self) -> f32 {
        let power = (self.reference * self.current).sqrt();
        if power > 1e-3 { self.common / power } else { 0.0 }
    }
    /// How much of the reference's structure there still is.
    pub(super) fn left(&self) -> Option<f32> {
        (self.reference > 0.05).then(|| (self.common / self.reference).max(0.0))
    }
    fn is_masked(&self) -> bool {
        self.unmasked < SEEN_MIN
    }
    fn is_seen(&self) -> bool {
        self.seen >= SEEN_MIN * self.unmasked.max(SEEN_MIN)
    }
}

pub(super) struct Grid {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Grid {
    pub(super) fn of(plane: &Plane) -> Self {
        let (columns, rows) = if plane.width >= plane.height { (MANY, FEW) } else { (FEW, MANY) };
        Grid { columns: columns.min(plane.width.max(1)), rows: rows.min(plane.height.max(1)) }
    }

    /// Both are reliefs of the same size. `counts` says which points of the reference do.
    pub(super) fn measured(
        &self,
        reference: &Plane,
        current: &Plane,
        motion: Motion,
        counts: &[bool],
    ) -> Vec<Measured> {
        let (width, height) = (reference.width as f32, reference.height as f32);
        let mut sums = vec![Sums::default(); self.columns * self.rows];
        let mut at = 0;
        for row in 0..reference.height {
            let y = (row as f32 + 0.5 - height / 2.0) / width;
            let line = row * self.rows / reference.height * self.columns;
            for column in 0..reference.width {
                let place = at;
                at += 1;
                let Some(sum) = sums.get_mut(line + column * self.columns / reference.width) else {
                    continue;
                };
                sum.all += 1.0;
                if counts.get(place) != Some(&true) {
                    continue;
                }
                sum.unmasked += 1.0;
                let x = (column as f32 + 0.5 - width / 2.0) / width;
                let (u, v) = motion.of((x, y));
                let found = current.between(u * width + width / 2.0 - 0.5, v * width + height / 2.0 - 0.5);
                if let (Some(found), Some(own)) = (found, reference.values.get(place)) {
                    sum.add(*own, found);
                }
            }
        }
        sums.iter().map(Sums::measured).collect()
    }
}

#[derive(Clone, Copy, Default)]
struct Sums {
    all: f32,
    unmasked: f32,
    count: f32,
    one: f32,
    two: f32,
    one_one: f32,
    two_two: f32,
    one_two: f32,
}

impl Sums {
    fn add(&mut self, one: f32, two: f32) {
        self.count += 1.0;
        self.one += one;
        self.two += two;
        self.one_one += one * one;
        self.two_two += two * two;
        self.one_two += one * two;
    }
    fn measured(&self) -> Measured {
        let (all, count) = (self.all.max(1.0), self.count.max(1.0));
        let (one, two) = (self.one / count, self.two / count);
        Measured {
            seen: self.count / all,
            unmasked: self.unmasked / all,
            reference: (self.one_one / count - one * one).max(0.0),
            current: (self.two_two / count - two * two).max(0.0),
            common: self.one_two / count - one * two,
        }
    }
}

/// What noise does to fields: as much as there is in the quietest of them.
pub(super) fn noise(powers: impl Iterator<Item = f32>) -> f32 {
    let powers: Vec<f32> = powers.collect();
    ranked(&powers, powers.len() / 10).unwrap_or(0.0).clamp(0.3, 9.0)
}

/// The one that so many are less than. There are few, and sorting takes 9 KiB of a component.
fn ranked(values: &[f32], rank: usize) -> Option<f32> {
    let less = |than: f32| values.iter().filter(|value| **value < than).count();
    let up_to = |than: f32| values.iter().filter(|value| **value <= than).count();
    values.iter().copied().find(|value| less(*value) <= rank && rank < up_to(*value))
}

/// Fields under one motion, and what they say together.
pub(super) struct Judged {
    pub(super) fields: Vec<Field>,
    /// From 0 to 1, the mean of all fields that are judged.
    pub(super) similarity: f32,
    /// Of the fields that have structure in the reference.
    pub(super) lost: f32,
    pub(super) structured: usize,
}

/// Noise of the reference and of the picture, as powers.
#[derive(Clone, Copy)]
pub(super) struct Noise {
    pub(super) reference: f32,
    pub(super) current: f32,
}

impl Noise {
    pub(super) fn of(measured: &[Measured]) -> Self {
        let own = || measured.iter().filter(|field| field.unmasked > 0.0);
        Noise {
            reference: noise(own().map(|field| field.reference)),
            current: noise(own().map(|field| field.current)),
        }
    }
    fn is_structured(self, field: &Measured) -> bool {
        field.reference > (OVER_NOISE * self.reference).max(POWER_MIN)
    }
}

/// How well fields with structure agree, from 0 to 1; 0 if hardly any of them is seen.
pub(super) fn agreement(measured: &[Measured], still: &[Measured], noise: Noise) -> f32 {
    let structured =
        || measured.iter().zip(still).filter(|(_, still)| !still.is_masked() && noise.is_structured(still));
    let seen = structured().filter(|(field, _)| field.is_seen()).count();
    if seen < 3 || (seen as f32) < 0.3 * structured().count() as f32 {
        return 0.0;
    }
    let sum: f32 =
        structured().filter(|(field, _)| field.is_seen()).map(|(field, _)| field.likeness().max(0.0)).sum();
    sum / seen as f32
}

/// How many fields are clearly better explained by a motion, and how many by none.
pub(super) fn preferences(moved: &[Measured], still: &[Measured], noise: Noise) -> (usize, usize) {
    let (mut for_it, mut against) = (0, 0);
    for (moved, still) in moved.iter().zip(still) {
        if still.is_masked() || !moved.is_seen() || !noise.is_structured(still) {
            continue;
        }
        let (one, two) = (moved.likeness(), still.likeness());
        for_it += usize::from(one > SAME && one > two + 0.15);
        against += usize::from(two > SAME && two > one + 0.15);
    }
    (for_it, against)
}

pub(super) fn judged(measured: &[Measured], noise: Noise, dimmer: f32) -> Judged {
    let gain = gain(measured, noise, dimmer);
    let quiet = 2.0 * (noise.reference + gain * noise.current) + POWER_MIN;
    let (mut sum, mut count, mut lost, mut structured) = (0.0, 0.0_f32, 0, 0);
    let mut fields = Vec::with_capacity(measured.len());
    for field in measured {
        if field.is_masked() || !field.is_seen() {
            fields.push(if field.is_masked() { Field::Masked } else { Field::Outside });
            continue;
        }
        let (own, common) = (gain * field.current, gain.sqrt() * field.common);
        let alike = (2.0 * common + quiet) / (field.reference + own + quiet);
        let has_structure = noise.is_structured(field);
        let is_lost = has_structure && field.likeness() < SAME && own < 0.2 * field.reference;
        structured += usize::from(has_structure);
        lost += usize::from(is_lost);
        sum += alike.clamp(0.0, 1.0);
        count += 1.0;
        fields.push(match (is_lost, alike < SAME && field.likeness() < 0.5) {
            (true, _) => Field::Lost,
            (false, true) => Field::Changed,
            (false, false) => Field::Same,
        });
    }
    let lost = if structured == 0 { 0.0 } else { lost as f32 / structured as f32 };
    Judged { fields, similarity: if count > 0.0 { sum / count } else { 1.0 }, lost, structured }
}

/// By how much structure of the picture is to be strengthened, as its power: by what the fields say that are the same, or,
/// if there is hardly any, by how much `dimmer` the picture is, and not by much.
fn gain(measured: &[Measured], noise: Noise, dimmer: f32) -> f32 {
    let same = |field: &&Measured| field.is_seen() && noise.is_structured(field) && field.likeness() > 0.5;
    let gains: Vec<f32> =
        measured.iter().filter(same).map(|field| field.reference / field.current.max(0.1)).collect();
    let gain = if gains.len() >= 6 { ranked(&gains, gains.len() / 2) } else { None };
    gain.map_or((dimmer * dimmer).clamp(0.25, 4.0), |gain| gain.clamp(0.02, 60.0))
}
