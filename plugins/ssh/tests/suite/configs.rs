//! What an operator may write.

use watchkeep_plugin_ssh::MANIFEST;

use super::*;

#[test]
fn contradictions_and_slips_are_told_with_a_fix() {
    let torn = &GITHUB[..40];
    for (more, said) in [
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less than"),
        (json!({ "host_keys": "SHA256:abcd" }), "a SHA-256 has 43 letters of base64"),
        (
            json!({ "host_keys": "MD5:16:27:ac:a5" }),
            "neither a SHA-256 nor a public key; hint: write `SHA256:...`",
        ),
        (json!({ "host_keys": format!("ssh-rsa {GITHUB}") }), "cut off, or one of another type"),
        (json!({ "host_keys": "ssh-ed25519 AAAA" }), "cut off, or one of another type"),
        (json!({ "host_keys": format!("ssh-ed25519 {torn}") }), "cut off, or one of another type"),
        (json!({ "host_keys": "ssh-ed25519 ~~~" }), "not base64"),
        (json!({ "host_keys": "ssh-ed25519" }), "neither a SHA-256 nor a public key"),
        (json!({ "refused_algorithms": "3des-cbc,aes128-cbc" }), "several as a list"),
        (json!({ "refused_algorithms": ["weak", "ssh-rsa"] }), "write it under `refused_key_types`"),
        (json!({ "banner": "OpenSSH_(" }), "is not a valid regular expression"),
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
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
