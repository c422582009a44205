//! How long answers are signed for.

use watchkeep_plugin_dns::texts;

use super::*;

const A: &str = "dns A example.com";

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
        (
            State::Warning,
            "A `192.0.2.1` in 10 ms; the signature for A of `example.com` expires in 3 days, less than 5 days"
        )
    );
    let ran = judged(&["20260305000000"]);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (
            State::Critical,
            "A `192.0.2.1` in 10 ms; the signature for A of `example.com` expires in 18 hours, less than 2 days"
        )
    );
    assert!(
        judged(&["20260303000000"])
            .report()
            .summary
            .ends_with("the signature for A of `example.com` has expired")
    );
    assert!(judged(&[]).report().summary.ends_with("there is no signature for A of `example.com`"));
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

/// A signature for these records of this name.
fn signature(name: &'static str, kind: &str, end: &str) -> dns::Answer {
    let data = format!("{kind} 13 2 300 {end} 20260201000000 34505 example.com. c2lnbmF0dXJl");
    of(name, "RRSIG", &[&data])
}

/// What all of them say together.
fn together(parts: Vec<dns::Answer>) -> dns::Answer {
    let mut answer = dns_answer("NOERROR", &[]);
    answer.answers = parts.into_iter().flat_map(|part| part.answers).collect();
    answer
}

#[test]
fn an_alias_and_what_it_leads_to_have_signatures_of_their_own() {
    let judged = |more: Vec<dns::Answer>| {
        let mut parts = vec![
            of("example.com", "CNAME", &["far.example.net."]),
            of("far.example.net", "A", &["192.0.2.1"]),
        ];
        parts.extend(more);
        let ran = check(json!({ "signature_warning_days": 5 }), [(A, together(parts).into())]);
        (ran.report().state, ran.report().summary.clone())
    };
    let (alias, target) = (
        |end: &str| signature("example.com", "CNAME", end),
        |end: &str| signature("Far.Example.net", "A", end),
    );
    assert_eq!(judged(vec![alias("20260401000000"), target("20260401000000")]).0, State::Ok);
    let (state, said) = judged(vec![alias("20260401000000"), target("20260306060000")]);
    assert_eq!(state, State::Warning);
    assert!(
        said.ends_with("the signature for A of `far.example.net` expires in 2 days, less than 5 days"),
        "{said}"
    );
    let (state, said) = judged(vec![alias("20260401000000")]);
    assert_eq!(state, State::Critical);
    assert!(said.ends_with("there is no signature for A of `far.example.net`"), "{said}");
    // A signature of the same type, for another name.
    let (state, said) =
        judged(vec![signature("far.example.net", "CNAME", "20260401000000"), target("20260401000000")]);
    assert_eq!(state, State::Critical);
    assert!(said.ends_with("there is no signature for CNAME of `example.com`"), "{said}");
}

#[test]
fn an_alias_that_a_server_made_itself_needs_none() {
    let judged = |owner: &'static str| {
        let parts = vec![
            of(owner, "DNAME", &["example.net."]),
            signature(owner, "DNAME", "20260401000000"),
            of("a.example.com", "CNAME", &["a.example.net."]),
        ];
        let mut config: Value = serde_json::from_str(&config(json!({ "type": "CNAME" }))).unwrap();
        config["name"] = json!("a.example.com");
        config["signature_warning_days"] = json!(5);
        let host = Host::new().answer("dns CNAME a.example.com", Reply::from(together(parts)));
        host.check(run, &config.to_string()).report().state
    };
    assert_eq!(judged("example.com"), State::Ok);
    assert_eq!(judged("ample.com"), State::Critical);
}

#[test]
fn that_there_is_nothing_is_signed_too() {
    let judged = |end: Option<&str>| {
        let mut answer = dns_answer("NXDOMAIN", &[]);
        answer.authorities = of("example.com", "SOA", &["a. b. 1 2 3 4 5"]).answers;
        if let Some(end) = end {
            answer.authorities.extend(signature("example.com", "SOA", end).answers);
        }
        let more = json!({ "expect_status": "NXDOMAIN", "signature_warning_days": 5 });
        check(more, [(A, answer.into())]).report().state
    };
    assert_eq!(judged(Some("20260401000000")), State::Ok);
    assert_eq!(judged(Some("20260306060000")), State::Warning);
    assert_eq!(judged(None), State::Critical);
}
