//! Whoever answers does not keep to the protocol, or never ends.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_mqtt::bytes::{Packet, Version, read};
use watchkeep_sdk::State;
use watchkeep_sdk::testing::Dialogue;

use crate::{LET_IN, check, packet, publish, suback, text};

fn waits() -> Value {
    json!({ "message": { "topic": "a", "retained": "ignored" } })
}

/// Lets the client in and subscribe, whatever it is told.
fn subscribed() -> Dialogue {
    Dialogue::new().says(LET_IN).says(suback(0)).heedless()
}

#[track_caller]
fn critical(more: Value, dialogue: Dialogue, said: &str) {
    let ran = check(more, dialogue.heedless());
    let report = ran.report();
    assert_eq!(report.state, State::Critical, "{}", report.summary);
    assert!(report.summary.contains(said), "`{said}` is not in: {}", report.summary);
    assert!(!report.summary.chars().any(char::is_control), "{:?}", report.summary);
}

#[test]
fn packets_that_no_broker_sends_are_told_by_name() {
    for (bytes, said) in [
        (vec![0x10, 0], "it sends a CONNECT, which no broker sends here"),
        (vec![0x82, 0], "it sends a SUBSCRIBE, which no broker sends here"),
        (vec![0x00, 0], "it sends a packet of type 0, which"),
        (vec![0xb0, 2, 0, 1], "it sends a UNSUBACK, which"),
        (vec![0xc0, 0], "it sends a PINGREQ, which"),
        // Packets of version 5.0.
        (vec![0xe0, 0], "it sends a DISCONNECT, which"),
        (vec![0xf0, 0], "it sends a AUTH, which"),
        (vec![0xd1, 0], "it sends a PINGRESP with flags that are reserved (1)"),
        (vec![0x60, 2, 0, 1], "it sends a PUBREL with flags that are reserved (0)"),
        (vec![0xd0, 1, 0], "it sends a PINGRESP of 1 bytes that is malformed"),
        (LET_IN.to_vec(), "it sends a second CONNACK"),
        (vec![0x40, 2, 0, 2], "it answers something that was not asked"),
        (suback(0), "it answers something that was not asked"),
    ] {
        critical(waits(), subscribed().says(bytes), said);
    }
    // Out of turn from the beginning.
    let asked = Dialogue::new;
    critical(json!({}), asked().says(publish(0x30, "a", "b")), "it speaks no MQTT");
    critical(json!({}), asked().says([0x20, 2, 2, 0]), "it sends a CONNACK of 2 bytes that is malformed");
    critical(json!({}), asked().says([0x20, 3, 0, 0, 0]), "a CONNACK of 3 bytes that is malformed");
    critical(json!({}), asked().says([0x20, 1, 0]), "it sends a CONNACK of 1 bytes that is malformed");
}

#[test]
fn malformed_messages_are_told() {
    for bytes in [
        // Without a topic, longer than the packet, with a wildcard, no text, with both promises at once, with the number 0.
        packet(0x30, &[]),
        packet(0x30, &[&[0, 9], b"a"]),
        packet(0x30, &[&text("")]),
        packet(0x30, &[&text("a/#")]),
        packet(0x30, &[&[0, 1, 0xff]]),
        packet(0x36, &[&text("a"), &[0, 1]]),
        packet(0x32, &[&text("a"), &[0, 0]]),
        packet(0x32, &[&text("a"), &[0]]),
    ] {
        critical(waits(), subscribed().says(bytes), " bytes that is malformed");
    }
}

#[test]
fn lengths_are_read_to_their_end_and_no_further() {
    let publish =
        |length: &[u8], payload: usize| [&[0x30], length, &text("a"), &vec![b'x'; payload]].concat();
    // 127 and 128 are the last length of one byte and the first of two; zeros that are written out mean nothing.
    for (length, payload) in [
        (&[127][..], 124),
        (&[0x80, 1], 125),
        (&[0xff, 0x7f], 16_380),
        (&[0x80, 0x80, 1], 16_381),
        (&[0x83, 0], 0),
    ] {
        let bytes = publish(length, payload);
        let whole = read(&bytes, Version::V3);
        let Ok(Some((Packet::Publish(message), size))) = whole else { panic!("{whole:?}") };
        assert_eq!((message.payload.len(), size), (payload, bytes.len()));
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end], Version::V3), Ok(None), "{end} bytes");
        }
    }
    critical(
        waits(),
        subscribed().says([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]),
        "a PUBLISH whose length is not a number",
    );
    critical(
        waits(),
        subscribed().says([0x30, 0xff, 0xff, 0xff, 0x7f]),
        "it sends a PUBLISH of 268435455 bytes; at most 262144 are read",
    );
}

#[test]
fn a_broker_that_never_ends_is_left() {
    let other = publish(0x30, "b", "x").repeat(20_000);
    critical(waits(), subscribed().says(other), "it sends more than 10000 other messages");
    let pings = [0xd0, 0].repeat(2 << 20);
    critical(
        waits(),
        subscribed().says(pings),
        "it says more than 2097152 bytes, and not what was waited for",
    );
    let drops = (0..1_000).fold(subscribed(), |drops, _| drops.says([0xd0, 0]));
    critical(waits(), drops, "it says in 250 pieces not what was waited for");
    // A byte a second of a packet that would be whole some day.
    let slow = [0x30, 60].into_iter().chain([0; 60]);
    let slow = slow.fold(subscribed(), |slow, byte| slow.waits(Duration::from_secs(1)).says([byte]));
    critical(waits(), slow, "a new message on `a` did not come within 10.0 s");
    let first =
        LET_IN.iter().fold(Dialogue::new(), |slow, byte| slow.waits(Duration::from_secs(4)).says([*byte]));
    critical(json!({}), first, "its answer to CONNECT did not come within 10.0 s");
    // Before the broker's own answer.
    let early = Dialogue::new().says(LET_IN).says(publish(0x31, "a", "x").repeat(9_000)).says(suback(0));
    critical(
        waits(),
        early.says(publish(0x31, "a", "x").repeat(9_000)),
        "it sends more than 10000 other messages",
    );
}

#[test]
fn binary_and_much_text_make_one_short_line() {
    let binary: Vec<u8> = (0..=255).collect();
    critical(json!({}), Dialogue::new().says(&binary), "it speaks no MQTT; it says `");
    let long = "\u{1b}[2J\u{7}é".repeat(10);
    let message = packet(0x30, &[&text("a"), long.as_bytes()]);
    let ran = check(json!({ "message": { "topic": "a", "expect": "never" } }), subscribed().says(message));
    let summary = &ran.report().summary;
    assert!(summary.len() <= 1_024 && !summary.chars().any(char::is_control), "{summary:?}");
    assert!(summary.ends_with("; `never` is not in it"), "{summary}");
}
