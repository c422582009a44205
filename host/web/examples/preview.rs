//! Serves the pages of a made-up host on loopback, to look at them: `cargo run -p watchkeep-web --example preview
//! [PORT] [CHECKS]`.

#[path = "../tests/web/support/mod.rs"]
mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use support::outside::status_page;
use support::{
    Board, FakeHost, check, delivery, failed, plugin, report, result, seconds_ago, spec, told, took, view,
};
use watchkeep_core::alert::{
    Acknowledgement, AlertKey, Answer, Assignment, Escalating, GaveUp, Hold, Lasting, Phase,
};
use watchkeep_core::commit::{AcceptedSnapshot, TransitionKind};
use watchkeep_core::delivery::{Ended, NotificationKind};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::ids::{DeliveryId, Digest};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::outcome::FailureReason;
use watchkeep_core::reason::Reason;
use watchkeep_core::report::{Bounds, Judgement, Range, State};
use watchkeep_core::rule::{Aggregate, Bound, RuleSpec};
use watchkeep_core::service::{ServiceMetrics, ServiceSpec};
use watchkeep_core::setup::{Parent, Setup, Work};
use watchkeep_core::status_page::{Latencies, Shows, StatusPageSpec};
use watchkeep_core::time::Wall;
use watchkeep_core::view::{CheckStatus, CheckView, Update};
use watchkeep_core::window::{When, Window, WindowKind};
use watchkeep_web::{GenerationView, NotReady, PluginKind, PluginLife, SnapshotFacts};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let port = arguments.next().and_then(|port| u16::try_from(port).ok()).unwrap_or(8699);
    let extra = arguments.next().unwrap_or(0);
    let host = FakeHost::new(for_the_public(board(extra)));
    tokio::spawn(live(host.clone()));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let service = watchkeep_web::router(host).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await
}

/// The made-up moment runs on from where the tests stand still; twice a second a check has a new result, and one
/// of them goes down and comes back every few seconds.
async fn live(host: Arc<FakeHost>) {
    let began = wall();
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    for round in 0_u64.. {
        ticks.tick().await;
        let now = support::NOW + wall().since(began);
        let mut views = host.with(|board| {
            board.now = Some(now);
            board.checks.clone()
        });
        if round % 10 == 9 {
            let state = if round % 20 == 9 { State::Critical } else { State::Ok };
            let mut flapping = view(
                spec("flapping", "http", "{}", &[]),
                Some((report(state, "now and then", vec![]), 9)),
                0,
            );
            flapping.since = Some(now);
            host.publish(Update::Check(flapping));
        }
        let count = views.len();
        let view = &mut views[round as usize * 7 % count];
        if let (Some(last), CheckStatus::Active) = (&view.last, view.status) {
            let took = 20 + round * 37 % 300;
            let row =
                result(view.spec.name.as_str(), last.sequence + round + 1, now, took, last.outcome.clone());
            view.last = Some(Arc::new(row));
            host.publish(Update::Check(view.clone()));
        }
    }
}

fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn board(extra: usize) -> Board {
    let mut checks = healthy();
    checks.extend((0..extra).map(|n| check(&format!("customer-{n:05}"), State::Ok)));
    let shop = AlertKey::Check("site-shop".into());
    let disk = AlertKey::Check("db-disk".into());
    let camera = AlertKey::NotJudged("camera-hall-3".into());
    checks.push(trouble(
        "site-shop",
        "http",
        State::Critical,
        754,
        10_000,
        "connect to shop.example.com:443 timed out after 9.5 s",
        &[("team", "web"), ("priority", "high")],
    ));
    // Its last run is one of its history, numbers and all.
    let newest = result_of(0, 9).map(Arc::new);
    if let Some(shop) = checks.last_mut() {
        shop.last = newest;
    }
    checks.push(slow_rule());
    checks.extend(others());
    checks.push(trouble(
        "payments-api",
        "http",
        State::Critical,
        95,
        310,
        "status 503 Service Unavailable, expected 200-299",
        &[("team", "payments"), ("priority", "high"), ("region", "eu-north")],
    ));
    checks.push(trouble(
        "db-disk",
        "disk",
        State::Warning,
        11_000,
        12,
        "/var/lib/postgresql is 87 % full, warning above 85 %; at this rate it is full in 19 hours",
        &[("team", "data")],
    ));
    checks.push(trouble(
        "tls-blog",
        "http",
        State::Warning,
        190_000,
        88,
        "certificate of blog.example.com expires in 6 days",
        &[("team", "press")],
    ));
    let payments = checks.iter_mut().find(|view| view.spec.name.as_str() == "payments-api");
    if let Some(payments) = payments {
        let spec = Arc::make_mut(&mut payments.spec);
        spec.depends_on = vec![
            vec![Parent::Check("site-shop".into())],
            vec![Parent::Check("proxy-eu".into()), Parent::Check("proxy-us".into())],
        ];
        if let Some(row) = &mut payments.last {
            // Seven of its last 20 judgements differ from the one before.
            Arc::make_mut(row).flaps = Flaps::from_bits(0x55_55 & 0x3fff | 20 << 20 | 3 << 25 | 1 << 27);
        }
    }
    let mut denied = spec("camera-hall-3", "rtsp", "{}", &[("site", "oslo-12")]);
    denied.runbook = None;
    checks.push(view(
        denied,
        Some((failed(FailureReason::Denied, "denied: rtsp to camera-3.internal:554"), 3)),
        3_900,
    ));
    checks.push(trouble(
        "search-index",
        "elasticsearch",
        State::Warning,
        20,
        210,
        "indexing lag 41 s, warning above 30 s",
        &[("team", "data")],
    ));
    checks.push(view(spec("nightly-compare", "snapshot-compare", "{}", &[("site", "oslo-12")]), None, 0));
    let mut paused = check("legacy-ftp", State::Critical);
    paused.status = CheckStatus::Paused;
    checks.push(paused);
    let mut closed = check("store-till-4", State::Ok);
    closed.status = CheckStatus::Closed;
    checks.push(closed);
    checks.push(trouble(
        "<script>alert(1)</script>",
        "http",
        State::Ok,
        400,
        31,
        "\"><img src=x onerror=alert(1)>",
        &[("team", "<b>x</b>")],
    ));
    checks.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));

    let mut firing = support::alert(
        shop.clone(),
        Phase::Firing { since: seconds_ago(724) },
        Judgement::Critical,
        754,
        "connect to shop.example.com:443 timed out after 9.5 s",
    );
    firing.told = vec![told("pager", 720), told("chat", 694)];
    // The pager refused it for good; the chat has it.
    let gave_up = GaveUp {
        at: seconds_ago(719),
        error: "status 403: the routing key is unknown".to_owned(),
        delivery: DeliveryId(10),
    };
    firing.answers =
        vec![Answer { receiver: "pager".into(), took: None, gave_up: Some(gave_up) }, took("chat", 693)];
    let mut payments = support::alert(
        AlertKey::Check("payments-api".into()),
        Phase::Firing { since: seconds_ago(50) },
        Judgement::Critical,
        95,
        "status 503 Service Unavailable, expected 200-299",
    );
    payments.holds = vec![Hold::Dependency, Hold::Silenced];
    payments.labels =
        support::labels(&[("check", "payments-api"), ("team", "payments"), ("priority", "high")]);
    firing.labels = support::labels(&[("check", "site-shop"), ("team", "web"), ("priority", "high")]);
    firing.escalating = vec![Escalating {
        route: "urgent".into(),
        step: 1,
        told: 0,
        waited: Duration::ZERO,
        since: Some(seconds_ago(240)),
        awaits: Vec::new(),
    }];
    let mut filling = support::alert(
        disk,
        Phase::Recovering { fired: seconds_ago(10_900), oks: 1 },
        Judgement::Warning,
        11_000,
        "/var/lib/postgresql is 87 % full, warning above 85 %; at this rate it is full in 19 hours",
    );
    filling.told = vec![told("chat", 10_860)];
    filling.answers = vec![took("chat", 10_859)];
    filling.labels = support::labels(&[("check", "db-disk"), ("team", "data")]);
    filling.acknowledged = Some(Acknowledgement {
        by: "Ann".to_owned(),
        at: seconds_ago(9_000),
        comment: "moving the old backups away".to_owned(),
        until: Some(support::NOW + Duration::from_secs(3600)),
        lasting: Lasting::UntilWorse,
    });
    filling.assigned = Some(Assignment {
        to: "data team".to_owned(),
        by: "Bo".to_owned(),
        at: seconds_ago(9_300),
        comment: "it is your disk".to_owned(),
        due: Some(support::NOW + Duration::from_secs(86_400)),
        overdue: false,
    });
    let blind = support::alert(
        camera,
        Phase::Firing { since: seconds_ago(3_500) },
        Judgement::Warning,
        3_900,
        "not judged, because denied: rtsp to camera-3.internal:554",
    );
    let pending = support::alert(
        AlertKey::Check("search-index".into()),
        Phase::Pending,
        Judgement::Warning,
        20,
        "indexing lag 41 s, warning above 30 s",
    );
    let ago = seconds_ago;
    let deliveries = vec![
        delivery(12, "mail", NotificationKind::Firing, &[&payments], 40, None),
        delivery(
            11,
            "chat",
            NotificationKind::Firing,
            &[&firing],
            694,
            Some(Ended::Delivered { at: ago(693), service_id: None }),
        ),
        delivery(
            10,
            "pager",
            NotificationKind::Firing,
            &[&firing],
            720,
            Some(Ended::Dead { at: ago(719), error: "status 403: the routing key is unknown".into() }),
        ),
        delivery(
            9,
            "old-hook",
            NotificationKind::Resolved,
            &[&filling],
            80_000,
            Some(Ended::Dead {
                at: ago(300),
                error: "status 404 from the webhook: it will never be accepted".into(),
            }),
        ),
    ];
    let busy = support::boards::busy();
    Board {
        access: busy.access,
        windows: busy.windows.into_iter().chain([payments_silence()]).collect(),
        setup: setup(&busy.setup),
        groups: busy.groups,
        results: results().into_iter().chain(rule_results()).chain(other_results()).collect(),
        snapshots: pictures(),
        accepted: vec![accepted()],
        decisions: vec![
            support::decision(&shop, 754, Reason::BelowThreshold { seen: 1, needed: 3, of: 3 }),
            support::decision(&shop, 739, Reason::BelowThreshold { seen: 2, needed: 3, of: 3 }),
            support::decision(&shop, 724, Reason::Fired { level: Judgement::Critical }),
            support::decision(&shop, 724, Reason::WaitsForGroup { route: "root".into(), wait: Duration::from_secs(30) }),
            support::decision(&shop, 720, Reason::Told { receiver: "pager".into(), route: "urgent".into(), notification: "n10".into() }),
            support::decision(&shop, 694, Reason::Told { receiver: "chat".into(), route: "root".into(), notification: "n11".into() }),
        ],
        transitions: vec![
            support::transition(AlertKey::Check("search-index".into()), 20, TransitionKind::Pending, State::Warning, "indexing lag 41 s, warning above 30 s"),
            support::transition(AlertKey::Check("payments-api".into()), 50, TransitionKind::Firing, State::Critical, "status 503 Service Unavailable, expected 200-299"),
            support::transition(shop, 724, TransitionKind::Firing, State::Critical, "connect to shop.example.com:443 timed out after 9.5 s"),
            support::transition(AlertKey::Check("site-blog".into()), 90_000, TransitionKind::Resolved, State::Ok, "200 OK in 84 ms"),
        ],
        alerts: [firing, payments, filling, blind, pending].into_iter().map(Arc::new).collect(),
        deliveries,
        plugins: vec![
            plugin("disk", PluginKind::Check, PluginLife::Live),
            plugin("http", PluginKind::Check, |live| PluginLife::Kept { live, problem: "plugins/http.wasm (sha256 3f9a41c02b7d): it wants contract version 0.2.0, this host offers 0.1.0; hint: build it with watchkeep-sdk 0.1".into() }),
            plugin("rtsp", PluginKind::Check, |_| PluginLife::Failed { source: "plugins/rtsp.wasm".into(), problem: "this is not a WebAssembly file: it begins with `<!DOCTYPE`".into() }),
            plugin("slack", PluginKind::Notifier, |live| PluginLife::Canary { live, previous: Digest::of(b"old") }),
            plugin("detectify", PluginKind::Check, |live| PluginLife::PendingGrant { live: Some(live), source: "plugins/detectify.wasm".into(), digest: Digest::of(b"new"), asks: vec!["http: https://api.detectify.com".into()] }),
            plugin("onvif", PluginKind::Check, |_| PluginLife::Compiling { live: None, source: "plugins/onvif.wasm".into() }),
            plugin("snapshot-compare", PluginKind::Check, |live| PluginLife::Live(GenerationView { reads_snapshots: true, ..live })),
        ],
        receivers: vec![support::receiver("chat", "slack"), support::receiver("pager", "pagerduty")],
        not_ready: vec![NotReady { part: "store", message: "the disk of `data` is full, 312 results wait in memory; hint: free some space, nothing is lost meanwhile".into() }],
        checks,
        ..Board::default()
    }
}

/// A rule over how long the shop's runs take, with a history of its own.
fn slow_rule() -> CheckView {
    let mut own = spec("shop-slow", "rule", "{}", &[("team", "web")]);
    let rule = rule();
    own.work = Work::Rule(Arc::new(rule));
    view(own, Some((slow(0.93), 1)), 700)
}

fn rule() -> RuleSpec {
    RuleSpec {
        matchers: Vec::new(),
        metric: "probe_duration_seconds".to_owned(),
        aggregate: Aggregate::P95,
        over: Duration::from_secs(300),
        bound: Bound::Above(0.5),
        by: Vec::new(),
        severity: watchkeep_core::report::Severity::Warning,
    }
}

fn slow(p95: f64) -> watchkeep_core::outcome::Outcome {
    let samples = vec![(support::NOW, p95)];
    let series = watchkeep_core::rule::Series { labels: Default::default(), samples };
    watchkeep_core::rule::evaluate(&rule(), &[series], support::NOW)
}

const ADDRESSES: [(&str, State, f64, &[&str]); 3] = [
    ("192.0.2.25", State::Critical, 40.0, &["spamhaus"]),
    ("192.0.2.26", State::Warning, 65.0, &["spamcop"]),
    ("192.0.2.27", State::Ok, 100.0, &[]),
];

/// Of addresses that mail is sent from, a quarter of a year; of a job, some runs.
fn other_results() -> Vec<watchkeep_core::commit::ResultRow> {
    let days = (0..90_u64).flat_map(|day| {
        ADDRESSES.map(|(address, state, score, lists)| {
            let then = if day > 20 { 100.0 - (day % 7) as f64 } else { score };
            let listed = if day > 20 { &[][..] } else { lists };
            let outcome = support::address_report(address, "Example Hosting", state, then, listed);
            result(&format!("mail-{address}"), 900 - day, seconds_ago(day * 86_400 + 30), 800, outcome)
        })
    });
    let jobs = (0..14_u64).map(|n| {
        let outcome = if n == 2 {
            report(State::Critical, "exit status 3", vec![])
        } else {
            support::ok("the job succeeded")
        };
        result("etl-orders", 90 - n, seconds_ago(n * 3600 + 400), 41_000 + n * 900, outcome)
    });
    days.chain(jobs).collect()
}

fn others() -> Vec<CheckView> {
    let address = |(address, state, score, lists): (&str, State, f64, &[&str])| {
        let outcome = support::address_report(address, "Example Hosting", state, score, lists);
        view(
            spec(&format!("mail-{address}"), "ip-reputation", "{}", &[("team", "mail")]),
            Some((outcome, 800)),
            4_000,
        )
    };
    let mut job = spec("etl-orders", "heartbeat", "{}", &[("team", "data")]);
    job.work = Work::Heartbeat(Arc::new(HeartbeatSpec {
        key: "made-up".to_owned(),
        expects: Expects::Every(Duration::from_secs(3600)),
        lasts_max: Duration::from_secs(900),
    }));
    let mut all: Vec<CheckView> = ADDRESSES.map(address).into();
    all.push(view(job, Some((support::ok("the job succeeded"), 41_000)), 400));
    let camera = spec("camera-hall-1", "snapshot-compare", "{}", &[("site", "oslo-12")]);
    all.push(view(
        camera,
        Some((report(State::Warning, "the camera was turned by 4 degrees", vec![]), 900)),
        4_000,
    ));
    all
}

const BEFORE: &[u8] = include_bytes!("../../../sdk/rust/tests/pictures/baseline.jpg");
const AFTER: &[u8] = include_bytes!("../../../sdk/rust/tests/pictures/grey.jpg");

fn pictures() -> Vec<(watchkeep_core::ids::CheckName, SnapshotFacts, Vec<u8>)> {
    let of = |at, name: &str, bytes: &[u8]| {
        let facts = SnapshotFacts {
            series: Some("view".to_owned()),
            at,
            name: name.to_owned(),
            media_type: "image/jpeg".to_owned(),
            size_bytes: bytes.len() as u64,
            digest: Digest::of(bytes),
        };
        ("camera-hall-1".into(), facts, bytes.to_vec())
    };
    vec![of(seconds_ago(3_000), "view.jpg", AFTER), of(seconds_ago(90_000), "view.jpg", BEFORE)]
}

fn accepted() -> AcceptedSnapshot {
    AcceptedSnapshot {
        check: "camera-hall-1".into(),
        series: "view".to_owned(),
        at: seconds_ago(90_000),
        name: "view.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        size_bytes: BEFORE.len() as u64,
        digest: Digest::of(BEFORE),
    }
}

fn rule_results() -> Vec<watchkeep_core::commit::ResultRow> {
    let row = |n: u64| {
        let p95 = if n < 11 { 0.93 } else { 0.28 + (n * 7919 % 60) as f64 / 400.0 };
        result("shop-slow", 9_000 - n, seconds_ago(n * 60 + 5), 1, slow(p95))
    };
    (0..1500).map(row).collect()
}

fn setup(busy: &Setup) -> Arc<Setup> {
    let service = |name: &str, matcher: &str, metrics: ServiceMetrics| {
        let matchers = vec![Matcher::parse(matcher).expect("a matcher")];
        Arc::new(ServiceSpec { name: name.into(), display: None, matchers, down_at: None, metrics })
    };
    let read = ServiceMetrics {
        average: Some("request_seconds".to_owned()),
        p95: Some("request_p95_seconds".to_owned()),
        p99: Some("request_p99_seconds".to_owned()),
        request_rate: Some("requests".to_owned()),
        error_rate: Some("errors_ratio".to_owned()),
    };
    Arc::new(Setup {
        services: vec![
            service("Shop", r#"check=~"site-shop|redis-.*|shop-slow""#, ServiceMetrics::default()),
            service("Payments", r#"team="payments""#, ServiceMetrics::default()),
            service("API", r#"check=~"api-gateway|auth-service|sso""#, read),
            service("Data", r#"team="data""#, ServiceMetrics::default()),
            service("Oslo", r#"site="oslo-12""#, ServiceMetrics::default()),
        ],
        ..busy.clone()
    })
}

/// What an API says of itself.
fn requests() -> Vec<watchkeep_core::report::Metric> {
    vec![
        support::metric("request_seconds", 0.042, "seconds", &[]),
        support::metric("request_p95_seconds", 0.131, "seconds", &[]),
        support::metric("request_p99_seconds", 0.402, "seconds", &[]),
        support::metric("requests", 1_240.0, "per second", &[]),
        support::metric("errors_ratio", 0.0031, "ratio", &[]),
    ]
}

fn payments_silence() -> Arc<Window> {
    Arc::new(Window {
        id: "s-4f1b2c3d4e5f60718293a4b5".into(),
        kind: WindowKind::Silence,
        matchers: [r#"team="payments""#, r#"priority=~"high|urgent""#]
            .map(|text| Matcher::parse(text).expect("a matcher"))
            .into(),
        when: support::boards::once(300, 5400),
        author: "Bo".to_owned(),
        comment: "the provider moves its data centre".to_owned(),
        announcement: None,
        made_at: seconds_ago(300),
    })
}

fn trouble(
    name: &str,
    plugin: &str,
    state: State,
    since: u64,
    took: u64,
    summary: &str,
    labels: &[(&str, &str)],
) -> CheckView {
    let config = r#"{"url":"https://user:pass@shop.example.com/","find":"Add to cart","token":{"secret":"shop-token"}}"#;
    let metrics = vec![
        support::metric("http_status_code", 503.0, "", &[]),
        support::metric("phase", 0.0123, "seconds", &[("phase", "connect")]),
    ];
    let metrics = if name == "api-gateway" { requests() } else { metrics };
    view(spec(name, plugin, config, labels), Some((report(state, summary, metrics), took)), since)
}

fn healthy() -> Vec<CheckView> {
    let names = [
        "api-gateway",
        "auth-service",
        "backup-nightly",
        "cdn-edge",
        "clickhouse",
        "dns-main",
        "docs-site",
        "elastic",
        "email-smtp",
        "gateway",
        "git-server",
        "grafana",
        "jobs-queue",
        "kafka",
        "ldap",
        "mysql-replica",
        "ntp",
        "object-store",
        "postgres-main",
        "postgres-standby",
        "proxy-eu",
        "proxy-us",
        "redis-cache",
        "redis-sessions",
        "registry",
        "site-blog",
        "site-landing",
        "sso",
        "status-page",
        "vpn-oslo",
    ];
    let made = names.iter().enumerate().map(|(index, name)| {
        let index = index as u64;
        let took = 8 + index * 41 % 260;
        let summary = format!("200 OK in {took} ms, certificate valid for {} days", 20 + index * 3);
        let team = ["web", "data", "platform"][(index % 3) as usize];
        trouble(name, "http", State::Ok, 40 + index * index * 977, took, &summary, &[("team", team)])
    });
    made.collect()
}

/// Newest first, of the shop: a year of quiet with a bad night, days on which the host was off, then slow, then gone.
fn results() -> Vec<watchkeep_core::commit::ResultRow> {
    let mut rows = Vec::new();
    let mut age = 9_u64;
    let mut n = 0_u64;
    while age < 366 * 86_400 {
        rows.extend(result_of(n, age));
        n += 1;
        // As often as the longest range that still shows such an old run needs it.
        age += match age {
            0..7_200 => 60,
            7_200..90_000 => 150,
            90_000..700_000 => 1_200,
            700_000..2_700_000 => 1_800,
            _ => 10_800,
        };
    }
    rows
}

fn result_of(n: u64, age: u64) -> Option<watchkeep_core::commit::ResultRow> {
    let days = age / 86_400;
    // Off for some hours, and for a week in spring.
    if (30_000..41_000).contains(&age) || (200..208).contains(&days) || days == 12 {
        return None;
    }
    let at = seconds_ago(age);
    let noise = n * 7919 % 60;
    // By day people come, and it is slower.
    let hour = (at.millis() / 3_600_000).rem_euclid(24);
    let busy = if (7..20).contains(&hour) { 90 } else { 0 };
    let spike = if n.is_multiple_of(17) { 190 } else { 0 };
    let bad = matches!(days, 33 | 71 | 150) && n.is_multiple_of(3);
    let used = 0.61 + (1.0 - age as f64 / 3.2e7) * 0.24 + noise as f64 * 0.0004;
    let took = 110 + noise + busy + spike + n % 11 * 8;
    let (state, summary, took) = match age {
        0..754 => (State::Critical, "connect to shop.example.com:443 timed out after 9.5 s", 900 + noise),
        754..1_000 => (State::Warning, "200 OK in 640 ms, warning above 500 ms", 560 + noise * 3),
        3_600..3_660 => {
            let failure = failed(FailureReason::WallTime, "plugin `http` ran out of its 10 s");
            return Some(result("site-shop", 100_000 - n, at, 700, failure));
        }
        _ if bad => (State::Critical, "status 502 Bad Gateway, expected 200-299", took * 3),
        _ => (State::Ok, "200 OK, certificate valid for 61 days", took),
    };
    let outcome = report(state, summary, shop_metrics(took as f64 / 1000.0, used));
    Some(result("site-shop", 100_000 - n, at, took, outcome))
}

fn shop_metrics(took_seconds: f64, used: f64) -> Vec<watchkeep_core::report::Metric> {
    let above = |high| Some(Range { low: None, high: Some(high), inside: false });
    let mut cart = support::metric("cart_memory_used", used, "ratio", &[]);
    cart.bounds = Bounds { warning: above(0.85), critical: above(0.95), ..Bounds::default() }.boxed();
    vec![
        cart,
        support::metric("phase", took_seconds * 0.2, "seconds", &[("phase", "connect")]),
        support::metric("phase", took_seconds * 0.7, "seconds", &[("phase", "first_byte")]),
        support::metric("response_size", 48_000.0 + took_seconds * 9_000.0, "bytes", &[]),
    ]
}

/// With a status page of the services, notes on it, maintenance to come, and ninety days behind it.
fn for_the_public(mut board: Board) -> Board {
    let mut setup = (*board.setup).clone();
    let specs = board.checks.iter().map(|view| (view.spec.name.clone(), Arc::clone(&view.spec)));
    setup.checks = specs.collect();
    let names = setup.services.iter().map(|service| service.name.clone()).collect();
    let page = StatusPageSpec {
        title: "Example Shop".to_owned(),
        description: Some("The state of what we run for our customers.".to_owned()),
        latencies: Latencies::Shown,
        subscriptions: None,
        letters_after: Duration::from_secs(120),
        ..status_page("acme", Shows::Services(names))
    };
    setup.status_pages = vec![Arc::new(page)];
    let of_services: Vec<_> = setup
        .checks
        .values()
        .filter(|spec| {
            let labels = watchkeep_core::service::labels(spec);
            setup.services.iter().any(|service| service.has(&labels))
        })
        .map(|spec| spec.name.clone())
        .collect();
    for (place, check) in of_services.iter().enumerate() {
        for quarter in 1..280_u64 {
            let is_bad = (quarter + place as u64 * 3).is_multiple_of(61);
            let state = if is_bad { State::Critical } else { State::Ok };
            let at = seconds_ago(quarter * 6 * 3600);
            let row = result(check.as_str(), 1, at, 30 + quarter * 7 % 90, report(state, "x", Vec::new()));
            board.results.push(row);
        }
    }
    let outside = support::outside::outside();
    board.notes = outside.notes;
    board.windows.push(support::outside::announced(
        "m-move",
        r#"team="data""#,
        When::Once {
            from: support::NOW + Duration::from_secs(90_000),
            until: support::NOW + Duration::from_secs(97_200),
        },
        Some("The warehouse gets new disks. Reports of the day come an hour later."),
    ));
    board.setup = Arc::new(setup);
    board
}
