//! That StatusCake cannot be asked is one fault, whatever the number of tests.

use std::time::Duration;

use serde_json::json;
use watchkeep_doubles::statuscake::{Mood, StatusCake, history_row, uptime_test};
use watchkeep_doubles::{Answering, Reply};
use watchkeep_plugin_statuscake::run;
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host};
use watchkeep_sdk::{Fault, State};

use crate::{Runs, account, check, config, says};

#[test]
fn a_token_that_is_not_known_is_one_fault_of_the_config() {
    let account = account(200);
    account.with(|it| it.expect_token("another"));
    let ran = check(&account, json!({}));
    let Fault::Config(said) = ran.error() else { panic!("{:?}", ran.error()) };
    assert_eq!(
        said,
        "StatusCake does not know the token (401): `Authentication failed. Please check your API token.`; hint: make one under \
         *Account settings*, *API keys*"
    );
    assert_eq!(ran.sent.len(), 1);
    assert!(matches!(ran.sent[0].credentials[0].placement, Placement::Bearer));
}

#[test]
fn refusals_and_outages_of_statuscake_judge_nothing() {
    for (mood, said) in [
        (
            Mood::Limits(None),
            "inconclusive StatusCake takes no more requests for 3.0 s (its limit: 5, 60;w=60, 5;w=1), and has refused 3 in a row; \
             the run has 6.9 s left; no page was read; hint: a longer `timeout` and `interval`",
        ),
        (
            Mood::Limits(Some(30)),
            "inconclusive StatusCake takes no more requests for 30.0 s (its limit: 5, 60;w=60, 5;w=1); the run has 9.9 s left; no page",
        ),
        (Mood::Fails, "inconclusive StatusCake answers 503: `<html>Service unavailable</html>`"),
        (Mood::Page, "inconclusive StatusCake answers 200 and no JSON of its API: `<html>Sign in</html>`"),
        (Mood::Cut, "inconclusive StatusCake answers 200 and no JSON of its API: `{"),
        (Mood::Forbids, "config the token may not read `/uptime` (403): `This token may not do that.`"),
    ] {
        let account = account(3);
        account.with(|it| it.be(mood));
        let found = match check(&account, json!({})).error() {
            Fault::Inconclusive(said) => format!("inconclusive {said}"),
            Fault::Config(said) => format!("config {said}"),
            other => panic!("{other:?}"),
        };
        assert!(found.starts_with(said), "{mood:?}: {found}");
    }
    let account = account(3);
    let misplaced = json!({ "url": "https://api.statuscake.com/v2/" });
    let ran = check(&account, misplaced);
    assert!(
        matches!(ran.error(), Fault::Config(said) if said.contains("StatusCake has no `/uptime` (404)") && said.contains("hint: `url` ends in `/v1`"))
    );
}

#[test]
fn a_connection_that_fails_is_told_and_a_right_that_is_missing_is_a_denial() {
    let route = "GET https://api.statuscake.com/v1/uptime?page=1&limit=100";
    let with = |answer: Answer| {
        Host::new()
            .secret("statuscake", StatusCake::TOKEN)
            .answer(route, answer)
            .check(run, &config(json!({})))
    };
    let refused = with(Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.1", 443));
    let Fault::Inconclusive(said) = refused.error() else { panic!("{:?}", refused.error()) };
    assert_eq!(said, "StatusCake could not be asked: connection refused by 192.0.2.1:443 after 10 ms");
    assert!(matches!(with(Answer::denied("denied: http")).error(), Fault::Denied(_)));
    let elsewhere = with(Answer::status(301).header("location", "https://api.example.com/v1/uptime"));
    assert!(
        matches!(elsewhere.error(), Fault::Config(said) if said.contains("sends to `https://api.example.com/v1/uptime`; hint: write that as `url`"))
    );
    let refused =
        with(Answer::status(400).body(r#"{"message":"Invalid","errors":{"page":["must be less"]}}"#));
    assert!(
        matches!(refused.error(), Fault::Other(said) if said == "StatusCake refuses `/uptime` with 400: `Invalid; must be less`")
    );
}

/// With histories that say something.
fn account_with_histories(count: usize) -> Answering<StatusCake> {
    let account = account(count);
    for at in 0..count {
        account.with(|it| it.keep(&at.to_string(), "history", vec![history_row("2026-03-04T05:00:00Z", 50)]));
    }
    account
}

#[test]
fn a_run_keeps_to_the_pace_of_the_account_by_waiting() {
    // Three pages and two histories are five requests, which is all of a second.
    let account = account_with_histories(300);
    let mut runs = Runs::new(&account, json!({ "history_requests_max": 12 }));
    let ran = runs.at(0);
    assert_eq!((ran.report().state, ran.sent.len(), ran.slept.len()), (State::Ok, 15, 2));
    assert!(ran.slept.iter().all(|span| *span <= Duration::from_secs(1)), "{:?}", ran.slept);
    assert_eq!(ran.report().value("statuscake_requests_left"), Some(0.0));
    assert_eq!(runs.at(1).sent.len(), 15);
}

#[test]
fn what_is_not_needed_in_every_run_is_left_to_the_next_one() {
    // Forty histories take eight seconds, and a run of five has less.
    let account = account_with_histories(300);
    let host = || Host::new().secret("statuscake", StatusCake::TOKEN).deadline(Duration::from_secs(5));
    let many = config(json!({ "history_requests_max": 40 }));
    let ran = host().served_in_time(account.serve_in_time()).check(run, &many);
    assert_eq!((ran.report().state, ran.sent.len()), (State::Ok, 20));
    assert_eq!(ran.report().details, None, "that some are read later is no news");
    // The account has no more for a minute: nobody waits for that.
    let answered = |remaining: &str| {
        let page =
            json!({ "data": [uptime_test("1", "shop")], "metadata": { "page_count": 1, "total_count": 1 } });
        let answer = Answer::status(200).body(page.to_string());
        answer.header("x-ratelimit-remaining", remaining).header("x-ratelimit-reset", "60")
    };
    let route = "GET https://api.statuscake.com/v1/uptime?page=1&limit=100";
    let ran = host().answer(route, answered("0")).check(run, &config(json!({})));
    assert_eq!((ran.report().state, ran.sent.len(), ran.slept.len()), (State::Ok, 1, 0));
}

#[test]
fn twenty_pages_are_read_in_one_run_five_a_second() {
    let account = account(1_950);
    let all = json!({ "history_requests_max": 0, "tests_max": 450 });
    let ran = check(&account, all.clone());
    assert_eq!((ran.report().state, ran.sent.len(), ran.slept.len()), (State::Warning, 20, 3));
    assert!(ran.report().summary.contains("1950 tests, more than the 450"), "{}", ran.report().summary);
    assert!(!ran.sent.is_empty() && account.with(|it| it.refused()) == 0, "nothing was refused");

    // Two seconds are ten pages, and then there is too little time for another wait.
    account.wait(Duration::from_secs(60));
    let host = Host::new().secret("statuscake", StatusCake::TOKEN).deadline(Duration::from_millis(2_900));
    let ran = host.served_in_time(account.serve_in_time()).check(run, &config(all));
    let Fault::Inconclusive(said) = ran.error() else { panic!("{:?}", ran.error()) };
    assert!(
        said.starts_with("StatusCake takes no request for 1.0 s (its limit: 5, 60;w=60, 5;w=1); the run has 1.8 s left; 10 of 20 pages were read, 10 remain; hint: "),
        "{said}"
    );
}

#[test]
fn what_was_refused_is_asked_again_after_the_wait_that_is_asked_for() {
    let account = account(150);
    account.next_says("/v1/uptime", Reply::text(429, "").header("x-ratelimit-reset", "2"));
    let ran = check(&account, json!({ "history_requests_max": 0 }));
    assert_eq!((ran.report().state, ran.sent.len()), (State::Ok, 3), "{}", ran.report().summary);
    assert_eq!(ran.slept, [Duration::from_secs(2)]);
    // A wait that nobody lives to see.
    account.next_says("/v1/uptime", Reply::text(429, "").header("retry-after", u64::MAX.to_string()));
    let ran = check(&account, json!({}));
    assert!(matches!(ran.error(), Fault::Inconclusive(_)) && ran.slept.is_empty(), "{:?}", ran.result);
}

#[test]
fn a_history_that_cannot_be_read_takes_nothing_from_the_list() {
    let account = account(5);
    account.next_says("/0/history", Reply::text(429, "").header("retry-after", "600"));
    let ran = check(&account, json!({}));
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Ok, "all 5 ok"));
    assert_eq!(ran.sent.len(), 2, "the others are not tried");
    let details = ran.report().details.clone().unwrap();
    assert!(
        details.starts_with(
            "not all histories were read: StatusCake takes no more requests for 10 min (its limit: "
        ),
        "{details}"
    );
    // Deleted between the list and its history.
    account.next_says("/0/history", Reply::text(404, ""));
    assert_eq!(says(&account, json!({})).0, State::Ok);
}

#[test]
fn a_clock_at_statuscake_that_is_ahead_changes_nothing() {
    let account = account(1);
    account.with(|it| {
        it.be(Mood::Ahead(3_600));
        it.keep("0", "history", vec![history_row("2026-03-04T06:00:00Z", 70)]);
    });
    assert_eq!(says(&account, json!({})), (State::Ok, "t0 is up, 70 ms, uptime 100 %".to_owned()));
}
