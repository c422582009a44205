//! Pictures of a made-up yard, as a camera would send them: walls, windows and barrels at random places.

use watchkeep_plugin_snapshot_compare::parts::encode_at;

/// The same numbers in each run.
#[derive(Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

/// Where the camera stands and how it sees.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) seed: u64,
    /// In percent of the width.
    pub(crate) right: f32,
    pub(crate) down: f32,
    pub(crate) degrees: f32,
    pub(crate) zoom: f32,
    pub(crate) gain: f32,
    pub(crate) noise: f32,
}

pub(crate) const VIEW: View = View {
    width: 640,
    height: 360,
    seed: 7,
    right: 0.0,
    down: 0.0,
    degrees: 0.0,
    zoom: 1.0,
    gain: 1.0,
    noise: 2.0,
};

/// A rectangle or a disc: its middle, its halves, and how bright it is.
struct Thing {
    x: f32,
    y: f32,
    half_width: f32,
    half_height: f32,
    light: f32,
    is_round: bool,
}

fn things(seed: u64) -> Vec<Thing> {
    let mut dice = Dice(seed);
    let thing = |_| Thing {
        x: dice.unit() * 2.0 - 1.0,
        y: dice.unit() * 1.4 - 0.7,
        half_width: 0.01 + 0.06 * dice.unit(),
        half_height: 0.01 + 0.06 * dice.unit(),
        light: 30.0 + 210.0 * dice.unit(),
        is_round: dice.unit() < 0.4,
    };
    (0..420).map(thing).collect()
}

impl View {
    /// Brightness of each point; what is drawn over it comes last.
    pub(crate) fn light(self) -> Vec<f32> {
        let things = things(self.seed);
        let (sine, cosine) = self.degrees.to_radians().sin_cos();
        let width = self.width as f32;
        let mut points = Vec::with_capacity(self.width * self.height);
        let mut dice =
            Dice(self.seed ^ (self.right.to_bits() as u64) << 7 ^ (self.gain.to_bits() as u64) ^ 0xa5);
        for y in 0..self.height {
            for x in 0..self.width {
                let (u, v) =
                    ((x as f32 - width / 2.0) / width, (y as f32 - self.height as f32 / 2.0) / width);
                let (u, v) = (u / self.zoom, v / self.zoom);
                let (u, v) =
                    (cosine * u - sine * v + self.right / 100.0, sine * u + cosine * v + self.down / 100.0);
                let mut light = 90.0 + 60.0 * v;
                for thing in &things {
                    let (dx, dy) = ((u - thing.x) / thing.half_width, (v - thing.y) / thing.half_height);
                    let is_inside =
                        if thing.is_round { dx * dx + dy * dy < 1.0 } else { dx.abs().max(dy.abs()) < 1.0 };
                    if is_inside {
                        light = thing.light;
                    }
                }
                let noise = (dice.unit() + dice.unit() + dice.unit() - 1.5) * 2.0 * self.noise;
                points.push((light * self.gain + noise).clamp(0.0, 255.0));
            }
        }
        points
    }
    pub(crate) fn jpeg(self) -> Vec<u8> {
        self.drawn(|_, _, light| light)
    }
    /// With something done to each point; places are from 0 to 1.
    pub(crate) fn drawn(self, over: impl Fn(f32, f32, f32) -> f32) -> Vec<u8> {
        let points = self.light();
        encode_at(self.width, self.height, 50, |x, y| {
            let (u, v) = (x as f32 / self.width as f32, y as f32 / self.height as f32);
            [over(u, v, points[y * self.width + x]); 3]
        })
    }
}
