//! A chart of numbers over time: a line with a band around it, in which nothing is drawn where nothing was measured.

use std::fmt::Write as _;
use std::time::Duration;

use watchkeep_core::report::{Bounds, Range as Span};
use watchkeep_core::rollup::{Figures, Period};

use super::axis::{Axis, Tick, apart, merged, stretches};
use super::unit::{Scale, Unit, round};
use crate::pages::words::Moment;

/// A bound farther than this from the values is said, and not drawn: they would lie flat on the axis.
const BOUND_REACH: f64 = 5.0;
/// The width of the coordinates that lines are drawn in; their height is 100.
const WIDTH: f64 = 10.0;

/// What the line and its bands are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The median, with bands up to the 95th and the 99th percentile: of what takes time.
    Percentiles,
    /// The mean, with a band from the lowest to the highest.
    Mean,
}

pub(crate) struct Plot {
    /// Lines with their values, as (percent from the top, text).
    pub(crate) lines: Vec<(f64, String)>,
    /// Filled areas from wide to narrow, as SVG path data.
    pub(crate) bands: Vec<String>,
    pub(crate) line: String,
    /// Places in percent of what has no neighbours to draw a line to.
    pub(crate) lone: Vec<(f64, f64)>,
    pub(crate) bounds: Vec<BoundLine>,
    pub(crate) points: Vec<Point>,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) tick_kind: &'static str,
    /// In words: `median 305 ms, 95 % within 400 ms`.
    pub(crate) said: Vec<(&'static str, String)>,
    /// Bounds that have no place in it.
    pub(crate) beyond: Vec<String>,
}

/// A bound of the metric, drawn across.
pub(crate) struct BoundLine {
    pub(crate) level: &'static str,
    pub(crate) y: f64,
    pub(crate) text: String,
}

/// A part of the chart that can be pointed at.
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) at: Moment,
    /// The part of the tooltip after the time.
    pub(crate) said: String,
}

/// What to draw, and how.
pub(super) struct Drawn<'a> {
    pub(super) axis: Axis,
    /// Of the range's step, oldest first.
    pub(super) periods: &'a [Period],
    pub(super) interval: Option<Duration>,
    pub(super) look: Look,
    pub(super) unit: &'a Unit,
    pub(super) bounds: Bounds,
}

impl Plot {
    /// `None` if there is no number.
    pub(super) fn of(drawn: &Drawn<'_>) -> Option<Self> {
        let Drawn { axis, unit, look, .. } = drawn;
        let periods: Vec<Period> =
            drawn.periods.iter().filter(|period| period.figures.count() > 0).cloned().collect();
        let mut all = Figures::default();
        periods.iter().for_each(|period| all.merge(&period.figures));
        let (low, high) = match look {
            Look::Percentiles => (0.0, highest(&periods, 0.99)?),
            Look::Mean => (all.min()?, all.max()?),
        };
        let (near, beyond) = bounds_of(&drawn.bounds, low, high);
        let scale = Scale::around(
            unit,
            near.iter().map(|bound| bound.value).fold(low, f64::min),
            near.iter().map(|bound| bound.value).fold(high, f64::max),
        );
        let mut plot = Self {
            lines: scale.lines.iter().rev().map(|line| (scale.y(*line), unit.written(*line))).collect(),
            bands: Vec::new(),
            line: String::new(),
            lone: Vec::new(),
            bounds: near.iter().map(|bound| bound.line(&scale, unit)).collect(),
            points: points(&periods, axis, |figures| look.says(figures, unit)),
            ticks: axis.ticks(),
            tick_kind: axis.range.tick_kind(),
            said: look.sums_up(&all, unit),
            beyond: beyond.iter().map(|bound| bound.text(unit)).collect(),
        };
        let step = axis.range.step();
        let apart = apart(&periods, step, drawn.interval);
        let mut bands = vec![String::new(); look.bands()];
        for stretch in stretches(&periods, apart, step) {
            plot.draw(stretch, drawn, &scale, &mut bands);
        }
        plot.bands = bands;
        Some(plot)
    }

    fn draw(&mut self, stretch: &[Period], drawn: &Drawn<'_>, scale: &Scale, bands: &mut [String]) {
        let (axis, look) = (&drawn.axis, drawn.look);
        let middle = axis.range.step() / 2;
        let x = |period: &Period| axis.x((period.begins + middle).min(axis.to));
        let y = |value: Option<f64>| value.map_or(100.0, |value| scale.y(value));
        if let [alone] = stretch {
            self.lone.push((x(alone), y(look.line(&alone.figures))));
            return;
        }
        for (index, period) in stretch.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            place(&mut self.line, command, x(period), y(look.line(&period.figures)));
        }
        for (band, path) in bands.iter_mut().enumerate() {
            let edges = |period: &Period| look.band(&period.figures, band);
            for (index, period) in stretch.iter().enumerate() {
                place(path, if index == 0 { 'M' } else { 'L' }, x(period), y(edges(period).1));
            }
            for period in stretch.iter().rev() {
                place(path, 'L', x(period), y(edges(period).0));
            }
            path.push('Z');
        }
    }
}

/// A pen's move. Numbers are as short as they can be: there are hundreds of them.
fn place(path: &mut String, command: char, x: f64, y: f64) {
    // Writing to a string cannot fail.
    let _ = write!(path, "{command}{} {}", (x * WIDTH).round(), (y * 10.0).round() / 10.0);
}

impl Look {
    fn line(self, figures: &Figures) -> Option<f64> {
        match self {
            Look::Percentiles => figures.quantile(0.5),
            Look::Mean => figures.mean(),
        }
    }
    const fn bands(self) -> usize {
        match self {
            Look::Percentiles => 2,
            Look::Mean => 1,
        }
    }
    /// The lower and the upper edge of a band, the widest first.
    fn band(self, figures: &Figures, band: usize) -> (Option<f64>, Option<f64>) {
        match (self, band) {
            (Look::Percentiles, 0) => (figures.quantile(0.5), figures.quantile(0.99)),
            (Look::Percentiles, _) => (figures.quantile(0.5), figures.quantile(0.95)),
            (Look::Mean, _) => (figures.min(), figures.max()),
        }
    }
    fn says(self, figures: &Figures, unit: &Unit) -> String {
        let parts = self.sums_up(figures, unit).into_iter().map(|(what, value)| format!("{what} {value}"));
        parts.collect::<Vec<_>>().join(", ")
    }
    /// What a table has of each period, and the caption of all.
    pub(super) fn sums_up(self, figures: &Figures, unit: &Unit) -> Vec<(&'static str, String)> {
        let named = match self {
            Look::Percentiles => vec![
                ("median", figures.quantile(0.5)),
                ("95 % within", figures.quantile(0.95)),
                ("99 % within", figures.quantile(0.99)),
                ("highest", figures.max()),
            ],
            Look::Mean => {
                vec![("mean", figures.mean()), ("lowest", figures.min()), ("highest", figures.max())]
            }
        };
        let written = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| unit.written(value));
        named.into_iter().map(|(what, value)| (what, written(value))).collect()
    }
}

fn highest(periods: &[Period], part: f64) -> Option<f64> {
    periods.iter().filter_map(|period| period.figures.quantile(part)).reduce(f64::max)
}

/// One end of a range outside or inside which a metric alerts.
struct Edge {
    level: &'static str,
    side: &'static str,
    value: f64,
}

impl Edge {
    fn text(&self, unit: &Unit) -> String {
        format!("{} {} {}", self.level, self.side, unit.written(self.value))
    }
    fn line(&self, scale: &Scale, unit: &Unit) -> BoundLine {
        BoundLine { level: self.level, y: scale.y(self.value), text: self.text(unit) }
    }
}

/// The bounds that are near enough to be drawn, and the others.
fn bounds_of(bounds: &Bounds, low: f64, high: f64) -> (Vec<Edge>, Vec<Edge>) {
    let edges = |level, range: Option<Span>| {
        let Span { low, high, inside } = range.unwrap_or(Span { low: None, high: None, inside: false });
        let sides = if inside { ("from", "up to") } else { ("below", "above") };
        [(low, sides.0), (high, sides.1)]
            .into_iter()
            .filter_map(move |(value, side)| value.map(|value| Edge { level, side, value }))
    };
    let reach = (high - low).max(high.abs()).max(low.abs()) * BOUND_REACH;
    edges("warning", bounds.warning)
        .chain(edges("critical", bounds.critical))
        .partition(|edge| edge.value <= high + reach && edge.value >= low - reach)
}

/// Parts wide enough to be pointed at, each with what it says.
pub(super) fn points(periods: &[Period], axis: &Axis, says: impl Fn(&Figures) -> String) -> Vec<Point> {
    let wide = axis.range.pointed();
    merged(periods, wide)
        .iter()
        .map(|period| {
            let (x, end) = (axis.x(period.begins), axis.x((period.begins + wide).min(axis.to)));
            let at = Moment::new(period.begins.max(axis.from), axis.to);
            Point { x, width: round((end - x).max(0.3)), at, said: says(&period.figures) }
        })
        .collect()
}
