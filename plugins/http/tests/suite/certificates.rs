//! Certificates on the way: their ends, and what is ignored.

use serde_json::json;
use watchkeep_plugin_http::run;
use watchkeep_sdk::State;
use watchkeep_sdk::http::{FailureKind, Phase, Trust};
use watchkeep_sdk::testing::{Answer, Host, NOW, certificate};

use crate::checks::{GET, check, config, says};

#[test]
fn a_certificate_near_its_end_warns_then_is_critical() {
    const DAY: u64 = 86_400_000;
    let expires = |left: u64| {
        Answer::status(200)
            .chain([certificate("shop.example.com", NOW + left), certificate("ca", NOW + 900 * DAY)])
    };
    says(json!({}), expires(30 * DAY), State::Ok, "status 200 in 10 ms");
    let soon = "status 200 in 10 ms; certificate `CN=shop.example.com` expires in 10 days";
    says(json!({}), expires(10 * DAY + 1), State::Warning, soon);
    says(
        json!({ "tls_expiry_warning_days": 0, "tls_expiry_critical_days": 0 }),
        expires(DAY),
        State::Ok,
        "status 200 in 10 ms",
    );
    let hours = "status 200 in 10 ms; certificate `CN=shop.example.com` expires in 5 hours";
    says(json!({}), expires(5 * 3_600_000), State::Critical, hours);
    let ran = check(json!({}), expires(30 * DAY));
    assert_eq!(ran.report().value("probe_ssl_earliest_cert_expiry"), Some((NOW / 1000 + 30 * 86_400) as f64));
}

#[test]
fn an_intermediate_that_expires_first_counts() {
    let day = 86_400_000;
    let chain = [certificate("shop.example.com", NOW + 60 * day), certificate("ca", NOW + day + 1)];
    says(
        json!({}),
        Answer::status(200).chain(chain),
        State::Critical,
        "status 200 in 10 ms; certificate `CN=ca` expires in 1 day",
    );
}

#[test]
fn a_failure_still_reports_the_certificate_and_the_phases_it_reached() {
    let expired = certificate("shop.example.com", NOW - 1000);
    let answer = Answer::failure(FailureKind::Certificate, Phase::Tls, "expired").chain([expired]);
    let ran = check(json!({}), answer);
    assert_eq!(ran.report().value("probe_success"), Some(0.0));
    assert_eq!(ran.report().value("probe_http_status_code"), Some(0.0));
    assert_eq!(ran.report().value("probe_ssl_earliest_cert_expiry"), Some((NOW / 1000 - 1) as f64));
}

#[test]
fn an_untrusted_certificate_is_accepted_only_when_asked_for() {
    assert!(check(json!({}), Answer::status(200)).sent[0].tls.is_none());
    let ran = check(json!({ "ignore_certificate": true }), Answer::status(200));
    assert_eq!(ran.sent[0].tls.as_ref().unwrap().trust, Trust::Ignore);
}

#[test]
fn every_certificate_on_the_way_is_looked_at() {
    let days = |days: u64| [certificate(&format!("in-{days}"), NOW + days * 86_400_000 + 1)];
    let ran = Host::new()
        .answer(GET, Answer::status(301).header("location", "https://www.example.com/").chain(days(1)))
        .answer("GET https://www.example.com/", Answer::status(200).chain(days(10)))
        .check(run, &config(json!({})));
    assert_eq!(
        ran.report().summary,
        "status 200 in 20 ms; certificate `CN=in-1` expires in 1 day; certificate `CN=in-10` expires in 10 days"
    );
    assert_eq!(ran.report().value("probe_ssl_earliest_cert_expiry"), Some((NOW / 1000 + 86_400) as f64));
}

#[test]
fn a_certificate_on_which_no_trust_rests_harms_nobody() {
    let chain = || {
        [
            certificate("shop.example.com", NOW + 90 * 86_400_000),
            certificate("crossed", NOW - 1_000),
            certificate("ca", NOW + 900 * 86_400_000),
        ]
    };
    says(json!({}), Answer::status(200).chain(chain()).trusted_by([0, 2]), State::Ok, "status 200 in 10 ms");
    says(
        json!({}),
        Answer::status(200).chain(chain()).trusted_by([0, 1, 2]),
        State::Critical,
        "status 200 in 10 ms; certificate `CN=crossed` has expired",
    );
}

#[test]
fn ignoring_a_certificate_ignores_its_end_unless_days_are_asked_for() {
    let expired = || Answer::status(200).chain([certificate("shop.example.com", NOW - 1_000)]);
    says(json!({ "ignore_certificate": true }), expired(), State::Ok, "status 200 in 10 ms");
    let asked = json!({ "ignore_certificate": true, "tls_expiry_warning_days": 5 });
    let said = "status 200 in 10 ms; certificate `CN=shop.example.com` has expired";
    says(asked, expired(), State::Critical, said);
    let soon = || Answer::status(200).chain([certificate("shop.example.com", NOW + 86_400_001)]);
    let asked = json!({ "ignore_certificate": true, "tls_expiry_warning_days": 5 });
    says(
        asked,
        soon(),
        State::Warning,
        "status 200 in 10 ms; certificate `CN=shop.example.com` expires in 1 day",
    );
}
