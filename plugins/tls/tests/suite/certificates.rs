//! What is said of certificates: ends, names, trust, issuers, keys.

use watchkeep_sdk::net::Timings;

use super::*;

#[test]
fn a_trusted_chain_that_lasts_is_ok_and_says_how_long() {
    says(
        json!({}),
        facts(62),
        State::Ok,
        "TLSv1.3 in 20 ms; certificate `CN=shop.example.com` expires in 62 days",
    );
}

#[test]
fn what_expires_soon_is_a_warning_and_then_critical() {
    let soon = |days, state, said: &str| {
        says(
            json!({}),
            facts(days),
            state,
            &format!("TLSv1.3 in 20 ms; certificate `CN=shop.example.com` {said}"),
        )
    };
    soon(14, State::Ok, "expires in 14 days");
    soon(13, State::Warning, "expires in 13 days");
    soon(3, State::Warning, "expires in 3 days");
    soon(2, State::Critical, "expires in 2 days");
    soon(0, State::Critical, "has expired");
    let own = json!({ "expiry_warning_days": 30, "expiry_critical_days": 20 });
    assert_eq!(check(own.clone(), facts(25)).report().state, State::Warning);
    assert_eq!(check(own, facts(19)).report().state, State::Critical);
    assert_eq!(
        check(json!({ "expiry_warning_days": 0, "expiry_critical_days": 0 }), facts(1)).report().state,
        State::Ok
    );
}

#[test]
fn every_member_that_the_trust_rests_on_is_looked_at_and_no_other() {
    let mut shown = facts(62);
    shown.chain[1].not_after = NOW + DAY;
    says(
        json!({}),
        shown.clone(),
        State::Critical,
        "TLSv1.3 in 20 ms; certificate `CN=Example CA` expires in 1 day",
    );
    // A cross-certificate that is sent without need harms nobody.
    let beside = Inspection { facts: shown, path: vec![0], timings: Timings::default() };
    assert_eq!(inspected(json!({}), beside).report().state, State::Ok);
}

#[test]
fn an_untrusted_chain_is_critical_unless_nobody_asks_for_trust() {
    let shown = || untrusted(facts(62), "it is self-signed");
    says(
        json!({}),
        shown(),
        State::Critical,
        "TLSv1.3 in 20 ms; the certificate is not trusted: it is self-signed",
    );
    says(
        json!({ "ignore_trust": true }),
        shown(),
        State::Ok,
        "TLSv1.3 in 20 ms; certificate `CN=shop.example.com` expires in 62 days",
    );
    // Its end counts all the same.
    assert_eq!(
        check(json!({ "ignore_trust": true }), untrusted(facts(2), "")).report().state,
        State::Critical
    );
}

#[test]
fn a_certificate_is_known_by_its_fingerprint_in_any_form() {
    let colons = ["00"; 32].join(":");
    says_ok(json!({ "fingerprints": colons }));
    says_ok(json!({ "fingerprints": ["11".repeat(32), "00".repeat(32)] }));
    says(
        json!({ "fingerprints": "11".repeat(32), "ignore_trust": true }),
        untrusted(facts(62), "it is self-signed"),
        State::Critical,
        &format!("TLSv1.3 in 20 ms; the certificate is another one: its SHA-256 is {}", "00".repeat(32)),
    );
}

#[track_caller]
fn says_ok(more: Value) {
    assert_eq!(check(more, facts(62)).report().state, State::Ok);
}

#[test]
fn other_names_and_the_issuer_are_held_to_what_is_expected() {
    let mut shown = facts(62);
    shown.chain[0].names = vec!["shop.example.com".into(), "*.static.example.com".into()];
    let names = |names: Value| check(json!({ "names": names }), shown.clone());
    assert_eq!(names(json!(["SHOP.example.com", "a.static.example.com"])).report().state, State::Ok);
    for missing in ["static.example.com", "a.b.static.example.com", "www.shop.example.com"] {
        let ran = names(json!(missing));
        let said = format!(
            "TLSv1.3 in 20 ms; the certificate is not for `{missing}`, but for shop.example.com, *.static.example.com"
        );
        assert_eq!((ran.report().state, &ran.report().summary), (State::Critical, &said));
    }
    says_ok(json!({ "issuer": "Example CA" }));
    says(
        json!({ "issuer": "Let's Encrypt" }),
        facts(62),
        State::Critical,
        "TLSv1.3 in 20 ms; the certificate is issued by `CN=Example CA`; expected `Let's Encrypt`",
    );
}

#[test]
fn short_keys_and_weak_signatures_are_warnings() {
    let mut shown = facts(62);
    (shown.chain[0].key_algorithm, shown.chain[0].key_bits) = ("rsaEncryption".into(), 1_024);
    shown.chain[1].signature_algorithm = "sha1WithRSAEncryption".into();
    shown.chain[1].issuer = "CN=Root".into();
    says(
        json!({}),
        shown.clone(),
        State::Warning,
        "TLSv1.3 in 20 ms; the key of `CN=shop.example.com` has 1024 bits, fewer than 2048; \
         the signature on `CN=Example CA` is a weak one: sha1WithRSAEncryption",
    );
    // Nobody believes what a root says of itself by its signature.
    shown.chain[1].subject = shown.chain[1].issuer.clone();
    assert_eq!(check(json!({ "minimum_rsa_bits": 1024 }), shown).report().state, State::Ok);
}

#[test]
fn all_that_is_wrong_is_said_and_the_chain_is_in_the_details() {
    let mut shown = untrusted(facts(62), "it is self-signed");
    shown.chain[0].key_bits = 160;
    let ran = check(json!({ "ignore_trust": true, "issuer": "Other", "names": "www.example.com" }), shown);
    let report = ran.report();
    assert_eq!(report.state, State::Critical);
    for said in ["not for `www.example.com`", "expected `Other`", "has 160 bits, fewer than 256"] {
        assert!(report.summary.contains(said), "{said}: {}", report.summary);
    }
    let details = report.details.as_deref().unwrap();
    assert!(
        details.contains("0 certificate `CN=shop.example.com` expires in 62 days, issued by CN=Example CA"),
        "{details}"
    );
    assert!(details.contains("1 certificate `CN=Example CA` expires in 900 days"), "{details}");
}
