//! The check `grpc` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use watchkeep_plugin_grpc::{MANIFEST, bytes, run};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, certificate};
use watchkeep_sdk::{Fault, Report, State};

const CALL: &str = "POST https://grpc.example.com:8443/grpc.health.v1.Health/Check";
const DAY: u64 = 86_400_000;

fn config(more: Value) -> String {
    let mut config = json!({ "url": "https://grpc.example.com:8443/" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

/// A message with its prefix.
fn framed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

fn grpc(message: &[u8]) -> Answer {
    Answer::status(200).version("HTTP/2").header("content-type", "application/grpc").body(framed(message))
}

/// A whole answer with this status of the health service.
fn health(status: u8) -> Answer {
    grpc(&[8, status]).trailer("grpc-status", "0")
}

/// One that is all end, in the header.
fn ended(code: &str, message: &str) -> Answer {
    let answer = Answer::status(200).version("HTTP/2").header("content-type", "application/grpc");
    answer.header("grpc-status", code).header("grpc-message", message)
}

fn check(more: Value, answer: Answer) -> Ran<Report, Fault> {
    Host::new().secret("token", "s3cret-token").answer(CALL, answer).check(run, &config(more))
}

#[track_caller]
fn says(answer: Answer, state: State, summary: &str) {
    let ran = check(json!({}), answer);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[test]
fn what_the_health_service_says_is_judged() {
    says(health(1), State::Ok, "SERVING in 10 ms");
    says(health(2), State::Critical, "NOT_SERVING in 10 ms; expected SERVING");
    says(health(0), State::Critical, "UNKNOWN in 10 ms; expected SERVING");
    says(grpc(&[]).trailer("grpc-status", "0"), State::Critical, "UNKNOWN in 10 ms; expected SERVING");
    says(health(3), State::Critical, "SERVICE_UNKNOWN in 10 ms; expected SERVING");
    says(health(9), State::Critical, "status 9 in 10 ms; expected SERVING");
    // A field of a later version beside it.
    says(grpc(&[0x12, 2, 7, 7, 8, 1]).trailer("grpc-status", "0"), State::Ok, "SERVING in 10 ms");
    let ran = check(json!({ "expect": "not_serving" }), health(2));
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (State::Ok, "NOT_SERVING in 10 ms"));
    let ran = check(json!({ "expect": "not_serving" }), health(1));
    assert_eq!(ran.report().summary, "SERVING in 10 ms; expected NOT_SERVING");
}

#[test]
fn how_a_call_ends_is_told_by_its_name_and_with_the_fix() {
    for (code, message, summary) in [
        (
            "5",
            "unknown service",
            "NOT_FOUND in 10 ms; it has no health for the server as a whole: unknown service",
        ),
        (
            "12",
            "",
            "UNIMPLEMENTED in 10 ms; it does not offer `grpc.health.v1.Health`; hint: register the health service",
        ),
        ("16", "", "UNAUTHENTICATED in 10 ms; it wants a login; hint: `bearer` or `secret_metadata`"),
        ("7", "no", "PERMISSION_DENIED in 10 ms; the login may not ask for health: no"),
        ("14", "shutting%20down%21", "UNAVAILABLE in 10 ms; it ends the call with an error: shutting down!"),
        ("99", "%zz%1b[2J", "code 99 in 10 ms; it ends the call with an error: %zz\\u{1b}[2J"),
    ] {
        says(ended(code, message), State::Critical, summary);
    }
    // Behind a body as well.
    says(
        grpc(&[8, 1]).trailer("grpc-status", "14"),
        State::Critical,
        "UNAVAILABLE in 10 ms; it ends the call with an error",
    );
}

#[test]
fn what_is_no_grpc_is_told_as_what_it_is() {
    let page = |status: u16| Answer::status(status).header("content-type", "text/html").body("<p>");
    for (answer, summary) in [
        (page(200), "status 200 in 10 ms; its answer is `text/html`, not gRPC"),
        (page(404), "status 404 in 10 ms; nothing speaks gRPC there; hint: look at the URL's port and path"),
        (page(502), "status 502 in 10 ms; the proxy before it does not reach it"),
        (page(403), "status 403 in 10 ms; something in front of it wants another login"),
        (page(500), "status 500 in 10 ms; a gRPC server answers with status 200"),
        (
            page(302).header("location", "https://login.example.com/"),
            "status 302 in 10 ms; it redirects to https://login.example.com/, and gRPC does not follow",
        ),
        (
            grpc(&[8, 1]),
            "no health in 10 ms; its answer ends without `grpc-status`; hint: a proxy on the way may drop trailers",
        ),
    ] {
        says(answer, State::Critical, summary);
    }
}

#[test]
fn broken_messages_are_no_health() {
    let whole = |body: Vec<u8>| {
        Answer::status(200).header("content-type", "application/grpc").body(body).trailer("grpc-status", "0")
    };
    for (body, wrong) in [
        (vec![], "its answer has 0 bytes; a message has at least 5"),
        (vec![0, 0, 0], "its answer has 3 bytes; a message has at least 5"),
        (vec![1, 0, 0, 0, 2, 8, 1], "its answer is compressed, which was not asked for"),
        (vec![0, 0, 0, 0, 9, 8, 1], "its answer says that it has 9 bytes, and has 2"),
        (vec![0, 0xff, 0xff, 0xff, 0xff, 8, 1], "its answer says that it has 4294967295 bytes, and has 2"),
        (framed(&[8]), "its answer is not a message of the health service"),
        (
            framed(&[0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]),
            "its answer is not a message of the health service",
        ),
        (framed(&[0xff; 64]), "its answer is not a message of the health service"),
        (vec![0; 70_000], "its answer is longer than any of the health service"),
    ] {
        says(whole(body), State::Critical, &format!("no health in 10 ms; {wrong}"));
    }
    let cut = health(1).cut(FailureKind::Closed, "the connection was closed before all was there");
    says(
        cut,
        State::Critical,
        "status 200 in 10 ms; its answer is not whole: the connection was closed before all was there",
    );
}

#[test]
fn a_server_that_cannot_be_asked_is_critical_and_a_missing_right_is_a_fault() {
    let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.1", 8443);
    says(refused, State::Critical, "connection refused by 192.0.2.1:8443 after 10 ms");
    let spoken =
        Answer::failure(FailureKind::Protocol, Phase::Wait, "the exchange failed: frame with invalid size");
    let ran = check(json!({}), spoken);
    assert!(ran.report().summary.contains("frame with invalid size"), "{:?}", ran.report());
    assert!(matches!(check(json!({}), Answer::denied("denied: http")).error(), Fault::Denied(_)));
}

#[test]
fn each_service_is_a_finding_and_the_worst_counts() {
    let more = json!({ "service": ["", "shop.Orders", "shop.Stock", "shop.Orders"] });
    let host = Host::new().answer(CALL, health(1)).answer(CALL, health(1)).answer(CALL, ended("5", ""));
    let ran = host.check(run, &config(more));
    let report = ran.report();
    assert_eq!(report.state, State::Critical);
    let said: Vec<_> = report.findings.iter().map(|finding| (&*finding.key, &*finding.summary)).collect();
    assert_eq!(
        said,
        [
            ("server", "server: SERVING in 10 ms"),
            ("shop.Orders", "shop.Orders: SERVING in 10 ms"),
            (
                "shop.Stock",
                "shop.Stock: NOT_FOUND in 10 ms; it knows no service `shop.Stock`; hint: a name is such as `shop.v1.Orders`"
            ),
        ]
    );
    let bodies: Vec<_> = ran.sent.iter().map(|sent| sent.body.clone()).collect();
    assert_eq!(bodies, [framed(b""), framed(b"\x0a\x0bshop.Orders"), framed(b"\x0a\x0ashop.Stock")]);
}

#[test]
fn a_call_is_what_the_protocol_wants_and_secrets_go_by_name() {
    let more = json!({
        "metadata": { "x-tenant": "a" },
        "bearer": { "secret": "token" },
        "secret_metadata": { "x-key": { "secret": "token" } },
        "server_name": "grpc.internal",
        "timeout": "2s",
    });
    let ran = check(more, health(1));
    let sent = &ran.sent[0];
    let header =
        |name: &str| sent.headers.iter().find(|header| header.name == name).map(|header| &*header.value);
    assert_eq!(header("content-type"), Some("application/grpc"));
    assert_eq!(header("grpc-timeout"), Some("3000m"));
    assert_eq!((header("x-tenant"), header("host")), (Some("a"), Some("grpc.internal")));
    assert_eq!(sent.credentials.len(), 2);
    assert_eq!((sent.timeout, sent.redirects_max, sent.decompress), (Some(2_000), 0, false));
    assert!(ran.extras[0].http2, "gRPC is HTTP/2 whatever the scheme");
    assert!(!format!("{sent:?}").contains("s3cret"));
}

#[test]
fn times_and_certificates_are_held_to_what_is_allowed() {
    let slow = || health(1).after(std::time::Duration::from_secs(2));
    let ran = check(json!({ "response_time_warning": "1s" }), slow());
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Warning, "SERVING in 2.0 s; slower than 1.0 s")
    );
    let ran = check(json!({ "response_time_critical": "1s" }), slow());
    assert_eq!(ran.report().state, State::Critical);
    let soon = || health(1).chain([certificate("grpc.example.com", NOW + 9 * DAY)]);
    let ran = check(json!({}), soon());
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Warning, "SERVING in 10 ms; certificate `CN=grpc.example.com` expires in 9 days")
    );
    assert_eq!(check(json!({ "tls_expiry_warning_days": 5 }), soon()).report().state, State::Ok);
    assert_eq!(check(json!({ "ignore_certificate": true }), soon()).report().state, State::Ok);
    let names: Vec<_> = ran.report().metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["probe_success", "probe_duration_seconds", "probe_ssl_earliest_cert_expiry"]);
}

#[test]
fn what_does_not_fit_together_is_refused_with_the_fix() {
    for (more, said) in [
        (json!({ "url": "grpc.example.com:50051" }), "must begin with `http://` or `https://`"),
        (json!({ "url": "https://grpc.example.com/?a" }), "has a query"),
        (json!({ "metadata": { "X-Key": "a" } }), "lower-case letters"),
        (json!({ "metadata": { "te": "a" } }), "is written by the check itself"),
        (json!({ "metadata": { "x-key": "a\nb" } }), "printable ASCII"),
        (
            json!({ "secret_metadata": { "grpc-timeout": { "secret": "token" } } }),
            "is written by the check itself",
        ),
        (json!({ "ignore_certificate": true, "bearer": { "secret": "token" } }), "no secret travels"),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less"),
        (json!({ "service": vec!["a"; 51] }), "at most 50"),
        (json!({ "url": "https://192.0.2.1", "ip_family": "ipv6" }), "`192.0.2.1` is an IPv4 address"),
    ] {
        Host::new().secret("token", "s3cret").check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn a_message_of_a_server_is_read_as_it_is_written() {
    assert_eq!(bytes::percent_decoded("caf%C3%A9 %25 %"), "caf\u{e9} % %");
    assert_eq!(bytes::percent_decoded("%ff%4"), "\u{fffd}%4");
}

#[test]
fn the_url_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
