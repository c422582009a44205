//! What a chat is told, and what becomes of Telegram's answers.

use serde_json::{Value, json};
use watchkeep_plugin_telegram::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

const URL: &str = "https://api.telegram.org/bot123:s3cret";
const POST: &str = "POST https://api.telegram.org/bot123:s3cret/sendMessage";
const EDIT: &str = "POST https://api.telegram.org/bot123:s3cret/editMessageText";
const CONFIG: &str = r#"{"bot_url": {"secret": "bot"}, "chat": "-100123"}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

fn host() -> Host {
    Host::new().secret("bot", URL)
}

fn taken() -> Answer {
    Answer::status(200).body(r#"{"ok": true, "result": {"message_id": 77}}"#)
}

fn refused(status: u16, description: &str) -> Answer {
    Answer::status(status)
        .body(json!({ "ok": false, "error_code": status, "description": description }).to_string())
}

fn post(answer: Answer, notification: Notification) -> Delivered {
    host().answer(POST, answer).notify(deliver, CONFIG, notification)
}

#[track_caller]
fn held_to_telegrams_rules(message: &Value) {
    let text = message["text"].as_str().expect("a message has a text");
    assert!((1..=4_096).contains(&text.chars().count()), "{} characters", text.chars().count());
    assert_eq!(message["parse_mode"], "HTML");
    // Tags are closed in order, and nothing else looks like one.
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        let name = tag.split(' ').next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{text}"),
            None => {
                assert!(["b", "i", "a", "pre"].contains(&name), "{name}");
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{text}");
}

#[track_caller]
fn posted(notification: Notification) -> Value {
    let ran = post(taken(), notification);
    assert_eq!(ran.value().as_deref(), Some("77"));
    held_to_telegrams_rules(&ran.sent_json());
    ran.sent_json()
}

fn known(notification: Notification) -> Notification {
    Notification { previous_id: Some("77".to_owned()), ..notification }
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
fn an_alert_is_a_message_that_says_all() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop?a=1&b=2".to_owned()),
        actions: vec!["restarted it".to_owned()],
        acknowledged_by: Some("kari".to_owned()),
        details: Some("tried <three> addresses".to_owned()),
        ..alert("shop")
    };
    assert_eq!(
        posted(notification([shop])),
        json!({
            "chat_id": "-100123",
            "text": "\u{1f534} <b>CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms</b>\n\
                since 05:01 UTC (5 min)\nlast ok at 05:00 UTC\nprobe_duration_seconds is 2.5 s, critical above 2 s\n\
                tried: restarted it\ntaken by kari\n\
                <a href=\"https://wiki.example.com/shop?a=1&amp;b=2\">Runbook</a>\n\
                <pre>tried &lt;three&gt; addresses</pre>\n<i>3 failures in a row · team=web</i>\n\
                <a href=\"https://watch.example.com/checks/shop\">Open</a>",
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
            "disable_notification": false,
        })
    );
}

#[test]
fn what_follows_edits_the_first_message_and_answers_it() {
    let ran = host().answer(EDIT, taken()).answer(POST, taken()).notify(deliver, CONFIG, known(resolved()));
    assert_eq!(ran.value().as_deref(), Some("77"));
    let sent: Vec<Value> =
        ran.sent.iter().map(|request| serde_json::from_slice(&request.body).unwrap_or_default()).collect();
    assert_eq!(sent[0]["message_id"], 77);
    assert_eq!(sent[1]["reply_parameters"], json!({ "message_id": 77, "allow_sending_without_reply": true }));
    assert_eq!(sent[1]["disable_notification"], true, "what is over wakes nobody");
    for message in &sent {
        held_to_telegrams_rules(message);
        assert!(
            message["text"]
                .as_str()
                .is_some_and(|text| text.starts_with("\u{1f7e2} <b>RESOLVED: shop after 5 min</b>"))
        );
    }
}

#[test]
fn a_first_message_that_was_deleted_or_stays_as_it_is_keeps_nobody_from_being_told() {
    let gone = refused(400, "Bad Request: message to edit not found");
    let other = Answer::status(200).body(r#"{"ok": true, "result": {"message_id": 78}}"#);
    let ran = host().answer(EDIT, gone).answer(POST, other).notify(deliver, CONFIG, known(resolved()));
    assert_eq!(ran.value().as_deref(), Some("78"));
    for description in
        ["Bad Request: message is not modified: the same", "Bad Request: message can't be edited"]
    {
        let fixed = refused(400, description);
        let ran = host().answer(EDIT, fixed).answer(POST, taken()).notify(deliver, CONFIG, known(resolved()));
        assert_eq!(ran.value().as_deref(), Some("77"));
    }
}

#[test]
fn an_edit_that_has_to_wait_leaves_the_message_for_later() {
    let patience = Answer::status(429).body(r#"{"ok": false, "parameters": {"retry_after": 14}}"#);
    let ran = host().answer(EDIT, patience).notify(deliver, CONFIG, known(resolved()));
    assert!(matches!(ran.error(), DeliveryError::RetryAfter(14_000)), "{:?}", ran.error());
}

#[test]
fn a_topic_is_named_and_an_id_that_is_none_is_left_alone() {
    let config = CONFIG.replace("\"chat\"", "\"topic\": 5, \"chat\"");
    let told = Notification { previous_id: Some("C0:1.2".to_owned()), ..notification([alert("shop")]) };
    let ran = host().answer(POST, taken()).notify(deliver, &config, told);
    assert_eq!(ran.sent_json()["message_thread_id"], 5);
}

#[test]
fn a_group_an_event_and_what_is_too_long_keep_to_the_rules() {
    let many = (0..50).map(|n| alert(&format!("check-{n}")));
    let text = posted(Notification { omitted: 2, ..notification(many) })["text"].to_string();
    assert!(text.contains("check-3</a>: connection refused") && text.contains("\\n…\\n"), "{text}");
    let event = Notice {
        check: "deployments".to_owned(),
        thread: String::new(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue & green".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW,
        labels: Vec::new(),
    };
    let told = Notification { kind: NotificationKind::Event, event: Some(event), ..notification([]) };
    let message = posted(told);
    assert_eq!(message["disable_notification"], true);
    assert!(message["text"].as_str().is_some_and(|text| text.contains("<pre>blue &amp; green</pre>")));
    let huge = Alert {
        summary: "<b>&\"".repeat(3_000),
        details: Some("</pre>".repeat(3_000)),
        runbook: Some(format!("https://wiki.example.com/{}", "\"&".repeat(200))),
        link: "javascript:alert(1)".to_owned(),
        labels: vec![Label::new("huge", "<".repeat(1_024))],
        ..alert("shop")
    };
    posted(Notification { reason: "<".repeat(9_000), ..notification([huge]) });
}

#[test]
fn the_answer_decides() {
    for (answer, millis) in [
        (Answer::status(429).header("retry-after", "30"), 30_000),
        (Answer::status(429).body("<html>"), 5_000),
    ] {
        let error = becomes(answer);
        assert!(matches!(error, DeliveryError::RetryAfter(span) if span == millis), "{error:?}");
    }
    assert!(matches!(becomes(Answer::status(502)), DeliveryError::Retryable(_)));
    for body in ["", "<html>", "{}", r#"{"ok": true, "result": {}}"#] {
        assert!(matches!(becomes(Answer::status(200).body(body)), DeliveryError::Unsure(_)), "{body}");
    }
    let moved = json!({ "description": "Bad Request: group chat was upgraded", "parameters": { "migrate_to_chat_id": -1009 } });
    for (answer, said) in [
        (refused(401, "Unauthorized"), "Telegram answered 401: Unauthorized; hint: the secret has to be"),
        (refused(403, "Forbidden: bot was kicked"), "hint: add the bot to the chat"),
        (refused(400, "Bad Request: chat not found"), "hint: write the chat's id"),
        (refused(400, "Bad Request: message thread not found"), "no such `topic`"),
        (Answer::status(400).body(moved.to_string()), "write `chat = \"-1009\"`"),
        (refused(400, "Bad Request: something"), "Telegram answered 400: Bad Request: something"),
    ] {
        let DeliveryError::Rejected(told) = becomes(answer) else { panic!("not rejected: {said}") };
        assert!(told.contains(said), "{told}");
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
fn a_chat_is_an_id_or_a_name() {
    for (chat, taken) in
        [("-1001", true), ("42", true), ("@alerts_1", true), ("alerts", false), ("@", false), ("-", false)]
    {
        let config = CONFIG.replace("-100123", chat);
        let host =
            host().always(POST, Answer::status(200).body(r#"{"ok": true, "result": {"message_id": 7}}"#));
        assert_eq!(host.notify(deliver, &config, notification([])).result.is_ok(), taken, "{chat}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    let table = watchkeep_sdk::testing::config_table(&MANIFEST);
    assert!(include_str!("../README.md").contains(&table), "the table in README.md should be:\n{table}");
}
