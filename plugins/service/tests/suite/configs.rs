//! What an operator may write, and what is refused before the first run.

use serde_json::{Value, json};
use watchkeep_plugin_service::{MANIFEST, run};
use watchkeep_sdk::testing::{Host, page};

#[track_caller]
fn refuses(config: Value, said: &str) {
    Host::new().check(run, &config.to_string()).refuses_config(said);
}

#[test]
fn a_config_looks_at_something_and_names_units_whole() {
    refuses(json!({}), "nothing is looked at; hint: `units = \"nginx.service\"`");
    refuses(json!({ "units": "nginx" }), "`nginx` is no unit; hint: write its type too");
    refuses(json!({ "not_failed": ["*", "a b.service"] }), "`a b.service` is no unit");
    refuses(
        json!({ "units": "a.service", "restarts_warning": 9 }),
        "must not be less than `restarts_warning`",
    );
    refuses(
        json!({ "timers": [{ "name": "backup" }] }),
        "`backup` is not a timer; hint: write its whole name",
    );
    refuses(json!({ "timers": [{ "name": "backup.service" }] }), "is not a timer");
    refuses(json!({ "timers": [{ "name": "a *.timer" }] }), "is not a timer");
    refuses(
        json!({ "timers": [{ "name": "*", "fired_within_warning": "2d", "fired_within_critical": "1d" }] }),
        "must not be less than `fired_within_warning`",
    );
    refuses(json!({ "ports": [{ "port": 0 }] }), "must be at least 1");
    refuses(json!({ "ports": [{ "port": 65_536 }] }), "must be a whole number between 0 and 65535");
    refuses(json!({ "ports": [{ "port": 1, "protocol": "sctp" }] }), "`sctp` is none of `tcp`, `udp`");
    refuses(json!({ "ports": [{ "port": 1, "address": "localhost" }] }), "`localhost` is not an address");
    refuses(json!({ "processes": [{ "name": "" }] }), "must not be empty");
    refuses(json!({ "processes": [{ "name": "a", "max": 0 }] }), "must not be less than `min`");
    refuses(json!({ "processes": [{ "name": "a-name-beyond-15" }] }), "longer than the 15 bytes");
    refuses(
        json!({ "processes": [{ "name": "a", "memory_warning": "2MiB", "memory_critical": "1MiB" }] }),
        "must not be less than `memory_warning`",
    );
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
