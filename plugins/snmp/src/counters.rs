//! What counters said last time, and how fast they grow.

use std::fmt::Write as _;

use watchkeep_sdk::kv::{self, KvError};
use watchkeep_sdk::prelude::*;

use crate::oid::Oid;
use crate::pdu::Value;

/// The key in `kv`.
const KEY: &str = "counters";
/// Both of 32 bits: hundredths of a second since the agent started, and counters.
const ROUND: u64 = 1 << 32;
/// How far the agent's clock and the host's may be apart, in hundredths of a second, beside one part in twenty.
const APART_MAX: u64 = 6_000;

/// The counters of this run beside those of the last one.
pub(crate) struct Counters {
    /// In the order in which they were kept, which is that in which they are asked for.
    before: Vec<(String, u64)>,
    /// Where the next one is looked for first.
    next: usize,
    passed: Passed,
    /// What the next run will find.
    kept: String,
}

/// Since the last run.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Passed {
    /// As the agent counts them; it went on all the time.
    Seconds(f64),
    /// As this host counts them: the agent does not say whether it went on.
    Uncertain(f64),
    Nothing(&'static str),
}

impl Counters {
    /// At this moment, `uptime` after the agent started.
    pub(crate) fn at(now: u64, uptime: Option<u64>) -> Counters {
        let text = kv::get_text(KEY).unwrap_or_default();
        let mut lines = text.split('\n');
        let mut head = lines.next().unwrap_or_default().split(' ').map(str::parse::<u64>);
        let (then, up_then) = (head.next().and_then(Result::ok), head.next().and_then(Result::ok));
        let before = lines.filter_map(|line| {
            let (name, count) = line.split_once(' ')?;
            Some((name.to_owned(), count.parse().ok()?))
        });
        let passed = match then {
            None => Passed::Nothing("this is the first look at it"),
            Some(then) => passed(now.saturating_sub(then) / 10, up_then, uptime),
        };
        let mut kept = now.to_string();
        if let Some(uptime) = uptime {
            kept.push(' ');
            kept.push_str(&uptime.to_string());
        }
        Counters { before: before.collect(), next: 0, passed, kept }
    }

    /// How much it grew in a second, or why that cannot be said.
    pub(crate) fn rate(&mut self, name: &Oid, value: &Value) -> Result<f64, &'static str> {
        let count = match value {
            Value::Counter32(count) | Value::Gauge(count) | Value::Ticks(count) | Value::Counter64(count) => {
                *count
            }
            Value::Integer(count) => u64::try_from(*count).map_err(|_| "it is negative, and no counter")?,
            _ => return Err("it is not a counter"),
        };
        let name = name.text();
        // A text of lines takes whatever is written to it.
        let _ = write!(self.kept, "\n{name} {count}");
        let (seconds, goes_on) = match self.passed {
            Passed::Seconds(seconds) => (seconds, true),
            Passed::Uncertain(seconds) => (seconds, false),
            Passed::Nothing(why) => return Err(why),
        };
        let before = self.before(&name).ok_or("this is the first look at it")?;
        let grown = match count.checked_sub(before) {
            Some(grown) => grown,
            // One of 64 bits does not come round in anybody's time.
            None if goes_on && matches!(value, Value::Counter32(_)) && before < ROUND => {
                count + ROUND - before
            }
            None => return Err("it was set back"),
        };
        Ok(grown as f64 / seconds)
    }

    fn before(&mut self, name: &str) -> Option<u64> {
        let (behind, ahead) = self.before.split_at(self.next.min(self.before.len()));
        let at = ahead.iter().chain(behind).position(|(kept, _)| kept == name)?;
        self.next = (self.next + at) % self.before.len() + 1;
        self.before.get(self.next - 1).map(|(_, count)| *count)
    }

    pub(crate) fn keep(self) -> Result<(), Stop> {
        let full = |error: KvError| match error {
            KvError::TooLarge(most) | KvError::Full(most) => Fault::inconclusive(format!(
                "the counters do not fit into the {most} that a check may keep; hint: lower `rows_max`, or measure fewer columns"
            )),
            KvError::Conflict(_) | KvError::Other(_) => Fault::other("the counters cannot be kept"),
        };
        kv::set(KEY, self.kept).map(drop).map_err(|error| full(error).into())
    }
}

/// In hundredths of a second: how long it is by this host's clock, and what the agent said then and now.
fn passed(elapsed: u64, then: Option<u64>, now: Option<u64>) -> Passed {
    let seconds = |hundredths: u64| hundredths as f64 / 100.0;
    let (Some(then), Some(now)) = (then, now) else {
        return match elapsed {
            0 => Passed::Nothing("no time has passed"),
            elapsed => Passed::Uncertain(seconds(elapsed)),
        };
    };
    let by_agent = now.wrapping_sub(then) % ROUND;
    // After a start it is as long as it is up, or nearly the whole round.
    if by_agent.abs_diff(elapsed % ROUND) > APART_MAX + elapsed / 20 {
        return Passed::Nothing("the agent has started anew");
    }
    match by_agent {
        0 => Passed::Nothing("no time has passed"),
        by_agent => Passed::Seconds(seconds(by_agent)),
    }
}
