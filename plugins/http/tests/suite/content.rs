//! What stands in the answer.

use serde_json::{Value, json};
use watchkeep_sdk::http::{FailureKind, Reading};
use watchkeep_sdk::testing::{Answer, NOW, certificate};
use watchkeep_sdk::{Fault, State};

use crate::checks::{check, says};

#[test]
fn a_text_must_stand_in_the_answer() {
    let page = || Answer::status(200).body("Add to cart");
    says(json!({ "find": "Add to cart" }), page(), State::Ok, "status 200 in 10 ms");
    says(
        json!({ "find": ["Add", "Buy"] }),
        page(),
        State::Critical,
        "status 200 in 10 ms; `Buy` is not in the answer",
    );
}

#[test]
fn a_text_must_not_stand_in_the_answer() {
    let page = || Answer::status(200).body("Fatal error");
    says(json!({ "do_not_find": "Warning" }), page(), State::Ok, "status 200 in 10 ms");
    says(
        json!({ "do_not_find": "Fatal" }),
        page(),
        State::Critical,
        "status 200 in 10 ms; `Fatal` is in the answer",
    );
}

#[test]
fn the_body_is_read_only_when_it_is_looked_at() {
    assert_eq!(check(json!({}), Answer::status(200)).sent[0].body_max, 0);
    assert_eq!(check(json!({ "find": "x" }), Answer::status(200)).sent[0].body_max, 1 << 20);
    let small = json!({ "find": "x", "body_max": "4KiB" });
    assert_eq!(check(small, Answer::status(200)).sent[0].body_max, 4096);
}

#[test]
fn a_text_beyond_what_was_read_is_no_verdict() {
    let page = Answer::status(200).body("a".repeat(5000) + "needle");
    let ran = check(json!({ "find": "needle", "body_max": "4KiB" }), page);
    let Fault::Inconclusive(message) = ran.error() else { panic!("{:?}", ran.error()) };
    assert_eq!(message, "the answer is longer than the 4096 bytes that were read; hint: raise `body_max`");
}

#[test]
fn json_is_judged_by_pointers() {
    let page = || {
        Answer::status(200).body(r#"{"status": "up", "queue": {"length": 120}, "parts": ["db", "cache"]}"#)
    };
    let one = |assertion: Value| json!({ "json": [assertion] });
    says(one(json!({ "pointer": "/status", "equals": "up" })), page(), State::Ok, "status 200 in 10 ms");
    says(one(json!({ "pointer": "/parts", "contains": "db" })), page(), State::Ok, "status 200 in 10 ms");
    says(
        one(json!({ "pointer": "/queue/length", "equals": 120.0 })),
        page(),
        State::Ok,
        "status 200 in 10 ms",
    );
    for (assertion, said) in [
        (json!({ "pointer": "/status", "equals": "down" }), "`/status` is \"up\", not \"down\""),
        (json!({ "pointer": "/status", "differs": "up" }), "`/status` is \"up\""),
        (json!({ "pointer": "/missing" }), "`/missing` is not in the answer"),
        (json!({ "pointer": "/queue/length", "at_most": 100 }), "`/queue/length` is 120, not at most 100"),
        (json!({ "pointer": "/queue/length", "at_least": 500 }), "`/queue/length` is 120, not at least 500"),
        (json!({ "pointer": "/status", "at_least": 1 }), "`/status` is \"up\", not a number"),
        (
            json!({ "pointer": "/parts", "contains": "queue" }),
            "`/parts` is [\"db\",\"cache\"], not something that contains \"queue\"",
        ),
    ] {
        says(one(assertion), page(), State::Critical, &format!("status 200 in 10 ms; {said}"));
    }
}

#[test]
fn an_answer_that_is_no_json_is_critical() {
    let ran = check(json!({ "json": [{ "pointer": "/status" }] }), Answer::status(200).body("<html>"));
    assert_eq!(ran.report().state, State::Critical);
    assert!(ran.report().summary.contains("the answer is not JSON"), "{}", ran.report().summary);
}

#[test]
fn what_is_certain_of_a_long_answer_is_judged() {
    let page = |status| Answer::status(status).body("error".to_owned() + &"a".repeat(5_000));
    let small = |more: Value| {
        let mut config = json!({ "find": "needle", "body_max": "4KiB" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let open = "not judged: the answer is longer than the 4096 bytes that were read; hint: raise `body_max`";
    says(
        small(json!({})),
        page(500),
        State::Critical,
        &format!("status 500 in 10 ms; expected 200-299; {open}"),
    );
    says(
        small(json!({ "do_not_find": ["error", "fatal"] })),
        page(200),
        State::Critical,
        &format!("status 200 in 10 ms; `error` is in the answer; {open}"),
    );
    says(
        small(json!({ "response_time_critical": "5ms" })),
        page(200),
        State::Critical,
        &format!("status 200 in 10 ms; slower than 5 ms; {open}"),
    );
    says(
        small(json!({ "response_time_warning": "5ms" })),
        page(200),
        State::Warning,
        &format!("status 200 in 10 ms; slower than 5 ms; {open}"),
    );
    let expired = [certificate("shop.example.com", NOW - 1)];
    says(
        small(json!({})),
        page(200).chain(expired),
        State::Critical,
        &format!("status 200 in 10 ms; certificate `CN=shop.example.com` has expired; {open}"),
    );
    let json = json!({ "json": [{ "pointer": "/a" }], "body_max": "4KiB" });
    says(json, page(500), State::Critical, &format!("status 500 in 10 ms; expected 200-299; {open}"));
}

#[test]
fn a_forbidden_text_is_never_ok_where_it_could_not_be_looked_for() {
    let forbidden = || json!({ "do_not_find": "Fehler", "body_max": "4KiB" });
    let unclear = |answer: Answer| match check(forbidden(), answer).error() {
        Fault::Inconclusive(message) => message.clone(),
        other => panic!("{other:?}"),
    };
    let long = unclear(Answer::status(200).body("a".repeat(5_000)));
    assert!(long.starts_with("the answer is longer than the 4096 bytes"), "{long}");
    let unknown = "its charset `x-foo` is not known";
    let nothing = Answer::status(200).body("Gruss").reading(Reading::Nothing(unknown.to_owned()));
    assert_eq!(unclear(nothing), format!("the answer cannot be read: {unknown}"));
    // What can be read for certain is enough for a text of ASCII, and not for another.
    let ascii =
        || Answer::status(200).body("Gr\u{fffd}ezi").reading(Reading::Ascii("it is not UTF-8".to_owned()));
    says(forbidden(), ascii(), State::Ok, "status 200 in 10 ms");
    let ran = check(json!({ "do_not_find": "St\u{f6}rung" }), ascii());
    let Fault::Inconclusive(message) = ran.error() else { panic!("{:?}", ran.error()) };
    assert_eq!(message, "whether `St\u{f6}rung` is in the answer cannot be told: it is not UTF-8");
    let there = Answer::status(200).body("Fehler").reading(Reading::Nothing(unknown.to_owned()));
    says(forbidden(), there, State::Critical, "status 200 in 10 ms; `Fehler` is in the answer");
}

#[test]
fn an_answer_that_breaks_off_keeps_its_status_and_times() {
    let cut = |kind, message: &str| Answer::status(200).body("half a").cut(kind, message);
    let gone = "the connection was closed before the response was whole";
    let whole = "status 200 in 10 ms; the answer is not whole: ";
    let ran = check(json!({ "find": "half" }), cut(FailureKind::Closed, gone));
    assert_eq!((ran.report().state, &*ran.report().summary), (State::Critical, &*format!("{whole}{gone}")));
    assert_eq!(ran.report().value("probe_http_status_code"), Some(200.0));
    assert_eq!(ran.report().value("probe_duration_seconds"), Some(0.01));
    let late = "the response was not whole within 2s";
    let more = json!({ "find": "rest", "do_not_find": "half", "response_time_warning": "5ms", "expect_status": 204 });
    says(
        more,
        cut(FailureKind::TimedOut, late),
        State::Critical,
        &format!(
            "status 200 in 10 ms; expected 204; the answer is not whole: {late}; `half` is in the answer; slower than 5 ms; \
             not judged: the answer is not whole"
        ),
    );
}

#[test]
fn an_event_stream_is_not_held_against_the_target() {
    let stream = || {
        let answer = Answer::status(200).header("content-type", "text/event-stream; charset=utf-8");
        answer.body("data: up\n\n").cut(FailureKind::TimedOut, "the response was not whole within 2s")
    };
    says(json!({ "find": "data: up" }), stream(), State::Ok, "status 200 in 10 ms");
    let ran = check(json!({ "find": "data: down" }), stream());
    assert!(matches!(ran.error(), Fault::Inconclusive(_)), "{:?}", ran.error());
}

#[test]
fn whole_numbers_are_compared_as_they_are() {
    let page = || {
        Answer::status(200)
            .body(r#"{"id": 9007199254740993, "ids": [9007199254740993], "max": 18446744073709551615}"#)
    };
    let one = |assertion: Value| json!({ "json": [assertion] });
    for assertion in [
        json!({ "pointer": "/id", "equals": 9_007_199_254_740_993_u64 }),
        json!({ "pointer": "/id", "differs": 9_007_199_254_740_992_u64 }),
        json!({ "pointer": "/ids", "contains": 9_007_199_254_740_993_u64 }),
        json!({ "pointer": "/ids", "equals": [9_007_199_254_740_993_u64] }),
        json!({ "pointer": "/id", "at_least": 9_007_199_254_740_993_u64 }),
        json!({ "pointer": "/max", "equals": u64::MAX }),
    ] {
        says(one(assertion), page(), State::Ok, "status 200 in 10 ms");
    }
    for (assertion, said) in [
        (
            json!({ "pointer": "/id", "equals": 9_007_199_254_740_992_u64 }),
            "`/id` is 9007199254740993, not 9007199254740992",
        ),
        (
            json!({ "pointer": "/ids", "equals": [9_007_199_254_740_992_u64] }),
            "`/ids` is [9007199254740993], not [9007199254740992]",
        ),
        (
            json!({ "pointer": "/id", "at_most": 9_007_199_254_740_992_u64 }),
            "`/id` is 9007199254740993, not at most 9007199254740992",
        ),
        (
            json!({ "pointer": "/id", "at_least": 9_007_199_254_740_994_u64 }),
            "`/id` is 9007199254740993, not at least 9007199254740994",
        ),
    ] {
        says(one(assertion), page(), State::Critical, &format!("status 200 in 10 ms; {said}"));
    }
}

#[test]
fn lines_are_found_whatever_ends_them() {
    let page = || Answer::status(200).body("<p>\r\n  up\r\n</p>");
    says(json!({ "find": "<p>\n  up" }), page(), State::Ok, "status 200 in 10 ms");
    says(json!({ "find": "<p>\r\n  up" }), page(), State::Ok, "status 200 in 10 ms");
    says(
        json!({ "find": "<p>\n  down" }),
        page(),
        State::Critical,
        "status 200 in 10 ms; `<p>\\n  down` is not in the answer",
    );
}
