//! A conversation with a mail server.

use watchkeep_sdk::mail::{Login, Smtp};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::{Dialogue, Host, tls_facts};

const MAIL: &str = "tcp mail.example.com:587";

#[derive(Config)]
struct Nothing {}

fn offered(_: Nothing, _: Run) -> Verdict {
    let mut session = Smtp::new(net::connect("mail.example.com:587")?);
    let greeting = session.reply()?;
    session.hello("watch.example.com")?;
    let before = session.offered().join(", ");
    session.say("STARTTLS")?;
    session.start_tls(&net::TlsOptions::new())?;
    let after = session.offered().len();
    Ok(Report::ok(format!("{}: {before}; {after}; {:?}", greeting.sentence(), session.size_max())))
}

#[test]
fn what_was_offered_before_tls_is_forgotten_with_the_handshake() {
    let dialogue = Dialogue::new()
        .says("220-mail\u{7} ESMTP\r\n220 ready\r\n")
        .hears("EHLO watch.example.com\r\n")
        .says("250-mail\r\n250-size 1000\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("220 go\r\n")
        .starts_tls(tls_facts([]));
    let ran = Host::new().answer(MAIL, dialogue).check(offered, "{}");
    assert_eq!(ran.report().summary, "220 mail ESMTP ready: SIZE 1000, STARTTLS; 0; None");
}

#[test]
fn a_login_is_answered_or_not_to_be_had() {
    fn logs_in(_: Nothing, _: Run) -> Verdict {
        let mut session = Smtp::new(net::connect("mail.example.com:587")?);
        session.hello("x")?;
        let login = session.log_in("user", &Secret::named("password"))?;
        Ok(Report::ok(match login {
            Login::Answered(reply) => reply.sentence(),
            Login::NotOffered(mechanisms) => format!("only {mechanisms}"),
        }))
    }
    let offers = |auth: &str| Dialogue::new().hears("EHLO x\r\n").says(format!("250-mail\r\n250 {auth}\r\n"));
    let said = |dialogue: Dialogue| {
        let ran = Host::new().secret("password", "unseen").answer(MAIL, dialogue).check(logs_in, "{}");
        ran.report().summary.clone()
    };
    assert_eq!(said(offers("AUTH GSSAPI")), "only GSSAPI");
    assert_eq!(said(offers("AUTH LOGIN").hears("AUTH LOGIN\r\n").says("504 no\r\n")), "504 no");
}
