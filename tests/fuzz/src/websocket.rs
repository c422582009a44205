//! What a WebSocket server says. The first byte says in which pieces its words arrive, and whether they begin behind an answer
//! that opens the socket.

use watchkeep_plugin_websocket::bytes::{accept, frame, goodbye, head, write};
use watchkeep_plugin_websocket::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Dialogue, Host};

/// Whole, or as a slow network brings them.
const PIECES: [usize; 4] = [usize::MAX, 1, 2, 7];

/// Whatever it says: it is judged in a sentence, and well only if it opened the socket and said what is expected.
pub fn websocket(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    heads(said);
    frames(said);
    let is_open = first & 4 != 0;
    let dialogue = if is_open { Dialogue::new().says(answer()) } else { Dialogue::new() };
    let piece = PIECES[usize::from(first) % PIECES.len()];
    let dialogue = said.chunks(piece).fold(dialogue, Dialogue::says).heedless();
    let config = r#"{"url":"ws://chat.example.com/","ping":false,"expect":"up"}"#;
    let ran = Host::new().answer("tcp chat.example.com:80", dialogue).check(run, config);
    let report = ran.report();
    let sentence = &report.summary;
    assert!(!sentence.is_empty() && sentence.len() <= 1 << 10, "{} bytes", sentence.len());
    assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    if report.state != State::Critical {
        let has = |byte: u8| said.contains(&byte);
        assert!(has(b'u') && has(b'p'), "nobody said what is expected");
        assert!(is_open || said.starts_with(b"HTTP/1."), "nobody opened the socket");
    }
}

/// To the key that the scripted host's randomness yields.
fn answer() -> String {
    fn draw(_: Nothing, _: watchkeep_sdk::Run) -> watchkeep_sdk::Report {
        watchkeep_sdk::Report::ok(accept(&watchkeep_sdk::mail::base64(&watchkeep_sdk::random::bytes(16))))
    }
    let digest = Host::new().check(draw, "{}").report().summary.clone();
    format!(
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {digest}\r\n\r\n"
    )
}

/// What is taken from the bytes stands in them.
fn heads(bytes: &[u8]) {
    match head(bytes) {
        Ok(Some((head, size))) => {
            assert!((100..600).contains(&head.status) && size <= bytes.len(), "{}", head.status);
            let status = head.status.to_string();
            assert!(String::from_utf8_lossy(&bytes[..size]).contains(&status), "{status} is not in it");
        }
        Ok(None) => assert!(bytes.len() <= (16 << 10) + 4, "it reads on and on"),
        Err(why) => assert!(!why.is_empty() && !why.chars().any(char::is_control), "{why:?}"),
    }
}

fn frames(mut bytes: &[u8]) {
    while let Ok(Some((read, size))) = frame(bytes) {
        assert!((2..=bytes.len()).contains(&size), "{size} bytes of {}", bytes.len());
        assert_eq!(frame(&bytes[..size - 1]), Ok(None), "it was whole before its end");
        assert!(bytes[..size].ends_with(&read.payload), "more was read than there is");
        // A client's frame of the same is as long, but for its mask.
        assert_eq!(write(read.opcode, &read.payload, [0; 4]).len(), size + 4);
        if let Ok(goodbye) = goodbye(&read.payload) {
            assert_eq!(goodbye.reason.len() + goodbye.code.map_or(0, |_| 2), read.payload.len());
        }
        bytes = &bytes[size..];
    }
}

#[derive(watchkeep_sdk::Config)]
struct Nothing {}
