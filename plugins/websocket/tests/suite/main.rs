//! The check `websocket` against the scripted host. Frames are written here once more, by another hand than the plugin's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod hostile;
mod talks;
mod upgrades;

use serde_json::{Value, json};
use watchkeep_plugin_websocket::bytes::accept;
use watchkeep_plugin_websocket::run;
use watchkeep_sdk::testing::{Dialogue, Host, Ran, Reply};
use watchkeep_sdk::{Config, Fault, Report, Run, State};

const SERVER: &str = "tcp chat.example.com:80";

fn config(more: Value) -> String {
    let mut config = json!({ "url": "ws://chat.example.com/room?x=1", "ping": false });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn check(more: Value, answer: impl Into<Reply>) -> Ran<Report, Fault> {
    Host::new().secret("token", "t0ken").answer(SERVER, answer).check(run, &config(more))
}

#[track_caller]
fn says(more: Value, answer: impl Into<Reply>, state: State, summary: &str) {
    let ran = check(more, answer);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

/// What the scripted host's randomness yields, in the order in which it is asked for.
struct Drawn(Vec<u8>);

impl Drawn {
    fn new() -> Self {
        #[derive(Config)]
        struct Nothing {}
        fn draw(_: Nothing, _: Run) -> Report {
            let drawn = watchkeep_sdk::random::bytes(1_024);
            Report::ok("").details(drawn.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        let ran = Host::new().check(draw, "{}");
        let digits = ran.report().details.clone().unwrap();
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        Drawn((0..digits.len()).step_by(2).map(byte).collect())
    }
    fn take(&mut self, count: usize) -> Vec<u8> {
        self.0.drain(..count).collect()
    }
    /// A client's frame.
    fn masked(&mut self, first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
        let (mask, payload) = (self.take(4), payload.as_ref());
        let body = payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]);
        let mut frame = vec![first];
        match payload.len() {
            0..126 => frame.push(0x80 | u8::try_from(payload.len()).unwrap()),
            length => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        frame.extend(&mask);
        frame.extend(body);
        frame
    }
    fn goodbye(&mut self) -> Vec<u8> {
        self.masked(0x88, [3, 0xe8])
    }
}

fn base64(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |six: &[u8]| {
        let padded = six.iter().copied().chain([0; 6]).take(6);
        char::from(letters[padded.fold(0, |sum, bit| sum << 1 | usize::from(bit))])
    };
    let mut text: String = bits.chunks(6).map(letter).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// As the check asks, up to its own headers.
fn begins(key: &str) -> String {
    format!(
        "GET /room?x=1 HTTP/1.1\r\nHost: chat.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nUser-Agent: Watchkeep/{}\r\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn answer(key: &str, more: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n{more}\r\n",
        accept(key)
    )
}

/// Open, after these further headers of the request and of the answer.
fn opened_with(asked: &str, answered: &str) -> (Dialogue, Drawn) {
    let mut drawn = Drawn::new();
    let key = base64(&drawn.take(16));
    let dialogue = Dialogue::new().hears(begins(&key) + asked + "\r\n").says(answer(&key, answered));
    (dialogue, drawn)
}

fn opened() -> (Dialogue, Drawn) {
    opened_with("", "")
}

/// A server's frame, short enough for a length of one byte.
fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    assert!(payload.len() < 126, "it has {} bytes", payload.len());
    [&[first, u8::try_from(payload.len()).unwrap()], payload].concat()
}

fn text(text: &str) -> Vec<u8> {
    frame(0x81, text)
}

fn goodbye(code: u16, reason: &str) -> Vec<u8> {
    frame(0x88, [&code.to_be_bytes(), reason.as_bytes()].concat())
}
