//! How much is sent in a day.

use super::*;

fn sent(volume: Value, answer: Answer, route: &str) -> Ran<Report, Fault> {
    says(Host::new(), "a.example", BACKWARDS, &[])
        .secret("token", "unseen")
        .answer(route, answer)
        .check(run, &config(json!({ "volume": volume })))
}

const URL: &str = "https://stats.example.com/sent?ip={address}";
const ROUTE: &str = "GET https://stats.example.com/sent?ip=192.0.2.25";

#[test]
fn it_is_read_where_the_pointer_points() {
    for (pointer, body, volume) in [
        ("", "1234", 1_234.0),
        ("/today", r#"{"today": 17.4}"#, 17.4),
        ("/by/{address}", r#"{"by": {"192.0.2.25": 9}}"#, 9.0),
        ("/data/result/0/value/1", r#"{"data": {"result": [{"value": [1, "250000.5"]}]}}"#, 250_000.5),
    ] {
        let ran = sent(json!({ "url": URL, "pointer": pointer }), Answer::status(200).body(body), ROUTE);
        assert_eq!(value(&ran, "ip_reputation_daily_volume"), Some(volume), "{pointer}");
        let rounded = format!(", {} sent a day", volume.round());
        assert!(ran.report().summary.ends_with(&rounded), "{}", ran.report().summary);
    }
}

#[test]
fn a_source_that_does_not_say_is_told_and_judges_nothing() {
    let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.80", 443);
    for (answer, why) in [
        (Answer::status(503), "its source answers with status 503"),
        (Answer::status(200).body("<html>"), "its source's answer is not JSON"),
        (Answer::status(200).body("{}"), "its source's answer has nothing at `/today`"),
        (Answer::status(200).body(r#"{"today": "many"}"#), "its source's answer has no number at `/today`"),
        (Answer::status(200).body(r#"{"today": -1}"#), "its source's answer has no number at `/today`"),
        (Answer::status(200).body(r#"{"today": "NaN"}"#), "its source's answer has no number at `/today`"),
        (refused, "connection refused by 192.0.2.80:443 after 10 ms"),
    ] {
        let ran = sent(json!({ "url": URL, "pointer": "/today" }), answer, ROUTE);
        assert_eq!(ran.report().state, State::Ok);
        assert!(ran.report().summary.ends_with(", volume not known"), "{}", ran.report().summary);
        assert_eq!(ran.report().details.as_deref(), Some(&*format!("192.0.2.25 volume: not known, {why}")));
        assert_eq!(value(&ran, "ip_reputation_daily_volume"), None);
    }
}

#[test]
fn its_token_is_attached_and_a_right_that_is_missing_is_a_fault() {
    let volume = || json!({ "url": URL, "bearer": { "secret": "token" } });
    let ran = sent(volume(), Answer::status(200).body("1"), ROUTE);
    assert_eq!(ran.sent[0].credentials[0].secret, "token");
    let ran = sent(volume(), Answer::denied("no right"), ROUTE);
    assert_eq!(ran.result, Err(Fault::Denied("no right".to_owned())));
}
