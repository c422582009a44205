//! Pictures of a made-up yard in colours: walls, windows and barrels at random places.

use watchkeep_sdk::picture::encode_at;

#[derive(Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

pub(crate) const WIDTH: usize = 640;
pub(crate) const HEIGHT: usize = 360;

pub(crate) type Point = [f32; 3];

/// The yard without noise, row by row.
pub(crate) fn yard() -> Vec<Point> {
    let mut dice = Dice(7);
    let mut points = vec![[110.0, 120.0, 115.0]; WIDTH * HEIGHT];
    for _ in 0..300 {
        let (left, top) = (dice.unit() * WIDTH as f32, dice.unit() * HEIGHT as f32);
        let (width, height) = (8.0 + 60.0 * dice.unit(), 8.0 + 60.0 * dice.unit());
        let colour = [0; 3].map(|_| 25.0 + 205.0 * dice.unit());
        for y in top as usize..((top + height) as usize).min(HEIGHT) {
            for x in left as usize..((left + width) as usize).min(WIDTH) {
                points[y * WIDTH + x] = colour;
            }
        }
    }
    points
}

/// As a camera sends it, with the noise of that moment and something done to each point; places are from 0 to 1.
pub(crate) fn drawn(moment: u64, change: impl Fn(f32, f32, Point) -> Point) -> Vec<u8> {
    jpeg(&yard(), moment, change)
}

pub(crate) fn jpeg(points: &[Point], moment: u64, change: impl Fn(f32, f32, Point) -> Point) -> Vec<u8> {
    let mut dice = Dice(moment.wrapping_mul(0x9e37_79b9));
    let noise: Vec<f32> = (0..points.len()).map(|_| (dice.unit() + dice.unit() - 1.0) * 5.0).collect();
    encode_at(WIDTH, HEIGHT, 30, |x, y| {
        let at = y * WIDTH + x;
        let own = change(x as f32 / WIDTH as f32, y as f32 / HEIGHT as f32, points[at]);
        own.map(|part| (part + noise[at]).clamp(0.0, 255.0))
    })
}

pub(crate) fn good(moment: u64) -> Vec<u8> {
    drawn(moment, |_, _, point| point)
}

pub(crate) fn grey(moment: u64) -> Vec<u8> {
    drawn(moment, |_, _, [red, green, blue]| [0.3 * red + 0.6 * green + 0.1 * blue; 3])
}

/// Each point as the mean of the square around it.
pub(crate) fn blurred(moment: u64, radius: usize) -> Vec<u8> {
    let mut points = yard();
    for _ in 0..2 {
        for is_down in [false, true] {
            let from = points.clone();
            for y in 0..HEIGHT {
                for x in 0..WIDTH {
                    let mut sum = [0.0; 3];
                    for step in 0..=2 * radius {
                        let (u, v) = if is_down {
                            (x, (y + step).saturating_sub(radius))
                        } else {
                            ((x + step).saturating_sub(radius), y)
                        };
                        let own = from[v.min(HEIGHT - 1) * WIDTH + u.min(WIDTH - 1)];
                        sum.iter_mut()
                            .zip(own)
                            .for_each(|(sum, part)| *sum += part / (2 * radius + 1) as f32);
                    }
                    points[y * WIDTH + x] = sum;
                }
            }
        }
    }
    jpeg(&points, moment, |_, _, point| point)
}

/// Seven of them, and black below.
pub(crate) fn bars(moment: u64, on: f32) -> Vec<u8> {
    drawn(moment, |x, y, _| {
        let code = [7_u8, 6, 3, 2, 5, 4, 1][((x * 7.0) as usize).min(6)];
        if y > 0.7 { [16.0; 3] } else { [4, 2, 1].map(|bit| if code & bit > 0 { on } else { 0.0 }) }
    })
}
