//! What an operator may write, and what is refused before the first run.

use serde_json::{Value, json};
use watchkeep_plugin_system::{MANIFEST, run};
use watchkeep_sdk::testing::{Host, page};

#[track_caller]
fn refuses(config: Value, said: &str) {
    Host::new().check(run, &config.to_string()).refuses_config(said);
}

#[test]
fn thresholds_make_sense_and_mounts_are_paths() {
    refuses(json!({ "parts": [] }), "nothing is looked at");
    refuses(
        json!({ "parts": "gpu" }),
        "`gpu` is none of `disks`, `memory`, `load`, `links`, `pressure`, `clock`, `file_handles`",
    );
    refuses(json!({ "disk_used_warning": 96 }), "must not be less than `disk_used_warning`");
    refuses(json!({ "inodes_used_warning": 96 }), "must not be less than `inodes_used_warning`");
    refuses(
        json!({ "disk_free_warning": "1GiB", "disk_free_critical": "2GiB" }),
        "must not be more than `disk_free_warning`",
    );
    refuses(json!({ "disk_full_within_critical": "2d" }), "must not be more than `disk_full_within_warning`");
    refuses(json!({ "load_critical": 1 }), "must not be less than `load_warning`");
    refuses(json!({ "cpu_warning": 80, "cpu_critical": 70 }), "must not be less than `cpu_warning`");
    refuses(json!({ "memory_used_critical": 10 }), "must not be less than `memory_used_warning`");
    refuses(json!({ "swap_used_critical": 10 }), "must not be less than `swap_used_warning`");
    refuses(json!({ "link_errors_critical": 0.5 }), "must not be less than `link_errors_warning`");
    refuses(
        json!({ "link_rate_warning": "2MiB", "link_rate_critical": "1MiB" }),
        "must not be less than `link_rate_warning`",
    );
    refuses(
        json!({ "disks": [{ "mounts": "/a", "used_warning": 99 }] }),
        "must not be less than `used_warning`",
    );
    refuses(json!({ "disks": [{ "mounts": [] }] }), "names no disk");
    refuses(json!({ "forecast_window": "1m" }), "too short for a forecast");
    refuses(json!({ "expected_mounts": "srv" }), "is no mount point");
    refuses(json!({ "memory_used_warning": 101 }), "must be at most 100");
    refuses(json!({ "memory_pressure_critical": 5 }), "must not be less than `memory_pressure_warning`");
    refuses(json!({ "io_pressure_critical": 5 }), "must not be less than `io_pressure_warning`");
    refuses(
        json!({ "cpu_pressure_warning": 9, "cpu_pressure_critical": 5 }),
        "must not be less than `cpu_pressure_warning`",
    );
    refuses(json!({ "clock_offset_critical": "50ms" }), "must not be less than `clock_offset_warning`");
    refuses(json!({ "clock_error_warning": "6s" }), "must not be less than `clock_error_warning`");
    refuses(json!({ "file_handles_used_critical": 5 }), "must not be less than `file_handles_used_warning`");
    refuses(
        json!({ "temperature_warning": 80, "temperature_critical": 70 }),
        "must not be less than `temperature_warning`",
    );
    refuses(json!({ "temperatures": [{ "sensors": [], "warning": 1 }] }), "names no sensor");
    refuses(
        json!({ "temperatures": [{ "sensors": "*", "warning": 2, "critical": 1 }] }),
        "must not be less than `warning`",
    );
    refuses(
        json!({ "reboot_warning_after": "2d", "reboot_critical_after": "1d" }),
        "must not be less than `reboot_warning_after`",
    );
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
