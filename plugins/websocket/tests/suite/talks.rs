//! What is said over an open WebSocket.

use std::time::Duration;

use serde_json::json;
use watchkeep_sdk::State;
use watchkeep_sdk::net::{FailureKind, Phase};

use crate::{check, frame, goodbye, opened, says, text};

#[test]
fn what_is_sent_is_answered_as_expected_or_not() {
    let ask = || json!({ "send": "{\"type\":\"ping\"}", "expect": "\"pong\"" });
    let asked = || {
        let (server, mut drawn) = opened();
        (server.hears(drawn.masked(0x81, "{\"type\":\"ping\"}")), drawn)
    };
    let (server, mut drawn) = asked();
    // Others may come between.
    let server = server.says(text("hello")).says(text("{\"type\":\"pong\"}")).hears(drawn.goodbye());
    says(ask(), server.says(goodbye(1_000, "")), State::Ok, "open in 10 ms; it says `{\"type\":\"pong\"}`");
    let (server, _) = asked();
    says(
        ask(),
        server.says(text("busy")).waits(Duration::from_secs(10)),
        State::Critical,
        "open in 10 ms; `\"pong\"` did not come within 10.0 s; it says `busy`",
    );
    let (server, mut drawn) = asked();
    let server = server.says(goodbye(1_011, "no db\u{1b}")).hears(drawn.masked(0x88, [3, 0xf3]));
    says(
        ask(),
        server,
        State::Critical,
        "open in 10 ms; it closes with 1011 internal error, `no db\\u{1b}` before `\"pong\"` came; it says nothing",
    );
    let (server, _) = asked();
    says(
        ask(),
        server.closes(),
        State::Critical,
        "open in 10 ms; it closes the connection without a word before `\"pong\"` came; it says nothing",
    );
    let (server, _) = asked();
    let ran = check(ask(), server.fails(FailureKind::Reset, Phase::Wait));
    assert!(
        ran.report().summary.starts_with("open in 10 ms; connection reset by"),
        "{}",
        ran.report().summary
    );
}

#[test]
fn several_texts_come_in_their_order_in_a_message_each() {
    let both = || json!({ "expect": ["one", "two"] });
    let (server, mut drawn) = opened();
    let server = server.says(text("one")).says(text("two")).hears(drawn.goodbye()).says(goodbye(1_000, ""));
    assert_eq!(check(both(), server).report().state, State::Ok);
    let (server, _) = opened();
    let ran = check(both(), server.says(text("two")).says(text("one")).closes());
    assert!(ran.report().summary.contains("before `two` came; it says nothing"), "{}", ran.report().summary);
}

#[test]
fn a_conversation_goes_step_by_step_and_says_which_one_failed() {
    let talk = || {
        json!({ "talk": [
            { "expect": "welcome" }, { "send": "subscribe" }, { "send_hex": "00fF10" },
            { "expect_pattern": "\"price\":[0-9.]+" },
        ] })
    };
    let asked = || {
        let (server, mut drawn) = opened();
        let server = server.says(text("welcome")).hears(drawn.masked(0x81, "subscribe"));
        (server.hears(drawn.masked(0x82, [0, 0xff, 0x10])), drawn)
    };
    let (server, mut drawn) = asked();
    // Bytes are read as text where they are some.
    let server = server.says(frame(0x82, b"\xff\"price\":12.5")).hears(drawn.goodbye());
    let ran = check(talk(), server.says(goodbye(1_000, "")));
    assert_eq!(ran.report().summary, "open in 10 ms; it says `\u{fffd}\"price\":12.5`");
    let (server, mut drawn) = asked();
    let server = server.says(goodbye(1_008, "")).hears(drawn.masked(0x88, [3, 0xf0]));
    says(
        talk(),
        server,
        State::Critical,
        "open in 10 ms; step 4: it closes with 1008 policy violation before `\"price\":[0-9.]+` came; it says nothing",
    );
}

#[test]
fn a_message_comes_in_parts_with_pings_between_that_are_answered() {
    let (server, mut drawn) = opened();
    let server = server
        .says(frame(0x01, b"up \xc3"))
        .says(frame(0x89, b"are you there?"))
        .hears(drawn.masked(0x8a, "are you there?"))
        .says(frame(0x00, b"\xa9t\xc3"))
        .says(frame(0x8a, b"unasked"))
        .says(frame(0x80, b"\xa9"))
        .hears(drawn.goodbye())
        .says(goodbye(1_000, ""));
    says(json!({ "expect": "été" }), server, State::Ok, "open in 10 ms; it says `up été`");
}

#[test]
fn a_ping_is_answered_and_what_comes_meanwhile_is_not_lost() {
    let (server, mut drawn) = opened();
    let payload = drawn.take(8);
    let server = server.hears(drawn.masked(0x89, &payload)).says(text("welcome")).says(frame(0x8a, b"other"));
    let server = server.waits(Duration::from_millis(40)).says(frame(0x8a, &payload));
    let server = server.hears(drawn.goodbye()).says(goodbye(1_000, ""));
    let ran = check(json!({ "ping": true, "expect": "welcome" }), server);
    assert_eq!(ran.report().summary, "open in 10 ms; it says `welcome`");
    assert_eq!(ran.report().value("websocket_ping_seconds"), Some(0.04));
    let (server, mut drawn) = opened();
    let payload = drawn.take(8);
    let server = server.hears(drawn.masked(0x89, &payload)).waits(Duration::from_secs(10));
    says(
        json!({ "ping": true }),
        server,
        State::Critical,
        "open in 10 ms; its answer to a ping (hint: `ping = false` asks for none) did not come within 10.0 s",
    );
}

#[test]
fn the_end_is_judged_as_well() {
    let end = || {
        let (server, mut drawn) = opened();
        (server.hears(drawn.goodbye()), drawn)
    };
    let (server, _) = end();
    says(json!({}), server.closes(), State::Ok, "open in 10 ms");
    // What it still had to say, and no code.
    let (server, _) = end();
    says(json!({}), server.says(text("bye")).says(frame(0x88, b"")), State::Ok, "open in 10 ms");
    let (server, _) = end();
    says(
        json!({}),
        server.says(goodbye(1_011, "crashed")),
        State::Warning,
        "open in 10 ms; it answers the goodbye with 1011 internal error, `crashed`",
    );
    let (server, _) = end();
    says(
        json!({}),
        server.waits(Duration::from_secs(10)),
        State::Warning,
        "open in 10 ms; it does not close within 10.0 s",
    );
}

#[test]
fn every_code_has_its_name() {
    for (code, name) in [
        (1_000, "1000 normal closure"),
        (1_001, "1001 going away"),
        (1_002, "1002 protocol error"),
        (1_012, "1012 service restart"),
        (1_013, "1013 try again later"),
        (3_000, "3000 unauthorized"),
        (4_321, "4321"),
    ] {
        let (server, mut drawn) = opened();
        let server = server.says(goodbye(code, "")).hears(drawn.masked(0x88, code.to_be_bytes()));
        let ran = check(json!({ "expect": "x" }), server);
        let said = format!("open in 10 ms; it closes with {name} before `x` came; it says nothing");
        assert_eq!(ran.report().summary, said);
    }
}
