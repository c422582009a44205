//! A small history with every kind of row: what a database of every released format must give back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::alert::{AlertKey, AlertRecord, Hold, Phase, Told};
use watchkeep_core::commit::{Change, Commit, Decision, GenerationRow};
use watchkeep_core::delivery::{
    AlertNotice, DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, EventNotice, Notification, Picture,
};
use watchkeep_core::group::{GroupKey, GroupRecord, GroupTold, Member};
use watchkeep_core::ids::{AlertId, DeliveryId, Digest};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::reason::Reason;
use watchkeep_core::report::{Attachment, Event, Finding, Judgement, Metric, Range, Report, Severity, State};
use watchkeep_core::setup::ReceiverSpec;
use watchkeep_store::{Appender, Options, Retention, Store, Upkeep};

use super::{HOUR, alert, at, batch, check_key, decision, delivered, delivery, kv, result, transition};

/// Writes the history to a new database, the first hour packed.
pub(crate) fn write(folder: &Path) {
    {
        let (_, mut appender) = Appender::open(folder, Retention::default()).expect("the folder is there");
        let mut commits = commits().into_iter();
        appender.commit(commits.next()).expect("the disk is writable");
        while appender.upkeep(at(2 * HOUR)).expect("the disk is writable") == Upkeep::More {}
        appender.commit(commits).expect("the disk is writable");
    }
    let (_, writer) = Store::open(folder, Options::new(|| at(0))).expect("it was closed");
    writer.put_generation(generation());
    writer.close().expect("the disk is writable");
}

pub(crate) fn generation() -> GenerationRow {
    GenerationRow {
        plugin: "http".into(),
        digest: Digest([9; 32]),
        version: "0.1.0".to_owned(),
        source: "bundled".to_owned(),
        since: at(77),
    }
}

/// The first commit falls into the hour that is packed.
fn commits() -> Vec<Commit> {
    let results = [result("web", 1, 1000), full_result(), failed_result(), result("web", 4, HOUR - 1)];
    let later = vec![
        Change::Result(result("web", 5, 3 * HOUR)),
        Change::Transition(transition(check_key("web"), 6, 3 * HOUR)),
        Change::Transition(transition(AlertKey::Finding("web".into(), "disk /".into()), 7, 3 * HOUR)),
        Change::Transition(transition(AlertKey::NotJudged("db".into()), 8, 3 * HOUR)),
        Change::Transition(transition(AlertKey::Plugin("http".into()), 9, 3 * HOUR)),
        Change::PutAlert(full_alert()),
        Change::PutAlert(AlertRecord { phase: Phase::Pending, ..alert("db") }),
        Change::PutAlert(AlertRecord { phase: Phase::Recovering { fired: at(3), oks: 1 }, ..alert("dns") }),
        Change::PutGroup(group()),
        Change::PutPaused { check: "nightly".into(), paused: true },
    ];
    let deliveries = vec![
        Change::PutDelivery(full_delivery()),
        Change::PutDelivery(delivery(2, "mail")),
        Change::PutDelivery(delivery(3, "mail")),
        Change::PutDelivery(delivery(4, "mail")),
        delivered(2, 3 * HOUR + 5),
        Change::EndDelivery { id: DeliveryId(3), ended: Ended::Dead { at: at(6), error: "404".to_owned() } },
        Change::EndDelivery { id: DeliveryId(4), ended: Ended::Superseded { at: at(7) } },
        kv("web", "cursor", Some("17"), 3),
        kv("web", "gone", Some("x"), 5),
        kv("web", "gone", None, 6),
    ];
    let decisions = reasons().into_iter().zip(20..).map(|(reason, sequence)| {
        Change::Decision(Decision { reason, ..decision("web", sequence, 3 * HOUR) })
    });
    vec![
        batch(1, results.map(Change::Result).into()),
        batch(2, later),
        batch(3, deliveries),
        batch(4, decisions.collect()),
    ]
}

fn labels() -> Labels {
    [("severity", "error"), ("team", "øl")].into_iter().collect()
}

fn metric() -> Metric {
    Metric {
        name: "disk_used_ratio".to_owned(),
        value: 0.91,
        unit: "ratio".to_owned(),
        warning: Some(Range { low: None, high: Some(0.8), inside: false }),
        critical: Some(Range { low: Some(0.95), high: None, inside: true }),
        min: Some(0.0),
        max: Some(1.0),
        labels: labels(),
    }
}

fn event() -> Event {
    Event {
        id: "deploy-1".to_owned(),
        thread: "deploy".to_owned(),
        severity: Severity::Info,
        title: "deployed".to_owned(),
        body: "1.2.3".to_owned(),
        link: Some("https://ci.example.com/1".to_owned()),
        at: at(999),
        labels: labels(),
    }
}

fn report() -> Report {
    let finding = Finding {
        key: "disk /".into(),
        state: State::Critical,
        summary: "91 % used".to_owned(),
        labels: labels(),
        metrics: vec![metric()],
        link: Some("https://wiki.example.com/disk".to_owned()),
    };
    let attachment = Attachment {
        name: "front.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        size_bytes: 3,
        digest: Digest::of(&[0xff, 0xd8, 0]),
        series: Some("front".to_owned()),
    };
    Report {
        state: State::Warning,
        summary: "one disk is full".to_owned(),
        details: Some("line one\nline two".to_owned()),
        metrics: vec![metric()],
        findings: vec![finding],
        events: vec![event()],
        attachments: vec![attachment],
        labels: labels(),
    }
}

fn full_result() -> watchkeep_core::commit::ResultRow {
    let outcome = Outcome::Report(Arc::new(report()));
    watchkeep_core::commit::ResultRow {
        outcome,
        generation: Some(Digest([7; 32])),
        ..result("disk", 2, 2000)
    }
}

fn failed_result() -> watchkeep_core::commit::ResultRow {
    let failure = Failure {
        reason: FailureReason::Denied,
        stage: Stage::Call,
        message: "denied: http to https://api.example.com".to_owned(),
        hint: Some("add `http = [...]`".to_owned()),
        backtrace: Some("0: run".to_owned()),
    };
    watchkeep_core::commit::ResultRow { outcome: Outcome::Failed(Arc::new(failure)), ..result("db", 3, 3000) }
}

fn receiver() -> Arc<ReceiverSpec> {
    Arc::new(ReceiverSpec {
        fallback: Some("mail".into()),
        rate_per_minute: Some(std::num::NonZeroU32::MAX),
        timeout: Duration::new(9, 8),
        ..(*delivery(0, "chat").receiver).clone()
    })
}

fn told() -> Told {
    Told {
        receiver: "chat".into(),
        route: "root".into(),
        level: Judgement::Warning,
        at: at(5),
        service_id: Some("ts-1".to_owned()),
        retired: Some(receiver()),
    }
}

fn full_alert() -> AlertRecord {
    AlertRecord {
        previous: Some(Judgement::Warning),
        judgements: [Judgement::Ok, Judgement::Warning, Judgement::Critical].into(),
        report: Some(Arc::new(report())),
        told: vec![told()],
        holds: vec![Hold::Silenced, Hold::HostOffline],
        ..alert("web")
    }
}

fn notice() -> AlertNotice {
    AlertNotice {
        id: AlertId::derive("web", at(0)),
        key: check_key("web"),
        state: State::Critical,
        previous: Some(State::Ok),
        severity: Severity::Error,
        summary: "refused".to_owned(),
        details: Some("connect: refused".to_owned()),
        metrics: vec![metric()],
        since: at(1),
        until: Some(at(2)),
        last_good: Some(at(1)),
        acknowledged_by: Some("kari".to_owned()),
        assigned_to: Some("web".to_owned()),
        runbook: Some("https://wiki.example.com/web".to_owned()),
        link: "https://watch.example.com/a".to_owned(),
        pictures: vec![Picture {
            digest: Digest::of(&[0xff, 0xd8, 0]),
            name: "front.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            size_bytes: 3,
            url: "https://watch.example.com/snapshots/a".to_owned(),
        }],
        labels: labels(),
    }
}

fn group_key() -> GroupKey {
    GroupKey { route: "root".into(), labels: labels() }
}

fn group() -> GroupRecord {
    GroupRecord {
        key: group_key(),
        began: at(1),
        flush_at: Some(at(2)),
        last_flush: Some(at(3)),
        members: vec![Member {
            key: check_key("web"),
            alert: AlertId::derive("web", at(0)),
            resolved: Some(Box::new(notice())),
            owed: vec![told()],
        }],
        told: vec![GroupTold { receiver: "chat".into(), at: at(4), service_id: Some("ts-2".to_owned()) }],
    }
}

fn full_delivery() -> DeliveryRecord {
    let plain = delivery(1, "chat");
    let notification = Notification {
        route: Some("root".into()),
        told_before: true,
        group_labels: labels(),
        common_labels: labels(),
        alerts: vec![notice()],
        omitted: 3,
        event: Some(EventNotice { check: "web".into(), event: event() }),
        ..(*plain.notification).clone()
    };
    DeliveryRecord {
        notification: Arc::new(notification),
        subject: DeliverySubject::Group(group_key()),
        status: DeliveryStatus::Attempting { began: at(9) },
        attempts: 2,
        last_error: Some("503".to_owned()),
        receiver: receiver(),
        previous_id: Some("ts-1".to_owned()),
        ..plain
    }
}

fn reasons() -> Vec<Reason> {
    let (from, to) = (Judgement::Warning, Judgement::Critical);
    vec![
        Reason::BelowThreshold { seen: 1, needed: 2, of: 3 },
        Reason::Fired { level: to },
        Reason::Worsened { from, to },
        Reason::Eased { from: to, to: from },
        Reason::HeldBack { hold: Hold::Maintenance },
        Reason::Released { hold: Hold::Maintenance },
        Reason::WaitsForGroup { route: "root".into(), wait: Duration::from_secs(30) },
        Reason::Told { receiver: "chat".into(), route: "root".into(), notification: "n1".to_owned() },
        Reason::Reminded { receiver: "chat".into(), route: "root".into() },
        Reason::Recovered { oks: 2 },
        Reason::NeverTold,
        Reason::ResolveOwed { receiver: "chat".into() },
        Reason::NoRoute,
        Reason::NoReceiver { route: "root".into() },
        Reason::NotJudged { why: "trap".to_owned() },
        Reason::CheckRemoved,
        Reason::Combined { receiver: "chat".into() },
        Reason::Undeliverable { receiver: "chat".into(), error: "404".to_owned() },
    ]
}
