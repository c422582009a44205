//! The double of Telegram refuses what Telegram refuses.
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Double, Reply, Request};

use crate::double::Telegram;

fn ask(telegram: &mut Telegram, request: &Request) -> (u16, Value) {
    let Reply { status, body, .. } = telegram.answer(request, Duration::ZERO, "https://api.telegram.org");
    (status, serde_json::from_str(&body).unwrap())
}

fn calling(method: &str, body: &Value) -> Request {
    Request::new("POST", &format!("{}/{method}", Telegram::BOT), "application/json", body.to_string())
}

fn call(telegram: &mut Telegram, method: &str, body: &Value) -> Value {
    ask(telegram, &calling(method, body)).1
}

#[track_caller]
fn refuses(telegram: &mut Telegram, method: &str, body: &Value, said: &str) {
    let (status, answer) = ask(telegram, &calling(method, body));
    let expected = json!({ "ok": false, "error_code": 400, "description": format!("Bad Request: {said}") });
    assert_eq!((status, answer), (400, expected), "{body}");
}

/// A message with one thing changed.
fn message(change: &str, to: Value) -> Value {
    let mut message = json!({ "chat_id": Telegram::CHAT, "text": "<b>down</b>", "parse_mode": "HTML" });
    message[change] = to;
    message
}

fn html(text: &str) -> Value {
    message("text", json!(text))
}

#[test]
fn a_message_of_the_wrong_form_is_refused_in_telegrams_words() {
    for (change, to, said) in [
        ("chat_id", Value::Null, "chat_id is empty"),
        ("chat_id", json!("-100999"), "chat not found"),
        ("chat_id", json!("@elsewhere"), "chat not found"),
        ("text", json!(""), "message text is empty"),
        ("text", json!("<b> </b>"), "text must be non-empty"),
        ("text", json!(format!("<b>{}</b>", "€".repeat(4_097))), "message is too long"),
        ("parse_mode", json!("BBCode"), "unsupported parse_mode"),
        ("message_thread_id", json!(6), "message thread not found"),
        ("reply_parameters", json!({}), "message identifier is not specified"),
        ("reply_parameters", json!({ "message_id": 900 }), "message to be replied not found"),
    ] {
        let mut telegram = Telegram::new();
        refuses(&mut telegram, "sendMessage", &message(change, to), said);
        assert!(telegram.messages().is_empty());
    }
}

#[test]
fn html_that_telegram_cannot_read_is_refused_where_it_is_wrong() {
    for (text, said) in [
        ("€ <br>", "Unsupported start tag \"br\" at byte offset 4"),
        ("a < b", "Unsupported start tag \"\" at byte offset 2"),
        ("x <b", "Unclosed start tag at byte offset 2"),
        ("<a href", "Unclosed start tag \"a\" at byte offset 0"),
        ("<a href=\"x>y</a>", "Unclosed start tag at byte offset 0"),
        ("<a =\"x\">y</a>", "Empty attribute name in the tag \"a\" at byte offset 0"),
        ("<a href=x/>y</a>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b><i>x</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""),
        ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
    ] {
        let said = format!("can't parse entities: {said}");
        refuses(&mut Telegram::new(), "sendMessage", &html(text), &said);
    }
}

#[test]
fn what_is_shown_has_neither_tags_nor_escapes() {
    for (text, shown) in [
        ("<B>a</B> &lt;b&gt; &amp;amp; &quot;c&quot; &#8364; &#x20AC;", "a <b> &amp; \"c\" € €"),
        ("<a href=\"https://x.example/?a=1&amp;b=2\">Open</a> & <i>so</i> &nbsp;", "Open & so &nbsp;"),
        ("<pre><code class='language-rust'>x</code></pre><span class=tg-spoiler>y</span >", "xy"),
        ("<blockquote expandable>\nquoted\n</blockquote>", "quoted"),
    ] {
        let mut telegram = Telegram::new();
        assert_eq!(call(&mut telegram, "sendMessage", &html(text))["result"]["text"], shown);
        assert_eq!(
            (telegram.messages()[0].html.as_str(), telegram.messages()[0].text.as_str()),
            (text, shown)
        );
    }
    let mut telegram = Telegram::new();
    let full = format!("<b>{}</b>", "&lt;".repeat(4_096));
    assert_eq!(call(&mut telegram, "sendMessage", &html(&full))["ok"], true, "tags and escapes do not count");
    let raw = json!({ "chat_id": Telegram::NAME, "text": "a <b" });
    assert_eq!(call(&mut telegram, "sendMessage", &raw)["result"]["text"], "a <b");
}

#[test]
fn who_is_not_known_or_not_there_is_refused() {
    let mut telegram = Telegram::new();
    let mut at = |method: &str, path: &str| {
        ask(&mut telegram, &Request::new(method, path, "application/json", html("x").to_string()))
    };
    let error =
        |status: u16, said: &str| (status, json!({ "ok": false, "error_code": status, "description": said }));
    assert_eq!(at("POST", &format!("{}x/sendMessage", Telegram::BOT)), error(401, "Unauthorized"));
    assert_eq!(at("POST", "/botx/sendMessage"), error(404, "Not Found"));
    assert_eq!(at("POST", "/sendMessage"), error(404, "Not Found"));
    assert_eq!(at("POST", &format!("{}/sendLetter", Telegram::BOT)), error(404, "Not Found"));
    let path = format!("{}/sendMessage", Telegram::BOT);
    let broken = ask(&mut telegram, &Request::new("POST", &path, "application/json", "{"));
    assert_eq!(broken, error(400, "Bad Request: can't parse JSON object"));
    let unread = ask(&mut telegram, &Request::new("POST", &path, "text/plain", html("x").to_string()));
    assert_eq!(unread, error(400, "Bad Request: chat_id is empty"));
    telegram.kick_bot();
    let kicked = error(403, "Forbidden: bot was kicked from the supergroup chat");
    assert_eq!(ask(&mut telegram, &calling("sendMessage", &html("x"))), kicked);
    telegram.upgrade_group(-1_009);
    let answer = call(&mut telegram, "sendMessage", &html("x"));
    assert_eq!(answer["parameters"], json!({ "migrate_to_chat_id": -1_009 }));
}

#[test]
fn only_a_message_that_stands_and_says_something_else_is_edited() {
    let mut telegram = Telegram::new();
    let id = call(&mut telegram, "sendMessage", &html("down"))["result"]["message_id"].clone();
    let edit = |id: Value, text: &str| {
        let mut body = html(text);
        body["message_id"] = id;
        body
    };
    let method = "editMessageText";
    refuses(&mut telegram, method, &html("up"), "message identifier is not specified");
    refuses(&mut telegram, method, &edit(json!(900), "up"), "message to edit not found");
    refuses(&mut telegram, method, &edit(id.clone(), &"x".repeat(4_097)), "MESSAGE_TOO_LONG");
    let same = call(&mut telegram, method, &edit(id.clone(), "down"));
    assert!(
        same["description"].as_str().unwrap().starts_with("Bad Request: message is not modified: "),
        "{same}"
    );
    assert_eq!(call(&mut telegram, method, &edit(id.clone(), "<b>up</b>"))["result"]["text"], "up");
    assert_eq!((telegram.messages()[0].text.as_str(), telegram.messages()[0].edits), ("up", 1));
    telegram.fix_all();
    refuses(&mut telegram, method, &edit(id.clone(), "down"), "message can't be edited");
    telegram.delete(id.as_u64().unwrap());
    refuses(&mut telegram, method, &edit(id, "down"), "message to edit not found");
}

#[test]
fn an_answer_stands_under_its_message_or_alone_if_that_is_allowed() {
    let mut telegram = Telegram::new();
    let first = call(&mut telegram, "sendMessage", &html("down"))["result"]["message_id"].clone();
    let mut answer = message("reply_parameters", json!({ "message_id": first }));
    answer["message_thread_id"] = json!(Telegram::TOPIC);
    answer["disable_notification"] = json!(true);
    assert_eq!(call(&mut telegram, "sendMessage", &answer)["ok"], true);
    let lonely = json!({ "message_id": 900, "allow_sending_without_reply": true });
    assert_eq!(call(&mut telegram, "sendMessage", &message("reply_parameters", lonely))["ok"], true);
    let [_, second, third] = telegram.messages() else { panic!("{:?}", telegram.messages()) };
    assert_eq!(
        (second.answers, second.topic, second.is_silent),
        (first.as_u64(), Some(Telegram::TOPIC), true)
    );
    assert_eq!((third.answers, third.topic, third.is_silent), (None, None, false));
}

#[test]
fn a_group_takes_twenty_messages_a_minute_and_says_how_long_to_wait() {
    let mut telegram = Telegram::new();
    let request = calling("sendMessage", &html("down"));
    let mut at =
        |millis: u64| telegram.answer(&request, Duration::from_millis(millis), "https://api.telegram.org");
    for _ in 0..20 {
        assert_eq!(at(0).status, 200);
    }
    let reply = at(46_500);
    let said: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((reply.status, &said["description"]), (429, &json!("Too Many Requests: retry after 14")));
    assert_eq!(said["parameters"], json!({ "retry_after": 14 }));
    assert!(reply.headers.contains(&("retry-after", "14".to_owned())));
    assert_eq!(at(60_000).status, 200);
}
