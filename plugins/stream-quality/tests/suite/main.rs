//! The check `stream-quality` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod findings;
mod frozen;
mod hostile;
mod learned;
mod scene;
mod sources;
mod streams;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use watchkeep_plugin_stream_quality::run;
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

const URL: &str = "http://cam.example.com/snap.jpg";
const ROUTE: &str = "GET http://cam.example.com/snap.jpg";

fn config(more: Value) -> String {
    let mut config = json!({ "camera": URL });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn shows(bytes: impl Into<Vec<u8>>) -> Answer {
    Answer::status(200).header("content-type", "image/jpeg").body(bytes)
}

fn check(more: Value, answer: Answer) -> Ran<Report, Fault> {
    Host::new().answer(ROUTE, answer).check(run, &config(more))
}

fn seen(more: Value, picture: impl Into<Vec<u8>>) -> Ran<Report, Fault> {
    check(more, shows(picture))
}

/// What a check keeps from run to run.
#[derive(Clone, Default)]
struct Kept(BTreeMap<&'static str, Vec<u8>>);

impl Kept {
    const KEYS: [&str; 3] = ["frozen", "usual.coloured", "usual.grey"];

    fn run(&mut self, more: &Value, now: u64, picture: impl Into<Vec<u8>>) -> Ran<Report, Fault> {
        let mut host = Host::new().clock(now).answer(ROUTE, shows(picture));
        for (key, value) in &self.0 {
            host = host.kv(key, value);
        }
        let ran = host.check(run, &config(more.clone()));
        self.0 = Self::KEYS.into_iter().filter_map(|key| Some((key, ran.kv(key)?.to_vec()))).collect();
        ran
    }
}

/// The finding with this key.
#[track_caller]
fn of(ran: &Ran<Report, Fault>, key: &str) -> (State, String) {
    let found = ran.report().findings.iter().find(|finding| finding.key == key);
    let found = found.unwrap_or_else(|| panic!("no `{key}` in {:?}", ran.report().findings));
    (found.state, found.summary.clone())
}

#[track_caller]
fn finds(ran: &Ran<Report, Fault>, key: &str, state: State, said: &str) {
    let (own, summary) = of(ran, key);
    assert!(own == state && summary.contains(said), "{own:?}: {summary}");
    if state != State::Ok {
        assert!(
            ran.report().state != State::Ok && ran.report().summary.contains(said),
            "{}",
            ran.report().summary
        );
    }
}

/// All is well but for these.
#[track_caller]
fn only(ran: &Ran<Report, Fault>, keys: &[&str]) {
    let wrong = ran.report().findings.iter().filter(|finding| finding.state != State::Ok);
    let wrong: Vec<&str> = wrong.map(|finding| &*finding.key).collect();
    assert_eq!(wrong, keys, "{}", ran.report().summary);
}

#[track_caller]
fn critical(ran: &Ran<Report, Fault>, said: &str) {
    let report = ran.report();
    assert!(
        report.state == State::Critical && report.summary.contains(said),
        "{:?}: {}",
        report.state,
        report.summary
    );
    assert_eq!(report.value("probe_success"), Some(0.0));
}
