//! What happens to a camera between two nights, and what is expected of the check then.

use crate::render::{Dice, Photo, Stand};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expected {
    Nothing,
    /// Shifted, turned or zoomed.
    Position,
    Content,
    View,
    Sharpness,
    /// Anything: the picture is another one.
    Anything,
    NotJudged,
}

pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) expected: Expected,
    /// Where the camera stands then.
    pub(crate) moves: fn(&mut Dice) -> Move,
    /// What is done to the second picture; the other photo is of another scene.
    pub(crate) happens: fn(&mut Photo, &Photo, &mut Dice),
    pub(crate) light: fn(&mut Dice) -> Light,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Move {
    /// In widths.
    pub(crate) shift: f32,
    pub(crate) degrees: f32,
    /// In parts: 0.1 is a tenth larger.
    pub(crate) zoom: f32,
}

/// How the second picture is lit and taken.
#[derive(Clone, Copy)]
pub(crate) struct Light {
    pub(crate) gain: f32,
    pub(crate) gamma: f32,
    pub(crate) warmth: f32,
    pub(crate) noise: f32,
    /// Of the steps of JPEG's standard tables, in percent.
    pub(crate) coarse: u32,
    /// A lamp that lights a part of it.
    pub(crate) lamp: f32,
}

pub(crate) fn usual(dice: &mut Dice) -> Light {
    Light {
        gain: dice.within(0.85, 1.15),
        gamma: dice.within(0.92, 1.08),
        warmth: dice.within(-0.03, 0.03),
        noise: dice.within(1.0, 4.0),
        coarse: dice.within(20.0, 80.0) as u32,
        lamp: 0.0,
    }
}

fn day(dice: &mut Dice) -> Light {
    let gain = if dice.sign() > 0.0 { dice.within(1.0, 1.7) } else { dice.within(0.35, 1.0) };
    Light { gain, gamma: dice.within(0.6, 1.6), warmth: dice.within(-0.25, 0.25), ..usual(dice) }
}

fn night(dice: &mut Dice) -> Light {
    let lamp = if dice.sign() > 0.0 { dice.within(0.3, 1.0) } else { 0.0 };
    Light { gain: dice.within(0.15, 0.4), noise: dice.within(4.0, 8.0), lamp, ..day(dice) }.dimmed()
}

impl Light {
    fn dimmed(mut self) -> Self {
        self.gain = self.gain.min(0.4);
        self
    }
}

fn noisy(dice: &mut Dice) -> Light {
    Light { noise: dice.within(8.0, 25.0), ..usual(dice) }
}
fn coarse(dice: &mut Dice) -> Light {
    Light { coarse: dice.within(150.0, 350.0) as u32, ..usual(dice) }
}
fn black(dice: &mut Dice) -> Light {
    Light { gain: dice.within(0.0, 0.04), ..usual(dice) }
}

fn none(_: &mut Dice) -> Move {
    Move::default()
}
fn nothing(_: &mut Photo, _: &Photo, _: &mut Dice) {}

pub(crate) const CLASSES: [Class; 24] = [
    Class { name: "the same", expected: Expected::Nothing, moves: none, happens: nothing, light: usual },
    Class {
        name: "light of the day",
        expected: Expected::Nothing,
        moves: none,
        happens: nothing,
        light: day,
    },
    Class {
        name: "night and lamps",
        expected: Expected::Nothing,
        moves: none,
        happens: nothing,
        light: night,
    },
    Class { name: "sensor noise", expected: Expected::Nothing, moves: none, happens: nothing, light: noisy },
    Class {
        name: "strong compression",
        expected: Expected::Nothing,
        moves: none,
        happens: nothing,
        light: coarse,
    },
    Class { name: "rain", expected: Expected::Nothing, moves: none, happens: rain, light: usual },
    Class {
        name: "small moving objects",
        expected: Expected::Nothing,
        moves: none,
        happens: objects,
        light: usual,
    },
    Class {
        name: "wind at the mast",
        expected: Expected::Nothing,
        moves: shaken,
        happens: nothing,
        light: usual,
    },
    Class {
        name: "shift of 2 %",
        expected: Expected::Position,
        moves: |_| shifted(0.02),
        happens: nothing,
        light: usual,
    },
    Class {
        name: "shift of 2 to 15 %",
        expected: Expected::Position,
        moves: |dice| shifted(dice.within(0.02, 0.15)),
        happens: nothing,
        light: usual,
    },
    Class {
        name: "turned by 2 degrees",
        expected: Expected::Position,
        moves: |dice| turned(2.0 * dice.sign()),
        happens: nothing,
        light: usual,
    },
    Class {
        name: "turned by 2 to 15 degrees",
        expected: Expected::Position,
        moves: |dice| turned(dice.within(2.0, 15.0) * dice.sign()),
        happens: nothing,
        light: usual,
    },
    Class {
        name: "zoomed by 6 to 40 %",
        expected: Expected::Position,
        moves: |dice| Move { zoom: dice.within(0.06, 0.4), ..Move::default() },
        happens: nothing,
        light: usual,
    },
    Class {
        name: "shift of 2 %, other light",
        expected: Expected::Position,
        moves: |_| shifted(0.02),
        happens: nothing,
        light: day,
    },
    Class {
        name: "turned by 2 degrees, other light",
        expected: Expected::Position,
        moves: |dice| turned(2.0 * dice.sign()),
        happens: nothing,
        light: day,
    },
    Class {
        name: "shift of 2 %, at night",
        expected: Expected::Position,
        moves: |_| shifted(0.02),
        happens: nothing,
        light: night,
    },
    Class {
        name: "moved, with moving objects",
        expected: Expected::Position,
        moves: |dice| Move { shift: dice.within(0.02, 0.06), degrees: dice.within(-3.0, 3.0), zoom: 0.0 },
        happens: objects,
        light: usual,
    },
    Class {
        name: "content changed (40 to 70 %)",
        expected: Expected::Content,
        moves: none,
        happens: replaced,
        light: usual,
    },
    Class { name: "another scene", expected: Expected::Anything, moves: none, happens: other, light: usual },
    Class { name: "covered", expected: Expected::View, moves: none, happens: covered, light: usual },
    Class {
        name: "covered in part (50 to 90 %)",
        expected: Expected::View,
        moves: none,
        happens: covered_in_part,
        light: usual,
    },
    Class {
        name: "spray or fog on the lens",
        expected: Expected::View,
        moves: none,
        happens: sprayed,
        light: usual,
    },
    Class {
        name: "out of focus",
        expected: Expected::Sharpness,
        moves: none,
        happens: blurred,
        light: usual,
    },
    Class { name: "black", expected: Expected::NotJudged, moves: none, happens: nothing, light: black },
];

fn shifted(shift: f32) -> Move {
    Move { shift, ..Move::default() }
}
fn turned(degrees: f32) -> Move {
    Move { degrees, ..Move::default() }
}
fn shaken(dice: &mut Dice) -> Move {
    Move { shift: dice.within(0.0, 0.008), degrees: dice.within(-0.6, 0.6), zoom: 0.0 }
}

fn rain(photo: &mut Photo, _: &Photo, dice: &mut Dice) {
    let slope = dice.within(-0.3, 0.3);
    for _ in 0..150 + dice.below(350) {
        let (x, y) = (dice.below(photo.width) as f32, dice.below(photo.height) as f32);
        let length = dice.within(0.02, 0.08) * photo.width as f32;
        let (strength, thick) = (dice.within(0.15, 0.5), 1 + dice.below(photo.width / 400 + 1));
        for at in 0..length as usize {
            for side in 0..thick {
                let (u, v) = ((x + slope * at as f32) as usize + side, y as usize + at);
                if u < photo.width && v < photo.height {
                    for value in &mut photo.points[v * photo.width + u] {
                        *value += (210.0 - *value) * strength;
                    }
                }
            }
        }
    }
}

/// A part of the other scene, in an ellipse.
fn paste(photo: &mut Photo, other: &Photo, [x, y, width, height]: [f32; 4], is_round: bool) {
    for v in 0..photo.height {
        for u in 0..photo.width {
            let (dx, dy) = ((u as f32 - x) / width * 2.0, (v as f32 - y) / height * 2.0);
            let is_inside = if is_round { dx * dx + dy * dy < 1.0 } else { dx.abs().max(dy.abs()) < 1.0 };
            if is_inside {
                let at = (v * other.height / photo.height) * other.width + u * other.width / photo.width;
                photo.points[v * photo.width + u] = other.points[at];
            }
        }
    }
}

/// People, cars, birds: up to four, all together at most 6 % of the picture.
fn objects(photo: &mut Photo, other: &Photo, dice: &mut Dice) {
    let count = 1 + dice.below(4);
    let (width, height) = (photo.width as f32, photo.height as f32);
    for _ in 0..count {
        let area = dice.within(0.004, 0.06 / count as f32) * width * height * 1.27;
        let stretch = dice.within(0.5, 2.0);
        let size = [(area * stretch).sqrt(), (area / stretch).sqrt()];
        let place = [dice.within(0.1, 0.9) * width, dice.within(0.1, 0.9) * height];
        paste(photo, other, [place[0], place[1], size[0], size[1]], true);
    }
}

fn replaced(photo: &mut Photo, other: &Photo, dice: &mut Dice) {
    let (width, height) = (photo.width as f32, photo.height as f32);
    let share = dice.within(0.4, 0.7);
    match dice.below(4) {
        0 => paste(photo, other, [0.0, height / 2.0, 2.0 * share * width, 2.0 * height], false),
        1 => paste(photo, other, [width, height / 2.0, 2.0 * share * width, 2.0 * height], false),
        2 => paste(photo, other, [width / 2.0, height, 2.0 * width, 2.0 * share * height], false),
        _ => {
            let side = share.sqrt();
            paste(photo, other, [width / 2.0, height / 2.0, side * width, side * height], false);
        }
    }
}

fn other(photo: &mut Photo, other: &Photo, _: &mut Dice) {
    let (width, height) = (photo.width as f32, photo.height as f32);
    paste(photo, other, [width / 2.0, height / 2.0, 3.0 * width, 3.0 * height], false);
}

/// A bag, tape, a hand: one colour that is not quite even.
fn cover(photo: &mut Photo, dice: &mut Dice, is_covered: impl Fn(f32, f32) -> bool) {
    let base = dice.within(35.0, 190.0);
    let (along, down) = (dice.within(-40.0, 40.0), dice.within(-40.0, 40.0));
    for v in 0..photo.height {
        for u in 0..photo.width {
            let (x, y) = (u as f32 / photo.width as f32, v as f32 / photo.height as f32);
            if is_covered(x, y) {
                photo.points[v * photo.width + u] = [base + along * (x - 0.5) + down * (y - 0.5); 3];
            }
        }
    }
}

fn covered(photo: &mut Photo, _: &Photo, dice: &mut Dice) {
    cover(photo, dice, |_, _| true);
}

fn covered_in_part(photo: &mut Photo, _: &Photo, dice: &mut Dice) {
    let share = dice.within(0.5, 0.9);
    let side = dice.below(4);
    cover(photo, dice, |x, y| match side {
        0 => x < share,
        1 => x > 1.0 - share,
        2 => y < share,
        _ => y > 1.0 - share,
    });
}

fn sprayed(photo: &mut Photo, _: &Photo, dice: &mut Dice) {
    let deviation = dice.within(0.04, 0.08) * photo.width as f32;
    // Small, blurred, and large again: as good, and much faster.
    let step = (deviation / 4.0).max(1.0);
    let stand = |photo: &Photo, step: f32, width: usize, height: usize| Stand {
        x: photo.width as f32 / 2.0,
        y: photo.height as f32 / 2.0,
        step,
        degrees: 0.0,
        width,
        height,
    };
    let size = |length: usize| (length as f32 / step) as usize;
    let small =
        stand(photo, step, size(photo.width), size(photo.height)).take(photo).blurred(deviation / step);
    let veil = dice.within(60.0, 200.0);
    let share = dice.within(0.2, 0.6);
    let mut large = stand(&small, 1.0 / step, photo.width, photo.height).take(&small);
    for value in large.points.iter_mut().flatten() {
        *value += (veil - *value) * share;
    }
    *photo = large;
}

fn blurred(photo: &mut Photo, _: &Photo, dice: &mut Dice) {
    *photo = photo.blurred(dice.within(0.01, 0.02) * photo.width as f32);
}

/// The light falls, and the camera takes and packs it.
pub(crate) fn exposed(photo: &mut Photo, light: Light, dice: &mut Dice) -> Vec<u8> {
    let (x, y) = (dice.unit(), dice.unit());
    let gains = [1.0 + light.warmth, 1.0, 1.0 - light.warmth];
    for v in 0..photo.height {
        for u in 0..photo.width {
            let (dx, dy) = (u as f32 / photo.width as f32 - x, v as f32 / photo.height as f32 - y);
            let lamp = 1.0 + 2.0 * light.lamp * (-(dx * dx + dy * dy) / 0.05).exp();
            let point = &mut photo.points[v * photo.width + u];
            for (value, gain) in point.iter_mut().zip(gains) {
                let lit = (*value / 255.0).clamp(0.0, 1.0).powf(light.gamma) * light.gain * gain * lamp;
                *value = (lit * 255.0 + light.noise * dice.normal()).round().clamp(0.0, 255.0);
            }
        }
    }
    watchkeep_plugin_snapshot_compare::parts::encode_at(photo.width, photo.height, light.coarse, |x, y| {
        photo.points[y * photo.width + x]
    })
}
