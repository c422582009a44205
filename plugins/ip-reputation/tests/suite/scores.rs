//! Weights, scores, states.

use super::*;

fn all(more: Value, but: &[(&str, &[&str])]) -> Ran<Report, Fault> {
    let mut given = json!({ "addresses": IP });
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    known(Host::new(), but).check(run, &given.to_string())
}

#[test]
fn an_address_that_nobody_lists_is_good() {
    let ran = all(json!({ "provider": "Example Hosting" }), &[]);
    let said = "192.0.2.25 (Example Hosting): Good, score 100, listed by none of 5";
    assert_eq!(judged(&ran), (State::Ok, said));
    assert_eq!(
        (value(&ran, "ip_reputation_score"), value(&ran, "ip_reputation_lists_unjudged")),
        (Some(100.0), Some(0.0))
    );
    let finding = &ran.report().findings[0];
    assert_eq!((&*finding.key, &*finding.labels[0].value), (IP, "Example Hosting"));
    let listed = finding.metrics.iter().filter(|metric| metric.name == "ip_reputation_listed").count();
    assert_eq!((listed, ran.report().value("probe_success")), (5, Some(1.0)));
    assert_eq!(ran.report().details, None);
}

#[test]
fn spamhaus_and_barracuda_are_critical_and_say_what_to_do() {
    let ran = all(json!({}), &[("zen.spamhaus.org", &["127.0.0.4", "127.0.0.2"])]);
    let said = "192.0.2.25: Critical, score 40, listed by Spamhaus ZEN (127.0.0.2 SBL, 127.0.0.4 XBL)";
    assert_eq!(judged(&ran), (State::Critical, said));
    let details = ran.report().details.clone().unwrap();
    assert!(
        details
            .contains("; delisting: end the cause, then look the address up and ask for its removal, at https://check.spamhaus.org/")
    );
    assert_eq!(ran.report().findings[0].link.as_deref(), Some("https://check.spamhaus.org/"));
    assert_eq!(ran.report().value("probe_success"), Some(0.0));
    let ran = all(json!({}), &[("b.barracudacentral.org", &["127.0.0.2"])]);
    assert_eq!(
        judged(&ran),
        (State::Critical, "192.0.2.25: Critical, score 60, listed by Barracuda (127.0.0.2)")
    );
    assert!(
        ran.report()
            .details
            .as_ref()
            .unwrap()
            .contains("https://www.barracudacentral.org/rbl/removal-request")
    );
    // By the score alone, where nobody is critical by name.
    let ran = all(json!({ "critical_lists": [] }), &[("b.barracudacentral.org", &["127.0.0.2"])]);
    assert_eq!(ran.report().state, State::Warning);
}

#[test]
fn a_policy_weighs_as_such_and_is_not_critical() {
    let zen: &[&str] = &["127.0.0.10"];
    let ran = all(json!({}), &[("zen.spamhaus.org", zen)]);
    let said = "192.0.2.25: Warning, score 60, listed by Spamhaus ZEN (127.0.0.10 PBL, policy)";
    assert_eq!(judged(&ran), (State::Warning, said));
    let ran = all(json!({ "policy_weight": 0 }), &[("zen.spamhaus.org", zen)]);
    assert_eq!(ran.report().state, State::Ok);
    let ran = all(json!({}), &[("zen.spamhaus.org", &["127.0.0.11", "127.0.0.3"])]);
    assert_eq!(ran.report().state, State::Critical);
}

#[test]
fn a_score_is_held_against_its_thresholds() {
    let one: &[&str] = &["127.0.0.2"];
    let both: &[(&str, &[&str])] = &[("dnsbl-1.uceprotect.net", one), ("psbl.surriel.com", one)];
    for (more, but, state, score) in [
        (json!({}), &both[..1], State::Ok, 80.0),
        (json!({}), both, State::Warning, 60.0),
        (json!({ "score_warning": 60 }), both, State::Ok, 60.0),
        (json!({ "score_critical": 60 }), both, State::Warning, 60.0),
        (json!({ "score_critical": 61 }), both, State::Critical, 60.0),
        (json!({ "weights": { "psbl": 100, "uceprotect": 90 } }), both, State::Warning, 0.0),
        (json!({ "weights": { "psbl": 0 } }), both, State::Ok, 80.0),
    ] {
        let ran = all(more, but);
        assert_eq!((ran.report().state, value(&ran, "ip_reputation_score")), (state, Some(score)));
    }
    let ran = all(json!({}), &[("bl.spamcop.net", one)]);
    assert_eq!(
        judged(&ran),
        (State::Warning, "192.0.2.25: Warning, score 65, listed by SpamCop (127.0.0.2)")
    );
}

#[test]
fn a_list_of_ones_own_has_its_own_weight_policy_and_advice() {
    let own = json!([{
        "zone": "a.example", "name": "ours", "weight": 90, "policy": ["127.0.0.77"], "delisting": "ask Kari"
    }]);
    let config = config(json!({ "own_lists": own, "critical_lists": "ours" }));
    let ran = says(Host::new(), "a.example", BACKWARDS, &["127.0.0.9"]).check(run, &config);
    assert_eq!(judged(&ran), (State::Critical, "192.0.2.25: Critical, score 10, listed by ours (127.0.0.9)"));
    assert_eq!(ran.report().details.as_deref(), Some("192.0.2.25 ours (127.0.0.9); delisting: ask Kari"));
    let ran = says(Host::new(), "a.example", BACKWARDS, &["127.0.0.77"]).check(run, &config);
    assert_eq!(
        judged(&ran),
        (State::Warning, "192.0.2.25: Warning, score 60, listed by ours (127.0.0.77, policy)")
    );
}

fn one_of_two(more: Value) -> Ran<Report, Fault> {
    let mut given = json!({ "own_lists": [{ "zone": "a.example" }, { "zone": "b.example" }] });
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let host = says(Host::new(), "a.example", BACKWARDS, &[]);
    host.answer("dns A 2.0.0.127.b.example", failing(FailureKind::TimedOut)).check(run, &config(given))
}

#[test]
fn lists_that_could_not_be_judged_are_told_and_count_as_the_operator_says() {
    let ran = one_of_two(json!({}));
    let said = "192.0.2.25: Good, score 100, not listed by the list that was judged; not judged: b.example";
    assert_eq!(judged(&ran), (State::Ok, said));
    assert_eq!(value(&ran, "ip_reputation_lists_unjudged"), Some(1.0));
    let details = ran.report().details.clone().unwrap();
    assert_eq!(
        details,
        "192.0.2.25 b.example: not judged, timed out waiting for an answer from 192.0.2.53:53 after 10 ms"
    );
    assert_eq!(one_of_two(json!({ "unjudged": "warning" })).report().state, State::Warning);
    assert_eq!(one_of_two(json!({ "unjudged": "unknown" })).report().state, State::Unknown);
}

#[test]
fn each_address_is_a_finding_and_the_worst_is_said() {
    let host = tested(Host::new(), "a.example")
        .answer("dns A 1.2.0.192.a.example", not_listed())
        .answer("dns A 2.2.0.192.a.example", listed(&["127.0.0.2"]))
        .answer("dns TXT 2.2.0.192.a.example", not_listed());
    let config = config(json!({ "addresses": ["192.0.2.1", "192.0.2.2"], "critical_lists": "a.example" }));
    let ran = host.check(run, &config);
    let said = "1 of 2 critical: 192.0.2.2: Critical, score 70, listed by a.example (127.0.0.2)";
    assert_eq!(judged(&ran), (State::Critical, said));
    assert_eq!(ran.report().findings.len(), 2);
}

#[test]
fn fifty_addresses_on_all_lists_fit_into_a_report() {
    let own: Vec<Value> = (0..10).map(|at| json!({ "zone": format!("l{at}.example") })).collect();
    let addresses: Vec<String> = (1..=50).map(|at| format!("192.0.2.{at}")).collect();
    let mut host = Host::new();
    for list in 0..10 {
        host = tested(host, &format!("l{list}.example"));
        for at in 1..=50 {
            let of = format!("{at}.2.0.192.l{list}.example");
            host = host.answer(&format!("dns A {of}"), listed(&["127.0.0.2"; 20]));
            let long = format!("\"{}\"", "x".repeat(500));
            host = host.answer(&format!("dns TXT {of}"), dns_answer("NOERROR", &[("x", "TXT", 1, &long)]));
        }
    }
    let config = config(json!({ "addresses": addresses, "own_lists": own }));
    let ran = host.deadline(std::time::Duration::from_secs(600)).check(run, &config);
    assert!(ran.report().details.as_ref().unwrap().len() <= 64 << 10);
}
