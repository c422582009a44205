//! A second try before a failure counts, and both families of addresses.

use std::time::Duration;

use serde_json::json;
use watchkeep_plugin_http::run;
use watchkeep_sdk::http::{FailureKind, Family, Phase};
use watchkeep_sdk::testing::{Answer, Host};
use watchkeep_sdk::{Fault, State};

use crate::checks::{GET, config};

#[test]
fn a_second_try_settles_it_and_the_first_one_is_told() {
    let twice = config(json!({ "attempts": 2 }));
    let ran = Host::new()
        .answer(GET, Answer::status(503))
        .answer(GET, Answer::status(200).after(Duration::from_millis(30)))
        .check(run, &twice);
    let report = ran.report();
    assert_eq!(
        (report.state, &*report.summary),
        (State::Ok, "status 200 in 30 ms; the first try failed: status 503 in 10 ms; expected 200-299")
    );
    assert_eq!(
        (report.value("probe_duration_seconds"), report.value("probe_attempts")),
        (Some(0.03), Some(2.0))
    );

    let ran =
        Host::new().answer(GET, Answer::status(503)).answer(GET, Answer::status(500)).check(run, &twice);
    assert_eq!(ran.report().state, State::Critical);
    assert_eq!(
        ran.report().summary,
        "status 500 in 10 ms; expected 200-299; try 2 of 2; the first one said: status 503 in 10 ms; expected 200-299"
    );
    // One that is well is not asked again, nor one that cannot be judged.
    let ran = Host::new().answer(GET, Answer::status(200)).check(run, &twice);
    assert_eq!((ran.report().value("probe_attempts"), ran.sent.len()), (Some(1.0), 1));
    let ran = Host::new().answer(GET, Answer::denied("denied")).check(run, &twice);
    assert_eq!(ran.error(), &Fault::Denied("denied".to_owned()));
}

#[test]
fn who_hangs_leaves_time_for_the_other_tries() {
    let hangs = || Answer::status(200).after(Duration::from_secs(60));
    let ran = Host::new()
        .answer(GET, hangs())
        .answer(GET, hangs())
        .answer(GET, Answer::status(200))
        .check(run, &config(json!({ "attempts": 3 })));
    assert_eq!(ran.report().state, State::Ok);
    let given: Vec<_> = ran.sent.iter().map(|sent| sent.timeout).collect();
    assert_eq!(given, [Some(3_333), Some(3_333), None]);
    let ran = Host::new()
        .answer(GET, hangs())
        .answer(GET, Answer::status(200))
        .check(run, &config(json!({ "attempts": 2, "timeout": "1s" })));
    assert_eq!(ran.sent[0].timeout, Some(1_000));
}

#[test]
fn each_family_is_a_finding_with_its_own_state_and_numbers() {
    let both = config(json!({ "ip_family": "both" }));
    let ran = Host::new()
        .answer(GET, Answer::status(200))
        .answer(GET, Answer::failure(FailureKind::NameNotFound, Phase::Name, "no such name"))
        .check(run, &both);
    let report = ran.report();
    assert_eq!(
        (report.state, &*report.summary),
        (State::Critical, "1 of 2 critical: IPv6: name not found after 10 ms: no such name")
    );
    let families: Vec<_> = ran.sent.iter().map(|sent| sent.family).collect();
    assert_eq!(families, [Family::Ipv4, Family::Ipv6]);
    let findings: Vec<_> =
        report.findings.iter().map(|finding| (&*finding.key, finding.state, &*finding.summary)).collect();
    assert_eq!(findings[0], ("ipv4", State::Ok, "IPv4: status 200 in 10 ms"));
    assert_eq!((findings[1].0, findings[1].1), ("ipv6", State::Critical));
    assert!(report.findings[0].metrics.iter().any(|metric| metric.name == "probe_duration_seconds"));
    assert_eq!(report.value("probe_success"), Some(0.0));

    let ran = Host::new().answer(GET, Answer::status(200)).answer(GET, Answer::status(204)).check(run, &both);
    assert_eq!(ran.report().summary, "IPv4: status 200 in 10 ms; IPv6: status 204 in 10 ms");
    assert_eq!(ran.sent[0].timeout, Some(5_000), "the other family has half of the time");
}

#[test]
fn a_family_that_cannot_be_judged_hides_no_outage() {
    let both = config(json!({ "ip_family": "both" }));
    let ran =
        Host::new().answer(GET, Answer::denied("denied")).answer(GET, Answer::status(500)).check(run, &both);
    assert_eq!(ran.report().state, State::Critical);
    assert_eq!(ran.report().findings[0].state, State::Unknown);
    let ran =
        Host::new().answer(GET, Answer::denied("denied")).answer(GET, Answer::status(200)).check(run, &both);
    assert_eq!(ran.error(), &Fault::Denied("denied".to_owned()));
}
