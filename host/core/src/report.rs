//! What a check plugin returns. The engine has validated it: every number finite, every length bounded.

use crate::ids::{Digest, FindingKey};
use crate::labels::Labels;
use crate::time::Wall;

/// What a plugin says about its target.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Critical => "critical",
            State::Unknown => "unknown",
        }
    }
    /// The order of states: what is certainly bad is worse than what is unknown.
    const fn badness(self) -> u8 {
        match self {
            State::Ok => 0,
            State::Unknown => 1,
            State::Warning => 2,
            State::Critical => 3,
        }
    }
    /// The severity by rule A13: critical is an error, warning and unknown are warnings, ok is info.
    pub const fn severity(self) -> Severity {
        match self {
            State::Ok => Severity::Info,
            State::Warning | State::Unknown => Severity::Warning,
            State::Critical => Severity::Error,
        }
    }
    /// The judgement; `None` for unknown, which judges nothing (rule A2).
    pub const fn judgement(self) -> Option<Judgement> {
        match self {
            State::Ok => Some(Judgement::Ok),
            State::Warning => Some(Judgement::Warning),
            State::Critical => Some(Judgement::Critical),
            State::Unknown => None,
        }
    }
}

/// A state of a report that counts (rule A2), from best to worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Judgement {
    Ok,
    Warning,
    Critical,
}

impl Judgement {
    pub const fn state(self) -> State {
        match self {
            Judgement::Ok => State::Ok,
            Judgement::Warning => State::Warning,
            Judgement::Critical => State::Critical,
        }
    }
}

/// The severity of notifications and events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A range as in Nagios: alerts outside `[low, high]`, or inside it if `inside` is set. A missing bound is infinite.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub inside: bool,
}

/// One number. `value` is finite; `unit` is a Prometheus base unit (`seconds`, `bytes`, `ratio`) or empty.
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    pub name: String,
    pub value: f64,
    pub unit: String,
    /// `None` if it has no bounds at all, as most metrics; made by [`Bounds::boxed`].
    pub bounds: Option<Box<Bounds>>,
    pub labels: Labels,
}

impl Metric {
    pub fn bounds(&self) -> Bounds {
        self.bounds.as_deref().copied().unwrap_or_default()
    }
}

/// The thresholds of a metric, and the smallest and largest value that it can have.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Bounds {
    pub warning: Option<Range>,
    pub critical: Option<Range>,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl Bounds {
    pub fn boxed(self) -> Option<Box<Bounds>> {
        (self != Bounds::default()).then(|| Box::new(self))
    }
}

/// One thing inside the target that has a state of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    pub key: FindingKey,
    pub state: State,
    pub summary: String,
    pub labels: Labels,
    pub metrics: Vec<Metric>,
    pub link: Option<String>,
}

/// Something that happened once. The host drops an `id` that it has seen for this check.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    pub id: String,
    /// Events with the same thread belong together; empty for none.
    pub thread: String,
    pub severity: Severity,
    pub title: String,
    pub body: String,
    pub link: Option<String>,
    pub at: Wall,
    pub labels: Labels,
}

/// A description of bytes that came with a report; the bytes themselves are stored under their digest. With a `series`,
/// they become that series' next snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub digest: Digest,
    pub series: Option<String>,
}

impl Attachment {
    pub fn is_picture(&self) -> bool {
        self.media_type.starts_with("image/")
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    pub state: State,
    /// A summary of one line.
    pub summary: String,
    pub details: Option<String>,
    pub metrics: Vec<Metric>,
    pub findings: Vec<Finding>,
    pub events: Vec<Event>,
    pub attachments: Vec<Attachment>,
    /// Labels, over which the operator's labels take precedence.
    pub labels: Labels,
}

impl Report {
    /// The worst of its findings, if the report's own state is better. An author may mean that, and mostly does not.
    pub fn worse_finding(&self) -> Option<&Finding> {
        let worst = self.findings.iter().rev().max_by_key(|finding| finding.state.badness())?;
        (worst.state.badness() > self.state.badness()).then_some(worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_is_better_than_a_finding_is_seen() {
        let finding = |key: &str, state| Finding {
            key: FindingKey::new(key.to_owned()),
            state,
            summary: String::new(),
            labels: Labels::default(),
            metrics: Vec::new(),
            link: None,
        };
        let report = |state, findings| Report {
            state,
            summary: String::new(),
            details: None,
            metrics: Vec::new(),
            findings,
            events: Vec::new(),
            attachments: Vec::new(),
            labels: Labels::default(),
        };
        let mixed = || {
            vec![finding("a", State::Warning), finding("b", State::Critical), finding("c", State::Critical)]
        };
        let worse =
            |state, findings| report(state, findings).worse_finding().map(|finding| finding.key.to_string());
        assert_eq!(worse(State::Warning, mixed()).as_deref(), Some("b"));
        assert_eq!(worse(State::Critical, mixed()), None);
        assert_eq!(worse(State::Ok, vec![finding("a", State::Unknown)]).as_deref(), Some("a"));
        assert_eq!(worse(State::Warning, vec![finding("a", State::Unknown)]), None);
        assert_eq!(worse(State::Ok, Vec::new()), None);
    }
}
