//! Ports on which something must listen.

use std::collections::BTreeSet;
use std::net::IpAddr;

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Listener;

use crate::config::{Port, Service};

/// The most names and addresses in a sentence.
const SHOWN: usize = 5;

pub(crate) fn findings(config: &Service) -> Result<Vec<Finding>, Stop> {
    if config.ports.is_empty() {
        return Ok(Vec::new());
    }
    let all = system::listening()?;
    Ok(config.ports.iter().map(|rule| finding(rule, &all)).collect())
}

fn finding(rule: &Port, all: &[Listener]) -> Finding {
    let protocol = rule.protocol.name();
    let port = format!("{protocol} port {}", rule.port);
    let listening: Vec<&Listener> =
        all.iter().filter(|it| it.protocol == protocol && it.port == rule.port).collect();
    let reachable: Vec<&Listener> = listening.iter().copied().filter(|it| reaches(rule, it)).collect();
    let mut complaints = Complaints::default();
    let addresses = shown(listening.iter().map(|it| it.address.as_str()));
    let opening = match (listening.is_empty(), &rule.address) {
        (true, _) => {
            complaints.critical("something must listen there");
            format!("nobody listens on {port}")
        }
        (false, Some(address)) if reachable.is_empty() => {
            complaints.critical(format!("it must be reachable at {address}"));
            format!("{port} is open at {addresses} only")
        }
        (false, _) => format!("{port} is open at {addresses}"),
    };
    let holds = !reachable.is_empty() && holder(rule, &reachable, &mut complaints);
    let state = if complaints.fault().is_some() { State::Unknown } else { complaints.state() };
    Finding::new(key(rule), state, complaints.report(state, opening).summary)
        .label("port", rule.port.to_string())
        .label("protocol", protocol)
        .metric("service_port_open", holds)
}

/// Whether one who connects to the rule's address comes to this socket. One at `::` takes IPv4 as well, unless it was told
/// not to, which the kernel does not show.
fn reaches(rule: &Port, listener: &Listener) -> bool {
    let Some(wanted) = rule.address.as_ref().and_then(|address| address.parse::<IpAddr>().ok()) else {
        return true;
    };
    let Ok(address) = listener.address.parse::<IpAddr>() else { return false };
    address == wanted || address.is_unspecified() && (address.is_ipv6() || wanted.is_ipv4())
}

/// Whether it is open to the process that must hold it, as far as that is known.
fn holder(rule: &Port, reachable: &[&Listener], complaints: &mut Complaints) -> bool {
    let Some(process) = &rule.process else { return true };
    let names: BTreeSet<&str> = reachable.iter().flat_map(|it| &it.processes).map(String::as_str).collect();
    if names.iter().any(|name| process.fits(name)) {
        return true;
    }
    if reachable.iter().any(|it| it.processes.is_empty()) {
        complaints.open(
            "which process holds it is not for the host's user to see; hint: run the host as the same user or as root, or \
             leave out `process`",
        );
        return true;
    }
    let said = format!("{} holds it, and not {}", shown(names.into_iter()), clipped(&process.text()));
    complaints.critical(said);
    false
}

fn shown<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: BTreeSet<&str> = all.collect();
    let mut said: Vec<String> = all.iter().take(SHOWN).map(|one| clipped(one)).collect();
    if all.len() > SHOWN {
        said.push(format!("{} more", all.len() - SHOWN));
    }
    said.join(", ")
}

/// Two rules for one port have keys of their own.
fn key(rule: &Port) -> String {
    let mut key = format!("port {} {}", rule.protocol.name(), rule.port);
    if let Some(address) = &rule.address {
        key.push_str(&format!(" at {address}"));
    }
    if let Some(process) = &rule.process {
        key.push_str(&format!(" of {}", process.text()));
    }
    key
}
