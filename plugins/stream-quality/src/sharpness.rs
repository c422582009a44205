//! How sharp a picture is: how much of the steps between neighbouring points is gone once the picture is blurred. A sharp
//! picture loses most of them, a blurred one has little to lose. That compares a picture with itself, so that contrast and
//! light do not count.

use watchkeep_sdk::picture::Plane;

use crate::view::{COLUMNS, ROWS, SIDE, View, field};

/// In grey levels: a smaller step is noise.
const STEP_MIN: f32 = 4.0;
/// Steps that a field must have to be judged, for each hundred of its points.
const STEPS_MIN: f32 = 4.0;
/// With fewer fields that have steps, nothing is said.
const FIELDS_MIN: usize = 6;
/// The picture is as sharp as this share of its fields is not: near things may be out of focus.
const SHARE: f64 = 0.8;
/// How far around a point the picture is blurred.
const RADIUS: usize = 4;

/// From 0 to 1; `None` if too little in the picture has edges: the dark, fog, a wall.
pub fn sharpness(view: &View<'_>) -> Option<f64> {
    let (width, height) = (view.light.width, view.light.height);
    let longer = width.max(height).max(1);
    // Always of one size, so that limits are the same for all cameras.
    let side = |length: usize| (length * SIDE as usize / longer).max(1);
    let light = match longer > SIDE as usize {
        true => view.light.shrunk(side(width), side(height)).smoothed(),
        false => view.light.smoothed(),
    };
    let blurred = light.mean_around(RADIUS);
    let mut fields: Vec<f64> = Vec::new();
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (xs, ys) = (field(column, COLUMNS, light.width), field(row, ROWS, light.height));
            let middle = |range: &core::ops::Range<usize>, own: usize, all: usize| {
                (range.start + range.end) / 2 * all / own.max(1)
            };
            let at = middle(&ys, light.height, height) * width + middle(&xs, light.width, width);
            if view.is_seen(at) {
                fields.extend(of_field(&light, &blurred, xs, ys));
            }
        }
    }
    if fields.len() < FIELDS_MIN {
        return None;
    }
    fields.sort_by(f64::total_cmp);
    fields.get((fields.len() as f64 * SHARE) as usize).copied()
}

fn of_field(
    light: &Plane,
    blurred: &Plane,
    xs: core::ops::Range<usize>,
    ys: core::ops::Range<usize>,
) -> Option<f64> {
    let points = (xs.len() * ys.len()) as f32;
    let (mut steps, mut lost, mut count) = (0.0_f32, 0.0_f32, 0.0_f32);
    let mut add = |own: f32, left: f32| {
        let (own, left) = (own.abs(), left.abs());
        if own >= STEP_MIN {
            steps += own;
            lost += (own - left).max(0.0);
            count += 1.0;
        }
    };
    for y in ys {
        for x in xs.clone() {
            let at = y * light.width + x;
            let value = |plane: &Plane, at: usize| plane.values.get(at).copied().unwrap_or(0.0);
            let (own, soft) = (value(light, at), value(blurred, at));
            if x + 1 < light.width {
                add(value(light, at + 1) - own, value(blurred, at + 1) - soft);
            }
            if y + 1 < light.height {
                add(value(light, at + light.width) - own, value(blurred, at + light.width) - soft);
            }
        }
    }
    (count * 100.0 >= STEPS_MIN * points).then(|| f64::from(lost / steps))
}
