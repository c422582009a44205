//! SPF, DMARC and DKIM.

use super::*;

const TXT: &str = "dns TXT example.com";

#[track_caller]
fn says(more: Value, route: &'static str, texts: &[&str], state: State, summary: &str) {
    let ran = check(more, [(route, records("TXT", texts))]);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[test]
fn spf_is_one_record_and_the_expected_one() {
    let spf = || json!({ "spf": "v=spf1 include:_spf.example.com -all" });
    says(
        spf(),
        TXT,
        &["\"google-site-verification=x\"", "\"v=spf1 include:_spf\" \".example.com  -all\""],
        State::Ok,
        "`example.com` has `v=spf1 include:_spf.example.com  -all`",
    );
    says(
        spf(),
        TXT,
        &["\"v=spf1 +all\""],
        State::Critical,
        "`example.com` has `v=spf1 +all`; expected `v=spf1 include:_spf.example.com -all`",
    );
    says(
        spf(),
        TXT,
        &["\"v=spf10 -all\""],
        State::Critical,
        "`example.com` has no record that begins with `v=spf1`",
    );
    says(
        spf(),
        TXT,
        &["\"v=spf1 include:_spf.example.com -all\"", "\"V=SPF1 -all\""],
        State::Critical,
        "`example.com` has 2 records that begin with `v=spf1`, which receivers take for none",
    );
    let ran = check(spf(), [(TXT, status("SERVFAIL"))]);
    assert_eq!(ran.report().summary, "`example.com`: the name server says SERVFAIL");
}

#[test]
fn dmarc_stands_at_its_own_name() {
    let dmarc = || json!({ "dmarc": "v=DMARC1; p=reject" });
    let at = "dns TXT _dmarc.example.com";
    says(
        dmarc(),
        at,
        &["\"v=DMARC1;p=reject;\""],
        State::Ok,
        "`_dmarc.example.com` has `v=DMARC1;p=reject;`",
    );
    says(
        dmarc(),
        at,
        &["\"v=DMARC1; p=none\""],
        State::Critical,
        "`_dmarc.example.com` has `v=DMARC1; p=none`; expected `v=DMARC1; p=reject`",
    );
}

#[test]
fn dkim_is_asked_for_by_selector() {
    let ran = check(
        json!({ "dkim": { "s1": "", "s2": "v=DKIM1; p=KEY", "s3": "", "s4": "" } }),
        [
            ("dns TXT s1._domainkey.example.com", records("TXT", &["\"v=DKIM1; k=rsa; p=ABC\""])),
            ("dns TXT s2._domainkey.example.com", records("TXT", &["\"v=DKIM1; p=OTHER\""])),
            ("dns TXT s3._domainkey.example.com", records("TXT", &["\"v=DKIM1; p=\""])),
            ("dns TXT s4._domainkey.example.com", status("NXDOMAIN")),
        ],
    );
    assert_eq!(
        findings(&ran),
        [
            ("dkim s1", State::Ok, "`s1._domainkey.example.com` has `v=DKIM1; k=rsa; p=ABC`"),
            (
                "dkim s2",
                State::Critical,
                "`s2._domainkey.example.com` has `v=DKIM1; p=OTHER`; expected `v=DKIM1; p=KEY`"
            ),
            ("dkim s3", State::Critical, "the key at `s3._domainkey.example.com` is revoked (`p=` is empty)"),
            ("dkim s4", State::Critical, "`s4._domainkey.example.com`: the name server says NXDOMAIN"),
        ]
    );
}
