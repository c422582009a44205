//! The check `domain` against a strict double of a registry, and against the scripted host where no registry would answer so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

#[allow(dead_code, unreachable_pub, reason = "the end-to-end tests use the other part of it")]
mod double;

mod asking;
mod configs;
mod hostile;
mod judging;
mod strictness;

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_domain::run;
use watchkeep_sdk::testing::{Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

use double::{Registry, domain};

const SERVER: &str = "https://rdap.example";
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// The config for one domain at one server, with changes.
fn config(more: Value) -> String {
    let mut config = json!({ "domains": "shop.example", "server": format!("{SERVER}/rdap/") });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

/// So many milliseconds from now.
fn date(millis: u64) -> String {
    watchkeep_sdk::wording::rfc3339(NOW + millis)
}

/// A registry with one domain, which expires in so many days.
fn registry(days: u64) -> Answering<Registry> {
    native(Registry::new().with(&domain("shop.example", &date(days * DAY_MS))), SERVER)
}

/// Runs of one check, each of which finds what the one before has kept.
struct Runs {
    registry: Answering<Registry>,
    config: String,
    kept: Vec<(String, Vec<u8>)>,
}

impl Runs {
    fn new(registry: &Answering<Registry>, config: String) -> Self {
        Self { registry: registry.clone(), config, kept: Vec::new() }
    }
    /// The run so many milliseconds from now.
    fn at(&mut self, millis: u64) -> Ran<Report, Fault> {
        let host = Host::new().clock(NOW + millis).served_by(self.registry.serve());
        let host = self.kept.iter().fold(host, |host, (key, value)| host.kv(key, value));
        let ran = host.check(run, &self.config);
        let names: Value = serde_json::from_str(&self.config).unwrap();
        let names: Vec<&str> = match &names["domains"] {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let keys = names.iter().map(|name| format!("domain/{name}"));
        self.kept = keys.filter_map(|key| Some((key.clone(), ran.kv(&key)?.to_vec()))).collect();
        ran
    }
    /// What it says, and how often the registry was asked.
    fn says_at(&mut self, millis: u64) -> (State, String, usize) {
        let ran = self.at(millis);
        let asked = self.registry.with(Registry::asked).len();
        (ran.report().state, ran.report().summary.clone(), asked)
    }
}

/// The state and summary of one run.
fn says(registry: &Answering<Registry>, more: Value) -> (State, String) {
    let ran = Runs::new(registry, config(more)).at(0);
    assert!(registry.with(|it| it.wrong().is_empty()), "{:?}", registry.with(|it| it.wrong().to_vec()));
    (ran.report().state, ran.report().summary.clone())
}
