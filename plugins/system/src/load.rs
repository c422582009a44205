//! Load, and how busy the cores were.

use watchkeep_sdk::config::plain;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Load;
use watchkeep_sdk::wording::value;

use crate::config::System;
use crate::counters::Counters;
use crate::words::{finding, percent};

pub(crate) fn findings(config: &System, load: &Load, counters: &mut Counters) -> Vec<Finding> {
    let mut findings = vec![average(config, load)];
    findings.extend(cores(config, load, counters));
    findings
}

fn average(config: &System, load: &Load) -> Finding {
    let cores = f64::from(load.cores.max(1));
    let per_core = load.load5 / cores;
    let mut complaints = Complaints::default();
    let said = |limit: f64| format!("it is more than {} a core", plain(limit));
    if per_core > config.load_critical {
        complaints.critical(said(config.load_critical));
    } else if per_core > config.load_warning {
        complaints.warning(said(config.load_warning));
    }
    let of_cores = match load.cores {
        0 | 1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    let opening = format!("load is {} on {of_cores} over 5 minutes", value(load.load5, ""));
    finding("load".to_owned(), opening, &complaints)
        .with(
            Metric::new("system_load_per_core", per_core, "")
                .warning(Range::at_most(config.load_warning))
                .critical(Range::at_most(config.load_critical)),
        )
        .metric("system_load1", load.load1)
        .metric("system_load5", load.load5)
        .metric("system_load15", load.load15)
}

/// None in the first run: there is only a share of a time.
fn cores(config: &System, load: &Load, counters: &mut Counters) -> Option<Finding> {
    let counts =
        [load.busy_seconds, load.idle_seconds, load.steal_seconds].map(|seconds| (seconds * 1_000.0) as u64);
    let grown = counters.grown("cores", &counts)?;
    let [busy, idle, steal] = grown.as_slice() else { return None };
    let all = (busy + idle) as f64;
    if all <= 0.0 {
        return None;
    }
    let (busy, steal) = (*busy as f64 / all, (*steal as f64 / all).min(1.0));
    let mut complaints = Complaints::default();
    let beyond = |limit: Option<f64>| limit.filter(|limit| busy * 100.0 > *limit);
    match (beyond(config.cpu_critical), beyond(config.cpu_warning)) {
        (Some(limit), _) => complaints.critical(format!("they are busy for more than {}", percent(limit))),
        (None, Some(limit)) => complaints.warning(format!("they are busy for more than {}", percent(limit))),
        (None, None) => {}
    }
    let stolen = match steal > 0.01 {
        true => format!(", and waited for the machine below them for {}", value(steal, "ratio")),
        false => String::new(),
    };
    let opening =
        format!("cores were busy for {} of the time since the last run{stolen}", value(busy, "ratio"));
    let at_most = |limit: Option<f64>| limit.map(|limit| Range::at_most(limit / 100.0));
    let mut metric = Metric::new("system_cpu_busy", busy, "ratio");
    (metric.warning, metric.critical) = (at_most(config.cpu_warning), at_most(config.cpu_critical));
    let cores = finding("cores".to_owned(), opening, &complaints).with(metric);
    Some(cores.with(Metric::new("system_cpu_steal", steal, "ratio")))
}
