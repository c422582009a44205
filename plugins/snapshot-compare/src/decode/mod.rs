//! From the bytes of a picture to its brightness. Sizes are looked at before anything is made that is as large.

mod jpeg;
mod png;

use watchkeep_sdk::http::picture::{self, Kind};

use crate::plane::Plane;

/// Points of a picture; more take longer than a run may.
const POINTS_MAX: u64 = 1 << 24;
const SIDE_MAX: u32 = 16_384;
/// A smaller picture shows too little to be compared.
const SIDE_MIN: u32 = 64;

/// A picture whose brightness is known, perhaps at a part of its size.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoded {
    pub kind: Kind,
    /// Of the picture itself.
    pub width: u32,
    pub height: u32,
    pub plane: Plane,
}

/// An error says in a sentence what is wrong with the picture.
pub fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let picture::Picture { kind, width, height } = picture::look(bytes)?;
    let name = kind.name();
    if width.min(height) < SIDE_MIN {
        return Err(format!(
            "its {name} has {width}x{height} pixels; at least {SIDE_MIN}x{SIDE_MIN} are needed to compare"
        ));
    }
    if width.max(height) > SIDE_MAX || u64::from(width) * u64::from(height) > POINTS_MAX {
        return Err(format!(
            "its {name} has {width}x{height} pixels; at most {} million are decoded",
            POINTS_MAX / 1_000_000
        ));
    }
    let plane = match kind {
        Kind::Jpeg => jpeg::decode(bytes, width, height),
        Kind::Png => png::decode(bytes),
    };
    match plane {
        Ok(plane) => Ok(Decoded { kind, width, height, plane }),
        Err(Flaw::Damaged) => Err(format!("its {name} is damaged and cannot be decoded")),
        Err(Flaw::Unsupported) => Err(format!("its {name} is of a form that is not supported")),
        Err(Flaw::Large) => Err(format!(
            "its progressive {name} with {width}x{height} pixels takes more memory than a run has; hint: let the camera \
             send baseline JPEG, or a smaller picture"
        )),
    }
}

enum Flaw {
    Damaged,
    Unsupported,
    Large,
}

/// Brightness of colours, from 0 to 255.
fn luma(red: u8, green: u8, blue: u8) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}
