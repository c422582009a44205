//! The latency chart of a check: an SVG made here. The line shows how long runs took; the strip below it shows what was
//! not ok, by height as well as colour.

use std::cmp::Reverse;
use std::time::Duration;

use watchkeep_core::commit::ResultRow;
use watchkeep_core::report::State;
use watchkeep_core::time::Wall;

use super::words::{Moment, latency};

pub(crate) const WIDTH: f64 = 760.0;
pub(crate) const HEIGHT: f64 = 190.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 12.0;
const BASE: f64 = 138.0;
/// The strip's lower edge and height.
const STRIP_BASE: f64 = 166.0;
const STRIP_HEIGHT: f64 = 18.0;

pub(crate) struct Chart {
    pub(crate) line: String,
    pub(crate) dots: Vec<Dot>,
    pub(crate) marks: Vec<Mark>,
    /// Horizontal lines with their values, top first.
    pub(crate) grid: Vec<(f64, String)>,
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) runs: usize,
    pub(crate) median: String,
    pub(crate) p95: String,
    pub(crate) highest: String,
    pub(crate) not_ok: usize,
}

/// One run, with a tooltip.
pub(crate) struct Dot {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) state: &'static str,
    pub(crate) at: Moment,
    /// The part of the tooltip after the time.
    pub(crate) title: String,
}

/// One run that was not ok.
pub(crate) struct Mark {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) state: &'static str,
    pub(crate) at: Moment,
    /// The part of the tooltip after the time.
    pub(crate) title: String,
}

impl Chart {
    /// Draws `rows`, which are newest first, as they are read; `None` for fewer than two runs. The axis follows the
    /// clock of the newest run: runs of a clock that was ahead have no place on it.
    pub(crate) fn of(rows: &[ResultRow], now: Wall) -> Option<Self> {
        let newest = rows.first()?;
        let mut rows: Vec<&ResultRow> =
            rows.iter().filter(|row| row.finished_at <= newest.finished_at).collect();
        rows.sort_by_key(|row| Reverse((row.finished_at, row.sequence)));
        let oldest = rows.last()?;
        let span = newest.finished_at.since(oldest.finished_at).as_secs_f64();
        if span <= 0.0 {
            return None;
        }
        let mut took: Vec<Duration> = rows.iter().map(|row| row.took).collect();
        took.sort_unstable();
        let ceiling = nice_ceiling(took[took.len() - 1].as_secs_f64());
        let x = |row: &ResultRow| {
            let at = row.finished_at.since(oldest.finished_at).as_secs_f64() / span;
            round(LEFT + at * (WIDTH - LEFT - RIGHT))
        };
        let y = |span: Duration| round(BASE - span.as_secs_f64() / ceiling * (BASE - TOP));
        let title = |row: &ResultRow| format!("{}, {}", row.outcome.state().as_str(), latency(row.took));
        let mark_width = ((WIDTH - LEFT - RIGHT) / rows.len() as f64 * 0.7).clamp(2.0, 10.0);
        let line: Vec<String> = rows.iter().rev().map(|row| format!("{},{}", x(row), y(row.took))).collect();
        Some(Self {
            line: line.join(" "),
            dots: rows
                .iter()
                .rev()
                .map(|row| Dot {
                    x: x(row),
                    y: y(row.took),
                    state: row.outcome.state().as_str(),
                    at: Moment::new(row.finished_at, now),
                    title: title(row),
                })
                .collect(),
            marks: rows
                .iter()
                .rev()
                .filter_map(|row| mark(row, x(row), mark_width, (now, title(row))))
                .collect(),
            grid: [1.0, 0.5, 0.0]
                .map(|part| (y(Duration::from_secs_f64(ceiling * part)), axis(ceiling * part)))
                .to_vec(),
            from: Moment::new(oldest.finished_at, now),
            to: Moment::new(newest.finished_at, now),
            runs: rows.len(),
            median: latency(percentile(&took, 0.5)),
            p95: latency(percentile(&took, 0.95)),
            highest: latency(took[took.len() - 1]),
            not_ok: rows.iter().filter(|row| row.outcome.state() != State::Ok).count(),
        })
    }
}

fn mark(row: &ResultRow, x: f64, width: f64, (now, title): (Wall, String)) -> Option<Mark> {
    let state = row.outcome.state();
    let height = match state {
        State::Ok => return None,
        State::Critical => STRIP_HEIGHT,
        State::Warning => STRIP_HEIGHT * 0.6,
        State::Unknown => STRIP_HEIGHT * 0.3,
    };
    let (x, width) = (round(x - width / 2.0), round(width));
    Some(Mark {
        x,
        y: round(STRIP_BASE - height),
        width,
        height: round(height),
        state: state.as_str(),
        at: Moment::new(row.finished_at, now),
        title,
    })
}

/// The percentile by nearest rank. `sorted` rises and is not empty.
fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The next 1, 2 or 5 times a power of ten, so that the axis has round numbers.
fn nice_ceiling(seconds: f64) -> f64 {
    let seconds = seconds.max(0.0001);
    let power = 10_f64.powf(seconds.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|top| *top >= seconds)
        .unwrap_or(10.0 * power)
}

fn axis(seconds: f64) -> String {
    if seconds == 0.0 {
        "0".to_owned()
    } else if seconds < 1.0 {
        format!("{} ms", round(seconds * 1000.0))
    } else {
        format!("{} s", round(seconds))
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let took: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&took, 0.5), Duration::from_millis(50));
        assert_eq!(percentile(&took, 0.95), Duration::from_millis(95));
        assert_eq!(percentile(&took[..1], 0.95), Duration::from_millis(1));
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        for (highest, top) in [(0.13, 0.2), (0.2, 0.2), (0.51, 1.0), (3.0, 5.0), (7.0, 10.0)] {
            assert!((nice_ceiling(highest) - top).abs() < 1e-9, "{highest}");
        }
    }
}
