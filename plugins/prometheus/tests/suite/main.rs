//! The check `prometheus` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use watchkeep_plugin_prometheus::{MANIFEST, run};
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

const QUERY: &str = "POST https://prometheus.example.com/api/v1/query";

fn config(more: Value) -> String {
    let mut config =
        json!({ "url": "https://prometheus.example.com", "query": "up == 0", "critical_above": 10.0 });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn check(more: Value, answer: Answer) -> Ran<Report, Fault> {
    Host::new().secret("token", "s3cret").answer(QUERY, answer).check(run, &config(more))
}

fn vector(series: &[(Value, &str)]) -> Value {
    let one =
        |(metric, value): &(Value, &str)| json!({ "metric": metric, "value": [1_435_781_430.781, value] });
    json!({ "status": "success", "data": { "resultType": "vector", "result": series.iter().map(one).collect::<Vec<_>>() } })
}

fn answers(body: &Value) -> Answer {
    Answer::status(200).body(body.to_string())
}

#[track_caller]
fn says(more: Value, body: &Value, state: State, summary: &str) {
    let ran = check(more, answers(body));
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

fn jobs(values: &[&str]) -> Value {
    let series: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(at, value)| (json!({ "__name__": "up", "job": format!("job-{at}") }), *value))
        .collect();
    vector(&series)
}

#[test]
fn each_series_is_held_against_the_thresholds() {
    says(json!({}), &jobs(&["1", "9.5", "10"]), State::Ok, "all 3 ok");
    says(
        json!({ "warning_above": 5 }),
        &jobs(&["1", "9.5", "10.25"]),
        State::Critical,
        "1 of 3 critical, 1 warning: job=job-2 is 10.25, above 10",
    );
    let below = json!({ "critical_above": null, "critical_below": 1, "warning_below": 3, "unit": "seconds" });
    let mut config: Value = serde_json::from_str(&config(below)).unwrap();
    config.as_object_mut().unwrap().remove("critical_above");
    let ran = Host::new().answer(QUERY, answers(&jobs(&["0.25", "2", "3"]))).check(run, &config.to_string());
    let said: Vec<_> =
        ran.report().findings.iter().map(|finding| (finding.state, finding.summary.as_str())).collect();
    assert_eq!(
        said,
        [
            (State::Critical, "job=job-0 is 0.25 seconds, below 1"),
            (State::Warning, "job=job-1 is 2 seconds, below 3"),
            (State::Ok, "job=job-2 is 3 seconds"),
        ]
    );
}

#[test]
fn of_a_single_series_the_value_is_told_well_or_not() {
    says(json!({}), &jobs(&["9.5"]), State::Ok, "job=job-0 is 9.5");
    says(json!({}), &jobs(&["11"]), State::Critical, "job=job-0 is 11, above 10");
}

#[test]
fn findings_carry_the_labels_of_their_series_and_their_value() {
    let ran = check(
        json!({}),
        answers(&vector(&[
            (json!({ "job": "api", "a.b": "x", "__name__": "up" }), "12"),
            (json!({ "job": "web" }), "1"),
        ])),
    );
    let finding = &ran.report().findings[0];
    assert_eq!(finding.key, "a.b=x, job=api");
    let labels: Vec<_> =
        finding.labels.iter().map(|label| (label.name.as_str(), label.value.as_str())).collect();
    assert_eq!(labels, [("job", "api")], "a name with a dot is none that routes can go by");
    assert_eq!((finding.metrics[0].value, finding.metrics[0].critical.unwrap().high), (12.0, Some(10.0)));
}

#[test]
fn every_finding_has_a_key_of_its_own_whatever_labels_are_called() {
    let named = |name: &str| (json!({ "job": name }), "1");
    let ran = check(
        json!({ "key_labels": "job" }),
        answers(&vector(&[named("a (2)"), named("a"), named("a"), named("a (2)"), named("a")])),
    );
    let keys: Vec<_> = ran.report().findings.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(keys, ["job=a (2)", "job=a", "job=a (3)", "job=a (2) (2)", "job=a (4)"]);
}

#[test]
fn a_number_without_labels_is_the_checks_own() {
    let scalar = json!({ "status": "success", "data": { "resultType": "scalar", "result": [1.5, "11"] } });
    says(json!({}), &scalar, State::Critical, "the value is 11, above 10");
    says(json!({}), &vector(&[(json!({}), "0.000012")]), State::Ok, "the value is 1.2e-5");
    let range = json!({ "status": "success", "data": { "resultType": "matrix", "result": [
        { "metric": {}, "values": [[1.0, "99"], [2.0, "3"]] }
    ] } });
    says(json!({}), &range, State::Ok, "the value is 3");
}

#[test]
fn an_empty_answer_is_what_the_operator_says() {
    says(json!({}), &jobs(&[]), State::Unknown, "no series");
    for (word, state) in [("ok", State::Ok), ("warning", State::Warning), ("critical", State::Critical)] {
        says(json!({ "empty": word }), &jobs(&[]), state, "no series");
    }
}

#[test]
fn a_value_that_is_none_is_unknown_and_infinity_is_a_number() {
    says(json!({}), &jobs(&["NaN", "1"]), State::Unknown, "1 of 2 unknown: job=job-0 is NaN");
    says(json!({}), &jobs(&["+Inf", "1"]), State::Critical, "1 of 2 critical: job=job-0 is inf, above 10");
    let ran = check(json!({}), answers(&jobs(&["NaN", "-Inf"])));
    assert!(
        ran.report().findings.iter().all(|finding| finding.metrics.is_empty()),
        "the host takes no such number"
    );
    let histogram = json!({ "status": "success", "data": { "resultType": "vector", "result": [
        { "metric": { "job": "a" }, "histogram": [1.0, { "count": "3" }] }, { "metric": { "job": "b" }, "value": [1.0, "1"] },
    ] } });
    assert_eq!(check(json!({}), answers(&histogram)).report().state, State::Unknown);
}

#[test]
fn warnings_are_told_and_judged_if_asked() {
    let mut body = jobs(&["1", "2"]);
    body["warnings"] = json!(["store-2 is not there", "and more"]);
    let ran = check(json!({}), answers(&body));
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Ok, "all 2 ok"));
    assert_eq!(ran.report().details.as_deref(), Some("the server warns: store-2 is not there; and more"));
    says(
        json!({ "partial": "unknown" }),
        &body,
        State::Unknown,
        "all 2 ok; the server warns: store-2 is not there",
    );
    let mut bad = jobs(&["1", "20"]);
    bad["warnings"] = json!(["store-2 is not there"]);
    assert_eq!(
        check(json!({ "partial": "unknown" }), answers(&bad)).report().state,
        State::Critical,
        "what is certain is said"
    );
}

#[test]
fn named_labels_make_the_key_and_two_of_the_same_are_two() {
    let body = vector(&[
        (json!({ "job": "api", "instance": "a" }), "1"),
        (json!({ "job": "api", "instance": "b" }), "1"),
        (json!({ "job": "web", "instance": "c" }), "1"),
    ]);
    let ran = check(json!({ "key_labels": "job" }), answers(&body));
    let keys: Vec<_> = ran.report().findings.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(keys, ["job=api", "job=api (2)", "job=web"]);
}

#[test]
fn what_is_asked_is_a_form_with_the_operators_credentials() {
    let ran = check(
        json!({ "bearer": { "secret": "token" }, "headers": { "X-Scope-OrgID": "shop" }, "url": "https://prometheus.example.com/api/v1/" }),
        answers(&jobs(&["1"])),
    );
    let sent = &ran.sent[0];
    assert_eq!(String::from_utf8_lossy(&sent.body), "query=up+%3D%3D+0");
    assert!(sent.headers.iter().any(|header| header.name == "X-Scope-OrgID" && header.value == "shop"));
    assert!(sent.headers.iter().any(|header| header.value == "application/x-www-form-urlencoded"));
    assert!(matches!(sent.credentials[0].placement, Placement::Bearer));
}

#[test]
fn a_server_that_cannot_be_asked_or_refuses_judges_nothing() {
    let refused =
        check(json!({}), Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.1", 443));
    let Fault::Inconclusive(said) = refused.error() else { panic!("{:?}", refused.error()) };
    assert_eq!(said, "the server could not be asked: connection refused by 192.0.2.1:443 after 10 ms");
    assert!(matches!(check(json!({}), Answer::denied("denied: http")).error(), Fault::Denied(_)));
    let error = |status: u16, kind: &str, message: &str| {
        let body = json!({ "status": "error", "errorType": kind, "error": message });
        check(json!({}), Answer::status(status).body(body.to_string())).error().clone()
    };
    let Fault::Config(said) = error(400, "bad_data", "parse error") else {
        panic!("a wrong query is the config's")
    };
    assert_eq!(
        said,
        "the server answers 400, bad_data: parse error; hint: try the query on the server's own page"
    );
    assert!(matches!(error(503, "timeout", "query timed out"), Fault::Inconclusive(_)));
    assert!(matches!(error(422, "execution", "many-to-many"), Fault::Other(_)));
    let denied = check(json!({}), Answer::status(401).body("Unauthorized"));
    assert!(
        matches!(denied.error(), Fault::Config(said) if said.contains("401") && said.contains("hint: `bearer`"))
    );
    let proxy = check(json!({}), Answer::status(502).body("<html>Bad Gateway</html>"));
    let Fault::Inconclusive(said) = proxy.error() else { panic!("{:?}", proxy.error()) };
    assert_eq!(said, "the server answers 502 and no JSON of Prometheus: `<html>Bad Gateway</html>`");
}

#[test]
fn hostile_answers_are_no_panic_and_no_flood() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"status":"success"}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":3}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[]}]}}"#,
        r#"{"status":"success","data":{"resultType":"scalar","result":[1,"one"]}}"#,
        r#"{"status":"success","data":{"resultType":"string","result":[1,"text"]}}"#,
    ] {
        assert!(check(json!({}), Answer::status(200).body(body)).result.is_err(), "{body}");
    }
    let many: Vec<String> = (0..10_000).map(|at| at.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let ran = check(json!({ "critical_above": 1e9 }), answers(&jobs(&many)));
    assert_eq!(ran.report().findings.len(), 500);
    assert_eq!(ran.report().state, State::Warning);
    assert!(ran.report().summary.ends_with("10000 series, more than the 500 that are findings"));
    let ran = check(json!({ "series_max": 2 }), answers(&jobs(&["1", "NaN", "2", "11"])));
    let keys: Vec<_> = ran.report().findings.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(keys, ["job=job-3", "job=job-1"], "the worst are told, wherever they stand");
    let most = check(json!({ "critical_above": 1e9, "series_max": 900 }), answers(&jobs(&many)));
    assert_eq!(most.report().findings.len(), 900, "and the host takes it");
    let long = vector(&[(json!({ "job": "é".repeat(5_000) }), "1"), (json!({ "job": "a\nb" }), "1")]);
    let ran = check(json!({}), answers(&long));
    assert!(
        ran.report().findings.iter().all(|finding| finding.key.len() <= 256 && !finding.key.contains('\n'))
    );
    let truncated = check(json!({}), Answer::status(200).body("x".repeat((8 << 20) + 1)));
    assert!(matches!(truncated.error(), Fault::Config(said) if said.contains("fewer series")));
}

#[test]
fn contradictions_are_told_with_a_fix() {
    for (more, said) in [
        (json!({ "warning_above": 20 }), "must not be less than `warning_above`"),
        (json!({ "warning_below": 1, "critical_below": 2 }), "must not be more than `warning_below`"),
        (json!({ "url": "https://prometheus.example.com/?x=1" }), "has a query"),
        (
            json!({ "bearer": { "secret": "token" }, "basic": { "user": "a", "password": { "secret": "token" } } }),
            "the same header",
        ),
        (json!({ "query": "" }), "must not be empty"),
        (json!({ "unit": "requests per second" }), "is not a unit"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
    let pointless = json!({ "url": "https://prometheus.example.com", "query": "up" }).to_string();
    Host::new().check(run, &pointless).refuses_config("add a threshold");
}

#[test]
fn the_url_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
