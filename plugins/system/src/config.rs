//! What an operator writes for the host's own machine.

mod consistent;

use std::time::Duration;

use watchkeep_sdk::config::{Glob, OneOrMany, Size};

/// Judges the machine that the host runs on.
#[derive(watchkeep_sdk::Config)]
#[config(check = System::consistent)]
pub struct System {
    /// What to look at. Each needs the grant of its name, with `-` for `_`, such as `system = ["disks", "file-handles"]`.
    /// What the default leaves out is for those who grant it.
    #[config(default = ["disks", "memory", "load", "links"])]
    pub(crate) parts: OneOrMany<Part>,
    /// Only disks whose mount point matches one of these patterns: `*` matches any text, `?` one character.
    #[config(default, example = "/srv*")]
    pub(crate) mounts: OneOrMany<Glob>,
    /// No disks whose mount point matches one of these patterns.
    #[config(default, example = "/snap/*")]
    pub(crate) exclude_mounts: OneOrMany<Glob>,
    /// No disks with these file systems: by default those that are always full, or hold no data.
    #[config(default = ["squashfs", "iso9660", "erofs", "devtmpfs", "efivarfs"])]
    pub(crate) exclude_filesystems: OneOrMany<Glob>,
    /// Mount points at which a disk must be mounted.
    #[config(default, example = "/srv/data")]
    pub(crate) expected_mounts: OneOrMany<String>,
    /// A disk of which more than this percentage is used is a warning.
    #[config(default = 85, min = 0, max = 100)]
    pub(crate) disk_used_warning: f64,
    /// A disk of which more than this percentage is used is critical.
    #[config(default = 95, min = 0, max = 100)]
    pub(crate) disk_used_critical: f64,
    /// A disk with less than this free is a warning.
    #[config(example = "20GiB")]
    pub(crate) disk_free_warning: Option<Size>,
    /// A disk with less than this free is critical.
    #[config(example = "5GiB")]
    pub(crate) disk_free_critical: Option<Size>,
    /// A disk of whose inodes more than this percentage is used is a warning.
    #[config(default = 85, min = 0, max = 100)]
    pub(crate) inodes_used_warning: f64,
    /// A disk of whose inodes more than this percentage is used is critical.
    #[config(default = 95, min = 0, max = 100)]
    pub(crate) inodes_used_critical: f64,
    /// A disk that will be full within this time, if it goes on as it did, is a warning; `0s`: never.
    #[config(default = "24h")]
    pub(crate) disk_full_within_warning: Duration,
    /// A disk that will be full within this time is critical; `0s`: never.
    #[config(default = "4h")]
    pub(crate) disk_full_within_critical: Duration,
    /// How far back the forecast looks. A forecast needs at least a sixth of it.
    #[config(default = "6h")]
    pub(crate) forecast_window: Duration,
    /// Other thresholds for some disks. The first entry that matches counts; what it leaves out is as for all disks.
    #[config(default)]
    pub(crate) disks: Vec<DiskRule>,
    /// Mount points that must not be read-only. Elsewhere, a disk that was writable in an earlier run and no longer is, is
    /// critical.
    #[config(default, example = "/srv*")]
    pub(crate) writable: OneOrMany<Glob>,
    /// Mount points that may become read-only.
    #[config(default, example = "/mnt/backup")]
    pub(crate) read_only_ok: OneOrMany<Glob>,
    /// A load above this per core, as the average of five minutes, is a warning.
    #[config(default = 2, min = 0)]
    pub(crate) load_warning: f64,
    /// A load above this per core, as the average of five minutes, is critical.
    #[config(default = 4, min = 0)]
    pub(crate) load_critical: f64,
    /// Cores that were busy for more than this percentage of the time since the last run are a warning.
    #[config(min = 0, max = 100, example = 90)]
    pub(crate) cpu_warning: Option<f64>,
    /// Cores that were busy for more than this percentage of the time since the last run are critical.
    #[config(min = 0, max = 100, example = 98)]
    pub(crate) cpu_critical: Option<f64>,
    /// Used memory above this percentage is a warning. What can be given back, such as the page cache, is not used.
    #[config(default = 90, min = 0, max = 100)]
    pub(crate) memory_used_warning: f64,
    /// Used memory above this percentage is critical.
    #[config(default = 97, min = 0, max = 100)]
    pub(crate) memory_used_critical: f64,
    /// Used swap above this percentage is a warning.
    #[config(default = 60, min = 0, max = 100)]
    pub(crate) swap_used_warning: f64,
    /// Used swap above this percentage is critical.
    #[config(default = 90, min = 0, max = 100)]
    pub(crate) swap_used_critical: f64,
    /// Only links whose name matches one of these patterns.
    #[config(default, example = "eth*")]
    pub(crate) links: OneOrMany<Glob>,
    /// No links whose name matches one of these patterns.
    #[config(default = ["lo", "veth*"])]
    pub(crate) exclude_links: OneOrMany<Glob>,
    /// Names of links that must be there and up.
    #[config(default, example = "eth0")]
    pub(crate) expected_links: OneOrMany<String>,
    /// More bytes a second than this in one direction, since the last run, are a warning.
    #[config(example = "100MiB")]
    pub(crate) link_rate_warning: Option<Size>,
    /// More bytes a second than this in one direction are critical.
    pub(crate) link_rate_critical: Option<Size>,
    /// More errors a second than this, since the last run, are a warning.
    #[config(default = 1, min = 0)]
    pub(crate) link_errors_warning: f64,
    /// More errors a second than this are critical.
    #[config(default = 100, min = 0)]
    pub(crate) link_errors_critical: f64,
    /// More dropped packets a second than this, since the last run, are a warning.
    #[config(min = 0, example = 10)]
    pub(crate) link_drops_warning: Option<f64>,
    /// All work waiting for memory for more than this percentage of the last minute is a warning.
    #[config(default = 10, min = 0, max = 100)]
    pub(crate) memory_pressure_warning: f64,
    /// All work waiting for memory for more than this percentage of the last minute is critical.
    #[config(default = 30, min = 0, max = 100)]
    pub(crate) memory_pressure_critical: f64,
    /// All work waiting for disks for more than this percentage of the last minute is a warning.
    #[config(default = 40, min = 0, max = 100)]
    pub(crate) io_pressure_warning: f64,
    /// All work waiting for disks for more than this percentage of the last minute is critical.
    #[config(default = 80, min = 0, max = 100)]
    pub(crate) io_pressure_critical: f64,
    /// Some work waiting for a core for more than this percentage of the last minute is a warning.
    #[config(min = 0, max = 100, example = 60)]
    pub(crate) cpu_pressure_warning: Option<f64>,
    /// Some work waiting for a core for more than this percentage of the last minute is critical.
    #[config(min = 0, max = 100, example = 90)]
    pub(crate) cpu_pressure_critical: Option<f64>,
    /// A clock that the kernel has yet to correct by more than this is a warning.
    #[config(default = "100ms")]
    pub(crate) clock_offset_warning: Duration,
    /// A clock that the kernel has yet to correct by more than this is critical.
    #[config(default = "1s")]
    pub(crate) clock_offset_critical: Duration,
    /// An error of the clock, as the program that sets it estimates it, of more than this is a warning.
    #[config(default = "1s")]
    pub(crate) clock_error_warning: Duration,
    /// An estimated error of the clock of more than this is critical.
    #[config(default = "5s")]
    pub(crate) clock_error_critical: Duration,
    /// More than this percentage of the machine's file handles in use is a warning.
    #[config(default = 80, min = 0, max = 100)]
    pub(crate) file_handles_used_warning: f64,
    /// More than this percentage of the machine's file handles in use is critical.
    #[config(default = 90, min = 0, max = 100)]
    pub(crate) file_handles_used_critical: f64,
    /// Only sensors whose name matches one of these patterns. A name is made of chip, device and label, such as `nvme nvme0
    /// Composite`.
    #[config(default, example = "coretemp *")]
    pub(crate) sensors: OneOrMany<Glob>,
    /// No sensors whose name matches one of these patterns.
    #[config(default, example = "iwlwifi*")]
    pub(crate) exclude_sensors: OneOrMany<Glob>,
    /// Patterns of which each must match a sensor that gives a value.
    #[config(default, example = "nvme nvme0 *")]
    pub(crate) expected_sensors: OneOrMany<Glob>,
    /// More degrees Celsius than this are a warning, in place of the limit that the chip states.
    #[config(example = 75)]
    pub(crate) temperature_warning: Option<f64>,
    /// More degrees Celsius than this are critical, in place of the limit that the chip states.
    #[config(example = 90)]
    pub(crate) temperature_critical: Option<f64>,
    /// Other limits for some sensors. The first entry that matches counts; what it leaves out is as for all sensors.
    #[config(default)]
    pub(crate) temperatures: Vec<SensorRule>,
    /// A restart that is needed for longer than this is a warning.
    #[config(default = "0s")]
    pub(crate) reboot_warning_after: Duration,
    /// A restart that is needed for longer than this is critical.
    #[config(example = "14d")]
    pub(crate) reboot_critical_after: Option<Duration>,
    /// At most this many findings are reported, the worst first.
    #[config(default = 300, min = 1, max = 1000)]
    pub(crate) findings_max: u32,
}

/// What a machine can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Part {
    Disks,
    Memory,
    Load,
    Links,
    Pressure,
    Clock,
    FileHandles,
    Temperatures,
    Reboot,
}

impl Part {
    pub(crate) const ALL: [Part; 9] = [
        Part::Disks,
        Part::Memory,
        Part::Load,
        Part::Links,
        Part::Pressure,
        Part::Clock,
        Part::FileHandles,
        Part::Temperatures,
        Part::Reboot,
    ];
    /// As it is called in a sentence, and its finding's key if it cannot be read.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Part::Disks => "disks",
            Part::Memory => "memory",
            Part::Load => "load",
            Part::Links => "links",
            Part::Pressure => "pressure",
            Part::Clock => "clock",
            Part::FileHandles => "file handles",
            Part::Temperatures => "temperatures",
            Part::Reboot => "reboot",
        }
    }
}

/// Thresholds for some disks.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct DiskRule {
    /// The mount points, as patterns.
    #[config(example = "/srv*")]
    pub(crate) mounts: OneOrMany<Glob>,
    /// As `disk_used_warning`.
    #[config(min = 0, max = 100)]
    used_warning: Option<f64>,
    /// As `disk_used_critical`.
    #[config(min = 0, max = 100)]
    used_critical: Option<f64>,
    /// As `disk_free_warning`.
    free_warning: Option<Size>,
    /// As `disk_free_critical`.
    free_critical: Option<Size>,
    /// As `inodes_used_warning`.
    #[config(min = 0, max = 100)]
    inodes_warning: Option<f64>,
    /// As `inodes_used_critical`.
    #[config(min = 0, max = 100)]
    inodes_critical: Option<f64>,
    /// As `disk_full_within_warning`.
    full_within_warning: Option<Duration>,
    /// As `disk_full_within_critical`.
    full_within_critical: Option<Duration>,
}

/// Limits for some sensors.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct SensorRule {
    /// The sensors, as patterns.
    #[config(example = "nvme*")]
    pub(crate) sensors: OneOrMany<Glob>,
    /// As `temperature_warning`.
    pub(crate) warning: Option<f64>,
    /// As `temperature_critical`.
    pub(crate) critical: Option<f64>,
}

/// A warning, and what is critical.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Pair<T> {
    pub(crate) warning: T,
    pub(crate) critical: T,
}

/// What counts for one disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DiskLimits {
    pub(crate) used: Pair<f64>,
    pub(crate) free: Pair<Option<Size>>,
    pub(crate) inodes: Pair<f64>,
    pub(crate) full_within: Pair<Duration>,
}

impl System {
    pub(crate) fn limits(&self, mount: &str) -> DiskLimits {
        let rule = self.disks.iter().find(|rule| Glob::any_fits(&rule.mounts, mount));
        self.limits_by(rule)
    }

    fn limits_by(&self, rule: Option<&DiskRule>) -> DiskLimits {
        let number = |of: fn(&DiskRule) -> Option<f64>, or: f64| rule.and_then(of).unwrap_or(or);
        let span = |of: fn(&DiskRule) -> Option<Duration>, or: Duration| rule.and_then(of).unwrap_or(or);
        let size = |of: fn(&DiskRule) -> Option<Size>, or: Option<Size>| rule.and_then(of).or(or);
        DiskLimits {
            used: Pair {
                warning: number(|rule| rule.used_warning, self.disk_used_warning),
                critical: number(|rule| rule.used_critical, self.disk_used_critical),
            },
            free: Pair {
                warning: size(|rule| rule.free_warning, self.disk_free_warning),
                critical: size(|rule| rule.free_critical, self.disk_free_critical),
            },
            inodes: Pair {
                warning: number(|rule| rule.inodes_warning, self.inodes_used_warning),
                critical: number(|rule| rule.inodes_critical, self.inodes_used_critical),
            },
            full_within: Pair {
                warning: span(|rule| rule.full_within_warning, self.disk_full_within_warning),
                critical: span(|rule| rule.full_within_critical, self.disk_full_within_critical),
            },
        }
    }

    pub(crate) fn wants_disk(&self, mount: &str, filesystem: &str) -> bool {
        Glob::are_none_or_fit(&self.mounts, mount)
            && !Glob::any_fits(&self.exclude_mounts, mount)
            && !Glob::any_fits(&self.exclude_filesystems, filesystem)
    }
    pub(crate) fn wants_sensor(&self, name: &str) -> bool {
        Glob::are_none_or_fit(&self.sensors, name) && !Glob::any_fits(&self.exclude_sensors, name)
    }
    /// The limits of a sensor, where its chip states these.
    pub(crate) fn temperature_limits(&self, name: &str, stated: Pair<Option<f64>>) -> Pair<Option<f64>> {
        let rule = self.temperatures.iter().find(|rule| Glob::any_fits(&rule.sensors, name));
        let of = |rule: Option<f64>, all: Option<f64>, stated: Option<f64>| rule.or(all).or(stated);
        Pair {
            warning: of(rule.and_then(|rule| rule.warning), self.temperature_warning, stated.warning),
            critical: of(rule.and_then(|rule| rule.critical), self.temperature_critical, stated.critical),
        }
    }
    pub(crate) fn wants_link(&self, name: &str) -> bool {
        self.expects_link(name)
            || Glob::are_none_or_fit(&self.links, name) && !Glob::any_fits(&self.exclude_links, name)
    }
    pub(crate) fn expects_link(&self, name: &str) -> bool {
        self.expected_links.0.iter().any(|expected| expected == name)
    }
}
