//! Arbitrary records of the core, for property tests.

mod access;
mod actions;
mod held;
mod reasons;

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use watchkeep_core::alert::{
    Acknowledgement, AlertKey, AlertRecord, Answer, Assignment, Escalating, GaveUp, Hold, HostProblem,
    Lasting, Phase, Told, Took,
};
use watchkeep_core::commit::{
    AcceptedSnapshot, Decision, GenerationRow, KvOf, KvScope, KvWrite, PluginDecision, PluginDecisionKind,
    ResultRow, Transition, TransitionKind,
};
use watchkeep_core::delivery::{
    AlertNotice, DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, EventNotice, Fallback, Notification,
    NotificationKind, Picture,
};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::group::{GroupKey, GroupRecord, GroupTold, Member};
use watchkeep_core::ids::{
    AlertId, CheckName, DeliveryId, Digest, FindingKey, PluginName, ReceiverName, RouteName, RunId,
    SubscriberId,
};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::{
    Attachment, Bounds, Event, Finding, Judgement, Metric, Range, Report, Severity, State,
};
use watchkeep_core::setup::{Grouping, ReceiverSpec};
use watchkeep_core::time::Wall;

pub(super) use access::{access, audit_entry, marker, note, subscriber};
pub(super) use actions::action;
pub(super) use held::{forgotten, heartbeat, recurring_window, window};
use reasons::reason;

pub(super) fn text() -> impl Strategy<Value = String> {
    select(vec!["", "a", "web", "øl 🍺", "line\nline", "nul\0nul", "0123456789"]).prop_map(str::to_owned)
}

pub(super) fn wall() -> impl Strategy<Value = Wall> {
    any::<i64>().prop_map(Wall::from_millis)
}

fn duration() -> impl Strategy<Value = Duration> {
    (any::<u64>(), 0..1_000_000_000_u32).prop_map(|(seconds, nanos)| Duration::new(seconds, nanos))
}

fn number() -> impl Strategy<Value = f64> {
    select(vec![0.0, 1.5, -7.25, f64::MIN_POSITIVE, f64::MAX, 1e-300])
}

pub(super) fn check() -> impl Strategy<Value = CheckName> {
    text().prop_map(CheckName::new)
}

fn receiver_name() -> impl Strategy<Value = ReceiverName> {
    text().prop_map(ReceiverName::new)
}

fn route() -> impl Strategy<Value = RouteName> {
    text().prop_map(RouteName::new)
}

fn alert_id() -> impl Strategy<Value = AlertId> {
    text().prop_map(AlertId::restore)
}

fn labels() -> impl Strategy<Value = Labels> {
    vec((text(), text()), 0..3).prop_map(|pairs| pairs.into_iter().collect())
}

fn state() -> impl Strategy<Value = State> {
    select(vec![State::Ok, State::Warning, State::Critical, State::Unknown])
}

fn judgement() -> impl Strategy<Value = Judgement> {
    select(vec![Judgement::Ok, Judgement::Warning, Judgement::Critical])
}

fn severity() -> impl Strategy<Value = Severity> {
    select(vec![Severity::Info, Severity::Warning, Severity::Error])
}

fn hold() -> impl Strategy<Value = Hold> {
    select(vec![
        Hold::Silenced,
        Hold::Maintenance,
        Hold::Dependency,
        Hold::Flapping,
        Hold::NotifyHours,
        Hold::HostOffline,
    ])
}

fn flaps() -> impl Strategy<Value = Flaps> {
    any::<u32>().prop_map(Flaps::from_bits)
}

fn range() -> impl Strategy<Value = Range> {
    (of(number()), of(number()), any::<bool>()).prop_map(|(low, high, inside)| Range { low, high, inside })
}

fn metric() -> impl Strategy<Value = Metric> {
    (text(), number(), text(), of(range()), of(range()), of(number()), of(number()), labels()).prop_map(
        |(name, value, unit, warning, critical, min, max, labels)| Metric {
            name,
            value,
            unit,
            bounds: Bounds { warning, critical, min, max }.boxed(),
            labels,
        },
    )
}

fn finding() -> impl Strategy<Value = Finding> {
    (text(), state(), text(), labels(), vec(metric(), 0..2), of(text())).prop_map(
        |(key, state, summary, labels, metrics, link)| Finding {
            key: FindingKey::new(key),
            state,
            summary,
            labels,
            metrics,
            link,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    (text(), text(), severity(), text(), text(), of(text()), wall(), labels()).prop_map(
        |(id, thread, severity, title, body, link, at, labels)| Event {
            id,
            thread,
            severity,
            title,
            body,
            link,
            at,
            labels,
        },
    )
}

fn attachment() -> impl Strategy<Value = Attachment> {
    (text(), text(), any::<u64>(), any::<[u8; 32]>(), of(text())).prop_map(
        |(name, media_type, size_bytes, digest, series)| Attachment {
            name,
            media_type,
            size_bytes,
            digest: Digest(digest),
            series,
        },
    )
}

fn report() -> impl Strategy<Value = Report> {
    (
        state(),
        text(),
        of(text()),
        vec(metric(), 0..3),
        vec(finding(), 0..2),
        vec(event(), 0..2),
        vec(attachment(), 0..2),
        labels(),
    )
        .prop_map(|(state, summary, details, metrics, findings, events, attachments, labels)| Report {
            state,
            summary,
            details,
            metrics,
            findings,
            events,
            attachments,
            labels,
        })
}

fn failure() -> impl Strategy<Value = Failure> {
    let reasons = vec![
        FailureReason::Trap,
        FailureReason::CpuTime,
        FailureReason::WallTime,
        FailureReason::Memory,
        FailureReason::Limit,
        FailureReason::Denied,
        FailureReason::Config,
        FailureReason::Inconclusive,
        FailureReason::Fault,
        FailureReason::InvalidReport,
        FailureReason::NoPlugin,
        FailureReason::Host,
    ];
    let stages = vec![Stage::Load, Stage::Instantiate, Stage::Call, Stage::Report];
    (select(reasons), select(stages), text(), of(text()), of(text())).prop_map(
        |(reason, stage, message, hint, backtrace)| Failure { reason, stage, message, hint, backtrace },
    )
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        report().prop_map(|report| Outcome::Report(Arc::new(report))),
        failure().prop_map(|failure| Outcome::Failed(Arc::new(failure))),
    ]
}

pub(crate) fn result() -> impl Strategy<Value = ResultRow> {
    (
        (check(), wall(), any::<u64>(), text()),
        (wall(), wall(), duration(), duration(), of(any::<[u8; 32]>()), outcome(), flaps()),
    )
        .prop_map(
            |(
                (check, scheduled_at, sequence, location),
                (finished_at, since, took, late, digest, outcome, flaps),
            )| {
                ResultRow {
                    run: RunId { check, scheduled_at },
                    sequence,
                    location: location.into(),
                    finished_at,
                    since,
                    took,
                    late,
                    generation: digest.map(Digest),
                    outcome,
                    flaps,
                }
            },
        )
}

fn alert_key() -> impl Strategy<Value = AlertKey> {
    prop_oneof![
        check().prop_map(AlertKey::Check),
        (check(), text()).prop_map(|(check, finding)| AlertKey::Finding(check, FindingKey::new(finding))),
        check().prop_map(AlertKey::NotJudged),
        text().prop_map(|plugin| AlertKey::Plugin(PluginName::new(plugin))),
        select(HostProblem::ALL.to_vec()).prop_map(AlertKey::Host),
    ]
}

pub(super) fn transition() -> impl Strategy<Value = Transition> {
    let kinds = vec![
        TransitionKind::Pending,
        TransitionKind::Firing,
        TransitionKind::LevelChanged,
        TransitionKind::Recovering,
        TransitionKind::Resolved,
        TransitionKind::Calmed,
        TransitionKind::Removed,
        TransitionKind::Flapping,
        TransitionKind::Steady,
    ];
    (wall(), any::<u64>(), alert_key(), alert_id(), select(kinds), state(), text()).prop_map(
        |(at, sequence, key, alert, kind, state, summary)| Transition {
            at,
            sequence,
            key,
            alert,
            kind,
            state,
            summary,
        },
    )
}

fn receiver() -> impl Strategy<Value = ReceiverSpec> {
    (
        receiver_name(),
        text(),
        text(),
        of(receiver_name()),
        duration(),
        any::<std::num::NonZeroU32>(),
        of(any::<std::num::NonZeroU32>()),
        select(vec![Grouping::PerGroup, Grouping::PerAlert]),
    )
        .prop_map(|(name, plugin, config, fallback, timeout, concurrency, rate_per_minute, grouping)| {
            ReceiverSpec {
                name,
                plugin: PluginName::new(plugin),
                config: config.into(),
                fallback,
                timeout,
                concurrency,
                rate_per_minute,
                grouping,
            }
        })
}

fn told() -> impl Strategy<Value = Told> {
    (receiver_name(), route(), judgement(), any::<bool>(), wall(), of(text()), of(receiver())).prop_map(
        |(receiver, route, level, flapping, at, service_id, as_told)| Told {
            receiver,
            route,
            level,
            flapping,
            at,
            service_id,
            as_told: as_told.map(Arc::new),
        },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    let took = (wall(), judgement()).prop_map(|(at, level)| Took { at, level });
    let gave_up = (wall(), text(), any::<u64>()).prop_map(|(at, error, delivery)| GaveUp {
        at,
        error,
        delivery: DeliveryId(delivery),
    });
    (receiver_name(), of(took), of(gave_up)).prop_map(|(receiver, took, gave_up)| Answer {
        receiver,
        took,
        gave_up,
    })
}

fn phase() -> impl Strategy<Value = Phase> {
    prop_oneof![
        Just(Phase::Pending),
        wall().prop_map(|since| Phase::Firing { since }),
        (wall(), any::<u32>()).prop_map(|(fired, oks)| Phase::Recovering { fired, oks }),
    ]
}

fn acknowledgement() -> impl Strategy<Value = Acknowledgement> {
    let lasting = select(vec![Lasting::UntilWorse, Lasting::Sticky]);
    (text(), wall(), text(), of(wall()), lasting)
        .prop_map(|(by, at, comment, until, lasting)| Acknowledgement { by, at, comment, until, lasting })
}

fn assignment() -> impl Strategy<Value = Assignment> {
    (text(), text(), wall(), text(), of(wall()), any::<bool>())
        .prop_map(|(to, by, at, comment, due, overdue)| Assignment { to, by, at, comment, due, overdue })
}

fn escalating() -> impl Strategy<Value = Escalating> {
    (route(), any::<u32>(), any::<u32>(), duration(), of(wall()), vec(receiver_name(), 0..3)).prop_map(
        |(route, step, told, waited, since, awaits)| Escalating { route, step, told, waited, since, awaits },
    )
}

pub(super) fn alert() -> impl Strategy<Value = AlertRecord> {
    (
        (alert_key(), alert_id(), phase(), judgement(), of(judgement()), wall()),
        (
            vec(judgement(), 0..4),
            text(),
            of(report()),
            labels(),
            vec(told(), 0..2),
            vec(answer(), 0..3),
            vec(hold(), 0..3),
            vec(route(), 0..3),
        ),
        (
            of(wall()),
            (of(acknowledgement()), any::<u32>()),
            of(assignment()),
            vec(escalating(), 0..2),
            flaps(),
        ),
    )
        .prop_map(
            |(
                (key, id, phase, level, previous, since),
                (judgements, summary, report, labels, told, answers, holds, closed_routes),
                (last_good, (acknowledged, taken), assigned, escalating, flaps),
            )| {
                AlertRecord {
                    key,
                    id,
                    phase,
                    level,
                    previous,
                    since,
                    judgements: judgements.into(),
                    summary,
                    report: report.map(Arc::new),
                    labels,
                    told,
                    answers,
                    holds,
                    closed_routes,
                    last_good,
                    acknowledged,
                    taken,
                    assigned,
                    escalating,
                    flaps,
                }
            },
        )
}

fn notice() -> impl Strategy<Value = AlertNotice> {
    (
        (alert_id(), alert_key(), state(), of(state()), any::<bool>(), severity(), text(), of(text())),
        (
            vec(metric(), 0..2),
            wall(),
            of(wall()),
            (of(wall()), of(text()), of(text()), vec(text(), 0..3)),
            of(text()),
            text(),
            vec(picture(), 0..2),
            labels(),
        ),
    )
        .prop_map(
            |(
                (id, key, state, previous, flapping, severity, summary, details),
                (
                    metrics,
                    since,
                    until,
                    (last_good, acknowledged_by, assigned_to, actions),
                    runbook,
                    link,
                    pictures,
                    labels,
                ),
            )| AlertNotice {
                id,
                key,
                state,
                previous,
                flapping,
                severity,
                summary,
                details,
                metrics,
                since,
                until,
                last_good,
                acknowledged_by,
                assigned_to,
                actions,
                runbook,
                link,
                pictures,
                labels,
            },
        )
}

fn picture() -> impl Strategy<Value = Picture> {
    (any::<[u8; 32]>(), text(), text(), any::<u64>(), text()).prop_map(
        |(digest, name, media_type, size_bytes, url)| Picture {
            digest: Digest(digest),
            name,
            media_type,
            size_bytes,
            url,
        },
    )
}

pub(super) fn accepted() -> impl Strategy<Value = AcceptedSnapshot> {
    (check(), text(), wall(), text(), text(), any::<u64>(), any::<[u8; 32]>()).prop_map(
        |(check, series, at, name, media_type, size_bytes, digest)| AcceptedSnapshot {
            check,
            series,
            at,
            name,
            media_type,
            size_bytes,
            digest: Digest(digest),
        },
    )
}

fn group_key() -> impl Strategy<Value = GroupKey> {
    (route(), labels()).prop_map(|(route, labels)| GroupKey { route, labels })
}

fn member() -> impl Strategy<Value = Member> {
    (alert_key(), alert_id(), of(notice()), vec(told(), 0..2)).prop_map(|(key, alert, resolved, owed)| {
        Member { key, alert, resolved: resolved.map(Box::new), owed }
    })
}

fn group_told() -> impl Strategy<Value = GroupTold> {
    (receiver_name(), wall(), of(text())).prop_map(|(receiver, at, service_id)| GroupTold {
        receiver,
        at,
        service_id,
    })
}

pub(super) fn group() -> impl Strategy<Value = GroupRecord> {
    (group_key(), wall(), of(wall()), of(wall()), vec(member(), 0..3), vec(group_told(), 0..2)).prop_map(
        |(key, began, flush_at, last_flush, members, told)| GroupRecord {
            key,
            began,
            flush_at,
            last_flush,
            members,
            told,
        },
    )
}

fn notification() -> impl Strategy<Value = Notification> {
    let kinds = vec![
        NotificationKind::Firing,
        NotificationKind::Reminder,
        NotificationKind::Resolved,
        NotificationKind::Acknowledged,
        NotificationKind::Escalated,
        NotificationKind::HandedOver,
        NotificationKind::Event,
        NotificationKind::Test,
    ];
    let event = (check(), event()).prop_map(|(check, event)| EventNotice { check, event });
    (
        (text(), text(), select(kinds), any::<bool>(), receiver_name(), of(route()), text()),
        (labels(), labels(), vec(notice(), 0..2), any::<u32>(), of(event), text(), wall()),
    )
        .prop_map(
            |(
                (id, dedup_key, kind, told_before, receiver, route, reason),
                (group_labels, common_labels, alerts, omitted, event, link, at),
            )| Notification {
                id,
                dedup_key,
                kind,
                told_before,
                receiver,
                route,
                reason,
                group_labels,
                common_labels,
                alerts,
                omitted,
                event,
                link,
                at,
            },
        )
}

pub(super) fn delivery() -> impl Strategy<Value = DeliveryRecord> {
    let subject = prop_oneof![
        alert_key().prop_map(DeliverySubject::Alert),
        group_key().prop_map(DeliverySubject::Group),
        Just(DeliverySubject::Test),
        (check(), text()).prop_map(|(check, thread)| DeliverySubject::Event(check, thread)),
        text().prop_map(|id| DeliverySubject::Subscriber(SubscriberId::new(id))),
    ];
    let status = prop_oneof![
        wall().prop_map(|not_before| DeliveryStatus::Waiting { not_before }),
        wall().prop_map(|began| DeliveryStatus::Attempting { began }),
    ];
    let fallbacks = vec![Fallback::NotAsked, Fallback::Told, Fallback::IsOne];
    (
        (any::<u64>(), notification(), subject, status),
        (any::<u32>(), wall(), of(text()), receiver(), of(text()), of(wall()), select(fallbacks)),
    )
        .prop_map(
            |(
                (id, notification, subject, status),
                (attempts, created_at, last_error, receiver, previous_id, failing_since, fallback),
            )| DeliveryRecord {
                id: DeliveryId(id),
                notification: Arc::new(notification),
                subject,
                status,
                attempts,
                created_at,
                last_error,
                receiver: Arc::new(receiver),
                previous_id,
                failing_since,
                fallback,
            },
        )
}

pub(super) fn ended() -> impl Strategy<Value = Ended> {
    prop_oneof![
        (wall(), of(text())).prop_map(|(at, service_id)| Ended::Delivered { at, service_id }),
        (wall(), text()).prop_map(|(at, error)| Ended::Dead { at, error }),
        wall().prop_map(|at| Ended::Superseded { at }),
    ]
}

pub(super) fn decision() -> impl Strategy<Value = Decision> {
    (wall(), any::<u64>(), alert_key(), of(alert_id()), reason())
        .prop_map(|(at, sequence, key, alert, reason)| Decision { at, sequence, key, alert, reason })
}

pub(super) fn kv_write() -> impl Strategy<Value = KvWrite> {
    let whose = prop_oneof![
        check().prop_map(KvOf::Check),
        receiver_name().prop_map(KvOf::Receiver),
        actions::action_name().prop_map(KvOf::Action),
    ];
    let scope = (whose, text()).prop_map(|(of, plugin)| KvScope { of, plugin: plugin.as_str().into() });
    (scope, text(), of(vec(any::<u8>(), 0..8)), 1..u64::MAX)
        .prop_map(|(scope, key, value, version)| KvWrite { scope, key, value, version })
}

pub(super) fn mark() -> impl Strategy<Value = PluginDecision> {
    let kind = prop_oneof![
        text().prop_map(|reason| PluginDecisionKind::Bad { reason }),
        vec(text(), 0..4).prop_map(|rights| PluginDecisionKind::Approved { rights }),
    ];
    (text(), any::<[u8; 32]>(), wall(), kind).prop_map(|(plugin, digest, at, kind)| PluginDecision {
        plugin: PluginName::new(plugin),
        digest: Digest(digest),
        at,
        kind,
    })
}

pub(super) fn generation() -> impl Strategy<Value = GenerationRow> {
    (text(), any::<[u8; 32]>(), text(), text(), wall()).prop_map(
        |(plugin, digest, version, source, since)| GenerationRow {
            plugin: PluginName::new(plugin),
            digest: Digest(digest),
            version,
            source,
            since,
        },
    )
}
