//! That StatusCake cannot be asked is one fault, whatever the number of tests.

use serde_json::json;
use watchkeep_doubles::Reply;
use watchkeep_doubles::statuscake::{Mood, StatusCake, history_row};
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
            "inconclusive StatusCake takes no more requests for 1 s (its limit: 5, 60;w=60, 5;w=1); hint: a longer `interval`",
        ),
        (Mood::Limits(Some(30)), "inconclusive StatusCake takes no more requests for 30 s"),
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

#[test]
fn a_run_keeps_to_the_requests_that_the_account_has_left() {
    let account = account(300);
    for at in 0..300 {
        account.with(|it| it.keep(&at.to_string(), "history", vec![history_row("2026-03-04T05:00:00Z", 50)]));
    }
    // Three pages and two histories are five requests, which is all of a second.
    let mut runs = Runs::new(&account, json!({ "history_requests_max": 40 }));
    let ran = runs.at(0);
    assert_eq!((ran.report().state, ran.sent.len()), (State::Ok, 5));
    assert_eq!(ran.report().value("statuscake_requests_left"), Some(0.0));
    assert_eq!(runs.at(1).sent.len(), 5);
}

#[test]
fn a_history_that_cannot_be_read_takes_nothing_from_the_list() {
    let account = account(5);
    account.next_says("/0/history", Reply::text(429, ""));
    let ran = check(&account, json!({}));
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Ok, "all 5 ok"));
    assert_eq!(ran.sent.len(), 2, "the others are not tried");
    let details = ran.report().details.clone().unwrap();
    assert!(
        details.starts_with("not all histories were read: StatusCake takes no more requests; hint: "),
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
