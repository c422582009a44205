//! A report as a guest returns it: whatever it contains, a report that is accepted keeps the contract.

use watchkeep_core::ids::Digest;
use watchkeep_core::labels::Labels;
use watchkeep_core::report::{Bounds, Metric, Range, Report};

use crate::call::looked_through;
use crate::contract::types;
use crate::http::mask::Mask;

/// What no report may carry out.
const SECRET: &str = "kept_in_the_vault";

/// `bytes` are a report in postcard's encoding. Anything else is skipped.
pub fn report(bytes: &[u8]) {
    let Ok(said) = postcard::from_bytes::<types::Report>(bytes) else { return };
    let mut mask = Mask::default();
    mask.add(SECRET.as_bytes());
    match looked_through(said, &mask) {
        Ok((report, attachments)) => holds(&report, &attachments),
        Err(problem) => {
            let problem = problem.to_string();
            assert!(super::is_one_line(&problem), "{problem:?}");
            assert!(!problem.contains(SECRET), "{problem:?}");
        }
    }
}

fn holds(report: &Report, attachments: &[Vec<u8>]) {
    let Report {
        state: _,
        summary,
        details,
        metrics,
        findings,
        events,
        attachments: files,
        labels: own_labels,
    } = report;
    line(summary, 1 << 10);
    details.iter().for_each(|details| free(details, 64 << 10));
    let of_findings = findings.iter().flat_map(|finding| &finding.metrics);
    assert!(metrics.iter().chain(of_findings.clone()).count() <= 1_000, "too many metrics");
    metrics.iter().chain(of_findings).for_each(metric);
    labels(own_labels);
    let mut keys: Vec<&str> = findings.iter().map(|finding| finding.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), findings.len(), "two findings with one key");
    for finding in findings {
        name(finding.key.as_str());
        line(&finding.summary, 1 << 10);
        labels(&finding.labels);
        link(finding.link.as_deref());
    }
    assert!(events.len() <= 200, "too many events");
    for event in events {
        name(&event.id);
        if !event.thread.is_empty() {
            name(&event.thread);
        }
        line(&event.title, 1 << 10);
        free(&event.body, 64 << 10);
        link(event.link.as_deref());
        labels(&event.labels);
        assert!(event.at.millis() >= 0, "an event before all times");
    }
    assert_eq!(files.len(), attachments.len());
    assert!(attachments.iter().map(Vec::len).sum::<usize>() <= 8 << 20, "too many bytes");
    for (file, bytes) in files.iter().zip(attachments) {
        name(&file.name);
        name(&file.media_type);
        file.series.iter().for_each(|series| name(series));
        assert_eq!((file.size_bytes, file.digest), (bytes.len() as u64, Digest::of(bytes)));
        assert!(memchr::memmem::find(bytes, SECRET.as_bytes()).is_none(), "a secret is attached");
    }
}

fn metric(metric: &Metric) {
    name(&metric.name);
    free(&metric.unit, 32);
    labels(&metric.labels);
    let ends = |range: Option<Range>| range.map_or([None, None], |range| [range.low, range.high]);
    let Bounds { warning, critical, min, max } = metric.bounds();
    let [low, high] = ends(warning);
    let [lower, higher] = ends(critical);
    for number in [Some(metric.value), low, high, lower, higher, min, max].into_iter().flatten() {
        assert!(number.is_finite(), "{number}");
        assert!(number != 0.0 || number.is_sign_positive(), "a negative zero");
    }
}

fn labels(labels: &Labels) {
    for (key, value) in labels.iter() {
        name(key);
        free(value, 1 << 10);
    }
}

fn link(link: Option<&str>) {
    let Some(link) = link else { return };
    free(link, 4 << 10);
    assert!(link.starts_with("http://") || link.starts_with("https://"), "{link:?}");
}

fn name(text: &str) {
    assert!(!text.is_empty() && !text.chars().any(char::is_control), "{text:?} is no name");
    free(text, 256);
}

fn line(text: &str, bytes_max: usize) {
    assert!(!text.contains(['\n', '\r']), "{text:?} has more than one line");
    free(text, bytes_max);
}

fn free(text: &str, bytes_max: usize) {
    assert!(text.len() <= bytes_max, "{} bytes", text.len());
    assert!(!text.contains(SECRET), "a secret in {text:?}");
}
