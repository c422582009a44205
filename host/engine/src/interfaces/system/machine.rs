//! Memory, load and network links, as the kernel reports them.

use std::collections::HashMap;

use procfs::net::{DeviceStatus, InterfaceDeviceStatus};
use procfs::{Current, CurrentSI, KernelStats, LoadAverage, Meminfo, ProcError, ProcResult};

use super::trouble::Trouble;
use crate::contract::system::{Load, Memory, NetworkLink};

const LINKS: &str = "/sys/class/net";
/// The flag of a link that an operator has set up.
const IFF_UP: u32 = 1;

pub(super) fn memory() -> Result<Memory, Trouble> {
    let told = read("/proc/meminfo", Meminfo::current())?;
    let available = told.mem_available.ok_or_else(|| {
        Trouble::Unsupported("this kernel does not say how much memory is available".to_owned())
    })?;
    Ok(Memory { total: told.mem_total, available, swap_total: told.swap_total, swap_free: told.swap_free })
}

pub(super) fn load() -> Result<Load, Trouble> {
    let average = read("/proc/loadavg", LoadAverage::current())?;
    let stats = read("/proc/stat", KernelStats::current())?;
    // The time of virtual machines (`guest`) is already part of `user`.
    let time = &stats.total;
    let seconds = |ticks: &[Option<u64>]| {
        let ticks: u64 = ticks.iter().flatten().sum();
        ticks as f64 / procfs::ticks_per_second() as f64
    };
    Ok(Load {
        cores: u32::try_from(stats.cpu_time.len()).unwrap_or(u32::MAX),
        load1: hundredths(average.one),
        load5: hundredths(average.five),
        load15: hundredths(average.fifteen),
        busy_seconds: seconds(&[Some(time.user), Some(time.nice), Some(time.system), time.irq, time.softirq]),
        idle_seconds: seconds(&[Some(time.idle), time.iowait]),
        steal_seconds: seconds(&[time.steal]),
    })
}

/// The number as the kernel writes it, and not the nearest one that an `f32` can hold.
fn hundredths(number: f32) -> f64 {
    (f64::from(number) * 100.0).round() / 100.0
}

pub(super) fn links() -> Result<Vec<NetworkLink>, Trouble> {
    if !std::path::Path::new(LINKS).is_dir() {
        return Err(Trouble::Unsupported(format!("`{LINKS}` is not there, which says which links are up")));
    }
    let all: HashMap<String, DeviceStatus> = read("/proc/net/dev", InterfaceDeviceStatus::current())?.0;
    let mut links = Vec::with_capacity(all.len());
    for (name, told) in all {
        // A link that was removed after the links were listed is skipped.
        let Some(up) = is_up(&name)? else { continue };
        links.push(NetworkLink {
            name,
            up,
            received_bytes: told.recv_bytes,
            sent_bytes: told.sent_bytes,
            received_errors: told.recv_errs,
            sent_errors: told.sent_errs,
            received_drops: told.recv_drop,
            sent_drops: told.sent_drop,
        });
    }
    links.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(links)
}

/// Whether the link is set up and has a carrier. Links without a carrier (`lo`, tunnels) say `unknown`.
fn is_up(link: &str) -> Result<Option<bool>, Trouble> {
    let told = |file: &str| {
        let path = format!("{LINKS}/{link}/{file}");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Trouble::of_io(&format!("cannot read `{path}`"), &error)),
        }
    };
    let (Some(state), Some(flags)) = (told("operstate")?, told("flags")?) else { return Ok(None) };
    let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or(0);
    Ok(Some(match state.as_str() {
        "up" => true,
        "unknown" => flags & IFF_UP != 0,
        _ => false,
    }))
}

pub(super) fn read<T>(what: &str, told: ProcResult<T>) -> Result<T, Trouble> {
    told.map_err(|error| cannot_read(what, &error))
}

pub(super) fn cannot_read(what: &str, error: &ProcError) -> Trouble {
    Trouble::of_proc(&format!("cannot read `{what}`"), error)
}
