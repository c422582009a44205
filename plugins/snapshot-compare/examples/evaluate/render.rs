//! Pairs of pictures as a camera would take them, cut out of larger photographs: a shift shows what was beside the picture.

use std::path::Path;

/// The same numbers for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(seed ^ 0x9e37_79b9_7f4a_7c15)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }
    pub(crate) fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }
    pub(crate) fn sign(&mut self) -> f32 {
        if self.next() & 1 == 0 { 1.0 } else { -1.0 }
    }
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
    /// About normal, with a deviation of one.
    pub(crate) fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|at| (bits >> (16 * at)) & 0xffff).sum();
        (sum as f32 / 65_535.0 - 2.0) * 1.732
    }
}

/// In colours, from 0 to 255.
#[derive(Clone)]
pub(crate) struct Photo {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) points: Vec<[f32; 3]>,
}

impl Photo {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a photograph can be read");
        let mut decoder = jpeg_decoder::Decoder::new(&bytes[..]);
        let points = decoder.decode().expect("a photograph is a JPEG");
        let info = decoder.info().expect("it was decoded");
        let points = match info.pixel_format {
            jpeg_decoder::PixelFormat::L8 => points.iter().map(|value| [f32::from(*value); 3]).collect(),
            jpeg_decoder::PixelFormat::RGB24 => {
                points.chunks_exact(3).map(|rgb| [0, 1, 2].map(|at| f32::from(rgb[at]))).collect()
            }
            other => panic!("{} is in {other:?}", path.display()),
        };
        Photo { width: usize::from(info.width), height: usize::from(info.height), points }
    }
    fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let x = x.clamp(0.0, self.width as f32 - 1.001);
        let y = y.clamp(0.0, self.height as f32 - 1.001);
        let (left, top) = (x as usize, y as usize);
        let (along, down) = (x - left as f32, y - top as f32);
        let point = |x: usize, y: usize| self.points[y * self.width + x];
        let (a, b, c, d) =
            (point(left, top), point(left + 1, top), point(left, top + 1), point(left + 1, top + 1));
        [0, 1, 2].map(|at| {
            let (upper, lower) = (a[at] + (b[at] - a[at]) * along, c[at] + (d[at] - c[at]) * along);
            upper + (lower - upper) * down
        })
    }
    pub(crate) fn blurred(&self, deviation: f32) -> Photo {
        let radius = (deviation * 2.5).ceil() as isize;
        let kernel: Vec<f32> = (-radius..=radius)
            .map(|at| (-(at as f32).powi(2) / (2.0 * deviation * deviation)).exp())
            .collect();
        let total: f32 = kernel.iter().sum();
        let pass = |photo: &Photo, dx: isize, dy: isize| {
            let mut points = Vec::with_capacity(photo.points.len());
            for y in 0..photo.height as isize {
                for x in 0..photo.width as isize {
                    let mut sum = [0.0; 3];
                    for (weight, at) in kernel.iter().zip(-radius..) {
                        let x = (x + at * dx).clamp(0, photo.width as isize - 1) as usize;
                        let y = (y + at * dy).clamp(0, photo.height as isize - 1) as usize;
                        for (sum, value) in sum.iter_mut().zip(photo.points[y * photo.width + x]) {
                            *sum += weight * value / total;
                        }
                    }
                    points.push(sum);
                }
            }
            Photo { width: photo.width, height: photo.height, points }
        };
        pass(&pass(self, 1, 0), 0, 1)
    }
}

/// Where a camera stands in a photograph.
#[derive(Clone, Copy)]
pub(crate) struct Stand {
    /// The middle, in points of the photograph.
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// Points of the photograph for each of the picture.
    pub(crate) step: f32,
    pub(crate) degrees: f32,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Stand {
    fn place(self, x: f32, y: f32) -> (f32, f32) {
        let (sine, cosine) = self.degrees.to_radians().sin_cos();
        let (x, y) = ((x - self.width as f32 / 2.0) * self.step, (y - self.height as f32 / 2.0) * self.step);
        (self.x + cosine * x - sine * y, self.y + sine * x + cosine * y)
    }
    /// Whether all of it lies within the photograph.
    pub(crate) fn fits(self, photo: &Photo) -> bool {
        let (width, height) = (self.width as f32, self.height as f32);
        [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)].into_iter().all(|(x, y)| {
            let (x, y) = self.place(x, y);
            x >= 0.0 && y >= 0.0 && x < photo.width as f32 - 1.0 && y < photo.height as f32 - 1.0
        })
    }
    pub(crate) fn take(self, photo: &Photo) -> Photo {
        // As many points as one stands for.
        let many = (self.step.ceil() as usize).clamp(1, 4);
        let mut points = Vec::with_capacity(self.width * self.height);
        for y in 0..self.height {
            for x in 0..self.width {
                let mut sum = [0.0; 3];
                for part in 0..many * many {
                    let (dx, dy) = ((part % many) as f32 + 0.5, (part / many) as f32 + 0.5);
                    let (u, v) = self.place(x as f32 + dx / many as f32, y as f32 + dy / many as f32);
                    for (sum, value) in sum.iter_mut().zip(photo.at(u - 0.5, v - 0.5)) {
                        *sum += value / (many * many) as f32;
                    }
                }
                points.push(sum);
            }
        }
        Photo { width: self.width, height: self.height, points }
    }
}
