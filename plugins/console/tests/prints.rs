//! What the console prints.

use watchkeep_plugin_console::{MANIFEST, deliver};
use watchkeep_sdk::log::Level;
use watchkeep_sdk::testing::{Host, NOW, alert, notification};
use watchkeep_sdk::{Alert, Metric, Notice, Notification, NotificationKind, Range, Severity, State};

#[track_caller]
fn prints(notification: Notification, expected: &str) {
    let ran = Host::new().notify(deliver, "{}", notification);
    assert_eq!(ran.value(), &None);
    assert_eq!(ran.log_text(), expected);
}

#[test]
fn an_alert_says_what_since_when_how_bad_why_and_who_has_it() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let alert = Alert {
        metrics: vec![slow, Metric::new("probe_success", 0.0, "")],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        actions: vec!["restarted `shop` 2 min ago".to_owned()],
        acknowledged_by: Some("kari".to_owned()),
        assigned_to: Some("web".to_owned()),
        ..alert("shop")
    };
    prints(
        notification([alert]),
        "\
=== CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms
    since 05:01 UTC (5 min)
    last ok at 05:00 UTC
    probe_duration_seconds is 2.5 s, critical above 2 s
    recovery: restarted `shop` 2 min ago
    taken by kari
    handed to web
    runbook: https://wiki.example.com/shop
    team=web
    reason: 3 failures in a row
    https://watch.example.com/checks/shop
",
    );
}

#[test]
fn a_resolve_says_how_long_it_lasted() {
    let over = Alert {
        state: State::Ok,
        until: Some(NOW),
        summary: "status 200 in 32 ms".to_owned(),
        ..alert("shop")
    };
    prints(
        Notification {
            kind: NotificationKind::Resolved,
            reason: "2 good results in a row".to_owned(),
            ..notification([over])
        },
        "\
=== RESOLVED: shop after 5 min
    from 05:01 UTC to 05:06 UTC (5 min)
    now: status 200 in 32 ms
    team=web
    reason: 2 good results in a row
    https://watch.example.com/checks/shop
",
    );
}

#[test]
fn a_group_is_one_block() {
    let over = Alert { until: Some(NOW), summary: "status 200 in 32 ms".to_owned(), ..alert("api") };
    prints(
        Notification { omitted: 3, ..notification([alert("shop"), over]) },
        "\
=== CRITICAL: 5 alerts (1 critical, 1 resolved): team=web
    CRITICAL shop: connection refused by 192.0.2.1:443 after 3 ms
             since 05:01 UTC (5 min)
    RESOLVED api: status 200 in 32 ms
             from 05:01 UTC to 05:06 UTC (5 min)
    and 3 more
    reason: 3 failures in a row
    https://watch.example.com/alerts
",
    );
}

#[test]
fn a_large_group_is_cut_and_counted() {
    let many = (0..30).map(|n| alert(&format!("check-{n}")));
    let ran = Host::new().notify(deliver, "{}", notification(many));
    assert_eq!(ran.log.len(), 1 + 2 * 20 + 3);
    assert!(ran.log_text().contains("    and 10 more\n"));
}

#[test]
fn an_event_is_printed_with_its_text() {
    let event = Notice {
        check: "deployments".to_owned(),
        thread: String::new(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green\nby kari".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW,
        labels: Vec::new(),
    };
    let told = Notification {
        kind: NotificationKind::Event,
        event: Some(event),
        reason: String::new(),
        ..notification([])
    };
    prints(
        told,
        "\
=== INFO: deployments: shop 1.2.3 is live
    blue to green
    by kari
    https://ci.example.com/7
",
    );
}

#[test]
fn every_line_is_marked_for_the_hosts_output() {
    let ran = Host::new().notify(deliver, "{}", notification([alert("shop")]));
    for line in &ran.log {
        assert_eq!(line.level, Level::Info);
        assert_eq!(line.fields, [("console".to_owned(), "line".to_owned())]);
        assert!(!line.message.contains('\n'), "{}", line.message);
    }
}

#[test]
fn there_is_nothing_to_configure() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"].as_object().map(|keys| keys.len()), Some(0));
}
