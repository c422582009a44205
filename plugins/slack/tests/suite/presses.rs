//! Buttons in messages, and the WebSocket over which Slack tells of presses.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_slack::{Slack as Config, deliver};
use watchkeep_sdk::replies::Listener as _;
use watchkeep_sdk::testing::{Answer, Dialogue, Host, Ran, alert, notification};
use watchkeep_sdk::websocket::{accept, bytes};
use watchkeep_sdk::{Fault, Report, Run};

use crate::double::Slack;

const BOT: &str = r#"{"token": {"secret": "bot"}, "channel": "C012AB3CD", "app_token": {"secret": "app"}}"#;
const PLAIN_BOT: &str = r#"{"token": {"secret": "bot"}, "channel": "C012AB3CD"}"#;
const OPEN: &str = "POST https://slack.com/api/apps.connections.open";
const SOCKET: &str = "tcp wss-primary.slack.com:80";

fn slack() -> Answering<Slack> {
    native(Slack::new(), "https://slack.com").secret("bot", Slack::TOKEN)
}

/// The blocks of the one message.
fn blocks(config: &str) -> Vec<Value> {
    let slack = slack();
    let host = Host::new().secret("bot", "unseen").secret("app", "xapp").invites("5f2a9c", None);
    host.served_by(slack.serve()).notify(deliver, config, notification([alert("shop")])).value();
    let body = slack.with(|slack| slack.messages()[0].body.clone());
    body["attachments"][0]["blocks"].as_array().unwrap().clone()
}

#[test]
fn with_the_app_s_token_a_message_has_a_button_and_without_it_a_link() {
    let actions = blocks(BOT).into_iter().find(|block| block["type"] == "actions").unwrap();
    assert_eq!(actions["elements"][0]["value"], "token-5f2a9c");
    assert_eq!(actions["elements"][0]["text"]["text"], "Acknowledge");
    let plain = blocks(PLAIN_BOT);
    assert!(plain.iter().all(|block| block["type"] != "actions"));
    let footer = plain.last().unwrap()["elements"][0]["text"].as_str().unwrap();
    assert!(footer.ends_with("<https://watch.example.com/reply/token-5f2a9c|Acknowledge>"), "{footer}");
}

#[test]
fn only_a_bot_with_the_app_s_token_listens() {
    let source = |text: &str| watchkeep_sdk::config::parse::<Config>(text).expect("it is a config").source();
    assert_eq!(source(BOT).as_deref(), Some("app"));
    assert_eq!(source(PLAIN_BOT), None);
    assert_eq!(source(r#"{"webhook_url": {"secret": "hook"}}"#), None);
    let refused = watchkeep_sdk::config::parse::<Config>(
        r#"{"webhook_url": {"secret": "hook"}, "app_token": {"secret": "app"}}"#,
    );
    assert!(refused.is_err());
}

/// What the scripted host's randomness yields, in the order in which it is asked for.
fn drawn() -> Vec<u8> {
    #[derive(watchkeep_sdk::Config)]
    struct Nothing {}
    fn draw(_: Nothing, _: Run) -> Report {
        let drawn = watchkeep_sdk::random::bytes(256);
        Report::ok("").details(drawn.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
    let ran = Host::new().check(draw, "{}");
    let digits = ran.report().details.clone().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// A server's frame with this text.
fn frame(text: &Value) -> Vec<u8> {
    let text = text.to_string();
    let length = u16::try_from(text.len()).unwrap();
    match length {
        ..126 => [&[0x81, text.len() as u8], text.as_bytes()].concat(),
        _ => [&[0x81, 126], &length.to_be_bytes()[..], text.as_bytes()].concat(),
    }
}

/// What Slack says over the socket, and what is said back.
fn talk(said: &[(Value, Option<Value>)]) -> Dialogue {
    let drawn = drawn();
    let key = watchkeep_sdk::mail::base64(&drawn[..16]);
    let mut dialogue = Dialogue::new()
        .hears(format!(
            "GET /link/?ticket=t1 HTTP/1.1\r\nHost: wss-primary.slack.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nUser-Agent: Watchkeep/{}\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        ))
        .says(format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
            accept(&key)
        ));
    let mut at = 16;
    for (said, heard) in said {
        dialogue = dialogue.says(frame(said));
        if let Some(heard) = heard {
            let mask = drawn[at..at + 4].try_into().unwrap();
            dialogue = dialogue.hears(bytes::write(1, heard.to_string().as_bytes(), mask));
            at += 4;
        }
    }
    dialogue
}

fn listen(slack: &Answering<Slack>, dialogue: Dialogue) -> Ran<(), Fault> {
    let open = json!({ "ok": true, "url": "ws://wss-primary.slack.com/link/?ticket=t1" });
    Host::new()
        .deadline(Duration::from_secs(60))
        .secret("bot", "unseen")
        .secret("app", "xapp")
        .answer(OPEN, Answer::status(200).body(open.to_string()))
        .answer(SOCKET, dialogue)
        .served_by(slack.serve())
        .takes(|_, person| match person {
            "U1" => Ok("Acknowledged by Ada.".to_owned()),
            _ => Err("no person of the config has the id <U2>".to_owned()),
        })
        .listen::<Config>(BOT)
}

fn pressed(id: &str, user: &str) -> Value {
    json!({
        "envelope_id": id, "type": "interactive",
        "payload": {
            "type": "block_actions", "user": { "id": user }, "channel": { "id": "C012AB3CD" },
            "actions": [{ "type": "button", "action_id": "acknowledge-0", "value": "token-5f2a9c" }],
        },
    })
}

#[test]
fn a_press_is_acknowledged_to_slack_handed_over_and_answered_to_who_pressed() {
    let slack = slack();
    let renew = json!({ "type": "disconnect", "reason": "refresh_requested" });
    let ran = listen(
        &slack,
        talk(&[
            (json!({ "type": "hello", "num_connections": 1 }), None),
            (pressed("e1", "U1"), Some(json!({ "envelope_id": "e1" }))),
            (pressed("e2", "U2"), Some(json!({ "envelope_id": "e2" }))),
            (renew, None),
        ]),
    );
    assert!(ran.result.is_ok(), "{:?}", ran.result);
    let token = "token-5f2a9c".to_owned();
    assert_eq!(ran.taken, [(token.clone(), "U1".to_owned()), (token, "U2".to_owned())]);
    let whispers = slack.with(|slack| slack.whispers().to_vec());
    assert_eq!(whispers[0], ("U1".to_owned(), "Acknowledged by Ada.".to_owned()));
    assert_eq!(whispers[1], ("U2".to_owned(), "no person of the config has the id &lt;U2&gt;".to_owned()));
}

#[test]
fn what_is_no_press_of_ours_is_acknowledged_and_left() {
    let slack = slack();
    let mut foreign = pressed("e1", "U1");
    foreign["payload"]["actions"][0]["action_id"] = json!("deploy");
    let event = json!({ "envelope_id": "e2", "type": "events_api", "payload": { "event": {} } });
    let ran = listen(
        &slack,
        talk(&[
            (foreign, Some(json!({ "envelope_id": "e1" }))),
            (event, Some(json!({ "envelope_id": "e2" }))),
            (json!({ "type": "disconnect", "reason": "warning" }), None),
        ]),
    );
    assert!(ran.result.is_ok() && ran.taken.is_empty(), "{:?}", ran.result);
}

#[test]
fn what_keeps_it_from_listening_is_said() {
    let slack = slack();
    let off = listen(&slack, talk(&[(json!({ "type": "disconnect", "reason": "link_disabled" }), None)]));
    assert!(format!("{:?}", off.result).contains("Socket Mode is switched off"), "{:?}", off.result);
    let wrong = Host::new()
        .secret("app", "xoxb")
        .answer(OPEN, Answer::status(200).body(r#"{"ok": false, "error": "not_allowed_token_type"}"#))
        .listen::<Config>(BOT);
    assert!(
        format!("{:?}", wrong.result).contains("`xapp-...` with `connections:write`"),
        "{:?}",
        wrong.result
    );
}
