//! Journeys: a double of a small site with a login, which takes what it would take and nothing else.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_http::run;
use watchkeep_sdk::http::{FailureKind, Phase, Sent};
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

use crate::checks::problems;

const TOKEN: &str = "f00+/=dbeef&\"<x>";
const SESSION: &str = "sess-4711-secret";

fn header<'s>(sent: &'s Sent, name: &str) -> Option<&'s str> {
    sent.headers.iter().find(|header| header.name == name).map(|header| &*header.value)
}

/// A page with a token and a cookie, a login that wants both and redirects, a page for who is known, an API.
fn site(sent: &Sent) -> Answer {
    let cookie = header(sent, "cookie").unwrap_or_default();
    let body = String::from_utf8_lossy(&sent.body).into_owned();
    match (&*sent.method, &*sent.url) {
        ("GET", "https://shop.example.com/login") => Answer::status(200)
            .header("set-cookie", "csrf=abc; Path=/; Secure; HttpOnly")
            .body(format!("<input name=\"csrf\" value=\"{}\">", TOKEN.replace('"', "&quot;"))),
        ("POST", "https://shop.example.com/login") => {
            let secret = &sent.credentials[0];
            let is_right = cookie == "csrf=abc"
                && body.contains("csrf=f00%2B%2F%3Ddbeef%26%26quot%3B%3Cx%3E")
                && body.contains("user=eve&")
                && secret.secret == "password";
            match is_right {
                true => Answer::status(303)
                    .header("location", "/home")
                    .header("set-cookie", &format!("session={SESSION}; Path=/")),
                false => panic!("{cookie} {body}"),
            }
        }
        ("GET", "https://shop.example.com/home") => match cookie {
            "csrf=abc; session=sess-4711-secret" => {
                Answer::status(200).header("x-api-token", "tok/en 1").body("Welcome, eve")
            }
            _ => Answer::status(403).body(cookie),
        },
        ("GET", "https://shop.example.com/api/tok%2Fen%201?t=tok%2Fen%201") => {
            assert_eq!(header(sent, "x-token"), Some("Token tok/en 1"));
            Answer::status(200).body(r#"{"orders": [{"id": 17}]}"#)
        }
        ("PUT", "https://shop.example.com/api/orders/17") => {
            assert_eq!(body, r#"{"id": 17, "by": "tok/en 1"}"#);
            Answer::status(204)
        }
        (method, url) => panic!("unexpected: {method} {url}"),
    }
}

fn steps() -> Value {
    json!([
        { "name": "open", "url": "https://shop.example.com/login",
          "capture": { "csrf": { "pattern": "name=\"csrf\" value=\"([^\"]+)\"" } } },
        { "name": "log in", "url": "https://shop.example.com/login", "method": "POST",
          "form": { "csrf": "{{csrf}}", "user": "eve", "zz": { "secret": "password" } },
          "find": "Welcome", "expect_url": "https://shop.example.com/home", "capture": { "token": { "header": "X-Api-Token" } } },
        { "url": "https://shop.example.com/api/{{token}}?t={{token}}", "headers": { "x-token": "Token {{token}}" },
          "capture": { "id": { "json": "/orders/0/id" } } },
        { "name": "order", "url": "https://shop.example.com/api/orders/{{id}}", "method": "PUT",
          "body": "{\"id\": {{id}}, \"by\": \"{{token}}\"}" },
    ])
}

fn journey(steps: &Value, more: Value, serve: impl FnMut(&Sent) -> Answer + 'static) -> Ran<Report, Fault> {
    let mut config = json!({ "step": steps });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Host::new().secret("password", "hunter2").served_by(serve).check(run, &config.to_string())
}

#[test]
fn somebody_logs_in_and_orders() {
    let ran = journey(&steps(), json!({}), site);
    let report = ran.report();
    assert_eq!((report.state, &*report.summary), (State::Ok, "4 of 4 steps in 50 ms"));
    let findings: Vec<_> = report.findings.iter().map(|finding| (&*finding.key, &*finding.summary)).collect();
    assert_eq!(
        findings,
        [
            ("open", "status 200 in 10 ms"),
            ("log in", "status 200 in 20 ms"),
            ("step 3", "status 200 in 10 ms"),
            ("order", "status 204 in 10 ms"),
        ]
    );
    assert_eq!(report.value("probe_duration_seconds"), Some(0.05));
    let redirects =
        report.findings[1].metrics.iter().find(|metric| metric.name == "probe_http_redirects").unwrap();
    assert_eq!(redirects.value, 1.0);
    // The secret is for the origin that the step names, and the redirect is no longer the login.
    assert!(ran.sent[2].credentials.is_empty(), "{:?}", ran.sent[2].credentials);
}

#[test]
fn the_step_that_fails_is_named_and_the_last_one() {
    let mut tried = steps();
    tried[1]["find"] = json!("Goodbye");
    let ran = journey(&tried, json!({}), site);
    let report = ran.report();
    assert_eq!(report.state, State::Critical);
    assert_eq!(
        report.summary,
        "2 of 4 steps in 30 ms; step 2 `log in`: status 200 in 20 ms; `Goodbye` is not in the answer"
    );
    let states: Vec<_> = report.findings.iter().map(|finding| finding.state).collect();
    assert_eq!(states, [State::Ok, State::Critical, State::Unknown, State::Unknown]);
    assert_eq!(report.findings[2].summary, "not tried, since `log in` failed");
}

#[test]
fn all_steps_together_have_limits_too() {
    let ran = journey(&steps(), json!({ "response_time_warning": "40ms" }), site);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Warning, "4 of 4 steps in 50 ms; slower than 40 ms")
    );
    let mut slow = steps();
    slow[0]["response_time_warning"] = json!("5ms");
    let ran = journey(&slow, json!({}), site);
    assert_eq!(
        ran.report().summary,
        "4 of 4 steps in 50 ms; step 1 `open`: status 200 in 10 ms; slower than 5 ms"
    );
}

#[test]
fn a_journey_is_tried_again_as_a_whole_with_an_empty_jar() {
    let count = Rc::new(RefCell::new(0));
    let counted = Rc::clone(&count);
    let ran = journey(&steps(), json!({ "attempts": 2 }), move |sent| {
        *counted.borrow_mut() += 1;
        if *counted.borrow() == 2 {
            return Answer::failure(FailureKind::Reset, Phase::Wait, "");
        }
        if *counted.borrow() == 3 {
            assert_eq!(header(sent, "cookie"), None);
        }
        site(sent)
    });
    assert_eq!(ran.report().state, State::Ok);
    assert!(
        ran.report().summary.starts_with("4 of 4 steps in 50 ms; the first try failed: 2 of 4 steps in ")
    );
}

#[test]
fn what_cannot_be_captured_fails_the_step() {
    let page = || {
        Answer::status(200).header("set-cookie", "a=1; Path=/elsewhere").body(r#"{"list": [1], "empty": ""}"#)
    };
    for (capture, said) in [
        (json!({ "json": "/token" }), "`it` cannot be captured: `/token` is not in the answer"),
        (json!({ "json": "/list" }), "`it` cannot be captured: `/list` is neither a text nor a number"),
        (json!({ "json": "/empty" }), "the captured `it` is empty"),
        (json!({ "header": "x-token" }), "`it` cannot be captured: no header `x-token` is in the answer"),
        (json!({ "cookie": "a" }), "`it` cannot be captured: there is no cookie `a` for this URL"),
        (json!({ "pattern": "token=(.*)" }), "`it` cannot be captured: `token=(.*)` fits nothing"),
    ] {
        let ran = journey(
            &json!([{ "url": "https://a.example/", "capture": { "it": capture } }]),
            json!({}),
            move |_| page(),
        );
        let report = ran.report();
        assert_eq!(report.state, State::Critical);
        assert_eq!(
            report.summary,
            format!("1 of 1 steps in 10 ms; step 1 `step 1`: status 200 in 10 ms; {said}")
        );
    }
    // What was not read to its end may hold it.
    let long = json!([{ "url": "https://a.example/", "body_max": "1KiB", "capture": { "it": { "pattern": "token=(.*)" } } }]);
    let ran = journey(&long, json!({}), |_| Answer::status(200).body("x".repeat(2_000) + "token=1"));
    assert!(
        matches!(ran.error(), Fault::Inconclusive(said) if said.contains("step 1: `it` cannot be captured")),
        "{:?}",
        ran.result
    );
}

#[test]
fn a_missing_right_says_in_which_step() {
    let ran = journey(&steps(), json!({}), |sent| match &*sent.method {
        "POST" => Answer::denied("denied: it"),
        _ => site(sent),
    });
    assert_eq!(ran.error(), &Fault::Denied("step 2: denied: it".to_owned()));
}

#[test]
fn redirects_of_a_step_end_somewhere() {
    let one = json!([{ "url": "https://a.example/" }]);
    let ran = journey(&one, json!({}), |_| Answer::status(302).header("location", "/again"));
    assert!(
        ran.report().summary.ends_with("status 302 in 110 ms; more than 10 redirects"),
        "{}",
        ran.report().summary
    );
    let ran = journey(&one, json!({}), |_| Answer::status(302).header("location", "myapp://open"));
    assert!(ran.report().summary.ends_with("it redirects to `myapp://open`, which is not an HTTP URL"));
    let brief = json!([{ "url": "https://a.example/", "timeout": "2s" }]);
    let ran = journey(&brief, json!({}), |_| {
        Answer::status(302).header("location", "/again").after(Duration::from_millis(900))
    });
    assert!(ran.report().summary.contains("timed out waiting for an answer"), "{}", ran.report().summary);
}

#[test]
fn journeys_that_make_no_sense_are_refused() {
    let url = "https://a.example/";
    for (config, said) in [
        (json!({ "url": url, "step": [{ "url": url }] }), "is of one request"),
        (json!({ "find": "x", "step": [{ "url": url }] }), "is of one request"),
        (json!({ "timeout": "1s", "step": [{ "url": url }] }), "is of one request"),
        (json!({ "step": [{ "name": "a" }] }), "`url` is missing"),
        (
            json!({ "step": [{ "name": "a", "url": url }, { "name": "a", "url": url }] }),
            "is the name of two steps",
        ),
        (json!({ "step": [{ "url": "https://{{host}}/" }] }), "a captured value cannot be the host"),
        (json!({ "step": [{ "url": "https://a.example/{{it}}" }] }), "no earlier step captures `it`"),
        (json!({ "step": [{ "url": url, "capture": { "a-b": { "cookie": "x" } } }] }), "is not a valid name"),
        (json!({ "step": [{ "url": url, "capture": { "a": {} } }] }), "has to come from one place"),
        (
            json!({ "step": [{ "url": url, "capture": { "a": { "json": "/a", "header": "b" } } }] }),
            "has to come from one place",
        ),
        (json!({ "step": [{ "url": url, "step": [{ "url": url }] }] }), "cannot be within a step"),
        (json!({ "step": [{ "url": url, "attempts": 2 }] }), "cannot be within a step"),
        (json!({ "step": [{ "url": url, "attempts_pause": "2s" }] }), "cannot be within a step"),
        (json!({ "step": [{ "url": url, "ip_family": "both" }] }), "cannot be within a step"),
        (json!({ "step": [{ "url": url, "finf": "x" }] }), "did you mean `find`"),
    ] {
        let problems = problems(&config).join("\n");
        assert!(problems.contains(said), "`{said}` is not in {problems}");
    }
}
