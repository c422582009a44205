//! What is refused of a config, and the page about it.

use serde_json::{Value as Json, json};
use watchkeep_plugin_snmp::{MANIFEST, run};
use watchkeep_sdk::testing::Host;

use crate::{config, value};

#[test]
fn contradictions_are_told_with_a_fix() {
    let one = |more: Json| config(value("1.3.6.1.2.1.1.3.0", more));
    let table = |more: Json| {
        let mut table = json!({ "name": "t", "columns": [{ "oid": "1.3.6", "name": "a" }] });
        table.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config(json!({ "tables": [table] }))
    };
    let user = |user: Json| json!({ "agent": "a:161", "user": user }).to_string();
    let password = || json!({ "secret": "password" });
    for (config, said) in [
        (json!({ "agent": "a:161" }).to_string(), "add `community"),
        (config(json!({ "user": { "name": "x" } })), "hint: keep one"),
        (user(json!({ "name": "x", "privacy": { "password": password() } })), "add `authentication`"),
        (user(json!({ "name": "x".repeat(33) })), "at most 32 bytes"),
        (
            user(json!({ "name": "x", "authentication": { "protocol": "des", "password": password() } })),
            "`des` is none of `md5`, `sha1`",
        ),
        (config(json!({ "community": "public" })), "a secret does not belong in the config"),
        (config(json!({ "agent": "192.0.2.1:161", "ip_family": "ipv6" })), "`192.0.2.1` is an IPv4 address"),
        (config(json!({ "attempts": 0 })), "at least 1"),
        (
            config(value("sysUpTime.0", json!({}))),
            "`sysUpTime.0` is not a valid OID; hint: write it in numbers",
        ),
        (config(value("1.40", json!({}))), "is not a valid OID"),
        (config(value("3.1", json!({}))), "is not a valid OID"),
        (config(value("1.3.4294967296", json!({}))), "is not a valid OID"),
        (one(json!({ "name": "in octets" })), "`in octets` is not a valid metric name"),
        (one(json!({ "warning_above": 5, "critical_above": 1 })), "must not be less than `warning_above`"),
        (one(json!({ "warning_below": 5, "critical_below": 6 })), "must not be more than `warning_below`"),
        (one(json!({ "read_as": "text", "warning_above": 5 })), "a text has no thresholds"),
        (one(json!({ "read_as": "rate", "expect": "5" })), "a rate is not text"),
        (one(json!({ "unit": "°C" })), "is not a unit"),
        (one(json!({ "refuse": "" })), "an empty pattern fits nothing"),
        (
            config(json!({ "values": [{ "oid": "1.3", "name": "a" }, { "oid": "1.4", "name": "a" }] })),
            "`a` is the name of another one",
        ),
        (
            config(json!({
                "values": [{ "oid": "1.3", "name": "t" }],
                "tables": [{ "name": "t", "columns": [{ "oid": "1.3", "name": "a" }] }],
            })),
            "another table, or a value, is called `t`",
        ),
        (table(json!({ "columns": [] })), "must not be empty"),
        (table(json!({ "include": "" })), "an empty pattern fits nothing"),
        (table(json!({ "only_if": { "oid": "1.3", "is": [] } })), "no row says nothing"),
        (
            table(
                json!({ "rows_max": 500, "columns": [{ "oid": "1.3", "name": "a" }, { "oid": "1.4", "name": "b" }] }),
            ),
            "this may come to 1001 numbers, and a report holds 950; hint: lower `rows_max`",
        ),
    ] {
        Host::new().check(run, &config).refuses_config(said);
    }
}

#[test]
fn the_agent_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["agent"]["x-watchkeep-grant"], "udp");
    assert_eq!(MANIFEST.config_schema.matches("x-watchkeep-grant").count(), 1);
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
