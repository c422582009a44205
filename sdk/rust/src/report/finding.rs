//! Things inside the target that have a state of their own, and what they amount to together.

use super::{Finding, Label, Measured, Metric, Range, State};

/// The order of states from good to bad.
pub(super) const fn badness(state: State) -> u8 {
    match state {
        State::Ok => 0,
        State::Unknown => 1,
        State::Warning => 2,
        State::Critical => 3,
    }
}

const fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Unknown => "unknown",
        State::Warning => "warning",
        State::Critical => "critical",
    }
}

/// How many findings there are of each state, and what the first of the worst says.
pub(super) fn counted(findings: &[Finding], worst: State) -> String {
    let of = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let first = findings.iter().find(|finding| finding.state == worst);
    let Some(first) = first else { return "no findings".to_owned() };
    if worst == State::Ok {
        return format!("all {} ok", findings.len());
    }
    let lesser = [State::Warning, State::Unknown].map(|state| match of(state) {
        count if count > 0 && state != worst => format!(", {count} {}", word(state)),
        _ => String::new(),
    });
    format!("{} of {} {}{}: {}", of(worst), findings.len(), word(worst), lesser.concat(), first.summary)
}

impl State {
    /// A finding judged by thresholds: critical if the value is outside `critical`, else warning if it is outside
    /// `warning`. A value that is not a number is unknown.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let (warning, critical) = (Range::at_most(80.0), Range::at_most(95.0));
    /// assert_eq!(State::by(42.0, warning, critical), State::Ok);
    /// assert_eq!(State::by(85.0, warning, critical), State::Warning);
    /// assert_eq!(State::by(97.0, warning, critical), State::Critical);
    /// ```
    pub fn by(value: f64, warning: Range, critical: Range) -> Self {
        if value.is_nan() {
            State::Unknown
        } else if critical.alerts(value) {
            State::Critical
        } else if warning.alerts(value) {
            State::Warning
        } else {
            State::Ok
        }
    }
}

impl Finding {
    /// One thing inside the target that has a state, and alerts, of its own. `key` names it, is the same in every run,
    /// and occurs once in a report.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let finding = Finding::critical("queue-mail", "412 mails wait")
    ///     .metric("mails_waiting", 412)
    ///     .label("queue", "mail")
    ///     .link("https://mail.example.com/queue");
    /// assert_eq!((finding.key.as_str(), finding.metrics.len()), ("queue-mail", 1));
    /// ```
    pub fn new(key: impl Into<String>, state: State, summary: impl Into<String>) -> Self {
        Finding {
            key: key.into(),
            state,
            summary: summary.into(),
            labels: Vec::new(),
            metrics: Vec::new(),
            link: None,
        }
    }
    pub fn ok(key: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new(key, State::Ok, summary)
    }
    pub fn warning(key: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new(key, State::Warning, summary)
    }
    pub fn critical(key: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new(key, State::Critical, summary)
    }
    /// A finding that could not be judged.
    pub fn unknown(key: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new(key, State::Unknown, summary)
    }
    /// Adds one number, as [`Report::metric`] does.
    #[must_use]
    pub fn metric(self, name: &str, value: impl Measured) -> Self {
        let (value, unit) = value.measured();
        self.with(Metric::new(name, value, unit))
    }
    #[must_use]
    pub fn with(mut self, metric: Metric) -> Self {
        self.metrics.push(metric);
        self
    }
    #[must_use]
    pub fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.push(Label::new(name, value));
        self
    }
    /// Sets a link to more about it: `https://...` or `http://...`.
    #[must_use]
    pub fn link(mut self, link: impl Into<String>) -> Self {
        self.link = Some(link.into());
        self
    }
}
