//! Disks: how full they are, when they will be, inodes, read-only or not.

use watchkeep_sdk::config::{Glob, Size};
use watchkeep_sdk::kv;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Disk;
use watchkeep_sdk::wording::{date_and_time, span, value};

use crate::config::{DiskLimits, System};
use crate::forecast::Samples;
use crate::words::{finding, share_above, share_metric};

/// The key in `kv`.
const KEY: &str = "disks";
/// Less than a value may have by default.
const BYTES_MAX: usize = 250_000;

/// What earlier runs saw of a disk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct DiskRecord {
    mount: String,
    /// Another size is another disk.
    total: u64,
    was_writable: bool,
    samples: Samples,
}

pub(crate) fn findings(config: &System, disks: &[Disk], now: u64) -> Vec<Finding> {
    let before: Vec<DiskRecord> =
        kv::get_text(KEY).unwrap_or_default().split('\n').filter_map(read).collect();
    let mut findings = Vec::new();
    let mut kept = String::new();
    for disk in disks.iter().filter(|disk| config.wants_disk(&disk.mount, &disk.filesystem)) {
        let before = before.iter().find(|seen| seen.mount == disk.mount && seen.total == disk.total);
        let mut seen = before.cloned().unwrap_or_default();
        let limits = config.limits(&disk.mount);
        findings.push(space(config, disk, &mut seen, &limits, now));
        if disk.inodes_total > 0 && !disk.read_only {
            findings.push(inodes(disk, &limits));
        }
        let line = written(disk, &seen);
        if kept.len() + line.len() <= BYTES_MAX && !disk.mount.contains(['\n', '\r']) {
            kept.push_str(&line);
        }
    }
    for mount in &config.expected_mounts.0 {
        if !disks.iter().any(|disk| disk.mount == *mount) {
            let said = format!("{mount} is not mounted");
            findings.push(Finding::critical(format!("disk {mount}"), said).label("mount", &**mount));
        }
    }
    // Without it there is no forecast, and the disks are judged all the same.
    let _ = kv::set(KEY, kept);
    findings
}

fn space(config: &System, disk: &Disk, seen: &mut DiskRecord, limits: &DiskLimits, now: u64) -> Finding {
    let mut complaints = Complaints::default();
    let (mount, used) = (&disk.mount, disk.used());
    let mut opening =
        format!("{mount} is {} full, {} free", value(used, "ratio"), value(disk.available as f64, "bytes"));
    let mut forecast = None;
    if disk.read_only {
        read_only(config, disk, seen, &mut complaints);
        opening.push_str(", read-only");
    } else {
        seen.was_writable = true;
        share_above(used, limits.used, "it is", &mut complaints);
        free(disk, limits, &mut complaints);
        seen.samples.take(now / 1_000, disk.available, config.forecast_window);
        forecast = seen.samples.full_in(now / 1_000, disk.available, config.forecast_window);
        if let Some(left) = forecast {
            full_within(left, limits, now, &mut complaints);
        }
    }
    let at_least = |limit: Option<Size>| limit.map(|limit| Range::at_least(limit.bytes() as f64));
    let available = Metric {
        warning: at_least(limits.free.warning),
        critical: at_least(limits.free.critical),
        max: Some(disk.total as f64),
        ..Metric::new("system_disk_available", disk.available as f64, "bytes")
    };
    let mut finding = finding(format!("disk {mount}"), opening, &complaints)
        .label("mount", &**mount)
        .label("filesystem", &*disk.filesystem)
        .with(share_metric("system_disk_used", used, limits.used))
        .with(available);
    finding.metrics.extend(forecast.map(|left| {
        let at_least = |limit: Duration| (!limit.is_zero()).then(|| Range::at_least(limit.as_secs_f64()));
        Metric {
            warning: at_least(limits.full_within.warning),
            critical: at_least(limits.full_within.critical),
            ..Metric::new("system_disk_full_in", left.as_secs_f64(), "seconds")
        }
    }));
    finding
}

fn free(disk: &Disk, limits: &DiskLimits, complaints: &mut Complaints) {
    let below = |limit: Option<Size>| limit.filter(|limit| disk.available < limit.bytes());
    let said = |limit: Size| format!("less than {} is free", value(limit.bytes() as f64, "bytes"));
    match (below(limits.free.critical), below(limits.free.warning)) {
        (Some(limit), _) => complaints.critical(said(limit)),
        (None, Some(limit)) => complaints.warning(said(limit)),
        (None, None) => {}
    }
}

fn full_within(left: Duration, limits: &DiskLimits, now: u64, complaints: &mut Complaints) {
    let at = now.saturating_add(u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
    let said =
        format!("it will be full in {}, at {}, if it goes on like this", span(left), date_and_time(at, now));
    if left < limits.full_within.critical {
        complaints.critical(said);
    } else if left < limits.full_within.warning {
        complaints.warning(said);
    }
}

fn read_only(config: &System, disk: &Disk, seen: &DiskRecord, complaints: &mut Complaints) {
    if Glob::any_fits(&config.read_only_ok, &disk.mount) {
        return;
    }
    if seen.was_writable {
        complaints.critical(
            "it was writable; hint: `dmesg` names the error for which the kernel made it read-only, or `read_only_ok` says that \
             it is meant to be",
        );
    } else if Glob::any_fits(&config.writable, &disk.mount) {
        complaints.critical("it must be writable");
    }
}

fn inodes(disk: &Disk, limits: &DiskLimits) -> Finding {
    let mut complaints = Complaints::default();
    let used = disk.inodes_used();
    share_above(used, limits.inodes, "they are", &mut complaints);
    let opening = format!("inodes of {} are {} used", disk.mount, value(used, "ratio"));
    finding(format!("inodes {}", disk.mount), opening, &complaints)
        .label("mount", &*disk.mount)
        .label("filesystem", &*disk.filesystem)
        .with(share_metric("system_inodes_used", used, limits.inodes))
}

/// `53687091200 w 1772600000:123456,1772600900:123000 /srv/data`.
fn written(disk: &Disk, seen: &DiskRecord) -> String {
    let samples: Vec<String> = seen.samples.0.iter().map(|(at, left)| format!("{at}:{left}")).collect();
    let writable = if seen.was_writable { 'w' } else { 'r' };
    format!("{} {writable} {} {}\n", disk.total, samples.join(","), disk.mount)
}

fn read(line: &str) -> Option<DiskRecord> {
    let mut parts = line.splitn(4, ' ');
    let (total, writable, samples, mount) =
        (parts.next()?.parse().ok()?, parts.next()?, parts.next()?, parts.next()?);
    let pair = |text: &str| {
        let (at, left) = text.split_once(':')?;
        Some((at.parse().ok()?, left.parse().ok()?))
    };
    let mut samples: Vec<(u64, u64)> = samples.split(',').filter_map(pair).collect();
    // The next one comes after it, whoever wrote these.
    samples.sort_unstable();
    Some(DiskRecord {
        mount: mount.to_owned(),
        total,
        was_writable: writable == "w",
        samples: Samples(samples),
    })
}
