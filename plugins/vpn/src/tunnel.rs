//! What a look at a tunnel comes to.

use watchkeep_sdk::prelude::*;

use crate::words::count;

/// More have no alerts at once.
const FINDINGS_MAX: usize = 500;

/// A tunnel that was looked at.
#[derive(Default)]
pub(crate) struct Tunnel {
    /// What is said if all is well.
    pub(crate) opening: String,
    pub(crate) findings: Vec<Finding>,
    pub(crate) is_up: bool,
    /// Why nothing behind it can be judged although it is up.
    pub(crate) silence: Option<String>,
    /// Names of peers and clients behind which nothing can be judged.
    pub(crate) silent: Vec<String>,
    pub(crate) moves: Vec<Event>,
}

/// The key of the finding about the tunnel as a whole.
pub(crate) const KEY: &str = "tunnel";
pub(crate) const IS_DOWN: &str = "the tunnel is down";

impl Tunnel {
    /// One that is down, with these words.
    pub(crate) fn down(summary: String) -> Tunnel {
        let finding = Finding::critical(KEY, summary).metric("vpn_up", false);
        Tunnel { findings: vec![finding], ..Tunnel::default() }
    }

    /// Why a server behind this peer, or behind any, is not judged.
    pub(crate) fn hides(&self, peer: Option<&str>) -> Option<String> {
        match peer {
            _ if !self.is_up => Some(IS_DOWN.to_owned()),
            Some(peer) if self.silent.iter().any(|silent| silent == peer) => {
                Some(format!("`{peer}` is silent"))
            }
            Some(_) => None,
            None => self.silence.clone(),
        }
    }

    pub(crate) fn report(self, servers: Vec<Finding>) -> Report {
        let Tunnel { mut opening, mut findings, moves, .. } = self;
        let judged = servers.iter().filter(|server| server.state != State::Unknown).count();
        if judged > 0 {
            opening.push_str(&format!(", {} reachable behind it", count(judged, "server")));
        }
        // Of very many peers that are well, the last ones are not shown.
        let is_room = findings.len() + servers.len() <= FINDINGS_MAX;
        let rest = findings.split_off(if is_room { findings.len() } else { 1.min(findings.len()) });
        findings.extend(servers);
        findings.extend(rest);
        let mut report = Report::worst_of(findings);
        if report.state == State::Ok {
            report.summary = opening;
        }
        let success = report.state != State::Critical;
        report.events = moves;
        report.metric("probe_success", success).worst_first(FINDINGS_MAX, "findings")
    }
}
