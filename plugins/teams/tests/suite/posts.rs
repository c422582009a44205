//! What is posted to Teams, and what becomes of its answers.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, Reply, native};
use watchkeep_plugin_teams::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

use crate::double::Teams;

const BASE: &str = "https://default0123.environment.api.powerplatform.com";
const CONFIG: &str = r#"{"webhook_url": {"secret": "teams"}}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

fn workflow(path: &str) -> Answering<Teams> {
    native(Teams::new(), BASE).secret("teams", &format!("{BASE}{path}"))
}

fn post(workflow: &Answering<Teams>, notification: Notification) -> Delivered {
    Host::new().secret("teams", "unseen").served_by(workflow.serve()).notify(deliver, CONFIG, notification)
}

/// The card that stands in the channel.
#[track_caller]
fn posted(notification: Notification) -> Value {
    let workflow = workflow(Teams::WEBHOOK);
    assert_eq!(post(&workflow, notification).value(), &None);
    let (cards, failures) = workflow.with(|teams| (teams.cards().to_vec(), teams.failures().to_vec()));
    assert_eq!((cards.len(), failures), (1, Vec::new()));
    for run in runs(&cards[0]) {
        assert!(!run.is_empty());
    }
    cards[0].clone()
}

/// The texts of a card, in order.
fn runs(card: &Value) -> Vec<String> {
    let blocks = card["body"].as_array().into_iter().flatten();
    let blocks =
        blocks.flat_map(|block| block["items"].as_array().cloned().unwrap_or_else(|| vec![block.clone()]));
    let text = |block: Value| {
        let inlines = block["inlines"].as_array().expect("a block has runs").clone();
        inlines
            .iter()
            .map(|run| run["text"].as_str().expect("a run has a text").to_owned())
            .collect::<String>()
    };
    blocks.map(text).collect()
}

/// The error for an answer that a workflow would not give, or not now.
#[track_caller]
fn becomes(reply: Reply) -> DeliveryError {
    let workflow = workflow(Teams::WEBHOOK);
    workflow.next_says("/invoke", reply);
    post(&workflow, notification([alert("shop")])).error().clone()
}

#[track_caller]
fn rejected(workflow: &Answering<Teams>) -> String {
    match post(workflow, notification([alert("shop")])).error() {
        DeliveryError::Rejected(said) => said.clone(),
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn an_alert_is_a_card_that_says_all() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        actions: vec!["restarted `shop`".to_owned()],
        details: Some("tried three addresses".to_owned()),
        acknowledged_by: Some("kari".to_owned()),
        assigned_to: Some("web".to_owned()),
        ..alert("shop")
    };
    let card = posted(notification([shop]));
    assert_eq!(
        runs(&card),
        [
            "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms",
            "since 05:01 UTC (5 min)",
            "last ok at 05:00 UTC",
            "probe_duration_seconds is 2.5 s, critical above 2 s",
            "recovery: restarted `shop`",
            "taken by kari",
            "handed to web",
            "tried three addresses",
            "3 failures in a row · team=web",
        ]
    );
    assert_eq!(card["body"][0]["style"], "attention");
    let links: Vec<_> = card["actions"].as_array().into_iter().flatten().map(|it| &it["url"]).collect();
    assert_eq!(links, ["https://watch.example.com/checks/shop", "https://wiki.example.com/shop"]);
}

#[test]
fn how_it_stands_has_a_colour() {
    let style = |alert| posted(notification([alert]))["body"][0]["style"].clone();
    assert_eq!(style(Alert { state: State::Warning, ..alert("shop") }), "warning");
    assert_eq!(style(Alert { state: State::Unknown, ..alert("shop") }), "emphasis");
    assert_eq!(style(Alert { until: Some(NOW), ..alert("shop") }), "good");
    // Removed, disabled or paused: over, and nobody knows how it is.
    assert_eq!(style(Alert { state: State::Unknown, until: Some(NOW), ..alert("shop") }), "emphasis");
}

#[test]
fn a_group_lists_its_alerts_and_counts_the_rest() {
    let many = (0..40).map(|n| Alert { assigned_to: Some("web".to_owned()), ..alert(&format!("check-{n}")) });
    let card = posted(Notification { omitted: 2, ..notification(many) });
    let runs = runs(&card);
    assert_eq!(runs[0], "CRITICAL: 42 alerts (40 critical): team=web");
    assert_eq!(runs[1], "CRITICAL check-0: connection refused by 192.0.2.1:443 after 3 ms");
    assert_eq!(runs[2], "since 05:01 UTC (5 min), handed to web");
    assert!(runs.contains(&"and 17 more".to_owned()), "{runs:?}");
}

#[test]
fn an_event_and_a_test_are_cards_too() {
    let event = Notice {
        check: "deployments".to_owned(),
        thread: String::new(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green".to_owned(),
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
    let card = posted(told);
    assert_eq!(runs(&card), ["INFO: deployments: shop 1.2.3 is live", "blue to green"]);
    assert_eq!(card["body"][0]["style"], "accent");
    let card = posted(Notification { kind: NotificationKind::Test, ..notification([]) });
    assert_eq!(runs(&card)[0], "TEST: 3 failures in a row");
}

#[test]
fn more_than_teams_takes_is_cut() {
    let huge = |n: usize| Alert {
        summary: "€\u{1}".repeat(5_000),
        details: Some("€".repeat(60_000)),
        labels: vec![Label::new("huge", "€".repeat(1_024))],
        acknowledged_by: Some("€".repeat(5_000)),
        finding: Some("€".repeat(256)),
        runbook: Some(format!("https://wiki.example.com/{}", "x".repeat(3_000))),
        ..alert(&format!("check-{n}"))
    };
    posted(notification([huge(0)]));
    posted(Notification { reason: "€".repeat(9_000), ..notification((0..50).map(huge)) });
}

#[test]
fn what_a_target_says_is_text_and_nothing_else() {
    let hostile = Alert {
        summary: "<at>everyone</at> [Open](https://evil.example)".to_owned(),
        link: "javascript:alert(1)".to_owned(),
        runbook: Some("file:///etc/passwd".to_owned()),
        ..alert("shop")
    };
    let card = posted(notification([hostile]));
    assert_eq!(card["actions"], json!([]));
    assert!(
        card.get("msteams").is_some_and(|msteams| msteams.get("entities").is_none()),
        "nobody is mentioned"
    );
    assert!(!card.to_string().contains("\"TextBlock\""), "a text block would read markup");
}

/// A workflow takes a card before it looks at it: one that Teams refuses for its link would count as delivered, and stand
/// nowhere.
#[test]
fn a_link_that_is_no_address_costs_nobody_the_card() {
    for link in ["https://watch.example.com/a b", "https://watch.example.com/a\n", "watch.example.com", ""] {
        let shop = Alert { link: link.to_owned(), runbook: Some(link.to_owned()), ..alert("shop") };
        assert_eq!(posted(notification([shop]))["actions"], json!([]), "{link}");
    }
}

#[test]
fn the_answer_decides() {
    let patient = becomes(Reply::text(429, "").header("retry-after", "30"));
    assert!(matches!(patient, DeliveryError::RetryAfter(30_000)), "{patient:?}");
    assert!(matches!(becomes(Reply::text(429, "")), DeliveryError::RetryAfter(5_000)));
    for status in [408, 500, 502] {
        assert!(matches!(becomes(Reply::text(status, "")), DeliveryError::Retryable(_)), "{status}");
    }
    let moved = Reply::text(302, "<html>").header("location", "https://login.example.com/");
    assert!(matches!(becomes(moved), DeliveryError::Rejected(_)));
}

#[test]
fn a_workflow_that_is_off_gone_or_not_this_one_says_what_to_do() {
    let off = workflow(Teams::WEBHOOK);
    off.with(Teams::disable);
    let said = rejected(&off);
    assert!(
        said.starts_with("Teams answered 400: WorkflowTriggerIsNotEnabled: Could not execute workflow")
            && said.contains("; hint: the workflow is gone, switched off"),
        "{said}"
    );
    off.with(Teams::delete);
    assert!(rejected(&off).contains("with state 'Deleted'"));
    let said = rejected(&workflow(&format!("{}x", Teams::WEBHOOK)));
    assert!(
        said.starts_with(
            "Teams answered 401: AuthorizationFailed: The authentication credentials are not valid.; hint: "
        ),
        "{said}"
    );
    let said = rejected(&workflow(&Teams::WEBHOOK.replace("0123", "3210")));
    assert!(said.starts_with("Teams answered 404: WorkflowNotFound: "), "{said}");
}

#[test]
fn cards_in_haste_wait_for_as_long_as_the_workflow_says() {
    let workflow = workflow(Teams::WEBHOOK);
    let tell = || post(&workflow, notification([alert("shop")]));
    for _ in 0..4 {
        tell().value();
    }
    let DeliveryError::RetryAfter(span) = *tell().error() else { panic!("not asked to wait") };
    workflow.wait(Duration::from_millis(span));
    tell().value();
}

#[test]
fn how_far_a_call_came_decides_whether_it_is_tried_again_or_unsure() {
    for (kind, phase, unsure) in [
        (FailureKind::Denied, Phase::Policy, false),
        (FailureKind::NameNotFound, Phase::Name, false),
        (FailureKind::Certificate, Phase::Tls, false),
        (FailureKind::TimedOut, Phase::Wait, true),
        (FailureKind::Reset, Phase::Wait, true),
    ] {
        let url = format!("{BASE}{}", Teams::WEBHOOK);
        let host = Host::new().secret("teams", &url);
        let ran = host.answer(&format!("POST {url}"), Answer::failure(kind, phase, "why")).notify(
            deliver,
            CONFIG,
            notification([alert("shop")]),
        );
        let error = ran.error();
        let is_unsure = matches!(error, DeliveryError::Unsure(_));
        assert_eq!((is_unsure, matches!(error, DeliveryError::Retryable(_))), (unsure, !unsure), "{kind:?}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn an_alert_can_be_acknowledged_by_a_page() {
    let workflow = workflow(Teams::WEBHOOK);
    let host = Host::new().secret("teams", "unseen").served_by(workflow.serve()).invites("5f2a9c", None);
    host.notify(deliver, CONFIG, notification([alert("shop")])).value();
    let card = workflow.with(|teams| teams.cards()[0].clone());
    let link = "https://watch.example.com/reply/token-5f2a9c";
    let press = json!({ "type": "Action.OpenUrl", "title": "Acknowledge", "url": link });
    assert_eq!(card["actions"][0], press);
    assert_eq!(card["actions"][1]["title"], "Open");
}
