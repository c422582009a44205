//! Between the contract's types and the core's.

use std::time::Duration;

use watchkeep_core::labels::Labels;
use watchkeep_core::report::{Severity, State};
use watchkeep_core::time::Wall;

use crate::contract::types;

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn timestamp(at: Wall) -> u64 {
    u64::try_from(at.millis()).unwrap_or(0)
}

pub(super) fn state(state: State) -> types::State {
    match state {
        State::Ok => types::State::Ok,
        State::Warning => types::State::Warning,
        State::Critical => types::State::Critical,
        State::Unknown => types::State::Unknown,
    }
}

pub(super) fn state_from(state: types::State) -> State {
    match state {
        types::State::Ok => State::Ok,
        types::State::Warning => State::Warning,
        types::State::Critical => State::Critical,
        types::State::Unknown => State::Unknown,
    }
}

pub(super) fn severity(severity: Severity) -> types::Severity {
    match severity {
        Severity::Info => types::Severity::Info,
        Severity::Warning => types::Severity::Warning,
        Severity::Error => types::Severity::Error,
    }
}

pub(super) fn severity_from(severity: types::Severity) -> Severity {
    match severity {
        types::Severity::Info => Severity::Info,
        types::Severity::Warning => Severity::Warning,
        types::Severity::Error => Severity::Error,
    }
}

pub(super) fn labels(labels: &Labels) -> Vec<types::Label> {
    labels
        .iter()
        .map(|(name, value)| types::Label { name: name.to_owned(), value: value.to_owned() })
        .collect()
}

pub(super) fn metric(metric: &watchkeep_core::report::Metric) -> types::Metric {
    let range = |range: watchkeep_core::report::Range| types::Range {
        low: range.low,
        high: range.high,
        inside: range.inside,
    };
    let bounds = metric.bounds();
    types::Metric {
        name: metric.name.clone(),
        value: metric.value,
        unit: metric.unit.clone(),
        warning: bounds.warning.map(range),
        critical: bounds.critical.map(range),
        min: bounds.min,
        max: bounds.max,
        labels: labels(&metric.labels),
    }
}
