//! What to say about one alert.

use std::time::Duration;

use super::{date_and_time, span, value};
use crate::notification::Alert;
use crate::report::{Label, Metric, Range, State};

/// The state of an alert, as a colour shows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mood {
    Resolved,
    /// Over without having recovered: its check was removed, disabled or paused. The summary says which.
    Ended,
    Unknown,
    Warning,
    Critical,
}

impl Mood {
    /// The mood in capitals, as the first word of a message.
    pub const fn word(self) -> &'static str {
        match self {
            Mood::Resolved => "RESOLVED",
            Mood::Ended => "ENDED",
            Mood::Unknown => "UNKNOWN",
            Mood::Warning => "WARNING",
            Mood::Critical => "CRITICAL",
        }
    }
}

/// The mood of an alert. One that ended as unknown is no longer checked by anything. One about a check that is not
/// judged ends when the check is judged again, and then has that judgement's mood. Every other alert that ended has
/// recovered.
pub fn mood(alert: &Alert) -> Mood {
    let judged_again = || alert.label("kind") == Some("not-judged");
    match (alert.until, alert.state) {
        (_, State::Ok) => Mood::Resolved,
        (Some(_), State::Unknown) => Mood::Ended,
        (Some(_), State::Warning | State::Critical) if !judged_again() => Mood::Resolved,
        (None, State::Unknown) => Mood::Unknown,
        (_, State::Warning) => Mood::Warning,
        (_, State::Critical) => Mood::Critical,
    }
}

/// The check, and the thing inside it: `disks / sda1`.
pub fn location(alert: &Alert) -> String {
    match &alert.finding {
        None => alert.check.clone(),
        Some(finding) => format!("{} / {finding}", alert.check),
    }
}

/// The time of the alert, as in `since 05:01 UTC (5 min)` or `from 05:01 UTC to 05:13 UTC (12 min)`.
pub fn since(alert: &Alert, now: u64) -> String {
    let began = date_and_time(alert.since, now);
    let ended = alert.until.unwrap_or(now);
    let lasted = span(Duration::from_millis(ended.saturating_sub(alert.since)));
    match alert.until {
        None => format!("since {began} ({lasted})"),
        Some(until) => format!("from {began} to {} ({lasted})", date_and_time(until, now)),
    }
}

/// When it was last ok, as in `last ok at 05:00 UTC`; `None` if the host never saw it ok, or if it is ok again.
pub fn last_good(alert: &Alert, now: u64) -> Option<String> {
    let at = alert.last_good.filter(|_| mood(alert) != Mood::Resolved)?;
    Some(format!("last ok at {}", date_and_time(at, now)))
}

/// The state now that the alert is over, as in `now: status 200`.
pub fn now_is(alert: &Alert) -> Option<String> {
    alert.until.map(|_| format!("now: {}", alert.summary))
}

/// Who has the alert: `taken by kari`, `handed to web`.
pub fn whose(alert: &Alert) -> impl Iterator<Item = String> {
    let taken = alert.acknowledged_by.iter().map(|person| format!("taken by {person}"));
    taken.chain(alert.assigned_to.iter().map(|who| format!("handed to {who}")))
}

/// Everything to know about one alert, a line each: since when, when it was last ok, how it is now if it is over, the
/// numbers, what was tried, who has it. There are at most `most` numbers and `most` actions.
pub fn facts(alert: &Alert, now: u64, most: usize) -> Vec<String> {
    let mut facts = vec![since(alert, now)];
    facts.extend(last_good(alert, now));
    facts.extend(now_is(alert));
    facts.extend(measured(alert).into_iter().take(most));
    facts.extend(alert.actions.iter().take(most).map(|action| format!("recovery: {action}")));
    facts.extend(whose(alert));
    facts
}

/// The numbers that are beyond their thresholds, as in `probe_duration_seconds is 2.5 s, critical above 2 s`.
pub fn measured(alert: &Alert) -> Vec<String> {
    alert.metrics.iter().filter_map(beyond).collect()
}

fn beyond(metric: &Metric) -> Option<String> {
    let critical =
        metric.critical.as_ref().filter(|range| range.alerts(metric.value)).map(|range| ("critical", range));
    let warning =
        metric.warning.as_ref().filter(|range| range.alerts(metric.value)).map(|range| ("warning", range));
    let (word, range) = critical.or(warning)?;
    let labels: Vec<_> =
        metric.labels.iter().map(|label| format!("{}={}", label.name, label.value)).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let is = value(metric.value, &metric.unit);
    Some(format!("{}{labels} is {is}, {word} {}", metric.name, bound(range, metric)))
}

fn bound(range: &Range, metric: &Metric) -> String {
    let text = |bound: f64| value(bound, &metric.unit);
    match (range.inside, range.low, range.high) {
        (false, Some(low), _) if metric.value < low => format!("below {}", text(low)),
        (false, _, Some(high)) => format!("above {}", text(high)),
        (true, Some(low), Some(high)) => format!("between {} and {}", text(low), text(high)),
        (true, Some(low), None) => format!("from {}", text(low)),
        (true, None, Some(high)) => format!("up to {}", text(high)),
        (false, Some(low), None) => format!("below {}", text(low)),
        (_, None, None) => "at any value".to_owned(),
    }
}

/// The labels that are not shown elsewhere in the message: `team=web priority=high`.
pub fn tags(labels: &[Label]) -> String {
    const SAID: &[&str] = &["check", "finding", "state", "severity", "kind", "plugin"];
    let said = |label: &&Label| !SAID.contains(&label.name.as_str());
    labels
        .iter()
        .filter(said)
        .map(|label| format!("{}={}", label.name, label.value))
        .collect::<Vec<_>>()
        .join(" ")
}
