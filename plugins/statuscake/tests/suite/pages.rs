//! All pages of a list, also of one that changes while it is read.

use serde_json::json;
use watchkeep_doubles::statuscake::{Change, StatusCake, uptime_test};
use watchkeep_sdk::State;

use crate::{Runs, account, check, keys, lists};

/// Without histories, and all of the tests as findings.
fn all() -> serde_json::Value {
    json!({ "history_requests_max": 0, "tests_max": 450 })
}

#[test]
fn all_pages_are_read_each_once() {
    let account = account(250);
    let ran = check(&account, all());
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Ok, "all 250 ok"));
    assert_eq!(keys(&ran)[249], "249");
    assert_eq!(lists(&account), [1, 2, 3].map(|page| format!("/v1/uptime?page={page}&limit=100")));
}

#[test]
fn a_test_that_is_added_between_two_pages_is_told_once_and_so_are_the_others() {
    let account = account(150);
    account.with(|it| it.then(1, Change::Add(uptime_test("new", "new"))));
    let ran = check(&account, all());
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Ok, "all 151 ok"));
    assert_eq!(keys(&ran)[0], "new");
    assert_eq!(lists(&account).len(), 4, "it is read twice");
}

#[test]
fn a_test_that_moves_to_the_page_before_is_not_missed() {
    let account = account(150);
    account.with(|it| it.list("uptime")[100]["status"] = json!("down"));
    account.with(|it| it.then(1, Change::Delete("0".to_owned())));
    let ran = check(&account, all());
    assert_eq!(ran.report().state, State::Critical, "{}", ran.report().summary);
    assert_eq!(keys(&ran).len(), 149);
    assert!(!keys(&ran).contains(&"0"), "what is deleted is gone");
}

#[test]
fn one_that_is_replaced_while_the_count_stays_is_noticed() {
    let account = account(150);
    account.with(|it| {
        it.then(1, Change::Delete("0".to_owned()));
        it.then(2, Change::Add(uptime_test("new", "new")));
    });
    let ran = check(&account, all());
    assert_eq!(keys(&ran).len(), 150);
    assert!(keys(&ran).contains(&"100") && keys(&ran).contains(&"new"));
}

#[test]
fn one_that_moves_while_another_comes_behind_it_is_not_missed() {
    let account = account(150);
    account.with(|it| it.list("uptime")[100]["status"] = json!("down"));
    let mut runs = Runs::new(&account, all());
    assert_eq!(runs.at(0).report().state, State::Critical);
    account.with(|it| it.then(1, Change::Replace("0".to_owned(), uptime_test("new", "new"))));
    account.with(StatusCake::asked);
    let ran = runs.at(1);
    assert_eq!(ran.report().state, State::Critical, "{}", ran.report().summary);
    assert!(keys(&ran).contains(&"100") && keys(&ran).contains(&"new") && !keys(&ran).contains(&"0"));
    assert_eq!(lists(&account).len(), 4, "it is read twice");
    assert_eq!(
        (runs.at(2).sent.len(), lists(&account).len()),
        (2, 2),
        "what is gone is not looked for again"
    );
}

#[test]
fn a_list_that_never_stands_still_is_not_called_well() {
    let account = account(150);
    account.with(|it| {
        for round in 0..3 {
            it.then(1, Change::Delete(round.to_string()));
        }
    });
    // Five requests go into a second: the third reading does not end, and the first two count.
    let ran = check(&account, all());
    assert_eq!(ran.report().state, State::Unknown);
    assert_eq!(
        ran.report().summary,
        "all 150 ok; the list changed whenever it was read: a test may be missing"
    );
    let mut unique = keys(&ran);
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), 150);
    assert!(keys(&ran).contains(&"100"));
}

#[test]
fn more_than_are_findings_is_a_warning_with_the_worst_told() {
    let account = account(8);
    account.with(|it| it.list("uptime")[6]["status"] = json!("down"));
    account.with(|it| it.list("uptime")[7]["paused"] = json!(true));
    let ran = check(&account, json!({ "tests_max": 2 }));
    assert_eq!((keys(&ran), ran.report().state), (vec!["6", "7"], State::Critical));
    assert!(
        ran.report().summary.ends_with("; 1 paused; 8 tests, more than the 2 that are findings"),
        "{}",
        ran.report().summary
    );
    account.with(|it| it.list("uptime")[6]["status"] = json!("up"));
    assert_eq!(check(&account, json!({ "tests_max": 2 })).report().state, State::Warning);
}

#[test]
fn what_is_changed_elsewhere_is_seen_in_the_next_run() {
    let account = account(2);
    let mut runs = Runs::new(&account, all());
    assert_eq!(keys(&runs.at(0)), ["0", "1"]);
    account.with(|it: &mut StatusCake| it.list("uptime").remove(0));
    let ran = runs.at(1);
    assert_eq!((keys(&ran), ran.sent.len()), (vec!["1"], 1), "one page has no other to move to");
}
