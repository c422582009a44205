//! How it is handed over, and what a server's reply or silence means.

use crate::support::{
    CONFIG, Delivered, Mail, OPEN, ROUTE, data, firing, host, logged_in, open, secured, sends, taken, to,
    to_both,
};
use serde_json::{Value, json};
use watchkeep_plugin_email::deliver;
use watchkeep_sdk::http::{Encoding, FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, alert, notification, picture, tls_facts};
use watchkeep_sdk::{Alert, DeliveryError, Notification};

#[track_caller]
fn retryable(ran: &Delivered) -> &str {
    match ran.error() {
        DeliveryError::Retryable(said) => said,
        other => panic!("not to be tried again: {other:?}"),
    }
}

#[track_caller]
fn rejected(ran: &Delivered) -> &str {
    match ran.error() {
        DeliveryError::Rejected(said) => said,
        other => panic!("not rejected: {other:?}"),
    }
}

#[track_caller]
fn unsure(ran: &Delivered) {
    assert!(matches!(ran.error(), DeliveryError::Unsure(_)), "{:?}", ran.error());
}

/// The envelope of `CONFIG`, whose server states a size.
fn envelope(dialogue: Dialogue) -> Dialogue {
    to(dialogue.hears_to("\r\n").says("250 ok\r\n"), "kari@example.com", "250 ok")
}

#[test]
fn a_mail_goes_over_starttls_after_a_login_that_the_host_writes() {
    let ran = sends(taken(envelope(logged_in(secured()))), CONFIG, firing());
    assert_eq!(ran.value().as_deref(), Some("<n1.notice@example.com>"));
    let from = String::from_utf8_lossy(&ran.heard[0]).into_owned();
    let size = ran.heard[1].len() - ".\r\n".len();
    assert_eq!(from, format!("MAIL FROM:<watch@example.com> SIZE={size}\r\n"));
}

#[test]
fn tls_from_the_first_byte_is_begun_before_the_greeting() {
    let config = CONFIG.replace("587", "465").replace("\"user\"", "\"security\": \"tls\", \"user\"");
    let dialogue = Dialogue::new()
        .starts_tls(tls_facts([]))
        .says("220 mail.example.com ESMTP\r\n")
        .hears("EHLO example.com\r\n")
        .says("250-mail.example.com\r\n250 AUTH LOGIN\r\n")
        .hears("AUTH LOGIN\r\n")
        .says("334 VXNlcm5hbWU6\r\n")
        .hears("d2F0Y2g=\r\n")
        .says("334 UGFzc3dvcmQ6\r\n")
        .hears_secret("mail", "", "", Encoding::Base64)
        .hears("\r\n")
        .says("235 ok\r\n");
    let ran = host().answer("tcp mail.example.com:465", taken(envelope(dialogue))).notify(
        deliver,
        &config,
        firing(),
    );
    ran.value();
}

#[test]
fn a_server_without_starttls_is_sent_nothing_and_asked_again_later() {
    let bare = || {
        Dialogue::new()
            .says("220 mail.example.com ESMTP\r\n")
            .hears("EHLO example.com\r\n")
            .says("250-mail.example.com\r\n250 AUTH PLAIN\r\n")
    };
    assert!(retryable(&sends(bare(), CONFIG, firing())).contains("offers no STARTTLS"));
    let refuses = Dialogue::new()
        .says("220 mail.example.com ESMTP\r\n")
        .hears("EHLO example.com\r\n")
        .says("250-mail.example.com\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("454 not now\r\n");
    assert_eq!(retryable(&sends(refuses, CONFIG, firing())), "STARTTLS: 454 not now");
}

#[test]
fn a_certificate_that_is_not_trusted_ends_it_before_the_password() {
    let dialogue = Dialogue::new()
        .says("220 mail.example.com ESMTP\r\n")
        .hears("EHLO example.com\r\n")
        .says("250-mail.example.com\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("220 go ahead\r\n")
        .fails(FailureKind::Certificate, Phase::Tls);
    assert!(retryable(&sends(dialogue, CONFIG, firing())).starts_with("untrusted certificate from"));
}

#[test]
fn a_server_that_cannot_be_reached_is_tried_again() {
    for (kind, phase, said) in [
        (FailureKind::NameNotFound, Phase::Name, "name not found"),
        (FailureKind::Refused, Phase::Connect, "connection refused"),
        (FailureKind::TimedOut, Phase::Connect, "timed out connecting"),
        (FailureKind::Denied, Phase::Policy, "denied: net"),
    ] {
        let ran = host()
            .answer(ROUTE, Answer::failure(kind, phase, "denied: net to tcp://mail.example.com:587"))
            .notify(deliver, CONFIG, firing());
        assert!(retryable(&ran).starts_with(said), "{:?}", ran.error());
    }
}

#[test]
fn a_wrong_password_is_rejected_with_what_to_do() {
    let dialogue =
        secured().hears("AUTH PLAIN ").hears_secret("mail", "\0watch\0", "", Encoding::Base64).hears("\r\n");
    let ran = sends(dialogue.clone().says("535 5.7.8 authentication failed\r\n"), CONFIG, firing());
    assert!(rejected(&ran).starts_with("AUTH: 535 5.7.8 authentication failed; hint: "), "{:?}", ran.error());
    let ran = sends(dialogue.says("454 4.7.0 not now\r\n"), CONFIG, firing());
    assert_eq!(retryable(&ran), "AUTH: 454 4.7.0 not now");
}

#[test]
fn a_server_that_speaks_another_login_is_told_so() {
    let dialogue = Dialogue::new()
        .says("220 mail.example.com ESMTP\r\n")
        .hears("EHLO example.com\r\n")
        .says("250-mail.example.com\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("220 go ahead\r\n")
        .starts_tls(tls_facts([]))
        .hears("EHLO example.com\r\n");
    let ran = sends(dialogue.clone().says("250-x\r\n250 AUTH XOAUTH2\r\n"), CONFIG, firing());
    assert!(rejected(&ran).contains("offers only `XOAUTH2`"), "{:?}", ran.error());
    let ran = sends(dialogue.says("250 x\r\n"), CONFIG, firing());
    assert!(rejected(&ran).contains("offers no login"), "{:?}", ran.error());
}

#[test]
fn until_the_last_dot_nothing_was_taken_and_after_it_anything_may_have_been() {
    let closes = sends(to_both(open()).hears("DATA\r\n").closes(), OPEN, firing());
    assert!(retryable(&closes).contains("connection closed"), "{:?}", closes.error());
    let resets =
        sends(to_both(open()).hears("DATA\r\n").fails(FailureKind::Reset, Phase::Wait), OPEN, firing());
    assert!(retryable(&resets).contains("connection reset"));
    unsure(&sends(data(to_both(open())).closes(), OPEN, firing()));
    unsure(&sends(data(to_both(open())).fails(FailureKind::Reset, Phase::Transfer), OPEN, firing()));
    unsure(&sends(data(to_both(open())).fails(FailureKind::TimedOut, Phase::Wait), OPEN, firing()));
}

#[test]
fn how_they_part_does_not_matter() {
    let rude = data(to_both(open())).says("250 queued\r\n").fails(FailureKind::Reset, Phase::Send);
    sends(rude, OPEN, firing()).value();
}

#[test]
fn a_refusal_for_now_is_tried_again_and_one_for_good_is_not() {
    let ends = |reply: &str| sends(data(to_both(open())).says(format!("{reply}\r\n")), OPEN, firing());
    assert_eq!(retryable(&ends("451 4.3.0 try later")), "the mail: 451 4.3.0 try later");
    assert!(rejected(&ends("554 5.7.1 spam")).starts_with("the mail: 554 5.7.1 spam; hint: "));
    let from = |reply: &str| {
        let dialogue = Dialogue::new()
            .says("220 x\r\n")
            .hears("EHLO example.com\r\n")
            .says("250 x\r\n")
            .hears("MAIL FROM:<watch@example.com>\r\n")
            .says(format!("{reply}\r\n"));
        sends(dialogue, OPEN, firing())
    };
    assert_eq!(retryable(&from("421 closing")), "MAIL: 421 closing");
    assert!(rejected(&from("530 authentication required")).contains("hint: the server wants a login or TLS"));
    assert!(rejected(&from("553 not your name")).contains("change `from`"));
    let greeting = sends(Dialogue::new().says("554 go away\r\n"), OPEN, firing());
    assert!(rejected(&greeting).starts_with("the greeting: 554 go away"));
}

#[test]
fn what_is_no_mail_server_is_told_as_such() {
    let ran = sends(Dialogue::new().says("SSH-2.0-OpenSSH_9.6\r\n"), OPEN, firing());
    assert!(
        retryable(&ran).ends_with("no server of this protocol answers: it says `SSH-2.0-OpenSSH_9.6`"),
        "{:?}",
        ran.error()
    );
    let ran = sends(Dialogue::new().says("220-a\r\n".repeat(100)), OPEN, firing());
    assert!(retryable(&ran).ends_with("a reply has more than 100 lines"), "{:?}", ran.error());
    let ran = sends(Dialogue::new().says("999 a\r\n"), OPEN, firing());
    assert!(retryable(&ran).ends_with("no mail server answers so: it says `999 a`"), "{:?}", ran.error());
}

#[test]
fn one_recipient_who_is_refused_keeps_nobody_else_from_being_told() {
    let one_gone = to(to(open(), "kari@example.com", "550 5.1.1 unknown"), "ola@example.com", "250 ok");
    let ran = sends(taken(one_gone), OPEN, firing());
    ran.value();
    assert_eq!(ran.log_text(), "`kari@example.com` gets no mail: 550 5.1.1 unknown\n");
    let both_gone = to(to(open(), "kari@example.com", "550 unknown"), "ola@example.com", "550 unknown");
    assert!(rejected(&sends(both_gone, OPEN, firing())).starts_with("RCPT TO: 550 unknown; hint: "));
}

#[test]
fn a_recipient_who_is_refused_for_now_holds_the_others_up_only_for_a_while() {
    let grey = || to(to(open(), "kari@example.com", "451 greylisted"), "ola@example.com", "250 ok");
    assert_eq!(retryable(&sends(grey(), OPEN, firing())), "RCPT TO: 451 greylisted");
    sends(taken(grey()), OPEN, Notification { attempt: 3, ..firing() }).value();
    let all = to(to(open(), "kari@example.com", "451 greylisted"), "ola@example.com", "550 unknown");
    assert_eq!(
        retryable(&sends(all, OPEN, Notification { attempt: 9, ..firing() })),
        "RCPT TO: 451 greylisted"
    );
}

#[test]
fn a_server_that_takes_less_gets_the_mail_without_its_pictures() {
    let lobby = Alert { pictures: vec![picture("big", "image/png", 400_000)], ..alert("lobby") };
    let small = Dialogue::new()
        .says("220 x\r\n")
        .hears("EHLO example.com\r\n")
        .says("250-x\r\n250 SIZE 100000\r\n")
        .hears_to("\r\n")
        .says("250 ok\r\n");
    let ran = sends(taken(to_both(small)), OPEN, notification([lobby]));
    ran.value();
    assert_eq!(ran.log_text(), "without pictures: the server takes 100000 bytes\n");
    assert!(ran.heard[1].len() < 20_000 && !String::from_utf8_lossy(&ran.heard[1]).contains("cid:"));
}

#[test]
fn a_line_that_is_a_dot_does_not_end_the_mail() {
    let dots = Alert { details: Some("a\n.\nb\n..\nc".to_owned()), ..alert("shop") };
    let ran = sends(taken(to_both(open())), OPEN, notification([dots]));
    ran.value();
    assert!(Mail::of(&ran).part("text/plain").contains("a\n.\nb\n..\nc"));
}

#[test]
fn keys_that_contradict_each_other_are_config_mistakes() {
    let problem = |more: Value| {
        let mut config = json!({ "server": "mail.example.com:587", "from": "watch@example.com", "to": "kari@example.com" });
        for (key, value) in more.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        let ran = host().notify(deliver, &config.to_string(), firing());
        retryable(&ran).to_owned()
    };
    for (more, said) in [
        (json!({ "user": "x" }), "`password` is missing beside `user`"),
        (json!({ "password": { "secret": "mail" } }), "`user` is missing beside `password`"),
        (json!({ "user": "x\r\n", "password": { "secret": "mail" } }), "no control characters"),
        (
            json!({ "security": "plaintext", "user": "x", "password": { "secret": "mail" } }),
            "without TLS everybody on the way can read it",
        ),
        (json!({ "to": [] }), "has no recipient"),
        (json!({ "to": "kari@example.com\r\nRCPT TO:<x@y>" }), "is not a mail address"),
        (json!({ "from": "kari" }), "is not a mail address"),
        (json!({ "hello": "a b" }), "is not a host name"),
        (json!({ "security": "ssl" }), "`ssl` is none of `starttls`, `tls`, `plaintext`"),
        (json!({ "password": "hunter2" }), "a secret does not belong in the config"),
    ] {
        let problem = problem(more);
        assert!(problem.contains(said), "{problem}");
    }
}

#[test]
fn a_password_without_tls_is_sent_where_the_operator_says_so() {
    let config = json!({
        "server": "mail.example.com:587", "security": "plaintext", "plaintext_password": true, "user": "watch",
        "password": { "secret": "mail" }, "from": "watch@example.com", "to": ["kari@example.com", "ola@example.com"],
        "hello": "watch.example.com",
    });
    let dialogue = Dialogue::new()
        .says("220 x\r\n")
        .hears("EHLO watch.example.com\r\n")
        .says("250-x\r\n250 AUTH=LOGIN PLAIN\r\n");
    let dialogue = logged_in(dialogue).hears("MAIL FROM:<watch@example.com>\r\n").says("250 ok\r\n");
    sends(taken(to_both(dialogue)), &config.to_string(), firing()).value();
}
