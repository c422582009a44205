//! What is posted, and what becomes of the answers.

use serde_json::{Value, json};
use watchkeep_plugin_webhook::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

const URL: &str = "https://hooks.example.com/in";

fn config(more: &Value) -> String {
    let mut config = json!({ "url": URL });
    for (key, value) in more.as_object().expect("further keys are a table") {
        config[key] = value.clone();
    }
    config.to_string()
}

fn post(more: &Value, answer: Answer, notification: Notification) -> Ran<Option<String>, DeliveryError> {
    Host::new().secret("key", "s3cret").answer(&format!("POST {URL}"), answer).notify(
        deliver,
        &config(more),
        notification,
    )
}

#[track_caller]
fn posted(more: &Value, notification: Notification) -> Value {
    let ran = post(more, Answer::status(202), notification);
    assert_eq!(ran.value(), &None);
    ran.sent_json()
}

#[track_caller]
fn becomes(answer: Answer, expected: &DeliveryError) {
    let ran = post(&json!({}), answer, notification([alert("shop")]));
    assert_eq!(format!("{:?}", ran.error()), format!("{expected:?}"));
}

fn deployed() -> Notification {
    let event = Notice {
        check: "deployments".to_owned(),
        thread: "release-7".to_owned(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green".to_owned(),
        link: None,
        at: NOW,
        labels: Vec::new(),
    };
    Notification { kind: NotificationKind::Event, event: Some(event), ..notification([]) }
}

#[test]
fn the_generic_shape_is_the_documented_one() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let body = posted(&json!({}), notification([Alert { metrics: vec![slow], ..alert("shop") }]));
    let documented = include_str!("../README.md");
    let example = documented.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    let example: Value =
        serde_json::from_str(example.expect("README.md shows the shape")).expect("it is JSON");
    assert_eq!(body, example, "README.md should show\n{body:#}");
}

#[test]
fn an_event_stands_beside_no_alerts() {
    let body = posted(&json!({}), deployed());
    assert_eq!(body["alerts"], json!([]));
    assert_eq!(body["kind"], "event");
    assert_eq!(
        (&body["event"]["title"], &body["event"]["thread"]),
        (&json!("shop 1.2.3 is live"), &json!("release-7"))
    );
}

#[test]
fn every_attempt_bears_the_same_key() {
    let key = |attempt| {
        let ran =
            post(&json!({}), Answer::status(200), Notification { attempt, ..notification([alert("shop")]) });
        let headers = ran.sent[0].headers.clone();
        headers.into_iter().find(|header| header.name == "idempotency-key").map(|header| header.value)
    };
    assert_eq!(key(1).as_deref(), Some("n1"));
    assert_eq!(key(1), key(7));
}

#[test]
fn alertmanagers_shape_is_version_4() {
    let over = Alert {
        until: Some(NOW),
        state: State::Ok,
        finding: Some("eu".to_owned()),
        details: Some("twice".to_owned()),
        runbook: Some("https://wiki.example.com/api".to_owned()),
        ..alert("api")
    };
    let told = Notification { omitted: 2, ..notification([alert("shop"), over]) };
    let body = posted(&json!({ "format": "alertmanager_v4" }), told);
    assert_eq!(
        body,
        json!({
            "version": "4",
            "groupKey": "5f2a9c-chat",
            "truncatedAlerts": 2,
            "status": "firing",
            "receiver": "chat",
            "groupLabels": { "team": "web" },
            "commonLabels": { "team": "web" },
            "commonAnnotations": { "summary": "connection refused by 192.0.2.1:443 after 3 ms" },
            "externalURL": "https://watch.example.com/alerts",
            "alerts": [
                {
                    "status": "firing",
                    "labels": { "alertname": "shop", "check": "shop", "team": "web", "state": "critical", "severity": "error" },
                    "annotations": { "summary": "connection refused by 192.0.2.1:443 after 3 ms" },
                    "startsAt": "2026-03-04T05:01:07.000Z",
                    "endsAt": "0001-01-01T00:00:00Z",
                    "generatorURL": "https://watch.example.com/checks/shop",
                    "fingerprint": body["alerts"][0]["fingerprint"],
                },
                {
                    "status": "resolved",
                    "labels": { "alertname": "api", "check": "api", "finding": "eu", "team": "web", "state": "ok", "severity": "error" },
                    "annotations": {
                        "summary": "connection refused by 192.0.2.1:443 after 3 ms",
                        "description": "twice",
                        "runbook_url": "https://wiki.example.com/api",
                    },
                    "startsAt": "2026-03-04T05:01:07.000Z",
                    "endsAt": "2026-03-04T05:06:07.000Z",
                    "generatorURL": "https://watch.example.com/checks/api",
                    "fingerprint": body["alerts"][1]["fingerprint"],
                },
            ],
        })
    );
    let fingerprint = body["alerts"][0]["fingerprint"].as_str().expect("a fingerprint is text");
    assert!(
        fingerprint.len() == 16 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{fingerprint}"
    );
}

#[test]
fn a_group_is_resolved_for_alertmanager_when_all_of_it_is() {
    let over = Alert { until: Some(NOW), ..alert("api") };
    let body = posted(&json!({ "format": "alertmanager_v4" }), notification([over]));
    assert_eq!(body["status"], "resolved");
}

#[test]
fn an_event_is_an_alert_that_is_over_for_alertmanager() {
    let body = posted(&json!({ "format": "alertmanager_v4" }), deployed());
    let alert = &body["alerts"][0];
    assert_eq!(alert["labels"]["alertname"], "deployments");
    assert_eq!(alert["annotations"]["summary"], "shop 1.2.3 is live");
    assert_eq!(alert["startsAt"], alert["endsAt"]);
}

#[test]
fn the_request_is_made_as_the_operator_wrote_it() {
    let more = json!({
        "method": "put", "headers": { "x-source": "watchkeep" }, "secret_headers": { "x-api-key": { "secret": "key" } },
        "basic": { "user": "watch", "password": { "secret": "key" } }, "timeout": "3s",
    });
    let ran = Host::new().secret("key", "s3cret").answer(&format!("PUT {URL}"), Answer::status(200)).notify(
        deliver,
        &config(&more),
        notification([alert("shop")]),
    );
    let sent = &ran.sent[0];
    let header = |name: &str| {
        sent.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    };
    assert_eq!((header("x-source"), header("content-type")), (Some("watchkeep"), Some("application/json")));
    assert_eq!((sent.timeout, sent.redirects_max), (Some(3_000), 0));
    let places: Vec<_> = sent.credentials.iter().map(|credential| &credential.placement).collect();
    assert!(
        matches!(places.as_slice(), [Placement::Header(name), Placement::Basic(user)] if name == "x-api-key" && user == "watch")
    );
}

#[test]
fn the_url_may_be_a_secret() {
    let ran = Host::new()
        .secret("hook", URL)
        .secret("key", "s3cret")
        .answer(&format!("POST {URL}"), Answer::status(200))
        .notify(
            deliver,
            r#"{"url": {"secret": "hook"}, "bearer": {"secret": "key"}}"#,
            notification([alert("shop")]),
        );
    assert!(ran.result.is_ok());
    assert_eq!(ran.sent[0].url, "");
    assert!(matches!(ran.sent[0].credentials[1].placement, Placement::Bearer));
}

#[test]
fn a_receiver_that_asks_for_patience_is_heeded() {
    becomes(Answer::status(429).header("retry-after", "7"), &DeliveryError::RetryAfter(7_000));
    becomes(Answer::status(429), &DeliveryError::RetryAfter(10_000));
    becomes(Answer::status(503).header("retry-after", "60"), &DeliveryError::RetryAfter(60_000));
}

#[test]
fn a_failing_receiver_is_tried_again_and_a_refusing_one_is_not() {
    becomes(
        Answer::status(502).body("bad\n gateway"),
        &DeliveryError::Retryable("the receiver answered 502: bad gateway".to_owned()),
    );
    becomes(Answer::status(503), &DeliveryError::Retryable("the receiver answered 503".to_owned()));
    becomes(Answer::status(401), &DeliveryError::Rejected("the receiver answered 401".to_owned()));
    becomes(
        Answer::status(301).header("location", "/new"),
        &DeliveryError::Rejected(
            "the receiver answered 301; hint: redirects are not followed, write the address it moved to"
                .to_owned(),
        ),
    );
}

#[test]
fn how_far_a_failed_request_came_decides() {
    let refused = "connection refused by 192.0.2.1:443 after 10 ms".to_owned();
    becomes(Answer::failure(FailureKind::Refused, Phase::Connect, ""), &DeliveryError::Retryable(refused));
    let closed = "connection closed without an answer by 192.0.2.1:443 after 10 ms".to_owned();
    becomes(Answer::failure(FailureKind::Closed, Phase::Wait, ""), &DeliveryError::Unsure(closed));
}

#[test]
fn a_literal_url_is_its_own_grant() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    assert_eq!(schema["properties"]["url"]["anyOf"][1]["x-watchkeep-secret"], true);
}

#[test]
fn config_mistakes_are_found() {
    for (config, said) in [
        (json!({ "url": "hooks.example.com" }), "must begin with `http://`"),
        (
            json!({ "url": URL, "format": "alertmanager" }),
            "`alertmanager` is none of `generic`, `alertmanager_v4`",
        ),
        (
            json!({ "url": URL, "bearer": { "secret": "k" }, "basic": { "user": "u", "password": { "secret": "k" } } }),
            "keep one",
        ),
    ] {
        let ran = Host::new().notify(deliver, &config.to_string(), notification([]));
        let DeliveryError::Retryable(message) = ran.error() else { panic!("{:?}", ran.error()) };
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    let table = watchkeep_sdk::testing::config_table(&MANIFEST);
    assert!(include_str!("../README.md").contains(&table), "the table in README.md should be:\n{table}");
}
