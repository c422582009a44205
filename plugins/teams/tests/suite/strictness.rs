//! The double of a Teams workflow refuses what the workflow refuses, and its runs fail where they would.
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Double, Reply, Request};

use crate::double::Teams;

fn ask(teams: &mut Teams, request: &Request, now: Duration) -> Reply {
    teams.answer(request, now, "https://default0123.environment.api.powerplatform.com")
}

fn posting(message: &Value) -> Request {
    Request::new("POST", Teams::WEBHOOK, "application/json", message.to_string())
}

/// A message whose card has one thing changed.
fn with(change: &str, to: Value) -> Value {
    let text = json!({ "type": "TextBlock", "text": "down" });
    let mut card = json!({ "type": "AdaptiveCard", "version": "1.4", "body": [text] });
    card[change] = to;
    let attachment = json!({ "contentType": "application/vnd.microsoft.card.adaptive", "content": card });
    json!({ "type": "message", "attachments": [attachment] })
}

/// A message with one thing changed.
fn outer(change: &str, to: Value) -> Value {
    let mut message = with("version", json!("1.4"));
    *message.pointer_mut(change).unwrap() = to;
    message
}

#[track_caller]
fn fails(request: &Request, said: &str) {
    let mut teams = Teams::new();
    let reply = ask(&mut teams, request, Duration::ZERO);
    assert_eq!((reply.status, reply.body.as_str()), (202, ""), "the trigger has taken it: {reply:?}");
    assert!(teams.cards().is_empty(), "{:?}", teams.cards());
    let failure = teams.failures().first().unwrap();
    assert!(failure.contains(said), "{failure}");
}

#[test]
fn a_card_of_the_wrong_form_fails_in_the_run() {
    let body = |element: Value| with("body", json!([element]));
    let action = |action: Value| with("actions", json!([action]));
    let run = |run: Value| body(json!({ "type": "RichTextBlock", "inlines": [run] }));
    for (message, said) in [
        (outer("/type", json!("AdaptiveCard")), "not `message`"),
        (outer("/attachments", Value::Null), "The result must be a valid array"),
        (outer("/attachments", json!([])), "The result must be a valid array"),
        (outer("/attachments/0/contentType", json!("text/html")), "an attachment is of type"),
        (with("type", json!("MessageCard")), "Property 'type' must be 'AdaptiveCard'"),
        (with("version", Value::Null), "Required property 'version' not found"),
        (with("version", json!("1.6")), "no card of version"),
        (with("version", json!("latest")), "no card of version"),
        (with("body", json!([])), "the card has no body"),
        (body(json!({ "text": "down" })), "Required property 'type' not found"),
        (body(json!({ "type": "Marquee" })), "unknown type 'Marquee'"),
        (body(json!({ "type": "TextBlock" })), "Required property 'text' not found"),
        (body(json!({ "type": "TextBlock", "text": "x", "weight": "bold" })), "unknown value \"bold\""),
        (body(json!({ "type": "RichTextBlock" })), "Required property 'inlines' not found"),
        (run(json!({ "type": "Link", "text": "x" })), "unknown type \"Link\""),
        (run(json!({ "type": "TextRun" })), "Required property 'text' not found"),
        (body(json!({ "type": "Container", "items": [] })), "Required property 'items' not found"),
        (body(json!({ "type": "Container", "style": "red", "items": [] })), "unknown value \"red\""),
        (body(json!({ "type": "Container", "items": [{ "type": "TextBlock" }] })), "'text' not found"),
        (body(json!({ "type": "ColumnSet", "columns": [{}] })), "Required property 'items' not found"),
        (body(json!({ "type": "FactSet", "facts": [{ "title": "a" }] })), "'value' not found"),
        (body(json!({ "type": "Image", "url": "a.png" })), "'a.png' is not a valid URL"),
        (action(json!({ "type": "Action.OpenUrl", "title": "Open" })), "Required property 'url' not found"),
        (action(json!({ "type": "Action.OpenUrl", "url": "javascript:x" })), "is not a valid URL"),
        (action(json!({ "type": "Action.Submit" })), "not supported"),
        (body(json!({ "type": "TextBlock", "text": "x".repeat(28 * 1_024) })), "Request Entity too large"),
    ] {
        fails(&posting(&message), said);
    }
    let text = with("version", json!("1.4")).to_string();
    fails(&Request::new("POST", Teams::WEBHOOK, "text/plain", text), "not `message`");
}

#[test]
fn a_card_within_the_rules_is_posted() {
    let run = json!({ "type": "TextRun", "text": "CRITICAL", "weight": "Bolder" });
    let body = json!([
        { "type": "Container", "style": "attention", "items": [{ "type": "RichTextBlock", "inlines": [run, "down"] }] },
        { "type": "ColumnSet", "columns": [{ "items": [{ "type": "TextBlock", "text": "x" }] }] },
        { "type": "FactSet", "facts": [{ "title": "since", "value": "05:01" }] },
        { "type": "Image", "url": "https://watch.example.com/a.png" },
        { "type": "ActionSet", "actions": [{ "type": "Action.ToggleVisibility", "targetElements": ["x"] }] },
    ]);
    let mut teams = Teams::new();
    let message = with("body", body.clone());
    assert_eq!(ask(&mut teams, &posting(&message), Duration::ZERO).status, 202);
    assert_eq!((&teams.cards()[0]["body"], teams.failures()), (&body, &[][..]));
}

#[test]
fn what_is_no_request_of_its_own_the_trigger_refuses() {
    let mut teams = Teams::new();
    let (path, _) = Teams::WEBHOOK.split_once('?').unwrap();
    let mut refuses = |request: Request, status: u16, code: &str| {
        let reply = ask(&mut teams, &request, Duration::ZERO);
        let said: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status, &said["error"]["code"]), (status, &json!(code)), "{request:?}");
        assert!(said["error"]["message"].is_string());
    };
    let ask_at = |method: &str, path: &str, body: &str| Request::new(method, path, "application/json", body);
    refuses(ask_at("POST", Teams::WEBHOOK, "{"), 400, "InvalidRequestContent");
    refuses(ask_at("GET", Teams::WEBHOOK, ""), 405, "MethodNotAllowed");
    refuses(ask_at("POST", path, "{}"), 401, "DirectApiAuthorizationRequired");
    refuses(ask_at("POST", &format!("{}x", Teams::WEBHOOK), "{}"), 401, "AuthorizationFailed");
    refuses(ask_at("POST", &Teams::WEBHOOK.replace("0123", "3210"), "{}"), 404, "WorkflowNotFound");
}

#[test]
fn a_workflow_that_is_off_or_gone_takes_nothing() {
    let mut teams = Teams::new();
    let request = posting(&with("version", json!("1.4")));
    teams.disable();
    let disabled = ask(&mut teams, &request, Duration::ZERO);
    assert!(disabled.status == 400 && disabled.body.contains("with state 'Disabled'"), "{disabled:?}");
    teams.delete();
    let deleted = ask(&mut teams, &request, Duration::ZERO);
    assert!(deleted.status == 400 && deleted.body.contains("WorkflowTriggerIsNotEnabled"), "{deleted:?}");
    assert!(teams.cards().is_empty() && teams.failures().is_empty());
}

#[test]
fn four_a_second_are_taken() {
    let mut teams = Teams::new();
    let request = posting(&with("version", json!("1.5")));
    for millis in [0, 100, 200, 300] {
        assert_eq!(ask(&mut teams, &request, Duration::from_millis(millis)).status, 202);
    }
    let reply = ask(&mut teams, &request, Duration::from_millis(400));
    assert_eq!(reply.status, 429);
    assert!(reply.headers.contains(&("retry-after", "1".to_owned())), "{reply:?}");
    assert_eq!(ask(&mut teams, &request, Duration::from_secs(1)).status, 202);
}
