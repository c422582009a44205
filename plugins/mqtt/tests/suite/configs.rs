//! What an operator writes.

use serde_json::json;
use watchkeep_plugin_mqtt::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

use crate::config;

#[test]
fn contradictions_are_told_with_a_fix() {
    let message = |more: serde_json::Value| {
        let mut message = json!({ "topic": "a/b" });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "message": message })
    };
    let trip = |topic: &str| json!({ "round_trip": { "topic": topic } });
    let topic = |topic: &str| json!({ "message": { "topic": topic } });
    for (more, said) in [
        (json!({ "version": "3.1" }), "`3.1` is none of `3.1.1`, `5.0`"),
        (json!({ "address": "192.0.2.1:1883", "ip_family": "ipv6" }), "`192.0.2.1` is an IPv4 address"),
        (json!({ "ignore_certificate": true }), "add `tls = true`"),
        (json!({ "client_certificate": { "secret": "pem" } }), "add `tls = true`"),
        (
            json!({ "tls": true, "ignore_certificate": true, "user": "a", "password": { "secret": "p" } }),
            "no secret travels",
        ),
        (json!({ "password": { "secret": "p" } }), "no password without a user"),
        (json!({ "user": "" }), "has 1 to 1024 bytes"),
        (json!({ "user": "a\nb" }), "no control characters"),
        (json!({ "client_id": "x".repeat(257) }), "has 1 to 256 bytes"),
        (json!({ "message": { "topic": "a" }, "round_trip": { "topic": "b" } }), "make a check of each"),
        (trip("a/#"), "stands for many topics"),
        (trip("$SYS/a"), "is the broker's own"),
        (trip(""), "at least one letter"),
        (trip("a\u{0}"), "control character"),
        (topic(&"x".repeat(1_025)), "longer than 1024 bytes"),
        (topic("$share/g/a"), "would take messages from those who share it"),
        (topic("a/b+"), "is not a valid topic filter"),
        (topic("a/#/b"), "is not a valid topic filter"),
        (json!({ "round_trip": { "topic": "a", "qos": 3 } }), "is 0, 1 or 2"),
        (
            json!({ "round_trip": { "topic": "a", "time_warning": "2s", "time_critical": "1s" } }),
            "must not be less than `time_warning`",
        ),
        (message(json!({ "pointer": "/a" })), "is for thresholds"),
        (message(json!({ "pointer": "a", "warning_above": 1 })), "is not a JSON pointer"),
        (message(json!({ "age_pointer": "/a" })), "`age_warning` and `age_critical`"),
        (
            message(json!({ "warning_above": 2, "critical_above": 1 })),
            "must not be less than `warning_above`",
        ),
        (
            message(json!({ "age_warning": "2s", "age_critical": "1s" })),
            "must not be less than `age_warning`",
        ),
        (message(json!({ "expect_pattern": "(" })), "is not a valid regular expression"),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_address_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["address"]["x-watchkeep-grant"], "tcp");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 1);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
