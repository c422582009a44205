//! Whether the server goes over to WebSocket.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_websocket::bytes::accept;
use watchkeep_plugin_websocket::run;
use watchkeep_sdk::net::{Encoding, FailureKind, Phase, TlsFacts};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, NOW, certificate, tls_facts};
use watchkeep_sdk::{Fault, State};

use crate::{Drawn, answer, base64, begins, check, goodbye, opened, opened_with, says};

#[test]
fn a_socket_that_opens_is_ok_and_one_that_cannot_be_reached_is_critical() {
    let (server, mut drawn) = opened();
    let server = server.hears(drawn.goodbye()).says(goodbye(1_000, ""));
    says(json!({}), server, State::Ok, "open in 10 ms");
    for (kind, phase, said) in [
        (FailureKind::Refused, Phase::Connect, "connection refused by 192.0.2.1:80 after 10 ms"),
        (FailureKind::TimedOut, Phase::Connect, "timed out connecting to 192.0.2.1:80 after 10 ms"),
        (FailureKind::NameNotFound, Phase::Name, "name not found after 10 ms"),
        (FailureKind::Reset, Phase::Connect, "connection reset by 192.0.2.1:80 after 10 ms"),
    ] {
        let failing = || Answer::failure(kind, phase, "").from("192.0.2.1", 80);
        says(json!({}), failing(), State::Critical, said);
        assert_eq!(check(json!({}), failing()).report().value("probe_success"), Some(0.0));
    }
    let ran = check(json!({}), Answer::denied("denied: net"));
    assert_eq!(ran.error(), &Fault::Denied("denied: net".to_owned()));
}

/// Answers a request with this.
fn answering(said: impl AsRef<[u8]>) -> Dialogue {
    Dialogue::new().hears_to("\r\n\r\n").says(said)
}

#[test]
fn another_status_than_101_is_told_with_what_helps() {
    for (head, said) in [
        (
            "302 Found\r\nLocation: https://login.example.com/?a\r\n",
            "302 in place of 101; it redirects to https://login.example.com/?a",
        ),
        ("304 Not Modified\r\n", "304 in place of 101"),
        (
            "200 OK\r\nContent-Length: 3\r\n",
            "200 in place of 101; hint: there is a page at this path, and no WebSocket",
        ),
        (
            "401 Unauthorized\r\n",
            "401 in place of 101; hint: it wants a login: `bearer`, `basic` or `secret_headers`",
        ),
        (
            "403 Forbidden\r\n",
            "403 in place of 101; hint: many servers take only the `origin` of their own pages",
        ),
        ("404 Not Found\r\n", "404 in place of 101; hint: look at the path"),
        (
            "426 Upgrade Required\r\nSec-WebSocket-Version: 8, 7\r\n",
            "426 in place of 101; it speaks the versions 8, 7",
        ),
        ("503 Busy\r\nRetry-After: 120\r\n", "503 in place of 101; it says to try again after 120"),
        ("500 Oops\r\n", "500 in place of 101"),
    ] {
        let ran = check(json!({}), answering(format!("HTTP/1.1 {head}\r\nxyz")));
        assert_eq!(ran.report().state, State::Critical);
        assert_eq!(ran.report().summary, format!("it answers with status {said}"));
        let status: f64 = head[..3].parse().unwrap();
        assert_eq!(ran.report().value("probe_http_status_code"), Some(status));
    }
    // What only says that the answer is on its way.
    let (_, mut drawn) = opened();
    let key = base64(&Drawn::new().take(16));
    let early = format!(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{}",
        answer(&key, "")
    );
    let server = answering(early).hears(drawn.goodbye()).says(goodbye(1_000, ""));
    says(json!({}), server, State::Ok, "open in 10 ms");
}

#[test]
fn an_answer_that_opens_no_socket_is_told() {
    let key = base64(&Drawn::new().take(16));
    let well = answer(&key, "");
    for (from, to, said) in [
        ("upgrade: WebSocket\r\n", "", "it answers 101, and does not say that it goes over to WebSocket"),
        (
            "keep-alive, upgrade",
            "keep-alive",
            "it answers 101, and does not say that it goes over to WebSocket",
        ),
        ("Sec-WebSocket-Accept", "X-Accept", "its answer has no `Sec-WebSocket-Accept`"),
        (
            "Sec-WebSocket-Accept: ",
            "Sec-WebSocket-Accept: x",
            "its `Sec-WebSocket-Accept` belongs to another key; hint: a cache in between?",
        ),
        (
            "upgrade: WebSocket\r\n",
            "upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
            "it uses extensions that nobody asked for: `permessage-deflate`",
        ),
        (
            "upgrade: WebSocket\r\n",
            "upgrade: websocket\r\nSec-WebSocket-Protocol: mqtt\r\n",
            "it chooses the protocol `mqtt`, which it was not offered",
        ),
    ] {
        assert!(well.contains(from), "{from}");
        says(json!({}), answering(well.replace(from, to)), State::Critical, said);
    }
}

#[test]
fn a_protocol_is_offered_and_has_to_be_chosen() {
    let offer = || json!({ "subprotocols": ["graphql-ws", "graphql-transport-ws"] });
    let asked = "Sec-WebSocket-Protocol: graphql-ws, graphql-transport-ws\r\n";
    let (server, mut drawn) = opened_with(asked, "Sec-WebSocket-Protocol: graphql-transport-ws\r\n");
    let server = server.hears(drawn.goodbye()).says(goodbye(1_000, ""));
    says(offer(), server, State::Ok, "open in 10 ms with `graphql-transport-ws`");
    let (server, _) = opened_with(asked, "Sec-WebSocket-Protocol: soap\r\n");
    says(offer(), server, State::Critical, "it chooses the protocol `soap`, which it was not offered");
    let (server, _) = opened_with(asked, "");
    says(offer(), server, State::Critical, "it speaks none of graphql-ws, graphql-transport-ws");
}

#[test]
fn headers_go_along_and_secrets_are_only_named() {
    let (_, mut drawn) = opened();
    let key = base64(&Drawn::new().take(16));
    let more = json!({
        "origin": "https://chat.example.com", "headers": { "x-team": "web" }, "bearer": { "secret": "token" },
        "secret_headers": { "x-api-key": { "secret": "token" } },
    });
    let before = begins(&key) + "Origin: https://chat.example.com\r\nx-team: web\r\nAuthorization: Bearer ";
    let server = Dialogue::new()
        .hears_secret("token", before, "\r\n", Encoding::Raw)
        .hears_secret("token", "x-api-key: ", "\r\n", Encoding::Raw)
        .hears("\r\n")
        .says(answer(&key, ""))
        .hears(drawn.goodbye())
        .says(goodbye(1_000, ""));
    says(more, server, State::Ok, "open in 10 ms");
    let (_, mut drawn) = opened();
    let server = Dialogue::new()
        .hears(begins(&key) + "Authorization: Basic ")
        .hears_secret("token", "ada:", "", Encoding::Base64)
        .hears("\r\n\r\n")
        .says(answer(&key, ""))
        .hears(drawn.goodbye())
        .says(goodbye(1_000, ""));
    let basic = json!({ "basic": { "user": "ada", "password": { "secret": "token" } } });
    says(basic, server, State::Ok, "open in 10 ms");
}

#[test]
fn a_url_says_where_and_how() {
    let at = |url: &str, route: &str, first: &str| {
        let server = Dialogue::new().hears(first).hears_to("\r\n\r\n").says("HTTP/1.1 404 Not Found\r\n\r\n");
        let more = json!({ "url": url, "ping": false }).to_string();
        let ran = Host::new().answer(route, server).check(run, &more);
        assert!(ran.report().summary.contains("404"), "{}", ran.report().summary);
    };
    at("ws://a.example.com", "tcp a.example.com:80", "GET / HTTP/1.1\r\nHost: a.example.com\r\n");
    at("ws://a.example.com:81?x", "tcp a.example.com:81", "GET /?x HTTP/1.1\r\nHost: a.example.com:81\r\n");
    at("ws://[2001:db8::1]/a/", "tcp [2001:db8::1]:80", "GET /a/ HTTP/1.1\r\nHost: [2001:db8::1]\r\n");
    at("ws://[2001:db8::1]:81/", "tcp [2001:db8::1]:81", "GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n");
}

fn under_tls(days: u64, more: Value) -> (State, String) {
    let end = NOW + days * 86_400_000 + 3_600_000;
    let facts = tls_facts([certificate("chat.example.com", end)]);
    shown(Dialogue::new().starts_tls(facts), end, more)
}

/// `end` is that of the first certificate to expire.
fn shown(handshake: Dialogue, end: u64, more: Value) -> (State, String) {
    let mut drawn = Drawn::new();
    let key = base64(&drawn.take(16));
    let server = handshake.hears(begins(&key) + "\r\n").says(answer(&key, ""));
    let server = server.hears(drawn.goodbye()).says(goodbye(1_000, ""));
    let mut config = json!({ "url": "wss://chat.example.com/room?x=1", "ping": false });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let ran = Host::new().answer("tcp chat.example.com:443", server).check(run, &config.to_string());
    let report = ran.report();
    assert_eq!(report.value("probe_ssl_earliest_cert_expiry"), Some(end as f64 / 1_000.0));
    (report.state, report.summary.clone())
}

#[test]
fn the_days_of_the_servers_certificate_are_counted() {
    let well = "open in 10 ms";
    assert_eq!(under_tls(90, json!({})), (State::Ok, well.to_owned()));
    let expires = |days: &str| format!("{well}; certificate `CN=chat.example.com` expires in {days}");
    assert_eq!(under_tls(9, json!({})), (State::Warning, expires("9 days")));
    assert_eq!(under_tls(2, json!({})), (State::Critical, expires("2 days")));
    assert_eq!(under_tls(9, json!({ "expiry_warning_days": 0 })), (State::Ok, well.to_owned()));
    let untrusted = Dialogue::new().fails(FailureKind::Certificate, Phase::Tls);
    let ran = Host::new().answer("tcp chat.example.com:443", untrusted);
    let ran = ran.check(run, r#"{"url":"wss://chat.example.com"}"#);
    assert!(ran.report().summary.starts_with("untrusted certificate from"), "{}", ran.report().summary);
}

#[test]
fn of_the_certificates_that_the_trust_rests_on_the_first_to_expire_counts() {
    let ends = |days: u64| NOW + days * 86_400_000 + 3_600_000;
    let chain = [("chat.example.com", 90), ("stray", 1), ("ca", 9)];
    let facts = || tls_facts(chain.map(|(name, days)| certificate(name, ends(days))));
    let by_authority = shown(Dialogue::new().starts_tls(facts()).trusted_by([0, 2]), ends(9), json!({}));
    assert_eq!(
        by_authority,
        (State::Warning, "open in 10 ms; certificate `CN=ca` expires in 9 days".to_owned())
    );
    let by_itself = shown(Dialogue::new().starts_tls(facts()).trusted_by([0]), ends(90), json!({}));
    assert_eq!(by_itself, (State::Ok, "open in 10 ms".to_owned()));
    // Nobody who ignores certificates asks when this one ends.
    let untrusted = TlsFacts { untrusted: Some("it is nobody's".to_owned()), ..facts() };
    let ignored = json!({ "ignore_certificate": true });
    assert_eq!(shown(Dialogue::new().starts_tls(untrusted), ends(1), ignored).0, State::Ok);
}

#[test]
fn slowness_is_judged_until_the_socket_is_open() {
    let slow = |more: Value| {
        let mut drawn = Drawn::new();
        let key = base64(&drawn.take(16));
        let asked = Dialogue::new().after(Duration::from_millis(200)).hears(begins(&key) + "\r\n");
        let server = asked.waits(Duration::from_millis(150)).says(answer(&key, ""));
        check(more, server.hears(drawn.goodbye()).says(goodbye(1_000, ""))).report().state
    };
    assert_eq!(slow(json!({ "response_time_warning": "300ms" })), State::Warning);
    assert_eq!(slow(json!({ "response_time_warning": "350ms" })), State::Ok);
    assert_eq!(slow(json!({ "response_time_critical": "349ms" })), State::Critical);
}

/// The example of RFC 6455.
#[test]
fn the_answer_to_a_key_is_that_of_the_standard() {
    assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
