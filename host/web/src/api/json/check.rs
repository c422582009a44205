//! A check as it is now, with its whole configuration.

use std::collections::BTreeMap;

use serde::Serialize;
use watchkeep_core::setup::{CheckSpec, Schedule, Work};
use watchkeep_core::view::{CheckStatus, CheckView};

use super::{AlertItem, ResultItem, labels, seconds, time};
use crate::explain::parent_text;

#[derive(Serialize)]
pub(crate) struct CheckItem {
    name: String,
    plugin: String,
    state: &'static str,
    status: &'static str,
    since: Option<String>,
    last_run: Option<String>,
    next_run: Option<String>,
    latency_seconds: Option<f64>,
    outcome: Option<&'static str>,
    summary: String,
    skipped: u64,
    flapping: bool,
    /// The weight of the changes among its last 20 judgements: above 30, flapping begins; below 25, it ends.
    flapping_percent: u32,
    labels: BTreeMap<String, String>,
}

impl CheckItem {
    pub(crate) fn of(view: &CheckView) -> Self {
        Self {
            name: view.spec.name.to_string(),
            plugin: view.spec.plugin.to_string(),
            state: view.state.as_str(),
            status: status(view.status),
            since: view.since.map(time),
            last_run: view.last.as_ref().map(|row| time(row.finished_at)),
            next_run: view.next_run.map(time),
            latency_seconds: view.latency().map(seconds),
            outcome: view.last.as_ref().map(|row| row.outcome.kind()),
            summary: view.last.as_ref().map_or(String::new(), |row| row.outcome.summary().to_owned()),
            skipped: view.skipped,
            flapping: view.last.as_ref().is_some_and(|row| row.flaps.is_flapping()),
            flapping_percent: view.last.as_ref().map_or(0, |row| row.flaps.percent()),
            labels: labels(&view.spec.labels),
        }
    }
}

pub(crate) const fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Active => "active",
        CheckStatus::Running { .. } => "running",
        CheckStatus::Paused => "paused",
        CheckStatus::Closed => "closed",
        CheckStatus::NoPlugin => "no-plugin",
    }
}

#[derive(Serialize)]
pub(crate) struct CheckDetail {
    #[serde(flatten)]
    item: CheckItem,
    work: &'static str,
    schedule: ScheduleItem,
    timeout_seconds: f64,
    retry_interval_seconds: Option<f64>,
    failure_threshold: Thresholds,
    success_threshold: u32,
    run_hours: Option<String>,
    notify_hours: Option<String>,
    /// The redundancy groups: each holds the check back only when all its members are down.
    depends_on: Vec<Vec<String>>,
    runbook: Option<String>,
    location: String,
    config: serde_json::Value,
    last_result: Option<ResultItem>,
    alerts: Vec<AlertItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ScheduleItem {
    IntervalSeconds(f64),
    Cron { expression: String, time_zone: &'static str },
}

#[derive(Serialize)]
struct Thresholds {
    needed: usize,
    of: usize,
}

impl CheckDetail {
    pub(crate) fn of(view: &CheckView, alerts: Vec<AlertItem>) -> Self {
        let spec = &view.spec;
        Self {
            item: CheckItem::of(view),
            work: match &spec.work {
                Work::Plugin => "plugin",
                Work::Rule(_) => "rule",
                Work::Heartbeat(_) => "heartbeat",
            },
            schedule: match &spec.schedule {
                Schedule::Interval(every) => ScheduleItem::IntervalSeconds(seconds(*every)),
                Schedule::Cron(cron) => {
                    ScheduleItem::Cron { expression: cron.as_str().to_owned(), time_zone: cron.zone().name() }
                }
            },
            timeout_seconds: seconds(spec.timeout),
            retry_interval_seconds: spec.retry_interval.map(seconds),
            failure_threshold: Thresholds { needed: spec.firing.needed(), of: spec.firing.of() },
            success_threshold: spec.success_threshold.get(),
            run_hours: spec.run_hours.as_ref().map(|calendar| calendar.name().to_string()),
            notify_hours: spec.notify_hours.as_ref().map(|calendar| calendar.name().to_string()),
            depends_on: spec.depends_on.iter().map(|group| group.iter().map(parent_text).collect()).collect(),
            runbook: spec.runbook.clone(),
            location: spec.location.to_string(),
            config: config(spec),
            last_result: view.last.as_deref().map(ResultItem::of),
            alerts,
        }
    }
}

/// The config of a check. Secrets are in it by name; a password that someone wrote into a URL is masked.
pub(crate) fn config(spec: &CheckSpec) -> serde_json::Value {
    let mut value = serde_json::from_str(&spec.config).unwrap_or(serde_json::Value::Null);
    mask(&mut value);
    value
}

fn mask(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if let Some(masked) = without_userinfo(text) {
                *text = masked;
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(mask),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(mask),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

fn without_userinfo(url: &str) -> Option<String> {
    let start = url.find("://")? + 3;
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |end| start + end);
    let at = start + url[start..end].rfind('@')?;
    Some(format!("{}***{}", &url[..start], &url[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_masked() {
        let masked = |url: &str| without_userinfo(url);
        assert_eq!(masked("https://u:p@x.example/a@b").as_deref(), Some("https://***@x.example/a@b"));
        assert_eq!(masked("https://x.example/a@b"), None);
        assert_eq!(masked("mail me@x.example"), None);
    }
}
