//! What an operator may write.

use watchkeep_plugin_tls::MANIFEST;

use super::*;

#[test]
fn contradictions_and_slips_are_told_with_a_fix() {
    for (more, said) in [
        (json!({ "expiry_warning_days": 2 }), "`expiry_critical_days`, or it never warns"),
        (
            json!({ "response_time_warning": "2s", "response_time_critical": "1s" }),
            "must not be less than `response_time_warning`",
        ),
        (json!({ "ignore_trust": true, "client_certificate": { "secret": "pem" } }), "leave out one of them"),
        (json!({ "server_name": "shop.example.com:443" }), "without a port"),
        (json!({ "fingerprints": "abcd" }), "64 hexadecimal digits"),
        (json!({ "minimum_protocol": "1.2" }), "TLSv1.2"),
        (json!({ "starttls": "nntp" }), "smtp"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_address_is_its_own_grant_and_nothing_else_is() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["address"]["x-watchkeep-grant"], "tcp");
    assert_eq!(schema["required"], json!(["address"]));
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 1);
    assert_eq!(schema["properties"]["server_name"]["x-watchkeep-needs"], "server_name");
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
