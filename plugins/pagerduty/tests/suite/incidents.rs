//! Incidents in a strict double of PagerDuty, and what becomes of its answers.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, Reply, native};
use watchkeep_plugin_pagerduty::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification, picture};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

use crate::double::{Incident, PagerDuty};

const BASE: &str = "https://events.pagerduty.com";
const CONFIG: &str = r#"{"routing_key": {"secret": "pager"}}"#;
const POST: &str = "POST https://events.pagerduty.com/v2/enqueue";

type Delivered = Ran<Option<String>, DeliveryError>;

struct Pager(Answering<PagerDuty>);

impl Pager {
    fn new() -> Pager {
        Pager(native(PagerDuty::new(), BASE).secret("pager", PagerDuty::KEY))
    }
    fn with_key(key: &str) -> Pager {
        Pager(native(PagerDuty::new(), BASE).secret("pager", key))
    }
    fn told(&self, notification: Notification) -> Delivered {
        Host::new().secret("pager", "unseen").served_by(self.0.serve()).notify(deliver, CONFIG, notification)
    }
    fn incidents(&self) -> Vec<Incident> {
        self.0.with(|pager| pager.incidents().to_vec())
    }
}

/// What the one incident was last triggered with.
#[track_caller]
fn triggered(notification: Notification) -> Value {
    let pager = Pager::new();
    pager.told(notification).value();
    let incidents = pager.incidents();
    assert_eq!(incidents.len(), 1);
    incidents[0].event.clone()
}

fn kind(kind: NotificationKind, alert: Alert) -> Notification {
    Notification { kind, ..notification([alert]) }
}

fn over() -> Alert {
    Alert { state: State::Ok, until: Some(NOW), ..alert("shop") }
}

fn event(severity: Severity) -> Notification {
    let notice = Notice {
        check: "deployments".to_owned(),
        thread: "shop-1.2.3".to_owned(),
        severity,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW - 1_000,
        labels: vec![Label::new("service", "shop")],
    };
    Notification { kind: NotificationKind::Event, event: Some(notice), ..notification([]) }
}

#[track_caller]
fn becomes(reply: Reply) -> DeliveryError {
    let pager = Pager::new();
    pager.0.next_says("/v2/enqueue", reply);
    pager.told(notification([alert("shop")])).error().clone()
}

#[test]
fn an_alert_is_an_incident_that_says_all() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        actions: vec!["restarted `shop`".to_owned()],
        details: Some("tried three addresses".to_owned()),
        assigned_to: Some("web".to_owned()),
        pictures: vec![picture("p1", "image/png", 3)],
        labels: vec![
            Label::new("service", "checkout"),
            Label::new("client", "acme"),
            Label::new("plugin", "http"),
        ],
        ..alert("shop")
    };
    assert_eq!(
        triggered(notification([shop])),
        json!({
            "routing_key": PagerDuty::KEY,
            "event_action": "trigger",
            "dedup_key": "5f2a9c-chat",
            "client": "Watchkeep",
            "client_url": "https://watch.example.com/alerts",
            "payload": {
                "summary": "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms",
                "source": "shop",
                "severity": "critical",
                "timestamp": "2026-03-04T05:01:07.000Z",
                "component": "checkout",
                "group": "acme",
                "class": "http",
                "custom_details": {
                    "reason": "3 failures in a row",
                    "summary": "connection refused by 192.0.2.1:443 after 3 ms",
                    "since": "since 05:01 UTC (5 min)",
                    "last ok": "05:00 UTC",
                    "measured": ["probe_duration_seconds is 2.5 s, critical above 2 s"],
                    "recovery": ["restarted `shop`"],
                    "handed to": "web",
                    "runbook": "https://wiki.example.com/shop",
                    "details": "tried three addresses",
                    "labels": { "service": "checkout", "client": "acme", "plugin": "http" },
                },
            },
            "links": [
                { "href": "https://watch.example.com/checks/shop", "text": "Open in Watchkeep" },
                { "href": "https://wiki.example.com/shop", "text": "Runbook" },
            ],
            "images": [
                {
                    "src": "https://watch.example.com/snapshots/p1",
                    "href": "https://watch.example.com/checks/shop",
                    "alt": "p1",
                },
            ],
        })
    );
}

#[test]
fn a_life_is_one_incident_from_its_trigger_to_its_resolve() {
    let pager = Pager::new();
    let id = pager.told(notification([alert("shop")])).value().clone();
    assert_eq!(id.as_deref(), Some("5f2a9c-chat"));
    pager.told(kind(NotificationKind::Reminder, alert("shop"))).value();
    pager.told(kind(NotificationKind::Escalated, alert("shop"))).value();
    pager.told(kind(NotificationKind::HandedOver, alert("shop"))).value();
    let incidents = pager.incidents();
    assert_eq!((incidents.len(), incidents[0].triggers, incidents[0].status), (1, 4, "triggered"));
    pager.told(kind(NotificationKind::Acknowledged, alert("shop"))).value();
    assert_eq!(pager.incidents()[0].status, "acknowledged");
    pager.told(kind(NotificationKind::Resolved, over())).value();
    assert_eq!(pager.incidents()[0].status, "resolved");
}

#[test]
fn what_is_over_opens_nothing_whatever_it_is_told_as() {
    let pager = Pager::new();
    for each in [NotificationKind::Firing, NotificationKind::Resolved, NotificationKind::Acknowledged] {
        pager.told(kind(each, over())).value();
    }
    assert!(pager.incidents().is_empty());
}

#[test]
fn an_incident_that_was_closed_by_hand_is_opened_again_while_it_goes_on() {
    let pager = Pager::new();
    pager.told(notification([alert("shop")])).value();
    pager.0.with(PagerDuty::close_all);
    pager.told(kind(NotificationKind::Reminder, alert("shop"))).value();
    assert_eq!(pager.incidents().len(), 2);
}

#[test]
fn an_attempt_whose_answer_was_lost_counts_once() {
    let pager = Pager::new();
    pager.0.next_is_lost("/v2/enqueue");
    let lost = pager.told(notification([alert("shop")]));
    assert!(matches!(lost.error(), DeliveryError::Unsure(_)), "{:?}", lost.error());
    pager.told(Notification { attempt: 2, told_before: true, ..notification([alert("shop")]) }).value();
    assert_eq!(pager.incidents().len(), 1);
}

#[test]
fn how_bad_it_is_is_said_in_pagerdutys_words() {
    for (state, severity) in
        [(State::Critical, "critical"), (State::Warning, "warning"), (State::Unknown, "warning")]
    {
        let event = triggered(notification([Alert { state, ..alert("shop") }]));
        assert_eq!(event["payload"]["severity"], severity);
    }
    let test = triggered(Notification { kind: NotificationKind::Test, ..notification([]) });
    assert_eq!(
        (&test["payload"]["severity"], &test["payload"]["summary"]),
        (&json!("info"), &json!("TEST: 3 failures in a row"))
    );
    assert_eq!(test["payload"]["source"], "chat");
}

#[test]
fn news_is_a_change_that_pages_nobody_and_what_is_worse_is_an_incident() {
    let pager = Pager::new();
    pager.told(event(Severity::Info)).value();
    assert!(pager.incidents().is_empty());
    let changes = pager.0.with(|pager| pager.changes().to_vec());
    assert_eq!(changes[0]["payload"]["summary"], "INFO: deployments: shop 1.2.3 is live");
    assert_eq!(changes[0]["payload"]["timestamp"], "2026-03-04T05:06:06.000Z");
    assert_eq!(changes[0]["links"][0]["href"], "https://ci.example.com/7");
    for (severity, said) in [(Severity::Warning, "warning"), (Severity::Error, "critical")] {
        let event = triggered(event(severity));
        assert_eq!(event["payload"]["severity"], said);
        assert_eq!(event["payload"]["component"], "shop");
        assert_eq!(event["payload"]["custom_details"]["details"], "blue to green");
    }
}

#[test]
fn a_group_is_one_incident_that_lists_its_alerts() {
    let many = (0..60).map(|n| alert(&format!("check-{n}")));
    let event = triggered(Notification { omitted: 3, ..notification(many) });
    assert_eq!(event["payload"]["summary"], "CRITICAL: 63 alerts (60 critical): team=web");
    let details = &event["payload"]["custom_details"];
    assert_eq!((details["alerts"].as_array().map(Vec::len), &details["and more"]), (Some(50), &json!(13)));
}

#[test]
fn what_pagerduty_would_refuse_for_its_length_or_its_addresses_is_cut_or_left_out() {
    let huge = Alert {
        summary: "€".repeat(5_000),
        details: Some("€".repeat(300_000)),
        runbook: Some("see the wiki".to_owned()),
        link: "watch/checks/shop".to_owned(),
        labels: (0..64).map(|n| Label::new(&format!("l{n}"), "\u{1}".repeat(1_024))).collect(),
        pictures: vec![watchkeep_sdk::Picture {
            url: "http://watch/p1".to_owned(),
            ..picture("p1", "image/png", 3)
        }],
        ..alert("shop")
    };
    let event = triggered(notification([huge]));
    assert_eq!(event["payload"]["summary"].as_str().map(|text| text.chars().count()), Some(1_024));
    assert_eq!((&event["links"], &event["images"]), (&json!([]), &json!([])));
    let blank = Alert { runbook: Some("https://wiki.example.com/the shop".to_owned()), ..alert("shop") };
    let event = triggered(notification([blank]));
    assert_eq!(event["links"].as_array().map(Vec::len), Some(1), "the page alone: {event:#}");
    let endless = Alert { summary: "x".repeat(600_000), ..alert("shop") };
    let event = triggered(notification([endless]));
    assert!(event["payload"]["custom_details"]["left out"].is_string());
}

#[test]
fn the_key_is_put_where_it_belongs_and_nowhere_else() {
    let curious = Alert { summary: "ROUTING-KEY-0 ROUTING-KEY-1".to_owned(), ..alert("shop") };
    let event = triggered(notification([curious]));
    assert_eq!(event["routing_key"], PagerDuty::KEY);
    assert_eq!(event["payload"]["custom_details"]["summary"], "ROUTING-KEY-0 ROUTING-KEY-1");
}

#[test]
fn a_key_of_another_kind_is_rejected_with_what_to_do() {
    for (key, said) in
        [("u+short", "Length of 'routing_key' is incorrect"), (&"0".repeat(32), "Invalid routing key")]
    {
        let ran = Pager::with_key(key).told(notification([alert("shop")]));
        let DeliveryError::Rejected(told) = ran.error() else { panic!("{:?}", ran.error()) };
        assert!(
            told.contains(said) && told.contains("; hint: the secret has to be the 32 characters"),
            "{told}"
        );
    }
}

#[test]
fn more_than_pagerduty_takes_in_a_minute_waits() {
    let pager = Pager::new();
    for n in 0..120 {
        let dedup_key = format!("life-{n}");
        pager.told(Notification { dedup_key, ..notification([alert("shop")]) }).value();
    }
    let one_more = || pager.told(notification([alert("shop")]));
    assert!(matches!(one_more().error(), DeliveryError::RetryAfter(10_000)));
    pager.0.wait(Duration::from_secs(60));
    one_more().value();
}

#[test]
fn what_the_answer_says_decides() {
    let patient = becomes(Reply::text(429, "").header("retry-after", "30"));
    assert!(matches!(patient, DeliveryError::RetryAfter(30_000)), "{patient:?}");
    let patient = becomes(Reply::text(429, "").header("retry-after", "soon"));
    assert!(matches!(patient, DeliveryError::RetryAfter(10_000)), "{patient:?}");
    for status in [408, 500, 502, 503] {
        assert!(matches!(becomes(Reply::text(status, "")), DeliveryError::Retryable(_)), "{status}");
    }
    for status in [301, 400, 403, 404, 413] {
        assert!(matches!(becomes(Reply::text(status, "no\u{7}pe")), DeliveryError::Rejected(_)), "{status}");
    }
    let errors = json!({ "message": "Event object is invalid", "errors": ["a is wrong", "b too"] });
    let DeliveryError::Rejected(said) = becomes(Reply::json(400, &errors)) else { panic!("not rejected") };
    assert_eq!(said, "PagerDuty answered 400: Event object is invalid: a is wrong: b too");
}

#[test]
fn how_far_a_call_came_decides_whether_it_is_tried_again_or_unsure() {
    for (kind, phase, unsure) in [
        (FailureKind::Denied, Phase::Policy, false),
        (FailureKind::NameNotFound, Phase::Name, false),
        (FailureKind::Refused, Phase::Connect, false),
        (FailureKind::Certificate, Phase::Tls, false),
        (FailureKind::TimedOut, Phase::Wait, true),
        (FailureKind::Reset, Phase::Transfer, true),
    ] {
        let ran = Host::new()
            .secret("pager", "unseen")
            .answer(POST, Answer::failure(kind, phase, "why"))
            .notify(deliver, CONFIG, notification([alert("shop")]));
        let is_unsure = matches!(ran.error(), DeliveryError::Unsure(_));
        let is_retryable = matches!(ran.error(), DeliveryError::Retryable(_));
        assert_eq!((is_unsure, is_retryable), (unsure, !unsure), "{kind:?}");
    }
}

#[test]
fn single_alerts_are_wanted_and_the_readme_lists_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["x-watchkeep-grouping"], "per_alert");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
