//! Answers to one question.

use watchkeep_plugin_dns::texts;

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
fn case_dots_blanks_and_forms_of_addresses_do_not_matter() {
    for (kind, written, sent) in [
        ("MX", "10  Mail.Example.com", "10 mail.example.com."),
        ("AAAA", "2001:DB8:0::1", "2001:db8::1"),
        ("TXT", "v=spf1 -all", "\"v=spf1 \" \"-all\""),
    ] {
        let route = match kind {
            "MX" => "dns MX example.com",
            "AAAA" => "dns AAAA example.com",
            _ => "dns TXT example.com",
        };
        let kind_of_reply: &'static str = match kind {
            "MX" => "MX",
            "AAAA" => "AAAA",
            _ => "TXT",
        };
        let ran =
            check(json!({ "type": kind, "expect": written }), [(route, records(kind_of_reply, &[sent]))]);
        assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
    }
    // What stands in quotation marks counts as it is.
    let case = json!({ "type": "TXT", "expect": "ABC" });
    assert_eq!(
        check(case, [("dns TXT example.com", records("TXT", &["\"abc\""]))]).report().state,
        State::Critical
    );
    assert_eq!(texts::text(r#""a\"b" "\097\\""#), r#"a"ba\"#);
    assert_eq!(texts::text("bare"), "bare");
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
    let ran = check(json!({}), [(A, cut.into()), (A, records("A", &["192.0.2.1"]))]);
    assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
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

/// Signed until so many days from the scripted moment, in the notation of zone files.
fn signed(ends: &[&str]) -> Reply {
    let mut answer = answered("A", &["192.0.2.1"]);
    for end in ends {
        let data = format!("A 13 2 300 {end} 20260201000000 34505 example.com. c2lnbmF0dXJl");
        answer.answers.extend(dns_answer("NOERROR", &[("example.com", "RRSIG", 300, &data)]).answers);
    }
    answer.into()
}

#[test]
fn a_signature_is_told_before_it_expires() {
    // The scripted moment is 2026-03-04T05:06:07Z.
    let limits = json!({ "signature_warning_days": 5, "signature_critical_days": 2 });
    let judged = |ends: &[&str]| check(limits.clone(), [(A, signed(ends))]);
    assert_eq!(judged(&["20260310000000"]).report().state, State::Ok);
    let ran = judged(&["20260308000000"]);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Warning, "A `192.0.2.1` in 10 ms; the signature expires in 3 days")
    );
    let ran = judged(&["20260305000000"]);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Critical, "A `192.0.2.1` in 10 ms; the signature expires in 18 hours")
    );
    assert!(judged(&["20260303000000"]).report().summary.ends_with("the signature has expired"));
    assert!(judged(&[]).report().summary.ends_with("the records are not signed"));
    // While keys are changed there are two.
    assert_eq!(judged(&["20260303000000", "20260320000000"]).report().state, State::Ok);
    let end = judged(&["20260310000000"]).report().value("dns_signature_expiry_timestamp_seconds");
    assert_eq!(end, Some(1_773_100_800.0));
}

#[test]
fn moments_of_signatures_are_read_and_nonsense_is_none() {
    let of = |word: &str| texts::expiry(&format!("A 13 2 300 {word} x"));
    assert_eq!(of("19700101000000"), Some(0));
    assert_eq!(of("20000229235960"), Some(951_868_800));
    assert_eq!(of("1772600767"), Some(1_772_600_767));
    assert_eq!(of("20260304050607").map(|end| end * 1_000), Some(NOW));
    for nonsense in
        ["", "20261301000000", "20260100000000", "2026010100000é", "99999999999999", "4294967296", "-1"]
    {
        assert_eq!(of(nonsense), None, "{nonsense}");
    }
    assert_eq!(texts::expiry("A 13"), None);
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

#[test]
fn texts_of_strangers_are_no_panic() {
    for data in ["\"", "\"\\", "\"\\0", "\"\\25", "\"\\256\"", "\"é\\", "\\", "\"\\999é\"", ""] {
        let _ = texts::text(data);
        let _ = texts::plain("TXT", data);
        let _ = texts::plain("MX", data);
    }
}
