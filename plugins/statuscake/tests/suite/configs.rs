//! What is refused of a config, and what a reader finds.

use serde_json::{Value, json};
use watchkeep_plugin_statuscake::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

use crate::config;

#[test]
fn a_config_that_cannot_be_meant_is_told_with_the_fix() {
    let refused: [(Value, &str); 10] = [
        (json!({ "token": "sc-plain" }), "a secret does not belong in the config"),
        (json!({ "url": "api.statuscake.com" }), "must begin with `http://` or `https://`"),
        (json!({ "url": "https://api.statuscake.com/v1?x" }), "has a query"),
        (json!({ "tests": [] }), "no kind of tests"),
        (json!({ "tests": "pagespeed" }), "`pagespeed` is none of"),
        (json!({ "tags": "a,b" }), "a tag is not empty and has no comma"),
        (json!({ "uptime_warning": 99, "uptime_critical": 99.9 }), "must not be more than `uptime_warning`"),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less than"),
        (json!({ "expiry_warning_days": 1 }), "must not be less than `expiry_critical_days`"),
        (
            json!({ "response_time_warning": "1s", "history_requests_max": 0 }),
            "nothing is known of response times",
        ),
    ];
    for (more, said) in refused {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_url_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["url"]["x-watchkeep-grant"], "http");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
