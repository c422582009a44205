//! From a picture to a report.

use watchkeep_sdk::picture::{Decoded, Missing, Taken, decode_colours, span_in_days};
use watchkeep_sdk::prelude::*;

use crate::aspects::{self, Judged};
use crate::bars::has_bars;
use crate::colour::{Colour, colour};
use crate::config::{Limits, Quality};
use crate::frozen::{self, Still};
use crate::learned::{Kind, Learned, Usual};
use crate::light::{Light, light};
use crate::proof::proof;
use crate::sharpness::sharpness;
use crate::stream::{self, Received};
use crate::view::{SIDE, View};

/// A picture with less colour is one that a camera takes by night.
const GREY_MAX: f64 = 3.0;

pub(crate) fn judge(config: &Quality) -> Verdict {
    let mut judged = Judged::default();
    let taken = match taken(config, &mut judged) {
        Ok(taken) => taken,
        Err(Missing::Fault(fault)) => return Err(fault.into()),
        Err(Missing::Camera(sentence)) => return Ok(failed(sentence)),
    };
    let decoded = match decode_colours(&taken.bytes, SIDE) {
        Ok(decoded) => decoded,
        Err(sentence) => return Ok(failed(sentence)),
    };
    if let Some(took) = taken.took {
        judged.metrics.push(Metric::response_time(took, None, None));
    }
    let view = View::new(&decoded.points, config.masks());
    judged.add(aspects::resolution(decoded.width, decoded.height, &config.limits));
    judged.measure("quality_width_pixels", f64::from(decoded.width), "");
    judged.measure("quality_height_pixels", f64::from(decoded.height), "");
    let at = taken.at.unwrap_or_else(clock::now);
    match light(&view, &config.limits) {
        Some(light) => looked_at(config, &decoded, &view, (light, at), &mut judged)?,
        None => {
            return Err(Fault::config("masks leave nothing of the picture; hint: make them smaller").into());
        }
    }
    let Decoded { kind, width, height, .. } = &decoded;
    let mut report = judged.report(format!("{width}x{height} {}", kind.name()))?;
    if report.state != State::Ok {
        report.attachments = vec![proof(&view)];
    }
    Ok(report)
}

fn failed(sentence: String) -> Report {
    Report::critical(sentence).metric("probe_success", false)
}

fn taken(config: &Quality, judged: &mut Judged) -> Result<Taken, Missing> {
    if let Some(stream) = &config.stream {
        let Received { bytes, took, rates, pictures, others, stopped } = stream::receive(config, stream)?;
        judged.measure("quality_frames", pictures as f64, "");
        aspects::rates(rates, stream, judged);
        aspects::stream(others, stopped, judged);
        return Ok(Taken { bytes, at: None, took: Some(took) });
    }
    match (&config.camera, &config.series) {
        (Some(url), _) => config.access.take(url),
        (None, Some(series)) => series.take(),
        (None, None) => Err(Missing::Fault(Fault::config("there is no picture; hint: add `camera`"))),
    }
}

/// What makes a picture useless is told alone: a black picture has no contrast either.
fn looked_at(
    config: &Quality,
    decoded: &Decoded<watchkeep_sdk::picture::Colours>,
    view: &View<'_>,
    (light, at): (Light, u64),
    judged: &mut Judged,
) -> Result<(), Fault> {
    let limits = &config.limits;
    judged.measured(&light, limits);
    let test = aspects::test_picture(has_bars(view));
    let (black, white) = (aspects::black(&light, limits), aspects::white(&light, limits));
    let is_lit = black.state == State::Ok && white.state == State::Ok;
    let is_test = test.state != State::Ok;
    judged.add(black);
    judged.add(white);
    judged.add(test);
    if is_lit && !is_test {
        let uniform = aspects::uniform(&light, limits);
        let shows = uniform.state == State::Ok;
        judged.add(uniform);
        if shows {
            judged.add(aspects::contrast(&light, limits));
            sharp(config, decoded, (view, &light), judged)?;
        } else {
            judged.leave_out("contrast, sharpness and colour", "one colour fills the picture");
        }
    } else {
        let why = if is_test { "it is a test picture" } else { "it is too dark or too bright" };
        judged.leave_out("contrast, sharpness and colour", why);
    }
    if limits.frozen_after.is_zero() {
        return frozen::forget();
    }
    match frozen::still(view, at)? {
        Some(still) => {
            let finding = unmoved(still, limits, judged);
            judged.add(finding);
        }
        None => judged.leave_out("whether it is frozen", "it shows too little"),
    }
    Ok(())
}

fn unmoved(still: Still, limits: &Limits, judged: &mut Judged) -> Finding {
    judged.measure("quality_unchanged_pictures", f64::from(still.pictures), "");
    let span = still.span;
    judged.metrics.push(
        Metric::new("quality_unchanged_seconds", span.as_secs_f64(), "seconds")
            .critical(Range::at_most(limits.frozen_after.as_secs_f64())),
    );
    if still.pictures >= limits.frozen_pictures && span > limits.frozen_after {
        let sentence = format!(
            "frozen: {} pictures are the same, point by point, since {}, more than {}; hint: restart the camera",
            still.pictures,
            span_in_days(span),
            span_in_days(limits.frozen_after)
        );
        return Finding::critical("frozen", sentence);
    }
    Finding::ok("frozen", "the picture changes, or has not been the same for long")
}

fn sharp(
    config: &Quality,
    decoded: &Decoded<watchkeep_sdk::picture::Colours>,
    (view, light): (&View<'_>, &Light),
    judged: &mut Judged,
) -> Result<(), Fault> {
    let kind = if saturation(view) < GREY_MAX { Kind::Grey } else { Kind::Coloured };
    let learned = Learned::read(kind, &config.lens, decoded.width, decoded.height);
    let usual = learned.usual();
    let colour = colour(view);
    if let Some(colour) = colour {
        judged.percent("quality_colour_cast_ratio", colour.cast);
        if let Some(change) = usual.map(|usual| aspects::change(colour, usual)) {
            judged.percent("quality_colour_change_ratio", change.0);
        }
        judged.add(aspects::cast(colour, usual, &config.limits));
    }
    // What usually has edges, and has none in good light, is out of focus altogether.
    let is_soft = usual.is_some() && light.contrast * 100.0 >= config.limits.contrast_warning;
    let Some(sharpness) = sharpness(view).or(is_soft.then_some(0.0)) else {
        judged.leave_out("sharpness", "too little in the picture has edges");
        return Ok(());
    };
    let finding = aspects::sharpness(sharpness, &learned, &config.limits);
    judged.percent("quality_sharpness_ratio", sharpness);
    if let Some(usual) = usual {
        judged.percent("quality_sharpness_usual_ratio", usual.sharpness);
    }
    // A picture that is bad already is no measure for others.
    let is_good = finding.state == State::Ok && judged.state() == State::Ok;
    judged.add(finding);
    match colour {
        Some(Colour { mean, .. }) if is_good => learned.learn(Usual { sharpness, mean }),
        Some(_) | None => Ok(()),
    }
}

/// The mean distance from grey, in levels.
fn saturation(view: &View<'_>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for ([red, green, blue], _) in view.points().step_by(7) {
        let (least, most) = (red.min(green).min(blue), red.max(green).max(blue));
        sum += f64::from(most - least);
        count += 1.0;
    }
    if count > 0.0 { sum / count } else { 0.0 }
}
