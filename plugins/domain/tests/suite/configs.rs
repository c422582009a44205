//! What is refused of a config, and what a reader finds.

use serde_json::{Value, json};
use watchkeep_plugin_domain::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

use crate::config;

#[test]
fn a_config_that_cannot_be_meant_is_told_with_the_fix() {
    let refused: [(Value, &str); 14] = [
        (json!({ "domains": "bücher.example" }), "hint: write the form that begins with `xn--`"),
        (
            json!({ "domains": "https://shop.example/" }),
            "is not a domain; hint: write one such as `example.com`",
        ),
        (json!({ "domains": "com" }), "is not a domain"),
        (json!({ "domains": "a..example" }), "is not a domain"),
        (json!({ "domains": format!("{}.example", "a".repeat(64)) }), "is not a domain"),
        (json!({ "domains": ["shop.example", "SHOP.example."] }), "`shop.example` is listed twice"),
        (json!({ "domains": [] }), "1 to 450 domains"),
        (json!({ "server": "https://rdap.example/?q=" }), "has a query"),
        (json!({ "server": "rdap.example" }), "must begin with `http://` or `https://`"),
        (json!({ "expiry_warning_days": 5 }), "must not be less than `expiry_critical_days`"),
        (
            json!({ "status_expected": "clientTransferForbidden" }),
            "`clientTransferForbidden` is not a domain status",
        ),
        (json!({ "refresh": "10s" }), "must be at least `1m`"),
        (json!({ "answer_age_max": "1h" }), "must not be less than `refresh`"),
        (json!({ "registrar": " " }), "an empty text is in every name"),
    ];
    for (more, said) in refused {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn what_the_operator_writes_is_granted_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["server"]["x-watchkeep-grant"], "http");
    assert_eq!(schema["properties"]["bootstrap"]["x-watchkeep-grant"], "http");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
