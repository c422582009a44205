//! A picture of what differs: the new one, laid on the reference, grey where nothing has changed.

use crate::compare::{Comparison, Field, Motion, SIDE};
use watchkeep_sdk::picture::{Plane, encode};

/// Fields that have changed are red, and blue where structure is gone; what the camera no longer sees is black.
pub fn difference(reference: &Plane, current: &Plane, comparison: &Comparison) -> Vec<u8> {
    let longer = reference.width.max(reference.height).max(1);
    let side = SIDE.min(longer);
    let (width, height) =
        ((reference.width * side).div_ceil(longer), (reference.height * side).div_ceil(longer));
    let small = |plane: &Plane| plane.shrunk(width, height);
    let (first, second) = (small(reference), small(current));
    let (width, height) = (first.width.min(second.width), first.height.min(second.height));
    let motion = comparison.motion.unwrap_or(Motion::NONE);
    let columns = comparison.columns.max(1);
    let rows = (comparison.fields.len() / columns).max(1);
    encode(width, height, |x, y| {
        let light = laid(&second, motion, x, y).unwrap_or(0.0);
        let differs = (light - first.near(x as isize, y as isize)).abs();
        let field = comparison.fields.get(y * rows / height * columns + x * columns / width);
        let grey = 40.0 + 0.7 * light;
        let more = (40.0 + differs).min(120.0);
        match field {
            Some(Field::Changed) => [(grey + more).min(255.0), grey * 0.7, grey * 0.7],
            Some(Field::Lost) => [grey * 0.7, grey * 0.8, (grey + more).min(255.0)],
            Some(Field::Masked) => [grey * 0.4; 3],
            Some(Field::Outside) => [0.0; 3],
            Some(Field::Same) | None => [grey; 3],
        }
    })
}

/// The brightness at the place where the reference's point is in the picture.
fn laid(current: &Plane, motion: Motion, x: usize, y: usize) -> Option<f32> {
    let (width, height) = (current.width as f32, current.height as f32);
    let (u, v) = motion.of(((x as f32 + 0.5 - width / 2.0) / width, (y as f32 + 0.5 - height / 2.0) / width));
    current.between(u * width + width / 2.0 - 0.5, v * width + height / 2.0 - 0.5)
}
