//! The result of a scripted run.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use super::dialogue::Spoken;
use super::script::Script;
use crate::ending::Fault;
use crate::http::{Extras, Sent};
use crate::kv::Entry;
use crate::log::Level;
use crate::report::Report;

/// The result, and what the plugin did meanwhile.
#[derive(Clone, Debug)]
pub struct Ran<T, E> {
    pub result: Result<T, E>,
    /// Every request as the plugin made it, with secrets by name.
    pub sent: Vec<Sent>,
    /// The extras of those requests that had some.
    pub extras: Vec<Extras>,
    /// What was written to streams where a dialogue `hears_to` an end.
    pub heard: Vec<Vec<u8>>,
    pub log: Vec<LogLine>,
    /// How long each `clock::sleep` lasted, in order; on a host, the run would wait that long.
    pub slept: Vec<Duration>,
    /// Token and person of each press that was handed over, in order.
    pub taken: Vec<(String, String)>,
    kv: BTreeMap<String, Entry>,
}

impl<T: Debug> Ran<T, Fault> {
    /// Fails the test unless the plugin refuses its config with problems that contain this.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    /// use watchkeep_sdk::testing::Host;
    ///
    /// #[derive(Config)]
    /// struct Ping {
    ///     #[config(min = 1)]
    ///     count: u8,
    /// }
    /// fn run(_: Ping, _: Run) -> Report {
    ///     Report::ok("there")
    /// }
    /// Host::new().check(run, r#"{"count": 0}"#).refuses_config("at least 1");
    /// ```
    #[track_caller]
    pub fn refuses_config(&self, said: &str) {
        match &self.result {
            Err(Fault::Config(problems)) => {
                assert!(problems.contains(said), "`{said}` is not in: {problems}");
            }
            other => panic!("the config was to be refused with `{said}`, and the run ended with {other:?}"),
        }
    }
}

/// A line of the log.
#[derive(Clone, PartialEq, Debug)]
pub struct LogLine {
    pub level: Level,
    pub message: String,
    pub fields: Vec<(String, String)>,
}

impl<T, E: Debug> Ran<T, E> {
    /// The result of a run; fails the test if the script was not used up. `before` is kept if the call did not end
    /// well.
    #[track_caller]
    pub(super) fn new(result: Result<T, E>, script: Script, before: BTreeMap<String, Entry>) -> Self {
        if let Some((route, _)) = script.once.front() {
            let ended = match &result {
                Ok(_) => "well".to_owned(),
                Err(error) => format!("with {error:?}"),
            };
            panic!("the plugin never asked for `{route}`; the run ended {ended}");
        }
        if let Some(undone) = script.streams.iter().find_map(Spoken::undone) {
            panic!("{undone}");
        }
        let kv = if result.is_ok() { script.kv } else { before };
        let heard = script.streams.into_iter().flat_map(|spoken| spoken.heard).collect();
        let Script { sent, extras, log, slept, taken, .. } = script;
        Self { result, sent, extras, heard, log, slept, taken, kv }
    }
    /// What the next run will find.
    pub fn kv(&self, key: &str) -> Option<&[u8]> {
        self.kv.get(key).map(|entry| entry.value.as_slice())
    }
    /// What the call returned; the test fails if it failed.
    #[track_caller]
    pub fn value(&self) -> &T {
        match &self.result {
            Ok(value) => value,
            Err(error) => panic!("the call failed with {error:?}"),
        }
    }
    /// How the call failed; the test fails if it did not.
    #[track_caller]
    pub fn error(&self) -> &E {
        match &self.result {
            Ok(_) => panic!("the call did not fail"),
            Err(error) => error,
        }
    }
    /// The log as text, with a line for each entry.
    pub fn log_text(&self) -> String {
        self.log.iter().map(|line| format!("{}\n", line.message)).collect()
    }
    /// The body of the only request, as JSON.
    #[track_caller]
    pub fn sent_json(&self) -> serde_json::Value {
        let [request] = self.sent.as_slice() else {
            panic!("{} requests were sent, not one", self.sent.len())
        };
        match serde_json::from_slice(&request.body) {
            Ok(json) => json,
            Err(error) => panic!("the request's body is not JSON: {error}"),
        }
    }
}

impl<E: Debug> Ran<Report, E> {
    /// The report; the test fails if there is a fault.
    #[track_caller]
    pub fn report(&self) -> &Report {
        self.value()
    }
}
