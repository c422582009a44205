//! Each test is a finding, and says what StatusCake says of it.

use serde_json::{Value, json};
use watchkeep_doubles::statuscake::{StatusCake, heartbeat_test, history_row, ssl_test, uptime_test};
use watchkeep_sdk::State;
use watchkeep_sdk::testing::NOW;
use watchkeep_sdk::wording::rfc3339;

use crate::{Runs, account, check, keys, lists, says, served};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// `shop` with one thing changed.
fn shop(key: &str, value: Value) -> Value {
    let mut test = uptime_test("7", "shop");
    test[key] = value;
    test
}

fn one(test: Value) -> watchkeep_doubles::Answering<StatusCake> {
    served(StatusCake::new().with("uptime", test))
}

#[test]
fn a_test_that_is_down_is_critical_and_one_that_is_up_is_ok() {
    assert_eq!(says(&account(3), json!({})), (State::Ok, "all 3 ok".to_owned()));
    assert_eq!(
        says(&one(shop("uptime", json!(99.98))), json!({})),
        (State::Ok, "shop is up, uptime 99.98 %".to_owned())
    );
    assert_eq!(
        says(&one(shop("status", json!("down"))), json!({})),
        (State::Critical, "shop is down, uptime 100 %".to_owned())
    );
    let two = served(
        StatusCake::new()
            .with("uptime", shop("status", json!("down")))
            .with("uptime", uptime_test("8", "blog")),
    );
    let ran = check(&two, json!({}));
    assert_eq!(ran.report().summary, "1 of 2 critical: shop is down, uptime 100 %");
    assert_eq!(keys(&ran), ["7", "8"]);
    assert_eq!(ran.report().value("statuscake_tests_down"), Some(1.0));
    let labels: Vec<_> =
        ran.report().findings[0].labels.iter().map(|label| (&*label.name, &*label.value)).collect();
    assert_eq!(labels, [("test", "shop"), ("target", "https://shop.example/"), ("test_type", "HTTP")]);
    let (state, said) = says(&one(shop("status", json!("maintenance"))), json!({}));
    assert_eq!(
        (state, &*said),
        (State::Unknown, "not judged: StatusCake says of shop that it is `maintenance`")
    );
}

#[test]
fn an_uptime_below_a_threshold_is_told_with_both() {
    let thresholds = json!({ "uptime_warning": 99.9, "uptime_critical": 99 });
    for (uptime, state, said) in [
        (99.9, State::Ok, "shop is up, uptime 99.9 %"),
        (99.899, State::Warning, "shop is up; uptime 99.89 %, less than 99.9 %"),
        (99.0, State::Warning, "shop is up; uptime 99 %, less than 99.9 %"),
        (98.5, State::Critical, "shop is up; uptime 98.5 %, less than 99 %"),
        (99.999, State::Ok, "shop is up, uptime 99.99 %"),
    ] {
        assert_eq!(says(&one(shop("uptime", json!(uptime))), thresholds.clone()), (state, said.to_owned()));
    }
    let mut down = shop("uptime", json!(98.5));
    down["status"] = json!("down");
    assert_eq!(says(&one(down), thresholds).1, "shop is down; uptime 98.5 %, less than 99 %");
    let ran = check(&one(shop("uptime", json!(99.5))), json!({ "uptime_warning": 99.9 }));
    let uptime = &ran.report().findings[0].metrics[0];
    assert_eq!((&*uptime.name, uptime.value), ("statuscake_uptime", 0.995));
    let limit = uptime.warning.unwrap().low.unwrap();
    assert!((limit - 0.999).abs() < 1e-9, "{limit}");
}

#[test]
fn a_paused_test_is_neither_ok_nor_critical() {
    let mut paused = shop("paused", json!(true));
    paused["status"] = json!("down");
    let with_others =
        || served(StatusCake::new().with("uptime", paused.clone()).with("uptime", uptime_test("8", "blog")));
    let ran = check(&with_others(), json!({}));
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Ok, "blog is up, uptime 100 %; 1 paused")
    );
    let found: Vec<_> = ran.report().findings.iter().map(|it| (it.state, it.summary.as_str())).collect();
    assert_eq!(
        found,
        [(State::Ok, "blog is up, uptime 100 %"), (State::Unknown, "shop is paused; it was down")]
    );
    assert_eq!(ran.report().value("statuscake_tests_paused"), Some(1.0));
    let without = check(&with_others(), json!({ "paused": "left_out" }));
    assert_eq!((keys(&without), &*without.report().summary), (vec!["8"], "blog is up, uptime 100 %"));
    assert_eq!(says(&one(paused.clone()), json!({})), (State::Unknown, "shop is paused".to_owned()));
    assert_eq!(says(&one(paused), json!({ "paused": "left_out" })), (State::Unknown, "no tests".to_owned()));
}

#[test]
fn no_tests_are_what_the_operator_says() {
    for (word, state) in [("unknown", State::Unknown), ("ok", State::Ok), ("critical", State::Critical)] {
        assert_eq!(says(&account(0), json!({ "empty": word })), (state, "no tests".to_owned()));
    }
}

#[test]
fn tags_pick_tests() {
    let tagged = |id: &str, tags: Value| {
        let mut test = uptime_test(id, id);
        test["tags"] = tags;
        test
    };
    let account = served(
        StatusCake::new()
            .with("uptime", tagged("a", json!(["shop & co", "eu"])))
            .with("uptime", tagged("b", json!(["eu"])))
            .with("uptime", tagged("c", json!([]))),
    );
    assert_eq!(keys(&check(&account, json!({ "tags": "eu" }))), ["a", "b"]);
    assert_eq!(keys(&check(&account, json!({ "tags": ["shop & co", "eu"] }))), ["a"]);
    account.with(StatusCake::asked);
    let any = check(&account, json!({ "tags": ["shop & co", "eu"], "tags_match": "any" }));
    assert_eq!(keys(&any), ["a", "b"]);
    assert_eq!(lists(&account), ["/v1/uptime?page=1&limit=100&tags=shop+%26+co%2Ceu&matchany=true"]);
    assert_eq!(any.report().findings[0].labels.last().unwrap().value, "shop & co,eu");
}

#[test]
fn heartbeats_and_certificates_are_findings_if_asked_for() {
    let certificate = |id: &str, days: u64| {
        ssl_test(id, &format!("https://{id}.example"), &rfc3339(NOW + days * DAY_MS + 1_000))
    };
    let mut late = heartbeat_test("1", "backup");
    late["status"] = json!("down");
    late["tags"] = json!(["eu"]);
    let account = served(
        StatusCake::new()
            .with("uptime", uptime_test("1", "shop"))
            .with("heartbeat", late)
            .with("heartbeat", heartbeat_test("2", "sync"))
            .with("ssl", certificate("1", 80))
            .with("ssl", certificate("2", 13))
            .with("ssl", certificate("3", 2))
            .with("ssl", ssl_test("4", "https://old.example", "2026-01-01T00:00:00+00:00"))
            .with("ssl", ssl_test("5", "https://new.example", "")),
    );
    assert_eq!(keys(&check(&account, json!({}))), ["1"]);
    let ran = check(&account, json!({ "tests": ["ssl", "uptime", "heartbeat"], "history_requests_max": 0 }));
    let found: Vec<_> = ran.report().findings.iter().map(|it| (&*it.key, it.state, &*it.summary)).collect();
    assert_eq!(
        found,
        [
            ("1", State::Ok, "shop is up, uptime 100 %"),
            ("heartbeat/1", State::Critical, "backup is down, uptime 100 %"),
            ("heartbeat/2", State::Ok, "sync is up, uptime 100 %"),
            ("ssl/1", State::Ok, "the certificate of https://1.example expires in 80 days"),
            (
                "ssl/2",
                State::Warning,
                "the certificate of https://2.example expires in 13 days, less than 14 days"
            ),
            (
                "ssl/3",
                State::Critical,
                "the certificate of https://3.example expires in 2 days, less than 3 days"
            ),
            ("ssl/4", State::Critical, "the certificate of https://old.example has expired"),
            (
                "ssl/5",
                State::Unknown,
                "not judged: StatusCake does not say until when the certificate of https://new.example is good"
            ),
        ]
    );
    let tagged = check(&account, json!({ "tests": ["heartbeat"], "tags": "eu" }));
    assert_eq!(keys(&tagged), ["heartbeat/1"]);
}

#[test]
fn response_times_are_the_median_of_the_last_answers() {
    let account = one(shop("uptime", json!(100)));
    let rows = [900, 250, 0, 240, 260, 10_000].map(|ms| history_row("2026-03-04T05:00:00Z", ms)).to_vec();
    account.with(|it| it.keep("7", "history", rows));
    assert_eq!(says(&account, json!({})).1, "shop is up, 260 ms, uptime 100 %");
    let slow = json!({ "response_time_warning": "200ms", "response_time_critical": "1s" });
    let ran = check(&account, slow);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Warning, "shop is up, 260 ms, uptime 100 %; slower than 200 ms")
    );
    let metric = &ran.report().findings[0].metrics[1];
    assert_eq!(
        (&*metric.name, metric.value, metric.critical.unwrap().high),
        ("statuscake_response_seconds", 0.26, Some(1.0))
    );
}

#[test]
fn histories_are_read_a_few_at_a_time_and_kept() {
    let account = account(10);
    for at in 0..10 {
        account.with(|it| {
            it.keep(&at.to_string(), "history", vec![history_row("2026-03-04T05:00:00Z", 100 + at)])
        });
    }
    let mut runs = Runs::new(&account, json!({}));
    let read = |runs: &mut Runs, minutes: u64| {
        let ran = runs.at(minutes);
        let known = ran.report().findings.iter().filter(|finding| finding.metrics.len() == 2).count();
        let asked = account.with(StatusCake::asked);
        let histories: Vec<String> = asked
            .into_iter()
            .filter_map(|path| {
                Some(path.strip_prefix("/v1/uptime/")?.split_once("/history?limit=5")?.0.to_owned())
            })
            .collect();
        (known, histories.join(" "))
    };
    assert_eq!(read(&mut runs, 0), (4, "0 1 2 3".to_owned()));
    assert_eq!(read(&mut runs, 1), (8, "4 5 6 7".to_owned()));
    assert_eq!(read(&mut runs, 2), (10, "8 9".to_owned()));
    assert_eq!(read(&mut runs, 3), (10, String::new()));
    assert_eq!(read(&mut runs, 15), (10, "0 1 2 3".to_owned()), "after a quarter of an hour again");
    account.with(|it| it.list("uptime")[4]["status"] = json!("down"));
    account.with(|it| it.list("uptime")[5]["paused"] = json!(true));
    assert_eq!(read(&mut runs, 16), (8, "6 7".to_owned()), "of those that are up");
    runs.config = crate::config(json!({ "history_requests_max": 0 }));
    assert_eq!(read(&mut runs, 17), (8, String::new()));
    assert_eq!(read(&mut runs, 25 * 60).0, 0, "what is a day old says nothing");
}
