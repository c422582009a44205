//! One container against what the operator wants of it.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{span, value};
use watchkeep_sdk::{Growth, clipped};

use crate::config::Docker;
use crate::inspect::{Details, Known};
use crate::list::Container;

/// How long a container may have been created without being started.
const STARTS_WITHIN_MS: u64 = 60_000;
/// Exit codes above this are signals.
const SIGNALS: u32 = 128;

/// What is known of a container, from wherever.
struct Facts<'c> {
    name: &'c str,
    state: &'c str,
    exit_code: Option<u32>,
    health: Option<&'c str>,
    out_of_memory: bool,
    is_kept_running: bool,
    details: Option<&'c Details>,
}

/// None if it is gone.
pub(crate) fn finding(
    config: &Docker,
    container: &Container,
    known: &Known,
    key: String,
    now: u64,
) -> Option<Finding> {
    let facts = facts(container, known)?;
    let mut complaints = Complaints::default();
    if let Known::Failed(said) = known {
        complaints.open(format!("it could not be inspected: {said}"));
    }
    let opening = state(config, &facts, container.created, now, &mut complaints);
    loops(config, &facts, &mut complaints);
    let memory = memory(config, &facts, &mut complaints);
    let cpu = cpu(config, &facts, &mut complaints);
    let state = if complaints.fault().is_some() { State::Unknown } else { complaints.state() };
    let summary = complaints.report(state, opening).summary;
    let finding = Finding::new(key, state, summary).metric("docker_container_up", facts.state == "running");
    let mut finding = labelled(finding, container);
    finding.metrics.extend(restarts(config, &facts));
    finding.metrics.extend(memory);
    finding.metrics.extend(cpu);
    Some(finding)
}

fn facts<'c>(container: &'c Container, known: &'c Known) -> Option<Facts<'c>> {
    let listed = Facts {
        name: &container.name,
        state: &container.state,
        exit_code: container.exit_code,
        health: container.health.as_deref(),
        out_of_memory: false,
        is_kept_running: false,
        details: None,
    };
    match known {
        Known::Gone => None,
        Known::Nothing | Known::Failed(_) => Some(listed),
        Known::Earlier(seen) => {
            Some(Facts { out_of_memory: seen.out_of_memory, is_kept_running: seen.is_kept_running, ..listed })
        }
        Known::Inspected(details) => Some(Facts {
            // It may have changed since it was listed.
            state: if details.state.is_empty() { &container.state } else { &details.state },
            exit_code: details.exit_code,
            health: details.health.as_deref(),
            out_of_memory: details.out_of_memory,
            is_kept_running: details.is_kept_running,
            details: Some(details),
            ..listed
        }),
    }
}

/// What is said of its state, well or not.
fn state(config: &Docker, facts: &Facts<'_>, created: u64, now: u64, complaints: &mut Complaints) -> String {
    let name = facts.name;
    match facts.state {
        "running" => running(config, facts, now, complaints),
        "restarting" => {
            let why = exited(facts);
            complaints.warning(format!("it {why} and is started again"));
            format!("{name} is restarting")
        }
        "paused" => {
            complain(complaints, config.paused, "nothing in it runs".to_owned());
            format!("{name} is paused")
        }
        "exited" => stopped(config, facts, now, complaints),
        "created" => never_started(config, facts, now.saturating_sub(created), complaints),
        "removing" => {
            if config.expects(name) {
                complaints.critical("it is expected to run");
            }
            format!("{name} is being removed")
        }
        "dead" => {
            complaints.critical(format!(
                "it is dead: Docker could not remove all of it{}; hint: `docker rm --force {name}`",
                error(facts)
            ));
            format!("{name} does not run")
        }
        "" => {
            complaints.open("Docker tells no state of it");
            name.to_owned()
        }
        other => {
            complaints.open(format!("Docker says that it is `{other}`, which this check does not know"));
            name.to_owned()
        }
    }
}

fn stopped(config: &Docker, facts: &Facts<'_>, now: u64, complaints: &mut Complaints) -> String {
    let is_accepted = facts.exit_code.is_some_and(|code| config.exit_codes_ok.0.contains(&code));
    if !is_accepted || facts.out_of_memory {
        complaints.critical(format!("it does not run{}", error(facts)));
    } else if config.expects(facts.name) {
        complaints.critical("it is expected to run");
    } else if facts.is_kept_running {
        complaints.critical("it does not run, though its restart policy wants it to: somebody stopped it");
    } else {
        complain(complaints, config.finished, "it has finished".to_owned());
    }
    let ago = facts.details.and_then(|details| ago(details.finished, now));
    format!("{} {}{}", facts.name, exited(facts), ago.unwrap_or_default())
}

fn never_started(config: &Docker, facts: &Facts<'_>, age_ms: u64, complaints: &mut Complaints) -> String {
    let name = facts.name;
    let error = error(facts);
    if !error.is_empty() {
        complaints.critical(format!("it could not be started{error}"));
    } else if age_ms < STARTS_WITHIN_MS {
        return format!("{name} was just created");
    } else if config.expects(name) {
        complaints.critical("it is expected to run");
    } else {
        complain(complaints, config.created, "nobody started it".to_owned());
    }
    format!("{name} never ran")
}

fn running(config: &Docker, facts: &Facts<'_>, now: u64, complaints: &mut Complaints) -> String {
    let up = facts.details.and_then(|details| details.started).map(|at| now.saturating_sub(at));
    let mut opening = format!("{} is up", facts.name);
    if let Some(up) = up.map(Duration::from_millis) {
        opening.push_str(&format!(" for {}", span(up)));
        if let Some(limit) = config.started_within_warning
            && up < limit
        {
            complaints.warning(format!("it was started less than {} ago", span(limit)));
        }
    }
    match facts.health {
        None => {}
        Some("healthy") => opening.push_str(", healthy"),
        Some("starting") => {
            opening.push_str(", its health checks are starting");
            complain(complaints, config.starting, "it is not known to be healthy yet".to_owned());
        }
        Some("unhealthy") => {
            let mut said = "unhealthy".to_owned();
            if let Some(details) = facts.details {
                if details.failing > 1 {
                    said.push_str(&format!(": {} health checks failed in a row", details.failing));
                }
                if !details.printed.is_empty() {
                    said.push_str(&format!(", the last with `{}`", details.printed));
                }
            }
            complaints.critical(said);
        }
        Some(other) => complaints.open(format!("Docker says of its health that it is `{}`", clipped(other))),
    }
    if facts.out_of_memory {
        complaints.warning("a process in it was killed, since it used more memory than it may");
    }
    opening
}

/// Restarts are found while it looks as if it ran: a container in a crash loop is `running` most of the time.
fn loops(config: &Docker, facts: &Facts<'_>, complaints: &mut Complaints) {
    let Some(details) = facts.details else { return };
    let (warning, critical) = (u64::from(config.restarts_warning), u64::from(config.restarts_critical));
    // Docker waits longer and longer between two starts: one that is seen waiting has failed several times in a row, however few
    // of them were in the window.
    let is_waiting = facts.state == "restarting" && details.restarts >= critical;
    match details.growth {
        Some(Growth { by, within }) if by >= critical => {
            complaints.critical(format!("it was restarted {} in {}: a crash loop", times(by), span(within)));
        }
        Some(_) | None if is_waiting => {
            complaints.critical(format!("it was restarted {} so far: a crash loop", times(details.restarts)));
        }
        Some(Growth { by, within }) if by >= warning => {
            complaints.warning(format!("it was restarted {} in {}", times(by), span(within)));
        }
        Some(_) | None => {}
    }
}

/// Complains of too much memory, and tells how much it is.
fn memory(config: &Docker, facts: &Facts<'_>, complaints: &mut Complaints) -> Option<Metric> {
    let memory = facts.details?.memory?;
    let said = format!(
        "uses {} of its {} of memory",
        value(memory.used as f64, "bytes"),
        value(memory.limit as f64, "bytes")
    );
    let limits = (config.memory_warning, config.memory_critical);
    Some(used("docker_container_memory_used", memory.share(), &said, limits, complaints))
}

/// The same of CPU time since the last reading, and of the periods in which there was not enough of it.
fn cpu(config: &Docker, facts: &Facts<'_>, complaints: &mut Complaints) -> Vec<Metric> {
    let Some(details) = facts.details else { return Vec::new() };
    let Some(cpu) = details.cpu else { return Vec::new() };
    let cpus = |count: f64| match count {
        1.0 => "1 CPU".to_owned(),
        count => format!("{} CPUs", value(count, "")),
    };
    let (share, limit) = cpu.of(details.cpu_limit);
    let whole = match limit {
        Some(limit) => format!("its limit of {}", cpus(limit)),
        None => format!("the machine's {}", cpus(cpu.machine_cpus as f64)),
    };
    let within = span(cpu.within);
    let said = format!("used {} of {whole} in {within}", value(share, "ratio"));
    let limits = (config.cpu_warning, config.cpu_critical);
    let mut metrics = vec![used("docker_container_cpu_used", share, &said, limits, complaints)];
    if let Some(share) = cpu.throttled {
        let said = format!("was throttled in {} of its periods in {within}", value(share, "ratio"));
        let limits = (config.throttled_warning, None);
        metrics.push(used("docker_container_cpu_throttled", share, &said, limits, complaints));
    }
    metrics
}

/// A share against limits for a warning and for critical, in percent.
fn used(
    name: &str,
    share: f64,
    said: &str,
    (warning, critical): (Option<f64>, Option<f64>),
    complaints: &mut Complaints,
) -> Metric {
    let beyond = |limit: Option<f64>| limit.filter(|limit| share * 100.0 > *limit);
    match (beyond(critical), beyond(warning)) {
        (Some(limit), _) => complaints.critical(format!("{said}, more than {}", percent(limit))),
        (None, Some(limit)) => complaints.warning(format!("{said}, more than {}", percent(limit))),
        (None, None) => {}
    }
    let at_most = |limit: Option<f64>| limit.map(|limit| Range::at_most(limit / 100.0));
    let mut metric = Metric::new(name, share, "ratio");
    (metric.warning, metric.critical) = (at_most(warning), at_most(critical));
    metric
}

/// `exited with 137 (killed by SIGKILL, out of memory)`.
fn exited(facts: &Facts<'_>) -> String {
    let Some(code) = facts.exit_code else { return "exited".to_owned() };
    let signal = match code.saturating_sub(SIGNALS) {
        6 => "aborted, SIGABRT",
        9 => "killed by SIGKILL",
        11 => "crashed, SIGSEGV",
        15 => "ended by SIGTERM",
        _ => match code {
            126 => "its program cannot be run",
            127 => "its program is not there",
            _ => "",
        },
    };
    let memory = if facts.out_of_memory { "out of memory" } else { "" };
    let why: Vec<&str> = [signal, memory].into_iter().filter(|words| !words.is_empty()).collect();
    match why.as_slice() {
        [] => format!("exited with {code}"),
        why => format!("exited with {code} ({})", why.join(", ")),
    }
}

/// What Docker says of a start that failed.
fn error(facts: &Facts<'_>) -> String {
    match facts.details {
        Some(details) if !details.error.is_empty() => format!(": `{}`", details.error),
        Some(_) | None => String::new(),
    }
}

fn ago(at: Option<u64>, now: u64) -> Option<String> {
    at.map(|at| format!(" {} ago", span(Duration::from_millis(now.saturating_sub(at)))))
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn percent(limit: f64) -> String {
    value(limit / 100.0, "ratio")
}

fn complain(complaints: &mut Complaints, state: State, said: String) {
    match state {
        State::Ok => {}
        State::Warning => complaints.warning(said),
        State::Critical => complaints.critical(said),
        State::Unknown => complaints.open(said),
    }
}

fn restarts(config: &Docker, facts: &Facts<'_>) -> Vec<Metric> {
    let Some(details) = facts.details else { return Vec::new() };
    let total = Metric::new("docker_container_restarts", details.restarts as f64, "");
    let Some(growth) = details.growth else { return vec![total] };
    // The thresholds are the first values that are bad.
    let below = |limit: u32| Range::at_most(f64::from(limit) - 1.0);
    let recent = Metric::new("docker_container_restarts_in_window", growth.by as f64, "");
    vec![total, recent.warning(below(config.restarts_warning)).critical(below(config.restarts_critical))]
}

fn labelled(finding: Finding, container: &Container) -> Finding {
    let pairs = [
        ("container", &container.name),
        ("image", &container.image),
        ("compose_project", &container.project),
        ("compose_service", &container.service),
    ];
    pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(finding, |finding, (name, value)| finding.label(name, value.clone()))
}
