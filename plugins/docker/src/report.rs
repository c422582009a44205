//! All containers together.

use std::collections::BTreeSet;

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;

use crate::config::Docker;
use crate::inspect::Inspected;
use crate::judge;
use crate::list::Listing;

pub(crate) fn report(config: &Docker, listing: &Listing, inspected: &Inspected) -> Report {
    let now = clock::now();
    let (mut findings, mut keys, mut names) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (container, known) in listing.containers.iter().zip(&inspected.known) {
        // The daemon gives each name once. Whatever gives it twice still has two containers.
        let key = match keys.contains(&container.name) {
            true => format!("{} ({})", container.name, container.id),
            false => container.name.clone(),
        };
        if let Some(finding) = judge::finding(config, container, known, key.clone(), now)
            && keys.insert(key)
        {
            names.insert(container.name.as_str());
            findings.push(finding);
        }
    }
    let count = findings.len();
    for name in config.expected.0.iter().filter(|name| !names.contains(name.as_str())) {
        if keys.insert(name.clone()) {
            let said = missing(config, listing, name);
            findings.push(said.metric("docker_container_up", false).label("container", name.clone()));
        }
    }
    let up = |finding: &&Finding| {
        finding.metrics.iter().any(|it| it.name == "docker_container_up" && it.value == 1.0)
    };
    let running = findings.iter().filter(up).count();
    let mut report = match &*findings {
        [] => Report::new(config.empty, "no containers"),
        // For a single container, its own state and summary are shown, well or not.
        [only] => {
            let (state, summary) = (only.state, only.summary.clone());
            Report { findings, ..Report::new(state, summary) }
        }
        _ => Report::worst_of(findings),
    };
    if listing.is_cut {
        let said = format!(
            "the daemon has more containers than the {count} that are read; hint: choose some by `labels`, in several checks"
        );
        report = report.no_better_than(State::Warning, said);
    }
    report = told(config, inspected, report);
    report
        .metric("docker_containers", count)
        .metric("docker_containers_running", running)
        .worst_first(config.containers_max as usize, "containers")
}

/// One that may be behind those that are read is not called missing.
fn missing(config: &Docker, listing: &Listing, name: &str) -> Finding {
    let shown = clipped(name);
    if listing.is_cut {
        return Finding::unknown(name, format!("{shown} is not among the containers that are read"));
    }
    let labels = match config.labels.0.is_empty() {
        true => "",
        false => " with these labels",
    };
    Finding::critical(name, format!("{shown} is not there: Docker has no container of this name{labels}"))
}

/// What was not looked at as closely as the rest.
fn told(config: &Docker, inspected: &Inspected, mut report: Report) -> Report {
    let Inspected { known, unknown, waiting, forgotten } = inspected;
    if *waiting > 0 {
        report = report.more_details(format!(
            "{waiting} of {} containers were not inspected in this run and are judged by the daemon's list (state, exit code, \
             health); {unknown} of them never were. They take turns, {} requests a run; hint: raise `requests_max`, or \
             divide the containers by `labels` into several checks",
            known.len(),
            config.requests_max
        ));
    }
    if *forgotten > 0 {
        report = report.more_details(format!(
            "restarts of {forgotten} containers are not counted: there is no room to remember more"
        ));
    }
    report
}
