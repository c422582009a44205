//! The HTTP check against the scripted host: what it asks, what it says of the answer.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_http::run;
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, certificate};
use watchkeep_sdk::{Fault, Report, State};

pub(crate) const URL: &str = "https://shop.example.com/";
pub(crate) const GET: &str = "GET https://shop.example.com/";

pub(crate) fn config(more: Value) -> String {
    let mut config = json!({ "url": URL });
    for (key, value) in more.as_object().unwrap() {
        config[key] = value.clone();
    }
    config.to_string()
}

pub(crate) fn check(more: Value, answer: Answer) -> Ran<Report, Fault> {
    Host::new().secret("key", "s3cret").answer(GET, answer).check(run, &config(more))
}

#[track_caller]
pub(crate) fn says(more: Value, answer: Answer, state: State, summary: &str) {
    let ran = check(more, answer);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[track_caller]
pub(crate) fn problems(config: &Value) -> Vec<String> {
    match Host::new().check(run, &config.to_string()).result {
        Ok(report) => panic!("the config was taken; the check said {}", report.summary),
        Err(Fault::Config(problems)) => problems.split("; config").map(str::to_owned).collect(),
        Err(other) => panic!("not a config problem: {other:?}"),
    }
}

#[test]
fn a_page_that_answers_as_expected_is_ok() {
    says(json!({}), Answer::status(204).after(Duration::from_millis(32)), State::Ok, "status 204 in 32 ms");
}

#[test]
fn an_unexpected_status_is_critical_and_says_what_was_expected() {
    says(json!({}), Answer::status(503), State::Critical, "status 503 in 10 ms; expected 200-299");
    says(
        json!({ "expect_status": 204 }),
        Answer::status(200),
        State::Critical,
        "status 200 in 10 ms; expected 204",
    );
    says(json!({ "expect_status": ["200-299", 404] }), Answer::status(404), State::Ok, "status 404 in 10 ms");
}

#[test]
fn a_slow_answer_warns_and_a_slower_one_is_critical() {
    let limits = || json!({ "response_time_warning": "500ms", "response_time_critical": "2s" });
    let after = |millis| Answer::status(200).after(Duration::from_millis(millis));
    says(limits(), after(500), State::Ok, "status 200 in 500 ms");
    says(limits(), after(800), State::Warning, "status 200 in 800 ms; slower than 500 ms");
    says(limits(), after(2500), State::Critical, "status 200 in 2.5 s; slower than 2.0 s");
    let ran = check(limits(), after(800));
    let metric = ran.report().metrics.iter().find(|metric| metric.name == "probe_duration_seconds").unwrap();
    assert_eq!(metric.warning.unwrap().high, Some(0.5));
    assert_eq!(metric.critical.unwrap().high, Some(2.0));
}

#[test]
fn everything_that_is_wrong_is_said_the_worst_first() {
    let wrong = json!({ "response_time_warning": "5ms", "find": "x", "expect_status": 200 });
    says(
        wrong,
        Answer::status(500),
        State::Critical,
        "status 500 in 10 ms; expected 200; `x` is not in the answer; slower than 5 ms",
    );
}

#[test]
fn nobody_answering_is_critical_and_says_how_far_it_came() {
    for (kind, phase, message, said) in [
        (
            FailureKind::Refused,
            Phase::Connect,
            "os error 111",
            "connection refused by 192.0.2.1:443 after 10 ms",
        ),
        (FailureKind::NameNotFound, Phase::Name, "no such name", "name not found after 10 ms: no such name"),
        (FailureKind::TimedOut, Phase::Connect, "", "timed out connecting to 192.0.2.1:443 after 10 ms"),
        (
            FailureKind::TimedOut,
            Phase::Wait,
            "",
            "timed out waiting for an answer from 192.0.2.1:443 after 10 ms",
        ),
        (
            FailureKind::Certificate,
            Phase::Tls,
            "self-signed",
            "untrusted certificate from 192.0.2.1:443 after 10 ms: self-signed",
        ),
        (FailureKind::Reset, Phase::Wait, "", "connection reset by 192.0.2.1:443 after 10 ms"),
    ] {
        says(json!({}), Answer::failure(kind, phase, message), State::Critical, said);
    }
}

#[test]
fn a_missing_right_is_a_fault_and_never_an_outage() {
    let denied = "denied: http to https://shop.example.com; hint: add it";
    let ran = check(json!({}), Answer::denied(denied));
    assert_eq!(ran.error(), &Fault::Denied(denied.to_owned()));
    let limited = check(json!({}), Answer::failure(FailureKind::Limit, Phase::Policy, "too many calls"));
    assert_eq!(limited.error(), &Fault::Denied("too many calls".to_owned()));
}

#[test]
fn the_timeout_is_the_targets_not_the_runs() {
    let slow = Answer::status(200).after(Duration::from_secs(3));
    says(
        json!({ "timeout": "2s" }),
        slow,
        State::Critical,
        "timed out waiting for an answer from 192.0.2.1:443 after 2.0 s",
    );
}

#[test]
fn the_request_is_made_as_the_operator_wrote_it() {
    let more = json!({
        "method": "POST", "headers": { "accept": "text/plain" }, "body": "ping", "user_agent": "probe/1",
        "basic": { "user": "watch", "password": { "secret": "key" } },
        "secret_headers": { "x-api-key": { "secret": "key" } }, "timeout": "3s", "ip_family": "ipv6",
    });
    let ran = Host::new()
        .secret("key", "s3cret")
        .answer("POST https://shop.example.com/", Answer::status(200))
        .check(run, &config(more));
    let sent = &ran.sent[0];
    let headers: Vec<_> =
        sent.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    assert_eq!(headers, [("accept", "text/plain"), ("user-agent", "probe/1")]);
    assert_eq!((sent.body.as_slice(), sent.timeout), (b"ping".as_slice(), Some(3000)));
    let places: Vec<_> = sent.credentials.iter().map(|credential| &credential.placement).collect();
    assert!(
        matches!(places.as_slice(), [Placement::Header(name), Placement::Basic(user)] if name == "x-api-key" && user == "watch")
    );
}

#[test]
fn a_bearer_token_goes_by_name() {
    let ran = check(json!({ "bearer": { "secret": "key" } }), Answer::status(200));
    assert_eq!(ran.sent[0].credentials[0].secret, "key");
    assert!(matches!(ran.sent[0].credentials[0].placement, Placement::Bearer));
}

#[test]
fn metrics_bear_the_blackbox_names() {
    let ran =
        check(json!({}), Answer::status(200).chain([certificate("shop.example.com", NOW + 90 * 86_400_000)]));
    let names: Vec<_> = ran
        .report()
        .metrics
        .iter()
        .map(|metric| match metric.labels.as_slice() {
            [] => metric.name.clone(),
            labels => format!("{}{{{}={}}}", metric.name, labels[0].name, labels[0].value),
        })
        .collect();
    assert_eq!(
        names,
        [
            "probe_success",
            "probe_duration_seconds",
            "probe_dns_lookup_time_seconds",
            "probe_http_duration_seconds{phase=resolve}",
            "probe_http_duration_seconds{phase=connect}",
            "probe_http_duration_seconds{phase=tls}",
            "probe_http_duration_seconds{phase=processing}",
            "probe_http_duration_seconds{phase=transfer}",
            "probe_http_status_code",
            "probe_http_redirects",
            "probe_http_ssl",
            "probe_http_version",
            "probe_http_leniences",
            "probe_ssl_earliest_cert_expiry",
        ]
    );
    assert!(ran.report().metrics.iter().all(|metric| metric.value.is_finite()));
}

#[test]
fn another_name_is_asked_for_in_the_header_and_in_the_handshake() {
    let asked = |more: Value| {
        let ran = check(more, Answer::status(200));
        let host = ran.sent[0]
            .headers
            .iter()
            .find(|header| header.name == "host")
            .map(|header| header.value.clone());
        (host, ran.sent[0].tls.as_ref().and_then(|tls| tls.server_name.clone()))
    };
    let both = |host: &str, name: &str| (Some(host.to_owned()), Some(name.to_owned()));
    assert_eq!(asked(json!({})), (None, None));
    assert_eq!(asked(json!({ "server_name": "a.example.com" })), both("a.example.com", "a.example.com"));
    assert_eq!(
        asked(json!({ "headers": { "host": "a.example.com:8443" } })),
        both("a.example.com:8443", "a.example.com")
    );
    assert_eq!(
        asked(json!({ "headers": { "host": "[2001:db8::1]:443" } })),
        both("[2001:db8::1]:443", "2001:db8::1")
    );
    let own = json!({ "headers": { "host": "a.example.com" }, "server_name": "b.example.com" });
    assert_eq!(asked(own), both("a.example.com", "b.example.com"));
}

#[test]
fn what_was_put_up_with_is_in_the_report() {
    let sloppy =
        Answer::status(200).lenience("blanks before the colon of header `x-a`").lenience("120 headers");
    let ran = check(json!({}), sloppy);
    assert_eq!(ran.report().state, State::Ok);
    let details = "leniences: blanks before the colon of header `x-a`; 120 headers";
    assert_eq!(ran.report().details.as_deref(), Some(details));
    assert_eq!(ran.report().value("probe_http_leniences"), Some(2.0));
}

#[test]
fn a_report_is_never_too_long_to_be_taken() {
    let many: Vec<_> =
        (0..90).map(|number| json!({ "pointer": format!("/{number}/{}", "x".repeat(40)) })).collect();
    let ran = check(json!({ "json": many }), Answer::status(500).body("{}"));
    let report = ran.report();
    assert!(report.summary.len() <= 1_024 && report.summary.ends_with(" more"), "{}", report.summary);
    assert!(report.details.as_deref().unwrap().contains("`/89/xxx"));
    let far = format!("https://shop.example.com/{}", "y".repeat(4_000));
    let ran = Host::new()
        .answer(GET, Answer::status(302).header("location", &far))
        .answer(&format!("GET {far}"), Answer::status(500))
        .check(run, &config(json!({})));
    assert!(ran.report().summary.len() < 400, "{}", ran.report().summary);
}
