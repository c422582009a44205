//! Fits a report into the contract's limits. Most of its text comes from a target: one that says too much must not turn
//! a page into a report that is invalid.

use super::{Event, Finding, Label, Report};

const LINE_BYTES_MAX: usize = 1 << 10;
const TEXT_BYTES_MAX: usize = 64 << 10;
const KEY_BYTES_MAX: usize = 256;
/// The number of characters after the beginning of a key that is too long.
const DIGEST_CHARS: usize = 16;

/// The report within the limits. Texts that are too long are cut, with `...` at their end. Keys that are too long keep
/// their beginning and get a number that is computed from the whole key: the same in every run, and a different one for
/// another key. Control characters in keys become blanks.
pub(crate) fn fitted(mut report: Report) -> Report {
    cut(&mut report.summary, LINE_BYTES_MAX);
    report.details.iter_mut().for_each(|details| cut(details, TEXT_BYTES_MAX));
    labels(&mut report.labels);
    for Finding { key, summary, labels: of_finding, .. } in &mut report.findings {
        fit_key(key);
        cut(summary, LINE_BYTES_MAX);
        labels(of_finding);
    }
    for Event { id, thread, title, body, labels: of_event, .. } in &mut report.events {
        fit_key(id);
        fit_key(thread);
        cut(title, LINE_BYTES_MAX);
        cut(body, TEXT_BYTES_MAX);
        labels(of_event);
    }
    report
}

fn labels(labels: &mut [Label]) {
    for label in labels {
        cut(&mut label.value, LINE_BYTES_MAX);
    }
}

/// Cuts a text to at most this many bytes, between two characters.
pub(super) fn cut(text: &mut String, bytes_max: usize) {
    const MORE: &str = "...";
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max - MORE.len()));
        text.push_str(MORE);
    }
}

fn fit_key(key: &mut String) {
    if key.contains(char::is_control) {
        *key = key.replace(char::is_control, " ");
    }
    if key.len() > KEY_BYTES_MAX {
        // FNV-1a.
        let digest = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        key.truncate(key.floor_char_boundary(KEY_BYTES_MAX - DIGEST_CHARS - 1));
        key.push_str(&format!("~{digest:016x}"));
    }
}
