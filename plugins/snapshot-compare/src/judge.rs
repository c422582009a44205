//! From a picture to a report.

use watchkeep_sdk::picture::{Decoded, Mask, Missing, Taken};
use watchkeep_sdk::prelude::*;

use crate::aspects::{Aspect, Look, STRUCTURED_MIN, aspects, brightness, covered, look, short};
use crate::compare::{Comparison, compare, decode};
use crate::config::Compare;
use crate::difference::difference;
use crate::reference::{self, FIRST, Picture, Reference, SERIES};

/// Proportions that differ by more are others.
const PROPORTIONS: f64 = 0.015;

pub(crate) fn judge(config: &Compare, run: &Run) -> Verdict {
    let Taken { bytes, took, .. } = match take(config) {
        Ok(taken) => taken,
        Err(Missing::Fault(fault)) => return Err(fault.into()),
        Err(Missing::Camera(sentence)) => return Ok(failed(sentence)),
    };
    let decoded = match decode(&bytes) {
        Ok(decoded) => decoded,
        Err(sentence) => return Ok(failed(sentence)),
    };
    let mut night = Night { config, decoded, bytes, accept: accept(&run.check), metrics: Vec::new() };
    night.measure("snapshot_brightness_ratio", f64::from(brightness(&night.decoded.points)), "ratio");
    if let Some(took) = took {
        night.metrics.push(Metric::response_time(took, None, None));
    }
    match look(&night.decoded.points, &config.limits) {
        Look::Dark => Err(Fault::inconclusive(format!(
            "the picture is too dark to be judged: {} % of white; hint: a lamp that is off, or a lens that is covered",
            short(f64::from(brightness(&night.decoded.points)) * 100.0)
        ))
        .into()),
        Look::Blank => Ok(night.blank()),
        Look::Picture => night.compared(),
    }
}

fn take(config: &Compare) -> Result<Taken, Missing> {
    match (&config.camera, &config.series) {
        (Some(url), _) => config.access.take(url),
        (None, Some(series)) => series.take(),
        (None, None) => Err(Missing::Fault(Fault::config("there is no picture; hint: add `camera`"))),
    }
}

fn failed(sentence: String) -> Report {
    Report::critical(sentence).metric("probe_success", false)
}

fn accept(check: &str) -> String {
    format!("`watchkeep check accept {check} {SERIES}`")
}

/// A picture, and what is said of it.
struct Night<'a> {
    config: &'a Compare,
    decoded: Decoded,
    bytes: Vec<u8>,
    accept: String,
    metrics: Vec<Metric>,
}

impl Night<'_> {
    fn measure(&mut self, name: &str, value: f64, unit: &str) {
        self.metrics.push(Metric::new(name, value, unit));
    }
    fn name(&self) -> String {
        let Decoded { kind, width, height, .. } = &self.decoded;
        format!("{width}x{height} {}", kind.name())
    }
    fn attachment(&self, name: &str, bytes: Vec<u8>, kind: http::picture::Kind) -> Attachment {
        Attachment::new(format!("{name}.{}", kind.extension()), kind.media_type(), bytes)
    }
    fn after(&self) -> Attachment {
        self.attachment("after", self.bytes.clone(), self.decoded.kind)
    }
    fn masks(&self) -> &[Mask] {
        self.config.masks.as_deref().unwrap_or_default()
    }

    /// Nobody shall accept it by mistake: it is in no series.
    fn blank(mut self) -> Report {
        let summary = format!(
            "{}: the picture is blank, of one colour; hint: the camera has no signal of its sensor, or something covers its lens",
            self.name()
        );
        let mut report = Report::critical(summary).attachment(self.after());
        report.findings = vec![Finding::critical("view", "the picture is blank")];
        self.finish(report)
    }

    fn compared(self) -> Verdict {
        match reference::find()? {
            Reference::Accepted(picture) => {
                let named = format!("the accepted picture, {}", picture.age());
                self.against(&picture, &named, None)
            }
            Reference::First(picture) => {
                let named = format!("the first picture, {} and not accepted yet", picture.age());
                self.against(&picture, &named, Some(FIRST))
            }
            Reference::None => self.first(),
            Reference::Gone => Ok(self.gone()),
        }
    }

    /// A picture without anything in it would be compared with nothing for ever.
    fn first(mut self) -> Verdict {
        let plane = &self.decoded.points;
        if compare(plane, plane, self.masks()).structured < STRUCTURED_MIN {
            return Err(Fault::inconclusive(
                "the first picture shows too little to compare others with; hint: is the lens covered, or is all of it masked?",
            )
            .into());
        }
        reference::begin(clock::now())?;
        let summary = format!(
            "{}: this is the first picture, and the one to compare with until another is accepted with {}",
            self.name(),
            self.accept
        );
        let first = self.attachment("before", self.bytes.clone(), self.decoded.kind).series(FIRST);
        let report = Report::ok(summary).attachment(self.after().series(SERIES)).attachment(first);
        Ok(self.finish(report))
    }

    fn gone(mut self) -> Report {
        let summary = format!(
            "{}: the picture to compare with is no longer kept, and none was accepted; hint: look at this one, and accept it \
             with {}",
            self.name(),
            self.accept
        );
        let mut report = Report::warning(summary).attachment(self.after().series(SERIES));
        report.findings =
            vec![Finding::warning("reference", "the picture to compare with is no longer kept")];
        self.finish(report)
    }

    fn against(mut self, picture: &Picture, named: &str, series: Option<&str>) -> Verdict {
        let reference = decode(&picture.bytes).map_err(|sentence| {
            Fault::inconclusive(format!("{named} cannot be compared with: {sentence}; hint: accept another"))
        })?;
        let mut complaints = Complaints::default();
        let mut found = Vec::new();
        let resolution = resolution(&reference, &self.decoded);
        found.extend(resolution.clone());
        let mut details = Vec::new();
        let mut shown = None;
        if has_same_proportions(&reference, &self.decoded) {
            let comparison = compare(&reference.points, &self.decoded.points, self.masks());
            if comparison.structured < STRUCTURED_MIN {
                return Err(Fault::inconclusive(format!(
                    "{named} shows too little to compare with; hint: accept another with {}",
                    self.accept
                ))
                .into());
            }
            found.extend(aspects(&comparison, &self.config.limits, reference.width));
            self.metrics.extend(metrics(&comparison, &self.config.limits, reference.width, "reference"));
            shown = Some(difference(&reference.points, &self.decoded.points, &comparison));
        }
        let is_wrong = found.iter().any(|aspect| aspect.state != State::Ok);
        details.extend(self.since(&picture.id, is_wrong)?);
        for aspect in &found {
            match aspect.state {
                State::Critical => complaints.critical(&*aspect.sentence),
                State::Warning => complaints.warning(&*aspect.sentence),
                State::Ok | State::Unknown => {}
            }
        }
        if is_wrong {
            details.push(format!("If this is how it is to be, accept it with {}.", self.accept));
        }
        let mut opening = self.name();
        if !is_wrong {
            opening.push_str(&format!(", compared with {named}"));
            let said = found.iter().filter(|aspect| matches!(aspect.key, "position" | "content"));
            said.for_each(|aspect| opening.push_str(&format!("; {}", aspect.sentence)));
        }
        let mut report = complaints.verdict(opening)?;
        // What is wrong comes first.
        if is_wrong {
            report.summary.push_str(&format!("; compared with {named}"));
        }
        details.splice(0..0, report.details.take());
        report.details = (!details.is_empty()).then(|| details.join("\n"));
        report.findings = found.iter().map(Aspect::finding).collect();
        let before = self.attachment("before", picture.bytes.clone(), reference.kind);
        let before = match series {
            Some(series) => before.series(series),
            None => before,
        };
        report.attachments = vec![before, self.after().series(SERIES)];
        if let Some(shown) = shown {
            report.attachments.push(self.attachment("difference", shown, http::picture::Kind::Jpeg));
        }
        Ok(self.finish(report))
    }

    /// What is said of the picture of the day before: whether it is new, what is wrong. It never decides.
    fn since(&mut self, reference: &str, is_wrong: bool) -> Result<Option<String>, Fault> {
        let found = reference::previous(self.config.previous, self.config.previous_within, reference)?;
        let Some(picture) = found else { return Ok(None) };
        let Ok(previous) = decode(&picture.bytes) else { return Ok(None) };
        if !has_same_proportions(&previous, &self.decoded) {
            return Ok(Some(format!("The previous picture, {}, had other proportions.", picture.age())));
        }
        let comparison = compare(&previous.points, &self.decoded.points, self.masks());
        self.metrics.extend(metrics(&comparison, &self.config.limits, previous.width, "previous"));
        let aspects = aspects(&comparison, &self.config.limits, previous.width);
        let differs: Vec<&str> = aspects
            .iter()
            .filter(|aspect| aspect.state != State::Ok)
            .map(|aspect| aspect.sentence.as_str())
            .collect();
        let age = picture.age();
        Ok(match (differs.is_empty(), is_wrong) {
            (true, false) => None,
            (true, true) => Some(format!("It was so already in the previous picture, {age}.")),
            (false, _) => Some(format!("Since the previous picture, {age}: {}.", differs.join("; "))),
        })
    }

    fn finish(&mut self, mut report: Report) -> Report {
        let success = report.state != State::Critical;
        report.metrics = core::mem::take(&mut self.metrics);
        report.metric("probe_success", success)
    }
}

fn has_same_proportions(reference: &Decoded, current: &Decoded) -> bool {
    let proportions = |picture: &Decoded| f64::from(picture.width) / f64::from(picture.height);
    (proportions(reference) / proportions(current) - 1.0).abs() <= PROPORTIONS
}

fn resolution(reference: &Decoded, current: &Decoded) -> Option<Aspect> {
    let size = |picture: &Decoded| format!("{}x{}", picture.width, picture.height);
    if (reference.width, reference.height) == (current.width, current.height) {
        return None;
    }
    let rest = match has_same_proportions(reference, current) {
        true => "",
        false => "; its proportions are others, and nothing else is compared",
    };
    let sentence = format!("resolution changed from {} to {}{rest}", size(reference), size(current));
    Some(Aspect { key: "resolution", state: State::Warning, sentence })
}

impl Aspect {
    fn finding(&self) -> Finding {
        Finding::new(self.key, self.state, &*self.sentence)
    }
}

fn metrics(
    comparison: &Comparison,
    limits: &crate::Limits,
    width: u32,
    against: &str,
) -> impl Iterator<Item = Metric> {
    let most = |limit: f64, scale: f64| Some(Range::at_most(limit / scale));
    let mut found = Vec::new();
    let mut add = |name: &str, value: f64, unit: &str, warning: Option<Range>, critical: Option<Range>| {
        let mut metric = Metric::new(&format!("snapshot_{name}"), value, unit).label("against", against);
        (metric.warning, metric.critical) = (warning, critical);
        found.push(metric);
    };
    if let Some(motion) = comparison.motion {
        let shift = f64::from(motion.distance());
        add("shift_pixels", shift * f64::from(width), "", None, None);
        add(
            "shift_ratio",
            shift,
            "ratio",
            most(limits.shift_warning, 100.0),
            most(limits.shift_critical, 100.0),
        );
        let around = |limit: f64| Some(Range::between(-limit, limit));
        let degrees = f64::from(motion.degrees());
        add(
            "rotation_degrees",
            degrees,
            "",
            around(limits.rotation_warning),
            around(limits.rotation_critical),
        );
        let around = |limit: f64| Some(Range::between(1.0 - limit / 100.0, 1.0 + limit / 100.0));
        let zoom = f64::from(motion.zoom());
        add("scale_ratio", zoom, "ratio", around(limits.zoom_warning), around(limits.zoom_critical));
    }
    let changed = f64::from(comparison.changed());
    add(
        "changed_ratio",
        changed,
        "ratio",
        most(limits.changed_warning, 100.0),
        most(limits.changed_critical, 100.0),
    );
    let lost = f64::from(covered(comparison, limits));
    let (warning, critical) = (limits.obstructed_warning, limits.obstructed_critical);
    add("obstructed_ratio", lost, "ratio", most(warning, 100.0), most(critical, 100.0));
    add("similarity_ratio", f64::from(comparison.similarity), "ratio", None, None);
    let least = |limit: f64| Range { low: Some(limit / 100.0), high: None, inside: false };
    let critical = limits.sharpness_critical.map(least);
    add(
        "sharpness_ratio",
        f64::from(comparison.sharpness),
        "ratio",
        Some(least(limits.sharpness_warning)),
        critical,
    );
    found.into_iter()
}
