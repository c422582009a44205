//! Servers that send without end, in drops, or what nobody expects.

use super::*;
use std::time::Duration;

fn said(dialogue: Dialogue) -> String {
    let ran = check(json!({}), dialogue);
    assert_eq!(ran.report().state, State::Critical);
    let said = ran.report().summary.clone();
    assert!(!said.chars().any(char::is_control) && said.len() < 1_024, "{said:?}");
    said
}

#[test]
fn what_is_no_mail_server_is_told_as_such() {
    let greets = |bytes: &[u8]| said(Dialogue::new().says(bytes));
    assert!(greets(b"SSH-2.0-OpenSSH_9.6\r\n").ends_with("it says `SSH-2.0-OpenSSH_9.6`"));
    assert!(greets(b"\x00\x01\xff\xfe\x1b[2J\r\n").contains("no server of this protocol answers"));
    assert!(greets(b"999 x\r\n").contains("no mail server answers so: it says `999 x`"));
    assert!(said(Dialogue::new().says("220").closes()).starts_with("connection closed"));
}

#[test]
fn answers_without_end_are_given_up() {
    assert!(said(Dialogue::new().says("220-and on\r\n".repeat(100))).contains("more than 100 lines"));
    assert!(said(Dialogue::new().says("2".repeat(64 << 10))).starts_with("answer over the limit"));
    assert!(
        said(Dialogue::new().says("220 x\r\n").says("250-SIZE\r\n".repeat(100_000)).heedless())
            .contains("more than 100 lines")
    );
}

#[test]
fn a_byte_now_and_then_does_not_make_an_answer_longer_than_its_timeout() {
    let dripping = |before: Dialogue, text: &str| {
        text.bytes()
            .cycle()
            .take(2_000)
            .fold(before, |dialogue, byte| dialogue.says([byte]).waits(Duration::from_millis(700)))
    };
    for dialogue in [dripping(Dialogue::new(), "220-"), dripping(Dialogue::new(), "220-\r\n")] {
        let ran =
            Host::new().answer(MAIL, dialogue.heedless()).check(run, &config(json!({ "timeout": "5s" })));
        assert_eq!(ran.report().summary, "timed out reading the answer from 192.0.2.1:443 after 5.0 s");
    }
}

#[test]
fn what_was_said_before_the_handshake_is_not_taken_for_what_comes_under_tls() {
    let dialogue = plain("250-x\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("220 go\r\n250-mail\r\n250 AUTH PLAIN\r\n");
    let said = said(dialogue);
    assert!(said.contains("the peer sent more before the handshake"), "{said}");
}

#[test]
fn what_a_server_says_is_repeated_in_part_and_reaches_no_terminal_as_a_command() {
    let long = format!("554 \u{1b}[2J{}\r\n", "é".repeat(30_000));
    assert!(said(parts(Dialogue::new().says(long))).chars().count() < 400);
    let offers: String = (0..99).map(|at| format!("250-\u{7}X{at} {}\r\n", "y".repeat(5_000))).collect();
    let ran = check(json!({ "security": PLAIN }), parts(plain(&format!("{offers}250 END\r\n"))));
    let details = ran.report().details.clone().unwrap();
    assert!(details.len() < 1_000 && !details.contains('\u{7}'), "{details}");
}
