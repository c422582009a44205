//! What a check returns, in the contract's own types with friendly constructors.

mod complaints;
mod event;
mod finding;
mod fitting;

use std::time::Duration;

use finding::{badness, counted};

use crate::http::Timings;

pub use complaints::{Complaints, clipped};
pub(crate) use fitting::fitted;

pub use crate::bindings::checking::exports::watchkeep::plugin::check::Run;
pub use crate::bindings::imports::watchkeep::plugin::types::{
    Attachment, Event, Finding, Label, Metric, Range, Report, Severity, State,
};

impl Report {
    pub fn new(state: State, summary: impl Into<String>) -> Self {
        Report {
            state,
            summary: summary.into(),
            details: None,
            metrics: Vec::new(),
            findings: Vec::new(),
            events: Vec::new(),
            attachments: Vec::new(),
            labels: Vec::new(),
        }
    }
    /// All is well.
    pub fn ok(summary: impl Into<String>) -> Self {
        Self::new(State::Ok, summary)
    }
    pub fn warning(summary: impl Into<String>) -> Self {
        Self::new(State::Warning, summary)
    }
    pub fn critical(summary: impl Into<String>) -> Self {
        Self::new(State::Critical, summary)
    }
    /// The report for these findings: as bad as the worst of them, with a summary that counts them and describes the
    /// worst. What is certainly bad is worse than what is unknown.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let disks = [("root", 0.4), ("var", 0.97), ("home", 0.85)].map(|(name, used)| {
    ///     let summary = format!("{name} is {:.0} % full", used * 100.0);
    ///     let state = State::by(used, Range::at_most(0.8), Range::at_most(0.95));
    ///     Finding::new(name, state, summary).metric("disk_used", used)
    /// });
    /// let report = Report::worst_of(disks);
    /// assert_eq!(report.state, State::Critical);
    /// assert_eq!(report.summary, "1 of 3 critical, 1 warning: var is 97 % full");
    /// assert_eq!(Report::worst_of([]).summary, "no findings");
    /// ```
    pub fn worst_of(findings: impl IntoIterator<Item = Finding>) -> Self {
        let findings: Vec<Finding> = findings.into_iter().collect();
        let worst = findings.iter().map(|finding| finding.state).max_by_key(|state| badness(*state));
        let state = worst.unwrap_or(State::Ok);
        let mut report = Self::new(state, counted(&findings, state));
        report.findings = findings;
        report
    }
    /// Makes the report at least as bad as this, and adds why.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let report = Report::ok("all 9 ok").no_better_than(State::Warning, "one was not asked");
    /// assert_eq!((report.state, &*report.summary), (State::Warning, "all 9 ok; one was not asked"));
    /// assert_eq!(report.no_better_than(State::Unknown, "and another").state, State::Warning);
    /// ```
    #[must_use]
    pub fn no_better_than(mut self, state: State, said: impl AsRef<str>) -> Self {
        if badness(state) > badness(self.state) {
            self.state = state;
        }
        self.summary = format!("{}; {}", self.summary, said.as_ref());
        self
    }
    /// Replaces the summary.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }
    /// Sets details: more than a line, for the page and for notifications.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
    /// Adds a line to the details.
    #[must_use]
    pub fn more_details(mut self, more: impl AsRef<str>) -> Self {
        let details = self.details.get_or_insert_default();
        if !details.is_empty() {
            details.push('\n');
        }
        details.push_str(more.as_ref());
        self
    }
    /// Adds one number: a [`Duration`] has the unit `seconds`, a plain number is a count, and a [`Metric`] can say
    /// more.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let report = Report::ok("queue is short")
    ///     .metric("queue_length", 3)
    ///     .metric("oldest", Duration::from_millis(1500))
    ///     .with(Metric::new("disk_free", 0.25, "ratio").warning(Range::at_least(0.2)));
    /// assert_eq!(report.metrics[1].unit, "seconds");
    /// assert_eq!(report.metrics[1].value, 1.5);
    /// ```
    #[must_use]
    pub fn metric(self, name: &str, value: impl Measured) -> Self {
        let (value, unit) = value.measured();
        self.with(Metric::new(name, value, unit))
    }
    #[must_use]
    #[inline(never)]
    pub fn with(mut self, metric: Metric) -> Self {
        self.metrics.push(metric);
        self
    }
    #[must_use]
    pub fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.push(Label::new(name, value));
        self
    }
    #[must_use]
    pub fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }
    #[must_use]
    pub fn attachment(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }
    /// Adds how long the phases of a network call took, under the name that the blackbox exporter uses.
    #[must_use]
    pub fn with_timings(self, timings: &Timings) -> Self {
        self.metric("probe_duration_seconds", Duration::from_nanos(timings.total))
    }
    /// The value of the metric of this name that has no labels.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.metrics
            .iter()
            .find(|metric| metric.name == name && metric.labels.is_empty())
            .map(|metric| metric.value)
    }
}

impl Attachment {
    /// An attachment: bytes that go with the report. `media_type` is for example `image/png`.
    pub fn new(name: impl Into<String>, media_type: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Attachment { name: name.into(), media_type: media_type.into(), data: data.into(), series: None }
    }
    /// Keeps it as the next snapshot of this series.
    #[must_use]
    pub fn series(mut self, series: impl Into<String>) -> Self {
        self.series = Some(series.into());
        self
    }
}

impl Label {
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        Label { name: name.to_owned(), value: value.into() }
    }
}

impl Metric {
    /// A metric. `unit` is a Prometheus base unit (`seconds`, `bytes`, `ratio`) or empty for a count.
    #[inline(never)]
    pub fn new(name: &str, value: f64, unit: &str) -> Self {
        Metric {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            warning: None,
            critical: None,
            min: None,
            max: None,
            labels: Vec::new(),
        }
    }
    /// How long a target took, as `probe_duration_seconds`, the name that the blackbox exporter uses, with the limits
    /// that the operator set.
    pub fn response_time(took: Duration, warning: Option<Duration>, critical: Option<Duration>) -> Self {
        let at_most = |limit: Option<Duration>| limit.map(|limit| Range::at_most(limit.as_secs_f64()));
        Metric {
            warning: at_most(warning),
            critical: at_most(critical),
            min: Some(0.0),
            ..Self::new("probe_duration_seconds", took.as_secs_f64(), "seconds")
        }
    }
    #[must_use]
    pub fn warning(mut self, range: Range) -> Self {
        self.warning = Some(range);
        self
    }
    #[must_use]
    pub fn critical(mut self, range: Range) -> Self {
        self.critical = Some(range);
        self
    }
    #[must_use]
    pub fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.push(Label::new(name, value));
        self
    }
}

/// A range alerts on values outside its bounds, or inside them if it is `inside`.
impl Range {
    pub fn at_most(high: f64) -> Self {
        Range { low: None, high: Some(high), inside: false }
    }
    pub fn at_least(low: f64) -> Self {
        Range { low: Some(low), high: None, inside: false }
    }
    pub fn between(low: f64, high: f64) -> Self {
        Range { low: Some(low), high: Some(high), inside: false }
    }
    pub fn alerts(&self, value: f64) -> bool {
        let within = self.low.is_none_or(|low| value >= low) && self.high.is_none_or(|high| value <= high);
        within == self.inside
    }
}

/// A value with its unit.
pub trait Measured {
    fn measured(self) -> (f64, &'static str);
}

impl Measured for Duration {
    fn measured(self) -> (f64, &'static str) {
        (self.as_secs_f64(), "seconds")
    }
}
impl Measured for bool {
    fn measured(self) -> (f64, &'static str) {
        (f64::from(u8::from(self)), "")
    }
}

macro_rules! counts {
    ($($number:ident)*) => {$(
        impl Measured for $number {
            fn measured(self) -> (f64, &'static str) {
                (self as f64, "")
            }
        }
    )*};
}
counts!(u8 u16 u32 u64 i32 i64 usize f64);
