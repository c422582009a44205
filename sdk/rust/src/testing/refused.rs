//! What the host would refuse in a report, so that a test finds it before anybody is paged.

use std::collections::BTreeSet;

use crate::report::{Label, Metric, Report};

const METRICS_MAX: usize = 1_000;
const FINDINGS_MAX: usize = 1_000;
const EVENTS_MAX: usize = 200;
const LABELS_MAX: usize = 64;

/// The host's reason, if it has one. Texts that are too long are cut before this is called.
pub(super) fn refused(report: &Report) -> Option<String> {
    let metrics = || report.metrics.iter().chain(report.findings.iter().flat_map(|finding| &finding.metrics));
    let count = metrics().count();
    if count > METRICS_MAX {
        return Some(format!("{count} metrics, {METRICS_MAX} are allowed"));
    }
    if report.findings.len() > FINDINGS_MAX {
        return Some(format!("{} findings, {FINDINGS_MAX} are allowed", report.findings.len()));
    }
    if report.events.len() > EVENTS_MAX {
        return Some(format!("{} events, {EVENTS_MAX} are allowed", report.events.len()));
    }
    let mut keys = BTreeSet::new();
    for finding in &report.findings {
        if finding.key.is_empty() {
            return Some("a finding has no key".to_owned());
        }
        if !keys.insert(&finding.key) {
            return Some(format!("findings have the key `{}` twice", finding.key));
        }
    }
    let labelled = metrics().map(|metric| &metric.labels).chain([&report.labels]);
    let labelled = labelled.chain(report.findings.iter().map(|finding| &finding.labels));
    let labelled = labelled.chain(report.events.iter().map(|event| &event.labels));
    metrics().find_map(of_metric).or_else(|| labelled.into_iter().find_map(|labels| of_labels(labels)))
}

fn of_metric(metric: &Metric) -> Option<String> {
    let Metric { name, value, unit, warning, critical, min, max, labels: _ } = metric;
    let bounds = [*warning, *critical].into_iter().flatten().flat_map(|range| [range.low, range.high]);
    let numbers = bounds.chain([*min, *max]).flatten().chain([*value]);
    if let Some(odd) = numbers.into_iter().find(|number| !number.is_finite()) {
        return Some(format!("the metric `{name}` has the number {odd}"));
    }
    if unit.len() > 32 || !unit.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_%/".contains(&byte)) {
        return Some(format!("the metric `{name}` has the unit {unit:?}"));
    }
    (!is_name(name, b"_:")).then(|| format!("{name:?} is not a valid metric name"))
}

fn of_labels(labels: &[Label]) -> Option<String> {
    if labels.len() > LABELS_MAX {
        return Some(format!("{} labels, {LABELS_MAX} are allowed", labels.len()));
    }
    let odd = labels.iter().find(|label| !is_name(&label.name, b"_"));
    odd.map(|label| format!("{:?} is not a valid label name", label.name))
}

fn is_name(name: &str, marks: &[u8]) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || marks.contains(&byte);
    name.len() <= 256
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}
