//! Pressure, the clock, file handles and temperatures.

use serde_json::json;
use watchkeep_plugin_system::run;
use watchkeep_sdk::State;
use watchkeep_sdk::system::{ClockState, FileHandleUse, Pressures, Stall, Stalls, SystemError, Temperature};
use watchkeep_sdk::testing::Host;

use crate::{Runs, metric, of, says};

fn stall(avg60: f64) -> Stall {
    Stall { avg10: 1.0, avg60, avg300: 1.0, total_seconds: 9.0 }
}

fn waited(some: f64, full: f64) -> Stalls {
    Stalls { some: stall(some), full: Some(stall(full)) }
}

#[test]
fn pressure_is_judged_by_the_last_minute() {
    let mut runs =
        Runs::of(json!({ "parts": "pressure", "cpu_pressure_warning": 60, "cpu_pressure_critical": 90 }));
    let told = Pressures { cpu: waited(0.6, 0.0), memory: waited(0.9, 0.1), io: waited(0.9, 0.4) };
    let ran = runs.at(0, "pressure", told);
    says(&ran, "pressure cpu", State::Ok, "some work waited for a core for 60 % of the last minute");
    says(&ran, "pressure memory", State::Ok, "all work waited for memory for 10 % of the last minute");
    says(&ran, "pressure io", State::Ok, "all work waited for disks for 40 % of the last minute");
    let finding = of(&ran, "pressure memory");
    assert_eq!(metric(finding, "system_pressure_some"), Some(0.9));
    assert_eq!(metric(finding, "system_pressure_full"), Some(0.1));
    assert_eq!(finding.labels[0].value, "memory");

    let told = Pressures { cpu: waited(0.61, 0.0), memory: waited(0.9, 0.11), io: waited(0.9, 0.801) };
    let ran = runs.at(60, "pressure", told);
    let said = "some work waited for a core for 61 % of the last minute; it is more than 60 %";
    says(&ran, "pressure cpu", State::Warning, said);
    let said = "all work waited for memory for 11 % of the last minute; it is more than 10 %";
    says(&ran, "pressure memory", State::Warning, said);
    let said = "all work waited for disks for 80.1 % of the last minute; it is more than 80 %";
    says(&ran, "pressure io", State::Critical, said);

    // Without `full`, what some waited counts. Without thresholds, nobody's cores do.
    let partly = Stalls { some: stall(0.35), full: None };
    let told = Pressures { cpu: waited(1.0, 1.0), memory: partly, io: partly };
    let ran = Runs::of(json!({ "parts": "pressure" })).at(0, "pressure", told);
    let said = "some work waited for memory for 35 % of the last minute; it is more than 30 %";
    says(&ran, "pressure memory", State::Critical, said);
    assert_eq!(metric(of(&ran, "pressure memory"), "system_pressure_full"), None);
    assert_eq!(of(&ran, "pressure cpu").state, State::Ok);
}

#[test]
fn a_kernel_that_does_not_measure_pressure_judges_the_rest() {
    let ran = Host::new()
        .answer("system pressure", SystemError::Unsupported("CONFIG_PSI".to_owned()))
        .answer("system file-handles", FileHandleUse { allocated: 1, max: 100 })
        .check(run, r#"{"parts":["file_handles","pressure"]}"#);
    says(&ran, "pressure", State::Unknown, "pressure cannot be read: CONFIG_PSI");
    assert_eq!(of(&ran, "file handles").state, State::Ok);
}

fn clock(offset: f64, error: f64) -> ClockState {
    ClockState {
        synchronised: true,
        offset_seconds: offset,
        estimated_error_seconds: error,
        maximum_error_seconds: 2.0,
    }
}

#[test]
fn a_clock_is_judged_by_what_the_kernel_was_told() {
    let mut runs = Runs::of(json!({ "parts": "clock" }));
    let well = "the clock is synchronised, 100 ms off, with an estimated error of 1 s";
    let ran = runs.at(0, "clock", clock(-0.1, 1.0));
    says(&ran, "clock", State::Ok, well);
    let finding = of(&ran, "clock");
    assert_eq!(metric(finding, "system_clock_synchronised"), Some(1.0));
    assert_eq!(metric(finding, "system_clock_offset"), Some(-0.1));
    assert_eq!(metric(finding, "system_clock_maximum_error"), Some(2.0));
    for (told, state, said) in [
        (
            clock(-0.2, 0.0),
            State::Warning,
            "the clock is synchronised, 200 ms off, with an estimated error of 0 ms; it has to be corrected by more than 100 ms",
        ),
        (
            clock(1.5, 0.0),
            State::Critical,
            "the clock is synchronised, 1.5 s off, with an estimated error of 0 ms; it has to be corrected by more than 1 s",
        ),
        (
            clock(0.0, 2.0),
            State::Warning,
            "the clock is synchronised, 0 ms off, with an estimated error of 2 s; its estimated error is more than 1 s",
        ),
        (
            clock(0.0, 6.0),
            State::Critical,
            "the clock is synchronised, 0 ms off, with an estimated error of 6 s; its estimated error is more than 5 s",
        ),
    ] {
        says(&runs.at(60, "clock", told), "clock", state, said);
    }
    let ran = runs.at(120, "clock", ClockState { synchronised: false, ..clock(99.0, 16.0) });
    let finding = of(&ran, "clock");
    assert_eq!(finding.state, State::Warning);
    assert!(finding.summary.starts_with("the clock is not synchronised; "), "{}", finding.summary);
    assert!(finding.summary.contains("`rtcsync`"), "{}", finding.summary);
    assert_eq!(metric(finding, "system_clock_offset"), None, "it means nothing");
}

#[test]
fn file_handles_are_judged_by_their_share() {
    let mut runs = Runs::of(json!({ "parts": "file_handles" }));
    let mut finds = |allocated, max, state, said: &str| {
        says(&runs.at(0, "file-handles", FileHandleUse { allocated, max }), "file handles", state, said);
    };
    finds(80, 100, State::Ok, "80 of 100 file handles are in use, 80 %");
    finds(81, 100, State::Warning, "81 of 100 file handles are in use, 81 %; it is more than 80 %");
    finds(91, 100, State::Critical, "91 of 100 file handles are in use, 91 %; it is more than 90 %");
    finds(7, 1 << 63, State::Ok, "7 file handles are in use, and the machine has no limit");
    finds(7, 0, State::Critical, "7 of 0 file handles are in use, 100 %; it is more than 90 %");
}

fn sensor(chip: &str, device: &str, label: &str, celsius: f64) -> Temperature {
    Temperature {
        chip: chip.to_owned(),
        device: device.to_owned(),
        label: label.to_owned(),
        celsius: Some(celsius),
        high: Some(80.0),
        critical: Some(100.0),
    }
}

#[test]
fn temperatures_are_judged_by_the_chips_own_limits_or_the_operators() {
    let bare = |celsius| Temperature { high: None, critical: None, ..sensor("acpitz", "", "temp1", celsius) };
    let all = || {
        vec![
            sensor("nvme", "nvme0", "Composite", 80.0),
            sensor("nvme", "nvme1", "Composite", 80.5),
            sensor("coretemp", "coretemp.0", "Core 0", 101.0),
            bare(500.0),
        ]
    };
    let ran = Runs::of(json!({ "parts": "temperatures" })).at(0, "temperatures", all());
    says(&ran, "temperature nvme nvme0 Composite", State::Ok, "nvme nvme0 Composite has 80 °C");
    let said = "nvme nvme1 Composite has 80.5 °C; it is more than 80 °C";
    says(&ran, "temperature nvme nvme1 Composite", State::Warning, said);
    let said = "coretemp coretemp.0 Core 0 has 101 °C; it is more than 100 °C";
    says(&ran, "temperature coretemp coretemp.0 Core 0", State::Critical, said);
    says(&ran, "temperature acpitz temp1", State::Ok, "acpitz temp1 has 500 °C");
    assert_eq!(metric(of(&ran, "temperature acpitz temp1"), "system_temperature"), Some(500.0));

    let config = json!({
        "parts": "temperatures",
        "temperature_warning": 90,
        "exclude_sensors": "nvme nvme1 *",
        "temperatures": [{ "sensors": "acpi*", "critical": 499 }, { "sensors": "*", "critical": 102 }],
    });
    let ran = Runs::of(config).at(0, "temperatures", all());
    assert_eq!(ran.report().findings.len(), 3);
    says(&ran, "temperature nvme nvme0 Composite", State::Ok, "nvme nvme0 Composite has 80 °C");
    let said = "coretemp coretemp.0 Core 0 has 101 °C; it is more than 90 °C";
    says(&ran, "temperature coretemp coretemp.0 Core 0", State::Warning, said);
    let said = "acpitz temp1 has 500 °C; it is more than 499 °C";
    says(&ran, "temperature acpitz temp1", State::Critical, said);
}

#[test]
fn sensors_without_a_value_count_only_where_they_are_expected() {
    let mute = || vec![Temperature { celsius: None, ..sensor("iwlwifi_1", "phy0", "temp1", 0.0) }];
    let with = |more: serde_json::Value| {
        let mut config = json!({ "parts": "temperatures" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Runs::of(config).at(0, "temperatures", mute())
    };
    assert_eq!(with(json!({})).report().findings.len(), 0);
    let ran = with(json!({ "expected_sensors": ["iwl*", "nvme*"] }));
    says(&ran, "temperature iwl*", State::Critical, "sensor `iwl*` gives no value");
    says(&ran, "temperature nvme*", State::Critical, "there is no sensor `nvme*`");
}

#[test]
fn odd_sensors_stay_within_limits() {
    let odd: Vec<_> = (0..2_000)
        .map(|at| Temperature {
            celsius: Some(if at % 2 == 0 { f64::MAX } else { -f64::MAX }),
            ..sensor(&"c".repeat(100), "a\u{1b}\nb", "same", 0.0)
        })
        .collect();
    let ran = Runs::of(json!({ "parts": "temperatures", "findings_max": 1000 })).at(0, "temperatures", odd);
    assert_eq!(ran.report().findings.len(), 1_000);
    assert!(
        ran.report().summary.ends_with("1000 of 2000 findings are not shown"),
        "{}",
        ran.report().summary
    );
    assert!(!ran.report().summary.chars().any(char::is_control));
    let twins = vec![sensor("a", "", "b", 1.0), sensor("a", "", "b", 2.0), sensor("a", "", "b (2)", 3.0)];
    let ran = Runs::of(json!({ "parts": "temperatures" })).at(0, "temperatures", twins);
    let keys: Vec<_> = ran.report().findings.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["temperature a b", "temperature a b (2)", "temperature a b (2) (2)"]);
}
