//! Servers that send without end, in drops, or what nobody expects.

use super::*;

fn asked(starttls: &str, dialogue: Dialogue) -> String {
    let config = config(json!({ "starttls": starttls }));
    let ran = Host::new().answer(SHOP, dialogue).check(run, &config);
    assert_eq!(ran.report().state, State::Critical);
    ran.report().summary.clone()
}

#[test]
fn answers_without_end_are_given_up() {
    let said = asked("smtp", Dialogue::new().says("220-and on\r\n".repeat(200)));
    assert_eq!(said, "a reply has more than 100 lines");
    let said = asked("smtp", Dialogue::new().says("2".repeat(64 << 10)));
    assert!(said.starts_with("answer over the limit"), "{said}");
    let said = asked(
        "imap",
        Dialogue::new().says("* OK\r\n").hears("a1 STARTTLS\r\n").says("* and on\r\n".repeat(200)),
    );
    assert_eq!(said, "no answer to STARTTLS within 100 lines");
    let said = asked("xmpp", Dialogue::new().hears_to("version='1.0'>").says("<a> ".repeat(16 << 10)));
    assert_eq!(said, "it sends more than 65536 bytes before it offers STARTTLS");
}

#[test]
fn a_byte_now_and_then_does_not_make_the_talk_longer_than_its_timeout() {
    let dripping = |text: &str| {
        text.bytes().cycle().take(2_000).fold(Dialogue::new(), |dialogue, byte| {
            dialogue.says([byte]).waits(std::time::Duration::from_millis(700))
        })
    };
    for (starttls, text) in [
        // A line without an end, lines without an end, an element that never comes, and a message in pieces.
        ("smtp", "220-"),
        ("smtp", "220-\r\n"),
        ("xmpp", "<a>"),
        ("mysql", "\u{7f}\0\0\0\n"),
    ] {
        let config = config(json!({ "starttls": starttls, "timeout": "5s" }));
        let ran = Host::new().answer(SHOP, dripping(text).heedless()).check(run, &config);
        let said = &ran.report().summary;
        assert_eq!(said, "timed out reading the answer from 192.0.2.1:443 after 5.0 s", "{starttls}");
    }
}

#[test]
fn what_a_stranger_says_reaches_no_terminal_as_a_command() {
    let said = asked("smtp", Dialogue::new().says("554 \u{1b}[2Jgone\u{7}\r\n"));
    assert_eq!(said, "it does not greet: it says `554 [2Jgone`");
    let said = asked("imap", Dialogue::new().says("\u{1b}\r\n"));
    assert_eq!(said, "no IMAP server greets: it says nothing that can be read");
}

#[test]
fn what_a_stranger_says_is_repeated_in_part() {
    let said = asked("smtp", Dialogue::new().says(format!("554 {}\r\n", "é".repeat(30_000))));
    assert!(said.chars().count() < 300, "{} characters", said.chars().count());
    let mut shown = facts(62);
    shown.chain[0].subject = "CN=".to_owned() + &"x".repeat(50_000);
    shown.chain[0].names = vec!["y".repeat(250); 500];
    let ran = check(json!({ "names": "www.example.com" }), shown);
    assert!(ran.report().summary.len() < 1_024, "{} bytes", ran.report().summary.len());
}

#[test]
fn a_chain_of_a_hundred_and_places_beyond_it_are_survived() {
    let mut shown = facts(62);
    shown.chain = vec![shown.chain[0].clone(); 100];
    let inspection = Inspection {
        facts: shown,
        path: vec![0, 99, 100, u32::MAX],
        timings: watchkeep_sdk::net::Timings::default(),
    };
    assert_eq!(inspected(json!({}), inspection).report().state, State::Ok);
}

#[test]
fn an_empty_chain_and_times_of_nothing_are_no_panic() {
    let mut shown = facts(62);
    shown.chain.clear();
    assert_eq!(check(json!({}), shown).report().state, State::Ok);
    let mut shown = facts(62);
    (shown.chain[0].not_after, shown.chain[0].serial) = (0, String::new());
    shown.ocsp = Some(vec![0x30, 0x80]);
    assert_eq!(check(json!({}), shown).report().state, State::Critical);
}
