//! The contract's imports.

use crate::bindings::imports::watchkeep::plugin;

pub(crate) fn local(at: u64) -> (i32, String) {
    let local = clock_local(at);
    (local.offset, local.zone)
}

pub(crate) use plugin::clock::{
    local as clock_local, monotonic as clock_monotonic, now as clock_now, remaining as clock_remaining,
    sleep as clock_sleep,
};
pub(crate) use plugin::commands::run as commands_run;
pub(crate) use plugin::dns::query as dns_query;
pub(crate) use plugin::files::{
    entries as files_entries, read as files_read, sha256 as files_sha256, stat as files_stat,
};
pub(crate) use plugin::http::{
    fetch as http_fetch, fetch_with as http_fetch_with, send as http_send, send_local as http_send_local,
};
pub(crate) use plugin::icmp::echo as icmp_echo;
pub(crate) use plugin::kv::{
    compare_and_set as kv_compare_and_set, delete as kv_delete, get as kv_get, keys as kv_keys, set as kv_set,
};
pub(crate) use plugin::log::write as log_write;
pub(crate) use plugin::net::{
    Connection as NetConnection, connect as net_connect, connect_local as net_connect_local,
    inspect_tls as net_inspect_tls, udp_exchange as net_udp_exchange,
};
pub(crate) use plugin::pictures::read as pictures_read;
pub(crate) use plugin::random::bytes as random_bytes;
pub(crate) use plugin::replies::{invite as replies_invite, take as replies_take};
pub(crate) use plugin::secrets::reveal as secrets_reveal;
pub(crate) use plugin::signatures::verify as signatures_verify;
pub(crate) use plugin::snapshots::{
    latest as snapshots_latest, nearest as snapshots_nearest, read as snapshots_read,
    reference as snapshots_reference,
};
pub(crate) use plugin::system::{
    clock_sync as system_clock_sync, disks as system_disks, file_handles as system_file_handles,
    links as system_links, listening as system_listening, load_now as system_load_now,
    memory_use as system_memory_use, pressure as system_pressure, processes as system_processes,
    reboot_needed as system_reboot_needed, temperatures as system_temperatures, timers as system_timers,
    units as system_units,
};
