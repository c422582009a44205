//! What StatusCake says of each test, held against the thresholds.

use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::config::{Kind, StatusCake};
use crate::list::Listing;
use crate::performance::{self, Performance};
use crate::test::Test;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

pub(crate) fn report(
    config: &StatusCake,
    listing: &Listing,
    performance: &Performance,
    left: Option<u64>,
) -> Report {
    let now = clock::now();
    let count = listing.tests.len();
    let (paused, active): (Vec<&Test>, Vec<&Test>) = listing.tests.iter().partition(|test| test.paused);
    let judged: Vec<Finding> = active.iter().map(|test| finding(config, test, performance, now)).collect();
    let down = active.iter().filter(|test| test.status == "down").count();
    let mut report = told(config, judged, &paused);
    report.findings = worst_first(report.findings, config.tests_max as usize);
    if count > config.tests_max as usize {
        report = report.no_better_than(
            State::Warning,
            format!("{count} tests, more than the {} that are findings", config.tests_max),
        );
    }
    if let Some(all) = listing.cut {
        report = report.no_better_than(
            State::Warning,
            format!("{all} tests, more than are read; hint: divide them by `tags`"),
        );
    }
    if listing.unsettled {
        report = report
            .no_better_than(State::Unknown, "the list changed whenever it was read: a test may be missing");
    }
    if let Some(stopped) = &performance.stopped {
        report = report.more_details(performance::note(stopped));
    }
    let mut report = report
        .metric("statuscake_tests", count)
        .metric("statuscake_tests_down", down)
        .metric("statuscake_tests_paused", paused.len());
    if let Some(left) = left {
        report = report.metric("statuscake_requests_left", left);
    }
    report
}

/// As bad as the worst test that is not paused: a pause is somebody's will, and the check goes on judging the others.
fn told(config: &StatusCake, judged: Vec<Finding>, paused: &[&Test]) -> Report {
    let of_paused = paused.iter().map(|test| paused_finding(test));
    let mut report = match (&*judged, paused) {
        ([], []) => return Report::new(config.empty, "no tests"),
        ([], [only]) => Report::new(State::Unknown, format!("{} is paused", only.name)),
        ([], several) => Report::new(State::Unknown, format!("all {} tests are paused", several.len())),
        // For a single test, its own state and summary are shown, well or not.
        ([only], _) => Report::new(only.state, only.summary.clone()),
        (several, _) => Report::worst_of(several.to_vec()),
    };
    if !judged.is_empty() && !paused.is_empty() {
        report.summary = format!("{}; {} paused", report.summary, paused.len());
    }
    report.findings = judged.into_iter().chain(of_paused).collect();
    report
}

/// All of them in their order, or the worst of them.
fn worst_first(findings: Vec<Finding>, most: usize) -> Vec<Finding> {
    if findings.len() <= most {
        return findings;
    }
    let order = [State::Critical, State::Warning, State::Unknown, State::Ok];
    let of = |state: State| findings.iter().filter(move |finding| finding.state == state);
    order.into_iter().flat_map(of).take(most).cloned().collect()
}

fn paused_finding(test: &Test) -> Finding {
    let last = if test.status.is_empty() { String::new() } else { format!("; it was {}", test.status) };
    labelled(Finding::unknown(&*test.key, format!("{} is paused{last}", test.name)), test)
}

fn finding(config: &StatusCake, test: &Test, performance: &Performance, now: u64) -> Finding {
    let took = performance.of(test);
    let (opening, complaints) = looked_at(config, test, took, now);
    let state = if complaints.fault().is_some() { State::Unknown } else { complaints.state() };
    let summary = complaints.report(state, opening).summary;
    let mut finding = labelled(Finding::new(&*test.key, state, summary), test);
    finding.metrics.extend(uptime_metric(config, test));
    finding.metrics.extend(took.map(|took| {
        let (warning, critical) = (config.response_time_warning, config.response_time_critical);
        Metric {
            name: "statuscake_response_seconds".to_owned(),
            ..Metric::response_time(took, warning, critical)
        }
    }));
    if let Some(at) = test.valid_until {
        let at = (at / 1_000) as f64;
        finding = finding.with(Metric::new("statuscake_certificate_expiry_timestamp_seconds", at, "seconds"));
    }
    finding
}

/// What is well, and what is not.
fn looked_at(config: &StatusCake, test: &Test, took: Option<Duration>, now: u64) -> (String, Complaints) {
    let mut complaints = Complaints::default();
    let limit = match (test.uptime, config.uptime_critical, config.uptime_warning) {
        (Some(uptime), Some(limit), _) if uptime < limit => Some((uptime, limit, State::Critical)),
        (Some(uptime), _, Some(limit)) if uptime < limit => Some((uptime, limit, State::Warning)),
        (_, _, _) => None,
    };
    let took_text = took.map_or_else(String::new, |took| format!(", {}", span(took)));
    let uptime = test.uptime.filter(|_| limit.is_none());
    let uptime = uptime.map_or_else(String::new, |uptime| format!(", uptime {}", percent(uptime)));
    let name = &test.name;
    let mut opening = match (test.kind, &*test.status) {
        (Kind::Ssl, _) => certificate(config, test, now, &mut complaints),
        (_, "up") => format!("{name} is up{took_text}{uptime}"),
        (_, "down") => {
            complaints.critical(format!("{name} is down{uptime}"));
            String::new()
        }
        (_, "") => {
            complaints.open(format!("StatusCake tells no status of {name}"));
            String::new()
        }
        (_, other) => {
            complaints.open(format!("StatusCake says of {name} that it is `{other}`"));
            String::new()
        }
    };
    if let Some(took) = took {
        complaints.slowness(took, config.response_time_warning, config.response_time_critical);
    }
    if let Some((uptime, limit, state)) = limit {
        let said = format!("uptime {}, less than {}", percent(uptime), percent(limit));
        // It has to say of what, where nothing else does.
        if opening.is_empty() && complaints.state() == State::Ok {
            opening.clone_from(name);
        }
        match state {
            State::Critical => complaints.critical(said),
            State::Ok | State::Warning | State::Unknown => complaints.warning(said),
        }
    }
    (opening, complaints)
}

fn certificate(config: &StatusCake, test: &Test, now: u64, complaints: &mut Complaints) -> String {
    let name = &test.name;
    let Some(at) = test.valid_until else {
        complaints.open(format!("StatusCake does not say until when the certificate of {name} is good"));
        return String::new();
    };
    let days = at.saturating_sub(now) / DAY_MS;
    let said = match days {
        _ if at <= now => format!("the certificate of {name} has expired"),
        0 => format!("the certificate of {name} expires in less than a day"),
        1 => format!("the certificate of {name} expires in 1 day"),
        days => format!("the certificate of {name} expires in {days} days"),
    };
    if at <= now {
        complaints.critical(said);
    } else if days < u64::from(config.expiry_critical_days) {
        complaints.critical(format!("{said}, less than {} days", config.expiry_critical_days));
    } else if days < u64::from(config.expiry_warning_days) {
        complaints.warning(format!("{said}, less than {} days", config.expiry_warning_days));
    } else {
        return said;
    }
    String::new()
}

fn labelled(finding: Finding, test: &Test) -> Finding {
    let pairs = [
        ("test", test.name.clone()),
        ("target", test.target.clone()),
        ("test_type", test.test_type.clone()),
        ("tags", test.tags.join(",")),
    ];
    pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(finding, |it, (name, value)| it.label(name, value))
}

/// With two decimals, and never more than it is: 99.999 is not 100.
fn percent(value: f64) -> String {
    let hundredths = (value * 100.0 + 1e-6) as u64;
    match (hundredths / 100, hundredths % 100) {
        (whole, 0) => format!("{whole} %"),
        (whole, part) if part % 10 == 0 => format!("{whole}.{} %", part / 10),
        (whole, part) => format!("{whole}.{part:02} %"),
    }
}

fn uptime_metric(config: &StatusCake, test: &Test) -> Option<Metric> {
    let at_least = |limit: Option<f64>| limit.map(|limit| Range::at_least(limit / 100.0));
    let mut metric = Metric::new("statuscake_uptime", test.uptime? / 100.0, "ratio");
    metric.warning = at_least(config.uptime_warning);
    metric.critical = at_least(config.uptime_critical);
    Some(metric)
}
