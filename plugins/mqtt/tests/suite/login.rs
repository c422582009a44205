//! Whether the broker lets the client in.

use std::time::Duration;

use serde_json::json;
use watchkeep_plugin_mqtt::run;
use watchkeep_sdk::net::{Encoding, FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, NOW, certificate, tls_facts};
use watchkeep_sdk::{Fault, State};

use crate::{
    BROKER, GOODBYE, LET_IN, check, config, connect, connect5, drawn, let_in, let_in_5, packet, says, text,
};

#[test]
fn a_broker_that_lets_the_client_in_is_ok_and_one_that_cannot_be_reached_is_critical() {
    says(json!({}), let_in().hears(GOODBYE), State::Ok, "let in after 10 ms");
    says(json!({ "version": "5.0" }), let_in_5().hears(GOODBYE), State::Ok, "let in after 10 ms");
    for (kind, phase, said) in [
        (FailureKind::Refused, Phase::Connect, "connection refused by 192.0.2.1:1883 after 10 ms"),
        (FailureKind::TimedOut, Phase::Connect, "timed out connecting to 192.0.2.1:1883 after 10 ms"),
        (FailureKind::NameNotFound, Phase::Name, "name not found after 10 ms"),
        (FailureKind::Reset, Phase::Connect, "connection reset by 192.0.2.1:1883 after 10 ms"),
    ] {
        let failing = || Answer::failure(kind, phase, "").from("192.0.2.1", 1883);
        says(json!({}), failing(), State::Critical, said);
        assert_eq!(check(json!({}), failing()).report().value("probe_success"), Some(0.0));
    }
    let ran = check(json!({}), Answer::denied("denied: net"));
    assert_eq!(ran.error(), &Fault::Denied("denied: net".to_owned()));
}

#[test]
fn user_and_password_are_sent_and_the_password_is_only_named() {
    let before = |version: u8, more: &[u8]| {
        let head = [&[version, 0xc2, 0, 60], more].concat();
        let whole = packet(0x10, &[&text("MQTT"), &head, &text("wk"), &text("ada"), &[0, 6], &[0; 6]]);
        whole[..whole.len() - 6].to_vec()
    };
    let user =
        |version: &str| json!({ "user": "ada", "password": { "secret": "password" }, "version": version });
    let old = Dialogue::new().hears_secret("password", before(4, &[]), "", Encoding::Raw);
    says(user("3.1.1"), old.says(LET_IN).hears(GOODBYE), State::Ok, "let in after 10 ms");
    let new = before(5, &[5, 0x27, 0, 4, 0, 0]);
    let new = Dialogue::new().hears_secret("password", new, "", Encoding::Raw);
    says(
        user("5.0"),
        new.says([0x20, 3, 0, 0x86, 0]),
        State::Critical,
        "it turns the client away: bad user name or password",
    );
    // Nothing is sent to a broker that has to be told a secret which cannot be had.
    let held = Host::new().secret("password", "s3cret").answer(BROKER, Dialogue::new());
    let ran = held.check(run, &config(user("3.1.1")));
    assert_eq!(ran.error(), &Fault::Denied("denied: reveal of secret `password`".to_owned()));
}

#[test]
fn a_client_without_an_id_has_a_new_one() {
    let id = format!("watchkeep-{}", &drawn()[..12]);
    let hello = packet(0x10, &[&text("MQTT"), &[4, 0x02, 0, 60], &text(&id)]);
    let broker = Dialogue::new().hears(hello).says(LET_IN).hears(GOODBYE);
    let ran = Host::new().answer(BROKER, broker).check(run, r#"{"address":"mqtt.example.com:1883"}"#);
    assert_eq!(ran.report().state, State::Ok);
}

#[test]
fn who_is_turned_away_is_told_why_by_name() {
    for (code, state, why) in [
        (1, State::Critical, "unacceptable protocol version; hint: try `version = \"5.0\"`"),
        (2, State::Critical, "client identifier rejected"),
        (3, State::Warning, "server unavailable"),
        (4, State::Critical, "bad user name or password"),
        (5, State::Critical, "not authorized"),
        (9, State::Critical, "code 9"),
        (0x88, State::Critical, "code 136"),
    ] {
        let away = Dialogue::new().hears(connect()).says([0x20, 2, 0, code]);
        says(json!({}), away, state, &format!("it turns the client away: {why}"));
    }
    for (code, state, why) in [
        (0x84, State::Critical, "unsupported protocol version; hint: try `version = \"3.1.1\"`"),
        (0x85, State::Critical, "client identifier not valid"),
        (0x86, State::Critical, "bad user name or password"),
        (0x87, State::Critical, "not authorized"),
        (0x88, State::Warning, "server unavailable"),
        (0x89, State::Warning, "server busy"),
        (0x8a, State::Critical, "banned"),
        (0x9f, State::Warning, "connection rate exceeded"),
        (0xee, State::Critical, "code 238"),
    ] {
        let away = Dialogue::new().hears(connect5()).says([0x20, 3, 0, code, 0]);
        says(json!({ "version": "5.0" }), away, state, &format!("it turns the client away: {why}"));
    }
    // A broker of 3.1.1 answers a client of 5.0 as it can.
    says(
        json!({ "version": "5.0" }),
        Dialogue::new().hears(connect5()).says([0x20, 2, 0, 1]),
        State::Critical,
        "it turns the client away: unacceptable protocol version; hint: try `version = \"3.1.1\"`",
    );
}

#[test]
fn what_a_broker_says_besides_is_repeated_without_its_controls() {
    let more = [&[0x1f][..], &text("too \u{1b}[2Jmany"), &[0x1c], &text("b.example.com")].concat();
    let length = [u8::try_from(more.len()).unwrap()];
    let away = packet(0x20, &[&[0, 0x9c], &length, &more]);
    says(
        json!({ "version": "5.0" }),
        Dialogue::new().hears(connect5()).says(away),
        State::Critical,
        "it turns the client away: use another server, `too \\u{1b}[2Jmany`; it names `b.example.com` instead",
    );
}

#[test]
fn what_is_no_broker_is_told_by_what_it_says() {
    let asked = || Dialogue::new().hears(connect());
    says(
        json!({}),
        asked().says("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n"),
        State::Critical,
        "it speaks no MQTT; it says `HTTP/1.1 400 Bad Request`",
    );
    says(
        json!({}),
        asked().says("SSH-2.0-OpenSSH_9.2\r\n"),
        State::Critical,
        "it speaks no MQTT; it says `SSH-2.0-OpenSSH_9.2`",
    );
    says(
        json!({}),
        asked().says([0x15, 3, 1, 0, 2, 2, 70]),
        State::Critical,
        "it speaks TLS; hint: add `tls = true`",
    );
    says(
        json!({}),
        asked().closes(),
        State::Critical,
        "it closes the connection without an answer; hint: a broker that wants TLS is asked with `tls = true`",
    );
    says(
        json!({}),
        asked().waits(Duration::from_secs(10)),
        State::Critical,
        "its answer to CONNECT did not come within 10.0 s",
    );
    let reset = check(json!({}), asked().fails(FailureKind::Reset, Phase::Wait));
    let summary = &reset.report().summary;
    assert!(summary.starts_with("connection reset by"), "{summary}");
    assert!(summary.ends_with("; hint: a broker that wants TLS is asked with `tls = true`"), "{summary}");
}

#[test]
fn tls_begins_at_once_and_an_untrusted_certificate_ends_it() {
    let facts = tls_facts([certificate("mqtt.example.com", NOW + 86_400_000)]);
    let well = Dialogue::new().starts_tls(facts).hears(connect()).says(LET_IN).hears(GOODBYE);
    let ran = check(json!({ "tls": true }), well);
    assert_eq!(ran.report().state, State::Ok);
    let phases = ran.report().metrics.iter().filter(|metric| metric.name == "probe_mqtt_duration_seconds");
    let phases: Vec<_> = phases.map(|metric| metric.labels[0].value.as_str()).collect();
    assert_eq!(phases, ["resolve", "connect", "tls", "login"]);
    let untrusted = Dialogue::new().fails(FailureKind::Certificate, Phase::Tls);
    let ran = check(json!({ "tls": true }), untrusted);
    assert!(ran.report().summary.starts_with("untrusted certificate from"), "{}", ran.report().summary);
}

#[test]
fn slowness_is_judged_from_connecting_until_the_client_is_in() {
    let slow = |more| {
        let away = Dialogue::new().after(Duration::from_millis(200)).hears(connect());
        let dialogue = away.waits(Duration::from_millis(150)).says(LET_IN).hears(GOODBYE);
        check(more, dialogue).report().state
    };
    assert_eq!(slow(json!({ "response_time_warning": "300ms" })), State::Warning);
    assert_eq!(slow(json!({ "response_time_warning": "350ms" })), State::Ok);
    assert_eq!(slow(json!({ "response_time_critical": "349ms" })), State::Critical);
}

#[test]
fn a_clean_session_is_clean() {
    says(
        json!({}),
        Dialogue::new().hears(connect()).says([0x20, 2, 1, 0]),
        State::Critical,
        "it says that it has kept a session, where a clean one was asked for",
    );
}
