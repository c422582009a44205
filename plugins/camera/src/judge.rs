//! What a camera's stream and picture say of it together.

use watchkeep_sdk::prelude::*;

use crate::config::Camera;
use crate::{snapshot, stream};

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
    let mut complaints = Complaints::default();
    let mut found = Found::default();
    if let Some(wanted) = &config.stream {
        stream::judge(config, wanted, &mut found, &mut complaints)?;
    }
    if let Some(wanted) = &config.snapshot {
        snapshot::judge(config, wanted, &mut found, &mut complaints)?;
    }
    let mut report = complaints.verdict(found.opening)?;
    report.metrics = found.metrics;
    report.attachments.extend(found.attachment);
    let success = f64::from(u8::from(report.state != State::Critical));
    report.metrics.push(Metric::new("probe_success", success, ""));
    Ok(report)
}
