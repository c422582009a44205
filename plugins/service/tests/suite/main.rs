//! The check `service` against a scripted machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod ports;
mod processes;
mod timers;
mod units;

use serde_json::Value;
use watchkeep_plugin_service::run;
use watchkeep_sdk::testing::{Host, NOW, Ran, Reply};
use watchkeep_sdk::{Fault, Report, State};

/// Runs of one check, each of which finds what the one before has kept.
struct Runs {
    config: Value,
    kept: Option<Vec<u8>>,
}

impl Runs {
    fn of(config: Value) -> Self {
        Self { config, kept: None }
    }
    /// The run so many seconds from now, on a machine that answers so.
    fn at<R: Into<Reply>>(&mut self, seconds: u64, route: &str, answer: R) -> Ran<Report, Fault> {
        let host = Host::new().clock(NOW + seconds * 1_000).answer(&format!("system {route}"), answer);
        let host = self.kept.iter().fold(host, |host, kept| host.kv("restarts", kept));
        let ran = host.check(run, &self.config.to_string());
        self.kept = ran.kv("restarts").map(<[u8]>::to_vec);
        ran
    }
}

fn told(ran: &Ran<Report, Fault>) -> (State, &str) {
    (ran.report().state, ran.report().summary.as_str())
}
