//! The JSON types. They are this crate's own, so that core can change without the API changing.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::SecondsFormat;
use serde::Serialize;
use watchkeep_core::alert::{AlertKey, AlertRecord, Phase};
use watchkeep_core::commit::{Decision, ResultRow, Transition, TransitionKind};
use watchkeep_core::delivery::{DeliveryStatus, Ended};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Finding, Metric};
use watchkeep_core::setup::{CheckSpec, Schedule};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView};

use crate::host::{DeliveryItem, Page};
use crate::plugin::{GenerationView, PluginView};

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn time(at: Wall) -> String {
    // Only a broken clock leaves the years that chrono knows; the number is then the most honest text.
    at.utc().map_or_else(|| at.millis().to_string(), |at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

fn labels(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[derive(Serialize)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

impl<T> List<T> {
    pub(crate) fn of<S>(page: Page<S>, item: impl FnMut(S) -> T) -> Self {
        Self { items: page.items.into_iter().map(item).collect(), next: page.next.map(|cursor| cursor.0) }
    }
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

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
    schedule: ScheduleItem,
    timeout_seconds: f64,
    retry_interval_seconds: Option<f64>,
    failure_threshold: Thresholds,
    success_threshold: u32,
    run_hours: Option<String>,
    notify_hours: Option<String>,
    depends_on: Vec<String>,
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
            depends_on: spec.depends_on.iter().map(ToString::to_string).collect(),
            runbook: spec.runbook.clone(),
            location: spec.location.clone(),
            config: config(spec),
            last_result: view.last.as_deref().map(ResultItem::of),
            alerts,
        }
    }
}

/// Secrets stand in it by name; a password that someone wrote into a URL is masked.
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

#[derive(Serialize)]
pub(crate) struct ResultItem {
    run: String,
    sequence: u64,
    scheduled_at: String,
    finished_at: String,
    took_seconds: f64,
    late_seconds: f64,
    location: String,
    generation: Option<String>,
    state: &'static str,
    outcome: &'static str,
    summary: String,
    details: Option<String>,
    metrics: Vec<MetricItem>,
    findings: Vec<FindingItem>,
    failure: Option<FailureItem>,
}

#[derive(Serialize)]
struct MetricItem {
    name: String,
    value: f64,
    unit: String,
    labels: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct FindingItem {
    key: String,
    state: &'static str,
    summary: String,
    link: Option<String>,
    labels: BTreeMap<String, String>,
    metrics: Vec<MetricItem>,
}

#[derive(Serialize)]
struct FailureItem {
    reason: &'static str,
    stage: &'static str,
    message: String,
    hint: Option<String>,
    backtrace: Option<String>,
}

impl MetricItem {
    fn of(metric: &Metric) -> Self {
        Self {
            name: metric.name.clone(),
            value: metric.value,
            unit: metric.unit.clone(),
            labels: labels(&metric.labels),
        }
    }
}

impl FindingItem {
    fn of(finding: &Finding) -> Self {
        Self {
            key: finding.key.to_string(),
            state: finding.state.as_str(),
            summary: finding.summary.clone(),
            link: finding.link.clone(),
            labels: labels(&finding.labels),
            metrics: finding.metrics.iter().map(MetricItem::of).collect(),
        }
    }
}

impl ResultItem {
    pub(crate) fn of(row: &ResultRow) -> Self {
        let (report, failure) = match &row.outcome {
            Outcome::Report(report) => (Some(report), None),
            Outcome::Failed(failure) => (None, Some(failure)),
        };
        Self {
            run: row.run.to_string(),
            sequence: row.sequence,
            scheduled_at: time(row.run.scheduled_at),
            finished_at: time(row.finished_at),
            took_seconds: seconds(row.took),
            late_seconds: seconds(row.late),
            location: row.location.to_string(),
            generation: row.generation.map(|digest| digest.to_string()),
            state: row.outcome.state().as_str(),
            outcome: row.outcome.kind(),
            summary: row.outcome.summary().to_owned(),
            details: report.and_then(|report| report.details.clone()),
            metrics: report.map_or_else(Vec::new, |r| r.metrics.iter().map(MetricItem::of).collect()),
            findings: report.map_or_else(Vec::new, |r| r.findings.iter().map(FindingItem::of).collect()),
            failure: failure.map(|failure| FailureItem {
                reason: failure.reason.as_str(),
                stage: failure.stage.as_str(),
                message: failure.message.clone(),
                hint: failure.hint.clone(),
                backtrace: failure.backtrace.clone(),
            }),
        }
    }
}

/// What an alert, a transition or a decision is about.
#[derive(Serialize)]
pub(crate) struct Subject {
    key: String,
    kind: &'static str,
    check: Option<String>,
    finding: Option<String>,
    plugin: Option<String>,
}

impl Subject {
    pub(crate) fn of(key: &AlertKey) -> Self {
        let (finding, plugin) = match key {
            AlertKey::Check(_) | AlertKey::NotJudged(_) => (None, None),
            AlertKey::Finding(_, finding) => (Some(finding.to_string()), None),
            AlertKey::Plugin(plugin) => (None, Some(plugin.to_string())),
        };
        Self {
            key: key.to_string(),
            kind: key.kind(),
            check: key.check().map(ToString::to_string),
            finding,
            plugin,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct AlertItem {
    id: String,
    #[serde(flatten)]
    subject: Subject,
    phase: &'static str,
    state: &'static str,
    severity: &'static str,
    since: String,
    firing_since: Option<String>,
    summary: String,
    labels: BTreeMap<String, String>,
    told: Vec<ToldItem>,
    held_back_by: Vec<&'static str>,
}

#[derive(Serialize)]
struct ToldItem {
    receiver: String,
    route: String,
    state: &'static str,
    at: String,
}

pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "pending",
        Phase::Firing { .. } => "firing",
        Phase::Recovering { .. } => "recovering",
    }
}

impl AlertItem {
    pub(crate) fn of(alert: &AlertRecord) -> Self {
        Self {
            id: alert.id.to_string(),
            subject: Subject::of(&alert.key),
            phase: phase(alert.phase),
            state: alert.level.state().as_str(),
            severity: alert.level.state().severity().as_str(),
            since: time(alert.since),
            firing_since: match alert.phase {
                Phase::Pending => None,
                Phase::Firing { since } => Some(time(since)),
                Phase::Recovering { fired, .. } => Some(time(fired)),
            },
            summary: alert.summary.clone(),
            labels: labels(&alert.labels),
            told: alert
                .told
                .iter()
                .map(|told| ToldItem {
                    receiver: told.receiver.to_string(),
                    route: told.route.to_string(),
                    state: told.level.state().as_str(),
                    at: time(told.at),
                })
                .collect(),
            held_back_by: alert.holds.iter().map(|hold| hold.as_str()).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct TransitionItem {
    at: String,
    #[serde(flatten)]
    subject: Subject,
    alert: String,
    transition: &'static str,
    state: &'static str,
    summary: String,
}

pub(crate) const fn transition(kind: TransitionKind) -> &'static str {
    match kind {
        TransitionKind::Pending => "pending",
        TransitionKind::Firing => "firing",
        TransitionKind::LevelChanged => "level-changed",
        TransitionKind::Recovering => "recovering",
        TransitionKind::Resolved => "resolved",
        TransitionKind::Calmed => "calmed",
        TransitionKind::Removed => "removed",
    }
}

impl TransitionItem {
    pub(crate) fn of(row: &Transition) -> Self {
        Self {
            at: time(row.at),
            subject: Subject::of(&row.key),
            alert: row.alert.to_string(),
            transition: transition(row.kind),
            state: row.state.as_str(),
            summary: row.summary.clone(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct DecisionItem {
    at: String,
    alert: Option<String>,
    reason: String,
}

impl DecisionItem {
    pub(crate) fn of(decision: &Decision) -> Self {
        Self {
            at: time(decision.at),
            alert: decision.alert.as_ref().map(ToString::to_string),
            reason: decision.reason.to_string(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct DeliveryJson {
    id: String,
    receiver: String,
    plugin: String,
    kind: &'static str,
    route: Option<String>,
    reason: String,
    status: &'static str,
    attempts: u32,
    created_at: String,
    next_attempt_at: Option<String>,
    ended_at: Option<String>,
    error: Option<String>,
    service_id: Option<String>,
    notification: String,
    dedup_key: String,
    alerts: Vec<NoticeItem>,
    omitted_alerts: u32,
}

#[derive(Serialize)]
struct NoticeItem {
    id: String,
    key: String,
    state: &'static str,
    summary: String,
}

pub(crate) const fn delivery_status(status: &DeliveryStatus, ended: Option<&Ended>) -> &'static str {
    match (ended, status) {
        (Some(Ended::Delivered { .. }), _) => "delivered",
        (Some(Ended::Dead { .. }), _) => "dead",
        (Some(Ended::Superseded { .. }), _) => "superseded",
        (None, DeliveryStatus::Waiting { .. }) => "waiting",
        (None, DeliveryStatus::Attempting { .. }) => "attempting",
    }
}

impl DeliveryJson {
    pub(crate) fn of(item: &DeliveryItem) -> Self {
        let delivery = &item.delivery;
        let notification = &delivery.notification;
        let (ended_at, error, service_id) = match &item.ended {
            None => (None, delivery.last_error.clone(), None),
            Some(Ended::Delivered { at, service_id }) => (Some(*at), None, service_id.clone()),
            Some(Ended::Dead { at, error }) => (Some(*at), Some(error.clone()), None),
            Some(Ended::Superseded { at }) => (Some(*at), None, None),
        };
        Self {
            id: delivery.id.to_string(),
            receiver: notification.receiver.to_string(),
            plugin: delivery.receiver.plugin.to_string(),
            kind: notification.kind.as_str(),
            route: notification.route.as_ref().map(ToString::to_string),
            reason: notification.reason.clone(),
            status: delivery_status(&delivery.status, item.ended.as_ref()),
            attempts: delivery.attempts,
            created_at: time(delivery.created_at),
            next_attempt_at: match (&item.ended, &delivery.status) {
                (None, DeliveryStatus::Waiting { not_before }) => Some(time(*not_before)),
                (None, DeliveryStatus::Attempting { .. }) | (Some(_), _) => None,
            },
            ended_at: ended_at.map(time),
            error,
            service_id,
            notification: notification.id.clone(),
            dedup_key: notification.dedup_key.clone(),
            alerts: notification
                .alerts
                .iter()
                .map(|notice| NoticeItem {
                    id: notice.id.to_string(),
                    key: notice.key.to_string(),
                    state: notice.state.as_str(),
                    summary: notice.summary.clone(),
                })
                .collect(),
            omitted_alerts: notification.omitted,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct PluginItem {
    name: String,
    status: &'static str,
    problem: Option<String>,
    generation: Option<GenerationItem>,
    checks: usize,
    receivers: usize,
}

#[derive(Serialize)]
struct GenerationItem {
    digest: String,
    kind: &'static str,
    version: String,
    summary: String,
    source: String,
    size_bytes: u64,
    since: String,
    requests: Vec<String>,
    grants: Vec<String>,
}

impl PluginItem {
    pub(crate) fn of(plugin: &PluginView, checks: usize, receivers: usize) -> Self {
        let generation = |live: &GenerationView| GenerationItem {
            digest: live.digest.to_string(),
            kind: live.kind.as_str(),
            version: live.version.clone(),
            summary: live.summary.clone(),
            source: live.source.clone(),
            size_bytes: live.size_bytes,
            since: time(live.since),
            requests: live.requests.clone(),
            grants: live.grants.clone(),
        };
        Self {
            name: plugin.name.to_string(),
            status: plugin.life.as_str(),
            problem: plugin.life.problem().map(str::to_owned),
            generation: plugin.life.live().map(generation),
            checks,
            receivers,
        }
    }
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

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(time(Wall::from_millis(1_700_000_000_123)), "2023-11-14T22:13:20.123Z");
    }
}
