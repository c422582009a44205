//! Parts of a made-up host.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::alert::{AlertKey, AlertRecord, Answer, Phase, Told, Took};
use watchkeep_core::commit::{Decision, ResultRow, Transition, TransitionKind};
use watchkeep_core::delivery::{
    DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, Fallback, Notification, NotificationKind,
};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::ids::{
    ActionName, AlertId, DeliveryId, Digest, OccasionId, PluginName, ReceiverName, RouteName, RunId,
};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::reason::Reason;
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus, Helped, Mode, Origin};
use watchkeep_core::report::{Finding, Judgement, Metric, Report, State};
use watchkeep_core::setup::{CheckSpec, Grouping, ReceiverSpec, Schedule, Threshold};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView};
use watchkeep_web::{DeliveryItem, GenerationView, PluginKind, PluginLife, PluginView};

use super::NOW;

/// An attempt by hand that has just ended well.
pub(crate) fn acted(action: &str, alert: &AlertRecord) -> ActionRecord {
    let action = ActionName::from(action);
    let effect = watchkeep_core::action::Effect {
        summary: "restarted it".to_owned(),
        changed: true,
        details: Some("as it was".to_owned()),
    };
    ActionRecord {
        id: OccasionId::derive(&alert.id, &action, 7),
        action,
        key: alert.key.clone(),
        alert: alert.id.clone(),
        number: 7,
        mode: Mode::Act,
        decided_at: NOW,
        since: alert.since,
        origin: Origin::Person,
        by: None,
        status: ActionStatus::Ended {
            began: NOW,
            at: NOW,
            result: ActionResult::Done(effect),
            helped: Helped::NotYetKnown,
        },
    }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| (*name, *value)).collect()
}

pub(crate) fn seconds_ago(seconds: u64) -> Wall {
    NOW - Duration::from_secs(seconds)
}

pub(crate) fn spec(name: &str, plugin: &str, config: &str, given: &[(&str, &str)]) -> CheckSpec {
    let three = NonZeroU32::new(3).unwrap();
    CheckSpec {
        config: config.into(),
        retry_interval: Some(Duration::from_secs(15)),
        firing: Threshold::new(three, three).unwrap(),
        success_threshold: NonZeroU32::new(2).unwrap(),
        labels: labels(given),
        event_memory: Duration::from_secs(86_400),
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        location: "here".into(),
        ..CheckSpec::plain(name.into(), plugin.into(), Schedule::Interval(Duration::from_secs(60)))
    }
}

pub(crate) fn report(state: State, summary: &str, metrics: Vec<Metric>) -> Outcome {
    Outcome::Report(Arc::new(Report {
        state,
        summary: summary.to_owned(),
        details: None,
        metrics,
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    }))
}

pub(crate) fn ok(summary: &str) -> Outcome {
    report(State::Ok, summary, Vec::new())
}

pub(crate) fn with_findings(
    state: State,
    summary: &str,
    findings: &[(&str, State, &str, Option<&str>)],
) -> Outcome {
    let Outcome::Report(plain) = report(state, summary, Vec::new()) else { unreachable!() };
    let mut report = (*plain).clone();
    report.findings = findings
        .iter()
        .map(|(key, state, summary, link)| Finding {
            key: (*key).into(),
            state: *state,
            summary: (*summary).to_owned(),
            labels: Labels::default(),
            metrics: Vec::new(),
            link: link.map(str::to_owned),
        })
        .collect();
    report.details = Some("line one\nline two".to_owned());
    Outcome::Report(Arc::new(report))
}

pub(crate) fn failed(reason: FailureReason, message: &str) -> Outcome {
    Outcome::Failed(Arc::new(Failure {
        reason,
        stage: Stage::Call,
        message: message.to_owned(),
        hint: Some("add `http = [\"https://api.example.com\"]` under [plugin.http.allow]".to_owned()),
        backtrace: Some("0: wasm trap: unreachable\n1: http!run".to_owned()),
    }))
}

pub(crate) fn metric(name: &str, value: f64, unit: &str, given: &[(&str, &str)]) -> Metric {
    Metric { name: name.to_owned(), value, unit: unit.to_owned(), bounds: None, labels: labels(given) }
}

pub(crate) fn result(check: &str, sequence: u64, at: Wall, took_ms: u64, outcome: Outcome) -> ResultRow {
    ResultRow {
        run: RunId { check: check.into(), scheduled_at: at - Duration::from_millis(took_ms + 2) },
        sequence,
        location: "here".into(),
        finished_at: at,
        since: at,
        took: Duration::from_millis(took_ms),
        late: Duration::from_millis(2),
        generation: Some(Digest::of(b"http")),
        outcome,
        flaps: Flaps::default(),
    }
}

/// A check that has had its state for `since` seconds, with its last run some seconds ago.
pub(crate) fn view(spec: CheckSpec, outcome: Option<(Outcome, u64)>, since: u64) -> CheckView {
    let last = outcome.map(|(outcome, took)| {
        Arc::new(result(spec.name.as_str(), 1, seconds_ago(since % 58 + 1), took, outcome))
    });
    CheckView {
        state: last.as_ref().map_or(State::Unknown, |row| row.outcome.state()),
        since: last.as_ref().map(|_| seconds_ago(since)),
        last,
        next_run: Some(NOW + Duration::from_secs(20)),
        status: CheckStatus::Active,
        skipped: 0,
        spec: Arc::new(spec),
    }
}

pub(crate) fn check(name: &str, state: State) -> CheckView {
    let outcome = report(state, &format!("{name} is {}", state.as_str()), Vec::new());
    view(
        spec(name, "http", "{\"url\":\"https://shop.example.com/\"}", &[("team", "web")]),
        Some((outcome, 120)),
        300,
    )
}

pub(crate) fn alert(key: AlertKey, phase: Phase, level: Judgement, since: u64, summary: &str) -> AlertRecord {
    AlertRecord {
        id: AlertId::derive(&key.to_string(), seconds_ago(since)),
        key,
        phase,
        level,
        previous: Some(Judgement::Ok),
        since: seconds_ago(since),
        judgements: [level].into(),
        summary: summary.to_owned(),
        report: None,
        labels: labels(&[("team", "web"), ("state", "critical")]),
        told: Vec::new(),
        answers: Vec::new(),
        holds: Vec::new(),
        closed_routes: Vec::new(),
        last_good: Some(seconds_ago(since + 15)),
        acknowledged: None,
        taken: 0,
        assigned: None,
        escalating: Vec::new(),
        flaps: Flaps::default(),
    }
}

/// Its service took a notice that it is critical.
pub(crate) fn took(receiver: &str, since: u64) -> Answer {
    let took = Took { at: seconds_ago(since), level: Judgement::Critical };
    Answer { receiver: receiver.into(), took: Some(took), gave_up: None }
}

pub(crate) fn told(receiver: &str, since: u64) -> Told {
    Told {
        receiver: receiver.into(),
        route: RouteName::from("root"),
        level: Judgement::Critical,
        flapping: false,
        at: seconds_ago(since),
        service_id: None,
        as_told: None,
    }
}

pub(crate) fn decision(key: &AlertKey, seconds: u64, reason: Reason) -> Decision {
    Decision { at: seconds_ago(seconds), sequence: 0, key: key.clone(), alert: None, reason }
}

pub(crate) fn transition(
    key: AlertKey,
    seconds: u64,
    kind: TransitionKind,
    state: State,
    summary: &str,
) -> Transition {
    Transition {
        at: seconds_ago(seconds),
        sequence: 0,
        alert: AlertId::derive(&key.to_string(), seconds_ago(seconds)),
        key,
        kind,
        state,
        summary: summary.to_owned(),
    }
}

pub(crate) fn receiver(name: &str, plugin: &str) -> Arc<ReceiverSpec> {
    Arc::new(ReceiverSpec {
        name: name.into(),
        plugin: plugin.into(),
        config: "{\"webhook_url\":{\"secret\":\"slack-webhook\"}}".into(),
        fallback: None,
        timeout: Duration::from_secs(10),
        concurrency: NonZeroU32::new(2).unwrap(),
        rate_per_minute: None,
        grouping: Grouping::PerGroup,
    })
}

pub(crate) fn delivery(
    id: u64,
    to: &str,
    kind: NotificationKind,
    about: &[&AlertRecord],
    seconds: u64,
    ended: Option<Ended>,
) -> DeliveryItem {
    let notices = about.iter().map(|alert| watchkeep_core::delivery::AlertNotice {
        id: alert.id.clone(),
        key: alert.key.clone(),
        state: alert.level.state(),
        previous: None,
        flapping: false,
        severity: alert.level.state().severity(),
        summary: alert.summary.clone(),
        details: None,
        metrics: Vec::new(),
        since: alert.since,
        until: None,
        last_good: None,
        acknowledged_by: None,
        actions: Vec::new(),
        assigned_to: None,
        runbook: None,
        link: String::new(),
        pictures: Vec::new(),
        labels: alert.labels.clone(),
    });
    DeliveryItem {
        delivery: Arc::new(DeliveryRecord {
            id: DeliveryId(id),
            notification: Arc::new(Notification {
                id: format!("n{id}"),
                dedup_key: format!("wk-{id}"),
                kind,
                told_before: false,
                receiver: ReceiverName::from(to),
                route: Some("root".into()),
                reason: "firing: it is critical".to_owned(),
                group_labels: Labels::default(),
                common_labels: Labels::default(),
                alerts: notices.collect(),
                omitted: 0,
                event: None,
                link: String::new(),
                at: seconds_ago(seconds),
            }),
            subject: about.first().map_or(DeliverySubject::Test, |a| DeliverySubject::Alert(a.key.clone())),
            status: DeliveryStatus::Waiting { not_before: NOW + Duration::from_secs(40) },
            attempts: 1,
            created_at: seconds_ago(seconds),
            last_error: None,
            receiver: receiver(to, "slack"),
            previous_id: None,
            failing_since: None,
            fallback: Fallback::NotAsked,
        }),
        ended,
    }
}

pub(crate) fn plugin(
    name: &str,
    kind: PluginKind,
    life: impl FnOnce(GenerationView) -> PluginLife,
) -> PluginView {
    PluginView {
        name: PluginName::from(name),
        life: life(GenerationView {
            digest: Digest::of(name.as_bytes()),
            kind,
            version: "0.1.0".to_owned(),
            summary: format!("Does what {name} does"),
            source: "bundled".to_owned(),
            size_bytes: 118_000,
            since: seconds_ago(90_000),
            requests: vec!["http: the configured URL".to_owned()],
            grants: Vec::new(),
            reads_snapshots: false,
        }),
    }
}

/// A report about one address, as `ip-reputation` gives it.
pub(crate) fn address_report(
    address: &str,
    provider: &str,
    state: State,
    score: f64,
    lists: &[&str],
) -> Outcome {
    let Outcome::Report(plain) = report(state, "said", Vec::new()) else { unreachable!() };
    let mut report = (*plain).clone();
    let mut metrics = vec![
        metric("ip_reputation_score", score, "", &[("address", address)]),
        metric("ip_reputation_daily_volume", 12_000.0, "", &[("address", address)]),
        metric("ip_reputation_listed", 0.0, "", &[("address", address), ("list", "psbl")]),
    ];
    let listed = lists.iter();
    metrics.extend(
        listed.map(|list| metric("ip_reputation_listed", 1.0, "", &[("address", address), ("list", list)])),
    );
    report.findings = vec![Finding {
        key: address.into(),
        state,
        summary: format!("{address} has a score of {score}"),
        labels: labels(&[("provider", provider)]),
        metrics,
        link: (!lists.is_empty()).then(|| "https://check.spamhaus.org/".to_owned()),
    }];
    Outcome::Report(Arc::new(report))
}
