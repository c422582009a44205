//! What a server is, and what answers in its place.

use watchkeep_sdk::net::{FailureKind, Phase};
use watchkeep_sdk::testing::Answer;

use super::*;

#[test]
fn a_server_is_well_and_its_details_say_what_it_offers() {
    let ran = check(json!({}), [speaks(&[DEBIAN.as_bytes(), &usual(ALL_TYPES)])]);
    let report = ran.report();
    assert_eq!((report.state, report.summary.as_str()), (State::Ok, GREETS));
    assert_eq!(
        report.details.as_deref(),
        Some(
            "host key types: rsa-sha2-512, rsa-sha2-256, ecdsa-sha2-nistp256, ssh-ed25519\n\
             key exchanges: sntrup761x25519-sha512, curve25519-sha256\n\
             ciphers: aes128-ctr\n\
             MACs: hmac-sha2-256"
        )
    );
    assert_eq!(report.value("probe_success"), Some(1.0));
    assert_eq!(report.value("probe_duration_seconds"), Some(0.01));
    let phases = report.metrics.iter().filter(|metric| metric.name == "probe_ssh_duration_seconds");
    let phases: Vec<_> = phases.map(|metric| &*metric.labels[0].value).collect();
    assert!(phases.contains(&"banner") && phases.contains(&"offer"), "{phases:?}");
}

#[test]
fn the_version_is_held_to_a_pattern() {
    let server = || [speaks(&[DEBIAN.as_bytes(), &usual(ALL_TYPES)])];
    says(json!({ "banner": "^SSH-2\\.0-OpenSSH_(9|[1-9][0-9])" }), server(), State::Ok, GREETS);
    says(
        json!({ "banner": "OpenSSH_1[0-9]" }),
        server(),
        State::Critical,
        &format!("{GREETS}; the version does not fit `OpenSSH_1[0-9]`"),
    );
}

#[test]
fn lines_before_the_version_and_bare_line_feeds_are_allowed() {
    let server = speaks(&[b"Welcome\r\n\r\nno trespassing\n", b"SSH-1.99-Cisco-1.25\n", &usual(ALL_TYPES)]);
    says(json!({}), [server], State::Ok, "`SSH-1.99-Cisco-1.25` in 10 ms");
}

#[test]
fn what_is_no_server_of_ssh_2_is_told_by_what_it_says() {
    for (said, summary) in [
        (
            "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n",
            "it closes without an SSH version; it says `HTTP/1.1 400 Bad Request`",
        ),
        ("Exceeded MaxStartups", "it closes without an SSH version; it says `Exceeded MaxStartups`"),
        (
            "220 mail.example.com ESMTP\r\n",
            "it closes without an SSH version; it says `220 mail.example.com ESMTP`",
        ),
        (
            "",
            "it closes before it says a word: too many connections (`MaxStartups`), or none from here are let in",
        ),
        ("SSH-1.5-OpenSSH_2.1\r\n", "it speaks SSH 1 only, which is broken: `SSH-1.5-OpenSSH_2.1`"),
        ("SSH-3.0-new\r\n", "it speaks another SSH than version 2: `SSH-3.0-new`"),
        ("SSH-\r\n", "it speaks another SSH than version 2: `SSH-`"),
    ] {
        says(json!({}), [speaks(&[said.as_bytes()])], State::Critical, summary);
    }
}

#[test]
fn what_says_another_greeting_and_waits_is_told_with_the_greeting() {
    let mail =
        Dialogue::new().says("220 mail.example.com ESMTP\r\n").waits(std::time::Duration::from_secs(60));
    says(
        json!({ "timeout": "2s" }),
        [mail.heedless()],
        State::Critical,
        "no SSH version within 2.0 s; it says `220 mail.example.com ESMTP`",
    );
}

#[test]
fn a_server_that_cannot_be_reached_is_critical_and_a_denial_a_fault() {
    let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.1", 22);
    let ran = Host::new().answer(SHELL, refused).check(run, &config(json!({})));
    assert_eq!(ran.report().summary, "connection refused by 192.0.2.1:22 after 10 ms");
    assert_eq!((ran.report().state, ran.report().value("probe_success")), (State::Critical, Some(0.0)));
    let ran = Host::new().answer(SHELL, Answer::denied("denied: net")).check(run, &config(json!({})));
    assert_eq!(ran.error(), &Fault::Denied("denied: net".to_owned()));
}

#[test]
fn slowness_is_judged() {
    let slow = |more: Value| check(more, [speaks(&[DEBIAN.as_bytes(), &usual(ALL_TYPES)])]).report().state;
    assert_eq!(slow(json!({ "response_time_warning": "9ms" })), State::Warning);
    assert_eq!(slow(json!({ "response_time_warning": "10ms" })), State::Ok);
    assert_eq!(slow(json!({ "response_time_critical": "5ms" })), State::Critical);
}
