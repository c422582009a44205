//! What is pushed, and what becomes of the server's answers.

use serde_json::{Value, json};
use watchkeep_plugin_ntfy::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

const POST: &str = "POST https://ntfy.example.com/";
const CONFIG: &str = r#"{"server": "https://ntfy.example.com", "topic": "alerts-7Gh2"}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

fn taken() -> Answer {
    Answer::status(200).body(r#"{"id": "hwQ2YpKdmg", "event": "message"}"#)
}

fn post(answer: Answer, notification: Notification) -> Delivered {
    Host::new().answer(POST, answer).notify(deliver, CONFIG, notification)
}

#[track_caller]
fn pushed(notification: Notification) -> Value {
    let ran = post(taken(), notification);
    assert_eq!(ran.value().as_deref(), Some("hwQ2YpKdmg"));
    let push = ran.sent_json();
    let message = push["message"].as_str().expect("a push has a message");
    assert!((1..=4_096).contains(&message.len()), "{} bytes", message.len());
    assert!((1..=5).contains(&push["priority"].as_u64().unwrap_or_default()));
    push
}

#[track_caller]
fn becomes(answer: Answer) -> DeliveryError {
    post(answer, notification([alert("shop")])).error().clone()
}

fn kind(kind: NotificationKind, alert: Alert) -> Notification {
    Notification { kind, ..notification([alert]) }
}

#[test]
fn an_alert_is_a_push_that_says_all() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        actions: vec!["restarted it".to_owned()],
        assigned_to: Some("web".to_owned()),
        details: Some("tried three\naddresses".to_owned()),
        ..alert("shop")
    };
    assert_eq!(
        pushed(notification([shop])),
        json!({
            "topic": "alerts-7Gh2",
            "title": "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms",
            "message": "since 05:01 UTC (5 min)\nlast ok at 05:00 UTC\n\
                probe_duration_seconds is 2.5 s, critical above 2 s\ntried: restarted it\nhanded to web\n\
                tried three\naddresses\nteam=web\ntold because: 3 failures in a row",
            "priority": 5,
            "tags": ["red_circle"],
            "click": "https://watch.example.com/checks/shop",
            "actions": [{ "action": "view", "label": "Runbook", "url": "https://wiki.example.com/shop" }],
        })
    );
}

#[test]
fn how_loud_it_is_depends_on_how_bad_it_is() {
    let priority = |notification| pushed(notification)["priority"].clone();
    let slow = || Alert { state: State::Warning, ..alert("shop") };
    let over = || Alert { state: State::Ok, until: Some(NOW), ..alert("shop") };
    assert_eq!(priority(kind(NotificationKind::Escalated, alert("shop"))), 5);
    assert_eq!(priority(kind(NotificationKind::Firing, slow())), 4);
    assert_eq!(priority(kind(NotificationKind::Resolved, over())), 3);
    assert_eq!(priority(kind(NotificationKind::HandedOver, alert("shop"))), 3);
    assert_eq!(priority(kind(NotificationKind::Acknowledged, alert("shop"))), 2);
    assert_eq!(pushed(kind(NotificationKind::Resolved, over()))["tags"], json!(["green_circle"]));
}

#[test]
fn a_group_an_event_and_a_test_are_pushes_too() {
    let taken = Alert { acknowledged_by: Some("kari".to_owned()), ..alert("blog") };
    let push = pushed(Notification { omitted: 2, ..notification([alert("shop"), taken]) });
    assert_eq!(
        push["message"],
        "CRITICAL shop: connection refused by 192.0.2.1:443 after 3 ms\n\
         CRITICAL blog: connection refused by 192.0.2.1:443 after 3 ms, taken by kari\nand 2 more\n\
         told because: 3 failures in a row"
    );
    let event = Notice {
        check: "deployments".to_owned(),
        thread: String::new(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: String::new(),
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
    let push = pushed(told);
    assert_eq!(
        (&push["message"], &push["priority"]),
        (&json!("INFO: deployments: shop 1.2.3 is live"), &json!(2))
    );
    let push = pushed(Notification { kind: NotificationKind::Test, ..notification([]) });
    assert_eq!(push["title"], "TEST: 3 failures in a row");
}

#[test]
fn more_than_a_message_holds_is_cut() {
    let huge = |n: usize| Alert {
        summary: "€".repeat(5_000),
        details: Some("€".repeat(9_000)),
        runbook: Some("javascript:alert(1)".to_owned()),
        link: "watch".to_owned(),
        ..alert(&format!("check-{n}"))
    };
    let push = pushed(notification([huge(0)]));
    assert_eq!((&push["click"], &push["actions"]), (&Value::Null, &json!([])));
    let push = pushed(notification((0..50).map(huge)));
    assert!(push["message"].as_str().is_some_and(|message| message.ends_with("\n…")));
}

#[test]
fn the_answer_decides() {
    for (answer, millis) in [
        (Answer::status(429).header("retry-after", "30"), 30_000),
        (Answer::status(429).body(r#"{"code": 42901, "error": "limit reached"}"#), 5_000),
        (Answer::status(429).body(r#"{"code": 42908, "error": "daily message quota reached"}"#), 3_600_000),
    ] {
        let error = becomes(answer);
        assert!(matches!(error, DeliveryError::RetryAfter(span) if span == millis), "{error:?}");
    }
    for status in [408, 500, 507] {
        assert!(matches!(becomes(Answer::status(status)), DeliveryError::Retryable(_)), "{status}");
    }
    for (status, hint) in [
        (401, "does not know this `token`"),
        (403, "the topic is protected"),
        (404, "without the topic"),
        (400, ""),
    ] {
        let answer = Answer::status(status).body(r#"{"code": 40000, "error": "no\u0007pe"}"#);
        let DeliveryError::Rejected(said) = becomes(answer) else { panic!("{status} is not rejected") };
        assert!(said.starts_with(&format!("ntfy answered {status}: nope")) && said.contains(hint), "{said}");
    }
    for body in ["", "<html>welcome</html>", "{}"] {
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
fn credentials_and_topics_are_checked_beforehand() {
    let placement = |more: Value| {
        let mut config = json!({ "server": "https://ntfy.example.com/", "topic": "t" });
        for (key, value) in more.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        let host = Host::new().secret("key", "unseen").always(POST, taken());
        let ran = host.notify(deliver, &config.to_string(), notification([]));
        match ran.result {
            Ok(_) => Ok(ran.sent[0].credentials.first().map(|it| it.placement.clone())),
            Err(error) => Err(format!("{error:?}")),
        }
    };
    let secret = || json!({ "secret": "key" });
    assert!(matches!(placement(json!({})), Ok(None)));
    assert!(matches!(placement(json!({ "token": secret() })), Ok(Some(Placement::Bearer))));
    let basic = json!({ "user": "kari", "password": secret() });
    assert!(
        matches!(placement(json!({ "basic": basic })), Ok(Some(Placement::Basic(user))) if user == "kari")
    );
    for (more, said) in [
        (json!({ "basic": basic, "token": secret() }), "are the same header"),
        (json!({ "topic": "a/b" }), "is no topic"),
        (json!({ "topic": "" }), "is no topic"),
        (json!({ "server": "ntfy.sh" }), "must begin with"),
    ] {
        let problem = placement(more).err().unwrap_or_default();
        assert!(problem.contains(said), "{problem}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    let table = watchkeep_sdk::testing::config_table(&MANIFEST);
    assert!(include_str!("../README.md").contains(&table), "the table in README.md should be:\n{table}");
}
