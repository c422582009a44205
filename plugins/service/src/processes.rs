//! Processes that must run: how many, since when, and what they use.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Size;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Process;
use watchkeep_sdk::wording::{span, value};

use crate::config::Processes;

pub(crate) fn finding(rule: &Processes) -> Result<Finding, Stop> {
    let mut found = system::processes(&rule.name)?;
    found.retain(|process| {
        rule.command.as_ref().is_none_or(|command| command.stands_in(&process.command))
            && rule.user.as_ref().is_none_or(|user| *user == process.user)
    });
    let mut complaints = Complaints::default();
    let count = found.len();
    if count < rule.min as usize {
        complaints.critical(format!("at least {} must run", rule.min));
    }
    if let Some(max) = rule.max.filter(|max| count > *max as usize) {
        complaints.critical(format!("at most {max} may run"));
    }
    let memory: u64 = found.iter().fold(0, |all, process| all.saturating_add(process.memory));
    let mut opening = match count {
        0 => format!("no {} runs", described(rule)),
        1 => format!("{} runs", described(rule)),
        count => format!("{count} of {} run", described(rule)),
    };
    if let Some(oldest) = found.iter().map(|process| process.started_ago_seconds).max() {
        let since = Duration::from_secs(oldest);
        opening.push_str(&format!(" for {}, with {} of memory", span(since), value(memory as f64, "bytes")));
        if let Some(limit) = rule.started_within_warning.filter(|limit| since < *limit) {
            complaints.warning(format!("started less than {} ago", span(limit)));
        }
    }
    uses(rule, &found, memory, &mut complaints);
    let state = complaints.state();
    let summary = complaints.report(state, opening).summary;
    let at_most = |limit: Option<Size>| limit.map(|limit| Range::at_most(limit.bytes() as f64));
    let processes = Metric {
        critical: Some(Range {
            low: Some(f64::from(rule.min)),
            high: rule.max.map(f64::from),
            inside: false,
        }),
        ..Metric::new("service_processes", count as f64, "")
    };
    let used = Metric {
        warning: at_most(rule.memory_warning),
        critical: at_most(rule.memory_critical),
        ..Metric::new("service_processes_memory", memory as f64, "bytes")
    };
    let key = format!("process {}", described(rule));
    Ok(Finding::new(key, state, summary).label("process", &*rule.name).with(processes).with(used))
}

fn uses(rule: &Processes, found: &[Process], memory: u64, complaints: &mut Complaints) {
    let beyond = |limit: Option<Size>| limit.filter(|limit| memory > limit.bytes());
    let said = |limit: Size| format!("more than {} of memory", value(limit.bytes() as f64, "bytes"));
    match (beyond(rule.memory_critical), beyond(rule.memory_warning)) {
        (Some(limit), _) => complaints.critical(said(limit)),
        (None, Some(limit)) => complaints.warning(said(limit)),
        (None, None) => {}
    }
    let open = found.iter().filter_map(|process| Some((process.open_files?, process.pid))).max();
    if let (Some(limit), Some((files, pid))) = (rule.open_files_warning, open)
        && files > limit
    {
        complaints.warning(format!("process {pid} has {files} open files, more than {limit}"));
    }
}

/// `postgres of www-data with --config`: two rules for one name have keys of their own.
fn described(rule: &Processes) -> String {
    let mut said = clipped(&rule.name);
    if let Some(user) = &rule.user {
        said.push_str(&format!(" of {}", clipped(user)));
    }
    if let Some(command) = &rule.command {
        said.push_str(&format!(" with `{}`", clipped(command.as_str())));
    }
    said
}
