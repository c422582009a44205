//! Alerts, what was decided and told about them, and what people did.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::action::{Effect, Step};
use watchkeep_core::alert::{
    Acknowledgement, AlertKey, AlertRecord, Answer, Assignment, Escalating, GaveUp, Hold, Lasting, Phase,
    Told,
};
use watchkeep_core::commit::{Transition, TransitionKind};
use watchkeep_core::delivery::{
    AlertNotice, DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, EventNotice, Fallback, Notification,
    NotificationKind, Picture,
};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::group::{GroupKey, GroupRecord, GroupTold, Member};
use watchkeep_core::ids::{AlertId, DeliveryId, Digest, OccasionId, WindowId};
use watchkeep_core::marker::{Marker, MarkerChange};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::note::{Note, NoteChange, NoteEntry, Stage};
use watchkeep_core::outcome::Outcome;
use watchkeep_core::reason::Reason;
use watchkeep_core::recovery::{
    ActionRecord, ActionResult, ActionSpec, ActionStatus, Helped, Mode, Most, Origin,
};
use watchkeep_core::report::{Judgement, Severity, State};
use watchkeep_core::service::{ServiceMetrics, ServiceSpec};
use watchkeep_core::setup::{Escalation, EscalationStep, GroupBy, Grouping, ReceiverSpec, Route, Setup};
use watchkeep_core::status_page::{Latencies, Shows, StatusPageSpec};
use watchkeep_core::subscription::{Address, Subscriber, SubscriberChange};
use watchkeep_core::window::{Window, WindowKind};
use watchkeep_web::{DeliveryItem, Hearing};

use super::super::canary::Canaries;
use super::{HOUR, label, number};
use crate::support::boards::once;
use crate::support::{Board, NOW, decision, seconds_ago};

pub(super) fn put(board: &mut Board, texts: &Canaries) {
    let receiver = receiver(texts);
    let check = board.checks[0].spec.name.clone();
    let Outcome::Report(report) = &board.checks[0].last.as_ref().unwrap().outcome else { unreachable!() };
    let finding = report.findings[0].key.clone();
    let keys = [
        AlertKey::Check(check.clone()),
        AlertKey::Finding(check.clone(), finding),
        AlertKey::NotJudged(board.checks[1].spec.name.clone()),
        AlertKey::Plugin(texts.text("a plugin with an alert").as_str().into()),
    ];
    let report = Arc::clone(report);
    board.alerts = keys
        .iter()
        .map(|key| {
            let mut alert = alert(texts, key, &receiver);
            alert.report = Some(Arc::clone(&report));
            Arc::new(alert)
        })
        .collect();
    for key in &keys {
        board.transitions.push(Transition {
            at: seconds_ago(60),
            sequence: 0,
            key: key.clone(),
            alert: AlertId::derive(&key.to_string(), seconds_ago(60)),
            kind: TransitionKind::Firing,
            state: State::Critical,
            summary: texts.text("what a change said"),
        });
    }
    board.decisions = reasons(texts).into_iter().map(|reason| decision(&keys[0], 60, reason)).collect();
    board.receivers = vec![Arc::clone(&receiver)];
    let deaf = Hearing::Failing { since: seconds_ago(60), error: texts.text("why no button is heard") };
    board.hearing.insert(receiver.name.clone(), deaf);
    board.deliveries = deliveries(board, texts, &receiver);
    board.actions = actions(board, texts);
    board.groups = vec![group(board, texts)];
    board.windows = [WindowKind::Silence, WindowKind::Maintenance].map(|kind| window(texts, kind)).into();
    board.setup = Arc::new(setup(board, texts, &receiver));
    let posted = note(texts, &board.setup.status_pages[0]);
    Arc::make_mut(&mut board.notes).apply(&NoteChange::Put(posted));
    let marked = Marker {
        id: "m-1".into(),
        at: seconds_ago(60),
        text: texts.text("what was done"),
        link: texts.text("a marker's link"),
        labels: Default::default(),
        by: texts.text("who marked it"),
    };
    Arc::make_mut(&mut board.markers).apply(&MarkerChange::Put(marked));
    let subscribed = Subscriber {
        id: "s-1".into(),
        page: board.setup.status_pages[0].name.clone(),
        address: Address::parse("ann@example.org").unwrap(),
        asked_at: seconds_ago(60),
        confirmed_at: Some(seconds_ago(30)),
    };
    Arc::make_mut(&mut board.subscribers).apply(&SubscriberChange::Put(subscribed));
}

fn receiver(texts: &Canaries) -> Arc<ReceiverSpec> {
    Arc::new(ReceiverSpec {
        name: texts.text("a receiver").as_str().into(),
        plugin: texts.text("a receiver's plugin").as_str().into(),
        config: serde_json::json!({ "a": texts.text("a receiver's config") }).to_string().into(),
        fallback: Some(texts.text("a fallback").as_str().into()),
        timeout: Duration::from_secs(10),
        concurrency: NonZeroU32::MIN,
        rate_per_minute: None,
        grouping: Grouping::PerGroup,
    })
}

fn alert(texts: &Canaries, key: &AlertKey, receiver: &Arc<ReceiverSpec>) -> AlertRecord {
    AlertRecord {
        id: AlertId::derive(&key.to_string(), seconds_ago(60)),
        key: key.clone(),
        phase: Phase::Firing { since: seconds_ago(50) },
        level: Judgement::Critical,
        previous: Some(Judgement::Ok),
        since: seconds_ago(60),
        judgements: [Judgement::Critical].into(),
        summary: texts.text("an alert's summary"),
        report: None,
        labels: label(texts, "an alert's label", "an alert's label's value"),
        told: vec![Told {
            receiver: receiver.name.clone(),
            route: texts.text("the route of what was told").as_str().into(),
            level: Judgement::Critical,
            flapping: false,
            at: seconds_ago(40),
            service_id: Some(texts.text("what a service calls an alert")),
            as_told: None,
        }],
        answers: vec![Answer {
            receiver: receiver.name.clone(),
            took: None,
            gave_up: Some(GaveUp {
                at: seconds_ago(30),
                error: texts.text("why a receiver was given up"),
                delivery: DeliveryId(1),
            }),
        }],
        holds: vec![Hold::Silenced, Hold::Maintenance, Hold::Dependency],
        closed_routes: vec![texts.text("a closed route").as_str().into()],
        last_good: Some(seconds_ago(90)),
        taken: 1,
        acknowledged: Some(Acknowledgement {
            by: texts.text("who took an alert"),
            at: seconds_ago(30),
            comment: texts.text("the comment of who took it"),
            until: Some(NOW + HOUR),
            lasting: Lasting::Sticky,
        }),
        assigned: Some(Assignment {
            to: texts.text("to whom it was handed over"),
            by: texts.text("by whom it was handed over"),
            at: seconds_ago(20),
            comment: texts.text("the comment of a handing over"),
            due: Some(NOW + HOUR),
            overdue: false,
        }),
        escalating: vec![Escalating {
            route: "urgent".into(),
            step: 1,
            told: 0,
            waited: Duration::ZERO,
            since: Some(seconds_ago(40)),
            awaits: vec![texts.text("an awaited receiver").as_str().into()],
        }],
        flaps: Flaps::default(),
    }
}

/// Those that say something of others.
fn reasons(texts: &Canaries) -> Vec<Reason> {
    let why = || texts.text("why, in a decision");
    let receiver = || texts.text("a receiver in a decision").as_str().into();
    let route = || texts.text("a route in a decision").as_str().into();
    let action = || texts.text("an action in a decision").as_str().into();
    let by = || texts.text("a person in a decision");
    let comment = || texts.text("a comment in a decision");
    let escalation = || texts.text("an escalation in a decision").as_str().into();
    let title = || texts.text("an event's title in a decision");
    let hold = Hold::Silenced;
    vec![
        Reason::HeldBack { hold, why: why() },
        Reason::Released { hold, why: why() },
        Reason::WaitsForGroup { route: route(), wait: HOUR },
        Reason::Told { receiver: receiver(), route: route(), notification: "n1".to_owned() },
        Reason::Reminded { receiver: receiver(), route: route() },
        Reason::ResolveOwed { receiver: receiver() },
        Reason::NoReceiver { route: route() },
        Reason::NotJudged { why: why() },
        Reason::Combined { receiver: receiver() },
        Reason::Undeliverable { receiver: receiver(), error: why() },
        Reason::Asks { checks: vec![texts.text("an asked check")], wait: HOUR },
        Reason::Acknowledged { by: by(), comment: comment(), until: None },
        Reason::Unacknowledged { by: by() },
        Reason::TakenBy { by: by() },
        Reason::HandedOver { to: by(), by: by(), comment: comment() },
        Reason::Escalated { escalation: escalation(), step: 1 },
        Reason::StepUndeliverable { escalation: escalation(), step: 1 },
        Reason::LastStepUndeliverable { escalation: escalation(), step: 1 },
        Reason::FellBack { receiver: receiver(), fallback: receiver() },
        Reason::EventTold { title: title(), receiver: receiver(), route: route() },
        Reason::EventHeld { title: title(), hold, why: why() },
        Reason::EventsDigested { events: 3, receiver: receiver() },
        Reason::HostProblem { why: why() },
        Reason::Retried { receiver: receiver() },
        Reason::Pinged { what: why() },
        Reason::ActionBegun { action: action(), number: 1, by: Some(by()), dry_run: false },
        Reason::ActionHeld { action: action(), why: why() },
        Reason::ActionReleased { action: action() },
        Reason::ActionEnded { action: action(), result: why() },
        Reason::ActionHelped { action: action() },
        Reason::ActionDidNotHelp { action: action() },
        Reason::ActionDeclined { action: action(), by: by() },
        Reason::ActionWithdrawn { action: action() },
        Reason::Overdue { to: by() },
    ]
}

fn notice(texts: &Canaries, alert: &AlertRecord) -> AlertNotice {
    AlertNotice {
        id: alert.id.clone(),
        key: alert.key.clone(),
        state: State::Critical,
        previous: None,
        flapping: false,
        severity: Severity::Error,
        summary: texts.text("a notice's summary"),
        details: Some(texts.text("a notice's details")),
        metrics: vec![number(texts)],
        since: alert.since,
        until: None,
        last_good: None,
        acknowledged_by: Some(texts.text("who took it, in a notice")),
        assigned_to: Some(texts.text("who has it, in a notice")),
        actions: vec![texts.text("an action in a notice")],
        runbook: Some(texts.link("a notice's runbook")),
        link: texts.link("a notice's link"),
        pictures: vec![Picture {
            digest: Digest::of(b"picture"),
            name: texts.text("a notice's picture"),
            media_type: "image/png".to_owned(),
            size_bytes: 9,
            url: texts.link("a notice's picture's link"),
        }],
        labels: alert.labels.clone(),
    }
}

fn deliveries(board: &Board, texts: &Canaries, receiver: &Arc<ReceiverSpec>) -> Vec<DeliveryItem> {
    let alert = &board.alerts[0];
    let Outcome::Report(report) = &board.checks[0].last.as_ref().unwrap().outcome else { unreachable!() };
    let event = EventNotice { check: board.checks[0].spec.name.clone(), event: report.events[0].clone() };
    let of_event = DeliverySubject::Event(event.check.clone(), event.event.thread.clone());
    let item =
        |id: u64, subject: DeliverySubject, event: Option<EventNotice>, ended: Option<Ended>| DeliveryItem {
            delivery: Arc::new(DeliveryRecord {
                id: DeliveryId(id),
                notification: Arc::new(Notification {
                    id: texts.text("a notification's id"),
                    dedup_key: texts.text("what a notice is told apart by"),
                    kind: if event.is_some() { NotificationKind::Event } else { NotificationKind::Firing },
                    told_before: false,
                    receiver: receiver.name.clone(),
                    route: Some(texts.text("the route of a notice").as_str().into()),
                    reason: texts.text("why a notice is sent"),
                    group_labels: label(texts, "a group's label", "a group's label's value"),
                    common_labels: label(texts, "a common label", "a common label's value"),
                    alerts: if event.is_some() { Vec::new() } else { vec![notice(texts, alert)] },
                    omitted: 0,
                    event,
                    link: texts.link("a notification's link"),
                    at: seconds_ago(30),
                }),
                subject,
                status: DeliveryStatus::Waiting { not_before: NOW + HOUR },
                attempts: 2,
                created_at: seconds_ago(30),
                last_error: Some(texts.text("the last error of a delivery")),
                receiver: Arc::clone(receiver),
                previous_id: Some(texts.text("what a service called it before")),
                failing_since: None,
                fallback: Fallback::NotAsked,
            }),
            ended,
        };
    let dead = Ended::Dead { at: seconds_ago(9), error: texts.text("why a delivery was given up") };
    let done =
        Ended::Delivered { at: seconds_ago(9), service_id: Some(texts.text("what a service calls it")) };
    let about = || DeliverySubject::Alert(alert.key.clone());
    vec![
        item(1, about(), None, Some(dead)),
        item(2, about(), None, Some(done)),
        item(3, about(), None, None),
        item(4, of_event, Some(event), None),
    ]
}

fn actions(board: &Board, texts: &Canaries) -> Vec<Arc<ActionRecord>> {
    let alert = &board.alerts[0];
    let ended = |result| {
        let (began, at) = (seconds_ago(20), seconds_ago(10));
        ActionStatus::Ended { began, at, result, helped: Helped::No }
    };
    let done = ActionResult::Done(Effect {
        summary: texts.text("what an action did"),
        changed: true,
        details: Some(texts.text("an action's details")),
    });
    let step = Step { title: texts.text("a planned step"), target: texts.text("the target of a step") };
    let failed = ActionResult::Failed {
        why: texts.text("why an action failed"),
        said_by: Some(texts.text("who said why an action failed")),
    };
    let statuses = [
        ActionStatus::AwaitsApproval,
        ended(done),
        ended(ActionResult::Planned(vec![step])),
        ended(failed),
        ended(ActionResult::Unknown(texts.text("why it is not known what an action did"))),
        ActionStatus::Declined { at: seconds_ago(5), by: texts.text("who declined an action") },
    ];
    let records = statuses.into_iter().enumerate().map(|(place, status)| {
        let action = texts.text("an action").as_str().into();
        let number = u32::try_from(place).unwrap();
        Arc::new(ActionRecord {
            id: OccasionId::derive(&alert.id, &action, number),
            action,
            key: alert.key.clone(),
            alert: alert.id.clone(),
            number,
            mode: Mode::Act,
            decided_at: seconds_ago(30),
            since: alert.since,
            origin: Origin::Person,
            by: Some(texts.text("who asked for an action")),
            status,
        })
    });
    records.collect()
}

fn group(board: &Board, texts: &Canaries) -> Arc<GroupRecord> {
    let alert = &board.alerts[0];
    let labels = label(texts, "an open group's label", "an open group's label's value");
    Arc::new(GroupRecord {
        key: GroupKey { route: texts.text("an open group's route").as_str().into(), labels },
        began: seconds_ago(60),
        flush_at: Some(NOW + HOUR),
        last_flush: Some(seconds_ago(40)),
        members: vec![Member {
            key: alert.key.clone(),
            alert: alert.id.clone(),
            resolved: None,
            owed: Vec::new(),
        }],
        told: vec![GroupTold {
            receiver: board.receivers[0].name.clone(),
            at: seconds_ago(40),
            service_id: Some(texts.text("what a service calls a group")),
        }],
    })
}

fn window(texts: &Canaries, kind: WindowKind) -> Arc<Window> {
    // One that fits every alert: then alerts say what holds them.
    let matcher = format!("nothing!={:?}", texts.text("a matcher's value"));
    Arc::new(Window {
        id: WindowId::from(texts.text("a window's id").as_str()),
        kind,
        matchers: vec![Matcher::parse(&matcher).unwrap()],
        when: once(600, 7200),
        author: texts.text("who made a window"),
        comment: texts.text("a window's comment"),
        announcement: None,
        made_at: seconds_ago(600),
    })
}

fn note(texts: &Canaries, page: &StatusPageSpec) -> Note {
    Note {
        id: texts.text("a note's id").as_str().into(),
        page: page.name.clone(),
        title: texts.text("a note's title"),
        entries: vec![NoteEntry {
            at: seconds_ago(60),
            stage: Stage::Investigating,
            text: texts.text("what a note says"),
            by: texts.text("who wrote a note"),
        }],
    }
}

fn setup(board: &Board, texts: &Canaries, receiver: &Arc<ReceiverSpec>) -> Setup {
    let escalation = Escalation {
        name: texts.text("an escalation").as_str().into(),
        steps: vec![EscalationStep { after: HOUR, receivers: vec![receiver.name.clone()], repeat: 0 }],
    };
    let root = Route {
        name: "urgent".into(),
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(vec![texts.text("what is grouped by")]),
        group_wait: HOUR,
        group_interval: HOUR,
        repeat_interval: HOUR,
        notify_hours: None,
        receivers: Vec::new(),
        escalation: Some(escalation.name.clone()),
        children: Vec::new(),
    };
    let metric = || Some(texts.text("a service's metric"));
    let service = ServiceSpec {
        name: texts.text("a service").as_str().into(),
        display: None,
        matchers: Vec::new(),
        down_at: None,
        metrics: ServiceMetrics {
            average: metric(),
            p95: metric(),
            p99: metric(),
            request_rate: metric(),
            error_rate: metric(),
        },
    };
    let page = StatusPageSpec {
        name: texts.text("a status page").as_str().into(),
        title: texts.text("a status page's title"),
        description: Some(texts.text("a status page's description")),
        url: Some("https://status.example.com".to_owned()),
        shows: Shows::Services(vec![service.name.clone()]),
        token: None,
        zone: chrono_tz::UTC,
        latencies: Latencies::Hidden,
        subscriptions: Some("letters".into()),
        letters_after: Duration::from_secs(120),
    };
    let mut setup = Setup {
        status_pages: vec![Arc::new(page)],
        services: vec![Arc::new(service)],
        root: Some(Arc::new(root)),
        ..Setup::default()
    };
    setup.escalations.insert(escalation.name.clone(), Arc::new(escalation));
    setup.receivers.insert(receiver.name.clone(), Arc::clone(receiver));
    let action = ActionSpec {
        config: serde_json::json!({ "a": texts.text("an action's config") }).to_string().into(),
        most: Some(Most { count: NonZeroU32::MIN, within: HOUR }),
        ..ActionSpec::plain(board.actions[0].action.clone(), texts.text("an action's plugin").as_str().into())
    };
    setup.actions.insert(action.name.clone(), Arc::new(action));
    setup
}
