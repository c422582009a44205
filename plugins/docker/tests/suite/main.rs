//! The check `docker` against a strict double of the daemon's API, and against the scripted host where no daemon would answer
//! so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod cpu;
mod daemon;
#[allow(dead_code, unreachable_pub, reason = "the end-to-end test uses the other part of it")]
mod double;
mod hostile;
mod pages;
mod restarts;
mod states;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_docker::run;
use watchkeep_sdk::testing::{Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

use double::{Container, Daemon};

fn config(more: Value) -> String {
    let mut config = json!({ "socket": "docker" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

/// Runs of one check of a daemon, each of which finds what the one before has kept.
struct Runs {
    daemon: Answering<Daemon>,
    config: String,
    kept: Option<Vec<u8>>,
}

impl Runs {
    fn of(containers: impl IntoIterator<Item = Container>, more: Value) -> Self {
        let daemon = native(Daemon::with(containers), "unix:docker:");
        Self { daemon, config: config(more), kept: None }
    }
    /// The run so many minutes from now.
    fn at(&mut self, minutes: u64) -> Ran<Report, Fault> {
        let host = Host::new().clock(NOW + minutes * 60_000);
        let host = self.kept.iter().fold(host, |host, kept| host.kv("containers", kept));
        let ran = host.served_by(self.daemon.serve()).check(run, &self.config);
        self.kept = ran.kv("containers").map(<[u8]>::to_vec);
        ran
    }
    fn says(&mut self, minutes: u64) -> (State, String) {
        let ran = self.at(minutes);
        (ran.report().state, ran.report().summary.clone())
    }
    fn asked(&self) -> Vec<String> {
        self.daemon.with(|daemon| std::mem::take(&mut daemon.asked))
    }
}

#[track_caller]
fn says(container: Container, more: Value, state: State, summary: &str) {
    assert_eq!(Runs::of([container], more).says(0), (state, summary.to_owned()));
}

fn keys(ran: &Ran<Report, Fault>) -> Vec<&str> {
    ran.report().findings.iter().map(|finding| finding.key.as_str()).collect()
}
