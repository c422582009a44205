//! The check `tcp` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_tcp::{MANIFEST, run};
use watchkeep_sdk::net::{Encoding, FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, NOW, Ran, Reply, certificate, tls_facts};
use watchkeep_sdk::{Fault, Report, State};

const REDIS: &str = "tcp redis.example.com:6379";

fn config(more: Value) -> String {
    let mut config = json!({ "address": "redis.example.com:6379" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn check(more: Value, answer: impl Into<Reply>) -> Ran<Report, Fault> {
    Host::new().secret("password", "s3cret").answer(REDIS, answer).check(run, &config(more))
}

#[track_caller]
fn says(more: Value, answer: impl Into<Reply>, state: State, summary: &str) {
    let ran = check(more, answer);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

fn failing(kind: FailureKind, phase: Phase) -> Answer {
    Answer::failure(kind, phase, "").from("192.0.2.1", 6379)
}

#[test]
fn a_port_that_opens_is_ok_and_one_that_does_not_is_critical() {
    says(json!({}), Dialogue::new(), State::Ok, "open in 10 ms");
    for (kind, phase, said) in [
        (FailureKind::Refused, Phase::Connect, "connection refused by 192.0.2.1:6379 after 10 ms"),
        (FailureKind::TimedOut, Phase::Connect, "timed out connecting to 192.0.2.1:6379 after 10 ms"),
        (FailureKind::NameNotFound, Phase::Name, "name not found after 10 ms"),
        (FailureKind::Reset, Phase::Connect, "connection reset by 192.0.2.1:6379 after 10 ms"),
    ] {
        says(json!({}), failing(kind, phase), State::Critical, said);
        assert_eq!(check(json!({}), failing(kind, phase)).report().value("probe_success"), Some(0.0));
    }
    let ran = check(json!({}), Answer::denied("denied: net"));
    assert_eq!(ran.error(), &Fault::Denied("denied: net".to_owned()));
}

#[test]
fn a_port_that_has_to_be_closed_is_ok_when_nobody_answers() {
    let closed = || json!({ "expect_closed": true });
    says(
        closed(),
        failing(FailureKind::Refused, Phase::Connect),
        State::Ok,
        "closed, as expected: connection refused by 192.0.2.1:6379 after 10 ms",
    );
    assert_eq!(check(closed(), failing(FailureKind::TimedOut, Phase::Connect)).report().state, State::Ok);
    says(
        closed(),
        Dialogue::new(),
        State::Critical,
        "open in 10 ms; the port is open; expected is that it is closed",
    );
    // If a name is not found, nobody knows whether the port is closed.
    for (kind, phase) in [(FailureKind::NameNotFound, Phase::Name), (FailureKind::TimedOut, Phase::Name)] {
        assert_eq!(check(closed(), failing(kind, phase)).report().state, State::Critical, "{kind:?}");
    }
    assert!(matches!(check(closed(), Answer::denied("denied: net")).error(), Fault::Denied(_)));
}

#[test]
fn what_is_sent_is_answered_as_expected_or_not() {
    let ping = || json!({ "send": "PING\r\n", "expect": "+PONG" });
    let asked = || Dialogue::new().hears("PING\r\n");
    says(ping(), asked().says("+PO").says("NG\r\n"), State::Ok, "open in 10 ms; it says `+PONG`");
    says(
        ping(),
        asked().says("-NOAUTH Authentication required.\r\n").closes(),
        State::Critical,
        "open in 10 ms; `+PONG` did not come before it closed; it says `-NOAUTH Authentication required.`",
    );
    says(
        json!({ "expect": "+OK\r\n" }),
        Dialogue::new().says("+OK").closes(),
        State::Critical,
        "open in 10 ms; `+OK\\r\\n` did not come before it closed; it says `+OK`",
    );
    says(
        ping(),
        asked().fails(FailureKind::TimedOut, Phase::Wait),
        State::Critical,
        "open in 10 ms; `+PONG` did not come within 10.0 s; it says nothing",
    );
    let reset = check(ping(), asked().fails(FailureKind::Reset, Phase::Wait));
    assert!(
        reset.report().summary.starts_with("open in 10 ms; connection reset by 192.0.2.1:443"),
        "{}",
        reset.report().summary
    );
}

#[test]
fn several_texts_have_to_come_in_their_order() {
    let both = json!({ "expect": ["one", "two"] });
    assert_eq!(check(both.clone(), Dialogue::new().says("one two")).report().state, State::Ok);
    let ran = check(both, Dialogue::new().says("two one").closes());
    assert!(ran.report().summary.contains("`two` did not come before it closed"), "{}", ran.report().summary);
}

#[test]
fn a_conversation_goes_step_by_step_and_says_which_one_failed() {
    let talk = || {
        json!({ "talk": [
            { "expect_pattern": "^\\+OK (\\w+)" },
            { "send": "AUTH {secret}\r\n", "secret": { "secret": "password" } },
            { "expect": "+OK" },
            { "send": "INFO\r\n" },
            { "expect_pattern": "role:(master|slave)" },
        ] })
    };
    let until_info = || {
        Dialogue::new()
            .says("+OK ready\r\n")
            .hears_secret("password", "AUTH ", "\r\n", Encoding::Raw)
            .says("+OK\r\n")
            .hears("INFO\r\n")
    };
    says(talk(), until_info().says("role:master\r\nx"), State::Ok, "open in 10 ms; it says `role:master`");
    says(
        talk(),
        until_info().says("role:sentinel\r\n").closes(),
        State::Critical,
        "open in 10 ms; step 5: `role:(master|slave)` did not come before it closed; it says `role:sentinel`",
    );
}

#[test]
fn a_step_that_breaks_off_is_named_and_one_that_is_denied_a_fault() {
    let talk = || json!({ "talk": [{ "expect": "+OK" }, { "send": "INFO\r\n" }, { "expect": "role:" }] });
    let until_info = || Dialogue::new().says("+OK\r\n").hears("INFO\r\n");
    let reset = check(talk(), until_info().fails(FailureKind::Reset, Phase::Wait));
    let said = &reset.report().summary;
    assert!(said.starts_with("open in 10 ms; step 3: connection reset by "), "{said}");
    let denied = check(talk(), Dialogue::new().says("+OK\r\n").fails(FailureKind::Denied, Phase::Policy));
    assert!(matches!(denied.error(), Fault::Denied(_)), "{:?}", denied.error());
}

#[test]
fn a_character_in_two_pieces_is_one() {
    let [first, rest @ ..] = "é".as_bytes() else { panic!("it has two bytes") };
    let pieces = |end: &[u8]| Dialogue::new().says([b"caf", &[*first][..]].concat()).says(end);
    assert_eq!(check(json!({ "expect": "café" }), pieces(rest)).report().state, State::Ok);
    // One that is never finished is none, and what comes behind it is read.
    assert_eq!(check(json!({ "expect": "x" }), pieces(b"x")).report().state, State::Ok);
}

#[test]
fn the_rest_of_the_line_before_a_handshake_belongs_to_the_answer() {
    let facts = || tls_facts([certificate("redis.example.com", NOW + 1)]);
    let talk = || json!({ "talk": [{ "expect": "220 " }, { "starttls": true }] });
    says(
        talk(),
        Dialogue::new().says("220 2.0.0 Rea").says("dy to start TLS\r\n").starts_tls(facts()),
        State::Ok,
        "open in 10 ms; it says `220 2.0.0 Rea`",
    );
    says(
        talk(),
        Dialogue::new().says("220 go\r\n250 trust me\r\n"),
        State::Critical,
        "open in 10 ms; step 2: it sends more before the handshake: `250 trust me`",
    );
    says(
        talk(),
        Dialogue::new().says("220 go").closes(),
        State::Critical,
        "open in 10 ms; step 2: `\\n` did not come before it closed; it says `go`",
    );
}

#[test]
fn tls_begins_at_once_or_by_a_step() {
    let facts = || tls_facts([certificate("redis.example.com", NOW + 1)]);
    says(json!({ "tls": true }), Dialogue::new().starts_tls(facts()), State::Ok, "open in 10 ms");
    let talk = json!({ "talk": [
        { "expect": "220 " }, { "send": "STARTTLS\r\n" }, { "expect_pattern": "220 .*\n" }, { "starttls": true },
        { "send": "EHLO x\r\n" }, { "expect": "250 " },
    ] });
    let asked = || Dialogue::new().says("220 mail\r\n").hears("STARTTLS\r\n");
    let goes_on = asked().says("220 go\r\n").starts_tls(facts()).hears("EHLO x\r\n").says("250 x\r\n");
    assert_eq!(check(talk.clone(), goes_on).report().state, State::Ok);
    says(
        talk,
        asked().says("220 go\r\n250 trust me\r\n"),
        State::Critical,
        "open in 10 ms; step 4: it sends more before the handshake: `250 trust me`",
    );
    let untrusted = Dialogue::new().fails(FailureKind::Certificate, Phase::Tls);
    let ran = check(json!({ "tls": true }), untrusted);
    assert!(ran.report().summary.starts_with("untrusted certificate from"), "{}", ran.report().summary);
}

#[test]
fn a_server_that_wants_a_client_certificate_may_refuse_when_the_handshake_is_over() {
    let facts = || tls_facts([certificate("redis.example.com", NOW + 1)]);
    let wants = || Dialogue::new().wants_certificate().starts_tls(facts());
    let tls = json!({ "tls": true });
    let closed = "connection closed without an answer by 192.0.2.1:443 after less than 1 ms: it asked for a client certificate";
    let refused = format!("open in 10 ms; {closed}, and none was shown");
    says(tls.clone(), wants().closes(), State::Critical, &refused);
    says(json!({ "tls": true, "expect": "x" }), wants().closes(), State::Critical, &refused);
    says(json!({ "tls": true, "send": "x" }), wants().hears("x").closes(), State::Critical, &refused);
    let shown = json!({ "tls": true, "client_certificate": { "secret": "password" } });
    let doubted = format!("open in 10 ms; {closed}, and may not have taken the one that was shown");
    says(shown.clone(), wants().closes(), State::Critical, &doubted);
    let ran = check(tls.clone(), wants().fails(FailureKind::Tls, Phase::Tls));
    assert_eq!(ran.report().state, State::Critical);
    // Whoever takes it may wait for the client to speak first; that is no part of the time that is judged.
    let silent = || wants().waits(Duration::from_millis(1_010));
    let quick = json!({ "tls": true, "client_certificate": { "secret": "password" }, "response_time_warning": "10ms" });
    let ran = check(quick, silent());
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Ok, "open in 10 ms"));
    says(shown, wants().says("welcome\r\n"), State::Ok, "open in 10 ms");
    // Where no certificate was asked for, nobody waits, and whoever closes a port that was only opened may do so.
    says(tls, Dialogue::new().starts_tls(facts()).closes(), State::Ok, "open in 10 ms");
}

#[test]
fn slowness_is_judged_from_opening() {
    let slow = |more: Value| check(more, Dialogue::new().after(Duration::from_millis(300))).report().state;
    assert_eq!(slow(json!({ "response_time_warning": "200ms" })), State::Warning);
    assert_eq!(slow(json!({ "response_time_warning": "300ms" })), State::Ok);
    assert_eq!(slow(json!({ "response_time_critical": "299ms" })), State::Critical);
}

#[test]
fn a_peer_that_speaks_in_drops_or_without_end_is_told_of() {
    let expect = || json!({ "expect": "never" });
    let ran = check(expect(), Dialogue::new().says("x".repeat((16 << 10) + 1)));
    assert!(
        ran.report().summary.contains("`never` did not come in 16384 bytes; it says `xxx"),
        "{}",
        ran.report().summary
    );
    let drops = (0..1_000).fold(Dialogue::new(), |drops, _| drops.says("."));
    let ran = check(expect(), drops);
    assert!(ran.report().summary.contains("did not come in 1000 pieces"), "{}", ran.report().summary);
    let binary: Vec<u8> = (0..=255).cycle().take(2_000).collect();
    let ran = check(expect(), Dialogue::new().says(binary).closes());
    assert!(ran.report().summary.len() < 1_024 && ran.report().state == State::Critical);
}

#[test]
fn contradictions_are_told_with_a_fix() {
    for (more, said) in [
        (json!({ "send": "x", "talk": [{ "expect": "y" }] }), "replaces `send` and `expect`"),
        (json!({ "expect_closed": true, "expect": "y" }), "a port that is closed"),
        (json!({ "address": "192.0.2.1:25", "ip_family": "ipv6" }), "`192.0.2.1` is an IPv4 address"),
        (json!({ "ignore_certificate": true }), "add `tls = true`"),
        (json!({ "tls": true, "talk": [{ "starttls": true }] }), "TLS begins once"),
        (
            json!({ "tls": true, "ignore_certificate": true, "client_certificate": { "secret": "pem" } }),
            "no secret travels",
        ),
        (json!({ "talk": [{ "send": "a", "expect": "b" }] }), "a step is one of"),
        (json!({ "talk": [{}] }), "a step is one of"),
        (json!({ "talk": [{ "expect_pattern": "(" }] }), "is not a valid regular expression"),
        (json!({ "talk": [{ "send": "AUTH {secret}" }] }), "name it with `secret"),
        (
            json!({ "talk": [{ "send": "AUTH", "secret": { "secret": "password" } }] }),
            "where the secret goes",
        ),
        (json!({ "expect": "" }), "an empty text is in every answer"),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_address_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["address"]["x-watchkeep-grant"], "tcp");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 1);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
