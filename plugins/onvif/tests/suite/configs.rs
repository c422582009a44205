//! Configs that make no sense are refused, with the place and the fix.

use serde_json::{Value, json};
use watchkeep_plugin_onvif::run;
use watchkeep_sdk::testing::Host;

use super::{config, login, profile};

#[track_caller]
fn refused(more: Value, said: &str) {
    Host::new().check(run, &config(more)).refuses_config(said);
}

#[test]
fn urls_and_logins_are_looked_at() {
    refused(json!({ "url": "cam.example.com" }), "http");
    refused(
        json!({ "url": "http://ada:secret@cam.example.com/" }),
        "hint: a login goes into `user` and `password`",
    );
    refused(
        json!({ "media_url": "http://ada@cam.example.com/" }),
        "hint: a login goes into `user` and `password`",
    );
    refused(json!({ "user": "ada" }), "is half a login; hint: add `password`");
    refused(json!({ "password": { "secret": "password" } }), "is half a login; hint: add `user`");
    refused(login(json!({ "user": "a:b" })), "without colons");
    refused(json!({ "server_name": "cam.example.com" }), "there is no TLS here");
    let unchecked = login(json!({ "url": "https://cam.example.com/", "ignore_certificate": true }));
    refused(unchecked, "no secret travels to a server whose certificate is not checked");
    refused(json!({ "clock_warning": "2m" }), "must not be less than `clock_warning`");
}

#[test]
fn profiles_are_looked_at() {
    refused(json!({ "profiles": [{ "name": "a" }, { "name": "a" }] }), "`a` is used twice");
    refused(profile(json!({ "name": "" })), "must have 1 to 100 bytes");
    refused(profile(json!({ "resolution": "wide" })), "width and height in pixels");
    refused(profile(json!({ "resolution": "0x0" })), "width and height in pixels");
    refused(
        profile(json!({ "stream": "ignored", "stream_url": "rtsp://a/" })),
        "hint: set `stream = \"named\"`",
    );
    refused(profile(json!({ "snapshot_url": "http://a/" })), "hint: set `snapshot = \"named\"`");
    let many: Vec<Value> = (0..51).map(|at| json!({ "name": format!("p{at}") })).collect();
    refused(json!({ "profiles": many }), "at most 50 profiles");
}
