//! Boards that tests begin with.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::alert::{
    Acknowledgement, AlertKey, AlertRecord, Assignment, Escalating, Hold, HostProblem, Lasting, Phase,
};
use watchkeep_core::commit::TransitionKind;
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::delivery::{Ended, NotificationKind};
use watchkeep_core::group::{GroupKey, GroupRecord, GroupTold, Member};
use watchkeep_core::ids::{CheckName, Digest, OccasionId, WindowId};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::reason::Reason;
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionSpec, ActionStatus, Helped, Most, Origin};
use watchkeep_core::report::{Attachment, Judgement, Report, State};
use watchkeep_core::setup::{Escalation, EscalationStep, GroupBy, Route, Setup};
use watchkeep_core::view::CheckStatus;
use watchkeep_core::window::{When, Window, WindowKind};
use watchkeep_web::{AdminToken, DeliveryItem, PluginEvent, PluginKind, PluginLife, SnapshotFacts};

use super::{
    Board, NOW, acted, alert, check, decision, delivery, failed, labels, metric, ok, plugin, receiver,
    report, result, seconds_ago, spec, told, took, transition, view, with_findings,
};

/// What hostile plugins and targets say.
pub(crate) const HOSTILE: &str = "<script>alert('1')</script>\"&\n{{x}}";

fn shop_alert() -> AlertRecord {
    let mut shop = alert(
        AlertKey::Check("shop".into()),
        Phase::Firing { since: seconds_ago(200) },
        Judgement::Critical,
        240,
        "down",
    );
    shop.told = vec![told("chat", 190)];
    shop.answers = vec![took("chat", 189)];
    shop.holds = vec![Hold::Maintenance];
    shop
}

/// One of everything.
/// Text, so that it can be compared: nobody looks at it.
pub(crate) const PIXELS: &str = "pixels";
pub(crate) const SVG: &str = "<svg><script>alert(1)</script></svg>";

fn snapshot(check: &str, name: &str, media_type: &str, bytes: &str) -> (CheckName, SnapshotFacts, Vec<u8>) {
    let facts = SnapshotFacts {
        series: Some(name.to_owned()),
        at: seconds_ago(30),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes: bytes.len() as u64,
        digest: Digest::of(bytes.as_bytes()),
    };
    (check.into(), facts, bytes.as_bytes().to_vec())
}

/// The report with these attached, in the order of `snapshots`.
fn attached(outcome: Outcome, snapshots: &[(CheckName, SnapshotFacts, Vec<u8>)]) -> Outcome {
    let Outcome::Report(report) = &outcome else { panic!("a failure has no attachments") };
    let attachments = snapshots.iter().map(|(_, facts, _)| Attachment {
        name: facts.name.clone(),
        media_type: facts.media_type.clone(),
        size_bytes: facts.size_bytes,
        digest: facts.digest,
        series: facts.series.clone(),
    });
    Outcome::Report(Arc::new(Report { attachments: attachments.collect(), ..(**report).clone() }))
}

pub(crate) fn varied() -> Board {
    let shop = shop_alert();
    let finding = alert(
        AlertKey::Finding("docker".into(), "redis".into()),
        Phase::Pending,
        Judgement::Warning,
        20,
        "restarting",
    );
    let mut paused = check("paused", State::Ok);
    paused.status = CheckStatus::Paused;
    let found = with_findings(
        State::Warning,
        "1 of 2 containers is not well",
        &[
            ("redis", State::Warning, "restarting", Some("https://docs.example.com/")),
            ("web", State::Ok, "up", Some("javascript:alert(1)")),
        ],
    );
    let found = attached(
        found,
        &[
            snapshot("docker", "a.png", "image/png", PIXELS),
            snapshot("hostile", HOSTILE, "image/svg+xml", SVG),
        ],
    );
    let metrics = vec![metric("status_code", 503.0, "", &[("phase", "connect")])];
    let key = shop.key.clone();
    Board {
        checks: vec![
            check("blog", State::Ok),
            view(spec("docker", "docker", "{}", &[("team", "platform")]), Some((found, 30)), 60),
            view(
                spec("hostile", "http", "{}", &[("note", HOSTILE)]),
                Some((report(State::Ok, HOSTILE, vec![metric("x", 1.0, "", &[("l", HOSTILE)])]), 5)),
                60,
            ),
            view(spec("new", "http", "{}", &[]), None, 0),
            paused,
            view(
                spec("shop", "http", r#"{"url":"https://u:hunter2@shop.example.com/"}"#, &[("team", "web")]),
                Some((report(State::Critical, "down", metrics), 310)),
                240,
            ),
            view(
                spec("trapped", "bad", "{}", &[]),
                Some((failed(FailureReason::Trap, "the plugin `bad` trapped"), 2)),
                30,
            ),
        ],
        results: vec![
            result("shop", 4, seconds_ago(60), 310, report(State::Critical, "down", Vec::new())),
            result("shop", 3, seconds_ago(120), 305, failed(FailureReason::Trap, "trapped")),
            result("shop", 2, seconds_ago(180), 90, ok("up")),
            result("hostile", 1, seconds_ago(180), 90, report(State::Warning, HOSTILE, Vec::new())),
        ],
        transitions: vec![
            transition(key.clone(), 200, TransitionKind::Firing, State::Critical, "down"),
            transition(AlertKey::Plugin("bad".into()), 300, TransitionKind::Resolved, State::Ok, HOSTILE),
        ],
        decisions: vec![
            decision(&key, 240, Reason::BelowThreshold { seen: 1, needed: 3, of: 3 }),
            decision(&key, 200, Reason::Fired { level: Judgement::Critical }),
        ],
        deliveries: vec![
            refused_for_now(delivery(3, "chat", NotificationKind::Firing, &[&shop], 190, None)),
            delivery(
                2,
                "mail",
                NotificationKind::Firing,
                &[&shop],
                200,
                Some(Ended::Delivered { at: seconds_ago(199), service_id: Some("m1".into()) }),
            ),
            delivery(
                1,
                "hook",
                NotificationKind::Resolved,
                &[],
                300,
                Some(Ended::Dead { at: seconds_ago(9), error: HOSTILE.into() }),
            ),
        ],
        alerts: vec![Arc::new(finding), Arc::new(shop)],
        plugins: vec![
            plugin("bad", PluginKind::Check, |_| PluginLife::Failed {
                source: "plugins/bad.wasm".into(),
                problem: HOSTILE.into(),
            }),
            plugin("http", PluginKind::Check, |live| PluginLife::Kept { live, problem: "too new".into() }),
            plugin("fresh", PluginKind::Check, |live| PluginLife::Canary {
                live,
                previous: Digest::of(b"old"),
            }),
            plugin("gone", PluginKind::Check, |_| PluginLife::Disabled),
            plugin("slack", PluginKind::Notifier, PluginLife::Live),
            plugin("slow", PluginKind::Check, |_| PluginLife::Compiling {
                live: None,
                source: "plugins/slow.wasm".into(),
            }),
            plugin("wants", PluginKind::Check, |live| PluginLife::PendingGrant {
                live: Some(live),
                source: "plugins/wants.wasm".into(),
                digest: Digest::of(b"new"),
                asks: vec!["http: https://a.example".into(), "reveal: key".into()],
            }),
        ],
        plugin_events: vec![PluginEvent {
            at: seconds_ago(30),
            file: "plugins/bad.wasm".into(),
            digest: Some(Digest::of(b"bad")),
            stage: "inspect",
            message: HOSTILE.into(),
            hint: Some("copy the file again".into()),
        }],
        snapshots: vec![
            snapshot("docker", "a.png", "image/png", PIXELS),
            snapshot("hostile", HOSTILE, "image/svg+xml", SVG),
        ],
        receivers: vec![receiver("chat", "slack"), receiver("mail", "slack")],
        ..Board::default()
    }
}

/// After its first attempt.
fn refused_for_now(mut item: DeliveryItem) -> DeliveryItem {
    let delivery = Arc::make_mut(&mut item.delivery);
    delivery.last_error = Some("503".to_owned());
    item
}

fn window(id: &str, kind: WindowKind, matchers: &[&str], when: When) -> Arc<Window> {
    Arc::new(Window {
        id: WindowId::from(id),
        kind,
        matchers: matchers.iter().map(|text| Matcher::parse(text).unwrap()).collect(),
        when,
        author: "ann".to_owned(),
        comment: HOSTILE.to_owned(),
        announcement: None,
        made_at: seconds_ago(1000),
    })
}

pub(crate) fn once(from: u64, lasts: u64) -> When {
    let from = seconds_ago(from);
    When::Once { from, until: from + Duration::from_secs(lasts) }
}

/// Root groups by check and reminds after four hours; under it `urgent` escalates.
pub(crate) fn setup() -> Setup {
    let route = |name: &str| Route {
        name: name.into(),
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(vec!["check".to_owned()]),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(300),
        repeat_interval: Duration::from_secs(4 * 3600),
        notify_hours: None,
        receivers: vec!["chat".into()],
        escalation: None,
        children: Vec::new(),
    };
    let urgent = Route {
        matchers: vec![Matcher::parse("team=\"web\"").unwrap()],
        receivers: Vec::new(),
        escalation: Some("on-call".into()),
        ..route("urgent")
    };
    let step = |after: u64, receiver: &str| EscalationStep {
        after: Duration::from_secs(after),
        receivers: vec![receiver.into()],
        repeat: 0,
    };
    let on_call = Escalation { name: "on-call".into(), steps: vec![step(0, "pager"), step(600, "lead")] };
    Setup {
        root: Some(Arc::new(Route { children: vec![urgent], ..route("root") })),
        escalations: [("on-call".into(), Arc::new(on_call))].into(),
        ..Setup::default()
    }
}

/// Beside `varied`: alerts that somebody took, that escalate, that are of the host itself; silences, maintenance, a
/// group. The token is `s3cret`.
pub(crate) fn busy() -> Board {
    let mut disk = alert(
        AlertKey::Check("disk".into()),
        Phase::Firing { since: seconds_ago(5000) },
        Judgement::Warning,
        5100,
        "87 % full",
    );
    disk.labels =
        labels(&[("check", "disk"), ("team", "data"), ("state", "warning"), ("severity", "warning")]);
    disk.acknowledged = Some(Acknowledgement {
        by: HOSTILE.replace('\n', " "),
        at: seconds_ago(4000),
        comment: "cleaning up".to_owned(),
        until: Some(NOW + Duration::from_secs(3600)),
        lasting: Lasting::Sticky,
    });
    disk.assigned = Some(Assignment {
        to: "data team".to_owned(),
        by: "ann".to_owned(),
        at: seconds_ago(3000),
        comment: HOSTILE.replace('\n', " "),
        due: Some(NOW + Duration::from_secs(86_400)),
        overdue: false,
    });
    let mut api = alert(
        AlertKey::Check("api".into()),
        Phase::Firing { since: seconds_ago(100) },
        Judgement::Critical,
        130,
        "status 503",
    );
    api.labels = labels(&[("check", "api"), ("team", "web"), ("state", "critical"), ("severity", "error")]);
    api.told = vec![told("chat", 90)];
    api.answers = vec![took("chat", 89)];
    api.escalating = vec![Escalating {
        route: "urgent".into(),
        step: 1,
        told: 0,
        waited: Duration::from_secs(40),
        since: Some(seconds_ago(60)),
        awaits: Vec::new(),
    }];
    let offline = alert(
        AlertKey::Host(HostProblem::Offline),
        Phase::Firing { since: seconds_ago(30) },
        Judgement::Critical,
        30,
        "cut off",
    );
    let group = GroupRecord {
        key: GroupKey { route: "root".into(), labels: labels(&[("check", "api")]) },
        began: seconds_ago(100),
        flush_at: Some(NOW + Duration::from_secs(20)),
        last_flush: Some(seconds_ago(90)),
        members: vec![Member {
            key: api.key.clone(),
            alert: api.id.clone(),
            resolved: None,
            owed: Vec::new(),
        }],
        told: vec![GroupTold { receiver: "chat".into(), at: seconds_ago(90), service_id: None }],
    };
    let mut board = varied();
    board.access.admin_token = Some(AdminToken::new("s3cret"));
    board.alerts.extend([disk, api, offline].map(Arc::new));
    for alert in &mut board.alerts {
        if alert.key == AlertKey::Check("shop".into()) {
            let held = Arc::make_mut(alert);
            held.labels =
                labels(&[("check", "shop"), ("team", "web"), ("state", "critical"), ("severity", "error")]);
        }
    }
    let nightly = When::Recurring {
        starts: CronSchedule::parse("0 2 * * *", "Europe/Oslo".parse().unwrap()).unwrap(),
        lasts: Duration::from_secs(3600),
        ended: None,
    };
    board.windows = vec![
        window("m-shop", WindowKind::Maintenance, &["check=shop"], once(600, 7200)),
        window("s-old", WindowKind::Silence, &["team=web"], once(9000, 60)),
        window("s-later", WindowKind::Silence, &["team=~\"web|data\""], once(0, 60)),
        window("config:nightly", WindowKind::Maintenance, &["team=data"], nightly),
    ];
    if let When::Once { from, until } = &mut Arc::make_mut(&mut board.windows[2]).when {
        *from = NOW + Duration::from_secs(60);
        *until = NOW + Duration::from_secs(120);
    }
    board.groups = vec![Arc::new(group)];
    board.setup = Arc::new(setup());
    board.ping_key = Some("5d7a".to_owned());
    board
}

/// A busy board on which automatic recovery has failed once, and waits for people.
pub(crate) fn recovering() -> Board {
    let mut board = busy();
    let is_api = |alert: &&Arc<AlertRecord>| alert.key == AlertKey::Check("api".into());
    let api = Arc::clone(board.alerts.iter().find(is_api).unwrap());
    let waiting = |place: u32| ActionRecord {
        id: OccasionId::derive(&api.id, &"restart".into(), place),
        number: place,
        origin: Origin::Check,
        status: ActionStatus::AwaitsApproval,
        ..acted("restart", &api)
    };
    let failed = ActionRecord {
        id: OccasionId::restore("o-failed"),
        status: ActionStatus::Ended {
            began: seconds_ago(90),
            at: seconds_ago(80),
            result: ActionResult::Failed {
                why: HOSTILE.replace('\n', " "),
                said_by: Some("plugin `command` (generation 0123456789ab)".to_owned()),
            },
            helped: Helped::No,
        },
        ..waiting(1)
    };
    let actions = vec![waiting(3), waiting(2), failed];
    let mut setup = Setup::clone(&board.setup);
    let restart = ActionSpec {
        most: Some(Most { count: NonZeroU32::MIN, within: Duration::from_secs(3600) }),
        ..ActionSpec::plain("restart".into(), "command".into())
    };
    setup.actions.insert(restart.name.clone(), Arc::new(restart));
    board.actions = actions.into_iter().map(Arc::new).collect();
    board.setup = Arc::new(setup);
    board
}
