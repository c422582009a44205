//! The host calls of a native run: each asks the script.

use std::time::Duration;

pub(crate) use super::calls::{
    NetConnection, dns_query, icmp_echo, net_connect, net_connect_local, net_inspect_tls, net_udp_exchange,
};
pub(crate) use super::kept::{
    pictures_read, snapshots_latest, snapshots_nearest, snapshots_read, snapshots_reference,
};
pub(crate) use super::machine::{commands_run, files_entries, files_read, files_sha256, files_stat};
pub(crate) use super::presses::{replies_invite, replies_take};
use super::ran::LogLine;
use super::script::{with, zone};
pub(crate) use super::signed::signatures_verify;
pub(crate) use super::system::{
    system_clock_sync, system_disks, system_file_handles, system_links, system_listening, system_load_now,
    system_memory_use, system_pressure, system_processes, system_reboot_needed, system_temperatures,
    system_timers, system_units,
};
use crate::http::{Detailed, Exchange, Extras, Failure, FailureKind, Phase, Response, Sent};
use crate::kv::{Entry, KvError};
use crate::log::Level;
use crate::secrets::RevealError;

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn http_send(request: &Sent) -> Result<Response, Failure> {
    with(|script| script.send(request))
}

pub(crate) fn http_fetch(request: &Sent) -> Exchange {
    with(|script| script.fetch(request))
}

pub(crate) fn http_fetch_with(request: &Sent, extras: &Extras) -> Detailed {
    with(|script| script.fetch_with(request, extras))
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
pub(crate) fn http_send_local(socket: &str, request: &Sent) -> Result<Response, Failure> {
    if !request.credentials.is_empty() || request.tls.is_some() {
        let message = "neither secrets nor TLS go over a socket of this machine";
        return Err(*Failure::of(FailureKind::Invalid, Phase::Policy, message));
    }
    let mut request = request.clone();
    request.url = format!("unix:{socket}:{}", request.url);
    with(|script| script.send(&request))
}

pub(crate) fn clock_now() -> u64 {
    with(|script| script.now + u64::try_from(script.elapsed.as_millis()).expect("a scripted span is short"))
}

/// The scripted zone; UTC by default, and outside a call, because wording is tested without one.
pub(crate) fn local(_at: u64) -> (i32, String) {
    zone().unwrap_or((0, "UTC".to_owned()))
}

pub(crate) fn clock_monotonic() -> u64 {
    with(|script| u64::try_from(script.elapsed.as_nanos()).expect("a scripted span is short"))
}

pub(crate) fn clock_remaining() -> u64 {
    with(|script| u64::try_from(script.remaining().as_millis()).expect("a scripted span is short"))
}

/// Nobody waits: the script's clock is advanced.
pub(crate) fn clock_sleep(duration: u64) {
    with(|script| {
        let slept = Duration::from_millis(duration).min(script.remaining());
        script.elapsed += slept;
        script.slept.push(slept);
    });
}

/// Bytes from Xorshift, which are the same in every run.
pub(crate) fn random_bytes(count: u32) -> Vec<u8> {
    with(|script| {
        let mut next = || {
            script.seed ^= script.seed << 13;
            script.seed ^= script.seed >> 7;
            script.seed ^= script.seed << 17;
            script.seed.to_le_bytes()[0]
        };
        (0..count).map(|_| next()).collect()
    })
}

pub(crate) fn kv_get(key: &str) -> Option<Entry> {
    with(|script| script.kv.get(key).cloned())
}

pub(crate) fn kv_set(key: &str, value: &[u8]) -> Result<u64, KvError> {
    with(|script| {
        let version = script.kv.get(key).map_or(0, |entry| entry.version) + 1;
        script.kv.insert(key.to_owned(), Entry { value: value.to_vec(), version });
        Ok(version)
    })
}

pub(crate) fn kv_compare_and_set(key: &str, version: u64, value: &[u8]) -> Result<u64, KvError> {
    let found = kv_get(key).map_or(0, |entry| entry.version);
    if found == version { kv_set(key, value) } else { Err(KvError::Conflict(found)) }
}

pub(crate) fn kv_delete(key: &str) -> Result<(), KvError> {
    with(|script| script.kv.remove(key));
    Ok(())
}

pub(crate) fn kv_keys(prefix: &str) -> Vec<String> {
    with(|script| script.kv.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
}

pub(crate) fn secrets_reveal(secret: &str) -> Result<Vec<u8>, RevealError> {
    with(|script| match script.secrets.get(secret) {
        Some(value) if script.revealed.iter().any(|name| name == secret) => Ok(value.clone().into_bytes()),
        Some(_) => Err(RevealError::Denied(format!("denied: reveal of secret `{secret}`"))),
        None => panic!("the plugin asked for the secret `{secret}`, which the script does not know"),
    })
}

pub(crate) fn log_write(level: Level, message: &str, fields: &[(String, String)]) {
    with(|script| script.log.push(LogLine { level, message: message.to_owned(), fields: fields.to_vec() }));
}
