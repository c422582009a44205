//! A mail that is followed to its mailbox, in one run and across runs.

use super::*;
use std::time::Duration;
use watchkeep_sdk::net::{Encoding, FailureKind, Phase};
use watchkeep_sdk::testing::Answer;

const IMAP: &str = "tcp imap.example.com:993";
const MINUTE: u64 = 60_000;
/// What the scripted host's randomness yields.
const OTHER: &str = "00112233445566778899aabbccddeeff";

pub(crate) fn delivery(more: Value) -> Value {
    let mut delivery = json!({
        "from": "watch@example.com", "to": "test@example.com", "imap": "imap.example.com:993",
        "user": "test", "password": { "secret": "box" },
    });
    delivery.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "security": PLAIN, "delivery": delivery })
}

/// Up to where a mail would be handed over.
fn ready() -> Dialogue {
    greeted().hears("EHLO example.com\r\n").says("250 mail.example.com\r\n")
}

fn to_data(dialogue: Dialogue) -> Dialogue {
    dialogue
        .hears("MAIL FROM:<watch@example.com>\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<test@example.com>\r\n")
        .says("250 ok\r\n")
        .hears("DATA\r\n")
        .says("354 go\r\n")
}

fn sends() -> Dialogue {
    parts(to_data(ready()).hears_to("\r\n.\r\n").says("250 queued\r\n"))
}

/// Logged in, with the folder open.
fn mailbox(capabilities: &str) -> Dialogue {
    let capability = |tag: u8| {
        (
            format!("a{tag} CAPABILITY\r\n"),
            format!("* CAPABILITY IMAP4rev1 {capabilities}\r\na{tag} OK done\r\n"),
        )
    };
    let (first, second) = (capability(2), capability(4));
    Dialogue::new()
        .starts_tls(facts(62))
        .says("* OK ready\r\n")
        .hears(first.0)
        .says(first.1)
        .hears("a3 AUTHENTICATE PLAIN\r\n")
        .says("+ \r\n")
        .hears_secret("box", "\0test\0", "", Encoding::Base64)
        .hears("\r\n")
        .says("a3 OK welcome\r\n")
        .hears(second.0)
        .says(second.1)
        .hears("a5 SELECT \"INBOX\"\r\n")
        .says("* 1 EXISTS\r\na5 OK [READ-WRITE]\r\n")
}

const ALL: &str = "AUTH=PLAIN IDLE UIDPLUS";

fn bids_farewell(dialogue: Dialogue, tag: u8) -> Dialogue {
    dialogue.hears(format!("a{tag} LOGOUT\r\n")).says(format!("* BYE\r\na{tag} OK\r\n"))
}

/// Asked for one token, and says which mails have it.
fn searched(dialogue: Dialogue, tag: u8, found: &str) -> Dialogue {
    dialogue
        .hears(format!("a{tag} UID SEARCH UNDELETED HEADER X-Watchkeep-Delivery "))
        .hears_to("\r\n")
        .says(format!("* SEARCH{found}\r\na{tag} OK\r\n"))
}

fn deletes(dialogue: Dialogue, tag: u8, uid: u32) -> Dialogue {
    let next = tag + 1;
    dialogue
        .hears(format!("a{tag} UID STORE {uid} +FLAGS.SILENT (\\Deleted)\r\n"))
        .says(format!("a{tag} OK\r\n"))
        .hears(format!("a{next} UID EXPUNGE {uid}\r\n"))
        .says(format!("* 1 EXPUNGE\r\na{next} OK\r\n"))
}

fn dated(dialogue: Dialogue, tag: u8, uid: u32, date: &str) -> Dialogue {
    dialogue
        .hears(format!("a{tag} UID FETCH {uid} (INTERNALDATE)\r\n"))
        .says(format!("* 1 FETCH (UID {uid} INTERNALDATE \"{date}\")\r\na{tag} OK\r\n"))
}

fn host(kept: &str) -> Host {
    let host = Host::new().secret("box", "unseen").deadline(Duration::from_secs(30));
    if kept.is_empty() { host } else { host.kv("delivery", kept) }
}

fn follows(host: Host, smtp: Dialogue, imap: Dialogue, more: Value) -> Ran<Report, Fault> {
    host.answer(MAIL, smtp).answer(IMAP, imap).check(run, &config(delivery(more)))
}

fn kept(ran: &Ran<Report, Fault>) -> String {
    String::from_utf8(ran.kv("delivery").unwrap().to_vec()).unwrap()
}

fn waiting(minutes_ago: u64) -> String {
    format!("waiting {} {OTHER}\n", NOW - minutes_ago * MINUTE)
}

#[test]
fn nothing_is_sent_unless_a_delivery_is_asked_for() {
    // The script wants QUIT after what is offered, and takes nothing else.
    says(json!({ "security": PLAIN }), parts(plain(OFFERS)), State::Ok, "`mail.example.com ESMTP` in 10 ms");
}

#[test]
fn a_mail_that_arrives_at_once_is_found_and_deleted_in_the_same_run() {
    let imap = searched(mailbox(ALL), 6, "")
        .hears("a7 IDLE\r\n")
        .says("* 1 RECENT\r\n+ idling\r\n")
        .waits(Duration::from_millis(1_500))
        .says("* 2 EXISTS\r\n")
        .hears("DONE\r\n")
        .says("a7 OK\r\n");
    let imap = bids_farewell(deletes(searched(imap, 8, " 12"), 9, 12), 11);
    let ran = follows(host(""), sends(), imap, json!({}));
    assert_eq!(ran.report().state, State::Ok);
    assert_eq!(ran.report().summary, "`mail.example.com ESMTP` in 10 ms; a mail arrived after 1.5 s");
    assert_eq!(ran.report().value("smtp_delivery_seconds"), Some(1.5));
    assert_eq!(ran.report().value("smtp_delivery_waiting"), Some(0.0));
    assert!(kept(&ran).starts_with("arrived ") && kept(&ran).ends_with(" 1500\n"), "{}", kept(&ran));
    let heard: Vec<_> = ran.heard.iter().map(|heard| String::from_utf8_lossy(heard)).collect();
    let mail = heard.iter().find(|heard| heard.starts_with("From: ")).unwrap();
    let token = heard.iter().find(|heard| heard.len() == 34).unwrap().trim();
    assert!(mail.contains(&format!("\r\nX-Watchkeep-Delivery: {token}\r\n")), "{mail}");
    assert!(mail.contains("\r\nDate: Wed, 04 Mar 2026 05:06:"), "{mail}");
    assert!(mail.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{mail}");
    assert!(mail.lines().all(|line| line.is_ascii() && line.len() <= 78), "{mail}");
}

#[test]
fn a_mail_that_does_not_come_within_the_run_is_on_its_way() {
    let imap = searched(mailbox("AUTH=PLAIN"), 6, "");
    let ran = follows(host(""), sends(), bids_farewell(imap, 7), json!({}));
    assert_eq!(ran.report().state, State::Ok);
    assert!(ran.report().summary.contains("; a mail has been on its way for "), "{}", ran.report().summary);
    assert_eq!(ran.report().value("smtp_delivery_waiting"), Some(1.0));
    assert!(kept(&ran).starts_with("waiting "), "{}", kept(&ran));
    // The server tells of new mails, and there are none until the time is over.
    let imap = searched(mailbox(ALL), 6, "")
        .hears("a7 IDLE\r\n")
        .says("+ idling\r\n")
        .waits(Duration::from_secs(3))
        .hears("DONE\r\n")
        .says("a7 OK\r\n");
    let imap = bids_farewell(searched(imap, 8, ""), 9);
    let ran = follows(host(""), sends(), imap, json!({ "wait": "3s" }));
    assert!(kept(&ran).starts_with("waiting "), "{}", kept(&ran));
}

#[test]
fn a_later_run_finds_it_and_says_when_the_mailbox_got_it() {
    let imap = dated(searched(mailbox(ALL), 6, " 7"), 7, 7, " 4-Mar-2026 05:04:37 +0000");
    let ran = follows(host(&waiting(2)), parts(ready()), bids_farewell(deletes(imap, 8, 7), 10), json!({}));
    assert_eq!(ran.report().value("smtp_delivery_seconds"), Some(30.0));
    assert_eq!(ran.report().summary, "`mail.example.com ESMTP` in 10 ms; a mail arrived after 30.0 s");
    // A clock that is ahead or behind says no more than the runs do.
    for (date, took) in [("4-Mar-2026 09:00:00 +0000", 120.03), ("4-Mar-2026 01:00:00 +0000", 0.0)] {
        let imap = dated(searched(mailbox(ALL), 6, " 7"), 7, 7, date);
        let imap = bids_farewell(deletes(imap, 8, 7), 10);
        let ran = follows(host(&waiting(2)), parts(ready()), imap, json!({ "warning": "5m" }));
        let found = ran.report().value("smtp_delivery_seconds").unwrap();
        assert!((found - took).abs() < 0.1, "{date}: {found}");
    }
}

#[test]
fn where_a_single_mail_cannot_be_removed_it_is_only_marked() {
    let imap = dated(searched(mailbox("AUTH=PLAIN IDLE"), 6, " 7"), 7, 7, " 4-Mar-2026 05:04:37 +0000")
        .hears("a8 UID STORE 7 +FLAGS.SILENT (\\Deleted)\r\n")
        .says("a8 OK\r\n");
    follows(host(&waiting(2)), parts(ready()), bids_farewell(imap, 9), json!({})).report();
}

#[test]
fn a_mail_that_cannot_be_deleted_has_arrived_all_the_same() {
    let imap = dated(searched(mailbox(ALL), 6, " 7"), 7, 7, " 4-Mar-2026 05:04:37 +0000")
        .hears("a8 UID STORE 7 +FLAGS.SILENT (\\Deleted)\r\n")
        .says("a8 NO read-only\r\n");
    let ran = follows(host(&waiting(2)), parts(ready()), bids_farewell(imap, 9), json!({}));
    assert!(kept(&ran).starts_with("arrived "), "{}", kept(&ran));
}

#[test]
fn one_that_takes_long_is_a_warning_until_the_next_one_does_not() {
    let slow = format!("arrived {} 90000\n", NOW - MINUTE);
    let ran = follows(host(&slow), parts(ready()), bids_farewell(mailbox(ALL), 6), json!({}));
    assert_eq!(ran.report().state, State::Warning);
    assert!(ran.report().summary.ends_with("; the mail took longer than 60.0 s"), "{}", ran.report().summary);
    // Also while the next one is on its way.
    let imap = bids_farewell(searched(mailbox(ALL), 6, ""), 7);
    let both = format!("arrived {} 90000\n{}", NOW - 2 * MINUTE, waiting(0));
    let ran = follows(host(&both), parts(ready()), imap, json!({}));
    assert_eq!(ran.report().state, State::Warning);
    let imap = bids_farewell(searched(mailbox(ALL), 6, ""), 7);
    let ran = follows(host(&waiting(3)), parts(ready()), imap, json!({}));
    assert_eq!(ran.report().state, State::Warning);
    assert!(ran.report().summary.contains("on its way for 3 min, longer than 60.0 s"));
}

#[test]
fn one_that_does_not_arrive_is_critical_and_another_is_sent() {
    let imap = searched(searched(mailbox("AUTH=PLAIN"), 6, ""), 7, "");
    let ran = follows(host(&waiting(11)), sends(), bids_farewell(imap, 8), json!({}));
    assert_eq!(ran.report().state, State::Critical);
    let said = &ran.report().summary;
    assert!(said.contains("; the mail that was sent 11 min ago has not arrived; it has 10 min"), "{said}");
    assert_eq!(kept(&ran).matches("waiting ").count(), 2);
    // While the second is on its way, it stays so; nothing else is sent.
    let imap = bids_farewell(searched(searched(mailbox(ALL), 6, ""), 7, ""), 8);
    let both = format!("{}{}", waiting(12), waiting(1).replace("0011", "ffff"));
    let ran = follows(host(&both), parts(ready()), imap, json!({}));
    assert_eq!(ran.report().state, State::Critical);
}

#[test]
fn a_later_one_that_arrives_makes_it_well_and_the_lost_one_is_still_cleared_away() {
    let both = format!("{}{}", waiting(12), waiting(1).replace("0011", "ffff"));
    let imap = searched(searched(mailbox(ALL), 6, ""), 7, " 9");
    let imap = bids_farewell(deletes(dated(imap, 8, 9, "04-Mar-2026 05:05:08 +0000"), 9, 9), 11);
    let ran = follows(host(&both), parts(ready()), imap, json!({}));
    assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
    assert!(kept(&ran).contains(OTHER), "{}", kept(&ran));
    let imap = dated(searched(mailbox(ALL), 6, " 3"), 7, 3, "04-Mar-2026 05:05:09 +0000");
    let imap = bids_farewell(deletes(imap, 8, 3), 10);
    let ran = follows(host(&kept(&ran)), parts(ready()), imap, json!({}));
    assert_eq!(ran.report().value("smtp_delivery_seconds"), Some(1.0), "of the one that was sent last");
    assert!(!kept(&ran).contains(OTHER), "{}", kept(&ran));
}

#[test]
fn not_more_than_one_mail_is_sent_in_the_time_that_is_set() {
    let recent = format!("arrived {} 900\n", NOW - 4 * MINUTE);
    follows(host(&recent), parts(ready()), bids_farewell(mailbox(ALL), 6), json!({})).report();
    let imap = bids_farewell(searched(mailbox("AUTH=PLAIN"), 6, ""), 7);
    follows(host(&recent), sends(), imap, json!({ "every": "4m" })).report();
    // Nor while one is on its way.
    let imap = bids_farewell(searched(mailbox(ALL), 6, ""), 7);
    follows(host(&waiting(3)), parts(ready()), imap, json!({ "every": "1m" })).report();
}

#[test]
fn a_mailbox_that_cannot_be_looked_into_judges_nothing_and_nothing_is_sent() {
    let failing = |smtp: Dialogue, answer: Answer| {
        host("").answer(MAIL, smtp).answer(IMAP, answer).check(run, &config(delivery(json!({}))))
    };
    let refused = failing(
        parts(ready()),
        Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.9", 993),
    );
    let said =
        "the mailbox at imap.example.com:993: connection refused by 192.0.2.9:993 after 10 ms".to_owned();
    assert_eq!(refused.result, Err(Fault::Inconclusive(said)));
    let denied = failing(ready(), Answer::denied("no right"));
    assert_eq!(denied.result, Err(Fault::Denied("no right".to_owned())));
    let login = Dialogue::new()
        .starts_tls(facts(62))
        .says("* OK ready\r\n")
        .hears("a2 CAPABILITY\r\n")
        .says("* CAPABILITY IMAP4rev1\r\na2 OK\r\n")
        .hears_secret("box", "a3 LOGIN \"test\" \"", "\"\r\n", Encoding::Raw)
        .says("a3 NO [AUTHENTICATIONFAILED] no\r\n");
    let ran = follows(host(&waiting(60)), parts(ready()), login, json!({}));
    let said = "the mailbox at imap.example.com:993: it does not take the login: it says `NO [AUTHENTICATIONFAILED] no`";
    assert_eq!(ran.result, Err(Fault::Inconclusive(said.to_owned())));
}

#[test]
fn a_mail_that_is_not_taken_for_now_is_a_warning_and_one_that_is_refused_critical() {
    for (reply, state, said) in [
        ("451 greylisted", State::Warning, "it takes no mail for this recipient for now: 451 greylisted"),
        ("550 no such user", State::Critical, "it takes no mail for this recipient: 550 no such user"),
        ("421 closing", State::Warning, "for now: 421 closing"),
    ] {
        let refuses = ready()
            .hears("MAIL FROM:<watch@example.com>\r\n")
            .says("250 ok\r\n")
            .hears("RCPT TO:<test@example.com>\r\n")
            .says(format!("{reply}\r\n"));
        let ran = follows(host(""), parts(refuses), bids_farewell(mailbox(ALL), 6), json!({}));
        assert_eq!(ran.report().state, state);
        assert!(ran.report().summary.contains(said), "{}", ran.report().summary);
        assert_eq!(kept(&ran), "");
    }
}

#[test]
fn a_mailbox_that_speaks_without_end_or_says_nonsense_is_given_up() {
    let greeting = |said: &str| {
        let imap = Dialogue::new().starts_tls(facts(62)).says(said).heedless();
        follows(host(""), parts(ready()), imap, json!({})).result.unwrap_err()
    };
    // The handshake of a heedless peer fails; so these speak in the clear first.
    assert!(matches!(greeting("* OK\r\n"), Fault::Inconclusive(_)));
    let endless = Dialogue::new()
        .starts_tls(facts(62))
        .says("* OK ready\r\n")
        .hears("a2 CAPABILITY\r\n")
        .says("* and on\r\n".repeat(1_000));
    let Err(Fault::Inconclusive(said)) = follows(host(""), parts(ready()), endless, json!({})).result else {
        panic!("it was judged")
    };
    assert!(said.ends_with("no answer to CAPABILITY within 1000 lines"), "{said}");
    let nonsense = Dialogue::new().starts_tls(facts(62)).says("SSH-2.0 \u{1b}[2J\r\n");
    let Err(Fault::Inconclusive(said)) = follows(host(""), parts(ready()), nonsense, json!({})).result else {
        panic!("it was judged")
    };
    assert!(said.ends_with(r"no IMAP server greets: it says `SSH-2.0 \u{1b}[2J`"), "{said}");
}

#[test]
fn starttls_is_spoken_with_the_mailbox_as_well() {
    let imap = Dialogue::new().says("* OK ready\r\n").hears("a2 STARTTLS\r\n").says("a2 NO not now\r\n");
    let ran = follows(host(""), parts(ready()), imap, json!({ "imap_security": "starttls" }));
    let Err(Fault::Inconclusive(said)) = &ran.result else { panic!("it was judged") };
    assert!(said.ends_with("it does not take STARTTLS: it says `NO not now`"), "{said}");
}
