//! The double of an ntfy server refuses what ntfy refuses.
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Double, Reply, Request};

use crate::double::Ntfy;

fn ask(ntfy: &mut Ntfy, request: &Request) -> (u16, Value) {
    let Reply { status, body, .. } = ntfy.answer(request, Duration::ZERO, "https://ntfy.example.com");
    (status, serde_json::from_str(&body).unwrap())
}

fn publishing(push: &Value) -> Request {
    Request::new("POST", "/", "application/json", push.to_string())
}

/// A push with one thing changed.
fn push(change: &str, to: Value) -> Value {
    let mut push = json!({ "topic": Ntfy::TOPIC, "message": "down" });
    push[change] = to;
    push
}

#[test]
fn a_push_of_the_wrong_form_is_refused_with_its_number() {
    let view = |label: &str, url: &str| json!({ "action": "view", "label": label, "url": url });
    for (change, to, code, said) in [
        ("topic", json!("a/b"), 40_009, "topic invalid"),
        ("topic", json!(""), 40_009, "topic invalid"),
        ("topic", json!("x".repeat(65)), 40_009, "topic invalid"),
        ("topic", json!("docs"), 40_010, "topic name is not allowed"),
        ("topic", json!(7), 40_017, "request body must be message JSON"),
        ("title", json!(7), 40_017, "request body must be message JSON"),
        ("priority", json!("high"), 40_017, "request body must be message JSON"),
        ("tags", json!("red_circle"), 40_017, "request body must be message JSON"),
        ("actions", json!("view, Open, https://x.example"), 40_017, "request body must be message JSON"),
        ("priority", json!(6), 40_007, "invalid priority"),
        ("priority", json!(-1), 40_007, "invalid priority"),
        ("title", json!("x".repeat(1_025)), 40_057, "title too long"),
        ("tags", json!(["x".repeat(256), "y".repeat(257)]), 40_058, "tags too long"),
        ("actions", json!(vec![view("Open", "https://x.example"); 4]), 40_018, "only 3 actions allowed"),
        ("actions", json!([{ "action": "open" }]), 40_018, "action 'open' unknown"),
        ("actions", json!([view("", "https://x.example")]), 40_018, "parameter 'label' is required"),
        ("actions", json!([view("Open", "")]), 40_018, "parameter 'url' is required"),
        ("message", json!("€".repeat(1_366)), 40_014, "attachments not allowed"),
    ] {
        let mut ntfy = Ntfy::open();
        let (status, error) = ask(&mut ntfy, &publishing(&push(change, to)));
        assert_eq!((status, &error["http"], &error["code"]), (400, &json!(400), &json!(code)), "{error}");
        assert!(error["error"].as_str().unwrap().contains(said), "{error}");
        assert!(ntfy.pushes().is_empty());
    }
}

#[test]
fn a_body_is_no_larger_than_twice_a_message_even_where_its_message_is() {
    let mut ntfy = Ntfy::open();
    let escaped = push("message", json!("\"".repeat(4_090)));
    assert_eq!(
        ask(&mut ntfy, &publishing(&escaped)),
        (413, json!({ "code": 41_303, "http": 413, "error": "JSON body too large" }))
    );
    assert_eq!(ask(&mut ntfy, &publishing(&push("message", json!("\"".repeat(4_000))))).0, 200);
    let text = Request::new("POST", "/", "text/plain", "down");
    assert_eq!(ask(&mut ntfy, &text).1["code"], 40_017);
}

#[test]
fn what_is_published_is_what_subscribers_get() {
    let mut ntfy = Ntfy::open();
    let actions = json!([{ "action": "view", "label": "Runbook", "url": "https://wiki.example.com" }]);
    let full = json!({
        "topic": "any", "title": "x".repeat(1_024), "message": "€".repeat(1_365), "priority": 5, "tags": ["warning"],
        "click": "https://watch.example.com", "actions": actions,
    });
    let (status, answer) = ask(&mut ntfy, &publishing(&full));
    assert_eq!((status, &answer), (200, &ntfy.pushes()[0]));
    assert!(answer["id"].as_str().is_some_and(|id| id.len() == 12), "{answer}");
    for name in ["topic", "title", "message", "priority", "tags", "click", "actions"] {
        assert_eq!(answer[name], full[name]);
    }
    let bare = json!({ "topic": "any", "priority": 0, "click": null, "tags": [] });
    let (_, answer) = ask(&mut ntfy, &publishing(&bare));
    assert_eq!(
        (&answer["message"], answer.get("priority"), answer.get("tags")),
        (&json!("triggered"), None, None)
    );
}

#[test]
fn who_may_write_where_is_decided_by_the_server() {
    let with =
        |authorization: &str| publishing(&push("priority", json!(3))).with("authorization", authorization);
    let token = format!("Bearer {}", Ntfy::TOKEN);
    let basic = "Basic a2FyaTpjb3JyZWN0IGhvcnNl";
    let mut ntfy = Ntfy::protected();
    let (status, error) = ask(&mut ntfy, &publishing(&push("priority", json!(3))));
    assert_eq!((status, &error["code"], &error["error"]), (403, &json!(40_301), &json!("forbidden")));
    assert_eq!(error["link"], "https://ntfy.sh/docs/publish/#authentication");
    let elsewhere = publishing(&push("topic", json!("other"))).with("authorization", &token);
    assert_eq!(ask(&mut ntfy, &elsewhere).0, 403);
    for wrong in ["Bearer tk_wrong", "Basic a2FyaTp3cm9uZw=="] {
        let (status, error) = ask(&mut ntfy, &with(wrong));
        assert_eq!((status, &error["code"]), (401, &json!(40_101)), "{wrong}");
        assert_eq!(ask(&mut Ntfy::open(), &with(wrong)).0, 401, "who is not known is not let in anywhere");
    }
    assert_eq!((ask(&mut ntfy, &with(&token)).0, ask(&mut ntfy, &with(basic)).0), (200, 200));
    for (method, path) in [("GET", "/"), ("POST", "/v1/messages")] {
        let (status, error) = ask(&mut ntfy, &Request::new(method, path, "application/json", "{}"));
        assert_eq!((status, &error["code"]), (404, &json!(40_401)), "{method} {path}");
    }
}

#[test]
fn sixty_at_once_one_every_five_seconds_and_so_many_a_day() {
    let mut ntfy = Ntfy::open();
    let request = publishing(&push("priority", json!(3)));
    let mut at = |seconds: u64| {
        let reply = ntfy.answer(&request, Duration::from_secs(seconds), "https://ntfy.example.com");
        (reply.status, serde_json::from_str::<Value>(&reply.body).unwrap()["code"].clone())
    };
    for _ in 0..60 {
        assert_eq!(at(0).0, 200);
    }
    assert_eq!(at(4), (429, json!(42_901)));
    assert_eq!(at(5).0, 200);
    assert_eq!(at(5), (429, json!(42_901)));
    ntfy.use_up_the_day();
    assert_eq!(ask(&mut Ntfy::open(), &request).0, 200);
    let reply = ntfy.answer(&request, Duration::from_secs(900), "https://ntfy.example.com");
    assert!(reply.status == 429 && reply.body.contains("42908"), "{reply:?}");
}
