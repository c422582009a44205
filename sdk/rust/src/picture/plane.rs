//! Brightness of a picture, point by point, and what is done to all points of it.

/// One value for each point, row by row; 0 is black, 255 is white.
#[derive(Clone, PartialEq, Debug)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Plane {
    /// Missing values are black, and those too many are left out.
    pub fn new(width: usize, height: usize, mut values: Vec<f32>) -> Self {
        values.resize(width * height, 0.0);
        Self { width, height, values }
    }
    pub fn of(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            values.extend((0..width).map(|x| value(x, y)));
        }
        Self { width, height, values }
    }
    pub fn zipped(&self, other: &Plane, join: impl Fn(f32, f32) -> f32) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(one, two)| join(*one, *two)).collect();
        Self::new(self.width, self.height, values)
    }
    /// The nearest point of the picture where there is none at that place.
    pub fn near(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.values.get(y * self.width + x).copied().unwrap_or(0.0)
    }
    /// Between points, as their mean by distance. `None` outside.
    pub fn between(&self, x: f32, y: f32) -> Option<f32> {
        let (right, bottom) = (self.width.checked_sub(1)? as f32, self.height.checked_sub(1)? as f32);
        // Written so that what is not a number is outside, too.
        if !(x >= 0.0 && y >= 0.0 && x <= right && y <= bottom) {
            return None;
        }
        let (left, top) = (x as usize, y as usize);
        let (along, down) = (x - left as f32, y - top as f32);
        let step = usize::from(left + 1 < self.width);
        let row = if top + 1 < self.height { self.width } else { 0 };
        let at = top * self.width + left;
        let [one, two] = [*self.values.get(at)?, *self.values.get(at + step)?];
        let [three, four] = [*self.values.get(at + row)?, *self.values.get(at + row + step)?];
        let (upper, lower) = (one + (two - one) * along, three + (four - three) * along);
        Some(upper + (lower - upper) * down)
    }
    pub fn mean(&self) -> f32 {
        self.values.iter().sum::<f32>() / self.values.len().max(1) as f32
    }

    /// Smaller, each point as the mean of those that it covers. A side that is smaller already stays.
    pub fn shrunk(&self, width: usize, height: usize) -> Self {
        let (width, height) = (width.clamp(1, self.width.max(1)), height.clamp(1, self.height.max(1)));
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let columns = shares(self.width, width);
        let mut values = vec![0.0; width * height];
        for (line, rows) in values.chunks_exact_mut(width).zip(shares(self.height, height)) {
            for (y, share) in rows {
                let row = self.values.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
                for (value, columns) in line.iter_mut().zip(&columns) {
                    let sum: f32 =
                        columns.iter().map(|(x, part)| row.get(*x).copied().unwrap_or(0.0) * part).sum();
                    *value += sum * share;
                }
            }
        }
        Self { width, height, values }
    }
    pub fn halved(&self) -> Self {
        self.shrunk(self.width.div_ceil(2), self.height.div_ceil(2))
    }
    /// Each point as the mean of its neighbours, near ones above all: noise goes, and so does what is as small as noise.
    pub fn smoothed(&self) -> Self {
        let lines = self.lines(|line, into| {
            let last = line.len().saturating_sub(1);
            for (x, value) in into.iter_mut().enumerate() {
                let at = |x: usize| line.get(x).copied().unwrap_or(0.0);
                *value = (at(x.saturating_sub(1)) + 2.0 * at(x) + at((x + 1).min(last))) / 4.0;
            }
        });
        let bottom = self.height.saturating_sub(1);
        let row = |y: usize| lines.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        let mut values = Vec::with_capacity(lines.len());
        for y in 0..self.height {
            let (above, own, below) = (row(y.saturating_sub(1)), row(y), row((y + 1).min(bottom)));
            let joined = above.iter().zip(own).zip(below);
            values.extend(joined.map(|((above, own), below)| (above + 2.0 * own + below) / 4.0));
        }
        Self { width: self.width, height: self.height, values }
    }
    /// Each point as the mean of the square around it; what lies outside the picture does not count.
    pub fn mean_around(&self, radius: usize) -> Self {
        let mut sums = vec![0.0_f32; self.width];
        let mut values = Vec::with_capacity(self.values.len());
        let row = |y: usize| self.values.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        let mut rows = 0.0_f32;
        for y in 0..radius.min(self.height) {
            add(&mut sums, row(y), 1.0);
            rows += 1.0;
        }
        for y in 0..self.height {
            if y + radius < self.height {
                add(&mut sums, row(y + radius), 1.0);
                rows += 1.0;
            }
            if let Some(gone) = y.checked_sub(radius + 1) {
                add(&mut sums, row(gone), -1.0);
                rows -= 1.0;
            }
            let mut sum: f32 = sums.iter().take(radius).sum();
            let mut columns = radius.min(self.width) as f32;
            for x in 0..self.width {
                if let Some(next) = sums.get(x + radius) {
                    sum += next;
                    columns += 1.0;
                }
                if let Some(gone) = x.checked_sub(radius + 1).and_then(|gone| sums.get(gone)) {
                    sum -= gone;
                    columns -= 1.0;
                }
                values.push(sum / (rows * columns).max(1.0));
            }
        }
        Self { width: self.width, height: self.height, values }
    }
    /// How much brighter each point is than what is around it.
    pub fn relief(&self, radius: usize) -> Self {
        self.zipped(&self.mean_around(radius), |own, around| own - around)
    }

    fn lines(&self, each: impl Fn(&[f32], &mut [f32])) -> Vec<f32> {
        let mut into = vec![0.0; self.values.len()];
        let width = self.width.max(1);
        for (line, into) in self.values.chunks_exact(width).zip(into.chunks_exact_mut(width)) {
            each(line, into);
        }
        into
    }
}

fn add(sums: &mut [f32], row: &[f32], sign: f32) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += sign * value;
    }
}

/// Which points each of the fewer covers, and how much of the mean each of them is.
fn shares(many: usize, few: usize) -> Vec<Vec<(usize, f32)>> {
    let step = many as f32 / few as f32;
    let covered = |at: usize| {
        let (from, to) = (at as f32 * step, (at + 1) as f32 * step);
        let last = (to.ceil() as usize).clamp(1, many);
        let part = move |point: usize| {
            let part = (to.min((point + 1) as f32) - from.max(point as f32)) / step;
            (point, part.max(0.0))
        };
        (from as usize..last).map(part).collect()
    };
    (0..few).map(covered).collect()
}
