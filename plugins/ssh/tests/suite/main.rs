//! The check `ssh` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod double;
mod hostile;
mod keys;
mod offers;
mod proofs;
mod versions;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use watchkeep_plugin_ssh::run;
use watchkeep_sdk::testing::{Dialogue, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

const SHELL: &str = "tcp shell.example.com:22";
const OWN: &str = concat!("SSH-2.0-Watchkeep_", env!("CARGO_PKG_VERSION"), "\r\n");
const DEBIAN: &str = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n";

/// Published by github.com: a key, and what its fingerprint is.
const GITHUB: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const GITHUB_PRINT: &str = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU";

const ALL_TYPES: &str = "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519";

fn config(more: Value) -> String {
    let mut config = json!({ "address": "shell.example.com:22" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn string(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// By the rule of RFC 4253: a multiple of eight, and four bytes of padding at least.
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = (4..).find(|padding| (5 + payload.len() + padding).is_multiple_of(8)).unwrap();
    let size = u32::try_from(1 + payload.len() + padding).unwrap();
    [&size.to_be_bytes(), &*vec![u8::try_from(padding).unwrap()], payload, &vec![0; padding]].concat()
}

/// Two lists of each of exchanges, key types, ciphers and MACs; the directions have the same.
fn kexinit(exchanges: &str, types: &str, ciphers: &str, macs: &str) -> Vec<u8> {
    let mut payload = vec![20];
    payload.extend([9; 16]);
    for names in [exchanges, types, ciphers, ciphers, macs, macs, "none", "none", "", ""] {
        payload.extend(string(names));
    }
    payload.extend([0; 5]);
    packet(&payload)
}

/// A server as Debian has it.
fn usual(types: &str) -> Vec<u8> {
    kexinit("sntrup761x25519-sha512,curve25519-sha256", types, "aes128-ctr", "hmac-sha2-256")
}

/// A server's answer whose signature has the form that it should have; `proofs` tells which ones are right.
fn reply(key: &[u8]) -> Vec<u8> {
    reply_with(key, &[5; 32])
}

fn reply_with(key: &[u8], share: &[u8]) -> Vec<u8> {
    let kind = key.get(4..4 + usize::from(key[3])).unwrap_or_default();
    let signature = match kind {
        b"ssh-rsa" => [string("rsa-sha2-512"), string([1; 128])].concat(),
        b"ecdsa-sha2-nistp256" => {
            [string(kind), string([string([1; 32]), string([2; 32])].concat())].concat()
        }
        kind => [string(kind), string([1; 64])].concat(),
    };
    packet(&[&[31], &*string(key), &*string(share), &*string(signature)].concat())
}

/// A key whose bytes are all this one, below 128.
fn key(kind: &str, byte: u8) -> Vec<u8> {
    let content = match kind {
        "ssh-rsa" => [string([1, 0, 1]), string([byte; 128])].concat(),
        "ecdsa-sha2-nistp256" => [string("nistp256"), string([&[4][..], &[byte; 64]].concat())].concat(),
        _ => string([byte; 32]),
    };
    [string(kind), content].concat()
}

/// As a line of known_hosts has it.
fn line(key: &[u8]) -> String {
    let kind = std::str::from_utf8(&key[4..4 + usize::from(key[3])]).unwrap();
    format!("{kind} {}", STANDARD.encode(key))
}

fn github() -> Vec<u8> {
    STANDARD.decode(GITHUB).unwrap()
}

/// Says all of this, whatever it hears.
fn speaks(parts: &[&[u8]]) -> Dialogue {
    parts.iter().fold(Dialogue::new(), |dialogue, part| dialogue.says(part)).heedless()
}

fn check(more: Value, dialogues: impl IntoIterator<Item = Dialogue>) -> Ran<Report, Fault> {
    let host = Host::new().verified_by(|_, _, _, _| Ok(()));
    let host = dialogues.into_iter().fold(host, |host, dialogue| host.answer(SHELL, dialogue));
    host.check(run, &config(more))
}

#[track_caller]
fn says(more: Value, dialogues: impl IntoIterator<Item = Dialogue>, state: State, summary: &str) {
    let ran = check(more, dialogues);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

const GREETS: &str = "`SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10` in 10 ms";
