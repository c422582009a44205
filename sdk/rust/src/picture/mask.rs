//! Parts of the picture that are left out.

use crate::config::{Place, Problems};

/// How many masks a check may have.
pub const MASKS_MAX: usize = 50;

/// A rectangle of the picture that is left out.
#[derive(watchkeep_sdk::Config, Clone, PartialEq, Debug)]
#[config(check = Mask::consistent)]
pub struct Mask {
    /// Its left edge, in percent of the picture's width.
    #[config(min = 0, max = 100, example = 70)]
    pub left: f64,
    /// Its upper edge, in percent of the picture's height.
    #[config(min = 0, max = 100, example = 0)]
    pub top: f64,
    /// Its width, in percent of the picture's.
    #[config(min = 0, max = 100, example = 30)]
    pub width: f64,
    /// Its height, in percent of the picture's.
    #[config(min = 0, max = 100, example = 8)]
    pub height: f64,
}

impl Mask {
    /// Whether it covers a place of the picture; both are from 0 to 1.
    pub fn covers(&self, x: f32, y: f32) -> bool {
        let (x, y) = (f64::from(x) * 100.0, f64::from(y) * 100.0);
        let along = self.left..self.left + self.width;
        let down = self.top..self.top + self.height;
        along.contains(&x) && down.contains(&y)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        for (key, from, length) in [("width", self.left, self.width), ("height", self.top, self.height)] {
            if length <= 0.0 || from + length > 100.0 + 1e-9 {
                let message = "must be more than 0, and the mask must end within the picture (100)";
                problems.add::<()>(&place.key(key), message);
            }
        }
    }
}
