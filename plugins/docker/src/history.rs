//! What earlier runs saw of each container: when it was inspected, in which state, and how often it had been restarted.

use std::collections::BTreeMap;

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{Counts, Growth, kv};

use crate::inspect::Details;
use crate::list::Container;

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
        let mut counts = self.seen(id).map(|before| before.counts.clone()).unwrap_or_default();
        let growth = counts.note(now, details.restarts, self.window);
        let seen = LastInspection {
            inspected: now,
            state: details.state.clone(),
            is_kept_running: details.is_kept_running,
            out_of_memory: details.out_of_memory,
            counts,
        };
        self.seen.insert(short(id).to_owned(), seen);
        growth
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

/// `0123456789ab 1772600767 exited +- 1772600000:3,1772600700:5`.
fn written(id: &str, seen: &LastInspection) -> String {
    let flag = |set: bool| if set { '+' } else { '-' };
    let LastInspection { inspected, state, counts, .. } = seen;
    let (kept_running, out_of_memory) = (flag(seen.is_kept_running), flag(seen.out_of_memory));
    format!("{id} {inspected} {state} {kept_running}{out_of_memory} {}\n", counts.text())
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
    };
    Some((id.to_owned(), seen))
}
