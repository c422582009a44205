//! Takes secrets out of what a check returns. Texts for people lose all of them. What is kept and may come back to the
//! plugin (keys, names, labels, attachments) loses only those that cannot be guessed, because `***` in place of an
//! ordinary word would make another key. Goes over the whole report, and gives way meanwhile.

use wasmtime::Trap;

use super::CallState;
use super::pace::{OverBudget, Pace};
use super::report::one_line;
use crate::contract::types::{Attachment, Event, Finding, Label, Metric, Report};
use crate::http::mask::{self, Audience, Mask};

/// Masks within the call, and on its CPU time.
pub(super) async fn masked(report: Report, masking: Masking) -> wasmtime::Result<Report> {
    let masked = whole(report, masking).await;
    masked.map_err(|OverBudget| wasmtime::Error::from(Trap::Interrupt))
}

async fn whole(report: Report, mut masking: Masking) -> Result<Report, OverBudget> {
    if masking.mask.is_empty() {
        return Ok(report);
    }
    let mut report = report;
    masking.line(&mut report.summary).await?;
    masking.told_if(&mut report.details).await?;
    masking.metrics(&mut report.metrics).await?;
    masking.labels(&mut report.labels).await?;
    for Finding { key, state: _, summary, labels, metrics, link } in &mut report.findings {
        masking.kept(key).await?;
        masking.line(summary).await?;
        masking.labels(labels).await?;
        masking.metrics(metrics).await?;
        masking.told_if(link).await?;
    }
    for Event { id, thread, severity: _, title, body, link, at: _, labels } in &mut report.events {
        masking.kept(id).await?;
        masking.kept(thread).await?;
        masking.line(title).await?;
        masking.told(body).await?;
        masking.told_if(link).await?;
        masking.labels(labels).await?;
    }
    for Attachment { name, media_type, data, series } in &mut report.attachments {
        masking.kept(name).await?;
        masking.kept(media_type).await?;
        masking.data(data).await?;
        if let Some(series) = series {
            masking.kept(series).await?;
        }
    }
    Ok(report)
}

pub(super) struct Masking {
    pub(super) mask: Mask,
    pub(super) pace: Pace,
}

impl CallState {
    /// The masking of what this call returns.
    pub(super) fn masking(&self) -> Masking {
        Masking { mask: self.mask.clone(), pace: self.pace() }
    }
}

impl Masking {
    async fn told(&mut self, text: &mut String) -> Result<(), OverBudget> {
        *text = self.mask.told(std::mem::take(text));
        self.pace.step().await
    }

    /// Line breaks become spaces before secrets are looked for: a secret may have spaces in their place.
    async fn line(&mut self, text: &mut String) -> Result<(), OverBudget> {
        *text = one_line(std::mem::take(text));
        self.told(text).await
    }

    async fn told_if(&mut self, text: &mut Option<String>) -> Result<(), OverBudget> {
        match text {
            Some(text) => self.told(text).await,
            None => Ok(()),
        }
    }

    async fn kept(&mut self, text: &mut String) -> Result<(), OverBudget> {
        *text = self.mask.text(std::mem::take(text), Audience::Store);
        self.pace.step().await
    }

    async fn data(&mut self, data: &mut Vec<u8>) -> Result<(), OverBudget> {
        let spans = self.mask.spans_at_pace(data, Audience::Store, &mut self.pace).await?;
        if !spans.is_empty() {
            *data = mask::without(data, &spans);
        }
        Ok(())
    }

    async fn labels(&mut self, labels: &mut [Label]) -> Result<(), OverBudget> {
        for Label { name, value } in labels {
            *name = self.mask.name(std::mem::take(name));
            self.kept(value).await?;
        }
        Ok(())
    }

    async fn metrics(&mut self, metrics: &mut [Metric]) -> Result<(), OverBudget> {
        for metric in metrics {
            metric.name = self.mask.name(std::mem::take(&mut metric.name));
            metric.unit = self.mask.name(std::mem::take(&mut metric.unit));
            self.labels(&mut metric.labels).await?;
        }
        Ok(())
    }
}

/// Masks as a call does, without a call.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn looked_through(
    report: Report,
    mask: &Mask,
) -> Result<(watchkeep_core::report::Report, Vec<Vec<u8>>), super::report::ReportProblem> {
    use std::sync::Arc;
    use std::time::Duration;

    use super::meter::{Meter, turns};
    use super::pace::Polls;

    let pace = Pace::new(&Arc::new(Meter::open(turns())), Duration::MAX, Polls::OfCall);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    let masking = Masking { mask: mask.clone(), pace };
    let report = runtime.block_on(whole(report, masking)).expect("there is time");
    super::report::checked(report)
}
