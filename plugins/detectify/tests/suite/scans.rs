//! When a scan is started, how it is followed, and what is said of it.

use serde_json::{Value, json};
use watchkeep_plugin_detectify::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::NOW;

use super::double::{Detectify, Mood};
use super::{check, config, days, host, says, served};

fn scanned_days_ago(ago: i64) -> Detectify {
    let mut service = Detectify::new();
    service.ended(&days(-ago), &days(-ago), vec![]);
    service
}

fn started(service: &watchkeep_doubles::Answering<Detectify>) -> usize {
    service.with(|it| it.started)
}

#[test]
fn a_scan_is_started_when_it_is_due_and_only_where_it_is_wanted() {
    for (ago, more, count) in [
        (29, json!({ "scan_every": "30d" }), 0),
        (30, json!({ "scan_every": "30d" }), 1),
        (300, json!({}), 0),
        (300, json!({ "scan_every": "30d", "dry_run": true }), 0),
        (300, json!({ "scan_every": "30d", "entitled": false }), 0),
    ] {
        let service = served(scanned_days_ago(ago));
        check(&service, more.clone());
        assert_eq!(started(&service), count, "{ago} {more}");
    }
    // What was never scanned is due.
    let service = served(Detectify::new());
    let ran = check(&service, json!({ "scan_every": "30d" }));
    says(&ran, State::Unknown, "`Shop` has no report of a scan yet; a scan was asked for");
    assert_eq!(started(&service), 1);
    assert!(ran.kv("asked").is_some());
}

#[test]
fn one_that_was_asked_for_is_not_asked_for_again_until_it_shows() {
    let service = served(Detectify::new());
    let more = json!({ "scan_every": "30d" });
    let at = |minutes: u64, asked: Option<u64>| {
        let host = host().clock(NOW + minutes * 60_000);
        let host = asked.into_iter().fold(host, |host, at| host.kv("asked", at.to_string()));
        host.served_by(service.serve()).check(run, &config(more.clone()))
    };
    let first = at(0, None);
    let asked: u64 = String::from_utf8(first.kv("asked").unwrap().to_vec()).unwrap().parse().unwrap();
    assert!(asked >= NOW);
    let second = at(10, Some(asked));
    says(&second, State::Unknown, "`Shop` has no report of a scan yet; a scan was asked for 9 min ago");
    assert_eq!(started(&service), 1);
    let late = at(120, Some(asked));
    says(
        &late,
        State::Warning,
        "`Shop` has no report of a scan yet; a scan that was asked for 1 h 59 min ago never began; hint: look at the profile at Detectify",
    );
    assert_eq!(started(&service), 1);
    let next_day = at(24 * 60 + 1, Some(asked));
    says(&next_day, State::Unknown, "`Shop` has no report of a scan yet; a scan was asked for");
    assert_eq!(started(&service), 2, "a day later it is asked for again");
    // It shows, by a clock that is a little behind.
    service.with(|it| it.scans("running", &watchkeep_sdk::wording::rfc3339(asked - 60_000)));
    let goes = at(30, Some(asked));
    says(&goes, State::Unknown, "`Shop` has no report of a scan yet; a scan has been running for 30 min");
}

#[test]
fn one_that_goes_on_is_followed_and_told_when_it_never_ends() {
    let mut double = scanned_days_ago(40);
    double.scans("running", &days(-2));
    let service = served(double);
    let more = json!({ "scan_every": "30d" });
    let ran = check(&service, more.clone());
    says(&ran, State::Ok, "`Shop` has no findings, scanned 40 d ago; a scan has been running for 2 d");
    assert_eq!(ran.report().value("detectify_scan_running"), Some(1.0));
    service.with(|it| it.scans("stopping", &days(-4)));
    says(
        &check(&service, more),
        State::Warning,
        "`Shop` has no findings, scanned 40 d ago; a scan has been stopping for 4 d, more than 3 d; hint: look at it, or stop \
         it, at Detectify",
    );
    assert_eq!(started(&service), 0);
}

#[test]
fn what_detectify_answers_to_a_start_is_told_apart() {
    let more = || json!({ "scan_every": "30d" });
    let with = |mood: Mood| {
        let mut double = scanned_days_ago(40);
        double.mood = mood;
        served(double)
    };
    says(
        &check(&with(Mood::RefusesStart(409)), more()),
        State::Ok,
        "`Shop` has no findings, scanned 40 d ago; a scan runs already",
    );
    says(
        &check(&with(Mood::RefusesStart(423)), more()),
        State::Warning,
        "`Shop` has no findings, scanned 40 d ago; Detectify has not verified that `shop.example.com` is yours, and scans nothing; \
         hint: verify the domain there",
    );
    for (status, said) in [
        (403, "the key may not do `/v2/scans/5605b488634efe810dff4276e28ca7f9/` (403): `refused`"),
        (500, "Detectify answers 500: `refused`"),
        (503, "Detectify answers 503: `refused`"),
        (404, "Detectify has no `/v2/scans/"),
    ] {
        let ran = check(&with(Mood::RefusesStart(status)), more());
        assert!(format!("{:?}", ran.error()).contains(said), "{:?}", ran.error());
        assert!(ran.kv("asked").is_none());
    }
}

#[test]
fn a_domain_that_is_not_verified_is_said_and_nothing_is_started() {
    let mut double = scanned_days_ago(40);
    double.profiles[0]["status"] = json!("unverified");
    let service = served(double);
    let summary = "`Shop` has no findings, scanned 40 d ago; Detectify has not verified that `shop.example.com` is yours, and \
                   scans nothing; hint: verify the domain there";
    says(&check(&service, json!({ "scan_every": "30d" })), State::Warning, summary);
    says(&check(&service, json!({})), State::Warning, summary);
    assert_eq!(started(&service), 0);
}

#[test]
fn a_dry_run_says_what_it_would_start() {
    let service = served(scanned_days_ago(40));
    let ran = check(&service, json!({ "scan_every": "30d", "dry_run": true }));
    says(
        &ran,
        State::Ok,
        "`Shop` has no findings, scanned 40 d ago; would start a scan of `Shop` (shop.example.com), and does not by `dry_run`",
    );
    assert!(ran.sent.iter().all(|sent| sent.method == "GET"));
    let early = check(&served(scanned_days_ago(4)), json!({ "scan_every": "30d", "dry_run": true }));
    says(&early, State::Ok, "`Shop` has no findings, scanned 4 d ago");
}

#[test]
fn a_client_that_has_no_scans_costs_no_request() {
    let service = served(scanned_days_ago(40));
    let skipped = |more: Value| check(&service, more);
    let ran = skipped(json!({ "entitled": false, "scan_every": "30d" }));
    says(&ran, State::Unknown, "not scanned: the client has no scans");
    assert_eq!(ran.sent.len(), 0);
    let why = json!({ "entitled": false, "not_entitled_reason": "contract ended in March" });
    says(&skipped(why), State::Unknown, "not scanned: contract ended in March");
}
