//! What an answer is held against beside its status and its text.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_http::run;
use watchkeep_sdk::http::{FailureKind, Reading};
use watchkeep_sdk::testing::{Answer, Host, NOW, certificate};
use watchkeep_sdk::{Fault, State};

use crate::checks::{GET, check, config, problems, says};

const OK: &str = "status 200 in 10 ms";

#[track_caller]
fn all_say(answer: &dyn Fn() -> Answer, cases: &[(Value, &str)]) {
    for (more, said) in cases {
        let (state, summary) = match said.is_empty() {
            true => (State::Ok, OK.to_owned()),
            false => (State::Critical, format!("{OK}; {said}")),
        };
        says(more.clone(), answer(), state, &summary);
    }
}

#[test]
fn each_phase_has_limits_of_its_own() {
    // A tenth of it for each phase, half of it for the wait.
    let slow =
        || Answer::status(200).after(Duration::from_secs(1)).chain([certificate("a", NOW + (90 << 32))]);
    let one = |phase: &str, band: Value| json!({ "phase_times": { phase: band } });
    for (phase, took) in [
        ("resolve", "100 ms"),
        ("connect", "100 ms"),
        ("tls", "100 ms"),
        ("processing", "600 ms"),
        ("transfer", "100 ms"),
    ] {
        let said = format!("status 200 in 1.0 s; {phase} took {took}, more than 90 ms");
        says(one(phase, json!({ "warning": "90ms" })), slow(), State::Warning, &said);
        says(one(phase, json!({ "warning": "10ms", "critical": "90ms" })), slow(), State::Critical, &said);
        says(one(phase, json!({ "critical": "2s" })), slow(), State::Ok, "status 200 in 1.0 s");
    }
    let ran = check(one("tls", json!({ "warning": "1s", "critical": "2s" })), slow());
    let tls = |metric: &&watchkeep_sdk::Metric| metric.labels.iter().any(|label| label.value == "tls");
    let metric = ran.report().metrics.iter().find(tls).unwrap();
    assert_eq!((metric.warning.unwrap().high, metric.critical.unwrap().high), (Some(1.0), Some(2.0)));
    assert_eq!(ran.sent[0].body_max, 0);
    // The last phase ends with the body, so that is read.
    let transfer = check(one("transfer", json!({ "warning": "1s" })), slow());
    assert_eq!(transfer.sent[0].body_max, 1 << 20);
    let wrong = json!({ "url": "https://a.example/", "phase_times": { "tls": {}, "connect": { "warning": "2s", "critical": "1s" } } });
    let said = problems(&wrong).join("\n");
    assert!(said.contains("has no limit") && said.contains("must not be less than `warning`"), "{said}");
}

#[test]
fn it_has_to_end_where_it_is_expected() {
    let ends = |more: Value| {
        Host::new()
            .answer(GET, Answer::status(301).header("location", "/new?a=1"))
            .answer("GET https://shop.example.com/new?a=1", Answer::status(200))
            .check(run, &config(more))
            .report()
            .summary
            .clone()
    };
    let ok = "status 200 in 20 ms";
    assert_eq!(ends(json!({ "expect_url": "https://shop.example.com/new?a=1" })), ok);
    assert_eq!(ends(json!({ "expect_url": "HTTPS://Shop.Example.com:443/new?a=1" })), ok);
    assert_eq!(ends(json!({ "expect_url_pattern": "/new\\?a=[0-9]$" })), ok);
    assert_eq!(
        ends(json!({ "expect_url": "https://shop.example.com/new" })),
        format!("{ok}; it leads to https://shop.example.com/new?a=1, not https://shop.example.com/new")
    );
    let moved = |location: &str| Answer::status(302).header("location", location);
    let still = |more: Value| {
        let mut all = json!({ "follow_redirects": false, "expect_status": 302 });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let to = |url: &str| still(json!({ "expect_url": url }));
    for (location, url) in [
        ("/login", "https://shop.example.com/login"),
        ("login#top", "https://shop.example.com/login"),
        ("?a", "https://shop.example.com/?a"),
        ("//www.example.com", "https://www.example.com/"),
        ("myapp://open", "myapp://open"),
    ] {
        says(to(url), moved(location), State::Ok, "status 302 in 10 ms");
    }
    let said = "status 302 in 10 ms; it leads to http://evil.example/, not https://shop.example.com/login";
    says(to("https://shop.example.com/login"), moved("http://evil.example/"), State::Critical, said);
}

#[test]
fn a_version_may_be_required() {
    let spoken = |version: &'static str| Answer::status(200).version(version);
    let wanted = |versions: Value| json!({ "expect_http_version": versions });
    says(wanted(json!("2")), spoken("HTTP/2"), State::Ok, OK);
    says(wanted(json!(["1.1", "2"])), spoken("HTTP/1.1"), State::Ok, OK);
    says(
        wanted(json!("2")),
        spoken("HTTP/1.1"),
        State::Critical,
        &format!("{OK}; it speaks HTTP/1.1, not HTTP/2"),
    );
    says(
        wanted(json!(["1.1", "2"])),
        spoken("HTTP/1.0"),
        State::Critical,
        &format!("{OK}; it speaks HTTP/1.0, not HTTP/1.1 or HTTP/2"),
    );
}

#[test]
fn headers_are_looked_at_whatever_their_case() {
    let answer = || {
        Answer::status(200)
            .header("content-type", "text/html; charset=utf-8")
            .header("x-cache", "MISS")
            .header("x-cache", "HIT")
            .header("server", "nginx/1.22.1")
    };
    let one = |header: Value| json!({ "expect_header": [header] });
    all_say(
        &answer,
        &[
            (one(json!({ "name": "Content-Type" })), ""),
            (one(json!({ "name": "X-Powered-By", "absent": true })), ""),
            (one(json!({ "name": "X-CACHE", "equals": "HIT" })), ""),
            (one(json!({ "name": "content-type", "contains": "charset=utf-8" })), ""),
            (one(json!({ "name": "content-type", "matches": "^text/(html|plain)\\b" })), ""),
            (one(json!({ "name": "x-frame-options", "optional": true, "equals": "DENY" })), ""),
            (
                one(json!({ "name": "strict-transport-security" })),
                "header `strict-transport-security` is not in the answer",
            ),
            (
                one(json!({ "name": "Server", "absent": true })),
                "header `Server` is `nginx/1.22.1`, and must not be there",
            ),
            (one(json!({ "name": "x-cache", "equals": "STALE" })), "header `x-cache` is `MISS`, not `STALE`"),
            (
                one(json!({ "name": "server", "contains": "Apache" })),
                "header `server` is `nginx/1.22.1`, not something that contains `Apache`",
            ),
            (
                one(json!({ "name": "server", "matches": "^nginx$" })),
                "header `server` is `nginx/1.22.1`, not what matches `^nginx$`",
            ),
            (
                one(json!({ "name": "server", "does_not_match": "[0-9]" })),
                "header `server` is `nginx/1.22.1`, which matches `[0-9]`",
            ),
            (
                one(json!({ "name": "x-cache", "optional": true, "does_not_match": "MISS" })),
                "header `x-cache` is `MISS`, which matches `MISS`",
            ),
        ],
    );
    for (wrong, said) in [
        (json!({ "name": "a", "absent": true, "equals": "x" }), "says nothing where it stands"),
        (json!({ "name": "", "equals": "x" }), "must not be empty"),
        (json!({ "name": "a", "matches": "(" }), "is not a valid regular expression"),
    ] {
        let problems = problems(&json!({ "url": "https://a.example/", "expect_header": [wrong] })).join("\n");
        assert!(problems.contains(said), "{problems}");
    }
}

#[test]
fn patterns_stand_beside_texts() {
    let page = || Answer::status(200).body("version 1.21.3\nbuild 77");
    all_say(
        &page,
        &[
            (json!({ "find_pattern": "version [0-9.]+" }), ""),
            (json!({ "find_pattern": ["(?m)^build", "77$"] }), ""),
            (json!({ "do_not_find_pattern": "(?i)fatal|error" }), ""),
            (json!({ "find_pattern": "^build" }), "nothing in the answer matches `^build`"),
            (json!({ "do_not_find_pattern": "1\\.2\\d" }), "something in the answer matches `1\\.2\\d`"),
        ],
    );
}

#[test]
fn a_pattern_says_of_a_part_only_what_is_certain_of_the_whole() {
    let long = |body: &str| Answer::status(200).body(body.to_owned() + &"x".repeat(5_000));
    let small = |key: &str, pattern: &str| json!({ key: pattern, "body_max": "1KiB" });
    says(small("find_pattern", "up"), long("up"), State::Ok, OK);
    let there = format!("{OK}; something in the answer matches `up`");
    says(small("do_not_find_pattern", "up"), long("up"), State::Critical, &there);
    // Where it was cut is no end.
    for more in [
        small("find_pattern", "x$"),
        small("do_not_find_pattern", "x$"),
        small("do_not_find_pattern", "down"),
    ] {
        assert!(matches!(check(more, long("up")).error(), Fault::Inconclusive(_)));
    }
    let broken =
        || Answer::status(200).body("Gr\u{fffd}ezi").reading(Reading::Ascii("it is not UTF-8".to_owned()));
    says(json!({ "find_pattern": "ezi" }), broken(), State::Ok, OK);
    for more in [json!({ "find_pattern": "Gr.ezi" }), json!({ "find_pattern": "down" })] {
        let ran = check(more, broken());
        let Fault::Inconclusive(said) = ran.error() else { panic!("{:?}", ran.result) };
        assert_eq!(said, "the answer cannot be read for certain: it is not UTF-8");
    }
}

#[test]
fn bodies_have_a_size_and_a_digest() {
    let page = || Answer::status(200).body("abc".repeat(1_000));
    let digest = "46831bb9d4db6f0b7ee5bcb59b64a9b3c4f0f6e6d8de2bdd9b6a6c7f7c2b5b42";
    all_say(
        &page,
        &[
            (json!({ "body_size_min": "3000B", "body_size_max": "3000B" }), ""),
            (json!({ "body_size_min": "3001B" }), "the body has 3000 bytes, less than 3001"),
            (json!({ "body_size_max": "2KiB" }), "the body has 3000 bytes, more than 2048"),
        ],
    );
    // No more is read than what settles it.
    let ran = check(json!({ "body_size_max": "2KiB", "body_max": "1KiB" }), page());
    assert_eq!((ran.sent[0].body_max, ran.report().state), (2_049, State::Critical));
    assert_eq!(ran.report().summary, format!("{OK}; the body has more than 2048 bytes"));
    let abc = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    let same = || Answer::status(200).body("abc");
    says(json!({ "body_sha256": abc }), same(), State::Ok, OK);
    let said = format!("{OK}; the body's SHA-256 is {}", abc.to_lowercase());
    says(json!({ "body_sha256": digest }), same(), State::Critical, &said);
    let ran = check(json!({ "body_sha256": abc, "body_max": "2B" }), same());
    assert!(matches!(ran.error(), Fault::Inconclusive(_)), "{:?}", ran.result);
    let cut = Answer::status(200).body("abc").cut(FailureKind::Closed, "it was closed");
    says(
        json!({ "body_size_min": "9B" }),
        cut,
        State::Critical,
        &format!("{OK}; the answer is not whole: it was closed; not judged: the answer is not whole"),
    );
    let sized = check(json!({ "body_size_min": "1B" }), same());
    assert_eq!(sized.report().value("probe_http_uncompressed_body_length"), Some(3.0));
    for (more, said) in [
        (json!({ "body_sha256": "abc" }), "is not a SHA-256 digest"),
        (
            json!({ "body_size_min": "2KiB", "body_size_max": "1KiB" }),
            "must not be less than `body_size_min`",
        ),
        (json!({ "body_size_min": "2KiB", "method": "HEAD" }), "an answer to HEAD has no body"),
    ] {
        let mut whole = more;
        whole["url"] = json!("https://a.example/");
        let problems = problems(&whole).join("\n");
        assert!(problems.contains(said), "{problems}");
    }
}

#[test]
fn json_has_types_lengths_patterns_and_places_where_nothing_stands() {
    let page = || {
        Answer::status(200).body(
            r#"{"s": "1.21.3", "n": 42, "b": true, "l": [1, 2, 3], "o": {"a": 1}, "z": null, "t": "42", "u": "\u00fc\u00fc"}"#,
        )
    };
    let one = |pointer: &str, more: Value| {
        let mut expected = more;
        expected["pointer"] = json!(pointer);
        json!({ "json": [expected] })
    };
    all_say(
        &page,
        &[
            (one("/x", json!({ "absent": true })), ""),
            (one("/z", json!({ "absent": true })), "`/z` is null, and must not be there"),
            (one("/s", json!({ "type": "string", "matches": "^1\\.(21|22)\\." })), ""),
            (one("/n", json!({ "type": "number", "matches": "^4.$" })), ""),
            (one("/b", json!({ "type": "boolean" })), ""),
            (one("/l", json!({ "type": "array", "length_at_least": 3, "length_at_most": 3 })), ""),
            (one("/o", json!({ "type": "object", "length_at_least": 1 })), ""),
            (one("/z", json!({ "type": "null" })), ""),
            (one("/u", json!({ "length_at_most": 2 })), ""),
            (one("/s", json!({ "one_of": ["1.21.2", "1.21.3"] })), ""),
            (one("/n", json!({ "type": "string" })), "`/n` is 42, not of type string but number"),
            (one("/s", json!({ "matches": "^2" })), "`/s` is \"1.21.3\", not what matches `^2`"),
            (one("/l", json!({ "matches": "1" })), "`/l` is [1,2,3], not what matches `1`"),
            (one("/l", json!({ "length_at_least": 4 })), "`/l` has length 3, not at least 4"),
            (one("/l", json!({ "length_at_most": 2 })), "`/l` has length 3, not at most 2"),
            (one("/n", json!({ "length_at_most": 2 })), "`/n` is 42, not a list, a table or a text"),
            (one("/s", json!({ "one_of": ["a", 1] })), "`/s` is \"1.21.3\", not one of \"a\", 1"),
            (one("/t", json!({ "at_least": 40 })), "`/t` is \"42\", not a number"),
            (one("/t", json!({ "at_least": 40, "equals": 42, "number_in_text": true })), ""),
            (one("/t", json!({ "at_most": 40, "number_in_text": true })), "`/t` is \"42\", not at most 40"),
            (one("/s", json!({ "at_most": 40, "number_in_text": true })), "`/s` is \"1.21.3\", not a number"),
        ],
    );
    for (wrong, said) in [
        (json!({ "pointer": "/a", "absent": true, "equals": 1 }), "says nothing where it stands"),
        (
            json!({ "pointer": "/a", "length_at_least": 2, "length_at_most": 1 }),
            "must not be less than `length_at_least`",
        ),
        (json!({ "pointer": "/a", "type": "text" }), "is none of"),
    ] {
        let problems = problems(&json!({ "url": "https://a.example/", "json": [wrong] })).join("\n");
        assert!(problems.contains(said), "{problems}");
    }
}
