//! What an operator may write and what does not go together.

use std::time::Duration;

use watchkeep_sdk::config::{Place, Problems, Size};

use super::{DiskLimits, System};

impl System {
    pub(super) fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.parts.0.is_empty() {
            let message = "nothing is looked at; hint: leave it out for all there is";
            problems.add::<()>(&place.key("parts"), message);
        }
        let bytes = |size: Option<Size>| size.map(|size| size.bytes() as f64);
        let seconds = |span: Duration| Some(span.as_secs_f64());
        let pairs = [
            ("load", Some(self.load_warning), Some(self.load_critical)),
            ("cpu", self.cpu_warning, self.cpu_critical),
            ("memory_used", Some(self.memory_used_warning), Some(self.memory_used_critical)),
            ("swap_used", Some(self.swap_used_warning), Some(self.swap_used_critical)),
            ("link_rate", bytes(self.link_rate_warning), bytes(self.link_rate_critical)),
            ("link_errors", Some(self.link_errors_warning), Some(self.link_errors_critical)),
            ("memory_pressure", Some(self.memory_pressure_warning), Some(self.memory_pressure_critical)),
            ("io_pressure", Some(self.io_pressure_warning), Some(self.io_pressure_critical)),
            ("cpu_pressure", self.cpu_pressure_warning, self.cpu_pressure_critical),
            ("clock_offset", seconds(self.clock_offset_warning), seconds(self.clock_offset_critical)),
            ("clock_error", seconds(self.clock_error_warning), seconds(self.clock_error_critical)),
            (
                "file_handles_used",
                Some(self.file_handles_used_warning),
                Some(self.file_handles_used_critical),
            ),
            ("temperature", self.temperature_warning, self.temperature_critical),
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
        let sensors = place.key("temperatures");
        for (at, rule) in self.temperatures.iter().enumerate() {
            let place = sensors.index(at);
            if rule.sensors.0.is_empty() {
                problems.add::<()>(&place.key("sensors"), "names no sensor; hint: `*` matches all");
            }
            if let (Some(warning), Some(critical)) = (rule.warning, rule.critical)
                && critical < warning
            {
                problems.add::<()>(&place.key("critical"), "must not be less than `warning`");
            }
        }
        if self.reboot_critical_after.is_some_and(|critical| critical < self.reboot_warning_after) {
            let message = "must not be less than `reboot_warning_after`";
            problems.add::<()>(&place.key("reboot_critical_after"), message);
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
