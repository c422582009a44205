//! The check `system` against a scripted machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod disks;
mod machine;
mod reboot;
mod senses;

use serde_json::Value;
use watchkeep_plugin_system::run;
use watchkeep_sdk::system::{Disk, Load, Memory, NetworkLink};
use watchkeep_sdk::testing::{Host, NOW, Ran, Reply};
use watchkeep_sdk::{Fault, Finding, Report, State};

const GIB: u64 = 1 << 30;

/// Runs of one check, each of which finds what the one before has kept.
struct Runs {
    config: Value,
    kept: Vec<(&'static str, Vec<u8>)>,
}

impl Runs {
    fn of(config: Value) -> Self {
        Self { config, kept: Vec::new() }
    }
    /// The run so many seconds from now, on a machine that answers so.
    fn at<R: Into<Reply>>(&mut self, seconds: u64, route: &str, answer: R) -> Ran<Report, Fault> {
        let host = Host::new().clock(NOW + seconds * 1_000).answer(&format!("system {route}"), answer);
        let host = self.kept.iter().fold(host, |host, (key, kept)| host.kv(key, kept));
        let ran = host.check(run, &self.config.to_string());
        self.kept = ["disks", "counters", "reboot"]
            .into_iter()
            .filter_map(|key| Some((key, ran.kv(key)?.to_vec())))
            .collect();
        ran
    }
}

/// The finding of this key.
#[track_caller]
fn of<'r>(ran: &'r Ran<Report, Fault>, key: &str) -> &'r Finding {
    let found = ran.report().findings.iter().find(|finding| finding.key == key);
    found.unwrap_or_else(|| panic!("no `{key}` in {:?}", ran.report().findings))
}

#[track_caller]
fn says(ran: &Ran<Report, Fault>, key: &str, state: State, summary: &str) {
    let finding = of(ran, key);
    assert_eq!((finding.state, finding.summary.as_str()), (state, summary));
}

fn metric(finding: &Finding, name: &str) -> Option<f64> {
    finding.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value)
}

fn load(load5: f64, busy: f64, idle: f64) -> Load {
    Load {
        cores: 4,
        load1: load5,
        load5,
        load15: load5,
        busy_seconds: busy,
        idle_seconds: idle,
        steal_seconds: busy / 2.0,
    }
}

fn memory(available: u64, swap_free: u64) -> Memory {
    Memory { total: 16 * GIB, available: available * GIB, swap_total: 4 * GIB, swap_free: swap_free * GIB }
}

fn link(name: &str, bytes: u64, errors: u64, drops: u64) -> NetworkLink {
    NetworkLink {
        name: name.to_owned(),
        up: true,
        received_bytes: bytes,
        sent_bytes: bytes / 2,
        received_errors: errors,
        sent_errors: 0,
        received_drops: 0,
        sent_drops: drops,
    }
}

fn disk(mount: &str, total: u64, available: u64) -> Disk {
    watchkeep_sdk::testing::disk(mount, total * GIB, available * GIB)
}
