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
        timings: watchkeep_sdk::net::Timings {
            name: None,
            connect: None,
            tls: None,
            send: None,
            wait: None,
            transfer: None,
            total: 0,
        },
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
