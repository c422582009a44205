//! Network links: up or not, and how fast bytes, errors and drops grew since the last run.

use watchkeep_sdk::config::plain;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::NetworkLink;
use watchkeep_sdk::wording::value;

use crate::config::System;
use crate::counters::Counters;
use crate::words::finding;

/// A second's worth since the last run.
struct Rates {
    received: f64,
    sent: f64,
    errors: f64,
    drops: f64,
}

pub(crate) fn findings(config: &System, links: &[NetworkLink], counters: &mut Counters) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for link in links.iter().filter(|link| config.wants_link(&link.name)) {
        findings.push(one(config, link, counters));
    }
    for name in &config.expected_links.0 {
        if !links.iter().any(|link| link.name == *name) {
            let said = format!("there is no link {name}");
            findings.push(
                Finding::critical(key(name), said).metric("system_link_up", false).label("link", &**name),
            );
        }
    }
    findings
}

fn key(name: &str) -> String {
    format!("link {name}")
}

fn one(config: &System, link: &NetworkLink, counters: &mut Counters) -> Finding {
    let mut complaints = Complaints::default();
    let name = &link.name;
    let mut opening = format!("{name} is {}", if link.up { "up" } else { "down" });
    if !link.up && config.expects_link(name) {
        complaints.critical("it is expected to be up; hint: is the cable in, and the link set up?");
    }
    let rates = rates(link, counters);
    if let Some(rates) = &rates {
        let speed = |bytes: f64| format!("{}/s", value(bytes, "bytes"));
        opening.push_str(&format!(", {} in, {} out", speed(rates.received), speed(rates.sent)));
        judge(config, rates, &mut complaints);
    }
    let finding = finding(key(name), opening, &complaints).label("link", &**name);
    let finding = finding.metric("system_link_up", link.up);
    rates.iter().fold(finding, |finding, rates| with_rates(config, finding, rates))
}

fn rates(link: &NetworkLink, counters: &mut Counters) -> Option<Rates> {
    let counts = [
        link.received_bytes,
        link.sent_bytes,
        link.received_errors.saturating_add(link.sent_errors),
        link.received_drops.saturating_add(link.sent_drops),
    ];
    let grown = counters.grown(&key(&link.name), &counts)?;
    let seconds = counters.seconds()?;
    let [received, sent, errors, drops] = grown.as_slice() else { return None };
    let rate = |grown: &u64| *grown as f64 / seconds;
    Some(Rates { received: rate(received), sent: rate(sent), errors: rate(errors), drops: rate(drops) })
}

fn judge(config: &System, rates: &Rates, complaints: &mut Complaints) {
    let bytes = |size: watchkeep_sdk::config::Size| size.bytes() as f64;
    let (warning, critical) = (config.link_rate_warning.map(bytes), config.link_rate_critical.map(bytes));
    for (direction, rate) in [("in", rates.received), ("out", rates.sent)] {
        let said = |limit: f64| format!("more than {}/s {direction}", value(limit, "bytes"));
        match (critical.filter(|limit| rate > *limit), warning.filter(|limit| rate > *limit)) {
            (Some(limit), _) => complaints.critical(said(limit)),
            (None, Some(limit)) => complaints.warning(said(limit)),
            (None, None) => {}
        }
    }
    let said =
        |limit: f64| format!("{} errors a second, more than {}", value(rates.errors, ""), plain(limit));
    if rates.errors > config.link_errors_critical {
        complaints.critical(said(config.link_errors_critical));
    } else if rates.errors > config.link_errors_warning {
        complaints.warning(said(config.link_errors_warning));
    }
    if let Some(limit) = config.link_drops_warning.filter(|limit| rates.drops > *limit) {
        let said = format!("{} dropped packets a second, more than {}", value(rates.drops, ""), plain(limit));
        complaints.warning(said);
    }
}

fn with_rates(config: &System, finding: Finding, rates: &Rates) -> Finding {
    let at_most =
        |limit: Option<watchkeep_sdk::config::Size>| limit.map(|limit| Range::at_most(limit.bytes() as f64));
    let speed = |name: &str, rate: f64| Metric {
        warning: at_most(config.link_rate_warning),
        critical: at_most(config.link_rate_critical),
        ..Metric::new(name, rate, "bytes")
    };
    let errors = Metric::new("system_link_errors_per_second", rates.errors, "")
        .warning(Range::at_most(config.link_errors_warning))
        .critical(Range::at_most(config.link_errors_critical));
    let drops = Metric {
        warning: config.link_drops_warning.map(Range::at_most),
        ..Metric::new("system_link_drops_per_second", rates.drops, "")
    };
    finding
        .with(speed("system_link_received_bytes_per_second", rates.received))
        .with(speed("system_link_sent_bytes_per_second", rates.sent))
        .with(errors)
        .with(drops)
}
