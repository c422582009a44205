//! The double of PagerDuty refuses what PagerDuty refuses.
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Double, Reply, Request};

use crate::double::PagerDuty;

fn send(pager: &mut PagerDuty, path: &str, body: &Value, now: Duration) -> Reply {
    let request = Request::new("POST", path, "application/json", body.to_string());
    pager.answer(&request, now, "https://events.pagerduty.com")
}

/// A trigger with one thing changed: a member of it, or of its payload.
fn trigger(change: &str, to: Value) -> Value {
    let mut event = json!({
        "routing_key": PagerDuty::KEY,
        "event_action": "trigger",
        "dedup_key": "life-1",
        "payload": { "summary": "down", "source": "shop", "severity": "critical" },
    });
    match change.strip_prefix("payload.") {
        Some(name) => event["payload"][name] = to,
        None => event[change] = to,
    }
    event
}

#[test]
fn an_event_of_the_wrong_form_is_refused_with_the_reason() {
    for (change, to, said) in [
        ("routing_key", json!("short"), "Length of 'routing_key' is incorrect"),
        ("routing_key", json!("f".repeat(32)), "Invalid routing key"),
        ("event_action", json!("open"), "'event_action' is invalid"),
        ("dedup_key", json!("x".repeat(256)), "Length of 'dedup_key' is incorrect"),
        ("dedup_key", json!(""), "'dedup_key' is missing"),
        ("payload.summary", json!(" "), "'payload.summary' is missing"),
        ("payload.summary", json!("x".repeat(1_025)), "'payload.summary' is too long"),
        ("payload.source", Value::Null, "'payload.source' is missing"),
        ("payload.severity", json!("bad"), "'payload.severity' is invalid"),
        ("payload.timestamp", json!("yesterday"), "'payload.timestamp' is not in ISO 8601"),
        ("links", json!([{ "href": "wiki" }]), "'links' holds one"),
        ("images", json!([{ "src": "http://x.example/a.png" }]), "'images' holds one"),
    ] {
        let mut pager = PagerDuty::new();
        let reply = send(&mut pager, "/v2/enqueue", &trigger(change, to), Duration::ZERO);
        assert_eq!(reply.status, 400, "{change}: {}", reply.body);
        assert!(reply.body.contains(said), "{change}: {}", reply.body);
        assert!(pager.incidents().is_empty());
    }
}

#[test]
fn what_is_too_large_too_often_or_elsewhere_is_refused() {
    let mut pager = PagerDuty::new();
    let huge = trigger("payload.custom_details", json!("x".repeat(512_000)));
    assert_eq!(send(&mut pager, "/v2/enqueue", &huge, Duration::ZERO).status, 413);
    let fine = trigger("client", json!("Watchkeep"));
    assert_eq!(send(&mut pager, "/v1/enqueue", &fine, Duration::ZERO).status, 404);
    for _ in 1..120 {
        assert_eq!(send(&mut pager, "/v2/enqueue", &fine, Duration::ZERO).status, 202);
    }
    assert_eq!(send(&mut pager, "/v2/enqueue", &fine, Duration::from_secs(59)).status, 429);
    assert_eq!(send(&mut pager, "/v2/enqueue", &fine, Duration::from_secs(60)).status, 202);
    assert_eq!((pager.incidents().len(), pager.incidents()[0].triggers), (1, 120));
}

#[test]
fn a_resolve_without_an_incident_is_taken_and_does_nothing() {
    let mut pager = PagerDuty::new();
    let resolve = trigger("event_action", json!("resolve"));
    assert_eq!(send(&mut pager, "/v2/enqueue", &resolve, Duration::ZERO).status, 202);
    assert!(pager.incidents().is_empty());
}
