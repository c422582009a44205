//! What is looked at of a picture: its points, without those that masks leave out.

use watchkeep_sdk::picture::{Colours, Mask, Plane, luma};

/// A longer side of a picture is decoded so long at least, if it is.
pub const SIDE: u32 = 640;
/// Fields in a row and in a column.
pub(crate) const COLUMNS: usize = 16;
pub(crate) const ROWS: usize = 12;

pub struct View<'a> {
    pub colours: &'a Colours,
    pub light: Plane,
    /// Of each point, whether it counts; empty if all do.
    seen: Vec<bool>,
}

impl<'a> View<'a> {
    pub fn new(colours: &'a Colours, masks: &[Mask]) -> Self {
        let light = colours.values.iter().map(|[red, green, blue]| luma(*red, *green, *blue)).collect();
        let light = Plane::new(colours.width, colours.height, light);
        let mut seen = Vec::new();
        if !masks.is_empty() {
            let (width, height) = (colours.width as f32, colours.height as f32);
            for y in 0..colours.height {
                let v = (y as f32 + 0.5) / height;
                seen.extend((0..colours.width).map(|x| {
                    let u = (x as f32 + 0.5) / width;
                    !masks.iter().any(|mask| mask.covers(u, v))
                }));
            }
        }
        View { colours, light, seen }
    }

    pub(crate) fn is_seen(&self, at: usize) -> bool {
        self.seen.get(at).copied().unwrap_or(true)
    }

    /// Colours and brightness of the points that count.
    pub(crate) fn points(&self) -> impl Iterator<Item = ([u8; 3], f32)> {
        let all = self.colours.values.iter().zip(&self.light.values).enumerate();
        all.filter(|(at, _)| self.is_seen(*at)).map(|(_, (colour, light))| (*colour, *light))
    }
}

/// Where a field begins, and where the next one does.
pub(crate) fn field(number: usize, of: usize, length: usize) -> core::ops::Range<usize> {
    number * length / of..(number + 1) * length / of
}
