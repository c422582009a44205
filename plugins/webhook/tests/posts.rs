//! The webhook against the scripted host: what it posts, and what it makes of the answer.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_webhook::{MANIFEST, deliver};
use watchkeep_sdk::http::{Digest, Encoding, FailureKind, MessagePart, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Picture, Range, Severity,
    State,
};

const URL: &str = "https://example.com/hooks/watchkeep";
const POST: &str = "POST https://example.com/hooks/watchkeep";
const README: &str = include_str!("../README.md");

fn config(more: Value) -> String {
    let mut config = json!({ "url": URL });
    for (key, value) in more.as_object().unwrap() {
        config[key] = value.clone();
    }
    config.to_string()
}

fn host(answer: Answer) -> Host {
    Host::new().secret("token", "s3cret").answer(POST, answer)
}

#[track_caller]
fn posts(more: Value, notification: Notification) -> Ran<Option<String>, DeliveryError> {
    let ran = host(Answer::status(204)).notify(deliver, &config(more), notification);
    assert_eq!(ran.value(), &None);
    ran
}

#[track_caller]
fn alertmanager(notification: Notification) -> Value {
    posts(json!({ "format": "alertmanager" }), notification).sent_json()
}

#[track_caller]
fn answered(answer: Answer) -> DeliveryError {
    host(answer).notify(deliver, &config(json!({})), notification([alert("shop")])).error().clone()
}

#[track_caller]
fn problems(config: &Value) -> String {
    match Host::new().notify(deliver, &config.to_string(), notification([])).error() {
        DeliveryError::Retryable(problems) => problems.clone(),
        other => panic!("not a config problem: {other:?}"),
    }
}

fn headers(ran: &Ran<Option<String>, DeliveryError>) -> Vec<(&str, &str)> {
    ran.sent[0].headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect()
}

/// The README's JSON block with this number.
fn shown(nth: usize) -> Value {
    let block = README.split("```json\n").nth(nth + 1).unwrap().split("```").next().unwrap();
    serde_json::from_str(block).unwrap()
}

/// A failing check, with all that an alert may hold.
fn shop() -> Alert {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds")
        .label("phase", "tls")
        .warning(Range::at_most(0.5))
        .critical(Range::at_most(2.0));
    Alert {
        details: Some("tried three addresses".to_owned()),
        metrics: vec![slow],
        acknowledged_by: Some("kari".to_owned()),
        actions: vec!["restarted `shop`".to_owned()],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        link: "https://watch.example.com/checks/shop".to_owned(),
        pictures: vec![Picture {
            id: "p1".to_owned(),
            name: "page.png".to_owned(),
            media_type: "image/png".to_owned(),
            size: 20_480,
            url: "https://watch.example.com/pictures/p1".to_owned(),
        }],
        ..alert("shop")
    }
}

/// A finding that is over.
fn disk() -> Alert {
    Alert {
        id: "77d1e0".to_owned(),
        finding: Some("sda1".to_owned()),
        state: State::Ok,
        previous: None,
        severity: Severity::Info,
        summary: "60 % full".to_owned(),
        since: NOW - 7_200_000,
        until: Some(NOW),
        labels: vec![Label::new("check", "disks"), Label::new("team", "web")],
        ..alert("disks")
    }
}

fn deployed() -> Notice {
    Notice {
        check: "deployments".to_owned(),
        thread: "shop-1.2.3".to_owned(),
        severity: Severity::Warning,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW - 1_500,
        labels: vec![Label::new("team", "web")],
    }
}

fn event() -> Notification {
    Notification { kind: NotificationKind::Event, event: Some(deployed()), ..notification([]) }
}

#[test]
fn the_document_is_the_one_that_the_readme_shows() {
    let sent = posts(json!({}), Notification { omitted: 2, ..notification([shop()]) }).sent_json();
    assert_eq!(sent, shown(0), "{sent:#}");
}

#[test]
fn the_alertmanager_form_is_the_one_that_the_readme_shows() {
    let sent = alertmanager(Notification { omitted: 2, ..notification([shop()]) });
    assert_eq!(sent, shown(1), "{sent:#}");
}

#[test]
fn an_end_a_finding_and_nothing_at_all_are_said_in_the_same_members() {
    let sent = posts(json!({}), notification([disk()])).sent_json();
    let told = &sent["alerts"][0];
    assert_eq!(told["until"], "2026-03-04T05:06:07.000Z");
    assert_eq!(
        (&told["finding"], &told["state"], &told["severity"]),
        (&json!("sda1"), &json!("ok"), &json!("info"))
    );
    for absent in ["previous_state", "details", "acknowledged_by", "runbook"] {
        assert!(told[absent].is_null() && told.as_object().unwrap().contains_key(absent), "{absent}");
    }
    for empty in ["actions", "metrics", "pictures"] {
        assert_eq!(told[empty], json!([]), "{empty}");
    }
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(told), members(&shown(0)["alerts"][0]));
}

#[test]
fn an_event_comes_without_alerts() {
    let sent = posts(json!({}), event()).sent_json();
    assert_eq!(sent["alerts"], json!([]));
    assert_eq!(
        sent["event"],
        json!({
            "check": "deployments", "thread": "shop-1.2.3", "severity": "warning",
            "title": "shop 1.2.3 is live", "body": "blue to green", "link": "https://ci.example.com/7",
            "at": "2026-03-04T05:06:05.500Z", "labels": { "team": "web" },
        })
    );
}

#[test]
fn kinds_and_states_have_names_that_stay() {
    use NotificationKind::{Acknowledged, Escalated, Event, Firing, HandedOver, Reminder, Resolved, Test};
    for (kind, name) in [
        (Firing, "firing"),
        (Reminder, "reminder"),
        (Resolved, "resolved"),
        (Acknowledged, "acknowledged"),
        (Escalated, "escalated"),
        (HandedOver, "handed-over"),
        (Event, "event"),
        (Test, "test"),
    ] {
        let sent = posts(json!({}), Notification { kind, ..notification([]) }).sent_json();
        assert_eq!(sent["kind"], name);
    }
    for (state, name) in [
        (State::Ok, "ok"),
        (State::Warning, "warning"),
        (State::Critical, "critical"),
        (State::Unknown, "unknown"),
    ] {
        let told = Alert { state, ..alert("shop") };
        assert_eq!(posts(json!({}), notification([told])).sent_json()["alerts"][0]["state"], name);
    }
}

#[test]
fn every_attempt_posts_the_same_under_the_same_key() {
    let first = posts(json!({}), notification([shop()]));
    let again = Notification { attempt: 7, told_before: true, ..notification([shop()]) };
    let again = posts(json!({}), again);
    assert_eq!(first.sent, again.sent);
    assert_eq!(headers(&first), [("content-type", "application/json"), ("idempotency-key", "n1")]);
}

#[test]
fn a_group_fires_while_one_of_its_alerts_does() {
    let mixed = alertmanager(notification([alert("shop"), disk()]));
    assert_eq!(mixed["status"], "firing");
    assert_eq!(mixed["alerts"][0]["status"], "firing");
    assert_eq!(mixed["alerts"][1]["status"], "resolved");
    assert_eq!(alertmanager(notification([disk()]))["status"], "resolved");
}

#[test]
fn a_resolved_alert_has_an_end_and_a_firing_one_has_not() {
    let sent = alertmanager(notification([alert("shop"), disk()]));
    assert_eq!(sent["alerts"][0]["endsAt"], "0001-01-01T00:00:00Z");
    assert_eq!(sent["alerts"][1]["startsAt"], "2026-03-04T03:06:07.000Z");
    assert_eq!(sent["alerts"][1]["endsAt"], "2026-03-04T05:06:07.000Z");
}

#[test]
fn what_all_alerts_share_stands_above_them() {
    let same = |check| Alert { summary: "timed out".to_owned(), runbook: None, ..alert(check) };
    let sent = alertmanager(notification([same("shop"), same("api")]));
    assert_eq!(sent["commonLabels"], json!({ "team": "web" }));
    assert_eq!(sent["commonAnnotations"], json!({ "summary": "timed out" }));
    assert_eq!(sent["alerts"][1]["labels"]["alertname"], "api");
}

#[test]
fn the_check_is_the_alerts_name_whatever_its_labels_say() {
    let told = Alert { labels: vec![Label::new("alertname", "mine")], ..alert("shop") };
    assert_eq!(alertmanager(notification([told]))["alerts"][0]["labels"], json!({ "alertname": "shop" }));
}

#[test]
fn a_fingerprint_names_the_problem_and_not_its_state() {
    let of = |told: Alert| alertmanager(notification([told]))["alerts"][0]["fingerprint"].clone();
    let worse =
        Alert { id: "later".to_owned(), until: Some(NOW), labels: vec![Label::new("state", "ok")], ..shop() };
    assert_eq!(of(shop()), of(worse));
    let kind = |kind| Alert { labels: vec![Label::new("kind", kind)], ..shop() };
    let others =
        [alert("api"), Alert { finding: Some("a".to_owned()), ..shop() }, kind("check"), kind("not-judged")];
    let mut all: Vec<Value> = others.into_iter().map(of).collect();
    all.push(of(shop()));
    all.iter().for_each(|one| assert_eq!(one.as_str().unwrap().len(), 16, "{one}"));
    let count = all.len();
    all.sort_by_key(Value::to_string);
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn alertmanagers_readers_are_told_of_an_event_as_an_alert() {
    let sent = alertmanager(event());
    let told = &sent["alerts"][0];
    assert_eq!((&sent["status"], &told["status"]), (&json!("firing"), &json!("firing")));
    assert_eq!(
        told["labels"],
        json!({ "alertname": "deployments", "kind": "event", "severity": "warning", "team": "web" })
    );
    assert_eq!(
        told["annotations"],
        json!({ "summary": "shop 1.2.3 is live", "description": "blue to green" })
    );
    assert_eq!(told["startsAt"], "2026-03-04T05:06:05.500Z");
    assert_eq!(told["generatorURL"], "https://ci.example.com/7");
    let bare = Notice { link: None, severity: Severity::Error, ..deployed() };
    let sent = alertmanager(Notification { event: Some(bare), ..event() });
    assert_eq!(sent["alerts"][0]["generatorURL"], "https://watch.example.com/alerts");
    assert_eq!(sent["alerts"][0]["labels"]["severity"], "error");
}

#[test]
fn a_test_notice_is_not_empty_to_alertmanagers_readers() {
    let test = Notification {
        kind: NotificationKind::Test,
        reason: "a test notice".to_owned(),
        group_labels: Vec::new(),
        common_labels: Vec::new(),
        link: "https://watch.example.com".to_owned(),
        ..notification([])
    };
    let sent = alertmanager(test);
    assert_eq!(sent["externalURL"], "https://watch.example.com");
    assert_eq!(sent["alerts"][0]["labels"], json!({ "alertname": "watchkeep-test", "kind": "test" }));
    assert_eq!(sent["alerts"][0]["annotations"], json!({ "summary": "a test notice" }));
    assert_eq!(sent["alerts"][0]["startsAt"], "2026-03-04T05:06:07.000Z");
}

#[test]
fn the_url_may_be_a_secret() {
    let ran = Host::new()
        .secret("hook", "https://example.com/hooks/T0K3N")
        .answer("POST https://example.com/hooks/T0K3N", Answer::status(200))
        .notify(deliver, r#"{"url": {"secret": "hook"}}"#, notification([alert("shop")]));
    assert_eq!(ran.value(), &None);
    assert_eq!(ran.sent[0].url, "");
    assert_eq!(ran.sent[0].credentials.len(), 1);
}

#[test]
fn headers_and_credentials_are_the_operators() {
    let more = json!({
        "headers": { "X-Tenant": "web", "Content-Type": "application/vnd.alert+json" },
        "secret_headers": { "x-api-key": { "secret": "token" } },
        "basic": { "user": "watch", "password": { "secret": "token" } },
    });
    let ran = posts(more, notification([alert("shop")]));
    let mut sent = headers(&ran);
    sent.sort_unstable();
    assert_eq!(
        sent,
        [("Content-Type", "application/vnd.alert+json"), ("X-Tenant", "web"), ("idempotency-key", "n1")]
    );
    let places: Vec<_> = ran.sent[0].credentials.iter().map(|credential| &credential.placement).collect();
    assert!(
        matches!(places.as_slice(), [Placement::Header(name), Placement::Basic(user)] if name == "x-api-key" && user == "watch"),
        "{places:?}"
    );

    let ran = posts(json!({ "bearer": { "secret": "token" } }), notification([alert("shop")]));
    assert_eq!(ran.sent[0].credentials[0].secret, "token");
    assert!(matches!(ran.sent[0].credentials[0].placement, Placement::Bearer));
    assert!(!String::from_utf8_lossy(&ran.sent[0].body).contains("s3cret"));
}

#[test]
fn a_body_is_signed_with_a_key_that_stays_on_the_host() {
    let signed = |signature: Value| {
        let ran = posts(json!({ "signature": signature }), notification([shop()]));
        let sent = &ran.sent[0];
        let [credential] = sent.credentials.as_slice() else { panic!("{:?}", sent.credentials) };
        let Placement::Hmac(hmac) = &credential.placement else { panic!("{credential:?}") };
        let [MessagePart::Bytes(text)] = hmac.message.as_slice() else { panic!("{hmac:?}") };
        assert_eq!((credential.secret.as_str(), text), ("token", &sent.body));
        assert_eq!(
            (hmac.digest, hmac.output_encoding, hmac.prefix.as_str()),
            (Digest::Sha256, Encoding::Hex, "sha256=")
        );
        hmac.header.clone()
    };
    assert_eq!(signed(json!({ "key": { "secret": "token" } })), "x-hub-signature-256");
    assert_eq!(signed(json!({ "key": { "secret": "token" }, "header": "x-signature" })), "x-signature");
}

#[test]
fn the_method_and_the_time_to_answer_are_the_operators() {
    let put = config(json!({ "method": "put", "timeout": "2s" }));
    let ran = Host::new()
        .answer(&POST.replace("POST", "PUT"), Answer::status(200).after(Duration::from_secs(3)))
        .notify(deliver, &put, notification([alert("shop")]));
    assert!(matches!(ran.error(), DeliveryError::Unsure(_)), "{:?}", ran.error());
    assert_eq!((ran.sent[0].method.as_str(), ran.sent[0].timeout), ("PUT", Some(2_000)));
    assert_eq!(posts(json!({}), notification([])).sent[0].timeout, Some(10_000));
}

#[test]
fn every_answer_of_200_to_299_is_delivered() {
    for status in [200, 201, 202, 204, 299] {
        let ran = host(Answer::status(status)).notify(deliver, &config(json!({})), notification([]));
        assert_eq!(ran.value(), &None, "{status}");
    }
}

#[test]
fn an_answer_that_may_change_is_tried_again() {
    for status in [408, 425, 429, 500, 503, 599] {
        assert_eq!(answered(Answer::status(status)), DeliveryError::Retryable(format!("status {status}")));
    }
    let told = answered(Answer::status(502).body("<h1>Bad\r\n\tGateway</h1>\u{7}\n"));
    assert_eq!(told, DeliveryError::Retryable("status 502: <h1>Bad Gateway</h1>".to_owned()));
}

#[test]
fn a_refusal_is_final_and_says_what_the_service_said() {
    let told = answered(Answer::status(400).body(r#"{"error": "unknown field"}"#));
    assert_eq!(told, DeliveryError::Rejected(r#"status 400: {"error": "unknown field"}"#.to_owned()));
    assert_eq!(answered(Answer::status(404)), DeliveryError::Rejected("status 404".to_owned()));
    let long = answered(Answer::status(413).body("é".repeat(5_000)));
    assert_eq!(long, DeliveryError::Rejected(format!("status 413: {}...", "é".repeat(200))));
}

#[test]
fn a_redirect_is_not_followed_since_it_would_deliver_nothing() {
    let moved = Answer::status(301).header("location", "https://example.com/new");
    let said = "status 301 to `https://example.com/new`; hint: post to where it leads";
    assert_eq!(answered(moved), DeliveryError::Rejected(said.to_owned()));
    assert_eq!(answered(Answer::status(304)), DeliveryError::Rejected("status 304".to_owned()));
}

#[test]
fn the_service_says_when_to_try_again() {
    let wait = |status, value| answered(Answer::status(status).header("retry-after", value));
    assert_eq!(wait(429, "120"), DeliveryError::RetryAfter(120_000));
    assert_eq!(wait(503, " 1 "), DeliveryError::RetryAfter(1_000));
    assert_eq!(wait(503, "18446744073709551615"), DeliveryError::RetryAfter(u64::MAX));
    let dated = Answer::status(503)
        .header("date", "Wed, 04 Mar 2026 05:06:07 GMT")
        .header("retry-after", "Wed, 04 Mar 2026 05:08:07 GMT");
    assert_eq!(answered(dated), DeliveryError::RetryAfter(120_000));
}

#[test]
fn a_wait_that_makes_no_sense_is_left_to_the_host() {
    let retryable = DeliveryError::Retryable("status 503".to_owned());
    for value in ["0", "soon", "-5", "Wed, 04 Mar 2026 05:06:07 GMT", "Wed, 04 Mar 2026 05:00:00 GMT"] {
        let answer =
            Answer::status(503).header("date", "Wed, 04 Mar 2026 05:06:07 GMT").header("retry-after", value);
        assert_eq!(answered(answer), retryable, "{value}");
    }
    let undated = Answer::status(503).header("retry-after", "Wed, 04 Mar 2026 05:08:07 GMT");
    assert_eq!(answered(undated), retryable);
    let refused = Answer::status(400).header("retry-after", "120");
    assert_eq!(answered(refused), DeliveryError::Rejected("status 400".to_owned()));
}

#[test]
fn a_failure_is_judged_by_how_far_the_call_came() {
    for (kind, phase) in [
        (FailureKind::Denied, Phase::Policy),
        (FailureKind::NameNotFound, Phase::Name),
        (FailureKind::Refused, Phase::Connect),
        (FailureKind::Certificate, Phase::Tls),
    ] {
        let told = answered(Answer::failure(kind, phase, "no"));
        assert!(matches!(told, DeliveryError::Retryable(_)), "{kind:?}: {told:?}");
    }
    for (kind, phase) in [
        (FailureKind::Reset, Phase::Send),
        (FailureKind::TimedOut, Phase::Wait),
        (FailureKind::Closed, Phase::Transfer),
    ] {
        let told = answered(Answer::failure(kind, phase, ""));
        assert!(matches!(told, DeliveryError::Unsure(_)), "{kind:?}: {told:?}");
    }
    let malformed = answered(Answer::failure(FailureKind::Invalid, Phase::Policy, "`x` is not a URL"));
    assert_eq!(malformed, DeliveryError::Rejected("`x` is not a URL".to_owned()));
}

#[test]
fn keys_that_contradict_each_other_are_config_mistakes() {
    let token = || json!({ "secret": "token" });
    let basic = || json!({ "user": "u", "password": token() });
    for (wrong, said) in [
        (json!({}), "config: `url` is missing"),
        (json!({ "url": "example.com/hook" }), "config `/url`: `example.com/hook` must begin with `http://`"),
        (json!({ "url": URL, "method": "GET" }), "config `/method`: `GET` is none of `post`, `put`"),
        (
            json!({ "url": URL, "basic": basic(), "bearer": token() }),
            "config `/bearer`: `basic`, `bearer` and",
        ),
        (
            json!({ "url": URL, "basic": basic(), "headers": { "Authorization": "x" } }),
            "config `/basic`: `basic`, `bearer` and",
        ),
        (
            json!({ "url": URL, "bearer": token(), "secret_headers": { "authorization": token() } }),
            "config `/bearer`: `basic`, `bearer` and",
        ),
        (json!({ "url": URL, "format": "xml" }), "config `/format`: `xml` is none of `json`, `alertmanager`"),
        (
            json!({ "url": URL, "bearer": "hunter2" }),
            "config `/bearer`: a secret does not belong in the config",
        ),
        (json!({ "urll": URL }), "hint: did you mean `url`?"),
    ] {
        let problems = problems(&wrong);
        assert!(problems.contains(said), "{said}\nis not in\n{problems}");
        assert!(!problems.contains("hunter2"), "a secret that was written by mistake is repeated");
    }
}

#[test]
fn the_url_is_its_own_grant_and_nothing_else_is() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    assert_eq!(schema["properties"]["url"]["anyOf"][1]["x-watchkeep-secret"], true);
    assert_eq!(schema["required"], json!(["url"]));
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 1);
    assert_eq!(MANIFEST.requests.len(), 0);
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
