//! The double of Slack refuses what Slack refuses.
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Double, Reply, Request};

use crate::double::Slack;

const BASE: &str = "https://slack.com";

/// Once a second, with the bot's token.
struct Bot {
    slack: Slack,
    now: Duration,
    headers: Vec<(String, String)>,
}

impl Bot {
    fn new() -> Bot {
        let token = ("authorization".to_owned(), format!("Bearer {}", Slack::TOKEN));
        Bot { slack: Slack::new(), now: Duration::ZERO, headers: vec![token] }
    }
    fn send(&mut self, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Reply {
        let mut request = Request::new("POST", path, media_type, body);
        request.headers.extend(self.headers.clone());
        self.now += Duration::from_secs(1);
        self.slack.answer(&request, self.now, BASE)
    }
    fn call(&mut self, method: &str, body: &Value) -> Value {
        let reply = self.send(&format!("/api/{method}"), "application/json; charset=utf-8", body.to_string());
        serde_json::from_str(&reply.body).unwrap()
    }
    fn form(&mut self, method: &str, body: &str) -> Value {
        let reply = self.send(&format!("/api/{method}"), "application/x-www-form-urlencoded", body);
        serde_json::from_str(&reply.body).unwrap()
    }
    #[track_caller]
    fn refuses(&mut self, method: &str, body: &Value, word: &str) {
        let answer = self.call(method, body);
        assert_eq!((&answer["ok"], &answer["error"]), (&json!(false), &json!(word)), "{body}: {answer}");
    }
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

#[test]
fn a_message_of_the_wrong_form_is_refused() {
    let mut bot = Bot::new();
    let mut refuses = |message: Value, word: &str| {
        let mut message = message;
        message["channel"] = json!(Slack::CHANNEL);
        bot.refuses("chat.postMessage", &message, word);
    };
    refuses(json!({}), "no_text");
    refuses(json!({ "text": " " }), "no_text");
    refuses(json!({ "text": "x".repeat(40_001) }), "msg_too_long");
    refuses(json!({ "text": "x", "blocks": vec![section("x"); 51] }), "invalid_blocks");
    refuses(json!({ "text": "x", "blocks": [section(&"x".repeat(3_001))] }), "invalid_blocks");
    refuses(json!({ "text": "x", "attachments": [{ "blocks": [section("")] }] }), "invalid_blocks");
    refuses(json!({ "text": "down <!channel>" }), "invalid_payload");
    refuses(json!({ "text": "<!here> a < b" }), "invalid_payload");
    refuses(json!({ "text": "a & b" }), "invalid_payload");
    refuses(json!({ "text": "x", "blocks": [section("<@U012AB3CD>")] }), "invalid_payload");
    refuses(json!({ "text": "x", "thread_ts": "1.000001" }), "thread_not_found");
    refuses(json!({ "text": "x", "metadata": { "event_type": 1 } }), "invalid_metadata_format");
    let fine = json!({ "channel": "#alerts", "text": "<!here> a &lt; b <https://x.example|x>", "blocks": [section("x")] });
    assert_eq!(bot.call("chat.postMessage", &fine)["ok"], true);
}

#[test]
fn who_is_not_known_or_not_there_is_refused() {
    let mut bot = Bot::new();
    let message = json!({ "channel": Slack::CHANNEL, "text": "x" });
    bot.refuses("chat.postMessage", &json!({ "channel": "C0", "text": "x" }), "channel_not_found");
    bot.headers[0].1 = "Bearer xoxb-wrong".to_owned();
    bot.refuses("chat.postMessage", &message, "invalid_auth");
    bot.headers.clear();
    bot.refuses("chat.postMessage", &message, "not_authed");
    let form = bot.send(Slack::WEBHOOK, "text/plain", "{\"text\": \"x\"}");
    assert_eq!((form.status, form.body.as_str()), (400, "invalid_payload: content type is `text/plain`"));
    assert_eq!(bot.send("/services/T0/B0/wrong", "application/json", "{}").body, "no_service");
    assert_eq!(bot.send(Slack::WEBHOOK, "application/json", "{\"text\": \"x\"}").body, "ok");
}

#[test]
fn only_a_message_that_stands_is_edited_and_by_its_channels_id() {
    let mut bot = Bot::new();
    let posted = bot.call("chat.postMessage", &json!({ "channel": "#alerts", "text": "x" }));
    let edit = |channel: &str, ts: &str| json!({ "channel": channel, "ts": ts, "text": "y" });
    bot.refuses("chat.update", &edit(Slack::CHANNEL, "1772600767.000001"), "message_not_found");
    bot.refuses("chat.update", &edit("#alerts", posted["ts"].as_str().unwrap()), "channel_not_found");
    assert_eq!(bot.call("chat.update", &edit(Slack::CHANNEL, posted["ts"].as_str().unwrap()))["ok"], true);
    assert_eq!(bot.slack.messages()[0].text(), "y");
}

#[test]
fn a_channel_takes_one_message_a_second() {
    let mut bot = Bot::new();
    let message = json!({ "channel": Slack::CHANNEL, "text": "x" });
    assert_eq!(bot.call("chat.postMessage", &message)["ok"], true);
    bot.now -= Duration::from_millis(500);
    bot.now -= Duration::from_millis(300);
    let reply = bot.send("/api/chat.postMessage", "application/json", message.to_string());
    assert_eq!((reply.status, reply.headers), (429, vec![("retry-after", "1".to_owned())]));
}

#[test]
fn a_file_is_announced_sent_and_put_where_it_belongs() {
    let mut bot = Bot::new();
    let posted = bot.call("chat.postMessage", &json!({ "channel": "#alerts", "text": "x" }));
    let method = "files.getUploadURLExternal";
    bot.refuses(method, &json!({ "filename": "a.png", "length": 3 }), "invalid_arguments");
    assert_eq!(bot.form(method, "filename=a.png")["error"], "invalid_arguments");
    let place = bot.form(method, "filename=a.png&length=3");
    let path = place["upload_url"].as_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
    let complete = json!({
        "files": [{ "id": place["file_id"], "title": "front door" }],
        "channel_id": Slack::CHANNEL,
        "thread_ts": posted["ts"],
    });
    bot.refuses("files.completeUploadExternal", &complete, "file_not_found");
    let token = std::mem::take(&mut bot.headers);
    assert_eq!(bot.send(&path, "application/octet-stream", [1, 2]).status, 400);
    assert_eq!(bot.send(&path, "application/octet-stream", [1, 2, 3]).status, 200);
    bot.headers = token;
    let mut elsewhere = complete.clone();
    elsewhere["thread_ts"] = json!("1.000001");
    bot.refuses("files.completeUploadExternal", &elsewhere, "invalid_thread_ts");
    assert_eq!(bot.call("files.completeUploadExternal", &complete)["ok"], true);
    assert_eq!(bot.slack.messages()[0].pictures, ["front door"]);
}
