//! What is posted to Discord, and what becomes of its answers.

use serde_json::{Value, json};
use watchkeep_plugin_discord::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

const URL: &str = "https://discord.com/api/webhooks/123/s3cret";
const POST: &str = "POST https://discord.com/api/webhooks/123/s3cret?wait=true";
const EDIT: &str = "PATCH https://discord.com/api/webhooks/123/s3cret/messages/900";
const CONFIG: &str = r#"{"webhook_url": {"secret": "discord"}, "mention": "<@&42>"}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

fn host() -> Host {
    Host::new().secret("discord", URL)
}

fn taken() -> Answer {
    Answer::status(200).body(r#"{"id": "900", "type": 0}"#)
}

fn post(answer: Answer, notification: Notification) -> Delivered {
    host().answer(POST, answer).notify(deliver, CONFIG, notification)
}

#[track_caller]
fn within_discords_limits(message: &Value) {
    let content = message["content"].as_str().expect("a message has a content").chars().count();
    assert!((1..=2_000).contains(&content), "{content} characters");
    let embed = &message["embeds"][0];
    let description = embed["description"].as_str().expect("an embed has a description").chars().count();
    let footer = embed["footer"]["text"].as_str().unwrap_or_default().chars().count();
    assert!(
        description <= 4_096 && footer <= 2_048 && description + footer <= 6_000,
        "{description}, {footer}"
    );
    assert!(message["allowed_mentions"].is_object(), "else a target's words could call people");
}

#[track_caller]
fn posted(notification: Notification) -> Value {
    let ran = post(taken(), notification);
    assert_eq!(ran.value().as_deref(), Some("900"));
    within_discords_limits(&ran.sent_json());
    ran.sent_json()
}

fn known(notification: Notification) -> Notification {
    Notification { previous_id: Some("900".to_owned()), ..notification }
}

fn resolved() -> Notification {
    let over = Alert { state: State::Ok, until: Some(NOW), ..alert("shop") };
    Notification { kind: NotificationKind::Resolved, ..notification([over]) }
}

#[track_caller]
fn becomes(answer: Answer) -> DeliveryError {
    post(answer, notification([alert("shop")])).error().clone()
}

#[test]
fn an_alert_is_a_line_for_the_phone_and_what_there_is_to_know() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        actions: vec!["restarted it".to_owned()],
        assigned_to: Some("web".to_owned()),
        details: Some("tried ```three``` addresses".to_owned()),
        ..alert("shop")
    };
    assert_eq!(
        posted(notification([shop])),
        json!({
            "content": "<@&42> \u{1f534} **CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms**",
            "allowed_mentions": { "parse": [], "roles": ["42"] },
            "embeds": [{
                "color": 0xd9_2d20,
                "description": "since 05:01 UTC (5 min)\nlast ok at 05:00 UTC\n\
                    probe\\_duration\\_seconds is 2.5 s, critical above 2 s\ntried: restarted it\nhanded to web\n\
                    [Runbook](https://wiki.example.com/shop)\n```\ntried '''three''' addresses\n```\n\
                    [Open](https://watch.example.com/checks/shop)",
                "footer": { "text": "3 failures in a row · team=web" },
            }],
        })
    );
}

#[test]
fn what_follows_edits_the_first_message_and_is_told_as_well() {
    let ran = host().answer(EDIT, taken()).answer(POST, taken()).notify(deliver, CONFIG, known(resolved()));
    assert_eq!(ran.value().as_deref(), Some("900"));
    let sent: Vec<Value> =
        ran.sent.iter().map(|request| serde_json::from_slice(&request.body).unwrap_or_default()).collect();
    for message in &sent {
        within_discords_limits(message);
        assert_eq!(message["content"], "\u{1f7e2} **RESOLVED: shop after 5 min**");
        assert_eq!(message["allowed_mentions"], json!({ "parse": [] }), "nobody is called");
    }
}

#[test]
fn a_first_message_that_was_deleted_is_posted_anew() {
    let gone = Answer::status(404).body(r#"{"message": "Unknown Message", "code": 10008}"#);
    let other = Answer::status(200).body(r#"{"id": "901"}"#);
    let ran = host().answer(EDIT, gone).answer(POST, other).notify(deliver, CONFIG, known(resolved()));
    assert_eq!(ran.value().as_deref(), Some("901"));
}

#[test]
fn an_edit_that_has_to_wait_leaves_the_message_for_later() {
    let patience = Answer::status(429).body(r#"{"retry_after": 1.5}"#);
    let ran = host().answer(EDIT, patience).notify(deliver, CONFIG, known(resolved()));
    assert!(matches!(ran.error(), DeliveryError::RetryAfter(1_501)), "{:?}", ran.error());
}

#[test]
fn an_id_that_is_not_discords_stands_in_no_path() {
    for id in ["../../other", "C0:1.2", "", "900/x"] {
        let told = Notification { previous_id: Some(id.to_owned()), ..notification([alert("shop")]) };
        assert_eq!(post(taken(), told).value().as_deref(), Some("900"));
    }
}

#[test]
fn people_are_called_when_it_turns_critical_and_only_then() {
    let calls =
        |notification| posted(notification)["content"].as_str().is_some_and(|it| it.starts_with("<@&42>"));
    let kind = |kind| Notification { kind, ..notification([alert("shop")]) };
    assert!(calls(kind(NotificationKind::Firing)) && calls(kind(NotificationKind::Escalated)));
    assert!(!calls(kind(NotificationKind::Acknowledged)) && !calls(kind(NotificationKind::Test)));
    assert!(!calls(notification([Alert { state: State::Warning, ..alert("shop") }])));
}

#[test]
fn what_a_target_says_calls_nobody_and_forges_no_link() {
    let hostile = Alert {
        summary: "@everyone <@1> [Open](https://evil.example) `x` https\u{200b}".to_owned(),
        runbook: Some("https://x.example/) [y](z".to_owned()),
        ..alert("shop")
    };
    let message = posted(Notification { kind: NotificationKind::Acknowledged, ..notification([hostile]) });
    assert_eq!(message["allowed_mentions"], json!({ "parse": [] }));
    let text = message.to_string();
    assert!(!text.contains("[Open](https://evil") && !text.contains("e <@1>"), "{text}");
}

#[test]
fn a_group_lists_what_fits() {
    let many = |n| (0..n).map(|n| alert(&format!("check-{n}")));
    let few = posted(Notification { omitted: 2, ..notification(many(3)) });
    let description = few["embeds"][0]["description"].as_str().unwrap_or_default().to_owned();
    assert!(
        description.contains("**CRITICAL** [check-2](https://watch.example.com/checks/check-2): connection")
    );
    assert!(description.contains("\nand 2 more\n"), "{description}");
    let all = posted(notification(many(50)));
    let description = all["embeds"][0]["description"].as_str().unwrap_or_default().to_owned();
    assert!(description.ends_with("\n…\n[Open](https://watch.example.com/alerts)"), "{description}");
}

#[test]
fn over_long_texts_are_cut() {
    let huge = Alert {
        summary: "*".repeat(9_000),
        details: Some("`".repeat(9_000)),
        labels: vec![Label::new("huge", "y".repeat(1_024))],
        ..alert("shop")
    };
    posted(Notification { reason: "z".repeat(9_000), ..notification([huge]) });
}

#[test]
fn the_steps_of_an_event_stand_one_below_the_other() {
    let event = Notice {
        check: "deployments".to_owned(),
        thread: "shop-1.2.3".to_owned(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW,
        labels: Vec::new(),
    };
    let told = Notification { kind: NotificationKind::Event, event: Some(event), ..notification([]) };
    let message = posted(known(told));
    assert!(
        message["embeds"][0]["description"].as_str().is_some_and(|it| it.starts_with("```\nblue to green"))
    );
}

#[test]
fn the_answer_decides() {
    for (answer, millis) in [
        (Answer::status(429).body(r#"{"retry_after": 0.25, "global": false}"#), 251),
        (Answer::status(429).header("retry-after", "30").body("<html>"), 30_000),
        (Answer::status(429), 2_000),
    ] {
        let error = becomes(answer);
        assert!(matches!(error, DeliveryError::RetryAfter(span) if span == millis), "{error:?}");
    }
    assert!(matches!(becomes(Answer::status(503)), DeliveryError::Retryable(_)));
    let gone = Answer::status(404).body(r#"{"message": "Unknown Webhook", "code": 10015}"#);
    let DeliveryError::Rejected(said) = becomes(gone) else { panic!("not rejected") };
    assert!(
        said.starts_with("Discord answered 404: Unknown Webhook; hint: the webhook was removed"),
        "{said}"
    );
    for body in ["", "{}", r#"{"id": 7}"#, r#"{"id": "../x"}"#] {
        assert!(matches!(becomes(Answer::status(200).body(body)), DeliveryError::Unsure(_)), "{body}");
    }
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
fn a_mention_is_written_in_discords_notation() {
    for (mention, taken) in [
        ("@here", true),
        ("@everyone", true),
        ("<@42>", true),
        ("<@&42>", true),
        ("@kari", false),
        ("<@&x>", false),
        ("", false),
    ] {
        let config = json!({ "webhook_url": { "secret": "discord" }, "mention": mention }).to_string();
        let host = host().always(POST, Answer::status(200).body(r#"{"id": "900"}"#));
        assert_eq!(host.notify(deliver, &config, notification([])).result.is_ok(), taken, "{mention}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    let table = watchkeep_sdk::testing::config_table(&MANIFEST);
    assert!(include_str!("../README.md").contains(&table), "the table in README.md should be:\n{table}");
}
