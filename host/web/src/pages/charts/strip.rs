//! How runs ended over time, as a strip: by height as well as by colour, and with nothing where nothing ran.

use std::time::Duration;

use watchkeep_core::report::State;
use watchkeep_core::rollup::{Period, States};

use super::axis::{Axis, apart};
use super::plot::Point;
use super::range::Range;
use super::unit::round;
use crate::pages::words::{Moment, counted};

/// A part of the strip in which the worst that was said is the same. Places are in percent.
pub(crate) struct Part {
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) y: u32,
    pub(crate) height: u32,
    pub(crate) state: &'static str,
}

/// How high a state stands, in percent.
pub(super) const fn height(state: State) -> u32 {
    match state {
        State::Ok => 25,
        State::Unknown => 50,
        State::Warning => 70,
        State::Critical => 100,
    }
}

pub(super) fn parts(periods: &[Period], axis: &Axis, interval: Option<Duration>) -> Vec<Part> {
    let apart = apart(periods, axis.range.step(), interval);
    let mut parts: Vec<Part> = Vec::new();
    for (index, period) in periods.iter().enumerate() {
        let Some(worst) = period.states.worst() else { continue };
        let next = periods.get(index + 1).map_or(axis.to, |next| next.begins);
        // What is said holds until the next run is due, and no longer.
        let until = next.min(period.begins + apart + axis.range.step()).min(axis.to);
        let end = axis.x(if next > until { (period.begins + apart).min(axis.to) } else { until });
        let x = axis.x(period.begins);
        match parts.last_mut() {
            Some(last) if last.state == worst.as_str() && x - (last.x + last.width) < 0.02 => {
                last.width = round(end - last.x);
            }
            Some(_) | None => parts.push(Part {
                x,
                // A bad minute of a month would else be too thin to be seen.
                width: round((end - x).max(0.25)),
                y: 100 - height(worst),
                height: height(worst),
                state: worst.as_str(),
            }),
        }
    }
    parts
}

pub(super) fn points(periods: &[Period], axis: &Axis) -> Vec<Point> {
    let wide = axis.range.pointed();
    super::axis::merged(periods, wide)
        .iter()
        .map(|period| {
            let (x, end) = (axis.x(period.begins), axis.x((period.begins + wide).min(axis.to)));
            let at = Moment::new(period.begins.max(axis.from), axis.to);
            Point { x, width: round((end - x).max(0.3)), at, said: said(&period.states) }
        })
        .collect()
}

/// As in `60 runs: 2 critical, 1 unknown`.
pub(super) fn said(states: &States) -> String {
    let States { ok: _, warning, critical, unknown, failed: _ } = *states;
    let bad = [(critical, "critical"), (warning, "warning"), (unknown, "unknown")];
    let bad: Vec<String> =
        bad.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let runs = counted(usize::try_from(states.total()).unwrap_or(usize::MAX), "run");
    if bad.is_empty() { format!("{runs}, all ok") } else { format!("{runs}: {}", bad.join(", ")) }
}

/// What a range is called in the sentence that says what the strip shows.
pub(super) fn label(range: Range, states: &States) -> String {
    format!("States in the {}: {}.", range.last(), said(states))
}
