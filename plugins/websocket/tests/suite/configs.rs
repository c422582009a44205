//! What an operator writes.

use serde_json::json;
use watchkeep_plugin_websocket::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

use crate::config;

#[test]
fn contradictions_are_told_with_a_fix() {
    let secret = || json!({ "secret": "token" });
    let tls = "wss://chat.example.com";
    for (more, said) in [
        (json!({ "url": "https://chat.example.com" }), "must begin with `wss://`"),
        (json!({ "url": "ws://" }), "names a host"),
        (json!({ "url": "wss://ada:pw@chat.example.com" }), "names a host, and no user"),
        (json!({ "url": "wss://chat.example.com/#a" }), "no server is told"),
        (json!({ "url": "wss://chat.example.com/a b" }), "write it as `%20`"),
        (json!({ "url": "wss://chat.example.com/é" }), "write it as `%20`"),
        (json!({ "headers": { "x team": "web" } }), "is not a header name"),
        (json!({ "headers": { "Host": "a" } }), "is set by the host itself"),
        (json!({ "headers": { "sec-websocket-key": "a" } }), "is set by the host itself"),
        (json!({ "headers": { "a": "b\r\nc: d" } }), "line end or another control"),
        (json!({ "headers": { "a": "b", "A": "c" } }), "is set twice"),
        (json!({ "headers": { "a": "b" }, "secret_headers": { "A": secret() } }), "in `headers` too"),
        (json!({ "bearer": secret(), "headers": { "Authorization": "x" } }), "are the same header"),
        (
            json!({ "bearer": secret(), "basic": { "user": "a", "password": secret() } }),
            "are the same header",
        ),
        (json!({ "basic": { "user": "a:b", "password": secret() } }), "has a colon"),
        (json!({ "origin": "a\r\nb" }), "line end or another control"),
        (json!({ "origin": "a", "headers": { "origin": "b" } }), "keep one of the two"),
        (json!({ "subprotocols": "a b" }), "is not a valid protocol name"),
        (json!({ "subprotocols": "" }), "is not a valid protocol name"),
        (json!({ "ignore_certificate": true }), "there is no TLS here"),
        (json!({ "client_certificate": secret() }), "there is no TLS here"),
        (json!({ "url": tls, "ignore_certificate": true, "bearer": secret() }), "no secret travels"),
        (
            json!({ "url": tls, "ignore_certificate": true, "client_certificate": secret() }),
            "no secret travels",
        ),
        (json!({ "expiry_warning_days": 1 }), "or it never warns"),
        (json!({ "send": "x", "talk": [{ "expect": "y" }] }), "replaces `send` and `expect`"),
        (json!({ "talk": [{ "send": "a", "expect": "b" }] }), "a step is one of"),
        (json!({ "talk": [{}] }), "a step is one of"),
        (json!({ "talk": [{ "send_hex": "0a0" }] }), "two hexadecimal digits"),
        (json!({ "talk": [{ "send_hex": "zz" }] }), "two hexadecimal digits"),
        (json!({ "talk": [{ "expect_pattern": "(" }] }), "is not a valid regular expression"),
        (json!({ "expect": "" }), "an empty text is in every answer"),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_url_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "tcp");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 1);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
