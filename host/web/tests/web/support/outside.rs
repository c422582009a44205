//! A made-up host with status pages. Everything that nobody outside may learn has `canary` in it.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use watchkeep_core::alert::{Acknowledgement, AlertKey, Phase};
use watchkeep_core::commit::TransitionKind;
use watchkeep_core::ids::WindowId;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::note::{Note, NoteEntry, Stage};
use watchkeep_core::report::{Judgement, State};
use watchkeep_core::service::{ServiceMetrics, ServiceSpec};
use watchkeep_core::setup::{CheckSpec, Setup};
use watchkeep_core::status_page::{Latencies, Shows, StatusPageSpec};
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window, WindowKind};

use super::{Board, NOW, alert, labels, ok, report, result, seconds_ago, spec, transition, view};

pub(crate) const TOKEN: &str = "canary-token-0123456789abcdef";
pub(crate) const DAY: u64 = 86_400;
/// A title as somebody mean would choose it.
pub(crate) const HOSTILE_TITLE: &str = "</title><script>alert(1)</script>\"'&\u{1}\u{202e} shop";

pub(crate) fn status_page(name: &str, shows: Shows) -> StatusPageSpec {
    StatusPageSpec {
        name: name.into(),
        title: format!("Status of {name}"),
        description: Some("What we run for you.".to_owned()),
        url: None,
        shows,
        token: None,
        zone: Tz::Europe__Oslo,
        latencies: Latencies::Hidden,
        subscriptions: None,
        letters_after: Duration::from_secs(120),
    }
}

pub(crate) fn matcher(text: &str) -> Matcher {
    Matcher::parse(text).unwrap()
}

/// A check with everything that is not to be told.
pub(crate) fn secretive(name: &str, display: Option<&str>) -> CheckSpec {
    CheckSpec {
        display: display.map(str::to_owned),
        runbook: Some("https://canary-wiki.internal/".to_owned()),
        labels: labels(&[("client", "acme"), ("team", "canary-team"), ("canary_label", "x")]),
        ..spec(&format!("canary-{name}"), "canary-plugin", "{\"address\":\"canary-db.internal:5432\"}", &[])
    }
}

pub(crate) fn note(id: &str, page: &str, title: &str, entries: &[(u64, Stage, &str)]) -> Note {
    let entry = |(ago, stage, text): &(u64, Stage, &str)| NoteEntry {
        at: seconds_ago(*ago),
        stage: *stage,
        text: (*text).to_owned(),
        by: "canary-author".to_owned(),
    };
    Note {
        id: id.into(),
        page: page.into(),
        title: title.to_owned(),
        entries: entries.iter().map(entry).collect(),
    }
}

pub(crate) fn announced(id: &str, of: &str, when: When, text: Option<&str>) -> Arc<Window> {
    Arc::new(Window {
        id: WindowId::from(id),
        kind: WindowKind::Maintenance,
        matchers: vec![matcher(of)],
        when,
        author: "canary-operator".to_owned(),
        comment: "canary-comment".to_owned(),
        announcement: text.map(str::to_owned),
        made_at: seconds_ago(DAY),
    })
}

/// Five checks of a client, of which four are to be seen: one down, one degraded, one well, one in maintenance.
pub(crate) fn outside() -> Board {
    let down = secretive("db", Some("Database"));
    let slow = secretive("api", Some(HOSTILE_TITLE));
    let well = secretive("web", Some("Web site"));
    let moved = secretive("mail", Some("Mail"));
    let hidden = secretive("hidden", None);
    let failing = |summary: &str| report(State::Critical, summary, Vec::new());
    let checks = vec![
        view(down.clone(), Some((failing("canary-summary: canary-db.internal refused"), 4)), 300),
        view(slow.clone(), Some((report(State::Warning, "canary-summary is slow", Vec::new()), 900)), 300),
        view(well.clone(), Some((ok("canary-summary 200"), 40)), 3000),
        view(moved.clone(), Some((failing("canary-summary"), 4)), 300),
        view(hidden.clone(), Some((failing("canary-summary"), 4)), 300),
    ];
    let firing = |check: &CheckSpec, level, since| {
        let key = AlertKey::Check(check.name.clone());
        let mut alert =
            alert(key, Phase::Firing { since: seconds_ago(since) }, level, since + 30, "canary-summary");
        alert.labels = check.labels.with([("check", check.name.as_str())]);
        alert.acknowledged = Some(Acknowledgement {
            by: "canary-person".to_owned(),
            at: seconds_ago(10),
            comment: "canary-comment".to_owned(),
            until: None,
            lasting: watchkeep_core::alert::Lasting::UntilWorse,
        });
        Arc::new(alert)
    };
    let ended = |at: u64, kind, state| {
        let mut row = transition(AlertKey::Check(well.name.clone()), at, kind, state, "canary-summary");
        row.alert = watchkeep_core::ids::AlertId::restore("canary-alert");
        row
    };
    let service = ServiceSpec {
        name: "canary-service".into(),
        display: Some("All of it".to_owned()),
        matchers: vec![matcher("client=\"acme\"")],
        down_at: None,
        metrics: ServiceMetrics::default(),
    };
    let by_client = || Shows::Checks(vec![matcher("client=\"acme\"")]);
    let setup = Setup {
        checks: [&down, &slow, &well, &moved, &hidden]
            .map(|spec| (spec.name.clone(), Arc::new(spec.clone())))
            .into_iter()
            .collect(),
        services: vec![Arc::new(service)],
        external_url: "https://canary-host.internal".to_owned(),
        status_pages: [
            StatusPageSpec { latencies: Latencies::Shown, ..status_page("acme", by_client()) },
            StatusPageSpec { token: Some("canary-secret".into()), ..status_page("closed", by_client()) },
            StatusPageSpec {
                title: HOSTILE_TITLE.to_owned(),
                url: Some("https://status.example.com/status/whole".to_owned()),
                ..status_page("whole", Shows::Services(vec!["canary-service".into()]))
            },
        ]
        .map(Arc::new)
        .into(),
        ..Setup::default()
    };
    let results = results(well.name.as_str(), down.name.as_str());
    let once = |from: Wall, hours: u64| When::Once { from, until: from + Duration::from_secs(hours * 3600) };
    Board {
        checks,
        alerts: vec![
            firing(&down, Judgement::Critical, 3600),
            firing(&slow, Judgement::Warning, 120),
            firing(&moved, Judgement::Critical, 60),
            firing(&hidden, Judgement::Critical, 60),
        ],
        transitions: vec![
            ended(4 * 3600, TransitionKind::Resolved, State::Ok),
            ended(5 * 3600, TransitionKind::Firing, State::Critical),
        ],
        windows: vec![
            announced(
                "canary-m1",
                "check=\"canary-mail\"",
                once(seconds_ago(600), 2),
                Some("New mail server."),
            ),
            announced(
                "canary-m2",
                "client=\"acme\"",
                once(NOW + Duration::from_secs(DAY), 1),
                Some("New <b>disks</b>."),
            ),
            announced("canary-m3", "client=\"acme\"", once(seconds_ago(600), 2), None),
        ],
        setup: Arc::new(setup),
        results,
        notes: Arc::new(
            [
                note(
                    "n-open",
                    "acme",
                    "Orders are slow",
                    &[
                        (3000, Stage::Investigating, "We look.\nSee https://example.com/a<script>"),
                        (1000, Stage::Identified, "javascript:alert(1) <img src=x onerror=alert(1)>"),
                    ],
                ),
                note("n-over", "acme", "It was dark", &[(3 * DAY, Stage::Resolved, "It is light.")]),
                note("n-old", "acme", "Long ago", &[(20 * DAY, Stage::Resolved, "Forgotten.")]),
                note("n-closed", "closed", "For few", &[(50, Stage::Monitoring, "Only for you.")]),
            ]
            .into_iter()
            .collect(),
        ),
        access: watchkeep_web::Access {
            admin_token: Some(watchkeep_web::AdminToken::new("s3cret")),
            ..Default::default()
        },
        secrets: [("canary-secret".into(), TOKEN.to_owned())].into_iter().collect(),
        ..Board::default()
    }
}

/// A few hours of some days, newest first.
fn results(well: &str, down: &str) -> Vec<watchkeep_core::commit::ResultRow> {
    let mut rows = Vec::new();
    for day in [0, 1, 2, 40] {
        for hour in 1..4_u64 {
            let at = seconds_ago(day * DAY + hour * 1800);
            rows.push(result(well, 9000 - rows.len() as u64, at, 38, ok("canary-summary")));
            let outcome = if day == 1 && hour == 2 {
                report(State::Critical, "canary-summary", Vec::new())
            } else {
                ok("canary-summary")
            };
            rows.push(result(down, 9000 - rows.len() as u64, at, 5, outcome));
        }
    }
    rows
}
