//! Configs that make no sense are refused, with the place and the fix.

use serde_json::{Value, json};
use watchkeep_plugin_vpn::run;
use watchkeep_sdk::testing::Host;

use super::{base64, wireguard};

#[track_caller]
fn refused(config: &Value, said: &str) {
    Host::new().check(run, &config.to_string()).refuses_config(said);
}

#[test]
fn one_tunnel_is_needed_and_not_two() {
    let one = "either `wireguard` or `openvpn` must be given";
    refused(&json!({}), one);
    let mut both = wireguard(json!({}));
    both["openvpn"] = json!({ "socket": "ovpn" });
    refused(&both, one);
    refused(&json!({ "wireguard": { "interface": "wg0" } }), "either `command` or `socket` must be given");
    refused(&wireguard(json!({ "command": "wg" })), "either `command` or `socket` must be given");
    refused(&json!({ "openvpn": {} }), "either `address` or `socket` must be given");
    let password = json!({ "openvpn": { "socket": "ovpn", "password": { "secret": "management" } } });
    refused(&password, "no secret goes over a socket of this machine; hint: ");
}

#[test]
fn names_keys_and_limits_are_looked_at() {
    for name in ["", "all", "wg/0", "wg 0", "an-interface-of-16"] {
        let said = if name == "all" { "make a check for each" } else { "is not the name of an interface" };
        refused(&wireguard(json!({ "interface": name })), said);
    }
    for key in ["short", "not base64!", "", &"A".repeat(45), &format!("{}=", "A".repeat(44))] {
        refused(
            &wireguard(json!({ "peers": [{ "name": "a", "public_key": key }] })),
            "is not a public key; hint: ",
        );
    }
    let peer = |name: &str, byte: u8| json!({ "name": name, "public_key": base64(byte) });
    refused(&wireguard(json!({ "peers": [peer("a", 1), peer("a", 2)] })), "`a` is used twice");
    refused(&wireguard(json!({ "peers": [peer("a", 1), peer("b", 1)] })), "another peer has the same key");
    refused(&wireguard(json!({ "peers": [peer("", 1)] })), "must have 1 to 100 bytes");
    refused(&wireguard(json!({ "handshake_critical": "1m" })), "must not be less than `handshake_warning`");
    let silence = json!({ "silence_warning": "2m", "silence_critical": "1m" });
    refused(&wireguard(silence), "must not be less than `silence_warning`");
    refused(&json!({ "openvpn": { "socket": "ovpn", "clients": ["a", "a"] } }), "`a` is used twice");
}

#[test]
fn servers_are_looked_at() {
    let with = |servers: Value| {
        let mut config = wireguard(json!({ "peers": [{ "name": "berlin", "public_key": base64(1) }] }));
        config["servers"] = servers;
        config
    };
    refused(&with(json!([{}])), "either `address` or `ping` must be given");
    refused(&with(json!([{ "address": "a:1", "ping": "a" }])), "either `address` or `ping` must be given");
    refused(
        &with(json!([{ "address": "a:1" }, { "address": "a:1" }])),
        "`a:1` is used twice; hint: give it a `name`",
    );
    refused(&with(json!([{ "address": "a:1", "peer": "paris" }])), "`paris` is not in `peers` or `clients`");
    let slow = json!([{ "address": "a:1", "response_time_warning": "2s", "response_time_critical": "1s" }]);
    refused(&with(slow), "must not be less than `response_time_warning`");
    refused(&with(json!([{ "ping": "a", "loss_critical": 10 }])), "must not be less than `loss_warning`");
    let many: Vec<Value> = (0..51).map(|at| json!({ "address": format!("10.0.0.{at}:1") })).collect();
    refused(&with(many.into()), "at most 50 servers");
    let mut config = wireguard(json!({}));
    config["timeout"] = json!("0s");
    refused(&config, "must be longer");
}
