//! The check `mqtt` against the scripted host. Packets are written here once more, by another hand than the plugin's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod hostile;
mod login;
mod messages;
mod round_trips;

use serde_json::{Value, json};
use watchkeep_plugin_mqtt::run;
use watchkeep_sdk::testing::{Dialogue, Host, Ran, Reply};
use watchkeep_sdk::{Config, Fault, Report, Run, State};

const BROKER: &str = "tcp mqtt.example.com:1883";

fn config(more: Value) -> String {
    let mut config = json!({ "address": "mqtt.example.com:1883", "client_id": "wk" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn check(more: Value, answer: impl Into<Reply>) -> Ran<Report, Fault> {
    Host::new().revealed("password", "s3cret").answer(BROKER, answer).check(run, &config(more))
}

#[track_caller]
fn says(more: Value, answer: impl Into<Reply>, state: State, summary: &str) {
    let ran = check(more, answer);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

/// Short enough for a length of one byte.
fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    assert!(body.len() < 128, "it has {} bytes", body.len());
    [&[first, u8::try_from(body.len()).unwrap()], &*body].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

/// The CONNECT packet of the client `wk`, without a user.
fn connect() -> Vec<u8> {
    packet(0x10, &[&text("MQTT"), &[4, 0x02, 0, 60], &text("wk")])
}

fn connect5() -> Vec<u8> {
    packet(0x10, &[&text("MQTT"), &[5, 0x02, 0, 60, 5, 0x27, 0, 4, 0, 0], &text("wk")])
}

const LET_IN: [u8; 4] = [0x20, 2, 0, 0];
const LET_IN_5: [u8; 5] = [0x20, 3, 0, 0, 0];
const GOODBYE: [u8; 2] = [0xe0, 0];

fn subscribe(topic: &str, options: u8) -> Vec<u8> {
    packet(0x82, &[&[0, 1], &text(topic), &[options]])
}

fn suback(code: u8) -> Vec<u8> {
    vec![0x90, 3, 0, 1, code]
}

/// A message without a promise; `first` is 0x31 where it is retained.
fn publish(first: u8, topic: &str, payload: &str) -> Vec<u8> {
    packet(first, &[&text(topic), payload.as_bytes()])
}

fn promised(first: u8, topic: &str, id: u8, payload: &str) -> Vec<u8> {
    packet(first, &[&text(topic), &[0, id], payload.as_bytes()])
}

fn let_in() -> Dialogue {
    Dialogue::new().hears(connect()).says(LET_IN)
}

fn let_in_5() -> Dialogue {
    Dialogue::new().hears(connect5()).says(LET_IN_5)
}

/// A message that nobody else can publish.
fn token() -> String {
    format!("watchkeep {}", drawn())
}

/// What the scripted host's randomness begins with.
fn drawn() -> String {
    #[derive(Config)]
    struct Nothing {}
    fn draw(_: Nothing, _: Run) -> Report {
        let drawn = watchkeep_sdk::random::bytes(16);
        Report::ok(drawn.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
    Host::new().check(draw, "{}").report().summary.clone()
}
