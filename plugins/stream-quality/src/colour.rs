//! Which colours a picture has as a whole: a lawn is green, and a lens that lost its filter makes a wall pink. What is usual is
//! learned; without that, a cast is what even the least coloured parts of a picture share.

use crate::view::View;

/// What is darker or brighter has no colour that could be told.
const LIGHTS: core::ops::Range<f32> = 25.0..235.0;
/// The share of such points from which on a cast can be told.
const SHARE_MIN: f64 = 0.1;
/// In most scenes a tenth of the points is grey or of the opposite colour.
const LEAST: f64 = 0.1;
/// A mean that is nearer to grey than this has no direction.
const GREY: f32 = 1.5;

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Colour {
    /// From 0 to 1: how far even the tenth of the points that is least off is on the side of the mean.
    pub cast: f64,
    /// To what colour.
    pub towards: &'static str,
    /// How much more blue and red there is on the mean than brightness, as a share of it.
    pub mean: [f64; 2],
}

/// `None` if too little of the picture shows a colour.
pub fn colour(view: &View<'_>) -> Option<Colour> {
    let mut sums = [0.0_f64; 2];
    let (mut count, mut all) = (0_u32, 0_u32);
    for (point, light) in view.points() {
        all += 1;
        if LIGHTS.contains(&light) {
            let [blue, red] = chroma(point, light);
            sums = [sums[0] + f64::from(blue), sums[1] + f64::from(red)];
            count += 1;
        }
    }
    if count == 0 || f64::from(count) < SHARE_MIN * f64::from(all) {
        return None;
    }
    let [blue, red] = sums.map(|sum| (sum / f64::from(count)) as f32);
    let mean = [blue, red].map(|part| f64::from(part) / 255.0);
    let distance = blue.hypot(red);
    if distance < GREY {
        return Some(Colour { cast: 0.0, towards: "grey", mean: [0.0; 2] });
    }
    let (along_blue, along_red) = (blue / distance, red / distance);
    let mut counts = [0_u32; 512];
    for (point, light) in view.points().filter(|(_, light)| LIGHTS.contains(light)) {
        let [blue, red] = chroma(point, light);
        let along = (blue * along_blue + red * along_red).clamp(0.0, 511.0);
        counts[along as usize] += 1;
    }
    let wanted = (f64::from(count) * LEAST) as u32;
    let mut passed = 0;
    let least = counts.iter().position(|own| {
        passed += own;
        passed > wanted
    });
    Some(Colour { cast: least.unwrap_or(0) as f64 / 255.0, towards: name(blue, red), mean })
}

/// How much more blue and red there is than brightness, as 255 parts of it.
fn chroma([red, _, blue]: [u8; 3], light: f32) -> [f32; 2] {
    // Relative to the light: a cast takes the same share of each point.
    [f32::from(blue) - light, f32::from(red) - light].map(|part| part / light.max(1.0) * 255.0)
}

/// The colour of a direction.
pub(crate) fn name(blue: f32, red: f32) -> &'static str {
    match (blue > 0.0, red > 0.0) {
        (true, true) if blue > 2.0 * red => "blue",
        (true, true) => "magenta",
        (true, false) if blue > -red => "blue",
        (true, false) => "cyan",
        (false, true) if red > -blue => "red",
        (false, true) => "yellow",
        (false, false) => "green",
    }
}
