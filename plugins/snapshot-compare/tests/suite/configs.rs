//! What an operator writes.

use serde_json::json;
use watchkeep_plugin_snapshot_compare::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

use crate::config;

#[test]
fn contradictions_are_told_with_a_fix() {
    let password = json!({ "secret": "p" });
    let series = json!({ "check": "gate" });
    let mask = |left: f64, width: f64| json!({ "masks": [{ "left": left, "top": 0, "width": width, "height": 10 }] });
    for (config, said) in [
        ("{}".to_owned(), "add `camera`, or `series` with a check"),
        (config(json!({ "series": series })), "stands beside `camera`"),
        (json!({ "series": series, "user": "ada", "password": password }).to_string(), "is for a `camera`"),
        (json!({ "series": series, "ignore_certificate": true }).to_string(), "is for a `camera`"),
        (json!({ "series": {} }).to_string(), "check"),
        (config(json!({ "camera": "cam.example.com" })), "must begin with `http://`"),
        (
            config(json!({ "camera": "http://a:b@cam.example.com/" })),
            "a login goes into `user` and `password`",
        ),
        (config(json!({ "user": "ada" })), "is half a login; hint: add `password`"),
        (config(json!({ "user": "a:b", "password": password })), "without colons, quotes"),
        (
            config(json!({ "user": "a", "password": password, "ignore_certificate": true })),
            "no secret travels",
        ),
        (config(json!({ "shift_warning": 12 })), "must not be less than `shift_warning`"),
        (config(json!({ "rotation_critical": 1 })), "must not be less than `rotation_warning`"),
        (config(json!({ "zoom_critical": 1 })), "must not be less than `zoom_warning`"),
        (config(json!({ "changed_warning": 61 })), "must not be less than `changed_warning`"),
        (config(json!({ "obstructed_warning": 101 })), "must be at most 100"),
        (config(json!({ "sharpness_critical": 50 })), "must not be more than `sharpness_warning`"),
        (config(json!({ "previous": "30m" })), "must not be less than `previous_within`"),
        (config(mask(80.0, 30.0)), "the mask must end within the picture"),
        (config(mask(0.0, 0.0)), "must be more than 0"),
    ] {
        Host::new().check(run, &config).refuses_config(said);
    }
}

#[test]
fn the_camera_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["camera"]["x-watchkeep-grant"], "http");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 1);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
