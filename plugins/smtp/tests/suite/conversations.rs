//! Greeting, EHLO, TLS and what is offered.

use super::*;
use std::time::Duration;
use watchkeep_sdk::net::{FailureKind, Phase};
use watchkeep_sdk::testing::Answer;

#[test]
fn a_server_that_is_well_is_told_with_its_greeting_and_metrics() {
    let ran = check(json!({}), parts(secured(facts(62), OFFERS)));
    let report = ran.report();
    assert_eq!(report.summary, "`mail.example.com ESMTP` in 10 ms, TLSv1.3");
    assert_eq!(
        report.details.as_deref(),
        Some(
            "certificate `CN=mail.example.com` expires in 62 days\n\
             offers SIZE 10240000, 8BITMIME, AUTH PLAIN LOGIN"
        )
    );
    let value = |name: &str| report.value(name).unwrap_or(f64::NAN);
    assert_eq!((value("probe_success"), value("smtp_size_max_bytes")), (1.0, 10_240_000.0));
    assert_eq!((value("probe_duration_seconds"), value("smtp_greeting_seconds")), (0.01, 0.01));
    assert_eq!(value("probe_ssl_earliest_cert_expiry"), ((NOW + 62 * DAY) / 1_000) as f64);
}

#[test]
fn tls_at_once_comes_before_the_greeting() {
    let dialogue = Dialogue::new()
        .starts_tls(facts(62))
        .says("220-mail.example.com ESMTP\r\n220 ready\r\n")
        .hears("EHLO watch.example.com\r\n")
        .says(OFFERS);
    let more = json!({ "security": "tls", "hello": "watch.example.com", "expect": ["ESMTP", "ready"] });
    says(more, parts(dialogue), State::Ok, "`mail.example.com ESMTP` in 10 ms, TLSv1.3");
}

#[test]
fn a_greeting_that_refuses_is_critical_and_one_that_is_busy_a_warning_and_nothing_more_is_asked() {
    let greeted = |said: &str| parts(Dialogue::new().says(format!("{said}\r\n")));
    says(
        json!({}),
        greeted("554 5.7.1 blocked"),
        State::Critical,
        "it refuses: 554 5.7.1 blocked; hint: its reply says why, often a block list that has this host's address",
    );
    let busy = check(json!({}), greeted("421 4.3.2 shutting down"));
    assert_eq!(busy.report().state, State::Warning);
    assert_eq!(busy.report().summary, "it is busy or shutting down: 421 4.3.2 shutting down");
    assert_eq!(busy.report().value("probe_success"), Some(1.0));
    says(json!({}), greeted("450 later"), State::Critical, "it does not greet: 450 later");
}

#[test]
fn busy_is_busy_wherever_it_is_said() {
    let after_hello = parts(plain("421 4.7.0 too many\r\n"));
    says(
        json!({}),
        after_hello,
        State::Warning,
        "`mail.example.com ESMTP` in 10 ms; it is busy or shutting down: 421 4.7.0 too many",
    );
    let hello = parts(plain("502 5.5.1 what\r\n"));
    says(
        json!({}),
        hello,
        State::Critical,
        "`mail.example.com ESMTP` in 10 ms; it does not take EHLO: 502 5.5.1 what",
    );
}

#[test]
fn a_server_without_starttls_is_critical_unless_nobody_asks_for_it() {
    let bare = || plain("250-mail.example.com\r\n250 SIZE 1000\r\n");
    let said = check(json!({}), parts(bare())).report().summary.clone();
    assert!(said.contains("it does not offer STARTTLS; hint: "), "{said}");
    says(json!({ "security": PLAIN }), parts(bare()), State::Ok, "`mail.example.com ESMTP` in 10 ms");
    let refuses = plain("250-x\r\n250 STARTTLS\r\n").hears("STARTTLS\r\n").says("454 4.7.0 no key\r\n");
    let said = check(json!({}), parts(refuses)).report().summary.clone();
    assert!(said.ends_with("it does not start TLS: 454 4.7.0 no key"), "{said}");
}

#[test]
fn what_was_offered_before_tls_is_forgotten() {
    let ran = check(
        json!({ "expect_capabilities": ["STARTTLS", "size"] }),
        parts(secured(facts(62), "250 mail.example.com\r\n")),
    );
    let said = &ran.report().summary;
    assert!(said.ends_with("; it does not offer STARTTLS; it does not offer SIZE"), "{said}");
    assert_eq!(ran.report().value("smtp_size_max_bytes"), None);
}

#[test]
fn what_is_offered_is_held_against_what_is_expected() {
    for (more, said) in [
        (json!({ "expect_capabilities": ["size", "8BITMIME", "AUTH LOGIN", "auth login plain"] }), ""),
        (json!({ "expect_capabilities": "AUTH XOAUTH2" }), "; it does not offer AUTH XOAUTH2"),
        (json!({ "expect_capabilities": "AUT" }), "; it does not offer AUT"),
        (json!({ "do_not_expect_capabilities": ["VRFY", "AUTH LOGIN"] }), "; it offers AUTH LOGIN"),
        (json!({ "do_not_expect_before_tls": ["SIZE", "AUTH"] }), "; it offers SIZE before TLS"),
        (json!({ "expect": "Postfix" }), "; `Postfix` is not in the greeting"),
    ] {
        let ran = check(more, parts(secured(facts(62), OFFERS)));
        let opening = "`mail.example.com ESMTP` in 10 ms, TLSv1.3";
        assert_eq!(ran.report().summary, format!("{opening}{said}"));
        let state = if said.is_empty() { State::Ok } else { State::Critical };
        assert_eq!(ran.report().state, state, "{said}");
    }
}

#[test]
fn a_certificate_that_soon_expires_is_told_unless_nobody_asks() {
    let days = |days: u64, more: Value| {
        let ran = check(more, parts(secured(facts(days), OFFERS)));
        (ran.report().state, ran.report().summary.clone())
    };
    let (state, said) = days(9, json!({}));
    assert_eq!(state, State::Warning);
    assert!(said.ends_with("; certificate `CN=mail.example.com` expires in 9 days"), "{said}");
    assert_eq!(days(2, json!({})).0, State::Critical);
    assert_eq!(days(2, json!({ "expiry_warning_days": 0, "expiry_critical_days": 0 })).0, State::Ok);
    assert_eq!(days(0, json!({ "expiry_warning_days": 0, "expiry_critical_days": 0 })).0, State::Critical);
    assert_eq!(days(0, json!({ "ignore_certificate": true })).0, State::Ok);
    assert_eq!(days(9, json!({ "ignore_certificate": true, "expiry_warning_days": 10 })).0, State::Warning);
}

#[test]
fn of_the_certificates_that_the_trust_rests_on_the_first_to_expire_counts() {
    let shown = || {
        let names = [("mail.example.com", 62), ("stray", 1), ("ca", 9)];
        tls_facts(names.map(|(name, days)| certificate(name, NOW + days * DAY)))
    };
    let report = |places: &[u32]| {
        let dialogue = parts(secured(shown(), OFFERS)).trusted_by(places.to_vec());
        check(json!({}), dialogue).report().clone()
    };
    let by_authority = report(&[0, 2]);
    assert_eq!(by_authority.state, State::Warning);
    assert!(by_authority.summary.ends_with("; certificate `CN=ca` expires in 9 days"), "{by_authority:?}");
    assert!(by_authority.details.as_deref().unwrap().starts_with("certificate `CN=ca` expires in 9 days\n"));
    assert_eq!(by_authority.value("probe_ssl_earliest_cert_expiry"), Some(((NOW + 9 * DAY) / 1_000) as f64));
    let by_itself = report(&[0]);
    assert_eq!(by_itself.state, State::Ok);
    assert_eq!(by_itself.value("probe_ssl_earliest_cert_expiry"), Some(((NOW + 62 * DAY) / 1_000) as f64));
}

#[test]
fn what_cannot_be_reached_is_told_as_what_it_is() {
    for (kind, phase, said) in [
        (FailureKind::Refused, Phase::Connect, "connection refused by 192.0.2.1:443 after 10 ms"),
        (FailureKind::NameNotFound, Phase::Name, "name not found after 10 ms"),
        (FailureKind::TimedOut, Phase::Connect, "timed out connecting to 192.0.2.1:443 after 10 ms"),
    ] {
        let ran = Host::new().answer(MAIL, Answer::failure(kind, phase, "")).check(run, &config(json!({})));
        assert_eq!((ran.report().state, &*ran.report().summary), (State::Critical, said));
        assert_eq!(ran.report().value("probe_success"), Some(0.0));
    }
    let denied = Host::new().answer(MAIL, Answer::denied("no right")).check(run, &config(json!({})));
    assert_eq!(denied.result, Err(Fault::Denied("no right".to_owned())));
    let untrusted = plain("250-x\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("220 go\r\n")
        .fails(FailureKind::Certificate, Phase::Tls);
    let said = check(json!({}), untrusted).report().summary.clone();
    assert!(said.contains("; untrusted certificate from 192.0.2.1:443"), "{said}");
}

#[test]
fn a_slow_server_is_told_with_the_limit() {
    let slow = || parts(plain("250 x\r\n")).after(Duration::from_millis(1_500));
    let limits = json!({ "security": PLAIN, "response_time_warning": "1s", "response_time_critical": "2s" });
    says(limits, slow(), State::Warning, "`mail.example.com ESMTP` in 1.5 s; slower than 1.0 s");
    let limits = json!({ "security": PLAIN, "response_time_critical": "1s" });
    says(limits, slow(), State::Critical, "`mail.example.com ESMTP` in 1.5 s; slower than 1.0 s");
}
