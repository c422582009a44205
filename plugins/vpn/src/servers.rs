//! Servers behind the tunnel.

use watchkeep_sdk::http::span;
use watchkeep_sdk::icmp;
use watchkeep_sdk::prelude::*;

use crate::config::{Server, Vpn, Way};
use crate::tunnel::Tunnel;
use crate::words::unjudged;

/// Between two requests.
const INTERVAL: Duration = Duration::from_millis(100);

/// Each server as a finding.
pub(crate) fn look(config: &Vpn, tunnel: &Tunnel) -> Result<Vec<Finding>, Stop> {
    let mut findings = Vec::new();
    for server in &config.servers {
        let name = server.name();
        let key = format!("server {name}");
        let finding = if let Some(why) = tunnel.hides(server.peer.as_deref()) {
            unjudged(key, &why)
        } else if clock::remaining() < config.timeout {
            unjudged(key, "the run has no time left; hint: raise the check's `timeout`")
        } else {
            asked(server, config.timeout, key)?
        };
        findings.push(finding.label("server", name));
    }
    Ok(findings)
}

fn asked(server: &Server, timeout: Duration, key: String) -> Result<Finding, Stop> {
    match server.way() {
        Some(Way::Tcp(address)) => connected(server, address, timeout, key),
        Some(Way::Ping(host)) => pinged(server, host, timeout, key),
        None => Err(Fault::config("a server has neither `address` nor `ping`").into()),
    }
}

fn down(server: &Server, key: String, why: &str) -> Finding {
    let said = format!("server down: `{}`: {why}", server.name());
    Finding::critical(key, said).metric("vpn_server_up", false)
}

fn connected(server: &Server, address: &str, timeout: Duration, key: String) -> Result<Finding, Stop> {
    match net::target(address).timeout(timeout).connect() {
        Ok(connection) => Ok(timed(server, key, connection.elapsed(), Complaints::default(), "")),
        Err(failure) => match failure.as_fault() {
            Some(fault) => Err(fault.into()),
            None => Ok(down(server, key, &failure.sentence())),
        },
    }
}

fn pinged(server: &Server, host: &str, timeout: Duration, key: String) -> Result<Finding, Stop> {
    let asked = icmp::echo(host).count(server.count).interval(INTERVAL).timeout(timeout).send();
    let echoes = match asked {
        Ok(echoes) => echoes,
        Err(failure) => {
            return match failure.as_fault() {
                Some(fault) => Err(fault.into()),
                None => Ok(down(server, key, &failure.sentence())),
            };
        }
    };
    let (sent, lost) = (echoes.sent(), echoes.lost());
    if sent == 0 {
        return Ok(unjudged(key, "no request could be sent in the time that the run has"));
    }
    let Some(average) = echoes.average() else {
        return Ok(down(server, key, &format!("none of {sent} echo requests was answered")));
    };
    let mut complaints = Complaints::default();
    let percent = lost as f64 * 100.0 / sent as f64;
    let said = |limit: u8| format!("{lost} of {sent} echo requests lost, more than {limit} %");
    if percent > f64::from(server.loss_critical) {
        complaints.critical(said(server.loss_critical));
    } else if percent > f64::from(server.loss_warning) {
        complaints.warning(said(server.loss_warning));
    }
    let of = if lost == 0 { String::new() } else { format!(", {lost} of {sent} lost") };
    let finding = timed(server, key, average, complaints, &of);
    Ok(finding.with(Metric::new("vpn_server_loss_ratio", lost as f64 / sent as f64, "ratio")))
}

fn timed(server: &Server, key: String, took: Duration, mut complaints: Complaints, more: &str) -> Finding {
    let (warning, critical) = (server.response_time_warning, server.response_time_critical);
    complaints.slowness(took, warning, critical);
    let state = complaints.state();
    let name = server.name();
    let opening = match state {
        State::Ok | State::Unknown => format!("`{name}` answers in {}{more}", span(took)),
        State::Warning | State::Critical => format!("server slow: `{name}` answers in {}{more}", span(took)),
    };
    let mut metric = Metric::response_time(took, warning, critical);
    metric.name = "vpn_server_response_seconds".to_owned();
    let summary = complaints.report(state, opening).summary;
    Finding::new(key, state, summary).metric("vpn_server_up", state != State::Critical).with(metric)
}
