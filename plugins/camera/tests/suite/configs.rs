//! What an operator writes.

use serde_json::{Value, json};
use watchkeep_plugin_camera::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

#[test]
fn contradictions_are_told_with_a_fix() {
    let stream = |more: Value| {
        let mut stream = json!({ "url": "rtsp://cam.example.com/a" });
        stream.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "stream": stream })
    };
    let with = |more: Value| {
        let mut config = stream(json!({}));
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let password = json!({ "secret": "p" });
    for (config, said) in [
        (json!({}), "add `stream`, `snapshot` or both"),
        (stream(json!({ "url": "http://cam.example.com/a" })), "must begin with `rtsp://`"),
        (stream(json!({ "url": "rtsp://" })), "names a host"),
        (
            stream(json!({ "url": "rtsp://ada:x@cam.example.com/a" })),
            "a login goes into `user` and `password`",
        ),
        (stream(json!({ "url": "rtsp://cam.example.com/a b" })), "write it as `%20`"),
        (stream(json!({ "url": "rtsp://cam.example.com/a#b" })), "write it as `%20`, `%23`"),
        (stream(json!({ "listen": "500ms" })), "is between `1s` and `30s`"),
        (stream(json!({ "listen": "31s" })), "is between `1s` and `30s`"),
        (stream(json!({ "loss_warning": 5, "loss_critical": 4 })), "must not be less than `loss_warning`"),
        (stream(json!({ "loss_warning": 101 })), "must be at most 100"),
        (
            stream(json!({ "first_packet_warning": "2s", "first_packet_critical": "1s" })),
            "must not be less than `first_packet_warning`",
        ),
        (
            stream(json!({ "key_frame_warning": "2s", "key_frame_critical": "1s" })),
            "must not be less than `key_frame_warning`",
        ),
        (stream(json!({ "key_frame_warning": "4s" })), "is longer than `listen`"),
        (
            stream(json!({ "bitrate": { "warning_above": 2, "critical_above": 1 } })),
            "must not be less than `warning_above`",
        ),
        (with(json!({ "user": "ada" })), "is half a login; hint: add `password`"),
        (with(json!({ "password": password })), "is half a login; hint: add `user`"),
        (with(json!({ "user": "a:b", "password": password })), "without colons, quotes"),
        (with(json!({ "user": "", "password": password })), "must have 1 to 256 bytes"),
        (with(json!({ "ignore_certificate": true })), "there is no TLS here"),
        (
            json!({ "stream": { "url": "rtsps://cam.example.com/a" }, "user": "a", "password": password, "ignore_certificate": true }),
            "no secret travels",
        ),
        (
            json!({ "stream": { "url": "rtsp://192.0.2.1/a" }, "ip_family": "ipv6" }),
            "`192.0.2.1` is an IPv4 address",
        ),
        (json!({ "snapshot": { "url": "cam.example.com" } }), "must begin with `http://`"),
        (
            json!({ "snapshot": { "url": "http://a:b@cam.example.com/" } }),
            "a login goes into `user` and `password`",
        ),
        (
            json!({ "snapshot": { "url": "http://c/", "response_time_warning": "2s", "response_time_critical": "1s" } }),
            "must not be less than `response_time_warning`",
        ),
    ] {
        Host::new().check(run, &config.to_string()).refuses_config(said);
    }
}

#[test]
fn both_addresses_are_their_own_grants_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    let grant = |part: &str| schema["properties"][part]["properties"]["url"]["x-watchkeep-grant"].clone();
    assert_eq!((grant("stream"), grant("snapshot")), (json!("tcp"), json!("http")));
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 4);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
