//! What earlier runs saw of each container: when it was inspected, in which state, and how often it had been restarted.

use std::collections::BTreeMap;

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{Counts, Growth, kv};

use crate::inspect::Details;
use crate::list::Container;
use crate::statistics::{Counters, CpuUse};

/// The key in `kv`.
const KEY: &str = "containers";
/// How many are remembered.
const CONTAINERS_MAX: usize = 2_000;
/// Less than a value may have by default.
const BYTES_MAX: usize = 250_000;
/// As much of an id as people see.
const ID_CHARS: usize = 12;

/// What was seen of a container when it was inspected last. Times are in seconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LastInspection {
    pub(crate) inspected: u64,
    pub(crate) state: String,
    pub(crate) is_kept_running: bool,
    pub(crate) out_of_memory: bool,
    /// Of restarts.
    counts: Counts,
    cpu: Option<LastReading>,
}

/// The counters of a container's CPU time, since it was started then, as they were read last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct LastReading {
    read: u64,
    started: u64,
    counters: Counters,
}

pub(crate) struct History {
    window: Duration,
    seen: BTreeMap<String, LastInspection>,
}

impl History {
    pub(crate) fn load(window: Duration) -> History {
        let text = kv::get_text(KEY).unwrap_or_default();
        History { window, seen: text.split('\n').filter_map(line).collect() }
    }

    pub(crate) fn seen(&self, id: &str) -> Option<&LastInspection> {
        self.seen.get(short(id))
    }

    /// Remembers what an inspection showed; returns the growth since the window began, if the container was seen before.
    pub(crate) fn note(&mut self, id: &str, now: u64, details: &Details) -> Option<Growth> {
        let now = now / 1_000;
        let before = self.seen(id);
        let cpu = before.and_then(|before| before.cpu);
        let mut counts = before.map(|before| before.counts.clone()).unwrap_or_default();
        let growth = counts.note(now, details.restarts, self.window);
        let seen = LastInspection {
            inspected: now,
            state: details.state.clone(),
            is_kept_running: details.is_kept_running,
            out_of_memory: details.out_of_memory,
            counts,
            cpu,
        };
        self.seen.insert(short(id).to_owned(), seen);
        growth
    }

    /// Remembers the counters of a container that was noted, and returns what they say beside those that were read last.
    pub(crate) fn used(
        &mut self,
        id: &str,
        now: u64,
        details: &Details,
        counters: Option<Counters>,
    ) -> Option<CpuUse> {
        let seen = self.seen.get_mut(short(id))?;
        let counters = counters?;
        let reading =
            LastReading { read: now / 1_000, started: details.started.unwrap_or_default(), counters };
        let before = seen.cpu.replace(reading)?;
        // After another start they count from zero again, and may have passed what they were by now.
        let is_comparable = before.started == reading.started && before.counters.cpus == counters.cpus;
        let within = Duration::from_secs(reading.read.saturating_sub(before.read));
        is_comparable.then(|| counters.since(before.counters, within)).flatten()
    }

    /// Keeps what is known of these; returns how many there was no room for.
    pub(crate) fn keep(&self, containers: &[Container]) -> Result<usize, Stop> {
        let (mut text, mut kept, mut forgotten) = (String::new(), 0, 0);
        for container in containers {
            let Some(seen) = self.seen(&container.id) else { continue };
            let line = written(short(&container.id), seen);
            if kept == CONTAINERS_MAX || text.len() + line.len() > BYTES_MAX {
                forgotten += 1;
                continue;
            }
            kept += 1;
            text.push_str(&line);
        }
        match kv::set(KEY, text) {
            Ok(_) => Ok(forgotten),
            Err(_) => Err(Fault::inconclusive(
                "what is known of the containers cannot be kept; hint: raise the limits `kv` and `kv_value`, or choose fewer \
                 containers by `labels`",
            )
            .into()),
        }
    }
}

fn short(id: &str) -> &str {
    id.get(..ID_CHARS).unwrap_or(id)
}

/// `0123456789ab 1772600767 exited +- 1772600000:3,1772600700:5`, and of what has statistics `1772600767:...` behind it.
fn written(id: &str, seen: &LastInspection) -> String {
    let flag = |set: bool| if set { '+' } else { '-' };
    let LastInspection { inspected, state, counts, .. } = seen;
    let (kept_running, out_of_memory) = (flag(seen.is_kept_running), flag(seen.out_of_memory));
    let mut line = format!("{id} {inspected} {state} {kept_running}{out_of_memory} {}", counts.text());
    if let Some(LastReading { read, started, counters }) = seen.cpu {
        let Counters { used, machine, cpus, periods, throttled } = counters;
        line.push_str(&format!(" {read}:{started}:{used}:{machine}:{cpus}:{periods}:{throttled}"));
    }
    line.push('\n');
    line
}

fn line(line: &str) -> Option<(String, LastInspection)> {
    let mut parts = line.split(' ');
    let (id, inspected, state) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let (flags, counts) = (parts.next()?.as_bytes(), parts.next()?);
    let seen = LastInspection {
        inspected,
        state: state.to_owned(),
        is_kept_running: flags.first() == Some(&b'+'),
        out_of_memory: flags.get(1) == Some(&b'+'),
        counts: Counts::parse(counts),
        cpu: parts.next().and_then(reading),
    };
    Some((id.to_owned(), seen))
}

fn reading(text: &str) -> Option<LastReading> {
    let mut numbers = text.split(':').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    let (read, started) = (next()?, next()?);
    let (used, machine, cpus) = (next()?, next()?, next()?);
    let counters = Counters { used, machine, cpus, periods: next()?, throttled: next()? };
    Some(LastReading { read, started, counters })
}
