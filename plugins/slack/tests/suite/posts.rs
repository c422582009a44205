//! What is posted to Slack, and what becomes of its answers.

use serde_json::{Value, json};
use watchkeep_plugin_slack::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

const URL: &str = "https://hooks.slack.com/services/T0/B0/s3cret";
const CONFIG: &str = r#"{"webhook_url": {"secret": "chat"}}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

fn post(answer: Answer, config: &str, notification: Notification) -> Delivered {
    Host::new().secret("chat", URL).answer(&format!("POST {URL}"), answer).notify(
        deliver,
        config,
        notification,
    )
}

#[track_caller]
fn posted(notification: Notification) -> Value {
    let ran = post(Answer::status(200).body("ok"), CONFIG, notification);
    assert_eq!(ran.value(), &None);
    let message = ran.sent_json();
    within_slacks_limits(&message);
    message
}

#[track_caller]
fn within_slacks_limits(message: &Value) {
    assert!(message["text"].as_str().is_some_and(|text| !text.is_empty()), "{message}");
    let blocks = message["attachments"][0]["blocks"].as_array().expect("blocks are a list");
    assert!(!blocks.is_empty() && blocks.len() <= 50, "{} blocks", blocks.len());
    for block in blocks {
        let texts: Vec<&Value> = match block["type"].as_str() {
            Some("section") => vec![&block["text"]["text"]],
            Some("context") => {
                block["elements"].as_array().into_iter().flatten().map(|e| &e["text"]).collect()
            }
            other => panic!("unexpected block {other:?}"),
        };
        for text in texts {
            let chars = text.as_str().expect("a block has text").chars().count();
            assert!((1..=3000).contains(&chars), "{chars} characters");
        }
    }
}

fn texts(message: &Value) -> Vec<&str> {
    let blocks = message["attachments"][0]["blocks"].as_array().expect("blocks are a list");
    blocks
        .iter()
        .filter_map(|block| block["text"]["text"].as_str().or(block["elements"][0]["text"].as_str()))
        .collect()
}

#[track_caller]
fn becomes(answer: Answer, expected: &DeliveryError) {
    let ran = post(answer, CONFIG, notification([alert("shop")]));
    assert_eq!(format!("{:?}", ran.error()), format!("{expected:?}"));
}

#[test]
fn an_alert_is_a_line_for_the_phone_and_what_there_is_to_know() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let alert = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        actions: vec!["restarted `shop`".to_owned()],
        details: Some("first line\nsecond line".to_owned()),
        ..alert("shop")
    };
    let message = posted(notification([alert]));
    assert_eq!(
        message["text"],
        ":red_circle: *CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms*"
    );
    assert_eq!(message["attachments"][0]["color"], "#d92d20");
    assert_eq!(
        message["attachments"][0]["fallback"],
        "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms"
    );
    assert_eq!(
        texts(&message),
        [
            "Since 05:01 UTC (5 min)\nLast ok at 05:00 UTC\nprobe_duration_seconds is 2.5 s, critical above 2 s\nTried: restarted `shop`\n\
             <https://wiki.example.com/shop|Runbook>",
            "```first line\nsecond line```",
            "3 failures in a row · team=web · <https://watch.example.com/checks/shop|Open>",
        ]
    );
}

#[test]
fn a_resolve_is_green_and_says_how_long_it_lasted() {
    let over = Alert {
        state: State::Ok,
        until: Some(NOW),
        summary: "status 200 in 32 ms".to_owned(),
        ..alert("shop")
    };
    let message = posted(Notification { kind: NotificationKind::Resolved, ..notification([over]) });
    assert_eq!(message["text"], ":large_green_circle: *RESOLVED: shop after 5 min*");
    assert_eq!(message["attachments"][0]["color"], "#2e9e5b");
    assert_eq!(texts(&message)[0], "From 05:01 UTC to 05:06 UTC (5 min)\nNow: status 200 in 32 ms");
}

/// "Not judged" ended because the check was judged again, as critical: a green message said the opposite.
#[test]
fn what_ends_without_having_recovered_is_not_green() {
    let told = |alert| posted(Notification { kind: NotificationKind::Resolved, ..notification([alert]) });
    let again = Alert {
        until: Some(NOW),
        summary: "judged again, and it is critical: refused".to_owned(),
        labels: vec![watchkeep_sdk::Label::new("kind", "not-judged")],
        ..alert("shop")
    };
    let message = told(again);
    assert_eq!(message["text"], ":red_circle: *CRITICAL: shop: judged again, and it is critical: refused*");
    assert_eq!(message["attachments"][0]["color"], "#d92d20");
    let removed = Alert {
        state: State::Unknown,
        until: Some(NOW),
        summary: "removed, last critical: refused".to_owned(),
        ..alert("shop")
    };
    let message = told(removed);
    assert_eq!(message["text"], ":white_circle: *ENDED: shop: removed, last critical: refused*");
    assert_eq!(message["attachments"][0]["color"], "#8a8f98");
}

#[test]
fn a_group_lists_each_alert_with_its_link() {
    let slow = Alert { state: State::Warning, summary: "slow".to_owned(), ..alert("blog") };
    let message = posted(notification([alert("shop"), slow]));
    assert_eq!(message["text"], ":red_circle: *CRITICAL: 2 alerts (1 critical, 1 warning): team=web*");
    assert_eq!(
        texts(&message)[1],
        "*WARNING* <https://watch.example.com/checks/blog|blog>: slow\nsince 05:01 UTC (5 min)"
    );
    assert_eq!(
        texts(&message)[2],
        "3 failures in a row · team=web · <https://watch.example.com/alerts|Open>"
    );
}

#[test]
fn a_large_group_stays_within_the_limits_and_counts_the_rest() {
    let many = (0..200).map(|n| Alert { summary: "&".repeat(5_000), ..alert(&format!("check-{n}")) });
    let message = posted(Notification { omitted: 7, ..notification(many) });
    assert!(texts(&message).contains(&"and 160 more"), "{:?}", texts(&message).len());
}

#[test]
fn over_long_texts_are_cut() {
    let long = Alert {
        summary: "<x>".repeat(9_000),
        details: Some("&".repeat(9_000)),
        labels: vec![watchkeep_sdk::Label::new("huge", "y".repeat(9_000))],
        ..alert("shop")
    };
    let message = posted(Notification { reason: "z".repeat(9_000), ..notification([long]) });
    assert!(message["text"].as_str().is_some_and(|text| text.chars().count() < 1_100 && text.contains('…')));
}

#[test]
fn what_a_target_says_cannot_call_people_or_forge_links() {
    let hostile = Alert { summary: "<!channel> <https://evil.example|Open>".to_owned(), ..alert("shop") };
    let message = posted(notification([hostile])).to_string();
    assert!(!message.contains("<!channel>") && !message.contains("<https://evil.example"), "{message}");
}

#[test]
fn people_are_called_when_it_turns_critical_and_only_then() {
    let config = r#"{"webhook_url": {"secret": "chat"}, "mention": "<!here>"}"#;
    let said = |notification| {
        let ran = post(Answer::status(200).body("ok"), config, notification);
        ran.sent_json()["text"].as_str().expect("a message has text").starts_with("<!here> ")
    };
    let kind = |kind| Notification { kind, ..notification([alert("shop")]) };
    assert!(said(kind(NotificationKind::Firing)));
    assert!(said(kind(NotificationKind::Escalated)));
    assert!(!said(kind(NotificationKind::Acknowledged)));
    assert!(!said(kind(NotificationKind::Test)));
    assert!(!said(notification([Alert { state: State::Warning, ..alert("shop") }])));
    assert!(!said(notification([Alert { until: Some(NOW), ..alert("shop") }])));
}

#[test]
fn an_event_is_told_with_its_text_and_link() {
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
    let message = posted(Notification {
        kind: NotificationKind::Event,
        event: Some(event),
        reason: String::new(),
        ..notification([])
    });
    assert_eq!(message["text"], ":information_source: *INFO: deployments: shop 1.2.3 is live*");
    assert_eq!(texts(&message), ["blue to green", "<https://ci.example.com/7|Open>"]);
}

#[test]
fn a_test_message_says_that_it_is_one() {
    let message = posted(Notification { kind: NotificationKind::Test, ..notification([]) });
    assert_eq!(message["text"], ":white_circle: *TEST: 3 failures in a row*");
}

#[test]
fn slack_asking_for_patience_is_heeded() {
    becomes(Answer::status(429).header("Retry-After", "30"), &DeliveryError::RetryAfter(30_000));
    becomes(Answer::status(429), &DeliveryError::RetryAfter(2_000));
}

#[test]
fn a_failing_slack_is_tried_again() {
    becomes(
        Answer::status(503).body("upstream\u{7} gone"),
        &DeliveryError::Retryable("Slack answered 503: upstream gone".to_owned()),
    );
}

#[test]
fn what_slack_refuses_for_good_is_rejected_with_a_hint() {
    becomes(
        Answer::status(404).body("no_service"),
        &DeliveryError::Rejected(
            "Slack answered 404: no_service; hint: the webhook was removed or disabled; make a new one and put its URL into the secret"
                .to_owned(),
        ),
    );
    becomes(
        Answer::status(410).body("channel_is_archived"),
        &DeliveryError::Rejected(
            "Slack answered 410: channel_is_archived; hint: unarchive the channel, or make a webhook for another one".to_owned(),
        ),
    );
    becomes(
        Answer::status(400).body("invalid_payload"),
        &DeliveryError::Rejected("Slack answered 400: invalid_payload".to_owned()),
    );
}

#[test]
fn a_redirect_is_no_delivery() {
    let moved = Answer::status(302).header("location", "https://slack.com/");
    becomes(moved, &DeliveryError::Rejected("Slack answered 302".to_owned()));
}

#[test]
fn a_failure_before_anything_was_sent_is_tried_again() {
    let sentence = "connection refused by 192.0.2.1:443 after 10 ms".to_owned();
    becomes(Answer::failure(FailureKind::Refused, Phase::Connect, ""), &DeliveryError::Retryable(sentence));
    let name = "name not found after 10 ms: no such name".to_owned();
    becomes(
        Answer::failure(FailureKind::NameNotFound, Phase::Name, "no such name"),
        &DeliveryError::Retryable(name),
    );
    let denied = "denied: http to https://hooks.slack.com".to_owned();
    becomes(Answer::denied(&denied), &DeliveryError::Retryable(denied.clone()));
}

#[test]
fn sent_without_an_answer_is_unsure() {
    let waited = "timed out waiting for an answer from 192.0.2.1:443 after 10 ms".to_owned();
    becomes(Answer::failure(FailureKind::TimedOut, Phase::Wait, ""), &DeliveryError::Unsure(waited));
    let reset = "connection reset by 192.0.2.1:443 after 10 ms".to_owned();
    becomes(Answer::failure(FailureKind::Reset, Phase::Transfer, ""), &DeliveryError::Unsure(reset));
}

#[test]
fn the_webhook_is_a_secret_and_nothing_else_is_taken() {
    let ran =
        Host::new().notify(deliver, r#"{"webhook_url": "https://hooks.slack.com/x"}"#, notification([]));
    let DeliveryError::Retryable(said) = ran.error() else { panic!("{:?}", ran.error()) };
    assert!(said.contains("a secret does not belong in the config"), "{said}");
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["webhook_url"]["x-watchkeep-secret"], true);
    assert_eq!(schema["properties"]["webhook_url"]["x-watchkeep-grant"], "http");
}

#[test]
fn a_mention_is_written_in_slacks_notation() {
    for (mention, taken) in [
        ("<!here>", true),
        ("<@U012AB3CD>", true),
        ("<!subteam^S0>", true),
        ("@here", false),
        ("<@kari>", false),
        ("<>", false),
    ] {
        let config = json!({ "webhook_url": { "secret": "chat" }, "mention": mention }).to_string();
        let host = Host::new().secret("chat", URL).always(&format!("POST {URL}"), Answer::status(200));
        assert_eq!(host.notify(deliver, &config, notification([])).result.is_ok(), taken, "{mention}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
