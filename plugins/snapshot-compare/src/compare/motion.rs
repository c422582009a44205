//! How a picture lies on another: shifted, turned and zoomed.

/// A point of the reference, and the same one in the picture.
pub(super) type Pair = ((f32, f32), (f32, f32));

/// Where a point of the reference is in the picture. Points are counted from the middle, in widths of the picture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Motion {
    /// The cosine of the angle, times the zoom.
    pub(super) a: f32,
    /// The sine of the angle, times the zoom.
    pub(super) b: f32,
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Motion {
    pub(crate) const NONE: Motion = Motion { a: 1.0, b: 0.0, x: 0.0, y: 0.0 };

    pub(crate) fn of(self, (x, y): (f32, f32)) -> (f32, f32) {
        (self.a * x - self.b * y + self.x, self.b * x + self.a * y + self.y)
    }
    /// This after the other.
    pub(super) fn after(self, first: Motion) -> Motion {
        let (x, y) = self.of((first.x, first.y));
        Motion { a: self.a * first.a - self.b * first.b, b: self.b * first.a + self.a * first.b, x, y }
    }
    /// The way back. `None` where everything falls into one point.
    pub(super) fn back(self) -> Option<Motion> {
        let square = self.a * self.a + self.b * self.b;
        if !(square > 1e-6 && square.is_finite()) {
            return None;
        }
        let (a, b) = (self.a / square, -self.b / square);
        Some(Motion { a, b, x: -(a * self.x - b * self.y), y: -(b * self.x + a * self.y) })
    }
    /// The one that brings two points to two others.
    pub(super) fn through(from: [(f32, f32); 2], to: [(f32, f32); 2]) -> Option<Motion> {
        let (x, y) = (from[1].0 - from[0].0, from[1].1 - from[0].1);
        let (u, v) = (to[1].0 - to[0].0, to[1].1 - to[0].1);
        let square = x * x + y * y;
        if square < 1e-6 {
            return None;
        }
        let (a, b) = ((x * u + y * v) / square, (x * v - y * u) / square);
        let (px, py) = from[0];
        Some(Motion { a, b, x: to[0].0 - (a * px - b * py), y: to[0].1 - (b * px + a * py) })
    }
    /// The one with the least squares of what is left.
    pub(super) fn fitting(pairs: &[Pair]) -> Option<Motion> {
        let count = pairs.len() as f32;
        if pairs.len() < 2 {
            return None;
        }
        let mut means = [0.0_f32; 4];
        for ((x, y), (u, v)) in pairs {
            for (mean, value) in means.iter_mut().zip([x, y, u, v]) {
                *mean += value / count;
            }
        }
        let [mx, my, mu, mv] = means;
        let (mut dot, mut cross, mut square) = (0.0, 0.0, 0.0);
        for ((x, y), (u, v)) in pairs {
            let (x, y, u, v) = (x - mx, y - my, u - mu, v - mv);
            dot += x * u + y * v;
            cross += x * v - y * u;
            square += x * x + y * y;
        }
        if square < 1e-9 {
            return None;
        }
        let (a, b) = (dot / square, cross / square);
        Some(Motion { a, b, x: mu - (a * mx - b * my), y: mv - (b * mx + a * my) })
    }

    /// Of the picture's middle, in widths: to the right and down.
    pub fn shift(self) -> (f32, f32) {
        (self.x, self.y)
    }
    pub fn distance(self) -> f32 {
        self.x.hypot(self.y)
    }
    /// Clockwise as one looks at the picture.
    pub fn degrees(self) -> f32 {
        self.b.atan2(self.a).to_degrees()
    }
    /// Above 1 everything is larger than in the reference.
    pub fn zoom(self) -> f32 {
        self.a.hypot(self.b)
    }
}
