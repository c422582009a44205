//! How bright a picture is, how much it varies, and whether one colour fills it.

use crate::config::Limits;
use crate::view::View;

/// Colours that differ by less in each part are one: what noise and compression do to it.
const ALIKE: u8 = 8;

/// Shares are from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Light {
    pub brightness: f64,
    pub dark: f64,
    pub bright: f64,
    /// Between the darkest and the brightest twentieth.
    pub contrast: f64,
    /// The share that has the commonest colour and is neither dark nor over-exposed, and that colour.
    pub uniform: f64,
    pub colour: [u8; 3],
}

/// `None` if masks leave nothing.
pub fn light(view: &View<'_>, limits: &Limits) -> Option<Light> {
    let mut levels = [0_u32; 256];
    let mut parts = [[0_u32; 256]; 3];
    let (mut count, mut below) = (0_u32, 0_u32);
    let level = |percent: f64| (percent / 100.0 * 255.0) as usize;
    // By the brightest part: a picture that is blue all over is not dark.
    let is_dark = |[red, green, blue]: [u8; 3]| usize::from(red.max(green).max(blue)) < level(limits.dark);
    for (colour, light) in view.points() {
        below += u32::from(is_dark(colour));
        levels[usize::from(light as u8)] += 1;
        for (part, value) in parts.iter_mut().zip(colour) {
            part[usize::from(value)] += 1;
        }
        count += 1;
    }
    if count == 0 {
        return None;
    }
    let all = f64::from(count);
    let colour = parts.map(|part| at_share(&part, count, 0.5));
    let is_alike =
        |point: &[u8; 3]| point.iter().zip(colour).all(|(own, common)| own.abs_diff(common) < ALIKE);
    // A black picture and a white one have one colour as well, and are told as what they are.
    let is_lit = |point: [u8; 3], light: f32| !is_dark(point) && (light as usize) < level(limits.bright);
    let alike = view.points().filter(|(point, light)| is_lit(*point, *light) && is_alike(point)).count();
    let sum: f64 = (0_u32..).zip(levels).map(|(level, count)| f64::from(level) * f64::from(count)).sum();
    let above: u32 = levels.iter().skip(level(limits.bright)).sum();
    let spread = at_share(&levels, count, 0.95) - at_share(&levels, count, 0.05);
    Some(Light {
        brightness: sum / all / 255.0,
        dark: f64::from(below) / all,
        bright: f64::from(above) / all,
        contrast: f64::from(spread) / 255.0,
        uniform: alike as f64 / all,
        colour,
    })
}

/// The level below which such a share of all lies.
fn at_share(levels: &[u32; 256], count: u32, share: f64) -> u8 {
    let wanted = (f64::from(count) * share) as u32;
    let mut passed = 0;
    for (level, own) in (0..=u8::MAX).zip(levels) {
        passed += own;
        if passed > wanted {
            return level;
        }
    }
    u8::MAX
}
