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
    assert_eq!(ran.slept, [Duration::from_secs(1)], "what is asked a moment later confirms nothing");

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
    assert_eq!(given, [Some(2_666), Some(2_667), None], "a third of what the pauses leave");
    let at_once = config(json!({ "attempts": 3, "attempts_pause": "0s" }));
    let ran = Host::new()
        .answer(GET, hangs())
        .answer(GET, hangs())
        .answer(GET, Answer::status(200))
        .check(run, &at_once);
    let given: Vec<_> = ran.sent.iter().map(|sent| sent.timeout).collect();
    assert_eq!((given, ran.slept.len()), (vec![Some(3_333), Some(3_333), None], 0));
    let ran = Host::new()
        .answer(GET, hangs())
        .answer(GET, Answer::status(200))
        .check(run, &config(json!({ "attempts": 2, "timeout": "1s" })));
    assert_eq!(ran.sent[0].timeout, Some(1_000));
}

/// Down for two seconds, then well.
fn restarting() -> Host {
    Host::new()
        .served_in_time(|_, gone| Answer::status(if gone < Duration::from_secs(2) { 503 } else { 200 }))
}

#[test]
fn what_is_well_after_a_pause_is_well() {
    for (pause, attempts, state, tries) in [
        ("0s", 5, State::Critical, 5),
        ("500ms", 2, State::Critical, 2),
        ("500ms", 5, State::Ok, 5),
        ("1s", 3, State::Ok, 3),
        ("2s", 2, State::Ok, 2),
    ] {
        let config = config(json!({ "attempts": attempts, "attempts_pause": pause }));
        let ran = restarting().check(run, &config);
        assert_eq!((ran.report().state, ran.sent.len()), (state, tries), "{pause}: {}", ran.report().summary);
    }
    // A whole journey waits as one request does.
    let steps = json!({ "step": [{ "url": "https://a.example/" }], "attempts": 2, "attempts_pause": "2s" });
    let ran = restarting().check(run, &steps.to_string());
    assert_eq!((ran.report().state, ran.slept), (State::Ok, vec![Duration::from_secs(2)]));
}

#[test]
fn a_failure_counts_at_once_where_a_pause_and_a_try_do_not_fit() {
    let ran = restarting().check(run, &config(json!({ "attempts": 2, "attempts_pause": "1m" })));
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (
            State::Critical,
            "status 503 in 10 ms; expected 200-299; not tried again: 9.9 s remain, too little for a pause of 60.0 s and another \
             try; hint: raise the check's `timeout`, or lower `attempts_pause`"
        )
    );
    assert_eq!(
        (ran.sent.len(), ran.slept.len(), ran.sent[0].timeout),
        (1, 0, None),
        "all of the time is its own"
    );
    // Three tries fit, and two pauses; the fourth would have too little.
    let ran = Host::new()
        .served_in_time(|_, _| Answer::status(503).after(Duration::from_millis(1_600)))
        .check(run, &config(json!({ "attempts": 5, "attempts_pause": "2s" })));
    let said = &ran.report().summary;
    assert!(said.contains("; not tried again: 1.2 s remain, ") && said.contains("; try 3 of 5; "), "{said}");
    assert_eq!(ran.report().value("probe_attempts"), Some(3.0));
    // Who hangs has no more than what leaves the others their pause.
    let hangs = Host::new().served_in_time(|_, _| Answer::status(200).after(Duration::from_secs(60)));
    let ran = hangs.check(run, &config(json!({ "attempts": 2, "attempts_pause": "4s" })));
    let given: Vec<_> = ran.sent.iter().map(|sent| sent.timeout).collect();
    assert_eq!(given, [Some(3_000), None]);
    // With two families, neither waits in the other's time.
    let both = json!({ "attempts": 2, "attempts_pause": "2s", "ip_family": "both" });
    let ran = restarting().check(run, &config(both));
    let said = ran.report().summary.clone();
    assert_eq!(
        (ran.report().state, ran.slept, ran.sent.len()),
        (State::Ok, vec![Duration::from_secs(2)], 3),
        "{said}"
    );
    let both = json!({ "attempts": 2, "attempts_pause": "5s", "ip_family": "both" });
    let ran = restarting().check(run, &config(both));
    let states: Vec<_> = ran.report().findings.iter().map(|finding| finding.state).collect();
    assert_eq!(
        (states, ran.slept.len()),
        (vec![State::Critical, State::Ok], 1),
        "the last one has what remains"
    );
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
