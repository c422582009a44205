//! A motion made exact: step by step, so that brightness differs least. It needs no corners, and finds nothing that is far
//! from where it begins.

use super::motion::Motion;
use watchkeep_sdk::picture::Plane;

const STEPS: usize = 12;
/// In widths and their like: no step is worth less.
const STEP_MIN: f32 = 2e-5;
/// Of the normalised brightness: what differs by more counts little.
const SOFT: f32 = 0.6;
/// In grey levels: what differs by less is noise as much as structure.
const CONTRAST_MIN: f32 = 3.0;
const RADIUS: usize = 7;

/// The same in every light: relief, divided by how strong it is around.
pub(super) fn normalised(plane: &Plane) -> Plane {
    let relief = plane.smoothed().relief(RADIUS);
    let power = relief.zipped(&relief, |one, two| one * two).mean_around(RADIUS);
    relief.zipped(&power, |relief, power| relief / (power.max(0.0).sqrt() + CONTRAST_MIN))
}

/// Both are normalised and have the same size. `counts` says which points of the reference do.
pub(super) fn refined(reference: &Plane, current: &Plane, from: Motion, counts: &[bool]) -> Motion {
    let slopes = Slopes::of(reference);
    let mut motion = from;
    for _ in 0..STEPS {
        let Some(step) = step(reference, &slopes, current, motion, counts) else { break };
        let turned = Motion { a: 1.0 + step[0], b: step[1], x: step[2], y: step[3] };
        let Some(back) = turned.back() else { break };
        motion = motion.after(back);
        if step.iter().all(|part| part.abs() < STEP_MIN) {
            break;
        }
    }
    motion
}

/// By how much brightness changes from point to point, in levels for a whole width.
struct Slopes {
    along: Vec<f32>,
    down: Vec<f32>,
}

impl Slopes {
    fn of(plane: &Plane) -> Self {
        let half = plane.width as f32 / 2.0;
        let slope = |dx: isize, dy: isize| {
            let value = |x: usize, y: usize| {
                let (x, y) = (x as isize, y as isize);
                (plane.near(x + dx, y + dy) - plane.near(x - dx, y - dy)) * half
            };
            Plane::of(plane.width, plane.height, value).values
        };
        Slopes { along: slope(1, 0), down: slope(0, 1) }
    }
}

/// What the reference would have to do so as to differ less.
fn step(
    reference: &Plane,
    slopes: &Slopes,
    current: &Plane,
    motion: Motion,
    counts: &[bool],
) -> Option<[f32; 4]> {
    let (width, height) = (reference.width as f32, reference.height as f32);
    let (mut matrix, mut right) = ([[0.0_f32; 4]; 4], [0.0_f32; 4]);
    let mut seen = 0_usize;
    let mut at = 0;
    for row in 0..reference.height {
        let y = (row as f32 + 0.5 - height / 2.0) / width;
        for column in 0..reference.width {
            let place = at;
            at += 1;
            let (Some(along), Some(down)) = (slopes.along.get(place), slopes.down.get(place)) else {
                continue;
            };
            if along.abs() + down.abs() < 0.5 || counts.get(place) != Some(&true) {
                continue;
            }
            let x = (column as f32 + 0.5 - width / 2.0) / width;
            let (u, v) = motion.of((x, y));
            let found = current.between(u * width + width / 2.0 - 0.5, v * width + height / 2.0 - 0.5);
            let (Some(found), Some(own)) = (found, reference.values.get(place)) else { continue };
            let differs = found - own;
            let weight = SOFT * SOFT / (SOFT * SOFT + differs * differs);
            let parts = [along * x + down * y, down * x - along * y, *along, *down];
            for (line, (right, one)) in matrix.iter_mut().zip(right.iter_mut().zip(parts)) {
                *right += weight * one * differs;
                for (sum, two) in line.iter_mut().zip(parts) {
                    *sum += weight * one * two;
                }
            }
            seen += 1;
        }
    }
    if seen < 200 {
        return None;
    }
    let solved = solved(matrix, right)?;
    solved.iter().all(|part| part.abs() < 0.2).then_some(solved)
}

/// By Gauss; the matrix is symmetric and has no negative directions.
#[allow(clippy::indexing_slicing, reason = "indexes are below the lengths of both arrays")]
fn solved(mut matrix: [[f32; 4]; 4], mut right: [f32; 4]) -> Option<[f32; 4]> {
    for pivot in 0..4 {
        let (source, value) = (matrix[pivot], right[pivot]);
        let own = source[pivot];
        if !(own.is_finite() && own > 1e-3) {
            return None;
        }
        for (row, (line, right)) in matrix.iter_mut().zip(&mut right).enumerate() {
            if row == pivot {
                continue;
            }
            let factor = line[pivot] / own;
            for (part, other) in line.iter_mut().zip(source).skip(pivot) {
                *part -= factor * other;
            }
            *right -= factor * value;
        }
    }
    let mut result = [0.0; 4];
    for row in 0..4 {
        result[row] = right[row] / matrix[row][row];
    }
    Some(result)
}
