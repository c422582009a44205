//! Protocols, ciphers, times, and servers that do not answer.

use watchkeep_sdk::net::{FailureKind, Phase};
use watchkeep_sdk::testing::Answer;

use super::*;

/// What a server says that takes this protocol and this cipher.
fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    let mut message = vec![2, 0, 0, u8::try_from(body.len()).unwrap()];
    message.extend(body);
    let mut record = vec![22, 3, 3, 0, u8::try_from(message.len()).unwrap()];
    record.extend(message);
    record
}

/// `handshake_failure`.
const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
/// How a first message ends: that a renegotiation would be a safe one.
const END: &[u8] = &[0xff, 0x01, 0x00, 0x01, 0x00];

fn asked(answer: &[u8]) -> Dialogue {
    Dialogue::new().hears_to(END).says(answer)
}

fn check_with(more: Value, asked: impl IntoIterator<Item = Dialogue>) -> Ran<Report, Fault> {
    let mut host = Host::new().answer(SHOP, Dialogue::new().shows_tls(facts(62)));
    for dialogue in asked {
        host = host.answer(SHOP, dialogue);
    }
    host.check(run, &config(more))
}

#[test]
fn an_older_protocol_has_to_be_refused() {
    let minimum = json!({ "minimum_protocol": "TLSv1.2" });
    let refusing = [
        asked(ALERT),
        Dialogue::new().hears_to(END).closes(),
        Dialogue::new().hears_to(END).fails(FailureKind::Reset, Phase::Wait),
    ];
    for refuses in refusing {
        let ran = check_with(minimum.clone(), [refuses]);
        assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
        // The version that is offered.
        let hello = &ran.heard[0];
        assert_eq!(hello[9..11], [3, 2], "{hello:?}");
    }
    let ran = check_with(minimum, [asked(&server_hello(0x0301, 0x002f))]);
    assert_eq!(ran.report().state, State::Critical);
    assert_eq!(ran.report().summary, "TLSv1.3 in 20 ms; it takes TLSv1.0; the minimum is TLSv1.2");
}

#[test]
fn what_it_speaks_at_best_is_held_to_the_minimum() {
    let mut shown = facts(62);
    shown.protocol = "TLSv1.2".into();
    let host = Host::new()
        .answer(SHOP, Dialogue::new().shows_tls(shown))
        .answer(SHOP, asked(&server_hello(0x0303, 0xc02f)));
    let ran = host.check(run, &config(json!({ "minimum_protocol": "TLSv1.3" })));
    assert_eq!(
        ran.report().summary,
        "TLSv1.2 in 20 ms; it speaks TLSv1.2 at best; the minimum is TLSv1.3; it takes TLSv1.2; the minimum is TLSv1.3"
    );
}

#[test]
fn unwanted_ciphers_are_offered_until_none_is_taken() {
    let unwanted = json!({ "refused_ciphers": ["rc4", "des", "null"] });
    let ran = check_with(
        unwanted.clone(),
        [asked(&server_hello(0x0303, 0x000a)), asked(&server_hello(0x0303, 0x0005)), asked(ALERT)],
    );
    assert_eq!(
        ran.report().summary,
        "TLSv1.3 in 20 ms; it takes ciphers with DES: TLS_RSA_WITH_3DES_EDE_CBC_SHA; it takes ciphers with RC4: TLS_RSA_WITH_RC4_128_SHA"
    );
    assert_eq!(check_with(unwanted, [asked(ALERT)]).report().state, State::Ok);
}

#[test]
fn what_cannot_be_told_is_not_ok_and_hides_nothing_that_is_wrong() {
    for (nonsense, said) in [
        (asked(b"HTTP/1.1 400 Bad Request\r\n"), "it answers with something else than TLS"),
        (asked(&server_hello(0x0303, 0x1301)), "it takes one that was not offered"),
        (Dialogue::new().hears_to(END).fails(FailureKind::TimedOut, Phase::Wait), "timed out"),
    ] {
        let ran = check_with(json!({ "refused_ciphers": "rc4" }), [nonsense.clone()]);
        let Fault::Inconclusive(why) = ran.error() else { panic!("{:?}", ran.error()) };
        assert!(why.starts_with("which ciphers it refuses cannot be told") && why.contains(said), "{why}");
        let ran = check_with(json!({ "refused_ciphers": "rc4", "issuer": "Other" }), [nonsense]);
        assert_eq!(ran.report().state, State::Critical);
        assert!(ran.report().summary.contains("not judged: which ciphers"), "{}", ran.report().summary);
    }
}

#[test]
fn a_protocol_within_tls_has_to_be_one_that_was_offered() {
    let mut shown = facts(62);
    assert_eq!(
        check(json!({ "alpn": ["h2", "http/1.1"] }), shown.clone()).report().summary,
        "TLSv1.3 in 20 ms; it speaks none of h2, http/1.1"
    );
    shown.alpn = Some("h2".into());
    assert_eq!(check(json!({ "alpn": "h2" }), shown).report().state, State::Ok);
}

#[test]
fn slowness_is_judged() {
    let slow = |more: Value| check(more, facts(62)).report().state;
    assert_eq!(slow(json!({ "response_time_warning": "19ms" })), State::Warning);
    assert_eq!(slow(json!({ "response_time_warning": "20ms" })), State::Ok);
    assert_eq!(
        slow(json!({ "response_time_warning": "1ms", "response_time_critical": "5ms" })),
        State::Critical
    );
}

#[test]
fn a_server_that_cannot_be_reached_is_critical_and_a_denial_a_fault() {
    let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.1", 443);
    let ran = Host::new().answer(SHOP, refused).check(run, &config(json!({})));
    assert_eq!(ran.report().summary, "connection refused by 192.0.2.1:443 after 10 ms");
    assert_eq!((ran.report().state, ran.report().value("probe_success")), (State::Critical, Some(0.0)));
    let ran = Host::new().answer(SHOP, Answer::denied("denied: net")).check(run, &config(json!({})));
    assert_eq!(ran.error(), &Fault::Denied("denied: net".to_owned()));
}

#[test]
fn numbers_bear_the_names_of_the_blackbox_exporter() {
    let ran = check(json!({}), facts(62));
    let report = ran.report();
    assert_eq!(report.value("probe_success"), Some(1.0));
    assert_eq!(report.value("probe_duration_seconds"), Some(0.02));
    let end = ((NOW + 62 * DAY) / 1_000) as f64;
    assert_eq!(report.value("probe_ssl_earliest_cert_expiry"), Some(end));
    assert_eq!(report.value("probe_ssl_last_chain_expiry_timestamp_seconds"), Some(end));
    let version = report.metrics.iter().find(|metric| metric.name == "probe_tls_version_info").unwrap();
    assert_eq!(version.labels[0].value, "TLSv1.3");
    assert_eq!(check(json!({}), untrusted(facts(62), "no")).report().value("probe_success"), Some(0.0));
}
