//! What the daemon says of a single container. There may be more containers than a run may ask about: then they take turns.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use watchkeep_sdk::config::Value;
use watchkeep_sdk::docker::{Api, Cause};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::from_rfc3339;
use watchkeep_sdk::{Growth, clipped};

use crate::config::Docker;
use crate::history::{History, LastInspection};
use crate::list::{self, Container};
use crate::statistics::{self, CpuLimit, CpuUse, Memory};

/// What has to remain of the run, so that it can report what it has.
const REST: Duration = Duration::from_millis(500);

/// What is known of a container beyond the list.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    Inspected(Box<Details>),
    /// From an earlier run, while it was in the same state.
    Earlier(LastInspection),
    Nothing,
    /// It was removed since it was listed.
    Gone,
    /// Why it could not be inspected.
    Failed(String),
}

#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Details {
    /// Docker's word.
    pub(crate) state: String,
    pub(crate) restarts: u64,
    /// None when it is seen for the first time.
    pub(crate) growth: Option<Growth>,
    pub(crate) exit_code: Option<u32>,
    pub(crate) out_of_memory: bool,
    pub(crate) error: String,
    pub(crate) started: Option<u64>,
    pub(crate) finished: Option<u64>,
    pub(crate) health: Option<String>,
    /// How many health checks failed in a row.
    pub(crate) failing: u64,
    /// What the last health check printed.
    pub(crate) printed: String,
    /// The restart policy wants it to run.
    pub(crate) is_kept_running: bool,
    pub(crate) memory: Option<Memory>,
    pub(crate) cpu_limit: CpuLimit,
    /// Since its statistics were read last; None when they are read for the first time since it started.
    pub(crate) cpu: Option<CpuUse>,
}

/// In the order of the containers.
pub(crate) struct Inspected {
    pub(crate) known: Vec<Known>,
    /// How many were neither inspected in this run nor in an earlier one in the same state.
    pub(crate) unknown: usize,
    /// How many wait for their turn.
    pub(crate) waiting: usize,
    /// How many are not remembered, since there is no room.
    pub(crate) forgotten: usize,
}

/// Those that were never inspected in their present state come first, then the least recently inspected ones.
pub(crate) fn in_turn(config: &Docker, api: &Api<'_>, containers: &[Container]) -> Result<Inspected, Stop> {
    let now = clock::now();
    let mut history = History::load(config.restarts_window);
    let mut known: Vec<Known> = containers.iter().map(|container| earlier(&history, container)).collect();
    // A heap and not a sorted list: sorting would cost a component more.
    let turn = |(at, known): (usize, &Known)| match known {
        Known::Earlier(seen) => Reverse((seen.inspected, at)),
        Known::Nothing | Known::Inspected(_) | Known::Gone | Known::Failed(_) => Reverse((0, at)),
    };
    let mut turns: BinaryHeap<Reverse<(u64, usize)>> = known.iter().enumerate().map(turn).collect();
    let mut left = config.requests_max;
    let mut waiting = 0;
    while let Some(Reverse((_, at))) = turns.pop() {
        if left == 0 || clock::remaining() < REST {
            waiting += 1 + turns.len();
            break;
        }
        left -= 1;
        let container = &containers[at];
        known[at] = match api.get(&format!("/containers/{}/json", container.id), &[]) {
            Ok(document) => {
                let mut details = details(&document);
                details.growth = history.note(&container.id, now, &details);
                if left > 0 && details.state == "running" && config.judges_use() {
                    left -= 1;
                    let statistics = statistics::read(api, &container.id)?;
                    details.memory = statistics.memory;
                    details.cpu = history.used(&container.id, now, &details, statistics.cpu);
                }
                Known::Inspected(Box::new(details))
            }
            Err(refusal) => match refusal.cause {
                Cause::Gone => Known::Gone,
                // The run's end, and not the container's fault.
                Cause::Failed if clock::remaining() < REST => {
                    waiting += 1;
                    continue;
                }
                Cause::Failed => Known::Failed(refusal.said("")),
                Cause::Denied | Cause::Config | Cause::TooLong | Cause::Foreign => {
                    return Err(refusal.fault("").into());
                }
            },
        };
    }
    let unknown = known.iter().filter(|known| matches!(known, Known::Nothing)).count();
    let forgotten = history.keep(containers)?;
    Ok(Inspected { known, unknown, waiting, forgotten })
}

fn earlier(history: &History, container: &Container) -> Known {
    match history.seen(&container.id) {
        Some(seen) if seen.state == container.state => Known::Earlier(seen.clone()),
        Some(_) | None => Known::Nothing,
    }
}

fn details(document: &Value) -> Details {
    let state = &document["State"];
    let health = &state["Health"];
    let moment = |value: &Value| value.as_str().and_then(from_rfc3339);
    let policy = document["HostConfig"]["RestartPolicy"]["Name"].as_str();
    let last = health["Log"].as_array().and_then(|log| log.last());
    Details {
        state: list::state(&state["Status"]),
        restarts: document["RestartCount"].as_u64().unwrap_or_default(),
        growth: None,
        exit_code: state["ExitCode"].as_u64().and_then(|code| u32::try_from(code).ok()),
        out_of_memory: state["OOMKilled"] == true,
        error: clipped(state["Error"].as_str().unwrap_or_default().trim()),
        started: moment(&state["StartedAt"]),
        finished: moment(&state["FinishedAt"]),
        health: health["Status"].as_str().filter(|word| *word != "none").map(str::to_owned),
        failing: health["FailingStreak"].as_u64().unwrap_or_default(),
        printed: last
            .map_or_else(String::new, |last| clipped(last["Output"].as_str().unwrap_or_default().trim())),
        is_kept_running: matches!(policy, Some("always" | "unless-stopped")),
        memory: None,
        cpu_limit: CpuLimit::of(&document["HostConfig"]),
        cpu: None,
    }
}
