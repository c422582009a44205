//! A login: taken, refused, not to be had, and not told.

use super::*;
use watchkeep_sdk::net::Encoding;

fn login() -> Value {
    json!({ "user": "watch", "password": { "secret": "mail" } })
}

fn plain_login(reply: &str) -> Dialogue {
    let asked = secured(facts(62), OFFERS).hears("AUTH PLAIN ").hears_secret(
        "mail",
        "\0watch\0",
        "",
        Encoding::Base64,
    );
    parts(asked.hears("\r\n").says(format!("{reply}\r\n")))
}

#[test]
fn plain_is_preferred_and_login_will_do() {
    let opening = "`mail.example.com ESMTP` in 10 ms, TLSv1.3, logged in";
    says(login(), plain_login("235 2.7.0 welcome"), State::Ok, opening);
    let by_login = secured(facts(62), "250-x\r\n250 AUTH=LOGIN\r\n")
        .hears("AUTH LOGIN\r\n")
        .says("334 VXNlcm5hbWU6\r\n")
        .hears("d2F0Y2g=\r\n")
        .says("334 UGFzc3dvcmQ6\r\n")
        .hears_secret("mail", "", "", Encoding::Base64)
        .hears("\r\n")
        .says("235 ok\r\n");
    says(login(), parts(by_login), State::Ok, opening);
}

#[test]
fn a_login_that_is_refused_is_critical() {
    for (reply, said) in [
        ("535 5.7.8 no", "it does not take the login: 535 5.7.8 no; hint: check `user` and its password"),
        ("534 5.7.9 too weak", "it does not take the login: 534 5.7.9 too weak"),
    ] {
        let summary = format!("`mail.example.com ESMTP` in 10 ms, TLSv1.3; {said}");
        says(login(), plain_login(reply), State::Critical, &summary);
    }
}

#[test]
fn a_server_that_cannot_say_judges_nothing_and_one_that_is_busy_warns() {
    let ran = check(login(), plain_login("454 4.7.0 backend is away"));
    let said = "it cannot say whether the login is good: 454 4.7.0 backend is away".to_owned();
    assert_eq!(ran.result, Err(Fault::Inconclusive(said)));
    assert_eq!(check(login(), plain_login("421 4.7.0 closing")).report().state, State::Warning);
    // What is certainly wrong is said all the same.
    let mut more = login();
    more["expect"] = json!("Exim");
    let ran = check(more, plain_login("454 4.7.0 backend is away"));
    assert_eq!(ran.report().state, State::Critical);
    assert!(ran.report().summary.contains("; not judged: it cannot say"), "{}", ran.report().summary);
}

#[test]
fn a_mechanism_that_is_missing_is_told() {
    let offers = |offers: &str| {
        let ran = check(login(), parts(secured(facts(62), offers)));
        assert_eq!(ran.report().state, State::Critical);
        ran.report().summary.clone()
    };
    let said = offers("250-x\r\n250 AUTH XOAUTH2 GSSAPI\r\n");
    assert!(said.ends_with("only `XOAUTH2 GSSAPI`; hint: PLAIN and LOGIN are"), "{said}");
    assert!(offers("250 x\r\n").ends_with("; it offers no login (AUTH)"));
}

#[test]
fn a_password_does_not_travel_before_tls() {
    // STARTTLS is refused; the script wants nothing more than the end.
    let refuses =
        plain("250-x\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n").hears("STARTTLS\r\n").says("454 no\r\n");
    assert_eq!(check(login(), parts(refuses)).report().state, State::Critical);
    let struck_out = plain("250-x\r\n250 AUTH PLAIN\r\n");
    assert_eq!(check(login(), parts(struck_out)).report().state, State::Critical);
}
