//! What is posted to Teams, and what becomes of its answers.

use serde_json::{Value, json};
use watchkeep_plugin_teams::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

const URL: &str =
    "https://prod-1.example.logic.azure.com/workflows/abc/triggers/manual/paths/invoke?sig=s3cret";
const CONFIG: &str = r#"{"webhook_url": {"secret": "teams"}}"#;
/// Of the whole message, as Teams documents it.
const BYTES_MAX: usize = 28 * 1_024;

type Delivered = Ran<Option<String>, DeliveryError>;

fn post(answer: Answer, notification: Notification) -> Delivered {
    Host::new().secret("teams", URL).answer(&format!("POST {URL}"), answer).notify(
        deliver,
        CONFIG,
        notification,
    )
}

/// The card, held to the schema as far as it is used.
#[track_caller]
fn posted(notification: Notification) -> Value {
    let ran = post(Answer::status(202), notification);
    assert_eq!(ran.value(), &None);
    assert!(ran.sent[0].body.len() <= BYTES_MAX, "{} bytes", ran.sent[0].body.len());
    let message = ran.sent_json();
    assert_eq!(message["type"], "message");
    assert_eq!(message["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    let card = message["attachments"][0]["content"].clone();
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
    for element in card["body"].as_array().expect("a card has a body") {
        assert!(matches!(element["type"].as_str(), Some("Container" | "RichTextBlock")), "{element}");
    }
    for run in runs(&card) {
        assert!(!run.is_empty());
    }
    for action in card["actions"].as_array().expect("a card has actions") {
        assert_eq!(action["type"], "Action.OpenUrl");
        assert!(action["url"].as_str().is_some_and(|url| url.starts_with("https://")), "{action}");
    }
    card
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

#[track_caller]
fn becomes(answer: Answer) -> DeliveryError {
    post(answer, notification([alert("shop")])).error().clone()
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
            "tried: restarted `shop`",
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

#[test]
fn the_answer_decides() {
    let patient = becomes(Answer::status(429).header("retry-after", "30"));
    assert!(matches!(patient, DeliveryError::RetryAfter(30_000)), "{patient:?}");
    assert!(matches!(becomes(Answer::status(429)), DeliveryError::RetryAfter(5_000)));
    for status in [408, 500, 502] {
        assert!(matches!(becomes(Answer::status(status)), DeliveryError::Retryable(_)), "{status}");
    }
    let off =
        r#"{"error": {"code": "WorkflowTriggerIsNotEnabled", "message": "Could not execute workflow"}}"#;
    let DeliveryError::Rejected(said) = becomes(Answer::status(400).body(off)) else {
        panic!("not rejected")
    };
    assert!(
        said.starts_with(
            "Teams answered 400: WorkflowTriggerIsNotEnabled: Could not execute workflow; hint: "
        ),
        "{said}"
    );
    let moved = Answer::status(302).header("location", "https://login.example.com/").body("<html>");
    assert!(matches!(becomes(moved), DeliveryError::Rejected(_)));
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
        let error = becomes(Answer::failure(kind, phase, "why"));
        let is_unsure = matches!(error, DeliveryError::Unsure(_));
        assert_eq!((is_unsure, matches!(error, DeliveryError::Retryable(_))), (unsure, !unsure), "{kind:?}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    let table = watchkeep_sdk::testing::config_table(&MANIFEST);
    assert!(include_str!("../README.md").contains(&table), "the table in README.md should be:\n{table}");
}
