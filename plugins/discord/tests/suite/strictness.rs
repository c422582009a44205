//! The double of Discord refuses what Discord refuses.
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Double, Reply, Request};

use crate::double::Discord;

/// Once a second, so that no limit of posts is met.
struct Hook {
    discord: Discord,
    now: Duration,
}

impl Hook {
    fn new() -> Hook {
        Hook { discord: Discord::new(), now: Duration::ZERO }
    }
    fn send(&mut self, method: &str, below: &str, body: &Value) -> Reply {
        let path = format!("{}{below}", Discord::WEBHOOK);
        self.ask(&Request::new(method, &path, "application/json", body.to_string()))
    }
    fn ask(&mut self, request: &Request) -> Reply {
        self.now += Duration::from_secs(1);
        self.discord.answer(request, self.now, "https://discord.com")
    }
    fn post(&mut self, body: &Value) -> Reply {
        self.send("POST", "?wait=true", body)
    }
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

/// A message with one embed.
fn with(embed: Value) -> Value {
    json!({ "content": "down", "embeds": [embed] })
}

#[test]
fn a_message_of_the_wrong_form_is_refused_at_the_place_that_is_wrong() {
    let field = |name: &str, value: &str| json!({ "name": name, "value": value });
    let long = |chars: usize| "x".repeat(chars);
    let allowed = |allowed: Value| json!({ "content": "down", "allowed_mentions": allowed });
    for (body, place, code) in [
        (json!({ "content": long(2_001) }), "content", "BASE_TYPE_MAX_LENGTH"),
        (json!({ "content": 7 }), "content", "STRING_TYPE_CONVERT"),
        (json!({ "embeds": vec![json!({}); 11] }), "embeds", "BASE_TYPE_MAX_LENGTH"),
        (with(json!({ "title": long(257) })), "embeds/0/title", "BASE_TYPE_MAX_LENGTH"),
        (with(json!({ "description": long(4_097) })), "embeds/0/description", "BASE_TYPE_MAX_LENGTH"),
        (with(json!({ "footer": {} })), "embeds/0/footer/text", "BASE_TYPE_REQUIRED"),
        (with(json!({ "footer": { "text": long(2_049) } })), "embeds/0/footer/text", "BASE_TYPE_MAX_LENGTH"),
        (with(json!({ "author": { "name": long(257) } })), "embeds/0/author/name", "BASE_TYPE_MAX_LENGTH"),
        (with(json!({ "fields": vec![field("a", "b"); 26] })), "embeds/0/fields", "BASE_TYPE_MAX_LENGTH"),
        (with(json!({ "fields": [field("", "b")] })), "embeds/0/fields/0/name", "BASE_TYPE_REQUIRED"),
        (
            with(json!({ "fields": [field(&long(257), "b")] })),
            "embeds/0/fields/0/name",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (with(json!({ "fields": [{ "name": "a" }] })), "embeds/0/fields/0/value", "BASE_TYPE_REQUIRED"),
        (
            with(json!({ "fields": [field("a", &long(1_025))] })),
            "embeds/0/fields/0/value",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (with(json!({ "color": 0x100_0000 })), "embeds/0/color", "NUMBER_TYPE_MAX"),
        (with(json!({ "url": "javascript:alert(1)" })), "embeds/0/url", "URL_TYPE_INVALID_URL"),
        (
            with(json!({ "description": long(4_000), "footer": { "text": long(2_001) } })),
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
        ),
        (allowed(json!({ "parse": ["here"] })), "allowed_mentions/parse/0", "BASE_TYPE_CHOICES"),
        (allowed(json!({ "roles": vec!["42"; 101] })), "allowed_mentions/roles", "BASE_TYPE_MAX_LENGTH"),
        (
            allowed(json!({ "parse": ["users"], "users": ["42"] })),
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
    ] {
        let mut hook = Hook::new();
        let reply = hook.post(&body);
        let said = json_of(&reply);
        assert_eq!((reply.status, &said["code"]), (400, &json!(50_035)), "{place}: {said}");
        let error = said.pointer(&format!("/errors/{place}/_errors/0/code"));
        assert_eq!(error, Some(&json!(code)), "{place}: {said}");
        assert!(hook.discord.messages().is_empty());
    }
}

#[test]
fn a_message_at_the_limits_is_taken() {
    let mut hook = Hook::new();
    let fields = vec![json!({ "name": "n".repeat(20), "value": "v".repeat(20) }); 25];
    let full = json!({
        "content": "€".repeat(2_000),
        "embeds": [{ "description": "€".repeat(4_096), "footer": { "text": "" }, "color": 0xff_ffff, "fields": fields }],
        "allowed_mentions": { "parse": ["everyone"], "roles": ["42"] },
    });
    let reply = hook.post(&full);
    assert_eq!((reply.status, &json_of(&reply)["type"]), (200, &json!(0)), "{}", reply.body);
    let quiet = hook.send("POST", "", &json!({ "content": "down" }));
    assert_eq!((quiet.status, quiet.body.as_str()), (204, ""), "nobody waits for its id");
    assert_eq!(hook.discord.messages().len(), 2);
}

#[test]
fn what_is_empty_no_json_or_elsewhere_is_refused() {
    let mut hook = Hook::new();
    let mut refuses = |request: Request, status: u16, code: u32| {
        let reply = hook.ask(&request);
        assert_eq!((reply.status, &json_of(&reply)["code"]), (status, &json!(code)), "{request:?}");
    };
    let ask =
        |method: &str, path: &str| Request::new(method, path, "application/json", r#"{"content": "x"}"#);
    let post = |media_type: &str, body: &str| Request::new("POST", Discord::WEBHOOK, media_type, body);
    refuses(post("application/json", "{}"), 400, 50_006);
    refuses(post("application/json", r#"{"content": " \n"}"#), 400, 50_006);
    refuses(post("application/json", "{"), 400, 50_109);
    refuses(post("text/plain", r#"{"content": "x"}"#), 400, 50_035);
    refuses(ask("PUT", Discord::WEBHOOK), 405, 0);
    refuses(ask("POST", "/api/webhooks"), 404, 0);
    refuses(ask("POST", "/api/webhooks/1/token"), 404, 10_015);
    refuses(ask("POST", &format!("{}x", Discord::WEBHOOK)), 401, 50_027);
    refuses(ask("POST", &format!("{}/x", Discord::WEBHOOK)), 404, 0);
    hook.discord.remove_webhook();
    let gone = hook.post(&json!({ "content": "x" }));
    assert_eq!((gone.status, &json_of(&gone)["message"]), (404, &json!("Unknown Webhook")));
}

#[test]
fn only_a_message_that_stands_is_edited_and_keeps_what_is_not_named() {
    let mut hook = Hook::new();
    let posted = json_of(&hook.post(&with(json!({ "description": "since 05:01" }))));
    let id = posted["id"].as_str().unwrap();
    let edit = json!({ "content": "up" });
    let other = hook.send("PATCH", "/messages/900", &edit);
    assert_eq!((other.status, &json_of(&other)["code"]), (404, &json!(10_008)));
    let none = hook.send("PATCH", "/messages/..", &edit);
    assert_eq!((none.status, &json_of(&none)["code"]), (400, &json!(50_035)));
    let empty = hook.send("PATCH", &format!("/messages/{id}"), &json!({ "content": "", "embeds": [] }));
    assert_eq!((empty.status, &json_of(&empty)["code"]), (400, &json!(50_006)));
    assert_eq!(hook.send("PATCH", &format!("/messages/{id}"), &edit).status, 200);
    let message = hook.discord.messages()[0].clone();
    assert_eq!((message.content(), message.edits), ("up", 1));
    assert_eq!(message.body["embeds"][0]["description"], "since 05:01");
    hook.discord.delete(id);
    assert_eq!(hook.send("PATCH", &format!("/messages/{id}"), &edit).status, 404);
}

#[test]
fn a_webhook_takes_five_messages_in_two_seconds_and_says_how_long_to_wait() {
    let mut hook = Hook::new();
    let message = json!({ "content": "down" });
    for left in ["4", "3", "2", "1", "0"] {
        let reply = hook.post(&message);
        hook.now -= Duration::from_millis(900);
        assert_eq!(reply.status, 200);
        assert!(reply.headers.contains(&("x-ratelimit-remaining", left.to_owned())), "{reply:?}");
    }
    let reply = hook.post(&message);
    let said = json_of(&reply);
    assert_eq!((reply.status, &said["retry_after"], &said["global"]), (429, &json!(1.5), &json!(false)));
    assert!(reply.headers.contains(&("retry-after", "2".to_owned())), "{reply:?}");
    hook.now += Duration::from_millis(500);
    assert_eq!(hook.post(&message).status, 200);
}

#[test]
fn only_who_may_be_called_is_called() {
    let calls = |message: Value| {
        let mut hook = Hook::new();
        assert_eq!(hook.post(&message).status, 200);
        hook.discord.messages()[0].calls.clone()
    };
    let text = "@here <@1> <@&42> down";
    assert_eq!(calls(json!({ "content": text })), ["@here", "1", "&42"]);
    let allowed = |allowed: Value| calls(json!({ "content": text, "allowed_mentions": allowed }));
    assert_eq!(allowed(json!({ "parse": [] })), Vec::<String>::new());
    assert_eq!(allowed(json!({ "parse": ["everyone"] })), ["@here"]);
    assert_eq!(allowed(json!({ "parse": [], "roles": ["42"] })), ["&42"]);
    assert_eq!(allowed(json!({ "parse": [], "users": ["2"] })), Vec::<String>::new());
}
