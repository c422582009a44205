//! What work waited for in the last minute.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::{Pressures, Stalls};
use watchkeep_sdk::wording::value;

use crate::config::{Pair, System};
use crate::words::{finding, percent};

pub(crate) fn findings(config: &System, told: &Pressures) -> Vec<Finding> {
    let pair = |warning: f64, critical: f64| Pair { warning: Some(warning), critical: Some(critical) };
    let memory = pair(config.memory_pressure_warning, config.memory_pressure_critical);
    let io = pair(config.io_pressure_warning, config.io_pressure_critical);
    let cpu = Pair { warning: config.cpu_pressure_warning, critical: config.cpu_pressure_critical };
    vec![
        one("memory", "memory", &told.memory, memory),
        one("io", "disks", &told.io, io),
        one("cpu", "a core", &told.cpu, cpu),
    ]
}

fn one(resource: &str, thing: &str, stalls: &Stalls, limits: Pair<Option<f64>>) -> Finding {
    // Of cores, there is always one that works: not all can wait for them.
    let judged = if resource == "cpu" { None } else { stalls.full };
    let (share, who) = match judged {
        Some(full) => (full.avg60, "all"),
        None => (stalls.some.avg60, "some"),
    };
    let mut complaints = Complaints::default();
    let beyond = |limit: Option<f64>| limit.filter(|limit| share * 100.0 > *limit);
    let said = |limit: f64| format!("it is more than {}", percent(limit));
    match (beyond(limits.critical), beyond(limits.warning)) {
        (Some(limit), _) => complaints.critical(said(limit)),
        (None, Some(limit)) => complaints.warning(said(limit)),
        (None, None) => {}
    }
    let opening = format!("{who} work waited for {thing} for {} of the last minute", value(share, "ratio"));
    let at_most = |limit: Option<f64>| limit.map(|limit| Range::at_most(limit / 100.0));
    let metric = |name: &str, share: f64, is_judged: bool| {
        let mut metric = Metric::new(name, share, "ratio");
        if is_judged {
            (metric.warning, metric.critical) = (at_most(limits.warning), at_most(limits.critical));
        }
        metric
    };
    let found = finding(format!("pressure {resource}"), opening, &complaints).label("resource", resource);
    let found = found.with(metric("system_pressure_some", stalls.some.avg60, judged.is_none()));
    match stalls.full {
        Some(full) => found.with(metric("system_pressure_full", full.avg60, judged.is_some())),
        None => found,
    }
}
