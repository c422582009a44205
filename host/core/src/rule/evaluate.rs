//! Turns samples into the outcome of a rule, which is judged like any other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::ids::FindingKey;
use crate::labels::Labels;
use crate::outcome::{Failure, FailureReason, Outcome, Stage};
use crate::report::{Bounds, Finding, Metric, Range, Report, Severity, State};
use crate::rule::value::{Samples, value};
use crate::rule::{Aggregate, Bound, RuleSpec};
use crate::time::Wall;

/// What one check reported for the metric under one set of labels, oldest first.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// The check's labels, overridden by the metric's own.
    pub labels: Labels,
    pub samples: Vec<(Wall, f64)>,
}

/// Evaluates a rule. Without a number, the rule judges nothing and is `inconclusive`.
pub fn evaluate(rule: &RuleSpec, series: &[Series], now: Wall) -> Outcome {
    let mut groups: BTreeMap<String, (Labels, Vec<Samples<'_>>)> = BTreeMap::new();
    for one in series {
        let labels: Labels =
            rule.by.iter().map(|name| (name.clone(), one.labels.get(name).to_owned())).collect();
        // A comma within a value must differ from one between two values.
        let key: Vec<String> = rule
            .by
            .iter()
            .map(|name| one.labels.get(name).replace('\\', "\\\\").replace(',', "\\,"))
            .collect();
        groups.entry(key.join(",")).or_insert_with(|| (labels, Vec::new())).1.push(&one.samples);
    }
    let found: Vec<(String, Labels, f64)> = groups
        .into_iter()
        .filter_map(|(key, (labels, samples))| {
            Some((key, labels, value(rule.aggregate, rule.bound, &samples, now)?))
        })
        .collect();
    if found.is_empty() {
        return no_number(rule);
    }
    let worst = found.iter().map(|(.., value)| state(rule, *value)).max_by_key(|state| *state != State::Ok);
    let worst = worst.unwrap_or(State::Ok);
    let report = if rule.by.is_empty() {
        let (.., value) = &found[0];
        report(worst, says(rule, *value), vec![metric(rule, *value)], Vec::new())
    } else {
        let over = found.iter().filter(|(.., value)| holds(rule.bound, *value)).count();
        let summary = format!("{}: {over} of {} are {}", says_what(rule), found.len(), beyond(rule.bound));
        let findings = found.into_iter().map(|(key, labels, value)| finding(rule, &key, labels, value));
        report(worst, summary, Vec::new(), findings.collect())
    };
    Outcome::Report(Arc::new(report))
}

fn no_number(rule: &RuleSpec) -> Outcome {
    let missing = match rule.aggregate {
        Aggregate::Rate | Aggregate::Forecast(_) => "no series has two samples",
        Aggregate::Avg | Aggregate::Max | Aggregate::P50 | Aggregate::P95 | Aggregate::P99 => {
            "there is no sample"
        }
    };
    Outcome::Failed(Arc::new(Failure {
        reason: FailureReason::Inconclusive,
        stage: Stage::Report,
        message: format!("{missing} of `{}` in the last {}", rule.metric, span(rule.over)),
        hint: Some("see that a check that `match` names reports this metric".to_owned()),
        backtrace: None,
    }))
}

fn holds(bound: Bound, value: f64) -> bool {
    match bound {
        Bound::Above(limit) => value > limit,
        Bound::Below(limit) => value < limit,
    }
}

/// The state of a rule that holds. A state is never info; only notifications are.
fn bad(rule: &RuleSpec) -> State {
    match rule.severity {
        Severity::Error => State::Critical,
        Severity::Warning | Severity::Info => State::Warning,
    }
}

fn state(rule: &RuleSpec, value: f64) -> State {
    if holds(rule.bound, value) { bad(rule) } else { State::Ok }
}

/// A sentence such as `p95 of probe_duration_seconds over 5m is 1.3, above 1`.
fn says(rule: &RuleSpec, value: f64) -> String {
    let verdict = if holds(rule.bound, value) { beyond(rule.bound) } else { within(rule.bound) };
    format!("{} is {}, {verdict}", says_what(rule), number(value))
}

fn says_what(rule: &RuleSpec) -> String {
    match rule.aggregate {
        Aggregate::Forecast(horizon) => {
            format!("{} in {} by its course over {}", rule.metric, span(horizon), span(rule.over))
        }
        aggregate => format!("{} of {} over {}", aggregate.as_str(), rule.metric, span(rule.over)),
    }
}

fn beyond(bound: Bound) -> String {
    match bound {
        Bound::Above(limit) => format!("above {}", number(limit)),
        Bound::Below(limit) => format!("below {}", number(limit)),
    }
}

fn within(bound: Bound) -> String {
    match bound {
        Bound::Above(limit) => format!("not above {}", number(limit)),
        Bound::Below(limit) => format!("not below {}", number(limit)),
    }
}

/// A number with four significant digits, without an exponent.
fn number(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = (3 - digits).clamp(0, 9) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{}ms", span.as_millis()),
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

fn metric(rule: &RuleSpec, value: f64) -> Metric {
    let range = match rule.bound {
        Bound::Above(limit) => Range { low: None, high: Some(limit), inside: false },
        Bound::Below(limit) => Range { low: Some(limit), high: None, inside: false },
    };
    let (warning, critical) = match bad(rule) {
        State::Critical => (None, Some(range)),
        State::Ok | State::Warning | State::Unknown => (Some(range), None),
    };
    Metric {
        name: rule.metric.clone(),
        value,
        unit: String::new(),
        bounds: Bounds { warning, critical, ..Bounds::default() }.boxed(),
        labels: [("aggregate", rule.aggregate.as_str())].into_iter().collect(),
    }
}

fn finding(rule: &RuleSpec, key: &str, labels: Labels, value: f64) -> Finding {
    Finding {
        key: FindingKey::from(if key.is_empty() { "none" } else { key }),
        state: state(rule, value),
        summary: says(rule, value),
        labels,
        metrics: vec![metric(rule, value)],
        link: None,
    }
}

fn report(state: State, summary: String, metrics: Vec<Metric>, findings: Vec<Finding>) -> Report {
    Report {
        state,
        summary,
        details: None,
        metrics,
        findings,
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(aggregate: Aggregate, bound: Bound, severity: Severity, by: &[&str]) -> RuleSpec {
        RuleSpec {
            matchers: Vec::new(),
            metric: "probe_duration_seconds".into(),
            aggregate,
            over: Duration::from_secs(300),
            bound,
            by: by.iter().map(|name| (*name).to_owned()).collect(),
            severity,
        }
    }
    fn series(check: &str, values: &[f64]) -> Series {
        let samples =
            values.iter().enumerate().map(|(at, value)| (Wall::from_millis(at as i64 * 1_000), *value));
        Series { labels: [("check", check)].into_iter().collect(), samples: samples.collect() }
    }
    fn says(rule: &RuleSpec, series: &[Series]) -> String {
        match evaluate(rule, series, Wall::from_millis(10_000)) {
            Outcome::Report(report) => {
                let findings: String = report
                    .findings
                    .iter()
                    .map(|finding| {
                        format!("\n{} {}: {}", finding.key, finding.state.as_str(), finding.summary)
                    })
                    .collect();
                format!("{}: {}{findings}", report.state.as_str(), report.summary)
            }
            Outcome::Failed(failure) => format!("{}: {}", failure.reason.as_str(), failure.message),
        }
    }

    #[test]
    fn a_number_beyond_its_bound_is_what_the_severity_says() {
        let slow = [series("shop", &[0.5, 1.5]), series("blog", &[2.0])];
        let of = |severity| rule(Aggregate::Max, Bound::Above(1.0), severity, &[]);
        let beyond = "max of probe_duration_seconds over 5m is 2, above 1";
        assert_eq!(says(&of(Severity::Error), &slow), format!("critical: {beyond}"));
        assert_eq!(says(&of(Severity::Warning), &slow), format!("warning: {beyond}"));
        assert_eq!(says(&of(Severity::Info), &slow), format!("warning: {beyond}"));
        let fast = [series("shop", &[0.5])];
        let within = "ok: max of probe_duration_seconds over 5m is 0.5, not above 1";
        assert_eq!(says(&of(Severity::Error), &fast), within);
    }

    #[test]
    fn a_disk_that_will_be_full_is_told_before_it_is() {
        let rule =
            rule(Aggregate::Forecast(Duration::from_secs(86_400)), Bound::Below(0.0), Severity::Warning, &[]);
        let filling = [series("disk", &[1_000.0, 990.0, 980.0])];
        assert_eq!(
            says(&rule, &filling),
            "warning: probe_duration_seconds in 1d by its course over 5m is -863100, below 0"
        );
    }

    #[test]
    fn labels_make_findings_of_their_own() {
        let rule = rule(Aggregate::Avg, Bound::Above(1.0), Severity::Error, &["check"]);
        assert_eq!(
            says(&rule, &[series("shop", &[2.0]), series("blog", &[0.5])]),
            "critical: avg of probe_duration_seconds over 5m: 1 of 2 are above 1\n\
             blog ok: avg of probe_duration_seconds over 5m is 0.5, not above 1\n\
             shop critical: avg of probe_duration_seconds over 5m is 2, above 1"
        );
    }

    #[test]
    fn no_sample_judges_nothing() {
        let rate = rule(Aggregate::Rate, Bound::Above(1.0), Severity::Error, &[]);
        assert_eq!(
            says(&rate, &[series("shop", &[2.0])]),
            "inconclusive: no series has two samples of `probe_duration_seconds` in the last 5m"
        );
    }
}
