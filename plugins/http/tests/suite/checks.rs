//! The HTTP check against the scripted host: what it asks, what it says of the answer.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_http::{MANIFEST, run};
use watchkeep_sdk::http::{FailureKind, Phase, Placement, Reading, Trust};
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
fn a_text_must_stand_in_the_answer() {
    let page = || Answer::status(200).body("Add to cart");
    says(json!({ "find": "Add to cart" }), page(), State::Ok, "status 200 in 10 ms");
    says(
        json!({ "find": ["Add", "Buy"] }),
        page(),
        State::Critical,
        "status 200 in 10 ms; `Buy` is not in the answer",
    );
}

#[test]
fn a_text_must_not_stand_in_the_answer() {
    let page = || Answer::status(200).body("Fatal error");
    says(json!({ "do_not_find": "Warning" }), page(), State::Ok, "status 200 in 10 ms");
    says(
        json!({ "do_not_find": "Fatal" }),
        page(),
        State::Critical,
        "status 200 in 10 ms; `Fatal` is in the answer",
    );
}

#[test]
fn the_body_is_read_only_when_it_is_looked_at() {
    assert_eq!(check(json!({}), Answer::status(200)).sent[0].body_max, 0);
    assert_eq!(check(json!({ "find": "x" }), Answer::status(200)).sent[0].body_max, 1 << 20);
    let small = json!({ "find": "x", "body_max": "4KiB" });
    assert_eq!(check(small, Answer::status(200)).sent[0].body_max, 4096);
}

#[test]
fn a_text_beyond_what_was_read_is_no_verdict() {
    let page = Answer::status(200).body("a".repeat(5000) + "needle");
    let ran = check(json!({ "find": "needle", "body_max": "4KiB" }), page);
    let Fault::Inconclusive(message) = ran.error() else { panic!("{:?}", ran.error()) };
    assert_eq!(message, "the answer is longer than the 4096 bytes that were read; hint: raise `body_max`");
}

#[test]
fn json_is_judged_by_pointers() {
    let page = || {
        Answer::status(200).body(r#"{"status": "up", "queue": {"length": 120}, "parts": ["db", "cache"]}"#)
    };
    let one = |assertion: Value| json!({ "json": [assertion] });
    says(one(json!({ "pointer": "/status", "equals": "up" })), page(), State::Ok, "status 200 in 10 ms");
    says(one(json!({ "pointer": "/parts", "contains": "db" })), page(), State::Ok, "status 200 in 10 ms");
    says(
        one(json!({ "pointer": "/queue/length", "equals": 120.0 })),
        page(),
        State::Ok,
        "status 200 in 10 ms",
    );
    for (assertion, said) in [
        (json!({ "pointer": "/status", "equals": "down" }), "`/status` is \"up\", not \"down\""),
        (json!({ "pointer": "/status", "differs": "up" }), "`/status` is \"up\""),
        (json!({ "pointer": "/missing" }), "`/missing` is not in the answer"),
        (json!({ "pointer": "/queue/length", "at_most": 100 }), "`/queue/length` is 120, not at most 100"),
        (json!({ "pointer": "/queue/length", "at_least": 500 }), "`/queue/length` is 120, not at least 500"),
        (json!({ "pointer": "/status", "at_least": 1 }), "`/status` is \"up\", not a number"),
        (
            json!({ "pointer": "/parts", "contains": "queue" }),
            "`/parts` is [\"db\",\"cache\"], not something that contains \"queue\"",
        ),
    ] {
        says(one(assertion), page(), State::Critical, &format!("status 200 in 10 ms; {said}"));
    }
}

#[test]
fn an_answer_that_is_no_json_is_critical() {
    let ran = check(json!({ "json": [{ "pointer": "/status" }] }), Answer::status(200).body("<html>"));
    assert_eq!(ran.report().state, State::Critical);
    assert!(ran.report().summary.contains("the answer is not JSON"), "{}", ran.report().summary);
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
fn a_certificate_near_its_end_warns_then_is_critical() {
    const DAY: u64 = 86_400_000;
    let expires = |left: u64| {
        Answer::status(200)
            .chain([certificate("shop.example.com", NOW + left), certificate("ca", NOW + 900 * DAY)])
    };
    says(json!({}), expires(30 * DAY), State::Ok, "status 200 in 10 ms");
    let soon = "status 200 in 10 ms; certificate `CN=shop.example.com` expires in 10 days";
    says(json!({}), expires(10 * DAY + 1), State::Warning, soon);
    says(
        json!({ "tls_expiry_warning_days": 0, "tls_expiry_critical_days": 0 }),
        expires(DAY),
        State::Ok,
        "status 200 in 10 ms",
    );
    let hours = "status 200 in 10 ms; certificate `CN=shop.example.com` expires in 5 hours";
    says(json!({}), expires(5 * 3_600_000), State::Critical, hours);
    let ran = check(json!({}), expires(30 * DAY));
    assert_eq!(ran.report().value("probe_ssl_earliest_cert_expiry"), Some((NOW / 1000 + 30 * 86_400) as f64));
}

#[test]
fn an_intermediate_that_expires_first_counts() {
    let day = 86_400_000;
    let chain = [certificate("shop.example.com", NOW + 60 * day), certificate("ca", NOW + day + 1)];
    says(
        json!({}),
        Answer::status(200).chain(chain),
        State::Critical,
        "status 200 in 10 ms; certificate `CN=ca` expires in 1 day",
    );
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
fn a_failure_still_reports_the_certificate_and_the_phases_it_reached() {
    let expired = certificate("shop.example.com", NOW - 1000);
    let answer = Answer::failure(FailureKind::Certificate, Phase::Tls, "expired").chain([expired]);
    let ran = check(json!({}), answer);
    assert_eq!(ran.report().value("probe_success"), Some(0.0));
    assert_eq!(ran.report().value("probe_http_status_code"), Some(0.0));
    assert_eq!(ran.report().value("probe_ssl_earliest_cert_expiry"), Some((NOW / 1000 - 1) as f64));
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
fn redirects_are_followed_and_counted() {
    let ran = Host::new()
        .answer(GET, Answer::status(301).header("location", "/new"))
        .answer("GET https://shop.example.com/new", Answer::status(200))
        .check(run, &config(json!({})));
    assert_eq!(ran.report().summary, "status 200 in 20 ms");
    assert_eq!(ran.report().value("probe_http_redirects"), Some(1.0));
    assert_eq!(ran.report().value("probe_duration_seconds"), Some(0.02));
}

#[test]
fn a_redirect_is_the_answer_when_it_is_not_followed() {
    let moved = || Answer::status(301).header("location", "/new");
    says(
        json!({ "follow_redirects": false, "expect_status": 301 }),
        moved(),
        State::Ok,
        "status 301 in 10 ms",
    );
}

#[test]
fn a_redirect_loop_is_critical() {
    let again = Answer::status(302).header("location", URL).from("192.0.2.7", 443);
    let ran = Host::new().always(GET, again).check(run, &config(json!({})));
    assert_eq!(ran.report().state, State::Critical);
    assert!(ran.report().summary.ends_with("more than 10 redirects"), "{}", ran.report().summary);
}

#[test]
fn a_failure_behind_a_redirect_says_where() {
    let ran = Host::new()
        .answer(GET, Answer::status(302).header("location", "https://login.example.com/"))
        .answer("GET https://login.example.com/", Answer::status(500))
        .check(run, &config(json!({})));
    assert_eq!(ran.report().summary, "status 500 in 20 ms; expected 200-299 at https://login.example.com/");
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
fn an_untrusted_certificate_is_accepted_only_when_asked_for() {
    assert!(check(json!({}), Answer::status(200)).sent[0].tls.is_none());
    let ran = check(json!({ "ignore_certificate": true }), Answer::status(200));
    assert_eq!(ran.sent[0].tls.as_ref().unwrap().trust, Trust::Ignore);
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
fn config_mistakes_are_found_at_once_with_their_places() {
    let wrong = json!({
        "url": "shop.example.com", "method": "get", "expect_status": ["2xx"], "timeout": "5", "finf": "x",
        "basic": { "user": "watch", "password": "hunter2" }, "json": [{ "pointer": "status" }],
        "tls_expiry_warning_days": 5000, "body_max": "1MB",
    });
    let problems = problems(&wrong).join("\n");
    for said in [
        "`/url`: `shop.example.com` must begin with `http://` or `https://`",
        "`/method`: `get` is none of `GET`,",
        "`/expect_status/0`: \"2xx\" is no status; hint: write 204, or \"200-299\"",
        "`/timeout`: `5` is no span",
        "`/finf`: no such key; hint: did you mean `find`?",
        "`/basic/password`: a secret does not stand in the config",
        "`/json/0/pointer`: `status` is no JSON pointer; hint: write `/status`",
        "`/tls_expiry_warning_days`: must be at most 3650, not 5000",
        "`/body_max`: `1MB` is no size",
    ] {
        assert!(problems.contains(said), "{said}\nis not in\n{problems}");
    }
    assert!(!problems.contains("hunter2"), "a secret that was written by mistake is repeated");
}

#[test]
fn keys_that_contradict_each_other_are_config_mistakes() {
    for (more, said) in [
        (json!({ "method": "HEAD", "find": "x" }), "an answer to HEAD has no body"),
        (
            json!({ "bearer": { "secret": "k" }, "basic": { "user": "u", "password": { "secret": "k" } } }),
            "`basic` and `bearer` are the same header",
        ),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less than"),
        (json!({ "ignore_certificate": true, "bearer": { "secret": "k" } }), "no secret travels"),
        (
            json!({ "json": [{ "pointer": "/a", "at_least": 2, "at_most": 1 }] }),
            "must not be less than `at_least`",
        ),
    ] {
        let more: Value = serde_json::from_str(&config(more)).unwrap();
        let problems = problems(&more).join("\n");
        assert!(problems.contains(said), "{said}\nis not in\n{problems}");
    }
}

#[test]
fn url_and_resolver_are_their_own_grants_and_nothing_else_is() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    assert_eq!(schema["properties"]["resolver"]["x-watchkeep-grant"], "dns");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 2);
    // A step is a config of the same kind.
    assert_eq!(schema["properties"]["step"]["items"]["$ref"], "#");
    assert_eq!(schema["properties"]["basic"]["properties"]["password"]["x-watchkeep-secret"], true);
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn what_is_certain_of_a_long_answer_is_judged() {
    let page = |status| Answer::status(status).body("error".to_owned() + &"a".repeat(5_000));
    let small = |more: Value| {
        let mut config = json!({ "find": "needle", "body_max": "4KiB" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let open = "not judged: the answer is longer than the 4096 bytes that were read; hint: raise `body_max`";
    says(
        small(json!({})),
        page(500),
        State::Critical,
        &format!("status 500 in 10 ms; expected 200-299; {open}"),
    );
    says(
        small(json!({ "do_not_find": ["error", "fatal"] })),
        page(200),
        State::Critical,
        &format!("status 200 in 10 ms; `error` is in the answer; {open}"),
    );
    says(
        small(json!({ "response_time_critical": "5ms" })),
        page(200),
        State::Critical,
        &format!("status 200 in 10 ms; slower than 5 ms; {open}"),
    );
    says(
        small(json!({ "response_time_warning": "5ms" })),
        page(200),
        State::Warning,
        &format!("status 200 in 10 ms; slower than 5 ms; {open}"),
    );
    let expired = [certificate("shop.example.com", NOW - 1)];
    says(
        small(json!({})),
        page(200).chain(expired),
        State::Critical,
        &format!("status 200 in 10 ms; certificate `CN=shop.example.com` has expired; {open}"),
    );
    let json = json!({ "json": [{ "pointer": "/a" }], "body_max": "4KiB" });
    says(json, page(500), State::Critical, &format!("status 500 in 10 ms; expected 200-299; {open}"));
}

#[test]
fn a_forbidden_text_is_never_ok_where_it_could_not_be_looked_for() {
    let forbidden = || json!({ "do_not_find": "Fehler", "body_max": "4KiB" });
    let unclear = |answer: Answer| match check(forbidden(), answer).error() {
        Fault::Inconclusive(message) => message.clone(),
        other => panic!("{other:?}"),
    };
    let long = unclear(Answer::status(200).body("a".repeat(5_000)));
    assert!(long.starts_with("the answer is longer than the 4096 bytes"), "{long}");
    let unknown = "its charset `x-foo` is not known";
    let nothing = Answer::status(200).body("Gruss").reading(Reading::Nothing(unknown.to_owned()));
    assert_eq!(unclear(nothing), format!("the answer cannot be read: {unknown}"));
    // What can be read for certain is enough for a text of ASCII, and not for another.
    let ascii =
        || Answer::status(200).body("Gr\u{fffd}ezi").reading(Reading::Ascii("it is no UTF-8".to_owned()));
    says(forbidden(), ascii(), State::Ok, "status 200 in 10 ms");
    let ran = check(json!({ "do_not_find": "St\u{f6}rung" }), ascii());
    let Fault::Inconclusive(message) = ran.error() else { panic!("{:?}", ran.error()) };
    assert_eq!(message, "whether `St\u{f6}rung` is in the answer cannot be told: it is no UTF-8");
    let there = Answer::status(200).body("Fehler").reading(Reading::Nothing(unknown.to_owned()));
    says(forbidden(), there, State::Critical, "status 200 in 10 ms; `Fehler` is in the answer");
}

#[test]
fn an_answer_that_breaks_off_keeps_its_status_and_times() {
    let cut = |kind, message: &str| Answer::status(200).body("half a").cut(kind, message);
    let gone = "the connection was closed before the response was whole";
    let whole = "status 200 in 10 ms; the answer is not whole: ";
    let ran = check(json!({ "find": "half" }), cut(FailureKind::Closed, gone));
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Critical, &*format!("{whole}{gone}")));
    assert_eq!(ran.report().value("probe_http_status_code"), Some(200.0));
    assert_eq!(ran.report().value("probe_duration_seconds"), Some(0.01));
    let late = "the response was not whole within 2s";
    let more = json!({ "find": "rest", "do_not_find": "half", "response_time_warning": "5ms", "expect_status": 204 });
    says(
        more,
        cut(FailureKind::TimedOut, late),
        State::Critical,
        &format!(
            "status 200 in 10 ms; expected 204; the answer is not whole: {late}; `half` is in the answer; slower than 5 ms; \
             not judged: the answer is not whole"
        ),
    );
}

#[test]
fn an_event_stream_is_not_held_against_the_target() {
    let stream = || {
        let answer = Answer::status(200).header("content-type", "text/event-stream; charset=utf-8");
        answer.body("data: up\n\n").cut(FailureKind::TimedOut, "the response was not whole within 2s")
    };
    says(json!({ "find": "data: up" }), stream(), State::Ok, "status 200 in 10 ms");
    let ran = check(json!({ "find": "data: down" }), stream());
    assert!(matches!(ran.error(), Fault::Inconclusive(_)), "{:?}", ran.error());
}

#[test]
fn a_redirect_that_nobody_can_follow_is_the_targets_fault() {
    for location in ["myapp://open", "mailto:a@example.com"] {
        says(
            json!({}),
            Answer::status(302).header("location", location),
            State::Critical,
            &format!("status 302 in 10 ms; it redirects to `{location}`, which is no address of HTTP"),
        );
    }
    let wanted = json!({ "expect_status": 302 });
    let app = || Answer::status(302).header("location", "myapp://open");
    says(wanted, app(), State::Ok, "status 302 in 10 ms");
}

#[test]
fn a_redirect_to_what_is_not_granted_is_critical_and_names_the_line_to_add() {
    let line = r#"denied: http to http://localhost; hint: add `http = ["http://localhost"]` under [plugin.http.allow]"#;
    let ran = Host::new()
        .answer(GET, Answer::status(301).header("location", "http://localhost/"))
        .answer("GET http://localhost/", Answer::denied(line))
        .check(run, &config(json!({})));
    assert_eq!(ran.report().state, State::Critical);
    assert_eq!(
        ran.report().summary,
        format!("status 301 in 10 ms; it redirects to `http://localhost/`, which is {line}")
    );
    assert_eq!(ran.report().value("probe_http_status_code"), Some(301.0));
}

#[test]
fn a_failed_redirect_keeps_the_times_and_certificates_of_the_way() {
    let soon = [certificate("shop.example.com", NOW + 86_400_001)];
    let ran = Host::new()
        .answer(GET, Answer::status(301).header("location", "https://www.example.com/").chain(soon))
        .answer("GET https://www.example.com/", Answer::failure(FailureKind::Refused, Phase::Connect, ""))
        .check(run, &config(json!({})));
    assert_eq!(ran.report().state, State::Critical);
    assert_eq!(
        ran.report().summary,
        "connection refused by 192.0.2.1:443 after 10 ms; it redirects to https://www.example.com/; certificate \
         `CN=shop.example.com` expires in 1 day"
    );
    assert_eq!(ran.report().value("probe_duration_seconds"), Some(0.02));
    let connect =
        ran.report().metrics.iter().find(|metric| {
            metric.name == "probe_http_duration_seconds" && metric.labels[0].value == "connect"
        });
    assert_eq!(connect.unwrap().value, 0.002);
}

#[test]
fn every_certificate_on_the_way_is_looked_at() {
    let days = |days: u64| [certificate(&format!("in-{days}"), NOW + days * 86_400_000 + 1)];
    let ran = Host::new()
        .answer(GET, Answer::status(301).header("location", "https://www.example.com/").chain(days(1)))
        .answer("GET https://www.example.com/", Answer::status(200).chain(days(10)))
        .check(run, &config(json!({})));
    assert_eq!(
        ran.report().summary,
        "status 200 in 20 ms; certificate `CN=in-1` expires in 1 day; certificate `CN=in-10` expires in 10 days"
    );
    assert_eq!(ran.report().value("probe_ssl_earliest_cert_expiry"), Some((NOW / 1000 + 86_400) as f64));
}

#[test]
fn a_certificate_on_which_no_trust_rests_harms_nobody() {
    let chain = || {
        [
            certificate("shop.example.com", NOW + 90 * 86_400_000),
            certificate("crossed", NOW - 1_000),
            certificate("ca", NOW + 900 * 86_400_000),
        ]
    };
    says(json!({}), Answer::status(200).chain(chain()).trusted_by([0, 2]), State::Ok, "status 200 in 10 ms");
    says(
        json!({}),
        Answer::status(200).chain(chain()).trusted_by([0, 1, 2]),
        State::Critical,
        "status 200 in 10 ms; certificate `CN=crossed` has expired",
    );
}

#[test]
fn ignoring_a_certificate_ignores_its_end_unless_days_are_asked_for() {
    let expired = || Answer::status(200).chain([certificate("shop.example.com", NOW - 1_000)]);
    says(json!({ "ignore_certificate": true }), expired(), State::Ok, "status 200 in 10 ms");
    let asked = json!({ "ignore_certificate": true, "tls_expiry_warning_days": 5 });
    let said = "status 200 in 10 ms; certificate `CN=shop.example.com` has expired";
    says(asked, expired(), State::Critical, said);
    let soon = || Answer::status(200).chain([certificate("shop.example.com", NOW + 86_400_001)]);
    let asked = json!({ "ignore_certificate": true, "tls_expiry_warning_days": 5 });
    says(
        asked,
        soon(),
        State::Warning,
        "status 200 in 10 ms; certificate `CN=shop.example.com` expires in 1 day",
    );
}

#[test]
fn whole_numbers_are_compared_as_they_are() {
    let page = || {
        Answer::status(200)
            .body(r#"{"id": 9007199254740993, "ids": [9007199254740993], "max": 18446744073709551615}"#)
    };
    let one = |assertion: Value| json!({ "json": [assertion] });
    for assertion in [
        json!({ "pointer": "/id", "equals": 9_007_199_254_740_993_u64 }),
        json!({ "pointer": "/id", "differs": 9_007_199_254_740_992_u64 }),
        json!({ "pointer": "/ids", "contains": 9_007_199_254_740_993_u64 }),
        json!({ "pointer": "/ids", "equals": [9_007_199_254_740_993_u64] }),
        json!({ "pointer": "/id", "at_least": 9_007_199_254_740_993_u64 }),
        json!({ "pointer": "/max", "equals": u64::MAX }),
    ] {
        says(one(assertion), page(), State::Ok, "status 200 in 10 ms");
    }
    for (assertion, said) in [
        (
            json!({ "pointer": "/id", "equals": 9_007_199_254_740_992_u64 }),
            "`/id` is 9007199254740993, not 9007199254740992",
        ),
        (
            json!({ "pointer": "/ids", "equals": [9_007_199_254_740_992_u64] }),
            "`/ids` is [9007199254740993], not [9007199254740992]",
        ),
        (
            json!({ "pointer": "/id", "at_most": 9_007_199_254_740_992_u64 }),
            "`/id` is 9007199254740993, not at most 9007199254740992",
        ),
        (
            json!({ "pointer": "/id", "at_least": 9_007_199_254_740_994_u64 }),
            "`/id` is 9007199254740993, not at least 9007199254740994",
        ),
    ] {
        says(one(assertion), page(), State::Critical, &format!("status 200 in 10 ms; {said}"));
    }
}

#[test]
fn an_empty_text_is_a_config_mistake() {
    for (more, place) in [
        (json!({ "find": "" }), "`/find`"),
        (json!({ "find": ["a", ""] }), "`/find/1`"),
        (json!({ "do_not_find": "" }), "`/do_not_find`"),
        (json!({ "json": [{ "pointer": "/a", "contains": "" }] }), "`/json/0/contains`"),
    ] {
        let more: Value = serde_json::from_str(&config(more)).unwrap();
        let problems = problems(&more).join("\n");
        assert!(problems.contains(place) && problems.contains("an empty text stands in every"), "{problems}");
    }
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["find"]["anyOf"][0]["minLength"], 1);
}

#[test]
fn lines_are_found_whatever_ends_them() {
    let page = || Answer::status(200).body("<p>\r\n  up\r\n</p>");
    says(json!({ "find": "<p>\n  up" }), page(), State::Ok, "status 200 in 10 ms");
    says(json!({ "find": "<p>\r\n  up" }), page(), State::Ok, "status 200 in 10 ms");
    says(
        json!({ "find": "<p>\n  down" }),
        page(),
        State::Critical,
        "status 200 in 10 ms; `<p>\\n  down` is not in the answer",
    );
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
