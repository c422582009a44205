//! The check `vpn` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod hostile;
mod openvpn;
mod peers;
mod secrecy;
mod servers;
mod show;

use serde_json::{Value, json};
use watchkeep_plugin_vpn::{MANIFEST, run};
use watchkeep_sdk::testing::{Dialogue, Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

/// 32 bytes that are all this one, in hexadecimal.
fn hex(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

/// The same in base64.
fn base64(byte: u8) -> String {
    watchkeep_sdk::mail::base64(&[byte; 32])
}

/// A peer as the socket tells of it.
#[derive(Clone, Copy)]
struct Told {
    key: u8,
    /// Seconds since the last handshake.
    age: Option<u64>,
    received: u64,
    sent: u64,
    keepalive: u16,
    endpoint: &'static str,
}

const BERLIN: Told =
    Told { key: 1, age: Some(30), received: 5_000, sent: 4_000, keepalive: 25, endpoint: "192.0.2.7:51820" };
const HAMBURG: Told = Told { key: 2, keepalive: 0, ..BERLIN };

impl Told {
    fn handshake(&self) -> u64 {
        self.age.map_or(0, |age| NOW / 1_000 - age)
    }
    fn text(&self) -> String {
        self.text_with(&hex(self.key), self.handshake())
    }
    fn text_with(&self, key: &str, handshake: u64) -> String {
        let Told { received, sent, keepalive, endpoint, .. } = self;
        let secret = hex(0xee);
        format!(
            "public_key={key}\npreshared_key={secret}\nprotocol_version=1\nendpoint={endpoint}\n\
             last_handshake_time_sec={handshake}\nlast_handshake_time_nsec=5\ntx_bytes={sent}\nrx_bytes={received}\n\
             persistent_keepalive_interval={keepalive}\nallowed_ip=10.9.0.2/32\nallowed_ip=10.9.1.0/24\n"
        )
    }
}

fn interface(peers: &[Told]) -> String {
    let peers: String = peers.iter().map(Told::text).collect();
    format!("private_key={}\nlisten_port=51820\nfwmark=0\n{peers}errno=0\n\n", hex(0xdd))
}

fn uapi(said: impl AsRef<[u8]>) -> Dialogue {
    Dialogue::new().hears("get=1\n\n").says(said)
}

fn wireguard(more: Value) -> Value {
    let mut config = json!({ "interface": "wg0", "socket": "wg0" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "wireguard": config })
}

fn berlin() -> Value {
    json!({ "peers": [{ "name": "berlin", "public_key": base64(1) }] })
}

fn check(config: &Value, peers: &[Told]) -> Ran<Report, Fault> {
    Host::new().answer("unix wg0", uapi(interface(peers))).check(run, &config.to_string())
}

/// A run after another of a minute ago, in which the peer had received and sent so much less.
fn check_again(config: &Value, before: &[Told], now: &[Told]) -> Ran<Report, Fault> {
    let first = Host::new()
        .clock(NOW - 60_000)
        .answer("unix wg0", uapi(interface(before)))
        .check(run, &config.to_string());
    let kept = first.kv("peers").unwrap().to_vec();
    Host::new().kv("peers", kept).answer("unix wg0", uapi(interface(now))).check(run, &config.to_string())
}

#[track_caller]
fn finding<'a>(report: &'a Report, key: &str) -> (State, &'a str) {
    let found = report.findings.iter().find(|finding| finding.key == key);
    let found = found.unwrap_or_else(|| panic!("no `{key}` in {:?}", report.findings));
    (found.state, &found.summary)
}

#[track_caller]
fn metric(report: &Report, key: &str, name: &str) -> Option<f64> {
    let found = report.findings.iter().find(|finding| finding.key == key).unwrap();
    found.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value)
}

#[track_caller]
fn inconclusive(ran: &Ran<Report, Fault>, said: &str) {
    match ran.error() {
        Fault::Inconclusive(sentence) => assert!(sentence.contains(said), "`{said}` is not in `{sentence}`"),
        other => panic!("{other:?} and not `{said}`"),
    }
}

#[test]
fn what_is_a_target_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    let properties = &schema["properties"];
    assert_eq!(properties["openvpn"]["properties"]["address"]["x-watchkeep-grant"], "tcp");
    let server = &properties["servers"]["items"]["properties"];
    assert_eq!(server["address"]["x-watchkeep-grant"], "tcp");
    assert_eq!(server["ping"]["x-watchkeep-grant"], "icmp");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
