//! What a camera's stream and picture say of it together, and several cameras in one check.

use watchkeep_sdk::prelude::*;

use crate::config::{Camera, Named};
use crate::{snapshot, stream};

/// A report has room for 8 MiB of attachments.
const PICTURES_BYTES_MAX: usize = 7 << 20;
/// What a camera that answers at once takes, besides the time for which it is received.
const BRIEFLY: Duration = Duration::from_secs(1);

/// What is well, for a summary, and what was measured.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) opening: String,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) attachment: Option<Attachment>,
}

impl Found {
    pub(crate) fn say(&mut self, what: &str) {
        if !self.opening.is_empty() {
            self.opening.push_str("; ");
        }
        self.opening.push_str(what);
    }
    pub(crate) fn measure(&mut self, name: &str, value: f64, unit: &str) {
        self.metrics.push(Metric::new(name, value, unit));
    }
}

pub(crate) fn judge(config: &Camera) -> Verdict {
    if !config.cameras.is_empty() {
        return Ok(several(config)?);
    }
    let mut complaints = Complaints::default();
    let mut found = Found::default();
    if let Some(wanted) = &config.stream {
        stream::judge(config, wanted, &mut found, &mut complaints)?;
    }
    if let Some(wanted) = &config.snapshot {
        snapshot::judge(config, wanted, "", &mut found, &mut complaints)?;
    }
    let mut report = complaints.verdict(found.opening)?;
    report.metrics = found.metrics;
    report.attachments.extend(found.attachment);
    let success = f64::from(u8::from(report.state != State::Critical));
    report.metrics.push(Metric::new("probe_success", success, ""));
    Ok(report)
}

/// One after the other. What is wrong with one, or keeps it from being judged, is a finding of that one alone.
fn several(config: &Camera) -> Result<Report, Fault> {
    let (mut findings, mut pictures) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for camera in &config.cameras {
        let (finding, mut picture) = one(config, camera)?;
        bytes += picture.as_ref().map_or(0, |picture| picture.data.len());
        let has_room = bytes <= PICTURES_BYTES_MAX;
        let mut finding = finding.label("camera", &camera.name);
        if let Some(left_out) = picture.take_if(|_| !has_room) {
            bytes -= left_out.data.len();
            finding.summary.push_str("; not kept: the pictures of this run are too large together");
        }
        findings.push(finding);
        pictures.extend(picture);
    }
    let mut report = Report::worst_of(findings);
    report.attachments = pictures;
    let success = report.state != State::Critical;
    Ok(report.metric("probe_success", success))
}

/// A right or a limit that is missing is the whole run's: the host judges no report after one.
fn one(config: &Camera, camera: &Named) -> Result<(Finding, Option<Attachment>), Fault> {
    let name = &camera.name;
    let listens = camera.stream.as_ref().map_or(Duration::ZERO, |stream| stream.listen);
    if clock::remaining() < listens + BRIEFLY {
        let why = "the run has no time left; hint: raise the check's `timeout`, or divide the cameras";
        return Ok((Finding::unknown(name, format!("`{name}`: not judged: {why}")), None));
    }
    let mut complaints = Complaints::default();
    let mut found = Found::default();
    if let Some(wanted) = &camera.stream {
        stream::judge(config, wanted, &mut found, &mut complaints)?;
    }
    if let Some(wanted) = &camera.snapshot {
        snapshot::judge(config, wanted, name, &mut found, &mut complaints)?;
    }
    let state = match (complaints.state(), complaints.fault()) {
        (State::Ok, Some(_)) => State::Unknown,
        (state, _) => state,
    };
    let opening = match found.opening.is_empty() {
        true => format!("`{name}`"),
        false => format!("`{name}`: {}", found.opening),
    };
    let mut finding = Finding::new(name, state, complaints.report(state, opening).summary);
    finding.metrics = found.metrics;
    Ok((finding, found.attachment))
}
