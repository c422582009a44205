//! From the bytes of a picture to its points. Sizes are looked at before anything is made that is as large.

use super::plane::Plane;
use super::{jpeg, png};
use crate::http::picture::{self, Kind};

/// Points of a picture; more take longer than a run may.
const POINTS_MAX: u64 = 1 << 24;
const SIDE_MAX: u32 = 16_384;
/// A smaller picture shows too little to be judged.
const SIDE_MIN: u32 = 64;

/// A picture whose points are known, perhaps at a part of its size.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoded<P = Plane> {
    pub kind: Kind,
    /// Of the picture itself.
    pub width: u32,
    pub height: u32,
    pub points: P,
}

/// Red, green and blue of each point, row by row.
#[derive(Clone, PartialEq, Debug)]
pub struct Colours {
    pub width: usize,
    pub height: usize,
    pub values: Vec<[u8; 3]>,
}

/// The picture's brightness. If its longer side has more than `side` points, it is decoded at a part of its size that
/// still has so many, and fewer than twice as many where that is possible.
///
/// # Errors
/// A sentence that says what is wrong with the picture.
pub fn decode(bytes: &[u8], side: u32) -> Result<Decoded<Plane>, String> {
    decoded(
        bytes,
        side,
        |red, green, blue| [luma(red, green, blue)],
        |width, height, values| Plane::new(width, height, values.into_iter().map(|[light]| light).collect()),
    )
}

/// As [`decode`], in colours.
///
/// # Errors
/// A sentence that says what is wrong with the picture.
pub fn decode_colours(bytes: &[u8], side: u32) -> Result<Decoded<Colours>, String> {
    let tone = |red, green, blue| [red, green, blue].map(f32::from);
    decoded(bytes, side, tone, |width, height, values| {
        let values = values.into_iter().map(|point| point.map(|value| (value + 0.5) as u8)).collect();
        Colours { width, height, values }
    })
}

/// What a plugin needs of a colour.
pub(super) trait Tone<const N: usize>: Fn(u8, u8, u8) -> [f32; N] {}
impl<const N: usize, F: Fn(u8, u8, u8) -> [f32; N]> Tone<N> for F {}

/// Points as they were decoded, and how many in a row and a column.
pub(super) struct Points<const N: usize> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<[f32; N]>,
}

fn decoded<const N: usize, P>(
    bytes: &[u8],
    side: u32,
    tone: impl Tone<N>,
    finish: impl FnOnce(usize, usize, Vec<[f32; N]>) -> P,
) -> Result<Decoded<P>, String> {
    let side = side.max(1);
    let picture::Picture { kind, width, height } = picture::look(bytes)?;
    let name = kind.name();
    if width.min(height) < SIDE_MIN {
        return Err(format!(
            "its {name} has {width}x{height} pixels; at least {SIDE_MIN}x{SIDE_MIN} are needed to judge it"
        ));
    }
    if width.max(height) > SIDE_MAX || u64::from(width) * u64::from(height) > POINTS_MAX {
        return Err(format!(
            "its {name} has {width}x{height} pixels; at most {} million are decoded",
            POINTS_MAX / 1_000_000
        ));
    }
    let points = match kind {
        Kind::Jpeg => jpeg::decode(bytes, [width, height], side, tone),
        Kind::Png => png::decode(bytes, side, tone),
    };
    match points {
        Ok(points) => {
            let points = finish(points.width, points.height, points.values);
            Ok(Decoded { kind, width, height, points })
        }
        Err(Flaw::Damaged) => Err(format!("its {name} is damaged and cannot be decoded")),
        Err(Flaw::Unsupported) => Err(format!("its {name} is of a form that is not supported")),
        Err(Flaw::Large) => Err(format!(
            "its progressive {name} with {width}x{height} pixels takes more memory than a run has; hint: let the camera \
             send baseline JPEG, or a smaller picture"
        )),
    }
}

pub(super) enum Flaw {
    Damaged,
    Unsupported,
    Large,
}

/// Brightness of a colour, from 0 to 255.
pub fn luma(red: u8, green: u8, blue: u8) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}
