//! How fast tests were answered. That stands in each test's history, a request each, and an account has few requests: so a run
//! reads some of them, those first that were read longest ago, and what was read is kept.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;

use crate::api::{Api, No};
use crate::config::Kind;
use crate::test::Test;

const KEY: &str = "performance";
/// The number of rows of a history that are read.
const ROWS: &str = "5";
const ROWS_MAX: usize = 5;
/// What was read longer ago says nothing any more.
const AGE_MAX_MS: u64 = 24 * 60 * 60 * 1_000;

/// What a test's history said.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Known {
    id: String,
    /// When it was read.
    at: u64,
    /// None where it has no rows.
    took: Option<Duration>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Performance {
    known: Vec<Known>,
    /// Why not all histories were read that should have been.
    pub(crate) stopped: Option<String>,
}

impl Performance {
    pub(crate) fn of(&self, test: &Test) -> Option<Duration> {
        self.known.iter().find(|known| has_one(test) && known.id == test.id).and_then(|known| known.took)
    }

    /// 0: never.
    fn read_at(&self, test: &Test) -> u64 {
        self.known.iter().find(|known| known.id == test.id).map_or(0, |known| known.at)
    }

    fn learn(&mut self, id: &str, at: u64, took: Option<Duration>) {
        self.known.retain(|known| known.id != id);
        self.known.push(Known { id: id.to_owned(), at, took });
    }
}

/// Whether the test has a history of interest: nobody asks how fast a test is that is down or paused.
fn has_one(test: &Test) -> bool {
    test.kind == Kind::Uptime && !test.paused && test.is_up()
}

pub(crate) fn known(api: &mut Api<'_>, tests: &[Test], now: u64) -> Result<Performance, Fault> {
    let is_listed = |id: &str| tests.iter().any(|test| test.kind == Kind::Uptime && test.id == id);
    let mut known = kept();
    known.retain(|it| it.at <= now && now - it.at <= AGE_MAX_MS && is_listed(&it.id));
    let mut performance = Performance { known, stopped: None };
    let refresh = u64::try_from(api.config.history_refresh.as_millis()).unwrap_or(u64::MAX);
    for _ in 0..api.config.history_requests_max {
        let longest_ago =
            tests.iter().filter(|test| has_one(test)).min_by_key(|test| performance.read_at(test));
        let due = longest_ago.filter(|test| now.saturating_sub(performance.read_at(test)) >= refresh);
        let (Some(test), true) = (due, api.is_free()) else { break };
        match api.get(&format!("/uptime/{}/history", path_part(&test.id)), &[("limit", ROWS)]) {
            Ok(history) => performance.learn(&test.id, now, median(&history["data"])),
            Err(No::Fault(Fault::Denied(message))) => return Err(Fault::Denied(message)),
            // Whatever is wrong with it, the list was answered.
            Err(no) => {
                performance.stopped = Some(match no {
                    No::Limited(said) => said,
                    No::Fault(fault) => sentence(&fault),
                });
                break;
            }
        }
    }
    keep(&performance.known);
    Ok(performance)
}

fn sentence(fault: &Fault) -> String {
    match fault {
        Fault::Config(said) | Fault::Denied(said) | Fault::Inconclusive(said) | Fault::Other(said) => {
            said.clone()
        }
    }
}

/// A number of StatusCake's needs no escape, and what is none leads nowhere else.
fn path_part(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

fn median(rows: &Value) -> Option<Duration> {
    let rows = rows.as_array().into_iter().flatten().take(ROWS_MAX);
    // 0: nobody answered.
    let took: Vec<u64> = rows.filter_map(|row| row["performance"].as_u64()).filter(|ms| *ms > 0).collect();
    let middle = took.len() / 2;
    let smaller = |than: u64| took.iter().filter(|ms| **ms < than).count();
    let not_larger = |than: u64| took.iter().filter(|ms| **ms <= than).count();
    let is_median = |ms: &u64| (smaller(*ms)..not_larger(*ms)).contains(&middle);
    took.iter().copied().find(is_median).map(Duration::from_millis)
}

fn kept() -> Vec<Known> {
    let text = kv::get_text(KEY).unwrap_or_default();
    let value: Value = serde_json::from_slice(text.as_bytes()).unwrap_or_default();
    let entry = |entry: &Value| {
        let took = entry[2].as_u64().map(Duration::from_millis);
        Some(Known { id: entry[0].as_str()?.to_owned(), at: entry[1].as_u64()?, took })
    };
    value.as_array().into_iter().flatten().filter_map(entry).collect()
}

fn keep(known: &[Known]) {
    let millis = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let entries: Vec<Value> = known.iter().map(|it| json!([it.id, it.at, it.took.map(millis)])).collect();
    // Without it some histories are read once more than need be.
    let _ = kv::set(KEY, serde_json::to_string(&Value::Array(entries)).unwrap_or_default());
}

/// For people: what was not read shows no number.
pub(crate) fn note(stopped: &str) -> String {
    format!("not all histories were read: {}", clipped(stopped))
}
