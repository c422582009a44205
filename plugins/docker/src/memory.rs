//! How much of its memory a container uses, of one-shot statistics.

use watchkeep_sdk::config::Value;
use watchkeep_sdk::prelude::*;

use crate::api::{Api, No};

/// In bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Memory {
    pub(crate) used: u64,
    /// The machine's memory, where the container has no limit of its own.
    pub(crate) limit: u64,
}

impl Memory {
    pub(crate) fn share(self) -> f64 {
        self.used as f64 / self.limit as f64
    }
}

/// None if it has stopped meanwhile, or the machine does not count memory by container.
pub(crate) fn read(api: &Api<'_>, id: &str) -> Result<Option<Memory>, Stop> {
    let path = format!("/containers/{id}/stats");
    match api.get(&path, &[("stream", "false"), ("one-shot", "true")]) {
        Ok(document) => Ok(memory(&document["memory_stats"])),
        Err(No::Gone(_) | No::Failed(_)) => Ok(None),
        Err(no) => Err(no.fault().into()),
    }
}

/// Without the page cache that can be given back, as `docker stats` shows it.
fn memory(stats: &Value) -> Option<Memory> {
    let detail = &stats["stats"];
    let cache = detail["inactive_file"].as_u64().or_else(|| detail["total_inactive_file"].as_u64());
    let used = stats["usage"].as_u64()?.saturating_sub(cache.unwrap_or_default());
    let limit = stats["limit"].as_u64().filter(|limit| *limit > 0)?;
    Some(Memory { used, limit })
}
