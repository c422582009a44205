//! The yard that the camera looks at: sky, a house with windows, a wall, a gate, a van, gravel.

/// In pixels.
pub(super) const WIDTH: u32 = 640;
pub(super) const HEIGHT: u32 = 360;

/// How the camera is mounted: where the middle of its picture is in the yard, and how far it is turned.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Pose {
    x: f32,
    y: f32,
    degrees: f32,
}

impl Pose {
    pub(super) const MOUNTED: Pose = Pose { x: 400.0, y: 240.0, degrees: 0.0 };
    /// As after a ladder hit it.
    pub(super) const TURNED: Pose = Pose { x: 448.0, y: 254.0, degrees: 7.0 };
}

type Colour = [f32; 3];

/// Left, top, width, height, colour; later ones stand in front.
const THINGS: [(f32, f32, f32, f32, Colour); 24] = [
    (0.0, 0.0, 900.0, 210.0, [164.0, 190.0, 214.0]),
    (0.0, 210.0, 900.0, 400.0, [132.0, 124.0, 112.0]),
    (90.0, 90.0, 330.0, 190.0, [176.0, 120.0, 96.0]),
    (70.0, 76.0, 370.0, 18.0, [92.0, 60.0, 54.0]),
    (120.0, 120.0, 46.0, 56.0, [48.0, 60.0, 76.0]),
    (190.0, 120.0, 46.0, 56.0, [58.0, 70.0, 84.0]),
    (330.0, 120.0, 46.0, 56.0, [46.0, 58.0, 72.0]),
    (262.0, 176.0, 44.0, 104.0, [66.0, 48.0, 40.0]),
    (296.0, 226.0, 5.0, 8.0, [210.0, 190.0, 110.0]),
    (420.0, 186.0, 420.0, 70.0, [148.0, 144.0, 138.0]),
    (470.0, 170.0, 14.0, 88.0, [110.0, 104.0, 98.0]),
    (640.0, 170.0, 14.0, 88.0, [110.0, 104.0, 98.0]),
    (484.0, 186.0, 156.0, 70.0, [74.0, 90.0, 78.0]),
    (500.0, 186.0, 8.0, 70.0, [52.0, 64.0, 56.0]),
    (530.0, 186.0, 8.0, 70.0, [52.0, 64.0, 56.0]),
    (560.0, 186.0, 8.0, 70.0, [52.0, 64.0, 56.0]),
    (590.0, 186.0, 8.0, 70.0, [52.0, 64.0, 56.0]),
    (150.0, 296.0, 190.0, 84.0, [208.0, 206.0, 198.0]),
    (290.0, 308.0, 44.0, 30.0, [60.0, 72.0, 84.0]),
    (166.0, 326.0, 90.0, 22.0, [176.0, 52.0, 44.0]),
    (178.0, 366.0, 34.0, 28.0, [36.0, 36.0, 38.0]),
    (282.0, 366.0, 34.0, 28.0, [36.0, 36.0, 38.0]),
    (560.0, 330.0, 70.0, 60.0, [104.0, 82.0, 58.0]),
    (572.0, 342.0, 46.0, 8.0, [150.0, 124.0, 90.0]),
];

/// How much a pixel differs from picture to picture, and gravel from pixel to pixel.
const NOISE: f32 = 3.0;
const GRAIN: f32 = 26.0;
/// Gravel has stones of so many pixels.
const STONE: f32 = 5.0;

/// What the camera sees, as bytes of red, green and blue.
pub(super) fn look(pose: Pose, number: u32) -> Vec<u8> {
    let (sin, cos) = pose.degrees.to_radians().sin_cos();
    let mut bytes = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let (right, down) = (column as f32 - WIDTH as f32 / 2.0, row as f32 - HEIGHT as f32 / 2.0);
            let (x, y) = (pose.x + cos * right - sin * down, pose.y + sin * right + cos * down);
            let noise = NOISE * chance(column, row, number);
            bytes.extend(colour(x, y).map(|part| (part + noise).clamp(0.0, 255.0) as u8));
        }
    }
    bytes
}

fn colour(x: f32, y: f32) -> Colour {
    let stands_here = |(left, top, width, height, _): &&(f32, f32, f32, f32, Colour)| {
        (*left..left + width).contains(&x) && (*top..top + height).contains(&y)
    };
    let found = THINGS.iter().rposition(|thing| stands_here(&thing));
    let colour = found.and_then(|at| THINGS.get(at)).map_or([120.0; 3], |thing| thing.4);
    // The sky alone has no texture.
    if found == Some(0) {
        return colour;
    }
    let stone = |along: f32| (along / STONE).floor().max(0.0) as u32;
    let grain = GRAIN * chance(stone(x), stone(y), 7);
    colour.map(|part| part + grain)
}

/// From -0.5 to 0.5, always the same for the same place.
fn chance(x: u32, y: u32, of: u32) -> f32 {
    let mut mixed = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ of.wrapping_mul(0xC2B2_AE3D);
    mixed ^= mixed >> 15;
    mixed = mixed.wrapping_mul(0x2C1B_3C6D);
    mixed ^= mixed >> 12;
    (mixed & 0xFFFF) as f32 / 65_535.0 - 0.5
}
