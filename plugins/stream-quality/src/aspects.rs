//! What is measured, held against limits: each judgement is a finding with a state of its own.

use watchkeep_sdk::config::plain;
use watchkeep_sdk::prelude::*;

use crate::colour::{Colour, name};
use crate::config::{Limits, Stream};
use crate::learned::{Learned, Usual};
use crate::light::Light;
use crate::stream::Rates;

/// Everything that is said of a picture.
#[derive(Default)]
pub(crate) struct Judged {
    findings: Vec<Finding>,
    /// What was not judged, and why.
    left_out: Vec<String>,
    pub(crate) metrics: Vec<Metric>,
}

impl Judged {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
    pub(crate) fn leave_out(&mut self, what: &str, why: &str) {
        self.left_out.push(format!("Not judged: {what}, because {why}."));
    }
    pub(crate) fn measure(&mut self, name: &str, value: f64, unit: &str) {
        self.metrics.push(Metric::new(name, value, unit));
    }
    pub(crate) fn percent(&mut self, name: &str, share: f64) {
        self.measure(name, share, "ratio");
    }
    pub(crate) fn measured(&mut self, light: &Light, limits: &Limits) {
        self.percent("quality_brightness_ratio", light.brightness);
        let most = |name: &str, share: f64, warning: f64, critical: f64| {
            Metric::new(name, share, "ratio")
                .warning(Range::at_most(warning / 100.0))
                .critical(Range::at_most(critical / 100.0))
        };
        self.metrics.push(most(
            "quality_dark_ratio",
            light.dark,
            limits.black_warning,
            limits.black_critical,
        ));
        self.metrics.push(most(
            "quality_bright_ratio",
            light.bright,
            limits.white_warning,
            limits.white_critical,
        ));
        self.metrics.push(most(
            "quality_uniform_ratio",
            light.uniform,
            limits.uniform_warning,
            limits.uniform_critical,
        ));
        self.metrics.push(
            Metric::new("quality_contrast_ratio", light.contrast, "ratio")
                .warning(Range::at_least(limits.contrast_warning / 100.0))
                .critical(Range::at_least(limits.contrast_critical / 100.0)),
        );
    }
    pub(crate) fn state(&self) -> State {
        let has = |state: State| self.findings.iter().any(|finding| finding.state == state);
        match () {
            () if has(State::Critical) => State::Critical,
            () if has(State::Warning) => State::Warning,
            () => State::Ok,
        }
    }

    pub(crate) fn report(self, opening: String) -> Verdict {
        let mut complaints = Complaints::default();
        for finding in &self.findings {
            match finding.state {
                State::Critical => complaints.critical(&*finding.summary),
                State::Warning => complaints.warning(&*finding.summary),
                State::Ok | State::Unknown => {}
            }
        }
        let opening = match complaints.state() {
            State::Ok => format!("{opening}; nothing is wrong with it"),
            State::Warning | State::Critical | State::Unknown => opening,
        };
        let mut report = complaints.verdict(opening)?;
        for sentence in &self.left_out {
            report = report.more_details(sentence);
        }
        report.findings = self.findings;
        report.metrics = self.metrics;
        let success = report.state != State::Critical;
        Ok(report.metric("probe_success", success))
    }
}

/// A share that is not to be above limits, with what to say: what is wrong, and what is well.
fn at_most(
    key: &str,
    share: f64,
    (warning, critical): (f64, Option<f64>),
    say: impl FnOnce(&str) -> (String, String),
) -> Finding {
    let percent = share * 100.0;
    let state = State::by(
        percent,
        Range::at_most(warning),
        critical.map_or(Range { low: None, high: None, inside: false }, Range::at_most),
    );
    let (wrong, well) = say(&short(percent));
    let limit = if state == State::Critical { critical.unwrap_or(warning) } else { warning };
    match state {
        State::Ok | State::Unknown => Finding::ok(key, well),
        State::Warning | State::Critical => {
            let (said, hint) = wrong.split_once("; ").unwrap_or((&wrong, ""));
            let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
            Finding::new(key, state, format!("{said}, more than {} %{hint}", plain(limit)))
        }
    }
}

pub(crate) fn black(light: &Light, limits: &Limits) -> Finding {
    at_most("black", light.dark, (limits.black_warning, Some(limits.black_critical)), |share| {
        (
            format!(
                "black: {share} % of the picture is dark; hint: a lamp that is off, or a lens that is covered"
            ),
            format!("{share} % of the picture is dark"),
        )
    })
}

pub(crate) fn white(light: &Light, limits: &Limits) -> Finding {
    at_most("white", light.bright, (limits.white_warning, Some(limits.white_critical)), |share| {
        (
            format!(
                "white: {share} % of the picture is over-exposed; hint: a light into the lens, or the exposure"
            ),
            format!("{share} % of the picture is over-exposed"),
        )
    })
}

pub(crate) fn uniform(light: &Light, limits: &Limits) -> Finding {
    at_most("signal", light.uniform, (limits.uniform_warning, Some(limits.uniform_critical)), |share| {
        let [red, green, blue] = light.colour;
        let wrong = format!(
            "{share} % of the picture has one colour (#{red:02x}{green:02x}{blue:02x}); hint: a camera without a signal \
             shows this, and so does something before the lens"
        );
        (wrong, format!("{share} % of the picture has one colour"))
    })
}

pub(crate) fn test_picture(has_bars: bool) -> Finding {
    match has_bars {
        true => Finding::critical(
            "test_picture",
            "colour bars, a test picture; hint: the sensor or its encoder sends no picture",
        ),
        false => Finding::ok("test_picture", "no colour bars"),
    }
}

/// How far the colours are from the usual ones, and to which side.
pub(crate) fn change(colour: Colour, usual: Usual) -> (f64, &'static str) {
    let [blue, red] = [0, 1].map(|part| colour.mean[part] - usual.mean[part]);
    (blue.hypot(red), name(blue as f32, red as f32))
}

pub(crate) fn cast(colour: Colour, usual: Option<Usual>, limits: &Limits) -> Finding {
    let key = "colour_cast";
    let absolute = at_most(key, colour.cast, (limits.cast_absolute.unwrap_or(1e9), None), |share| {
        let towards = colour.towards;
        (
            format!(
                "colour cast: nine tenths of the picture are off towards {towards} by {share} % at least"
            ),
            "no colour cast".to_owned(),
        )
    });
    let Some(usual) = usual else { return absolute };
    let (change, towards) = change(colour, usual);
    let relative = at_most(key, change, (limits.cast_warning, limits.cast_critical), |share| {
        (
            format!(
                "colour cast: the picture is off towards {towards} by {share} % of its light, compared with the usual"
            ),
            format!("colours differ from the usual by {share} % of the light"),
        )
    });
    if relative.state == State::Ok && absolute.state != State::Ok { absolute } else { relative }
}

fn at_least(percent: f64, warning: f64, critical: f64) -> (State, f64) {
    let state = State::by(percent, Range::at_least(warning), Range::at_least(critical));
    (state, if state == State::Critical { critical } else { warning })
}

pub(crate) fn contrast(light: &Light, limits: &Limits) -> Finding {
    let percent = light.contrast * 100.0;
    let (state, limit) = at_least(percent, limits.contrast_warning, limits.contrast_critical);
    let said = short(percent);
    match state {
        State::Ok => Finding::ok("contrast", format!("a contrast of {said} %")),
        _ => Finding::new(
            "contrast",
            state,
            format!(
                "low contrast: {said} %, below {} %; hint: fog, a dirty lens, or the exposure",
                plain(limit)
            ),
        ),
    }
}

pub(crate) fn sharpness(share: f64, learned: &Learned, limits: &Limits) -> Finding {
    let percent = share * 100.0;
    let (state, limit) = at_least(percent, limits.sharpness_warning, limits.sharpness_critical);
    if let Some(level) = learned.usual().map(|usual| usual.sharpness).filter(|level| *level > 0.0) {
        let relative = share / level * 100.0;
        let (own, limit) = at_least(relative, limits.learned_warning, limits.learned_critical);
        if own != State::Ok && (own == State::Critical || state != State::Critical) {
            let sentence = format!(
                "blurred: a sharpness of {} %, which is {} % of the usual, below {} %; hint: focus, or dirt on the lens",
                short(percent),
                short(relative),
                plain(limit)
            );
            return Finding::new("sharpness", own, sentence);
        }
    }
    match state {
        State::Ok => {
            let missing = match learned.missing() {
                0 => String::new(),
                missing => format!("; {missing} more pictures until it is known how sharp they usually are"),
            };
            Finding::ok("sharpness", format!("a sharpness of {} %{missing}", short(percent)))
        }
        _ => Finding::new(
            "sharpness",
            state,
            format!(
                "blurred: a sharpness of {} %, below {} %; hint: focus, or dirt on the lens",
                short(percent),
                plain(limit)
            ),
        ),
    }
}

pub(crate) fn resolution(width: u32, height: u32, limits: &Limits) -> Finding {
    let size = format!("{width}x{height}");
    let below = |own: u32, least: Option<u32>| least.is_some_and(|least| own < least);
    let other = |own: u32, wanted: Option<u32>| wanted.is_some_and(|wanted| own != wanted);
    let told = |width: Option<u32>, height: Option<u32>| match (width, height) {
        (Some(width), Some(height)) => format!("{width}x{height}"),
        (Some(width), None) => format!("a width of {width}"),
        (None, height) => format!("a height of {}", height.unwrap_or_default()),
    };
    if below(width, limits.width_min) || below(height, limits.height_min) {
        let least = told(limits.width_min, limits.height_min);
        return Finding::critical("resolution", format!("the picture has {size} pixels, fewer than {least}"));
    }
    if other(width, limits.width) || other(height, limits.height) {
        let wanted = told(limits.width, limits.height);
        return Finding::warning("resolution", format!("the picture has {size} pixels, not {wanted}"));
    }
    Finding::ok("resolution", format!("{size} pixels"))
}

pub(crate) fn rates(rates: Option<Rates>, stream: &Stream, judged: &mut Judged) {
    let Some(rates) = rates else {
        if stream.frame_rate.is_some() || stream.bitrate.is_some() {
            judged.leave_out("rates", "the stream came faster than it could have been taken");
        }
        return;
    };
    let both = [
        (
            "frame_rate",
            "quality_frames_per_second",
            "frame rate",
            "/s",
            rates.frames,
            1.0,
            &stream.frame_rate,
        ),
        ("bitrate", "quality_bits_per_second", "bitrate", " kbit/s", rates.bits / 1e3, 1e3, &stream.bitrate),
    ];
    for (key, name, what, unit, value, factor, band) in both {
        let metric = Metric::new(name, value * factor, "");
        let Some(band) = band else {
            judged.metrics.push(metric);
            continue;
        };
        judged.metrics.push(band.limit(metric, factor));
        let state = band.state_of(value);
        let sentence = match state {
            State::Ok => format!("the {what} is {}{unit}", short(value)),
            _ => {
                let (side, limit) = band.beyond(value, state);
                format!("the {what} is {}{unit}, {side} {}{unit}", short(value), plain(limit))
            }
        };
        judged.add(Finding::new(key, state, sentence));
    }
}

/// What is wrong with the stream itself.
pub(crate) fn stream(others: Option<(usize, String)>, stopped: Option<String>, judged: &mut Judged) {
    let mut wrong: Vec<String> = stopped.into_iter().collect();
    if let Some((count, first)) = others {
        wrong.push(format!("{count} parts of its stream are no pictures: {first}"));
    }
    judged.add(match wrong.is_empty() {
        true => Finding::ok("stream", "pictures follow one another"),
        false => Finding::warning("stream", wrong.join("; ")),
    });
}

/// With one decimal.
fn short(value: f64) -> String {
    plain((value * 10.0).round() / 10.0)
}
