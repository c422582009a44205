//! What is pushed, and what becomes of the server's answers.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, Reply, native};
use watchkeep_plugin_ntfy::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

use crate::double::Ntfy;

const BASE: &str = "https://ntfy.example.com";
const CONFIG: &str = r#"{"server": "https://ntfy.example.com", "topic": "alerts-7Gh2"}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

fn post(server: &Answering<Ntfy>, config: &str, notification: Notification) -> Delivered {
    Host::new().secret("key", "unseen").served_by(server.serve()).notify(deliver, config, notification)
}

/// What subscribers get of it.
#[track_caller]
fn pushed(notification: Notification) -> Value {
    let server = native(Ntfy::open(), BASE);
    let ran = post(&server, CONFIG, notification);
    let pushes = server.with(|ntfy| ntfy.pushes().to_vec());
    assert_eq!((pushes.len(), ran.value().as_deref()), (1, pushes[0]["id"].as_str()));
    pushes[0].clone()
}

/// The error for an answer that the server would not give, or not now.
#[track_caller]
fn becomes(reply: Reply) -> DeliveryError {
    let server = native(Ntfy::open(), BASE);
    server.next_says("/", reply);
    post(&server, CONFIG, notification([alert("shop")])).error().clone()
}

#[track_caller]
fn rejected(server: Ntfy, config: &Value) -> String {
    let server = native(server, BASE).secret("key", "wrong");
    match post(&server, &config.to_string(), notification([alert("shop")])).error() {
        DeliveryError::Rejected(said) => said.clone(),
        other => panic!("not rejected: {other:?}"),
    }
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
    let mut push = pushed(notification([shop]));
    for name in ["id", "time", "expires", "event"] {
        push.as_object_mut().map(|push| push.remove(name));
    }
    assert_eq!(
        push,
        json!({
            "topic": "alerts-7Gh2",
            "title": "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms",
            "message": "since 05:01 UTC (5 min)\nlast ok at 05:00 UTC\n\
                probe_duration_seconds is 2.5 s, critical above 2 s\nrecovery: restarted it\nhanded to web\n\
                tried three\naddresses\nteam=web\nreason: 3 failures in a row",
            "priority": 5,
            "tags": ["red_circle"],
            "click": "https://watch.example.com/checks/shop",
            "actions": [{ "action": "view", "label": "Runbook", "url": "https://wiki.example.com/shop" }],
        })
    );
}

#[test]
fn one_reader_acknowledges_with_one_tap_and_several_by_a_page() {
    let link = "https://watch.example.com/reply/token-5f2a9c";
    let with = |reader: Option<&str>, alerts: Vec<Alert>| {
        let server = native(Ntfy::open(), BASE);
        let host = Host::new().invites("5f2a9c", reader).served_by(server.serve());
        host.notify(deliver, CONFIG, notification(alerts)).value();
        server.with(|ntfy| ntfy.pushes()[0]["actions"].clone())
    };
    let press =
        json!({"action": "http", "label": "Acknowledge", "url": link, "method": "POST", "clear": true});
    assert_eq!(with(Some("Ada"), vec![alert("shop")]), json!([press]));
    let open = json!({"action": "view", "label": "Acknowledge", "url": link});
    let shop = Alert { runbook: Some("https://wiki.example.com/shop".to_owned()), ..alert("shop") };
    let runbook = json!({"action": "view", "label": "Runbook", "url": "https://wiki.example.com/shop"});
    assert_eq!(with(None, vec![shop]), json!([open, runbook]));
    // The server takes three.
    let many = with(Some("Ada"), ["a", "b", "c", "d"].map(alert).to_vec());
    assert_eq!(many.as_array().map(Vec::len), Some(3));
    assert_eq!(many[0]["label"], "Acknowledge a");
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
         reason: 3 failures in a row"
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
    assert_eq!((push.get("click"), push.get("actions")), (None, None), "what is no page is no link");
    let push = pushed(notification((0..50).map(huge)));
    assert!(push["message"].as_str().is_some_and(|message| message.ends_with("\n…")));
}

/// The server reads 8,192 bytes of a body, and a quote or a control character is more bytes in JSON than it is in text:
/// details that were JSON themselves made a push that was refused for good.
#[test]
fn what_json_writes_longer_is_cut_sooner() {
    for text in ["\"", "\\", "\u{1}", "€\""] {
        let lines = |chars: usize| vec![text.repeat(chars); 10].join("\n");
        let shop = Alert {
            summary: text.repeat(1_000),
            details: Some(lines(300)),
            runbook: Some(format!("https://wiki.example.com/{}", "x".repeat(900))),
            link: format!("https://watch.example.com/{}", "x".repeat(900)),
            ..alert("shop")
        };
        let push = pushed(notification([shop.clone()]));
        assert!(push["message"].as_str().is_some_and(|message| message.len() > 500), "{push}");
        pushed(notification((0..50).map(|_| shop.clone())));
    }
}

#[test]
fn the_answer_decides() {
    for (reply, millis) in
        [(Reply::text(429, "").header("retry-after", "30"), 30_000), (Reply::text(429, "<html>"), 5_000)]
    {
        let error = becomes(reply);
        assert!(matches!(error, DeliveryError::RetryAfter(span) if span == millis), "{error:?}");
    }
    for status in [408, 500, 507] {
        assert!(matches!(becomes(Reply::text(status, "")), DeliveryError::Retryable(_)), "{status}");
    }
    let DeliveryError::Rejected(said) = becomes(Reply::text(400, r#"{"error": "no\u0007pe"}"#)) else {
        panic!("not rejected")
    };
    assert_eq!(said, "ntfy answered 400: nope");
    for body in ["", "<html>welcome</html>", "{}"] {
        assert!(matches!(becomes(Reply::text(200, body)), DeliveryError::Unsure(_)), "{body}");
    }
}

#[test]
fn who_asks_too_often_waits_and_longer_where_the_day_is_used_up() {
    let server = native(Ntfy::open(), BASE);
    let tell = || post(&server, CONFIG, notification([alert("shop")]));
    for _ in 0..60 {
        tell().value();
    }
    let DeliveryError::RetryAfter(span) = *tell().error() else { panic!("not asked to wait") };
    server.wait(Duration::from_millis(span));
    tell().value();
    server.with(Ntfy::use_up_the_day);
    server.wait(Duration::from_secs(60));
    assert!(matches!(tell().error(), DeliveryError::RetryAfter(3_600_000)), "{:?}", tell().error());
}

#[test]
fn what_the_server_refuses_says_what_to_do() {
    let config = |topic: &str| json!({ "server": BASE, "topic": topic });
    let said = rejected(Ntfy::protected(), &config(Ntfy::TOPIC));
    assert!(said.starts_with("ntfy answered 403: forbidden; hint: the topic is protected"), "{said}");
    let mut unknown = config(Ntfy::TOPIC);
    unknown["token"] = json!({ "secret": "key" });
    let said = rejected(Ntfy::protected(), &unknown);
    assert!(said.starts_with("ntfy answered 401: unauthorized; hint: the server does not know"), "{said}");
    let said = rejected(Ntfy::open(), &json!({ "server": format!("{BASE}/alerts"), "topic": "t" }));
    assert!(said.contains("page not found; hint: `server` is the address"), "{said}");
    let said = rejected(Ntfy::open(), &config("docs"));
    assert_eq!(said, "ntfy answered 400: invalid request: topic name is not allowed");
}

#[test]
fn a_protected_topic_is_written_to_with_a_token_or_a_password() {
    for (secret, more) in [
        (Ntfy::TOKEN, json!({ "token": { "secret": "key" } })),
        (Ntfy::PASSWORD, json!({ "basic": { "user": Ntfy::USER, "password": { "secret": "key" } } })),
    ] {
        let server = native(Ntfy::protected(), BASE).secret("key", secret);
        let mut config = json!({ "server": format!("{BASE}/"), "topic": Ntfy::TOPIC });
        for (key, value) in more.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        post(&server, &config.to_string(), notification([alert("shop")])).value();
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
        let ran = Host::new().answer(&format!("POST {BASE}/"), Answer::failure(kind, phase, "why")).notify(
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
fn credentials_and_topics_are_checked_beforehand() {
    let secret = || json!({ "secret": "key" });
    let basic = json!({ "user": "kari", "password": secret() });
    for (more, said) in [
        (json!({ "basic": basic, "token": secret() }), "are the same header"),
        (json!({ "topic": "a/b" }), "is not a valid topic"),
        (json!({ "topic": "" }), "is not a valid topic"),
        (json!({ "server": "ntfy.sh" }), "must begin with"),
    ] {
        let mut config = json!({ "server": BASE, "topic": "t" });
        for (key, value) in more.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        let ran = post(&native(Ntfy::open(), BASE), &config.to_string(), notification([]));
        let problem = format!("{:?}", ran.error());
        assert!(problem.contains(said), "{problem}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
