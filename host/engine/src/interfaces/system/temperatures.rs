//! Temperatures, as chips tell them in `/sys/class/hwmon`, or thermal zones where no chip does. A sensor may take its
//! time, and one that gives no value takes nothing from the others.

use std::path::Path;

use super::readers::At;
use super::small::{names, plain, text, unread};
use super::trouble::Trouble;
use crate::contract::system::Temperature;
use crate::shortage::Shortage;

const CHIPS: &str = "sys/class/hwmon";
const ZONES: &str = "sys/class/thermal";
/// What no sensor measures, in thousandths of a degree: such values are a driver's way to say that it has none.
const BELIEVED: std::ops::RangeInclusive<i64> = -273_150..=1_000_000;
/// The most trip points of a zone.
const TRIPS_MAX: u32 = 32;

/// The sensors: one more than `max` if there are more.
pub(super) fn read(at: &At, root: &Path, max: usize) -> Result<Vec<Temperature>, Trouble> {
    let mut found = chips(at, &root.join(CHIPS), max)?;
    if found.is_empty() {
        found = zones(at, &root.join(ZONES), max)?;
    }
    if found.is_empty() {
        let said = "this machine has no sensors of temperature that the kernel knows; hint: most virtual machines have none; \
                    elsewhere `sensors-detect` finds the kernel modules to load";
        return Err(Trouble::Unsupported(said.to_owned()));
    }
    Ok(found)
}

fn chips(at: &At, folder: &Path, max: usize) -> Result<Vec<Temperature>, Trouble> {
    let mut found = Vec::new();
    for name in names(folder)? {
        let chip = folder.join(&name);
        let called = word(&chip.join("name"))?.unwrap_or_else(|| plain(&name));
        let device = std::fs::read_link(chip.join("device")).ok();
        let device = device.and_then(|path| path.file_name()?.to_str().map(plain)).unwrap_or_default();
        for file in names(&chip)? {
            let Some(sensor) = file.strip_suffix("_input").filter(|sensor| is_temperature(sensor)) else {
                continue;
            };
            let path = |what: &str| chip.join(format!("{sensor}_{what}"));
            at.now(format!("sensor `{}`", path("input").display()));
            found.push(Temperature {
                chip: called.clone(),
                device: device.clone(),
                label: word(&path("label"))?.unwrap_or_else(|| plain(sensor)),
                celsius: degrees(&path("input"))?,
                high: limit(&path("max"))?,
                critical: limit(&path("crit"))?,
            });
            if found.len() > max {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

fn is_temperature(sensor: &str) -> bool {
    sensor.strip_prefix("temp").is_some_and(|number| number.parse::<u32>().is_ok())
}

fn zones(at: &At, folder: &Path, max: usize) -> Result<Vec<Temperature>, Trouble> {
    let mut found = Vec::new();
    for name in names(folder)? {
        if !name.starts_with("thermal_zone") {
            continue;
        }
        let zone = folder.join(&name);
        at.now(format!("sensor `{}`", zone.join("temp").display()));
        let (mut high, mut critical) = (None, None);
        for trip in 0..TRIPS_MAX {
            let Some(kind) = word(&zone.join(format!("trip_point_{trip}_type")))? else { break };
            let at = || limit(&zone.join(format!("trip_point_{trip}_temp")));
            match kind.as_str() {
                "hot" => high = at()?,
                "critical" => critical = at()?,
                // At the others the machine cools itself, which is as it should be.
                _ => {}
            }
        }
        found.push(Temperature {
            chip: word(&zone.join("type"))?.unwrap_or_default(),
            device: String::new(),
            label: plain(&name),
            celsius: degrees(&zone.join("temp"))?,
            high,
            critical,
        });
        if found.len() > max {
            break;
        }
    }
    Ok(found)
}

/// What is in the file, if it can be read; a sensor without it is one all the same.
fn word(path: &Path) -> Result<Option<String>, Trouble> {
    match text(path) {
        Ok(text) => Ok(Some(plain(text.lines().next().unwrap_or_default())).filter(|word| !word.is_empty())),
        // What the host lacks says nothing of the sensor.
        Err(error) if Shortage::of(&error).is_some() => Err(unread(path, &error)),
        Err(_) => Ok(None),
    }
}

fn degrees(path: &Path) -> Result<Option<f64>, Trouble> {
    let thousandths = word(path)?.and_then(|word| word.parse::<i64>().ok());
    Ok(thousandths.filter(|value| BELIEVED.contains(value)).map(|value| value as f64 / 1_000.0))
}

/// A limit that was not set is 0 or beyond reason.
fn limit(path: &Path) -> Result<Option<f64>, Trouble> {
    Ok(degrees(path)?.filter(|limit| *limit > 0.0 && *limit < 1_000.0))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    fn with(tree: Tree, folder: &str, files: &[(&str, &str)]) -> Tree {
        files.iter().fold(tree, |tree, (name, text)| tree.with(&format!("{folder}/{name}"), text))
    }

    fn sensors(tree: &Tree) -> Result<Vec<Temperature>, Trouble> {
        read(&At::default(), tree.root(), 2_000)
    }

    fn told(tree: &Tree) -> Vec<String> {
        let one = |it: Temperature| {
            format!("{}/{}/{} {:?} {:?} {:?}", it.chip, it.device, it.label, it.celsius, it.high, it.critical)
        };
        sensors(tree).expect("there are sensors").into_iter().map(one).collect()
    }

    #[test]
    fn chips_tell_their_sensors_and_limits() {
        let nvme = [
            ("name", "nvme\n"),
            ("temp1_input", "41850\n"),
            ("temp1_label", "Composite\n"),
            ("temp1_max", "65261850\n"),
            ("temp1_crit", "84850\n"),
            ("temp10_input", "40000\n"),
            ("temp2_input", "-5000\n"),
            ("temp2_crit", "0\n"),
            ("fan1_input", "1200\n"),
            ("temp_input", "1"),
        ];
        let tree = with(Tree::new(), "sys/class/hwmon/hwmon1", &nvme).with("devices/nvme0/x", "");
        let bare = [("temp1_input", "50000"), ("temp1_max", "80000")];
        let tree = with(tree, "sys/class/hwmon/hwmon0", &bare);
        let device = tree.root().join("sys/class/hwmon/hwmon1/device");
        std::os::unix::fs::symlink("../../../../devices/nvme0", device).expect("there is room");
        assert_eq!(
            told(&tree),
            [
                "hwmon0//temp1 Some(50.0) Some(80.0) None",
                "nvme/nvme0/Composite Some(41.85) None Some(84.85)",
                "nvme/nvme0/temp2 Some(-5.0) None None",
                "nvme/nvme0/temp10 Some(40.0) None None",
            ]
        );
    }

    #[test]
    fn thermal_zones_stand_in_where_there_is_no_chip() {
        let zone = [
            ("type", "x86_pkg_temp"),
            ("temp", "61000"),
            ("trip_point_0_type", "passive"),
            ("trip_point_0_temp", "70000"),
            ("trip_point_1_type", "hot"),
            ("trip_point_1_temp", "90000"),
            ("trip_point_2_type", "critical"),
            ("trip_point_2_temp", "100000"),
        ];
        let tree = with(Tree::new(), "sys/class/thermal/thermal_zone0", &zone)
            .with("sys/class/thermal/cooling_device0/type", "Processor")
            .with("sys/class/hwmon/hwmon0/in0_input", "12000");
        assert_eq!(told(&tree), ["x86_pkg_temp//thermal_zone0 Some(61.0) Some(90.0) Some(100.0)"]);
        let tree = with(tree, "sys/class/hwmon/hwmon1", &[("name", "k10temp"), ("temp1_input", "55000")]);
        assert_eq!(told(&tree), ["k10temp//temp1 Some(55.0) None None"]);
        let none = sensors(&Tree::new()).expect_err("there is nothing");
        assert!(matches!(none, Trouble::Unsupported(said) if said.contains("hint: most virtual machines")));
    }

    #[test]
    fn values_and_names_beyond_reason_are_none_and_stay_readable() {
        let long = "x".repeat(10_000);
        let files = [
            ("name", "a\u{1b}[2Jb\nc"),
            ("temp1_input", "hot"),
            ("temp2_input", "99999999999999999999"),
            ("temp3_input", "-999999"),
            ("temp4_input", ""),
            ("temp4_label", long.as_str()),
            ("temp5_input", "1"),
            ("temp5_label", "\n"),
            ("temp5_crit", "NaN"),
        ];
        let tree = with(Tree::new(), "sys/class/hwmon/hwmon0", &files);
        let told = told(&tree.with_fifo("sys/class/hwmon/hwmon0/temp6_input"));
        let chip = "a\u{fffd}[2Jb";
        for (at, label) in ["temp1", "temp2", "temp3", &long[..100]].iter().enumerate() {
            assert_eq!(told[at], format!("{chip}//{label} None None None"));
        }
        assert_eq!(told[4], format!("{chip}//temp5 Some(0.001) None None"));
        assert_eq!(told[5], format!("{chip}//temp6 None None None"), "nobody writes into the FIFO");
    }

    #[test]
    fn ten_thousand_sensors_are_one_too_many_and_no_more() {
        let add = |tree: Tree, at| tree.with(&format!("sys/class/hwmon/hwmon0/temp{at}_input"), "1000");
        let tree = (0..10_000).fold(Tree::new(), add);
        assert_eq!(sensors(&tree).expect("they are many").len(), 2_001);
    }
}
