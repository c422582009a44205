//! Memory and swap.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Memory;
use watchkeep_sdk::wording::value;

use crate::config::{Pair, System};
use crate::words::{finding, share_above, share_metric};

pub(crate) fn findings(config: &System, memory: &Memory) -> Vec<Finding> {
    let mut findings = vec![ram(config, memory)];
    if memory.swap_total > 0 {
        findings.push(swap(config, memory));
    }
    findings
}

fn ram(config: &System, memory: &Memory) -> Finding {
    let limits = Pair { warning: config.memory_used_warning, critical: config.memory_used_critical };
    let used = memory.used();
    let mut complaints = Complaints::default();
    share_above(used, limits, "it is", &mut complaints);
    let opening = format!(
        "memory is {} used, {} of {} are available",
        value(used, "ratio"),
        value(memory.available as f64, "bytes"),
        value(memory.total as f64, "bytes")
    );
    finding("memory".to_owned(), opening, &complaints)
        .with(share_metric("system_memory_used", used, limits))
        .with(Metric::new("system_memory_available", memory.available as f64, "bytes"))
}

fn swap(config: &System, memory: &Memory) -> Finding {
    let limits = Pair { warning: config.swap_used_warning, critical: config.swap_used_critical };
    let used = 1.0 - memory.swap_free as f64 / memory.swap_total as f64;
    let mut complaints = Complaints::default();
    share_above(used, limits, "it is", &mut complaints);
    let total = value(memory.swap_total as f64, "bytes");
    let opening = format!("swap of {total} is {} used", value(used, "ratio"));
    finding("swap".to_owned(), opening, &complaints).with(share_metric("system_swap_used", used, limits))
}
