//! What a list is believed, and what it is not.

use super::*;

const TEST: &str = "dns A 2.0.0.127.a.example";
const COUNTER: &str = "dns A 1.0.0.127.a.example";
const OURS: &str = "dns A 25.2.0.192.a.example";

/// The only list is not judged, for this reason.
#[track_caller]
fn unjudged(host: Host, why: &str) {
    let ran = host.check(run, &config(json!({})));
    let said = format!("no list could be judged; a.example: {why}");
    assert_eq!(ran.result, Err(Fault::Inconclusive(said)));
}

#[test]
fn a_list_that_fails_its_own_test_is_not_asked_further() {
    unjudged(
        Host::new().answer(TEST, not_listed()),
        "it does not list 127.0.0.2, which every list has for a test",
    );
    unjudged(
        Host::new().answer(TEST, listed(&["127.0.0.2"])).answer(COUNTER, listed(&["127.0.0.2"])),
        "it lists 127.0.0.1, as one that lists everything does",
    );
}

#[test]
fn whatever_is_neither_yes_nor_no_is_not_judged() {
    for (answer, why) in [
        (dns_answer("SERVFAIL", &[]).into(), "it says SERVFAIL"),
        (dns_answer("REFUSED", &[]).into(), "it says REFUSED"),
        (dns_answer("\u{1b}[2J", &[]).into(), r"it says \u{1b}[2J"),
        (listed(&["127.255.255.252"]), "it refuses: the zone's name is wrong (127.255.255.252)"),
        (
            listed(&["127.0.0.2", "127.255.255.254"]),
            "it refuses: the question came through a public resolver; hint: name a `server` of your own (127.255.255.254)",
        ),
        (listed(&["127.255.255.255"]), "it refuses: too many questions (127.255.255.255)"),
        (listed(&["127.255.255.1"]), "it refuses (127.255.255.1)"),
        (listed(&["127.0.0.1"]), "that is not a block list's answer (127.0.0.1)"),
        (
            listed(&["203.0.113.9"]),
            "that is not a block list's answer; its zone may have lapsed, or the resolver makes answers up (203.0.113.9)",
        ),
        (listed(&["127.0.0"]), "it answers `127.0.0`"),
        (failing(FailureKind::TimedOut), "timed out waiting for an answer from 192.0.2.53:53 after 10 ms"),
        (failing(FailureKind::Refused), "connection refused by 192.0.2.53:53 after 10 ms"),
    ] {
        let answer: Reply = answer;
        unjudged(tested(Host::new(), "a.example").answer(OURS, answer.clone()), why);
        unjudged(Host::new().answer(TEST, answer.clone()), why);
        unjudged(Host::new().answer(TEST, listed(&["127.0.0.2"])).answer(COUNTER, answer), why);
    }
}

#[test]
fn a_name_without_addresses_is_not_listed() {
    let host = tested(Host::new(), "a.example").answer(OURS, listed(&[]));
    let ran = host.check(run, &config(json!({})));
    assert_eq!(
        judged(&ran),
        (State::Ok, "192.0.2.25: Good, score 100, not listed by the list that was judged")
    );
}

#[test]
fn a_right_that_is_missing_is_a_fault() {
    let denied = || Reply::from(Answer::denied("no right"));
    for host in [Host::new().answer(TEST, denied()), tested(Host::new(), "a.example").answer(OURS, denied())]
    {
        assert_eq!(host.check(run, &config(json!({}))).result, Err(Fault::Denied("no right".to_owned())));
    }
}

#[test]
fn reasons_are_shown_as_texts_of_strangers() {
    let host = tested(Host::new(), "a.example").answer(OURS, listed(&["127.0.0.2"]));
    let long = "y".repeat(100_000);
    let texts = ["\"see https://a.example/\" \"q?25\"", "\"\u{1b}[2J\u{7}\"", &long, "one too many"];
    let texts: Vec<_> = texts.iter().map(|text| ("x", "TXT", 300, *text)).collect();
    let host = host.answer("dns TXT 25.2.0.192.a.example", dns_answer("NOERROR", &texts));
    let ran = host.check(run, &config(json!({})));
    let details = ran.report().details.clone().unwrap();
    let (first, more) = details.split_once("q?25`: `").unwrap();
    assert_eq!(first, "192.0.2.25 a.example (127.0.0.2): `see https://a.example/");
    assert!(more.starts_with(r"\u{1b}[2J\u{7}`: `yyyy") && more.ends_with("yyy...`"), "{more}");
}

#[test]
fn a_listing_is_certain_without_a_reason() {
    let host = tested(Host::new(), "a.example").answer(OURS, listed(&["127.0.0.2"]));
    let host = host.answer("dns TXT 25.2.0.192.a.example", failing(FailureKind::TimedOut));
    let ran = host.check(run, &config(json!({ "score_warning": 100 })));
    assert_eq!(
        judged(&ran),
        (State::Warning, "192.0.2.25: Warning, score 70, listed by a.example (127.0.0.2)")
    );
}

#[test]
fn addresses_of_ipv6_are_asked_as_such_and_tested_apart() {
    let zeros = "0.".repeat(20);
    let test = |last: u8| format!("dns A {last}.0.0.0.0.0.f.7.f.f.f.f.{zeros}a.example");
    let of = "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.a.example";
    let both = || config(json!({ "addresses": [IP, "2001:db8::25"] }));
    let host = || says(Host::new(), "a.example", BACKWARDS, &[]).answer(&test(2), listed(&["127.0.0.2"]));
    let well = host()
        .answer(&test(1), not_listed())
        .answer(&format!("dns A {of}"), listed(&["127.0.0.2"]))
        .answer(&format!("dns TXT {of}"), not_listed());
    let ran = well.check(run, &both());
    let states: Vec<_> = ran.report().findings.iter().map(|one| (&*one.key, one.state)).collect();
    assert_eq!(states, [(IP, State::Ok), ("2001:db8::25", State::Ok)]);
    assert!(ran.report().findings[1].summary.contains("score 70, listed by a.example"));
    // It has none of IPv6, and says so by its test.
    let ran =
        says(Host::new(), "a.example", BACKWARDS, &[]).answer(&test(2), not_listed()).check(run, &both());
    assert_eq!(ran.report().findings[1].state, State::Unknown);
    assert!(ran.report().details.as_ref().unwrap().contains("it does not list ::ffff:127.0.0.2"));
    // One that is told to have none is not asked.
    let own = json!([{ "zone": "a.example", "ip_family": "ipv4" }, { "zone": "b.example" }]);
    let both = config(json!({ "addresses": [IP, "2001:db8::25"], "own_lists": own }));
    let b = |host: Host| host.answer(&test(2).replace("a.example", "b.example"), not_listed());
    let host = b(says(says(Host::new(), "a.example", BACKWARDS, &[]), "b.example", BACKWARDS, &[]));
    let ran = host.check(run, &both);
    assert!(ran.report().findings[0].summary.ends_with("listed by none of 2"));
    assert!(ran.report().findings[1].summary.ends_with("not judged; not judged: b.example"));
}

#[test]
fn a_server_of_ones_own_is_asked_everything() {
    let at = "@192.0.2.53:5353";
    let host = Host::new()
        .answer(&format!("{TEST} {at}"), listed(&["127.0.0.2"]))
        .answer(&format!("{COUNTER} {at}"), not_listed())
        .answer(&format!("{OURS} {at}"), listed(&["127.0.0.2"]))
        .answer(&format!("dns TXT 25.2.0.192.a.example {at}"), not_listed());
    host.check(run, &config(json!({ "server": "192.0.2.53:5353" }))).report();
}
