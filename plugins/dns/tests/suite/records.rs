//! Answers to one question.

use super::*;

const A: &str = "dns A example.com";

#[track_caller]
fn says(more: Value, reply: Reply, state: State, summary: &str) {
    let route = match more["type"].as_str() {
        Some("MX") => "dns MX example.com",
        Some("TXT") => "dns TXT example.com",
        Some("AAAA") => "dns AAAA example.com",
        _ => A,
    };
    let ran = check(more, [(route, reply)]);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[test]
fn some_answer_is_expected_where_nothing_is_said() {
    says(json!({}), records("A", &["192.0.2.1"]), State::Ok, "A `192.0.2.1` in 10 ms");
    says(json!({}), records("A", &[]), State::Critical, "A nothing in 10 ms; there is no record of type A");
    says(
        json!({}),
        status("NXDOMAIN"),
        State::Critical,
        "A nothing in 10 ms; it says NXDOMAIN; expected NOERROR",
    );
    says(json!({ "expect_status": "NXDOMAIN" }), status("NXDOMAIN"), State::Ok, "A nothing in 10 ms");
    says(
        json!({ "expect_status": ["NXDOMAIN", "REFUSED"] }),
        records("A", &["192.0.2.1"]),
        State::Critical,
        "A `192.0.2.1` in 10 ms; it says NOERROR; expected NXDOMAIN or REFUSED",
    );
}

#[test]
fn answers_are_compared_in_any_order_and_as_a_whole() {
    let both = json!({ "expect": ["192.0.2.2", "192.0.2.1"] });
    says(
        both.clone(),
        records("A", &["192.0.2.1", "192.0.2.2"]),
        State::Ok,
        "A `192.0.2.1`, `192.0.2.2` in 10 ms",
    );
    says(
        both.clone(),
        records("A", &["192.0.2.1", "203.0.113.9"]),
        State::Critical,
        "A `192.0.2.1`, `203.0.113.9` in 10 ms; `192.0.2.2` is missing; `203.0.113.9` is not expected",
    );
    let some = json!({ "expect_some": "192.0.2.1" });
    assert_eq!(
        check(some.clone(), [(A, records("A", &["192.0.2.9", "192.0.2.1"]))]).report().state,
        State::Ok
    );
    assert_eq!(check(some, [(A, records("A", &["192.0.2.9"]))]).report().state, State::Critical);
    says(
        json!({ "do_not_expect": "203.0.113.9" }),
        records("A", &["203.0.113.9"]),
        State::Critical,
        "A `203.0.113.9` in 10 ms; `203.0.113.9` must not be there",
    );
    assert_eq!(
        check(json!({ "do_not_expect": "203.0.113.9" }), [(A, records("A", &[]))]).report().state,
        State::Ok
    );
}

#[test]
fn several_servers_are_findings_of_their_own() {
    let ran = check(
        json!({ "server": ["192.0.2.53", "192.0.2.54:5353"], "expect": "192.0.2.1" }),
        [
            ("dns A example.com @192.0.2.53:53", records("A", &["192.0.2.1"])),
            ("dns A example.com @192.0.2.54:5353", failing(FailureKind::TimedOut, Phase::Wait)),
        ],
    );
    assert_eq!(
        findings(&ran),
        [
            ("A at 192.0.2.53", State::Ok, "A `192.0.2.1` in 10 ms"),
            (
                "A at 192.0.2.54:5353",
                State::Critical,
                "timed out waiting for an answer from 192.0.2.53:53 after 10 ms"
            ),
        ]
    );
    assert_eq!(ran.report().value("probe_success"), Some(0.0));
}

#[test]
fn what_is_cut_off_is_asked_for_again() {
    let cut = dns::Answer { truncated: true, ..dns_answer("NOERROR", &[]) };
    let ran = check(json!({}), [(A, cut.clone().into()), (A, records("A", &["192.0.2.1"]))]);
    assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
    // A server that answers over UDP alone would look as if it were there for others.
    let ran = check(json!({}), [(A, cut.into()), (A, failing(FailureKind::Refused, Phase::Connect))]);
    assert_eq!(
        ran.report().summary,
        "the answer does not fit into a datagram, and over TCP: connection refused by 192.0.2.53:53 after 10 ms"
    );
}

#[test]
fn a_server_of_its_own_and_checked_signatures_can_be_asked_for() {
    assert_eq!(
        check(json!({ "authoritative": true }), [(A, own("A", &["192.0.2.1"]))]).report().state,
        State::Ok
    );
    let ran = check(json!({ "authoritative": true }), [(A, records("A", &["192.0.2.1"]))]);
    assert!(ran.report().summary.ends_with("the answer is not the server's own"));
    let checked = dns::Answer { authenticated: true, ..answered("A", &["192.0.2.1"]) };
    assert_eq!(check(json!({ "authenticated": true }), [(A, checked.into())]).report().state, State::Ok);
    let ran = check(json!({ "authenticated": true }), [(A, records("A", &["192.0.2.1"]))]);
    assert!(ran.report().summary.ends_with("the resolver does not say that it has checked the signatures"));
}

#[test]
fn a_resolver_that_cannot_be_asked_is_critical_and_a_missing_right_a_fault() {
    let ran = check(json!({}), [(A, failing(FailureKind::Refused, Phase::Wait))]);
    assert_eq!(ran.report().summary, "connection refused by 192.0.2.53:53 after 10 ms");
    let ran = check(json!({}), [(A, Answer::denied("denied: dns").into())]);
    assert!(matches!(ran.error(), Fault::Denied(_)));
}

#[test]
fn slowness_and_many_answers_are_told_in_short() {
    assert_eq!(
        check(json!({ "response_time_warning": "9ms" }), [(A, records("A", &["192.0.2.1"]))]).report().state,
        State::Warning
    );
    let many: Vec<String> = (0..2_000).map(|at| format!("10.0.{}.{}", at / 250, at % 250)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let ran = check(json!({ "expect": "192.0.2.1" }), [(A, records("A", &many))]);
    assert!(ran.report().summary.contains("and 1990 more is not expected"), "{}", ran.report().summary);
    assert!(ran.report().summary.len() < 1_024);
}
