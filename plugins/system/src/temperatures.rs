//! Temperatures, by the limits of the operator or the chips' own.

use std::collections::BTreeSet;

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Temperature;
use watchkeep_sdk::wording::value;

use crate::config::{Pair, System};
use crate::words::finding;

pub(crate) fn findings(config: &System, sensors: &[Temperature]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for sensor in sensors {
        let name = name(sensor);
        let Some(celsius) = sensor.celsius else { continue };
        seen.extend(config.expected_sensors.0.iter().filter(|glob| glob.fits(&name)).map(|glob| glob.text()));
        if config.wants_sensor(&name) {
            findings.push(one(config, sensor, &name, celsius));
        }
    }
    for glob in &config.expected_sensors.0 {
        let text = glob.text();
        if !seen.contains(&text) {
            let is_mute = sensors.iter().any(|sensor| glob.fits(&name(sensor)));
            let said = match is_mute {
                true => format!("sensor `{}` gives no value", clipped(&text)),
                false => format!("there is no sensor `{}`", clipped(&text)),
            };
            findings.push(Finding::critical(format!("temperature {text}"), said));
        }
    }
    findings
}

/// `nvme nvme0 Composite`: two chips of one kind are told apart by their devices.
fn name(sensor: &Temperature) -> String {
    let Temperature { chip, device, label, .. } = sensor;
    let words: Vec<&str> =
        [chip, device, label].into_iter().map(|word| &**word).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn one(config: &System, sensor: &Temperature, name: &str, celsius: f64) -> Finding {
    let limits = config.temperature_limits(name, Pair { warning: sensor.high, critical: sensor.critical });
    let mut complaints = Complaints::default();
    let degrees = |celsius: f64| format!("{} °C", value(celsius, ""));
    let said = |limit: f64| format!("it is more than {}", degrees(limit));
    let beyond = |limit: Option<f64>| limit.filter(|limit| celsius > *limit);
    match (beyond(limits.critical), beyond(limits.warning)) {
        (Some(limit), _) => complaints.critical(said(limit)),
        (None, Some(limit)) => complaints.warning(said(limit)),
        (None, None) => {}
    }
    let metric = Metric {
        warning: limits.warning.map(Range::at_most),
        critical: limits.critical.map(Range::at_most),
        ..Metric::new("system_temperature", celsius, "celsius")
    };
    finding(format!("temperature {name}"), format!("{} has {}", clipped(name), degrees(celsius)), &complaints)
        .label("sensor", name)
        .with(metric)
}
