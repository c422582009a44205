//! What is refused, and what the README says.

use super::*;
use watchkeep_plugin_smtp::MANIFEST;

#[test]
fn contradictions_are_told_with_a_fix() {
    let password = json!({ "secret": "mail" });
    for (more, said) in [
        (json!({ "user": "x" }), "`password` is missing beside `user`"),
        (json!({ "password": password }), "`user` is missing beside `password`"),
        (json!({ "user": "x\r\n", "password": password }), "no control characters"),
        (json!({ "security": PLAIN, "user": "x", "password": password }), "`/user`: there is no TLS here"),
        (
            json!({ "security": PLAIN, "expiry_warning_days": 9 }),
            "`/expiry_warning_days`: there is no TLS here",
        ),
        (
            json!({ "security": PLAIN, "ignore_certificate": true }),
            "`/ignore_certificate`: there is no TLS here",
        ),
        (json!({ "security": "tls", "do_not_expect_before_tls": "AUTH" }), "nothing is asked before TLS"),
        (json!({ "ignore_certificate": true, "user": "x", "password": password }), "no password travels"),
        (json!({ "expiry_warning_days": 1 }), "must not be less than `expiry_critical_days`"),
        (json!({ "hello": "a b" }), "is not a host name"),
        (json!({ "expect": "" }), "an empty text is in every answer"),
        (json!({ "expect_capabilities": "AUTH  PLAIN" }), "is nothing that a server offers"),
        (json!({ "expect_capabilities": "SIZE\r\n" }), "is nothing that a server offers"),
        (json!({ "security": "ssl" }), "`ssl` is none of `starttls`, `tls`, `plaintext`"),
        (json!({ "address": "192.0.2.1:25", "ip_family": "ipv6" }), "is an IPv4 address"),
        (json!({ "response_time_warning": "2s", "response_time_critical": "1s" }), "must not be less"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn contradictions_of_a_delivery_are_told_with_a_fix() {
    for (key, value, said) in [
        ("imap_security", json!(PLAIN), "no password travels without TLS"),
        ("user", json!(""), "a user's name is not empty"),
        ("mailbox", json!("Entwürfe"), "as IMAP writes it"),
        ("mailbox", json!("x\r\ny"), "is not a valid folder name"),
        ("critical", json!("1s"), "must not be less than `warning`"),
        ("to", json!("kari"), "is not a mail address"),
        ("from", json!("a@b>\r\nDATA"), "is not a mail address"),
    ] {
        let mut delivery = deliveries::delivery(json!({}));
        delivery["delivery"][key] = value;
        Host::new().check(run, &config(delivery)).refuses_config(said);
    }
}

#[test]
fn targets_are_their_own_grants_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["address"]["x-watchkeep-grant"], "tcp");
    assert_eq!(schema["properties"]["delivery"]["properties"]["imap"]["x-watchkeep-grant"], "tcp");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
