//! What an operator writes.

use serde_json::json;
use watchkeep_plugin_stream_quality::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

use crate::config;

#[test]
fn contradictions_are_told_with_a_fix() {
    let password = json!({ "secret": "p" });
    let series = json!({ "check": "gate" });
    let stream = json!({ "url": "http://cam.example.com/v" });
    for (config, said) in [
        ("{}".to_owned(), "add `camera`, `stream` or `series`"),
        (config(json!({ "series": series })), "stands beside `camera`"),
        (config(json!({ "stream": stream })), "stands beside `camera`; hint: leave out one of them"),
        (json!({ "series": series, "user": "ada", "password": password }).to_string(), "is for a `camera`"),
        (config(json!({ "camera": "rtsp://cam.example.com" })), "must begin with `http://`"),
        (config(json!({ "camera": "http://a:b@cam.example.com/" })), "a login goes into `user` and `password`"),
        (json!({ "stream": { "url": "http://a:b@cam.example.com/" } }).to_string(), "a login goes into `user`"),
        (json!({ "stream": { "url": "http://cam.example.com/", "listen": "31s" } }).to_string(), "must be from 1s to 30s"),
        (
            json!({ "stream": { "url": "http://cam.example.com/", "frame_rate": { "warning_below": 5, "critical_below": 6 } } })
                .to_string(),
            "must not be more than `warning_below`",
        ),
        (config(json!({ "user": "ada" })), "is half a login; hint: add `password`"),
        (config(json!({ "black_critical": 90 })), "must not be less than `black_warning`"),
        (config(json!({ "white_critical": 10 })), "must not be less than `white_warning`"),
        (config(json!({ "uniform_critical": 80 })), "must not be less than `uniform_warning`"),
        (config(json!({ "cast_critical": 5 })), "must not be less than `cast_warning`"),
        (config(json!({ "contrast_critical": 60 })), "must not be more than `contrast_warning`"),
        (config(json!({ "sharpness_critical": 99 })), "must not be more than `sharpness_warning`"),
        (config(json!({ "learned_critical": 99 })), "must not be more than `learned_warning`"),
        (config(json!({ "width": 640, "width_min": 1280 })), "must not be more than `width`"),
        (config(json!({ "frozen_pictures": 1 })), "must be at least 2"),
        (config(json!({ "masks": [{ "left": 80, "top": 0, "width": 30, "height": 10 }] })), "must end within the picture"),
        (config(json!({ "lens": "a\nb" })), "without control characters"),
    ] {
        Host::new().check(run, &config).refuses_config(said);
    }
}

#[test]
fn each_url_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["camera"]["x-watchkeep-grant"], "http");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 2);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
