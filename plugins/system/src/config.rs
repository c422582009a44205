//! What an operator writes for the host's own machine.

use std::time::Duration;

use watchkeep_sdk::config::{Glob, OneOrMany, Place, Problems, Size};

/// Judges the machine that the host runs on.
#[derive(watchkeep_sdk::Config)]
#[config(check = System::consistent)]
pub struct System {
    /// What to look at. Each needs the grant of its name, such as `system = ["disks", "memory"]`.
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
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Part::Disks => "disks",
            Part::Memory => "memory",
            Part::Load => "load",
            Part::Links => "links",
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
    pub(crate) fn wants_link(&self, name: &str) -> bool {
        self.expects_link(name)
            || Glob::are_none_or_fit(&self.links, name) && !Glob::any_fits(&self.exclude_links, name)
    }
    pub(crate) fn expects_link(&self, name: &str) -> bool {
        self.expected_links.0.iter().any(|expected| expected == name)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.parts.0.is_empty() {
            let message = "nothing is looked at; hint: leave it out for all there is";
            problems.add::<()>(&place.key("parts"), message);
        }
        let bytes = |size: Option<Size>| size.map(|size| size.bytes() as f64);
        let pairs = [
            ("load", Some(self.load_warning), Some(self.load_critical)),
            ("cpu", self.cpu_warning, self.cpu_critical),
            ("memory_used", Some(self.memory_used_warning), Some(self.memory_used_critical)),
            ("swap_used", Some(self.swap_used_warning), Some(self.swap_used_critical)),
            ("link_rate", bytes(self.link_rate_warning), bytes(self.link_rate_critical)),
            ("link_errors", Some(self.link_errors_warning), Some(self.link_errors_critical)),
        ];
        for (name, warning, critical) in pairs {
            if let (Some(warning), Some(critical)) = (warning, critical)
                && critical < warning
            {
                let key = format!("{name}_critical");
                let message = format!("must not be less than `{name}_warning`");
                problems.add::<()>(&place.key(&key), message);
            }
        }
        self.limits_by(None).consistent(
            ["disk_used", "inodes_used", "disk_free", "disk_full_within"],
            place,
            problems,
        );
        let disks = place.key("disks");
        for (at, rule) in self.disks.iter().enumerate() {
            let place = disks.index(at);
            if rule.mounts.0.is_empty() {
                problems.add::<()>(&place.key("mounts"), "names no disk; hint: `*` matches all");
            }
            let names = ["used", "inodes", "free", "full_within"];
            self.limits_by(Some(rule)).consistent(names, &place, problems);
        }
        if self.forecast_window < Duration::from_secs(600) {
            let message = "is too short for a forecast; hint: at least `10m`";
            problems.add::<()>(&place.key("forecast_window"), message);
        }
        for (at, mount) in self.expected_mounts.0.iter().enumerate() {
            if !mount.starts_with('/') {
                let message =
                    format!("`{mount}` is no mount point; hint: write a whole path such as `/srv/data`");
                problems.add::<()>(&place.key("expected_mounts").index(at), message);
            }
        }
    }
}

impl DiskLimits {
    /// Of a rule, with what it takes from all disks.
    fn consistent(&self, names: [&str; 4], place: &Place<'_>, problems: &mut Problems) {
        let [used, inodes, free, within] = names;
        let bytes = |size: Option<Size>| size.map_or(0, Size::bytes);
        let is_off = self.full_within.critical.is_zero() || self.full_within.warning.is_zero();
        let pairs = [
            (used, self.used.critical < self.used.warning, "less"),
            (inodes, self.inodes.critical < self.inodes.warning, "less"),
            (
                free,
                self.free.warning.is_some() && bytes(self.free.critical) > bytes(self.free.warning),
                "more",
            ),
            (within, !is_off && self.full_within.critical > self.full_within.warning, "more"),
        ];
        for (name, is_wrong, than) in pairs {
            if is_wrong {
                let key = format!("{name}_critical");
                let message = format!("must not be {than} than `{name}_warning`");
                problems.add::<()>(&place.key(&key), message);
            }
        }
    }
}
