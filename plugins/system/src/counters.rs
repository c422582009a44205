//! What counters said in the last run, and how fast they grew since then.

use watchkeep_sdk::kv;
use watchkeep_sdk::prelude::*;

/// The key in `kv`.
const KEY: &str = "counters";
/// Less than a value may have by default.
const BYTES_MAX: usize = 250_000;

pub(crate) struct Counters {
    /// None in the first run, and when no time has passed.
    passed: Option<Duration>,
    before: Vec<(String, Vec<u64>)>,
    /// What the next run will find.
    kept: String,
}

impl Counters {
    pub(crate) fn load(now: u64) -> Counters {
        let text = kv::get_text(KEY).unwrap_or_default();
        let mut lines = text.split('\n');
        let then: Option<u64> = lines.next().and_then(|line| line.parse().ok());
        let passed = then.and_then(|then| now.checked_sub(then)).filter(|passed| *passed > 0);
        Counters {
            passed: passed.map(Duration::from_millis),
            before: lines.filter_map(line).collect(),
            kept: now.to_string(),
        }
    }

    /// The seconds since the last run.
    pub(crate) fn seconds(&self) -> Option<f64> {
        self.passed.map(|passed| passed.as_secs_f64())
    }

    /// How much each of these grew since the last run. None if they were not seen then, or one of them was set back: the machine
    /// started anew.
    pub(crate) fn grown(&mut self, name: &str, counts: &[u64]) -> Option<Vec<u64>> {
        let words: Vec<String> = counts.iter().map(u64::to_string).collect();
        let line = format!("\n{} {name}", words.join(","));
        if !name.contains(['\n', '\r']) && self.kept.len() + line.len() <= BYTES_MAX {
            self.kept.push_str(&line);
        }
        self.passed?;
        let (_, before) = self.before.iter().find(|(known, _)| known == name)?;
        if before.len() != counts.len() {
            return None;
        }
        counts.iter().zip(before).map(|(now, then)| now.checked_sub(*then)).collect()
    }

    pub(crate) fn keep(self) -> Result<(), Stop> {
        kv::set(KEY, self.kept).map(drop).map_err(|_| unkept())
    }
}

pub(crate) fn unkept() -> Stop {
    let said = "what was read cannot be kept for the next run; hint: raise the limits `kv` and `kv_value`";
    Fault::inconclusive(said).into()
}

/// `12,3400,5 eth0`.
fn line(line: &str) -> Option<(String, Vec<u64>)> {
    let (counts, name) = line.split_once(' ')?;
    let counts: Option<Vec<u64>> = counts.split(',').map(|count| count.parse().ok()).collect();
    Some((name.to_owned(), counts?))
}
