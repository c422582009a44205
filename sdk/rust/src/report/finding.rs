//! Things inside the target that have a state of their own, and what they amount to together.

use std::collections::BTreeMap;

use super::{Finding, Label, Measured, Metric, Range, Report, State};

/// The most metrics of a report, those of findings included.
const METRICS_MAX: usize = 1_000;
/// The states from bad to good.
const WORST_FIRST: [State; 4] = [State::Critical, State::Warning, State::Unknown, State::Ok];

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

impl Finding {
    /// Gives each a key of its own, as a report must have: two rules may be about the same thing, and names from outside
    /// may be the same, or differ by control characters alone.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let mut findings = ["a", "b", "a", "a (2)", "a\n"].map(|key| Finding::ok(key, "fine"));
    /// Finding::tell_apart(&mut findings);
    /// assert_eq!(findings.map(|finding| finding.key), ["a", "b", "a (2)", "a (2) (2)", "a "]);
    /// ```
    pub fn tell_apart(findings: &mut [Finding]) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for finding in findings {
            let key = finding.key.replace(char::is_control, " ");
            let before = seen.get(&key).copied().unwrap_or(0);
            seen.insert(key.clone(), before + 1);
            finding.key = key;
            if before > 0 {
                let mut number = before + 1;
                // One may be named so.
                while seen.contains_key(&format!("{} ({number})", finding.key)) {
                    number += 1;
                }
                finding.key.push_str(&format!(" ({number})"));
                seen.insert(finding.key.clone(), 1);
            }
        }
    }
}

impl Report {
    /// Puts the worst findings first and keeps at most `findings_max` of them, with as many of their metrics as a report
    /// may have. What is left out is counted in the summary and the details; the state stays as it is, because it comes
    /// from all of them. `what` is their name, such as `containers`. To be called last.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let queues = (0..5).map(|at| Finding::new(format!("q{at}"), if at == 3 { State::Warning } else { State::Ok }, "waits"));
    /// let report = Report::worst_of(queues).worst_first(2, "queues");
    /// let keys: Vec<_> = report.findings.iter().map(|finding| &*finding.key).collect();
    /// assert_eq!(keys, ["q3", "q0"]);
    /// assert_eq!(report.summary, "1 of 5 warning: waits; 3 of 5 queues are not shown");
    /// assert_eq!(report.details.as_deref(), Some("not shown, as the least bad of 5 queues: 3 ok"));
    /// ```
    #[must_use]
    pub fn worst_first(mut self, findings_max: usize, what: &str) -> Self {
        let mut rest = std::mem::take(&mut self.findings);
        let count = rest.len();
        for state in WORST_FIRST {
            let (of, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|finding| finding.state == state);
            self.findings.extend(of);
            rest = others;
        }
        let left_out = self.findings.split_off(findings_max.min(count));
        if !left_out.is_empty() {
            self.summary = format!("{}; {} of {count} {what} are not shown", self.summary, left_out.len());
            let of = |state: State| left_out.iter().filter(|finding| finding.state == state).count();
            let counts = WORST_FIRST.map(|state| (of(state), word(state))).into_iter();
            let counts =
                counts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
            let counts = counts.collect::<Vec<_>>().join(", ");
            self = self.more_details(format!("not shown, as the least bad of {count} {what}: {counts}"));
        }
        let mut room = METRICS_MAX.saturating_sub(self.metrics.len());
        let mut bare = 0;
        for finding in &mut self.findings {
            if finding.metrics.len() > room {
                finding.metrics.clear();
                bare += 1;
            }
            room -= finding.metrics.len();
        }
        match bare {
            0 => self,
            bare => self.more_details(format!(
                "{bare} {what} are without metrics, of which a report has at most {METRICS_MAX}"
            )),
        }
    }
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
