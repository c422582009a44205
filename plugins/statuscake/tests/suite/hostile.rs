//! Answers that StatusCake does not give.

use serde_json::{Value, json};
use watchkeep_doubles::statuscake::StatusCake;
use watchkeep_plugin_statuscake::run;
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

use crate::{config, keys};

fn answering(body: impl Into<Vec<u8>>, more: Value) -> Ran<Report, Fault> {
    let body = body.into();
    // Whatever page is asked for, and whichever history.
    let serve = move |_: &watchkeep_sdk::http::Sent| Answer::status(200).body(body.clone());
    Host::new().secret("statuscake", StatusCake::TOKEN).served_by(serve).check(run, &config(more))
}

fn page(data: Value, count: u64) -> String {
    json!({ "data": data, "metadata": { "page": 1, "per_page": 100, "page_count": 1, "total_count": count } })
        .to_string()
}

#[test]
fn what_is_no_list_is_a_fault() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"data":{}}"#,
        r#"{"data":[3]}"#,
        r#"{"data":[{}]}"#,
        r#"{"data":[{"id":""}]}"#,
        r#"{"data":[{"id":-1}]}"#,
        "\u{1b}[2J",
        &"[".repeat(100_000),
    ] {
        let ran = answering(body, json!({}));
        let Fault::Inconclusive(said) = ran.error() else { panic!("{:?}", ran.error()) };
        assert!(said.len() < 1_000 && !said.chars().any(char::is_control), "{said}");
    }
    let long = answering("x".repeat((4 << 20) + 1), json!({}));
    assert!(matches!(long.error(), Fault::Inconclusive(said) if said.contains("more than 4194304 bytes")));
}

#[test]
fn members_of_other_types_are_as_if_they_were_not_there() {
    for odd in
        [json!(null), json!(3), json!(-1.5), json!("text"), json!([null, 3, [], {}]), json!({ "a": [] })]
    {
        let test = json!({ "id": 7, "name": odd, "paused": odd, "status": odd, "uptime": odd, "tags": odd, "website_url": odd,
            "valid_until": odd, "test_type": odd });
        for kind in ["uptime", "ssl", "heartbeat"] {
            let ran = answering(page(json!([test]), 1), json!({ "tests": kind, "uptime_warning": 99 }));
            assert!(!ran.report().summary.is_empty());
            assert_eq!(ran.report().findings.len(), 1);
        }
    }
    for metadata in [json!(null), json!([]), json!({ "page_count": "many", "total_count": -3 })] {
        let body = json!({ "data": [{ "id": "7", "status": "up" }], "metadata": metadata }).to_string();
        assert_eq!(answering(body, json!({})).report().state, State::Ok);
    }
}

#[test]
fn a_list_without_an_end_is_read_to_a_bound_and_said_to_be() {
    let tests: Vec<Value> = (0..100).map(|at| json!({ "id": at, "status": "up" })).collect();
    let endless =
        json!({ "data": tests, "metadata": { "page_count": u64::MAX, "total_count": u64::MAX } }).to_string();
    let ran = answering(endless, json!({ "history_requests_max": 0 }));
    assert_eq!(
        ran.sent.len(),
        45,
        "twenty pages again and again, since each repeats the first, until the time is over"
    );
    assert_eq!((keys(&ran).len(), ran.report().state), (100, State::Warning));
    assert!(
        ran.report()
            .summary
            .contains("18446744073709551615 tests, more than are read; hint: divide them by `tags`")
    );
    assert!(ran.report().summary.contains("a test may be missing"));
}

#[test]
fn a_list_that_counts_more_than_it_shows_is_not_called_well() {
    let two = json!([{ "id": 1, "status": "up" }, { "id": 2, "status": "up" }]);
    let ran = answering(page(two, 3), json!({ "history_requests_max": 0 }));
    assert_eq!(ran.report().state, State::Unknown);
    assert_eq!(
        ran.report().summary,
        "all 2 ok; the list changed whenever it was read: a test may be missing"
    );
}

#[test]
fn a_page_with_more_than_was_asked_for_is_a_fault() {
    let tests: Vec<Value> = (0..100_000).map(|at| json!({ "id": at, "status": "up" })).collect();
    let ran = answering(page(Value::from(tests), 100_000), json!({}));
    assert!(
        matches!(ran.error(), Fault::Inconclusive(said) if said == "StatusCake lists more tests than it was asked for")
    );
}

#[test]
fn a_test_that_says_too_much_is_cut_to_size() {
    let long = page(
        json!([{ "id": "é\n".repeat(5_000), "name": "é\n".repeat(5_000), "status": "é\n".repeat(5_000) }]),
        1,
    );
    let ran = answering(long, json!({ "history_requests_max": 0 }));
    assert!(!ran.report().summary.chars().any(char::is_control) && ran.report().summary.len() <= 1_024);
}

#[test]
fn a_number_that_is_a_path_leads_nowhere_else() {
    let ran = answering(page(json!([{ "id": "../../v2/x?y#z", "status": "up" }]), 1), json!({}));
    assert_eq!(ran.sent[1].url, "https://api.statuscake.com/v1/uptime/______v2_x_y_z/history?limit=5");
}

#[test]
fn what_was_kept_and_cannot_be_read_is_read_anew() {
    for kept in ["", "null", "{}", r#"[3, ["7"], ["7", -1]]"#, r#"[["7", 99999999999999, 3]]"#, "["] {
        let body = page(json!([{ "id": "7", "status": "up" }]), 1);
        let serve = move |_: &watchkeep_sdk::http::Sent| Answer::status(200).body(body.clone());
        let host =
            Host::new().secret("statuscake", StatusCake::TOKEN).kv("performance", kept).served_by(serve);
        let ran = host.check(run, &config(json!({})));
        assert_eq!((ran.report().state, ran.sent.len()), (State::Ok, 2), "{kept}");
    }
}
