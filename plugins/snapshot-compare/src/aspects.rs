//! What a comparison means: position, content, view and sharpness, each with a state of its own.

use watchkeep_sdk::config::plain;
use watchkeep_sdk::{Range, State};

use crate::compare::{Comparison, Field, Motion};
use crate::config::Limits;
use watchkeep_sdk::picture::Plane;

/// In grey levels: what varies by less, without fields that have structure, is one colour.
const BLANK_MAX: f32 = 2.5;
/// In grey levels: a dark picture that varies by more shows something.
const DARK_MAX: f32 = 4.0;
/// A picture that has lost more of its small structure is not out of focus: something is before the lens.
const VEILED_MAX: f32 = 0.1;
/// With fewer fields that have structure, a picture says nothing of its camera.
pub const STRUCTURED_MIN: usize = 4;

/// What a picture is by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    Picture,
    /// Of one colour.
    Blank,
    /// Too dark to be judged.
    Dark,
}

/// From 0 to 1.
pub(crate) fn brightness(plane: &Plane) -> f32 {
    plane.mean() / 255.0
}

pub fn look(plane: &Plane, limits: &Limits) -> Look {
    // Noise does not vary a point that stands for many.
    let small = plane.shrunk(plane.width.min(80), plane.height.min(80));
    let mean = small.mean();
    let power = small.values.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>();
    let varies = (power / small.values.len().max(1) as f32).sqrt();
    if f64::from(brightness(plane)) * 100.0 < limits.dark && varies < DARK_MAX {
        return Look::Dark;
    }
    if varies < BLANK_MAX { Look::Blank } else { Look::Picture }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Aspect {
    /// Of its finding.
    pub key: &'static str,
    pub state: State,
    /// What is wrong, or how it is.
    pub sentence: String,
}

/// `width` is the reference's.
pub fn aspects(comparison: &Comparison, limits: &Limits, width: u32) -> Vec<Aspect> {
    let view = view(comparison, limits);
    let is_covered = view.state != State::Ok;
    let mut aspects = Vec::new();
    match comparison.motion {
        Some(motion) => aspects.push(position(motion, limits, width)),
        None if is_covered => {}
        None => aspects.push(Aspect {
            key: "position",
            state: State::Warning,
            sentence: "what the reference shows is nowhere in the picture; hint: was the camera turned away?"
                .to_owned(),
        }),
    }
    if !is_covered {
        aspects.push(content(comparison, limits));
    }
    aspects.push(view);
    if !is_covered && comparison.motion.is_some() {
        aspects.push(sharpness(comparison, limits));
    }
    aspects
}

fn position(motion: Motion, limits: &Limits, width: u32) -> Aspect {
    let (x, y) = motion.shift();
    let shift = f64::from(motion.distance()) * 100.0;
    let degrees = f64::from(motion.degrees());
    let zoom = (f64::from(motion.zoom()) - 1.0) * 100.0;
    let state = |size: f64, warning: f64, critical: f64| {
        State::by(size, Range::at_most(warning), Range::at_most(critical))
    };
    let states = [
        state(shift, limits.shift_warning, limits.shift_critical),
        state(degrees.abs(), limits.rotation_warning, limits.rotation_critical),
        state(zoom.abs(), limits.zoom_warning, limits.zoom_critical),
    ];
    let over = |warning: f64, critical: f64, state: State| match state {
        State::Critical => critical,
        _ => warning,
    };
    let mut said = Vec::new();
    if states[1] != State::Ok {
        let direction = if degrees > 0.0 { "clockwise" } else { "counterclockwise" };
        said.push(format!(
            "camera turned: the picture is rotated by {} degrees {direction}, more than {}",
            short(degrees.abs()),
            plain(over(limits.rotation_warning, limits.rotation_critical, states[1]))
        ));
    }
    if states[0] != State::Ok {
        said.push(format!(
            "camera moved: the picture is shifted by {} pixels {}, {} % of its width, more than {} %",
            (shift / 100.0 * f64::from(width)).round() as u64,
            direction(x, y),
            short(shift),
            plain(over(limits.shift_warning, limits.shift_critical, states[0]))
        ));
    }
    if states[2] != State::Ok {
        let how = if zoom > 0.0 { "larger" } else { "smaller" };
        said.push(format!(
            "camera zoomed: everything is {} % {how}, more than {} %",
            short(zoom.abs()),
            plain(over(limits.zoom_warning, limits.zoom_critical, states[2]))
        ));
    }
    let state = worst(states);
    let sentence = match said.is_empty() {
        true => format!(
            "the camera looks where it did, within {} % of the width and {} degrees",
            short(shift),
            short(degrees.abs())
        ),
        false => said.join("; "),
    };
    Aspect { key: "position", state, sentence }
}

fn worst(states: [State; 3]) -> State {
    match () {
        () if states.contains(&State::Critical) => State::Critical,
        () if states.contains(&State::Warning) => State::Warning,
        () => State::Ok,
    }
}

/// Where what is in the picture has gone.
fn direction(x: f32, y: f32) -> &'static str {
    let is_mostly = |one: f32, other: f32| one.abs() > 2.4 * other.abs();
    match (x > 0.0, y > 0.0) {
        (true, _) if is_mostly(x, y) => "to the right",
        (false, _) if is_mostly(x, y) => "to the left",
        (_, true) if is_mostly(y, x) => "down",
        (_, false) if is_mostly(y, x) => "up",
        (true, true) => "down to the right",
        (true, false) => "up to the right",
        (false, true) => "down to the left",
        (false, false) => "up to the left",
    }
}

fn content(comparison: &Comparison, limits: &Limits) -> Aspect {
    let changed = f64::from(comparison.changed()) * 100.0;
    let state =
        State::by(changed, Range::at_most(limits.changed_warning), Range::at_most(limits.changed_critical));
    let limit = match state {
        State::Critical => limits.changed_critical,
        _ => limits.changed_warning,
    };
    let sentence = match state {
        State::Ok => format!("{} % of the picture has changed", whole(changed)),
        _ => format!("content changed: {} % of the picture, more than {} %", whole(changed), plain(limit)),
    };
    Aspect { key: "content", state, sentence }
}

fn view(comparison: &Comparison, limits: &Limits) -> Aspect {
    let lost = f64::from(covered(comparison, limits)) * 100.0;
    let (warning, critical) = (limits.obstructed_warning, limits.obstructed_critical);
    let state = State::by(lost, Range::at_most(warning), Range::at_most(critical));
    let limit = if state == State::Critical { critical } else { warning };
    let sentence = match state {
        State::Ok => "nothing covers the lens".to_owned(),
        _ => format!(
            "view obstructed: {} % of what had structure has none, more than {} %; hint: something covers the lens, or fog, \
             water or paint is on it",
            whole(lost),
            plain(limit)
        ),
    };
    Aspect { key: "view", state, sentence }
}

/// Of what has structure in the reference, the share that something hides.
pub(crate) fn covered(comparison: &Comparison, limits: &Limits) -> f32 {
    let changed = comparison.changed();
    // Behind fog and water large structure is left, and nothing that is small.
    if comparison.sharpness < VEILED_MAX && f64::from(changed) * 100.0 > limits.changed_warning {
        return comparison.lost.max(1.0 - comparison.sharpness);
    }
    // A cover shows nothing; something else shows itself.
    let is_something_else = comparison.count(Field::Lost) < 2 * comparison.count(Field::Changed);
    if is_something_else { 0.0 } else { comparison.lost }
}

fn sharpness(comparison: &Comparison, limits: &Limits) -> Aspect {
    let sharpness = f64::from(comparison.sharpness) * 100.0;
    let warning = Range { low: Some(limits.sharpness_warning), high: None, inside: false };
    let critical = Range { low: limits.sharpness_critical, high: None, inside: false };
    let state = State::by(sharpness, warning, critical);
    let limit = match state {
        State::Critical => limits.sharpness_critical.unwrap_or_default(),
        _ => limits.sharpness_warning,
    };
    let sentence = match state {
        State::Ok => format!("{} % as sharp as the reference", whole(sharpness)),
        _ => {
            format!("blurred: {} % as sharp as the reference, less than {} %", whole(sharpness), plain(limit))
        }
    };
    Aspect { key: "sharpness", state, sentence }
}

/// With one decimal.
pub(crate) fn short(value: f64) -> String {
    plain((value * 10.0).round() / 10.0)
}

fn whole(percent: f64) -> u64 {
    percent.round() as u64
}
