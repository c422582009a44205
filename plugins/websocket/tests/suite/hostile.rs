//! Whoever answers does not keep to the protocol, or never ends.

use std::time::Duration;

use serde_json::json;
use watchkeep_plugin_websocket::bytes::{Frame, frame as read, write};
use watchkeep_sdk::State;
use watchkeep_sdk::testing::Dialogue;

use crate::{Drawn, answer, base64, check, frame, goodbye, text};

/// Open, whatever it is told.
fn open() -> Dialogue {
    let key = base64(&Drawn::new().take(16));
    Dialogue::new().says(answer(&key, "")).heedless()
}

#[track_caller]
fn critical(dialogue: Dialogue, said: &str) {
    let ran = check(json!({ "expect": "never" }), dialogue.heedless());
    let report = ran.report();
    assert_eq!(report.state, State::Critical, "{}", report.summary);
    assert!(report.summary.contains(said), "`{said}` is not in: {}", report.summary);
    assert!(!report.summary.chars().any(char::is_control), "{:?}", report.summary);
    assert!(report.summary.len() <= 1_024, "{} bytes", report.summary.len());
}

#[test]
fn frames_that_no_server_sends_are_told() {
    for (bytes, said) in [
        (vec![0x81, 0x85, 1, 2, 3, 4, 0, 0, 0, 0, 0], "it masks its frames, as only clients do"),
        (vec![0xc1, 0], "a frame with reserved bits, which nobody agreed on"),
        (vec![0x91, 0], "a frame with reserved bits"),
        (vec![0x83, 0], "a frame of the unknown type 3"),
        (vec![0x8b, 0], "a frame of the unknown type 11"),
        (vec![0x09, 0], "a control frame in parts"),
        (vec![0x89, 126, 0, 126], "a control frame of 126 bytes; there are at most 125"),
        (vec![0x81, 126, 0, 125], "the length of a frame in more bytes than it needs"),
        (vec![0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], "the length of a frame in more bytes than it needs"),
        (vec![0x81, 127, 0, 0, 0, 0, 0, 0x10, 0, 1], "a frame of 1048577 bytes; at most 1048576 are read"),
        (
            vec![0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            "a frame of 18446744073709551615 bytes",
        ),
        (frame(0x80, b"x"), "it goes on with a message that it did not begin"),
        ([frame(0x01, b"x"), frame(0x81, b"y")].concat(), "it begins a message within another"),
        (frame(0x81, b"\xff"), "it sends a text that is not UTF-8"),
        (frame(0x81, b"\xc3"), "it sends a text that is not UTF-8"),
        (frame(0x88, b"x"), "it closes with half a code"),
        (goodbye(1_005, ""), "it closes with the code 1005, which nobody may send"),
        (goodbye(999, ""), "it closes with the code 999, which nobody may send"),
        (goodbye(5_000, ""), "it closes with the code 5000, which nobody may send"),
        (frame(0x88, b"\x03\xe8\xff"), "it closes with the code 1000 and a reason that is not UTF-8"),
    ] {
        critical(open().says(bytes), said);
    }
}

#[test]
fn what_is_no_answer_of_http_is_told() {
    let long = format!("HTTP/1.1 101 x\r\nx: {}", "y".repeat(20_000));
    let many = format!("HTTP/1.1 101 x\r\n{}\r\n", "x: y\r\n".repeat(200));
    for (said, told) in [
        ("SSH-2.0-OpenSSH_9.2\r\n", "it speaks no HTTP; it says `SSH-2.0-OpenSSH_9.2`"),
        ("HTTP/2.0 200 x\r\n\r\n", "it speaks no HTTP; it says `HTTP/2.0 200 x`"),
        ("\u{15}\u{3}\u{1}", "it speaks no HTTP; it says `\\u{15}"),
        ("HTTP/1.1\r\n\r\n", "its answer has no status: `HTTP/1.1`"),
        ("HTTP/1.1 1012 x\r\n\r\n", "its answer has no status"),
        ("HTTP/1.1 +99 x\r\n\r\n", "its answer has no status"),
        ("HTTP/1.1 999 x\r\n\r\n", "its answer has no status"),
        ("HTTP/1.1 101 x\r\nno header\r\n\r\n", "its answer has an invalid header: `no header`"),
        (&long, "the head of its answer is longer than 16384 bytes"),
        (&many, "its answer has more than 100 headers"),
    ] {
        critical(Dialogue::new().says(said), told);
    }
    critical(Dialogue::new().closes(), "it closes the connection without a word before its answer came");
    critical(Dialogue::new().says("HTTP/1.1 1").closes(), "it closes the connection without a word");
    critical(Dialogue::new().waits(Duration::from_secs(10)), "its answer did not come within 10.0 s");
    critical(
        Dialogue::new().says("HTTP/1.1 10").waits(Duration::from_secs(10)),
        "its answer was not whole within 10.0 s",
    );
    let again = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
    critical(Dialogue::new().says(again), "it says in 300 pieces not what was waited for");
}

#[test]
fn a_server_that_never_ends_is_left() {
    critical(open().says(text("x").repeat(30_000)), "it says in 20000 frames not what was waited for");
    critical(open().says(frame(0x89, b"x").repeat(1_000)), "it says in 300 pieces not what was waited for");
    let drops = (0..1_000).fold(open(), |drops, _| drops.says(text("x")));
    critical(drops, "it says in 300 pieces not what was waited for");
    let large = [&[0x81, 127, 0, 0, 0, 0, 0, 0x10, 0, 0], &*vec![b'x'; 1 << 20]].concat().repeat(5);
    critical(open().says(large), "it says more than 4194304 bytes, and not what was waited for");
    let parts = [&[0x01, 126, 0xff, 0xff], &*vec![b'x'; 0xffff]].concat();
    let more = [&[0x00, 126, 0xff, 0xff], &*vec![b'x'; 0xffff]].concat().repeat(20);
    critical(open().says(parts).says(more), "it sends a message of more than 1048576 bytes");
    // A byte a second of a frame that would be whole some day.
    let slow = [0x81, 60].into_iter().chain([b'x'; 60]);
    let slow = slow.fold(open(), |slow, byte| slow.waits(Duration::from_secs(1)).says([byte]));
    critical(slow, "`never` did not come within 10.0 s; it says nothing");
    let head = b"HTTP/1.1 101 Switching".iter();
    let head = head.fold(Dialogue::new(), |slow, byte| slow.waits(Duration::from_secs(1)).says([*byte]));
    critical(head, "its answer was not whole within 10.0 s");
}

#[test]
fn binary_and_much_text_make_one_short_line() {
    critical(open().says(frame(0x82, (0..120).collect::<Vec<u8>>())).closes(), "; it says `\\u{0}");
    critical(open().says(text(&"\u{1b}[2J".repeat(30))).closes(), "; it says `\\u{1b}[2J");
}

#[test]
fn frames_of_every_length_are_written_and_read() {
    for (length, head) in [(0, 2), (125, 2), (126, 4), (0xffff, 4), (0x1_0000, 10)] {
        let payload = vec![b'x'; length];
        let mut written = write(1, &payload, [1, 2, 3, 4]);
        assert_eq!(written.len(), head + 4 + length);
        // As a server would write it: neither masked nor with a mask.
        written[1] &= 0x7f;
        written.drain(head..head + 4);
        written[head..].iter_mut().zip([1, 2, 3, 4].iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        let whole = Frame { opcode: 1, is_last: true, payload };
        assert_eq!(read(&written), Ok(Some((whole, head + length))));
        for end in (0..written.len()).take(20) {
            assert_eq!(read(&written[..end]), Ok(None), "{end} bytes");
        }
    }
}
