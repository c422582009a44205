//! What an operator may write, and what is refused before the first run.

use serde_json::{Value, json};
use watchkeep_plugin_docker::{MANIFEST, run};
use watchkeep_sdk::testing::{Host, page};

#[track_caller]
fn refuses(config: &Value, said: &str) {
    Host::new().check(run, &config.to_string()).refuses_config(said);
}

#[test]
fn a_config_names_one_daemon_and_makes_sense() {
    let with = |more: Value| {
        let mut config = json!({ "socket": "docker" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    refuses(&json!({}), "no daemon is named; hint: `socket = \"docker\"`");
    refuses(
        &with(json!({ "url": "http://docker.example.com" })),
        "`socket` and `url` are two ways; hint: keep one",
    );
    refuses(&json!({ "socket": "" }), "must not be empty");
    refuses(&json!({ "url": "docker.example.com:2375" }), "must begin with `http://`");
    refuses(&json!({ "url": "http://d:2375", "ignore_certificate": true }), "only `https://` uses TLS");
    refuses(&with(json!({ "client_certificate": { "secret": "x" } })), "only `https://` uses TLS");
    let both = json!({ "url": "https://d:2376", "ignore_certificate": true, "client_certificate": { "secret": "x" } });
    refuses(&both, "no secret travels");
    refuses(&with(json!({ "names": "" })), "an empty pattern fits nothing");
    refuses(&with(json!({ "labels": "=x" })), "names no label");
    refuses(&with(json!({ "expected": "/web" })), "is no name of a container");
    refuses(
        &with(json!({ "names": "web-*", "expected": ["web-1", "db"] })),
        "`db` is expected, and left out",
    );
    refuses(&with(json!({ "exclude": "d?", "expected": "db" })), "`db` is expected, and left out");
    refuses(&with(json!({ "restarts_warning": 5 })), "must not be less than `restarts_warning`");
    refuses(&with(json!({ "restarts_window": "0s" })), "nothing happens in no time");
    refuses(
        &with(json!({ "memory_warning": 90, "memory_critical": 80 })),
        "must not be less than `memory_warning`",
    );
    refuses(&with(json!({ "memory_warning": 101 })), "must be at most 100");
    refuses(&with(json!({ "cpu_warning": 90, "cpu_critical": 80 })), "must not be less than `cpu_warning`");
    refuses(&with(json!({ "throttled_warning": -1 })), "must be at least 0");
    for version in ["1", "v1.41", "1.x", ".", "1.", "1.41.2", "1.99999999"] {
        refuses(&with(json!({ "api_version": version })), "is no version of the API");
    }
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
