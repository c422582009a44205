//! The check `statuscake` against a strict double of StatusCake's API, and against the scripted host where StatusCake would not
//! answer so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod hostile;
mod limits;
mod pages;
mod strictness;
mod tests;

use serde_json::{Value, json};
use watchkeep_doubles::statuscake::{StatusCake, uptime_test};
use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_statuscake::run;
use watchkeep_sdk::testing::{Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

const API: &str = "https://api.statuscake.com";

fn config(more: Value) -> String {
    let mut config = json!({ "token": { "secret": "statuscake" } });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn served(account: StatusCake) -> Answering<StatusCake> {
    native(account, API).secret("statuscake", StatusCake::TOKEN)
}

/// An account with so many tests that are up: `t0`, `t1` and so on.
fn account(count: usize) -> Answering<StatusCake> {
    let tests = (0..count).map(|at| uptime_test(&at.to_string(), &format!("t{at}")));
    served(tests.fold(StatusCake::new(), |account, test| account.with("uptime", test)))
}

/// Runs of one check, each of which finds what the one before has kept.
struct Runs {
    account: Answering<StatusCake>,
    config: String,
    kept: Vec<(&'static str, Vec<u8>)>,
}

impl Runs {
    fn new(account: &Answering<StatusCake>, more: Value) -> Self {
        Self { account: account.clone(), config: config(more), kept: Vec::new() }
    }
    /// The run so many minutes from now.
    fn at(&mut self, minutes: u64) -> Ran<Report, Fault> {
        let host = Host::new().clock(NOW + minutes * 60_000).secret("statuscake", StatusCake::TOKEN);
        let host = self.kept.iter().fold(host, |host, (key, kept)| host.kv(key, kept));
        let ran = host.served_in_time(self.account.serve_in_time()).check(run, &self.config);
        let keys = ["performance", "tests/uptime"];
        self.kept = keys.into_iter().filter_map(|key| Some((key, ran.kv(key)?.to_vec()))).collect();
        // As much time goes by at StatusCake's.
        self.account.wait(std::time::Duration::from_secs(60));
        assert!(
            self.account.with(|it| it.wrong().is_empty()),
            "{:?}",
            self.account.with(|it| it.wrong().to_vec())
        );
        ran
    }
}

fn check(account: &Answering<StatusCake>, more: Value) -> Ran<Report, Fault> {
    Runs::new(account, more).at(0)
}

fn says(account: &Answering<StatusCake>, more: Value) -> (State, String) {
    let ran = check(account, more);
    (ran.report().state, ran.report().summary.clone())
}

fn keys(ran: &Ran<Report, Fault>) -> Vec<&str> {
    ran.report().findings.iter().map(|finding| finding.key.as_str()).collect()
}

/// Without the API's base, and without histories.
fn lists(account: &Answering<StatusCake>) -> Vec<String> {
    let asked = account.with(StatusCake::asked);
    asked.into_iter().filter(|path| !path.contains("/history")).collect()
}
