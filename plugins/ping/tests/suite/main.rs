//! The check `ping` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_ping::{MANIFEST, run};
use watchkeep_sdk::icmp::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, Ran, Reply, echoes};
use watchkeep_sdk::{Fault, Report, State};

const GATEWAY: &str = "icmp gw.example.com";

fn config(more: Value) -> String {
    let mut config = json!({ "host": "gw.example.com" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn check(more: Value, answer: impl Into<Reply>) -> Ran<Report, Fault> {
    Host::new().answer(GATEWAY, answer).check(run, &config(more))
}

/// Round trips in milliseconds; 0 was lost.
fn came(millis: &[u64]) -> Reply {
    let one = |millis: &u64| (*millis > 0).then(|| Duration::from_millis(*millis));
    echoes("192.0.2.1", millis.iter().map(one)).into()
}

#[track_caller]
fn says(more: Value, millis: &[u64], state: State, summary: &str) {
    let ran = check(more, came(millis));
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[test]
fn loss_is_judged_by_its_share() {
    says(json!({}), &[10, 12, 14, 12, 12], State::Ok, "0 of 5 lost to 192.0.2.1, 12 ms on average");
    // As much as is allowed is not more.
    says(json!({}), &[10, 0, 14, 12, 12], State::Ok, "1 of 5 lost to 192.0.2.1, 12 ms on average");
    says(
        json!({}),
        &[10, 0, 14, 0, 12],
        State::Warning,
        "2 of 5 lost to 192.0.2.1, 12 ms on average; more than 20 % lost",
    );
    says(
        json!({}),
        &[0, 0, 14, 0, 0],
        State::Critical,
        "4 of 5 lost to 192.0.2.1, 14 ms on average; more than 60 % lost",
    );
    says(
        json!({ "loss_critical": 100 }),
        &[0, 0, 0],
        State::Critical,
        "3 of 3 lost to 192.0.2.1; none was answered",
    );
}

#[test]
fn round_trips_and_jitter_are_judged_on_average() {
    let slow = json!({ "round_trip_warning": "100ms", "round_trip_critical": "200ms" });
    assert_eq!(check(slow.clone(), came(&[90, 110])).report().state, State::Ok);
    says(
        slow.clone(),
        &[150, 110],
        State::Warning,
        "0 of 2 lost to 192.0.2.1, 130 ms on average; the average round trip is longer than 100 ms: 130 ms",
    );
    assert_eq!(check(slow, came(&[300, 200])).report().state, State::Critical);
    // 10 to 50 and, over what was lost, back to 20.
    says(
        json!({ "jitter_warning": "30ms", "loss_warning": 50 }),
        &[10, 50, 0, 20],
        State::Warning,
        "1 of 4 lost to 192.0.2.1, 26 ms on average; the jitter is more than 30 ms: 35 ms",
    );
    assert_eq!(
        check(json!({ "jitter_critical": "1ms" }), came(&[10, 0])).report().state,
        State::Warning,
        "one has none"
    );
}

#[test]
fn a_host_that_cannot_be_asked_is_critical_and_a_missing_right_a_fault() {
    let failing = |kind, phase| check(json!({}), Answer::failure(kind, phase, ""));
    let ran = failing(FailureKind::NameNotFound, Phase::Name);
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Critical, "name not found after 10 ms"));
    assert_eq!(ran.report().value("probe_success"), Some(0.0));
    assert_eq!(failing(FailureKind::Unreachable, Phase::Send).report().state, State::Critical);
    assert!(matches!(check(json!({}), Answer::denied("denied: icmp")).error(), Fault::Denied(_)));
}

#[test]
fn nothing_is_said_of_a_host_to_which_nothing_was_sent() {
    assert_eq!(check(json!({}), came(&[])).report().state, State::Unknown);
}

#[test]
fn both_families_are_findings_of_their_own() {
    let run_both = |second: Reply| {
        Host::new()
            .answer(GATEWAY, came(&[10, 10]))
            .answer(GATEWAY, second)
            .check(run, &config(json!({ "ip_family": "both" })))
    };
    let ran = run_both(came(&[0, 0]));
    let report = ran.report();
    assert_eq!(
        (report.state, &*report.summary),
        (State::Critical, "1 of 2 critical: IPv6: 2 of 2 lost to 192.0.2.1; none was answered")
    );
    let keys: Vec<_> = report.findings.iter().map(|finding| (finding.key.as_str(), finding.state)).collect();
    assert_eq!(keys, [("ipv4", State::Ok), ("ipv6", State::Critical)]);
    let ran = run_both(Answer::failure(FailureKind::NameNotFound, Phase::Name, "").into());
    assert_eq!(ran.report().findings[1].summary, "IPv6: name not found after 10 ms");
    let labels: Vec<_> = ran
        .report()
        .metrics
        .iter()
        .filter(|metric| metric.name == "probe_success")
        .map(|metric| (metric.labels[0].value.as_str(), metric.value))
        .collect();
    assert_eq!(labels, [("ipv4", 1.0), ("ipv6", 0.0)]);
}

#[test]
fn numbers_carry_their_limits() {
    let ran = check(json!({ "round_trip_warning": "100ms" }), came(&[10, 0, 30, 20]));
    let report = ran.report();
    assert_eq!(report.value("ping_loss_ratio"), Some(0.25));
    assert_eq!(report.value("ping_jitter_seconds"), Some(0.015));
    let of = |statistic: &str| {
        let is_it =
            |metric: &&watchkeep_sdk::Metric| metric.labels.iter().any(|label| label.value == statistic);
        report.metrics.iter().find(is_it).unwrap()
    };
    assert_eq!([of("min").value, of("avg").value, of("max").value], [0.01, 0.02, 0.03]);
    assert_eq!(of("avg").warning.unwrap().high, Some(0.1));
}

#[test]
fn contradictions_are_told_with_a_fix() {
    for (more, said) in [
        (json!({ "interval": "5ms" }), "at least `10ms`"),
        (json!({ "loss_warning": 50, "loss_critical": 20 }), "must not be less than `loss_warning`"),
        (json!({ "round_trip_warning": "2s", "round_trip_critical": "1s" }), "`round_trip_warning`"),
        (json!({ "count": 1, "jitter_warning": "1s" }), "send 5"),
        (json!({ "count": 0 }), "at least 1"),
        (json!({ "host": "192.0.2.1", "ip_family": "both" }), "`192.0.2.1` is an IPv4 address"),
        (json!({ "host": "2001:db8::1", "ip_family": "ipv4" }), "`2001:db8::1` is an IPv6 address"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_host_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["host"]["x-watchkeep-grant"], "icmp");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
