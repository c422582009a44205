//! A small history with every kind of row: what a database of every released format must give back.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::action::{Effect, Step};
use watchkeep_core::alert::{
    Acknowledgement, AlertKey, AlertRecord, Answer, Assignment, Escalating, GaveUp, Hold, HostProblem,
    Lasting, Phase, Told, Took,
};
use watchkeep_core::commit::{
    Change, Commit, Decision, Forgotten, GenerationRow, KvScope, KvWrite, Transition, TransitionKind,
};
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::delivery::{
    AlertNotice, DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, EventNotice, Fallback, Notification,
    Picture,
};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::group::{GroupKey, GroupRecord, GroupTold, Member};
use watchkeep_core::heartbeat::HeartbeatRecord;
use watchkeep_core::ids::{AlertId, DeliveryId, Digest, OccasionId};
use watchkeep_core::labels::Labels;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::reason::Reason;
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus, Helped, Mode, Origin};
use watchkeep_core::report::{
    Attachment, Bounds, Event, Finding, Judgement, Metric, Range, Report, Severity, State,
};
use watchkeep_core::setup::{Absent, ReceiverSpec};
use watchkeep_core::window::{When, Window, WindowKind};
use watchkeep_store::{Appender, Options, Retention, Store, Upkeep};

use super::{
    HOUR, action, alert, at, batch, check_key, decision, delivered, delivery, everyone, kv, result,
    transition,
};

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
        Change::Transition(transition(AlertKey::Host(HostProblem::Offline), 10, 3 * HOUR)),
        Change::Transition(Transition {
            kind: TransitionKind::Flapping,
            ..transition(check_key("web"), 11, 3 * HOUR)
        }),
        Change::Transition(Transition {
            kind: TransitionKind::Steady,
            ..transition(check_key("web"), 12, 3 * HOUR)
        }),
        Change::PutAlert(Arc::new(full_alert())),
        Change::PutAlert(Arc::new(AlertRecord { phase: Phase::Pending, ..alert("db") })),
        Change::PutAlert(Arc::new(AlertRecord {
            phase: Phase::Recovering { fired: at(3), oks: 1 },
            ..alert("dns")
        })),
        Change::PutGroup(group()),
        Change::PutPaused { check: "nightly".into(), paused: true },
    ];
    let deliveries = vec![
        Change::PutDelivery(full_delivery()),
        Change::PutDelivery(delivery(2, "mail")),
        Change::PutDelivery(delivery(3, "mail")),
        Change::PutDelivery(delivery(4, "mail")),
        Change::PutDelivery(event_delivery()),
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
        batch(5, held()),
        batch(6, recovery()),
        batch(7, everyone::all()),
    ]
}

fn matchers(texts: &[&str]) -> Vec<Matcher> {
    texts.iter().map(|text| Matcher::parse(text).expect("it is a matcher")).collect()
}

/// Silences, maintenance, heartbeats, events.
pub(crate) fn held() -> Vec<Change> {
    let silence = Window {
        id: "w1".into(),
        kind: WindowKind::Silence,
        matchers: matchers(&["team=\"øl\"", "site!~\"oslo-.*\""]),
        when: When::Once { from: at(5), until: at(9 * HOUR) },
        author: "kari".to_owned(),
        comment: "known".to_owned(),
        announcement: None,
        made_at: at(4),
    };
    let starts = CronSchedule::parse("30 2 * * sun", chrono_tz::Europe::Oslo).expect("it is a schedule");
    let maintenance = Window {
        id: "w2".into(),
        kind: WindowKind::Maintenance,
        when: When::Recurring { starts, lasts: Duration::from_secs(7200), ended: Some(at(8)) },
        announcement: Some("The shop may be slow on Sunday night.".to_owned()),
        ..silence.clone()
    };
    let record = HeartbeatRecord {
        ended: Some(at(7)),
        started: vec![("run-1".to_owned(), at(8))],
        ..HeartbeatRecord::default()
    };
    let ids = |all: &[&str]| all.iter().map(|id| (*id).to_owned()).collect();
    vec![
        Change::PutWindow(Window { id: "w3".into(), ..silence.clone() }),
        Change::PutWindow(silence),
        Change::PutWindow(maintenance),
        Change::RemoveWindow("w3".into()),
        Change::PutHeartbeat { check: "nightly".into(), record: record.clone() },
        Change::PutHeartbeat { check: "gone".into(), record },
        Change::RemoveHeartbeat("gone".into()),
        Change::KnowEvents { check: "deploys".into(), ids: ids(&["deploy-1", "deploy-2"]), at: at(9) },
        Change::KnowEvents { check: "gone".into(), ids: ids(&["x"]), at: at(9) },
        Change::ForgetEvents { check: "deploys".into(), ids: Forgotten::These(ids(&["deploy-1"])) },
        Change::ForgetEvents { check: "gone".into(), ids: Forgotten::All },
    ]
}

pub(crate) fn action_scope() -> KvScope {
    KvScope::of_action("restart".into(), "command".into())
}

/// Actions in every state, their key-value pairs, and the decisions about them.
fn recovery() -> Vec<Change> {
    let step = Step { title: text("stop"), target: text("unit `øl`") };
    let effect = Effect { summary: text("started"), changed: true, details: Some(text("pid 7")) };
    let ended =
        |result, helped| ActionStatus::Ended { began: at(3 * HOUR), at: at(3 * HOUR + 1), result, helped };
    let states = [
        ActionStatus::AwaitsApproval,
        ActionStatus::Begun { at: at(3 * HOUR) },
        ended(ActionResult::Done(effect), Helped::Yes),
        ended(ActionResult::Planned(vec![step]), Helped::NotYetKnown),
        ended(ActionResult::failed(text("refused")), Helped::No),
        ended(ActionResult::Unknown(text("the host was restarted")), Helped::NotYetKnown),
        ActionStatus::Declined { at: at(3 * HOUR + 2), by: text("kari") },
        ActionStatus::Withdrawn { at: at(3 * HOUR + 3) },
    ];
    let put = |(status, number)| {
        let plain = action("web", number, 3 * HOUR + i64::from(number / 2));
        Change::PutAction(Arc::new(ActionRecord { status, ..plain }))
    };
    let of_person = ActionRecord {
        key: AlertKey::Finding("disk".into(), "disk /".into()),
        mode: Mode::DryRun,
        origin: Origin::Person,
        by: Some(text("kari")),
        ..action("disk", 1, 3 * HOUR)
    };
    let write =
        KvWrite { scope: action_scope(), key: text("last"), value: Some(b"pid 7".to_vec()), version: 2 };
    let mut changes: Vec<_> = states.into_iter().zip(1..).map(put).collect();
    changes.extend([Change::PutAction(Arc::new(of_person)), Change::Kv(write)]);
    changes.extend(reasons_of_actions().into_iter().zip(20..).map(|(reason, sequence)| {
        Change::Decision(Decision { reason, ..decision("db", sequence, 3 * HOUR) })
    }));
    changes
}

fn event_delivery() -> DeliveryRecord {
    DeliveryRecord {
        subject: DeliverySubject::Event("deploys".into(), "deploy".to_owned()),
        fallback: Fallback::IsOne,
        ..delivery(5, "mail")
    }
}

fn labels() -> Labels {
    [("severity", "error"), ("team", "øl")].into_iter().collect()
}

fn metric() -> Metric {
    Metric {
        name: "disk_used_ratio".to_owned(),
        value: 0.91,
        unit: "ratio".to_owned(),
        bounds: Bounds {
            warning: Some(Range { low: None, high: Some(0.8), inside: false }),
            critical: Some(Range { low: Some(0.95), high: None, inside: true }),
            min: Some(0.0),
            max: Some(1.0),
        }
        .boxed(),
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
        flaps: Flaps::from_bits(0b101),
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
        flapping: true,
        at: at(5),
        service_id: Some("ts-1".to_owned()),
        as_told: Some(receiver()),
    }
}

fn full_alert() -> AlertRecord {
    AlertRecord {
        previous: Some(Judgement::Warning),
        judgements: [Judgement::Ok, Judgement::Warning, Judgement::Critical].into(),
        report: Some(Arc::new(report())),
        told: vec![told()],
        answers: vec![Answer {
            receiver: "chat".into(),
            took: Some(Took { at: at(4), level: Judgement::Warning }),
            gave_up: Some(GaveUp { at: at(6), error: text("404"), delivery: DeliveryId(7) }),
        }],
        holds: vec![Hold::Silenced, Hold::HostOffline],
        closed_routes: vec!["urgent".into()],
        last_good: Some(at(2)),
        taken: 2,
        acknowledged: Some(Acknowledgement {
            by: "kari".to_owned(),
            at: at(10),
            comment: "looking".to_owned(),
            until: Some(at(HOUR)),
            lasting: Lasting::Sticky,
        }),
        assigned: Some(Assignment {
            to: "web".to_owned(),
            by: "kari".to_owned(),
            at: at(11),
            comment: "yours".to_owned(),
            due: Some(at(2 * HOUR)),
            overdue: true,
        }),
        escalating: vec![Escalating {
            route: "urgent".into(),
            step: 1,
            told: 2,
            waited: Duration::new(3, 4),
            since: Some(at(12)),
            awaits: vec!["pager".into()],
        }],
        flaps: Flaps::from_bits(0b11),
        ..alert("web")
    }
}

fn notice() -> AlertNotice {
    AlertNotice {
        id: AlertId::derive("web", at(0)),
        key: check_key("web"),
        state: State::Critical,
        previous: Some(State::Ok),
        flapping: true,
        severity: Severity::Error,
        summary: "refused".to_owned(),
        details: Some("connect: refused".to_owned()),
        metrics: vec![metric()],
        since: at(1),
        until: Some(at(2)),
        last_good: Some(at(1)),
        acknowledged_by: Some("kari".to_owned()),
        assigned_to: Some("web".to_owned()),
        actions: vec![text("`restart` at once: started"), text("`page` was declined by øl")],
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
        failing_since: Some(at(8)),
        fallback: Fallback::Told,
        ..plain
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn reasons() -> Vec<Reason> {
    let (from, to) = (Judgement::Warning, Judgement::Critical);
    vec![
        Reason::BelowThreshold { seen: 1, needed: 2, of: 3 },
        Reason::Fired { level: to },
        Reason::Worsened { from, to },
        Reason::Eased { from: to, to: from },
        Reason::HeldBack { hold: Hold::Maintenance, why: "maintenance `w2`".to_owned() },
        Reason::Released { hold: Hold::Maintenance, why: String::new() },
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
        Reason::Flaps { percent: 31, changes: 7 },
        Reason::Steady { percent: 24 },
        Reason::KeptByFlapping,
        Reason::Asks { checks: vec!["gateway".to_owned()], wait: Duration::from_secs(15) },
        Reason::AskedAgain,
        Reason::Acknowledged { by: text("kari"), comment: text("looking"), until: Some(at(9)) },
        Reason::AcknowledgementCleared,
        Reason::AcknowledgementExpired,
        Reason::Unacknowledged { by: text("kari") },
        Reason::TakenBy { by: text("kari") },
        Reason::HandedOver { to: text("web"), by: text("kari"), comment: text("yours") },
        Reason::Escalated { escalation: "on-call".into(), step: 2 },
        Reason::StepUndeliverable { escalation: "on-call".into(), step: 1 },
        Reason::FellBack { receiver: "chat".into(), fallback: "mail".into() },
        Reason::FindingGone { absent: Absent::Critical },
        Reason::FindingsCapped { found: 300, max: 200 },
        Reason::SaidByFindings,
        Reason::EventBaseline { events: 4 },
        Reason::EventTold { title: text("deployed"), receiver: "chat".into(), route: "root".into() },
        Reason::EventHeld { title: text("deployed"), hold: Hold::Silenced, why: text("silence `w1`") },
        Reason::EventsDigested { events: 40, receiver: "chat".into() },
        Reason::HostOffline { down: 2, quorum: 2 },
        Reason::HostProblem { why: text("starts are 12 s late") },
        Reason::Retried { receiver: "chat".into() },
        Reason::Pinged { what: text("the job began") },
    ]
}

fn reasons_of_actions() -> Vec<Reason> {
    let occasion = OccasionId::derive(&AlertId::derive("db", at(0)), &"restart".into(), 1);
    vec![
        Reason::ActionAsked { action: "restart".into(), occasion },
        Reason::ActionBegun { action: "restart".into(), number: 1, by: Some(text("kari")), dry_run: true },
        Reason::ActionHeld { action: "restart".into(), why: text("this host is cut off") },
        Reason::ActionReleased { action: "restart".into() },
        Reason::ActionEnded { action: "restart".into(), result: text("started") },
        Reason::ActionHelped { action: "restart".into() },
        Reason::ActionDidNotHelp { action: "restart".into() },
        Reason::ActionDeclined { action: "restart".into(), by: text("kari") },
        Reason::ActionWithdrawn { action: "restart".into() },
        Reason::RecoveryGaveUp,
        Reason::Due { by: at(9) },
        Reason::Overdue { to: "web".to_owned() },
    ]
}
