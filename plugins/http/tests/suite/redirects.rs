//! Redirects: followed, counted, and those that nobody can follow.

use serde_json::json;
use watchkeep_plugin_http::run;
use watchkeep_sdk::State;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, certificate};

use crate::checks::{GET, URL, config, says};

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
fn a_redirect_that_nobody_can_follow_is_the_targets_fault() {
    for location in ["myapp://open", "mailto:a@example.com"] {
        says(
            json!({}),
            Answer::status(302).header("location", location),
            State::Critical,
            &format!("status 302 in 10 ms; it redirects to `{location}`, which is not an HTTP URL"),
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
