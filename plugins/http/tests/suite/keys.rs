//! What an operator may write, and what is refused.

use serde_json::{Value, json};
use watchkeep_plugin_http::MANIFEST;

use crate::checks::{config, problems};

#[test]
fn config_mistakes_are_found_at_once_with_their_places() {
    let wrong = json!({
        "url": "shop.example.com", "method": "get", "expect_status": ["2xx"], "timeout": "5", "finf": "x",
        "basic": { "user": "watch", "password": "hunter2" }, "json": [{ "pointer": "status" }],
        "tls_expiry_warning_days": 5000, "body_max": "1MB",
    });
    let problems = problems(&wrong).join("\n");
    for said in [
        "`/url`: `shop.example.com` must begin with `http://` or `https://`",
        "`/method`: `get` is none of `GET`,",
        "`/expect_status/0`: \"2xx\" is not a status; hint: write 204, or \"200-299\"",
        "`/timeout`: `5` is not a duration",
        "`/finf`: no such key; hint: did you mean `find`?",
        "`/basic/password`: a secret does not belong in the config",
        "`/json/0/pointer`: `status` is not a JSON pointer; hint: write `/status`",
        "`/tls_expiry_warning_days`: must be at most 3650, not 5000",
        "`/body_max`: `1MB` is not a size",
    ] {
        assert!(problems.contains(said), "{said}\nis not in\n{problems}");
    }
    assert!(!problems.contains("hunter2"), "a secret that was written by mistake is repeated");
}

#[test]
fn keys_that_contradict_each_other_are_config_mistakes() {
    for (more, said) in [
        (json!({ "method": "HEAD", "find": "x" }), "an answer to HEAD has no body"),
        (
            json!({ "bearer": { "secret": "k" }, "basic": { "user": "u", "password": { "secret": "k" } } }),
            "`basic` and `bearer` are the same header",
        ),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less than"),
        (json!({ "ignore_certificate": true, "bearer": { "secret": "k" } }), "no secret travels"),
        (
            json!({ "json": [{ "pointer": "/a", "at_least": 2, "at_most": 1 }] }),
            "must not be less than `at_least`",
        ),
    ] {
        let more: Value = serde_json::from_str(&config(more)).unwrap();
        let problems = problems(&more).join("\n");
        assert!(problems.contains(said), "{said}\nis not in\n{problems}");
    }
}

#[test]
fn url_and_resolver_are_their_own_grants_and_nothing_else_is() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    assert_eq!(schema["properties"]["resolver"]["x-watchkeep-grant"], "dns");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 2);
    // A step is a config of the same kind.
    assert_eq!(schema["properties"]["step"]["items"]["$ref"], "#");
    assert_eq!(schema["properties"]["basic"]["properties"]["password"]["x-watchkeep-secret"], true);
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn an_empty_text_is_a_config_mistake() {
    for (more, place) in [
        (json!({ "find": "" }), "`/find`"),
        (json!({ "find": ["a", ""] }), "`/find/1`"),
        (json!({ "do_not_find": "" }), "`/do_not_find`"),
        (json!({ "json": [{ "pointer": "/a", "contains": "" }] }), "`/json/0/contains`"),
    ] {
        let more: Value = serde_json::from_str(&config(more)).unwrap();
        let problems = problems(&more).join("\n");
        assert!(problems.contains(place) && problems.contains("an empty text is in every"), "{problems}");
    }
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["find"]["anyOf"][0]["minLength"], 1);
}
